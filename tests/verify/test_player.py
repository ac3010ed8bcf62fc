"""Batches of points: one pass where a target can play them at once, and the same values where it cannot."""

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.verify import EngineTarget
from gradproof.verify.player import Player

ops = torch.ops


class Counting(EngineTarget):
    """The engine, which counts its passes."""

    def __init__(self):
        super().__init__()
        self.passes = 0

    def forward(self, *call, **options):
        self.passes += 1
        return super().forward(*call, **options)


class PointByPoint(EngineTarget):
    """A target that knows no batch: it plays the sum of all that it is given, or raises."""

    def __init__(self, raises):
        super().__init__()
        self._raises = raises

    def forward(self, graph, inputs, *rest):
        if inputs[0].shape != graph.inputs[0].shape:
            if self._raises:
                raise TypeError("one point, please")
            return [*inputs, np.sum(inputs[0])]
        return super().forward(graph, inputs, *rest)


def undisturbed(player, moved):
    return player.play(moved, lambda value: value, range(0))


def player_of(target, function, *inputs):
    graph = trace(function, *map(np.asarray, inputs))
    values = EngineTarget().forward(graph, [each.value for each in graph.inputs])
    moving = graph.moved_by([0])
    held = {site: values[site] for site, _ in graph.enumerate_nodes() if site not in moving}
    return Player(target, graph, values, held)


def test_many_points_take_one_pass():
    target = Counting()
    x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    values, refusals = undisturbed(player_of(target, lambda x: ops.sum(ops.square(x)), [0.0, 0.0]), {0: x})
    np.testing.assert_array_equal(values[-1], [5.0, 25.0, 61.0])
    assert target.passes == 1
    assert not refusals


def test_a_refusal_at_one_point_leaves_the_others_alone():
    singular = [[1.0, 2.0], [2.0, 4.0]]
    player = player_of(EngineTarget(), ops.inv, np.eye(2))
    values, refusals = undisturbed(player, {0: np.array([2.0 * np.eye(2), singular, 4.0 * np.eye(2)])})
    np.testing.assert_array_equal(values[1], [0.5 * np.eye(2), np.eye(2), 0.25 * np.eye(2)])
    assert {point: type(error) for point, error in refusals.items()} == {1: np.linalg.LinAlgError}


@pytest.mark.parametrize("raises", [True, False], ids=["raises", "returns other shapes"])
def test_a_target_that_knows_no_batch_is_played_point_by_point(raises):
    player = player_of(PointByPoint(raises), lambda x: ops.sum(ops.square(x)), [0.0, 0.0])
    values, _ = undisturbed(player, {0: np.array([[1.0, 2.0], [3.0, 4.0]])})
    np.testing.assert_array_equal(values[-1], [5.0, 25.0])


@pytest.mark.parametrize("target", [EngineTarget(), PointByPoint(raises=True)], ids=["at once", "point by point"])
def test_what_does_not_move_has_no_points(target):
    player = player_of(target, lambda x, y: x * ops.exp(y), 1.0, [0.0, 0.0])
    values, _ = undisturbed(player, {0: np.array([2.0, 3.0, 4.0])})
    assert [value.shape for value in values] == [(3,), (2,), (2,), (3, 2)]


@pytest.mark.parametrize("target", [EngineTarget(), PointByPoint(raises=True)], ids=["at once", "point by point"])
def test_at_some_points_every_result_is_disturbed_before_it_is_used(target):
    player = player_of(target, lambda x: ops.square(ops.exp(x)), 0.0)
    values, _ = player.play({0: np.zeros(4)}, lambda value: value + 1.0, range(1, 3))
    np.testing.assert_array_equal(values[2], [1.0, 5.0, 5.0, 1.0])


def test_what_a_target_does_not_refuse_but_fails_at_is_raised():
    class Failing(EngineTarget):
        def forward(self, *call):
            raise TypeError("a fault of its own")

    with pytest.raises(TypeError, match="a fault of its own"):
        undisturbed(player_of(Failing(), ops.exp, 0.0), {0: np.zeros(2)})
