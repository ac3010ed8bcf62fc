"""Inlining: nodes that carry a graph, replaced by the nodes of that."""

import json

import numpy as np
import pytest

from gradproof.errors import GraphFormatError
from gradproof.graph import Call, Graph, Input, Node
from gradproof.inlining import inline

X = Input(np.array([1.0, 2.0]), requires_grad=True)


def call(*nodes, inputs=1, outputs=None, result=0, constants=()):
    made = tuple(Node(op, args, {}, (2,), "float64") for op, *args in nodes)
    made = tuple(Node(node.op, tuple(node.args), {}, (2,), "float64") for node in made)
    graph = Graph(
        (X,) * inputs + tuple(map(Input, constants)), made, outputs or (inputs + len(constants) + len(made) - 1,)
    )
    return Call(graph, result)


def applied(carried, args=(0,), **facts):
    return Node("f", args, {}, (2,), "float64", call=carried, **facts)


def op(name, *args):
    return Node(name, args, {}, (2,), "float64")


def shape_of(graph):
    return [(node.op, node.args) for node in graph.nodes]


def test_a_graph_without_calls_is_itself():
    graph = Graph((X,), (op("exp", 0),), (1,))
    assert inline(graph).graph is graph
    assert inline(graph).ids == inline(graph).origins == (0, 1)


def test_the_nodes_of_a_function_take_its_place_and_know_where_they_come_from():
    graph = Graph((X,), (op("exp", 0), applied(call(("sin", 0), ("multiply", 0, 1)), (1,)), op("log", 2)), (3,))
    flat = inline(graph)
    assert shape_of(flat.graph) == [("exp", (0,)), ("sin", (1,)), ("multiply", (1, 2)), ("log", (3,))]
    assert (flat.ids, flat.origins, flat.graph.outputs) == ((0, 1, 3, 4), (0, 1, 2, 2, 3), (4,))


def test_constants_follow_the_inputs():
    graph = Graph((X,), (applied(call(("multiply", 0, 1), constants=[np.array([3.0, 4.0])])),), (1,))
    flat = inline(graph)
    assert [each.value.tolist() for each in flat.graph.inputs] == [[1.0, 2.0], [3.0, 4.0]]
    assert (flat.graph.leaves, flat.ids, flat.origins) == ((0,), (0, 2), (0, 1, 1))


def test_results_of_one_application_share_what_they_come_from():
    both = call(("sin", 0), ("cos", 0), outputs=(1, 2))
    graph = Graph((X,), (applied(both), applied(Call(both.graph, 1))), (1, 2))
    assert shape_of(inline(graph).graph) == [("sin", (0,)), ("cos", (0,))]
    assert graph.applications == ((1, 2),)


def test_functions_inside_functions_are_opened_too():
    graph = Graph((X,), (applied(Call(Graph((X,), (applied(call(("sin", 0))), op("exp", 1)), (2,)))),), (1,))
    assert shape_of(inline(graph).graph) == [("sin", (0,)), ("exp", (1,))]
    assert inline(graph).origins == (0, 1, 1)


def test_what_is_applied_without_grad_mode_is_not_tracked_inside():
    graph = Graph((X,), (applied(call(("sin", 0)), grad_enabled=False),), (1,))
    assert inline(graph).graph.tracked == graph.tracked == (True, False)


def test_a_function_that_returns_its_argument_leaves_nothing():
    graph = Graph((X,), (applied(call(outputs=(0,))), op("exp", 1)), (2,))
    assert shape_of(inline(graph).graph) == [("exp", (0,))]
    assert inline(graph).ids == (0, 0, 1)


def test_an_entrance_stands_before_each_argument():
    graph = Graph((X,), (applied(call(("multiply", 0, 1), inputs=2), (0, 0)),), (1,))
    flat = inline(graph, lambda call, arg, value: Node("door", (arg,), {}, value.shape, value.dtype))
    assert shape_of(flat.graph) == [("door", (0,)), ("door", (0,)), ("multiply", (1, 2))]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda node: node["call"].update(result=1), "no result 1"),
        (lambda node: node["call"].update(written=[1]), "writes to arguments"),
        (lambda node: node.update(shape=[3]), "its result is"),
        (lambda node: node.update(args=[0, 0]), "not like the inputs"),
        (lambda node: node.update(params={"7": 1}), "its parameters are at"),
        (lambda node: node["call"]["graph"]["inputs"][0]["value"].update(shape=[1, 2]), "not like the inputs"),
        (lambda node: node["call"].pop("graph"), "KeyError"),
        (lambda node: node["call"]["graph"].update(version=9), "version 9"),
    ],
)
def test_a_damaged_call_says_what_is_wrong(change, message):
    data = json.loads(Graph((X,), (applied(call(("sin", 0))),), (1,)).to_json())
    change(data["nodes"][0])
    with pytest.raises(GraphFormatError, match=message):
        Graph.from_data(data)


def test_graphs_with_calls_have_a_version_of_their_own():
    plain, carrying = (Graph((X,), (node,), (1,)) for node in (op("exp", 0), applied(call(("exp", 0)))))
    assert (plain.to_data()["version"], carrying.to_data()["version"]) == (1, 2)
    assert plain.id != carrying.id
