"""What a trace sees of questions about values: ops of the vocabulary, which answer at other inputs too."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine.array_api import elementwise
from gradproof.engine.nn import functional
from gradproof.engine.tracing import trace
from gradproof.verify import EngineTarget

ASKED = {
    "all": lambda x, y: torch.where((x > y).all(), x, y),
    "all over an axis": lambda x, y: torch.where((x > y).all(dim=1, keepdim=True), x, y),
    "any": lambda x, y: torch.where((x > 0.5).any(dim=0), x, y),
    "any of numbers": lambda x, y: torch.where(torch.any(torch.relu(x)), x, y),
    "logical_and": lambda x, y: torch.where(torch.logical_and(x > 0, y > 0), x, y),
    "logical_or": lambda x, y: torch.where(torch.logical_or(x > 0, y > 0), x, y),
    "logical_xor": lambda x, y: torch.where(torch.logical_xor(x > 0, y > 0), x, y),
    "logical_not": lambda x, y: torch.where(torch.logical_not(x > 0), x, y),
    "logical_not of numbers": lambda x, y: torch.where(torch.logical_not(torch.relu(x)), x, y),
    "and": lambda x, y: torch.where((x > 0) & (y > 0), x, y),
    "and with a number": lambda x, y: torch.where((x > 0) & True, x, y),
    "or": lambda x, y: torch.where((x > 0) | (y > 0), x, y),
    "xor": lambda x, y: torch.where((x > 0) ^ (y > 0), x, y),
    "not": lambda x, y: torch.where(~(x > 0), x, y),
    "isnan": lambda x, y: torch.where(torch.isnan(torch.log(x)), x, y),
    "isinf": lambda x, y: torch.where(torch.isinf(torch.log(torch.relu(x))), x, y),
    "isposinf": lambda x, y: torch.where(torch.isposinf(1 / torch.relu(x)), x, y),
    "isneginf": lambda x, y: torch.where(torch.isneginf(torch.log(torch.relu(x))), x, y),
    "isfinite": lambda x, y: torch.where(torch.isfinite(torch.log(torch.relu(x))), x, y),
    "signbit": lambda x, y: torch.where(torch.signbit(x), x, y),
    "signbit of the array API": lambda x, y: torch.where(elementwise.signbit(x), x, y),
    "isclose": lambda x, y: torch.where(torch.isclose(x, y, rtol=0.5, atol=0.1), x, y),
    "isclose of infinities": lambda x, y: torch.where(torch.isclose(1 / torch.relu(x), 1 / torch.relu(y)), x, y),
    "isclose of NaN": lambda x, y: torch.where(torch.isclose(torch.log(x), torch.log(y), equal_nan=True), x, y),
    "floor_divide": lambda x, y: x // y + torch.floor_divide(x, 0.3),
    "div rounded down": lambda x, y: torch.div(x, y, rounding_mode="floor"),
    "div truncated": lambda x, y: torch.div(x, y, rounding_mode="trunc"),
    "class weights": lambda x, y: functional.nll_loss(x, torch.tensor([0, 2, 1]), torch.relu(y[0]) + 0.1),
    "class weights, smoothed": lambda x, y: functional.cross_entropy(
        x, torch.tensor([0, -100, 1]), torch.relu(y[0]) + 0.1, label_smoothing=0.2
    ),
    "weights of probabilities": lambda x, y: functional.cross_entropy(x, torch.softmax(y, 1), torch.exp(y[0])),
    "weights of margins": lambda x, y: functional.multi_margin_loss(
        x, torch.tensor([0, 2, 1]), weight=torch.relu(y[0]) + 0.1
    ),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ASKED)
def test_the_trace_answers_at_other_inputs_too(name, dtype):
    function = ASKED[name]
    points = np.random.default_rng(0).normal(size=(8, 2, 3, 3)).astype(dtype)
    graph = trace(function, *points[0])
    constants = [each.value for each in graph.inputs[2:]]
    for x, y in points:
        with np.errstate(all="ignore"):
            values = EngineTarget().forward(graph, [x, y, *constants])
        expected = function(torch.from_numpy(x), torch.from_numpy(y)).array
        assert values[graph.outputs[0]].dtype == expected.dtype
        np.testing.assert_allclose(values[graph.outputs[0]], expected, rtol=20 * np.finfo(dtype).eps)


def test_no_op_is_recorded_for_constants():
    point = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 3)))
    mask = torch.tensor([True, False, True])
    graph = trace(lambda x: torch.where(~mask & torch.isfinite(point[0]), x, 2.0 * x), np.ones(3))
    assert {node.op for node in graph.nodes} == {"multiply", "where", "getitem"}


def test_a_view_of_what_was_written_to_since_is_seen():
    def function(x):
        memory = torch.zeros(3, dtype=torch.float64)
        view = memory[:2]
        memory.copy_(x)
        return torch.where(torch.any(view > 0), x, -x)

    graph = trace(function, np.array([1.0, 2.0, 3.0]))
    constants = [each.value for each in graph.inputs[1:]]
    found = EngineTarget().forward(graph, [np.array([-1.0, -2.0, 3.0]), *constants])[graph.outputs[0]]
    np.testing.assert_array_equal(found, [1.0, 2.0, -3.0])


def test_the_forward_of_a_function_is_asked_too():
    class Clipped(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return torch.where(~(x > 0) | (x > 1), 0.0, x)

        @staticmethod
        def backward(ctx, ct):
            return ct

    (node,) = trace(Clipped.apply, np.array([0.5, -1.0])).nodes
    assert "greater" in {each.op for each in node.call.graph.nodes}
    forward = node.call.graph
    played = EngineTarget().forward(forward, [np.array([2.0, 0.25]), *(each.value for each in forward.inputs[1:])])
    np.testing.assert_array_equal(played[forward.outputs[0]], [0.0, 0.25])
