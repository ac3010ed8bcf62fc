"""Second derivatives of the oracle, against SymPy's Hessian of the closed form."""

import functools

import numpy as np
import pytest
import sympy as sp
from flint import arb
from hypothesis import HealthCheck, assume, given, settings

from gradproof import trace
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.engine.vocabulary import OPS
from gradproof.graph import DETACHING, Graph, Input, Node
from gradproof.symbolic import jacobian, mirror, prove_recorded, prove_second_order
from gradproof.symbolic.balls import exact_balls, precision
from gradproof.symbolic.compiler import compile_ball
from gradproof.symbolic.mirror import symbols_of
from gradproof.symbolic.second_order import COTANGENT, second_derivatives
from gradproof.verify.generation.strategies import cases

BITS = 256
X = np.array([0.3, -1.2, 2.5])
LABELS = np.array([1.0, 0.0, 0.25])
A = np.array([[2.0, -1.0, 0.5], [3.0, 4.0, 0.0], [1.0, 0.25, -2.0]])


def rosenbrock(x):
    return (1.0 - x[0]) ** 2 + 100.0 * (x[1] - x[0] * x[0]) ** 2


#: Scalar functions with Hessians that textbooks print.
FUNCTIONS = {
    "Rosenbrock": (rosenbrock, X[:2]),
    "quadratic form": (lambda x: ops.matmul(x, ops.matmul(A, x)), X),
    "logsumexp": (lambda x: ops.logsumexp(x, axis=0, keepdims=False), X),
    "softmax cross-entropy": (lambda x: -ops.sum(LABELS * ops.log_softmax(x, axis=0)), X),
    "reciprocal": (lambda x: ops.sum(1.0 / x), X),
    "power": (lambda x, p: ops.sum(x**p), np.abs(X), np.array(2.5)),
    "norm": (lambda x: ops.vector_norm(x), X),
    "two layers": (lambda w, v: ops.sum(ops.matmul(ops.tanh(ops.matmul(A, w)), v)), A[:, :2], X[:2]),
    "determinant": (lambda x: ops.det(x), A),
    "product": (lambda x: ops.prod(x), X),
    "variance": (lambda x: ops.var(x), X),
    "linear": (lambda x: ops.sum(3.0 * x), X),
}


def case_of(function, *inputs):
    return Case.of_ones(trace(function, *inputs)).of_second_order()


def evaluated(expressions, graph):
    """Return expressions of the mirror's symbols as balls at the inputs of the graph."""
    known = {
        symbol: ball
        for symbols, each in zip(symbols_of(graph), graph.inputs, strict=True)
        for symbol, ball in zip(symbols.flat, exact_balls(each.value).flat, strict=True)
        if isinstance(symbol, sp.Symbol)
    }
    names = tuple(known)
    return [compile_ball(names, sp.sympify(each))(*known.values()) for each in expressions]


def expected_blocks(case):
    """Return ``d/dx_j (ct^T J_i v_i)`` by output and pair of leaves: ``sympy.diff`` of the closed Jacobian."""
    graph, inputs = case.graph, symbols_of(case.graph)
    for number, ct in enumerate(case.cotangents):
        weights = sp.Matrix(1, ct.size, [sp.Rational(*each.as_integer_ratio()) for each in ct.ravel().tolist()])
        for leaf, direction in zip(graph.leaves, case.directions, strict=True):
            along = sp.Matrix(
                direction.size, 1, [sp.Rational(*v.as_integer_ratio()) for v in direction.ravel().tolist()]
            )
            product = (weights * jacobian(graph, number)[leaf].matrix * along)[0]
            for other in graph.leaves:
                yield (number, leaf, other), [sp.diff(product, symbol) for symbol in inputs[other].flat]


def check_against_the_closed_form(case):
    with precision(BITS):
        found, _ = second_derivatives(case, BITS)
        for block, expressions in expected_blocks(case):
            wanted = evaluated(expressions, case.graph)
            got = found[block].ravel().tolist() if block in found else [arb(0)] * len(wanted)
            for mine, theirs in zip(got, wanted, strict=True):
                assert (mine - theirs).contains(0), (block, mine, theirs)
                assert max(mine.rad(), theirs.rad()) < 1e-20 * (1 + abs(mine))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_hessian_is_that_of_the_closed_form(name):
    check_against_the_closed_form(case_of(*FUNCTIONS[name]))


@pytest.mark.parametrize("name", ["Rosenbrock", "logsumexp", "norm", "product"])
def test_the_blocks_are_the_hessian_times_the_direction(name):
    """The Hessian by ``sympy.hessian`` of the output, not of a gradient."""
    case = case_of(*FUNCTIONS[name])
    graph = case.graph
    (output,) = mirror(graph).values[graph.outputs[0]].flat
    hessian = sp.hessian(output, list(symbols_of(graph)[0].flat))
    with precision(BITS):
        entries = np.array(evaluated(list(hessian), graph), dtype=object).reshape(hessian.shape)
        wanted = entries @ exact_balls(case.directions[0])
        found, _ = second_derivatives(case, BITS)
    assert all(mine.overlaps(theirs) for mine, theirs in zip(found[0, 0, 0], wanted, strict=True))


SMOOTH = (
    "add", "subtract", "multiply", "divide", "square", "sqrt", "exp", "log", "tanh", "sin", "sigmoid", "atan", "hypot",
    "matmul", "sum", "mean", "reshape", "broadcast_to", "concat", "getitem", "softmax", "prod", "detach", "take",
)  # fmt: skip


def is_small(case):
    """Tell whether a case suits the closed form, whose second derivative would move what is held at the first."""
    graph = case.graph
    if any(node.op in DETACHING or not node.grad_enabled for node in graph.nodes):
        return False
    return len(graph.nodes) <= 4 and all(graph[i].size <= 4 for i in range(len(graph))) and graph.leaves


def all_finite(blocks):
    return all(ball.is_finite() for block in blocks.values() for ball in block.flat)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(cases(SMOOTH, "float64").filter(is_small).map(Case.of_second_order))
def test_the_sweep_agrees_with_sympy_on_generated_graphs(case):
    assume(all_finite(second_derivatives(case, BITS)[0]))
    check_against_the_closed_form(case)


def tangents(function, *inputs):
    blocks, notes = second_derivatives(case_of(function, *inputs), BITS)
    return {block: np.array(found.tolist(), dtype=object) for block, found in blocks.items()}, notes


def test_by_the_cotangent_it_is_the_derivative_of_the_output():
    case = case_of(lambda x: ops.sin(x), np.array([0.3, 2.0]))
    blocks, _ = second_derivatives(case, BITS)
    got = [float(each) for each in blocks[0, 0, COTANGENT]]
    np.testing.assert_allclose(got, np.cos([0.3, 2.0]) * case.directions[0], rtol=1e-15)


def test_of_what_is_linear_nothing_is_left():
    blocks, notes = tangents(lambda x: ops.sum(ops.reshape(3.0 * x, shape=(4,))), np.ones((2, 2)))
    assert all(each.is_zero() for each in blocks[0, 0, 0].flat)
    assert not notes


def test_through_detached_values_and_nodes_under_no_grad_nothing_moves():
    blocks, _ = tangents(lambda x: ops.multiply(ops.detach(ops.square(x)), x), np.array(3.0))
    assert all(each.is_zero() for each in blocks[0, 0, 0].flat)
    x = Input(np.array(3.0), requires_grad=True)
    nodes = (Node("square", (0,), {}, (), "float64", False), Node("multiply", (1, 0), {}, (), "float64"))
    blocks, _ = second_derivatives(Case.of_ones(Graph((x,), nodes, (2,))).of_second_order(), BITS)
    assert all(each.is_zero() for each in blocks[0, 0, 0].flat)


@pytest.mark.parametrize("op", [ops.relu, ops.abs], ids=["relu", "abs"])
def test_beside_a_kink_the_second_derivative_is_zero_and_at_it_there_is_none(op):
    blocks, notes = tangents(op, np.array([0.5, -1e-300]))
    assert all(each.is_zero() for each in blocks[0, 0, 0])
    assert not notes
    blocks, notes = tangents(op, np.array(0.0))
    assert not blocks[0, 0, 0][()].is_finite()
    assert "kink" in notes[1]


def test_an_infinite_curvature_is_singular():
    blocks, notes = tangents(lambda x, p: ops.pow(x, p), np.array(0.0), np.array(1.5))
    assert not blocks[0, 0, 0][()].is_finite()
    assert "singular" in notes[2]


def test_precision_grows_until_the_enclosure_is_far_within_the_tolerance():
    """The Hessian of ``sum(softmax(x))`` is exactly zero by cancellation."""
    case = case_of(lambda x: ops.sum(ops.softmax(x, axis=0)), X)
    proof = prove_second_order(case, {(0, 0, 0): np.full(3, 2.0**-900), (0, 0, COTANGENT): np.array(2.0**-900)})
    assert proof.bits > 512
    assert proof.blocks[0, 0, 0].is_sharp


def test_a_block_without_a_tolerance_must_be_zero():
    proof = prove_second_order(case_of(ops.square, np.array(3.0)), {})
    assert not proof.blocks[0, 0, 0].admits(np.array(6.0))
    assert not proof.blocks[0, 0, 0].structural


def scaled(constant):
    """Return the graph of ``x c`` where the constant was captured."""
    x, c = Input(np.array(3.0), requires_grad=True), Input(np.array(constant))
    return Case.of_ones(Graph((x, c), (Node("multiply", (0, 1), {}, (), "float64"),), (2,)))


@functools.cache
def tolerance_of(constant, units):
    bounds = prove_recorded(scaled(constant), {"multiply": OPS["multiply"].budget}, {1: units})
    return float(bounds.values[2].tolerances), float(bounds.gradients[0][0].tolerances)


def test_a_captured_constant_may_be_off_by_the_units_of_its_rule():
    value, gradient = tolerance_of(0.1, 8.0)
    assert value > 8 * 2.0**-53 * 0.3
    assert gradient > 8 * 2.0**-53 * 0.1
    exactly, _ = tolerance_of(0.1, 0.0)
    assert exactly < 1.1 * 2.0**-53 * 0.3


def test_scaling_by_a_power_of_two_is_exact():
    assert tolerance_of(2.0**-60, 8.0)[0] == 0.0
