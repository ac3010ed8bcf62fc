"""A function with a derivative of its own in a trace: nodes that carry the graph of the forward."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof import trace
from gradproof.engine.vocabulary import OPS
from gradproof.errors import UnsupportedError
from gradproof.graph import Graph
from gradproof.inlining import inline

X, Y = np.array([0.3, -1.5]), np.array([2.0, 0.25])


def function(forward, backward=None, **more):
    members = {"forward": forward, "backward": backward, **more}
    return type("Made", (torch.autograd.Function,), {name: staticmethod(each) for name, each in members.items()})


def first_call(graph):
    return next(node for node in graph.nodes if node.call is not None)


def values_of(graph, inputs=None):
    """Return the outputs of a graph, played with what its nodes carry in place of these."""
    flat = inline(graph).graph
    values = [each.value for each in flat.inputs]
    values[: len(graph.inputs)] = inputs or values[: len(graph.inputs)]
    played = flat.play(lambda node, args: np.asarray(OPS[node.op](*args, **node.params)), values)
    return [played[output] for output in flat.outputs]


def test_an_application_is_one_node_that_carries_the_graph_of_its_forward():
    scaled = function(lambda ctx, x, k: torch.exp(x * k))
    graph = trace(lambda x: scaled.apply(x, 3) * 2.0, X)
    assert [node.op for node in graph.nodes] == ["Made", "multiply"]
    node = graph.nodes[0]
    assert (node.params, graph.call_text(2)) == ({"1": 3}, "Made(x0, 3)")
    assert [each.op for each in node.call.graph.nodes] == ["multiply", "exp"]
    assert all(each.grad_enabled for each in node.call.graph.nodes)
    assert Graph.from_json(graph.to_json()).to_json() == graph.to_json()


def test_what_is_carried_is_the_forward_at_other_values_too():
    both = function(lambda ctx, x, y: (x * y, torch.sin(x) + y))
    graph = trace(lambda x, y: both.apply(x, y), X, Y)
    x, y = np.array([7.0, -0.5]), np.array([0.1, 3.0])
    product, total = values_of(graph, [x, y])
    assert (product.tolist(), total.tolist()) == ((x * y).tolist(), (np.sin(x) + y).tolist())


def test_each_result_is_a_node_and_text_between_them_is_none():
    three = function(lambda ctx, x: (x * 2.0, "no tensor", x * 3.0))
    graph = trace(lambda x: three.apply(x)[2] - three.apply(x)[0], X)
    assert [(node.op, node.call and node.call.result) for node in graph.nodes[:4]] == [
        ("Made", 0), ("Made", 1), ("Made", 0), ("Made", 1),
    ]  # fmt: skip
    assert graph.applications == ((1, 2), (3, 4))
    assert values_of(graph)[0].tolist() == (X * 3.0 - X * 2.0).tolist()


def test_two_arguments_that_are_one_tensor_are_two_inputs_of_the_forward():
    product = function(lambda ctx, x, y: x * y)
    node = first_call(trace(lambda x: product.apply(x, x), X))
    assert node.args == (0, 0)
    assert [each.args for each in node.call.graph.nodes] == [(0, 1)]


def test_what_the_forward_finds_elsewhere_is_a_constant_of_its_graph():
    constant = torch.tensor(Y)
    scaled = function(lambda ctx, x: x * constant)
    node = first_call(trace(scaled.apply, X))
    assert [each.value.tolist() for each in node.call.graph.inputs] == [X.tolist(), Y.tolist()]
    assert [each.requires_grad for each in node.call.graph.inputs] == [True, False]
    assert node.args == (0,)


def test_detaching_inside_a_forward_means_nothing():
    square = function(lambda ctx, x: x.detach() * x.clone().detach())
    (node,) = trace(square.apply, X).nodes
    assert [each.op for each in node.call.graph.nodes] == ["clone", "multiply"]
    assert node.call.carriers == {0}


def test_what_only_the_backward_needs_is_not_carried():
    def forward(ctx, x):
        ctx.save_for_backward(torch.cos(x))
        return torch.sin(x)

    (node,) = trace(function(forward).apply, X).nodes
    assert [each.op for each in node.call.graph.nodes] == ["sin"]


def test_a_context_that_is_set_up_apart_and_arguments_by_name():
    scaled = function(lambda x, k=2.0, name=None: x * k, setup_context=lambda ctx, inputs, output: None)
    node = first_call(trace(lambda x: scaled.apply(x, name="it"), X))
    assert node.params == {"1": 2.0, "2": "it"}


def test_results_that_carry_no_derivative_are_not_tracked():
    def forward(ctx, x):
        whole = torch.floor(x)
        ctx.mark_non_differentiable(whole)
        return x * x, whole, torch.argmax(x)

    graph = trace(lambda x: function(forward).apply(x)[:2], X)
    assert graph.tracked == (True, True, False, False)
    assert graph.reached_from(1) == {0, 1}


def test_a_derivative_flows_only_along_the_paths_of_the_forward():
    apart = function(lambda ctx, x, y: (torch.sin(x), torch.cos(y)))
    graph = trace(lambda x, y: apart.apply(x, y), X, Y)
    assert [graph.reached_from(site) for site in (2, 3)] == [{0, 2}, {1, 3}]
    assert graph.descendants(0) == {0, 2}


def test_what_is_written_in_place_is_a_new_value():
    def forward(ctx, x):
        x.mul_(3.0)
        ctx.mark_dirty(x)
        return x

    tripled = function(forward)

    def use(x):
        z = x * 2.0
        tripled.apply(z[0])
        return z * z

    graph = trace(use, X)
    assert first_call(graph).call.written == (0,)
    assert values_of(graph)[0].tolist() == [(X[0] * 6.0) ** 2, (X[1] * 2.0) ** 2]


def test_a_function_inside_a_forward_is_a_node_of_that():
    square = function(lambda ctx, x: x * x)
    outer = type(
        "Outer", (torch.autograd.Function,), {"forward": staticmethod(lambda ctx, x: torch.exp(square.apply(x)))}
    )
    graph = trace(outer.apply, X)
    inner = graph.nodes[0].call.graph
    assert [(graph.nodes[0].op, [node.op for node in inner.nodes])] == [("Outer", ["Made", "exp"])]
    assert all(inner.tracked)
    assert Graph.from_json(graph.to_json()).id == graph.id


def test_a_traced_application_is_differentiated_as_it_is_untraced():
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    odd = function(forward, lambda ctx, ct: ct * 5 * ctx.saved_tensors[0])
    x = torch.tensor(X, requires_grad=True)
    found = []
    trace(lambda x: found.append(odd.apply(x)) or found[0], x)
    assert found[0].grad_fn.name() == "MadeBackward"
    found[0].sum().backward()
    assert x.grad.tolist() == (5 * X).tolist()


@pytest.mark.parametrize(
    ("apply", "message"),
    [
        (lambda x: function(lambda ctx, x, f: f(x)).apply(x, torch.exp), "argument 1 of Made"),
        (lambda x: function(lambda ctx, x: torch.from_numpy(np.exp(x.numpy()))).apply(x), "result 0 of Made"),
    ],
)
def test_what_a_graph_cannot_hold_is_refused(apply, message):
    with pytest.raises(UnsupportedError, match=message):
        trace(apply, X)
