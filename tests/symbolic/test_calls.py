"""Functions of the user's own in the oracle: proven as their forward, with the tolerance of another algorithm."""

import numpy as np
import pytest
import sympy as sp

from gradproof import trace
from gradproof.budget import EXACT, Budget, Form
from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.graph import Call, Graph, Input, Node
from gradproof.inlining import inline
from gradproof.symbolic import prove, prove_node, prove_second_order, vjp_roundings
from gradproof.symbolic.calls import BUDGET, ENTRANCE, SIZE, open_calls

BUDGETS = {name: op.budget for name, op in OPS.items()}
X = Input(np.array([0.3, -1.25]), requires_grad=True)


def carrying(function, *inputs):
    """Return a graph whose one node carries that of a function, and this graph."""
    inner = trace(function, *(each.value for each in inputs))
    result = inner[inner.outputs[0]]
    node = Node("Own", tuple(range(len(inputs))), {}, result.shape, result.dtype, call=Call(inner))
    return Graph(inputs, (node,), (len(inputs),)), inner


def f(x):
    return (x * x).exp() * x


def assert_same(one, other):
    """The enclosures of one true value overlap, and are far narrower than a float can tell."""
    for a, b in zip(one.enclosure.flat, other.enclosure.flat, strict=True):
        assert a.overlaps(b)
        assert max(float(a.rad()), float(b.rad())) < 1e-30


def case_of(graph):
    return Case(graph, (np.array([1.0, -0.5]),))


def test_values_and_gradients_are_those_of_the_forward():
    graph, inner = carrying(f, X)
    ours, plain = prove(case_of(graph), BUDGETS), prove(case_of(inner), BUDGETS)
    assert_same(ours.values[1], plain.values[inner.outputs[0]])
    assert_same(ours.gradients[0][0], plain.gradients[0][0])
    assert ours.outputs == (1,)


def test_the_tolerance_is_at_least_that_of_the_backward_error_and_no_more_than_twice_that_with_the_ops_own():
    graph, inner = carrying(f, X)
    ct = case_of(graph).cotangents[0]
    x = sp.Symbol("x")
    first, second = (sp.lambdify(x, sp.diff(sp.exp(x**2) * x, x, order)) for order in (1, 2))
    values = X.value
    k = vjp_roundings(graph.nodes[0].call) * 2.0**-53
    backward_error = k * np.abs(ct) * (np.abs(first(values)) + np.abs(second(values) * values))
    ours = prove(case_of(graph), BUDGETS).gradients[0][0].tolerances
    plain = prove(case_of(inner), BUDGETS).gradients[0][0].tolerances
    assert np.all(ours >= backward_error)
    assert np.all(ours <= 1.01 * (backward_error + plain))


def test_the_roundings_count_the_ops_of_the_forward():
    graph, inner = carrying(f, X)
    call = graph.nodes[0].call
    assert vjp_roundings(call) == SIZE * len(inner.nodes) == 3 * SIZE
    twice = Graph((X,), (Node("Outer", (0,), {}, (2,), "float64", call=call),), (1,))
    assert vjp_roundings(Call(twice)) == 3 * SIZE
    entrance = next(node for node in open_calls(graph).graph.nodes if node.op == ENTRANCE)
    assert BUDGET.at((2,), entrance.params) == Budget(Form.BACKWARD, vjp=24, arguments=(24,))


def test_integers_enter_as_they_are():
    places = Input(np.array([1, 0, 1]))
    node = Node("index", (0, 1), {"axis": 0, "ndim": 1}, (3,), "float64")
    inner = Graph((X, places), (node,), (2,))
    graph = Graph((X, places), (Node("Own", (0, 1), {}, (3,), "float64", call=Call(inner)),), (2,))
    assert [each.op for each in open_calls(graph).graph.nodes] == [ENTRANCE, "index"]


def test_a_node_alone_is_proven_as_its_forward():
    graph, _ = carrying(f, X)
    ct = np.array([1.0, -0.5])
    alone = prove_node(graph, 1, [X.value], ct, BUDGETS)
    whole = prove(case_of(graph), BUDGETS)
    assert_same(alone.value, whole.values[1])
    assert_same(alone.cotangents[0], whole.gradients[0][0])
    assert alone.cotangents[0].tolerances.tolist() == whole.gradients[0][0].tolerances.tolist()


def test_what_is_noted_inside_is_noted_of_the_node():
    root = Input(np.array([0.0, 1.0]), requires_grad=True)
    graph, _ = carrying(lambda x: x.sqrt() + x.abs(), root)
    proof = prove(Case.of_ones(graph), BUDGETS)
    assert set(proof.notes) == {1}
    assert {switch.site for switch in proof.switches} == {1}


def test_second_derivatives_are_those_of_the_forward():
    graph, inner = carrying(f, X)
    ours, plain = (prove_second_order(case_of(each).of_second_order(), {}) for each in (graph, inner))
    assert ours.blocks.keys() == plain.blocks.keys()
    direction = case_of(graph).of_second_order().directions
    other = Case(inner, case_of(inner).cotangents, direction)
    for key, block in prove_second_order(other, {}).blocks.items():
        assert_same(ours.blocks[key], block)


def test_an_entrance_is_exact_where_it_has_no_budget():
    flat = open_calls(carrying(f, X)[0]).graph
    with_entrances, without = Case(flat, case_of(flat).cotangents), case_of(inline(carrying(f, X)[0]).graph)
    exact = prove(with_entrances, {**BUDGETS, ENTRANCE: EXACT})
    assert np.all(exact.gradients[0][0].tolerances >= prove(without, BUDGETS).gradients[0][0].tolerances * (1 - 1e-12))


@pytest.mark.parametrize("operations", [1, 5])
def test_the_budget_of_a_backward_error_grows_with_the_operations(operations):
    sized = Budget(Form.BACKWARD, vjp=2, arguments=(3,)).at((), {"operations": operations})
    assert (sized.vjp, sized.arguments) == (2 * operations, (3 * operations,))
