"""Tracing: the graph that is recorded is what the function did."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof import trace
from gradproof.engine.mode import THREAD
from gradproof.engine.vocabulary import OPS
from gradproof.errors import GradproofError, TraceError, UnsupportedError
from gradproof.graph import Graph


def replay(graph, inputs=None):
    """Play a graph on arrays."""
    values = [each.value for each in graph.inputs] if inputs is None else inputs
    played = graph.play(lambda node, args: np.asarray(OPS[node.op](*args, **node.params)), values)
    return [played[output] for output in graph.outputs]


def ops_of(graph):
    return [node.op for node in graph.nodes]


def test_a_trace_holds_the_ops_the_arguments_and_the_parameters():
    graph = trace(lambda x: (x * x).sum(0), np.ones((2, 3)))
    assert str(graph) == (
        "x0 = input([1.0, 1.0, 1.0, 1.0, 1.0, 1.0])  # float64 (2, 3), requires grad\n"
        "v1 = multiply(x0, x0)  # float64 (2, 3)\n"
        "v2 = sum(v1, axis=0, keepdims=False)  # float64 (3,)\n"
        "return v2"
    )


def test_a_trace_played_on_other_values_is_the_function():
    def f(x, y):
        return (x @ y).softmax(0).log() * 2 + x.max()

    rng = np.random.default_rng(0)
    graph = trace(f, rng.normal(size=(2, 3)), rng.normal(size=3))
    x, y = rng.normal(size=(2, 3)), rng.normal(size=3)
    ours = f(torch.tensor(x), torch.tensor(y)).numpy()
    inputs = [x, y, *[each.value for each in graph.inputs[2:]]]
    assert replay(graph, inputs)[0].tobytes() == ours.tobytes()


def test_inputs_stand_in_the_order_of_the_arguments_before_captured_constants():
    constant = torch.tensor([5.0], dtype=torch.float64)
    graph = trace(lambda a, b: constant * b + a * 3.0, np.array([1.0]), np.array([2.0]))
    assert [each.value.tolist() for each in graph.inputs] == [[1.0], [2.0], [5.0], 3.0]
    assert [each.requires_grad for each in graph.inputs] == [True, True, False, False]
    assert replay(graph)[0].tolist() == [13.0]


def test_an_argument_that_is_not_used_is_still_an_input():
    graph = trace(lambda a, b: b * b, np.array([1.0]), np.array([2.0]))
    assert len(graph.inputs) == 2
    assert graph.nodes[0].args == (1, 1)


def test_a_captured_leaf_keeps_that_it_requires_grad():
    w = torch.tensor([5.0], requires_grad=True)
    graph = trace(lambda x: x * w, torch.tensor([1.0]))
    assert [each.requires_grad for each in graph.inputs] == [False, True]


def test_a_constant_that_is_used_twice_is_recorded_once():
    c = torch.tensor([5.0])
    graph = trace(lambda x: x * c + c, np.float32([1.0]))
    assert len(graph.inputs) == 2


def test_the_same_tensor_passed_twice_is_two_inputs():
    x = torch.tensor([3.0], requires_grad=True)
    graph = trace(lambda a, b: a * b, x, x)
    assert graph.nodes[0].args == (0, 1)
    assert [each.requires_grad for each in graph.inputs] == [True, True]


def test_nodes_under_no_grad_are_recorded_as_such():
    def f(x):
        with torch.no_grad():
            y = x.exp()
        return x * y

    graph = trace(f, np.array([1.0]))
    assert [(node.op, node.grad_enabled) for node in graph.nodes] == [("exp", False), ("multiply", True)]
    assert graph.tracked == (True, False, True)


def test_detach_is_recorded_and_ends_tracking():
    graph = trace(lambda x: x.exp().detach() * x, np.array([1.0]))
    assert ops_of(graph) == ["exp", "detach", "multiply"]
    assert graph.tracked == (True, True, False, True)


def test_a_conversion_of_dtype_is_recorded():
    graph = trace(lambda x, y: x + y, np.float32([1.0]), np.array([2.0]))
    assert ops_of(graph) == ["astype", "add"]
    assert graph.nodes[0].dtype == "float64"


@pytest.mark.parametrize("kind", [tuple, list])
def test_several_outputs_are_recorded_in_order_also_the_same_twice(kind):
    graph = trace(lambda x: kind([x * 2.0, x, x * 2.0]), np.array([1.0]))
    assert [value.tolist() for value in replay(graph)] == [[2.0], [1.0], [2.0]]
    same = trace(lambda x: kind([x, x]), np.array([1.0]))
    assert same.outputs == (0, 0)


def test_an_input_may_be_returned_unchanged():
    graph = trace(lambda x: x, np.array([1.0]))
    assert (graph.nodes, graph.outputs) == ((), (0,))


def test_an_output_that_depends_on_no_input_is_a_constant():
    graph = trace(lambda x: torch.ones(2), np.array([1.0]))
    assert len(graph.inputs) == 2
    assert replay(graph)[0].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    "array", [np.arange(6.0)[::2], np.arange(6.0).reshape(2, 3).T, np.arange(12.0).reshape(3, 4)[:, ::2]]
)
def test_inputs_that_are_not_contiguous_are_recorded_as_such_and_seen_as_such(array):
    seen = []

    def f(x):
        seen.append(x.array.flags.c_contiguous)
        return x.sum()

    graph = trace(f, array)
    assert seen == [graph.inputs[0].contiguous] == [False]
    assert graph.inputs[0].value.tolist() == array.tolist()
    assert not graph.inputs[0].materialise().flags.c_contiguous


def test_a_tensor_that_is_not_contiguous_is_recorded_as_such():
    graph = trace(lambda x: x.sum(), torch.ones(2, 3).t())
    assert not graph.inputs[0].contiguous


def test_numbers_become_float64_and_integers_do_not_require_grad():
    graph = trace(lambda x, n: x * n, 0.1, 3)
    assert [(each.dtype, each.requires_grad) for each in graph.inputs] == [("float64", True), ("int64", False)]
    assert graph.inputs[0].value == 0.1


def test_a_trace_keeps_copies_of_the_callers_arrays():
    array = np.array([1.0])
    graph = trace(lambda x: x * 2.0, array)
    array[0] = 9
    assert graph.inputs[0].value.tolist() == [1.0]


def test_control_flow_is_recorded_as_it_went():
    def f(x):
        return x * 2.0 if x.item() > 0 else x.exp()

    assert ops_of(trace(f, 1.0)) == ["multiply"]
    assert ops_of(trace(f, -1.0)) == ["exp"]


def test_a_traced_graph_comes_back_from_json():
    graph = trace(lambda x: (x[1:, None] * 0.1).sum(-1).reshape(-1), np.array([1.0, 0.3]))
    again = Graph.from_json(graph.to_json())
    assert again.id == graph.id
    assert replay(again)[0].tobytes() == replay(graph)[0].tobytes()


def test_a_trace_inside_a_trace_leaves_the_outer_one_whole():
    inner = []

    def f(x):
        inner.append(trace(lambda y: y.sin(), np.array([2.0])))
        return x.exp()

    outer = trace(f, np.array([1.0]))
    assert (ops_of(outer), ops_of(inner[0])) == (["exp"], ["sin"])


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: 1.0, r"<lambda> returned float, but a traced function returns tensors"),
        (lambda x: None, "returned NoneType"),
        (lambda x: (x, 2), "returned int"),
        (lambda x: x.numpy(), "returned ndarray"),
        (lambda x: [], "returned no tensor"),
    ],
)
def test_a_function_that_returns_no_tensor_is_refused(function, message):
    with pytest.raises(TraceError, match=message) as caught:
        trace(function, torch.tensor([1.0]))
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, GradproofError)


def test_an_error_in_the_function_passes_through_and_ends_the_recording():
    with pytest.raises(ZeroDivisionError):
        trace(lambda x: 1 / 0, 1.0)
    assert THREAD.mode.recorder is None
    assert ops_of(trace(lambda x: x.exp(), 1.0)) == ["exp"]


def _accumulate(x):
    total = torch.zeros(3, dtype=torch.float64)
    for i in range(3):
        total[i] = x[i] * x[0]
    total += x
    return total


def _through_views(x):
    y = x * 2
    head, column = y[:2], y.reshape(3, 1)
    head.mul_(x[:2])
    column.sub_(1)
    return y, head, column


def _shifted(x):
    y = x * 2
    kept = y.detach()
    y.add_(x)
    return y + kept, y.fill_(3.0) * x


@pytest.mark.parametrize("function", [_accumulate, _through_views, _shifted, lambda x: (x * 1).mul_(x).zero_()])
def test_what_writes_in_place_is_traced_as_new_values(function):
    x = np.array([1.5, -2.0, 3.0])
    graph = trace(function, x)
    other = np.array([0.5, 2.0, -1.0])
    given = torch.tensor(other, requires_grad=True)
    expected = function(given)
    expected = expected if isinstance(expected, tuple) else (expected,)
    constants = [each.value for each in graph.inputs[1:]]
    assert [found.tolist() for found in replay(graph, [other, *constants])] == [each.tolist() for each in expected]
    again = torch.tensor(other, requires_grad=True)
    played = graph.play(lambda node, args: OPS[node.op](*args, **node.params), [again, *constants])
    for wanted, output in zip(expected, graph.outputs, strict=True):
        (gradient,) = torch.autograd.grad(wanted.sum(), given, retain_graph=True)
        (found,) = torch.autograd.grad(played[output].sum(), again, retain_graph=True)
        assert found.tolist() == gradient.tolist()


REFUSED = {
    "a write that derivatives do not know of": lambda x: _untracked(x * 1),
    "a write through a detached tensor": lambda x: (x * 1).detach().zero_(),
    "a view of a detached tensor": lambda x: (x * 1).detach()[:1].zero_(),
    "detaching in place": lambda x: (x * 1).detach_(),
}


def _untracked(y):
    with torch.no_grad():
        return y.add_(1)


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_function_of_values_cannot_be_traced(what):
    with pytest.raises(UnsupportedError, match="cannot be traced"):
        trace(REFUSED[what], np.ones(2))


def test_an_input_that_is_no_number_is_refused():
    with pytest.raises(GradproofError, match="real numbers or booleans"):
        trace(lambda x: x, "text")


def test_a_second_derivative_uses_the_values_that_were_computed_without_tracking():
    """Were they taken for constants, nobody could tell where they come from."""

    def slope(x):
        with torch.no_grad():
            weight = x.exp()
        return torch.autograd.grad((x.sin() * weight).sum(), x, create_graph=True)[0]

    graph = trace(slope, np.array([0.5]))
    assert [node.op for node in graph.nodes].count("exp") == 1
    constants = [each.value for each in graph.inputs[1:]]
    assert not any(np.isclose(np.exp(0.5), value).any() for value in constants)
