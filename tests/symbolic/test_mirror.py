from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy as sp
from flint import arb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradproof import trace
from gradproof.engine import no_grad, ops
from gradproof.errors import MirrorError
from gradproof.graph import Graph, Input, Node
from gradproof.symbolic import Jacobian, jacobian, mirror
from gradproof.symbolic.balls import Balls, exact_balls, precision
from gradproof.symbolic.compiler import compile_balls
from gradproof.symbolic.derivative import Sweep, one_hot

UNARY = {
    "tanh": ops.tanh,
    "sin": ops.sin,
    "cos": ops.cos,
    "square": ops.square,
    "sigmoid": ops.sigmoid,
    "softplus": ops.softplus,
    "relu": ops.relu,
    "negative": ops.negative,
    "abs": ops.abs,
    "log of a square": lambda x: ops.log(ops.add(ops.square(x), 0.5)),
    "root of a square": lambda x: ops.sqrt(ops.add(ops.square(x), 0.25)),
    "bounded exponential": lambda x: ops.exp(ops.sin(x)),
    "expm1": lambda x: ops.expm1(ops.tanh(x)),
    "log1p": lambda x: ops.log1p(ops.square(x)),
    "quotient": lambda x: ops.divide(x, ops.add(ops.square(x), 1.0)),
    "power": lambda x: ops.pow(ops.add(ops.square(x), 1.0), 1.5),
    "where": lambda x: ops.where(ops.greater(x, 0.3), ops.multiply(x, x), ops.negative(x)),
    "softmax": lambda x: ops.softmax(ops.reshape(x, shape=(-1,)), axis=0),
    "log_softmax": lambda x: ops.log_softmax(ops.reshape(x, shape=(-1,)), axis=0),
    "sum": lambda x: ops.sum(x, axis=None, keepdims=False),
    "mean": lambda x: ops.mean(x, axis=None, keepdims=False),
    "max": lambda x: ops.max(x, axis=None, keepdims=False),
    "gather": lambda x: ops.take(ops.reshape(x, shape=(-1,)), np.array([0, 0]), axis=0),
    "detached part": lambda x: ops.multiply(x, ops.detach(ops.sin(x))),
    "outer product": lambda x: ops.matmul(ops.reshape(x, shape=(-1, 1)), ops.reshape(x, shape=(1, -1))),
}
BINARY = {"add": ops.add, "subtract": ops.subtract, "multiply": ops.multiply, "maximum": ops.maximum}


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Draw a graph of one or two leaves and up to four ops, some of them with a shared operand."""
    shape = draw(st.sampled_from([(), (2,), (1, 2)]))
    count = draw(st.integers(1, 2))
    # far from kinks with certainty: sixteenths plus an odd 2^-20
    number = st.integers(-24, 24).map(lambda n: n / 16 + 2.0**-20)
    leaves = [np.reshape(draw(st.lists(number, min_size=n, max_size=n)), shape) for n in [int(np.prod(shape))] * count]
    steps = draw(st.lists(st.sampled_from([*UNARY, *BINARY]), min_size=1, max_size=4))

    def function(*xs: Any) -> Any:
        value = xs[0]
        for number, step in enumerate(steps):
            if step in UNARY:
                value = UNARY[step](value)
            else:
                value = BINARY[step](value, ops.multiply(xs[number % len(xs)], number + 1.5))
        return ops.sum(ops.multiply(value, value), axis=None, keepdims=False)

    return trace(function, *leaves)


def evaluated(found: Jacobian, graph: Graph) -> list[arb]:
    """Evaluate a Jacobian in balls at the inputs of the graph."""
    known = {
        sp.Symbol("_".join([graph.name(i), *map(str, place)]), real=True): arb(graph.inputs[i].value[place].item())
        for i in graph.leaves
        for place in np.ndindex(*graph.inputs[i].shape)
    }
    for symbol, expression in found.bindings:
        known[symbol] = value_at(expression, known)
    return [value_at(entry, known) for entry in found.matrix]


def value_at(expression: Any, known: dict[Any, Any]) -> Any:
    symbols = tuple(sorted(expression.free_symbols, key=str))
    return compile_balls(symbols, (expression,))(*(known[symbol] for symbol in symbols))[0]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(graphs())
def test_both_forms_and_the_sweep_in_balls_are_equal_on_generated_graphs(graph):
    with precision(192):
        closed, straight = (jacobian(graph, closed=flag) for flag in (True, False))
        sweep = Sweep(graph, Balls(), [exact_balls(x.value) for x in graph.inputs])
        swept = sweep.gradients(graph.outputs[0], one_hot((), 0, arb(0), arb(1)))
        for leaf in graph.leaves:
            first, second = evaluated(closed[leaf], graph), evaluated(straight[leaf], graph)
            third = swept[leaf].ravel().tolist() if leaf in swept else [arb(0)] * len(first)
            for a, b, c in zip(first, second, third, strict=True):
                assert max(each.rad() for each in (a, b, c)) < 1e-25, "an enclosure that wide shows nothing"
                assert a.overlaps(b)
                assert b.overlaps(c)
                assert a.overlaps(c)


RATIONAL = {
    "cubic": (lambda x: ops.multiply(ops.square(x), x), [(2,)]),
    "quotient": (lambda x, y: ops.divide(x, ops.add(ops.square(y), 1.0)), [(2,), (2,)]),
    "product of matrices": (lambda a, b: ops.matmul(a, b), [(2, 2), (2, 1)]),
    "mean of squares": (lambda x, t: ops.mse_loss(x, t, reduction="mean"), [(3,), (3,)]),
    "rearranged": (lambda x: ops.concat(ops.square(x), ops.permute_dims(x, axes=(0, 1)), axis=1), [(1, 2)]),
    "power": (lambda x: ops.pow(ops.add(x, 2.0), 3.0), [(2,)]),
}


@pytest.mark.parametrize("name", RATIONAL)
def test_both_forms_are_symbolically_equal_on_rational_functions(name):
    function, shapes = RATIONAL[name]
    graph = trace(function, *(np.ones(shape) for shape in shapes))
    closed, straight = jacobian(graph), jacobian(graph, closed=False)
    for leaf in graph.leaves:
        meaning = straight[leaf].matrix
        for symbol, expression in reversed(straight[leaf].bindings):
            meaning = meaning.xreplace({symbol: expression})
        assert sp.simplify(closed[leaf].matrix - meaning) == sp.zeros(*meaning.shape)


def test_the_straight_line_form_is_linear_in_the_graph():
    def chain(length):
        def function(x):
            for _ in range(length):
                x = ops.multiply(ops.sin(x), x)
            return x

        return len(jacobian(trace(function, np.array(0.5)), closed=False)[0].bindings)

    assert chain(40) - chain(30) == chain(30) - chain(20) > 0


def test_the_jacobian_has_output_entries_as_rows():
    found = jacobian(trace(lambda x: ops.square(x), np.array([1.0, 2.0])))[0].matrix
    a, b = (sp.Symbol(name, real=True) for name in ("x0_0", "x0_1"))
    assert found == sp.Matrix([[2 * a, 0], [0, 2 * b]])


@pytest.mark.parametrize("closed", [True, False])
def test_a_leaf_without_a_path_has_a_zero_jacobian(closed):
    graph = trace(lambda x, y: ops.add(ops.sum(x), ops.sum(ops.detach(y))), np.ones(2), np.ones(3))
    assert jacobian(graph, closed=closed)[1].matrix == sp.zeros(1, 3)


@pytest.mark.parametrize("closed", [True, False])
def test_an_output_is_chosen_by_number(closed):
    graph = trace(lambda x: (ops.square(x), ops.multiply(x, 5.0)), np.array(3.0))
    assert jacobian(graph, 1, closed=closed)[0].matrix == sp.Matrix([[5]])


def test_what_is_computed_without_grad_is_held_constant():
    def function(x):
        with no_grad():
            factor = ops.exp(x)
        return ops.multiply(x, factor)

    x = sp.Symbol("x0", real=True)
    assert jacobian(trace(function, np.array(2.0)))[0].matrix == sp.Matrix([[sp.exp(x)]])


def test_the_mirror_reads_like_the_textbook():
    x = sp.Symbol("x0", real=True)
    values = mirror(trace(lambda x: ops.softplus(ops.square(x)), np.array(2.0))).values
    assert values[-1][()] == sp.log(1 + sp.exp(x**2))


def test_numbers_of_untracked_inputs_are_exact():
    graph = trace(lambda x: ops.multiply(x, 0.1), np.array(1.0))
    assert jacobian(graph)[0].matrix[0] == sp.Rational(*(0.1).as_integer_ratio())


def test_a_constant_that_is_no_number_has_no_symbolic_form():
    graph = trace(lambda x: ops.multiply(x, np.array(np.inf)), np.array(1.0))
    with pytest.raises(MirrorError, match="inf is not a real number"):
        mirror(graph)


def test_a_mask_used_as_a_number_is_a_piecewise_one():
    x = sp.Symbol("x0", real=True)
    value = mirror(trace(lambda x: ops.multiply(ops.greater(x, 0.0), x), np.array(1.0))).values[-1][()]
    assert value.subs(x, 3) == 3
    assert value.subs(x, -3) == 0


def test_a_chain_of_a_thousand_nodes_has_a_straight_line_form():
    x = Input(np.array(0.5), requires_grad=True)
    nodes = tuple(Node("sin", (i,), {}, (), "float64") for i in range(1000))
    found = jacobian(Graph((x,), nodes, (1000,)), closed=False)[0]
    assert len(found.bindings) >= 2000


def test_a_closed_form_that_nests_too_deeply_is_an_error_that_says_what_to_do():
    x = Input(np.array(0.5), requires_grad=True)
    nodes = tuple(Node("sin", (i,), {}, (), "float64") for i in range(3000))
    with pytest.raises(MirrorError, match="closed=False"):
        jacobian(Graph((x,), nodes, (3000,)))


def test_the_closed_form_of_abs_knows_that_its_argument_is_real():
    graph = trace(lambda x: ops.abs(ops.log(x)), np.array(0.25))
    entry = jacobian(graph)[0].matrix[0]
    assert not entry.has(sp.Derivative)
    assert evaluated(jacobian(graph)[0], graph)[0].overlaps(arb(-4))


def test_a_closed_form_is_no_larger_than_it_may_be():
    graph = trace(lambda x: ops.silu(ops.silu(x)), np.array(0.5))
    assert mirror(graph, most=100).values[-1].size == 1
    with pytest.raises(MirrorError, match="the closed form of silu has more than 10 operations"):
        mirror(graph, most=10)


def test_a_bounded_closed_form_has_no_branches_within_branches():
    graph = trace(
        lambda x: ops.huber_loss(ops.huber_loss(x, 0.0, reduction="sum"), 0.0, reduction="sum"), np.array(0.5)
    )
    assert mirror(graph).values[-1].item().has(sp.Piecewise)
    with pytest.raises(MirrorError, match="branches inside the conditions of branches"):
        mirror(graph, most=1000)
