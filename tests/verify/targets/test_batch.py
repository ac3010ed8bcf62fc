"""A batch of points: whatever the op, its arguments and its parameters, each point has the result that it has alone."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.engine.vocabulary import OPS
from gradproof.graph import Node
from gradproof.verify import EngineTarget
from gradproof.verify.generation.values import STYLES, fill
from gradproof.verify.targets.batch import forward_batch

ops = torch.ops

POINTS = 3
SHAPES = [(), (1,), (3,), (2, 3), (3, 3), (1, 2), (0,), (2, 0), (2, 2, 2), (1, 3, 1), (1, 1, 2, 2)]


def calls(op):
    """Yield shapes of arguments and parameters that fit an op, with each of its own parameters in turn."""
    own = [dict(zip(op.params, values, strict=True)) for values in itertools.product(*op.params.values())]
    for number, shape in enumerate(SHAPES):
        for params in op.shape.parameters(shape):
            for shapes in op.shape.partners(0, shape, **params):
                yield shapes, params | own[number % len(own)]


def value_of(op, slot, shapes, params, seed):
    """Return an argument at one point."""
    domain, shape = op.domain_of(slot)[0], shapes[slot]
    if domain.kind == "real":
        return fill(STYLES[seed % len(STYLES)], domain, (), shape, seed)
    random = np.random.default_rng(seed)
    if domain.kind == "boolean":
        return random.random(shape) < 0.5
    return random.integers(op.shape.places(slot, *shapes, **params), size=shape)


def batches(count):
    """Yield every choice of arguments that are batches, but none."""
    return [many for many in itertools.product((False, True), repeat=count) if any(many)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("op", OPS.values(), ids=str)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_each_point_of_a_batch_has_the_result_that_it_has_alone(op, dtype):
    tolerance = 64 * np.finfo(dtype).eps
    for seed, (shapes, params) in enumerate(calls(op)):
        points = [
            [value_of(op, slot, shapes, params, 8 * seed + slot + k) for slot in range(len(shapes))]
            for k in range(POINTS)
        ]
        points = [[arg.astype(dtype) if arg.dtype.kind == "f" else arg for arg in args] for args in points]
        for many in batches(len(shapes)):
            moved = [[args[i] if many[i] else points[0][i] for i in range(len(shapes))] for args in points]
            alone = [np.asarray(op.forward(*args, **params)) for args in moved]
            node = Node(op.name, tuple(range(len(shapes))), params, alone[0].shape, alone[0].dtype.name)
            handed = [
                np.stack(each) if batch else each[0] for batch, each in zip(many, zip(*moved, strict=True), strict=True)
            ]
            found = forward_batch(op, node, handed, shapes)
            assert found.dtype == alone[0].dtype
            size = max((np.max(np.abs(each[np.isfinite(each)]), initial=0.0) for each in alone), default=0.0)
            np.testing.assert_allclose(found, np.stack(alone), rtol=tolerance, atol=tolerance * size, err_msg=str(node))


#: One call has one weight, or one table, or one row of classes for each row of scores.
POINT_BY_POINT = {
    "batch_norm", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "embedding",
    "layer_norm", "nll_loss", "rms_norm",
}  # fmt: skip


@pytest.mark.parametrize("op", OPS.values(), ids=str)
def test_a_batch_is_one_call_but_of_reduced_losses_and_of_weights(op):
    for shapes, params in calls(op):
        is_reduced = params.get("reduction") in ("mean", "sum")
        assert (op.shape.batched(POINTS, *shapes, **params) is None) == (is_reduced or op.name in POINT_BY_POINT)


def test_a_forward_that_is_not_of_the_vocabulary_is_called_point_by_point():
    centred = replace(OPS["negative"], forward=lambda x: x - np.mean(x))
    node = Node("negative", (0,), {}, (2,), "float64")
    batch = np.array([[1.0, 3.0], [10.0, 20.0]])
    np.testing.assert_array_equal(forward_batch(centred, node, [batch], [(2,)]), [[-1.0, 1.0], [-5.0, 5.0]])


def test_indices_that_differ_between_points_are_followed():
    node = Node("take", (0, 1), {"axis": 0}, (2,), "float64")
    x, indices = np.array([5.0, 6.0, 7.0]), np.array([[0, 2], [1, 1]])
    found = forward_batch(OPS["take"], node, [x, indices], [(3,), (2,)])
    np.testing.assert_array_equal(found, [[5.0, 7.0], [6.0, 6.0]])


def test_a_graph_is_played_at_many_points_at_once():
    graph = trace(lambda x, y: ops.exp(x) * ops.sum(y), np.array(1.0), np.array([1.0, 2.0]))
    x = np.array([0.0, 1.0, 2.0])
    values = EngineTarget().forward(graph, [x, graph.inputs[1].value])
    assert values[3].shape == ()
    np.testing.assert_array_equal(values[graph.outputs[0]], np.exp(x) * 3.0)
