"""The response of a case: weighted changes of outputs, and the noise of its forward."""

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.case import Case
from gradproof.verify import EngineTarget
from gradproof.verify.finite_differences.response import DISTURBED_RUNS, MOST_AT_ONCE, Response

ops = torch.ops


def response(case, target=None, moving=0, seed=0):
    values = EngineTarget().play(case).values
    return Response(case, target or EngineTarget(), values, [moving], np.random.default_rng(seed))


def response_of(function, *inputs, ct=None, seed=0):
    graph = trace(function, *map(np.asarray, inputs))
    case = Case.of_ones(graph) if ct is None else Case(graph, (np.asarray(ct),))
    return response(case, seed=seed)


def move(response, leaf, value):
    """Return what changes at one other value of an input."""
    _, (found,) = response.moves({leaf: np.asarray(value)[np.newaxis]})
    return found


def noise_of(response, leaf, at):
    """Return the noise of every output, which is measured with the first move."""
    return response.moves({leaf: np.asarray(at)[np.newaxis]}).noise


def test_the_change_is_weighted_with_the_cotangent():
    looked_at = response_of(lambda x: x * np.array([1.0, 10.0]), np.array([1.0, 2.0]), ct=[3.0, -5.0])
    changes, crossings = move(looked_at, 0, [2.0, 2.5])
    assert changes == [3.0 * 1.0 - 5.0 * 5.0]
    assert not crossings


def test_a_weight_of_zero_takes_no_part_whatever_the_output():
    looked_at = response_of(ops.exp, np.array([0.0, 700.0]), ct=[1.0, 0.0])
    with np.errstate(all="ignore"):
        changes, _ = move(looked_at, 0, [1.0, 800.0])
    assert changes == [np.exp(1.0) - 1.0]


def test_a_value_that_is_no_number_is_in_the_way_of_what_it_reaches():
    with np.errstate(all="ignore"):
        changes, crossings = move(response_of(ops.log, np.array([1.0, -1.0])), 0, [2.0, -1.0])
    assert np.isnan(changes[0])
    assert [each.what for each in crossings] == ["a value that is not finite"]


def test_a_neighbour_that_the_forward_refuses_is_an_obstacle():
    looked_at = response_of(ops.inv, [[1.0, 2.0], [3.0, 4.0]])
    changes, crossings = move(looked_at, 0, [[1.5, 2.0], [3.0, 4.0]])
    assert np.isnan(changes[0])
    assert [each.what for each in crossings] == ["neighbours that the forward refuses (LinAlgError)"]


def test_the_noise_is_measured_once():
    looked_at = response_of(lambda x: (1e8 + x) - 1e8, 0.5)
    assert noise_of(looked_at, 0, 0.25) == noise_of(looked_at, 0, 0.75)


def test_noise_that_may_break_the_forward_leaves_nothing_to_tell():
    class Brittle(EngineTarget):
        def forward(self, graph, inputs, held=None, disturb=None):
            if disturb is not None:
                raise FloatingPointError("too brittle")
            return super().forward(graph, inputs, held or {}, disturb)

    case = Case.of_ones(trace(ops.exp, np.array(1.0)))
    assert noise_of(response(case, Brittle()), 0, 1.0) == [np.inf]


def test_an_output_that_is_not_reached_does_not_change():
    graph = trace(lambda x, y: (ops.exp(x), ops.sin(y)), np.array(1.0), np.array(2.0))
    noise, ((changes, _),) = response(Case.of_ones(graph), moving=1).moves({1: np.array([2.5])})
    assert changes == [0.0, np.sin(2.5) - np.sin(2.0)]
    assert noise[0] == 0.0


def test_points_are_looked_at_apart():
    looked_at = response_of(lambda x: ops.relu(ops.log(x)), 2.0)
    _, found = looked_at.moves({0: np.array([4.0, 0.5, -1.0, 8.0])})
    assert [[each.what for each in crossings] for _, crossings in found] == [[], ["a kink"], ["an edge", "a kink"], []]
    assert [np.isnan(changes[0]) for changes, _ in found] == [False, True, True, False]


def test_a_refused_point_leaves_the_others_alone():
    looked_at = response_of(lambda x: ops.inv(x), np.eye(2), ct=np.ones((2, 2)))
    _, (singular, other) = looked_at.moves({0: np.array([np.ones((2, 2)), 2.0 * np.eye(2)])})
    assert np.isnan(singular.changes[0])
    assert other.changes == [-1.0]


def test_a_refused_point_tells_nothing_of_any_output():
    graph = trace(lambda x, y: (ops.inv(x), ops.exp(y)), np.eye(2), np.array(0.0))
    case, random = Case.of_ones(graph), np.random.default_rng(0)
    looked_at = Response(case, EngineTarget(), EngineTarget().play(case).values, [0, 1], random)
    _, (found,) = looked_at.moves({0: np.ones((1, 2, 2)), 1: np.ones(1)})
    assert np.isnan(found.changes).all()
    assert [each.what for each in found.crossings] == ["neighbours that the forward refuses (LinAlgError)"]


def test_large_values_are_played_a_few_points_at_a_time():
    largest = []

    class Watched(EngineTarget):
        def forward(self, graph, inputs, held, disturb=None):
            largest.append(max(value.size for value in inputs))
            return super().forward(graph, inputs, held, disturb)

    graph = trace(lambda x: ops.sum(ops.square(x)), np.zeros(MOST_AT_ONCE // 8))
    case = Case.of_ones(graph)
    _, found = response(case, Watched()).moves({0: np.arange(20.0)[:, np.newaxis] * np.ones(MOST_AT_ONCE // 8)})
    assert [changes for changes, _ in found] == [[k**2 * MOST_AT_ONCE / 8] for k in range(20)]
    assert max(largest) <= MOST_AT_ONCE // 8 * (8 + 1 + DISTURBED_RUNS)


@pytest.mark.parametrize(
    ("function", "at", "least", "most"),
    [
        # what rounding leaves of x: one unit in the last place of the offset, or a few
        (lambda x: (1e8 + x) - 1e8, 0.5, 1.4e-8, 1e-6),
        (lambda x: (1e17 + x) - 1e17, 0.5, 16.0, 1e3),
        # terms that cancel inside an op
        (lambda x: ops.sum(x), [1e10, -1e10, 1.0], 1e-6, 1e-4),
        (lambda x: ops.exp(x), 1.0, 2.7e-16, 1e-14),
        (lambda x: ops.relu(x), -1.0, 0.0, 0.0),
    ],
    ids=["an offset", "an absorbing offset", "a sum", "exp", "nothing"],
)
@pytest.mark.parametrize("seed", range(5))
def test_the_noise_is_measured(function, at, least, most, seed):
    (noise,) = noise_of(response_of(function, np.asarray(at), seed=seed), 0, at)
    assert least <= noise <= most


def test_noise_in_float32_is_that_of_float32():
    (noise,) = noise_of(response_of(ops.exp, np.float32(1.0)), 0, np.float32(1.0))
    assert 1.5e-7 <= noise <= 1e-5
