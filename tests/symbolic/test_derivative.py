from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
from flint import arb

from gradproof import trace
from gradproof.budget import correctly_rounded, pointwise
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.graph import Graph, Input, Node
from gradproof.symbolic import jacobian, prove
from gradproof.symbolic.balls import Balls, exact_balls, precision
from gradproof.symbolic.compiler import compile_ball
from gradproof.symbolic.derivative import Sweep, one_hot
from gradproof.symbolic.scalar import ScalarFunction


def rows(graph):
    """Return the Jacobian of the output by the first input, swept row by row in balls."""
    shape = graph[graph.outputs[0]].shape
    with precision(128):
        sweep = Sweep(graph, Balls(), [exact_balls(x.value) for x in graph.inputs])
        one, zero = exact_balls(np.array(1.0))[()], exact_balls(np.array(0.0))[()]
        found = [sweep.gradients(graph.outputs[0], one_hot(shape, i, zero, one))[0] for i in range(math.prod(shape))]
    assert all(ball.rad() < 1e-25 for row in found for ball in row.flat)
    return np.array([row.astype(float).ravel() for row in found])


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


X = np.array([0.3, -1.2, 2.5])
LABELS = np.array([1.0, 0.0, 0.25])
LEFT, RIGHT = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[7.0, -11.0, 2.0], [0.5, 13.0, 17.0]])

KNOWN = {
    "softmax": (lambda x: ops.softmax(x, axis=0), X, np.diag(softmax(X)) - np.outer(softmax(X), softmax(X))),
    "log_softmax": (lambda x: ops.log_softmax(x, axis=0), X, np.eye(3) - softmax(X)),
    "cross entropy": (
        lambda x: ops.binary_cross_entropy_with_logits(x, LABELS, reduction="mean"),
        X,
        ((1 / (1 + np.exp(-X)) - LABELS) / 3)[None],
    ),
    "squared error": (lambda x: ops.mse_loss(x, LABELS, reduction="mean"), X, (2 * (X - LABELS) / 3)[None]),
    "matrix product by the left": (lambda a: ops.matmul(a, RIGHT), LEFT, np.kron(np.eye(2), RIGHT.T)),
    "matrix product by the right": (lambda b: ops.matmul(LEFT, b), RIGHT, np.kron(LEFT, np.eye(3))),
    "norm": (lambda x: ops.sqrt(ops.sum(ops.square(x))), X, (X / np.sqrt(X @ X))[None]),
    "maximum": (lambda x: ops.max(x, axis=0, keepdims=False), X, np.array([[0.0, 0.0, 1.0]])),
    "broadcast": (lambda x: ops.broadcast_to(x, shape=(2, 3)), X, np.concatenate([np.eye(3)] * 2)),
    "scatter": (
        lambda x: ops.index_add(x, np.array([1, 1, 0]), axis=0, size=2),
        X,
        np.array([[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]]),
    ),
    "embedding": (
        lambda x: ops.embed(x, index=(slice(1, 4),), shape=(5,)),
        X,
        np.eye(5, 3, k=-1),
    ),
    "quotient by itself": (lambda x: ops.divide(x, x), X, np.zeros((3, 3))),
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_jacobian_is_the_known_one(name):
    function, x, expected = KNOWN[name]
    np.testing.assert_allclose(rows(trace(function, x)), expected, rtol=1e-13, atol=1e-15)


def test_a_value_used_twice_collects_both_cotangents():
    assert rows(trace(lambda x: ops.multiply(ops.multiply(x, x), x), np.array(3.0))).tolist() == [[27.0]]


def test_untracked_paths_carry_nothing():
    graph = trace(lambda x: ops.multiply(ops.detach(ops.square(x)), x), np.array(3.0))
    assert rows(graph).tolist() == [[9.0]]


def test_nodes_that_do_not_lead_to_the_output_are_not_pulled_through():
    graph = trace(lambda x: (ops.square(x), ops.log(ops.negative(x))), np.array(3.0))
    proof = prove(Case.of_ones(Graph(graph.inputs, graph.nodes, graph.outputs[:1])), {})
    assert not proof.notes
    assert proof.gradients[0][0].midpoints == 6.0


def test_no_depth_is_too_great():
    x = Input(np.array(1.0), requires_grad=True)
    nodes = tuple(Node("negative", (i,), {}, (), "float64") for i in range(5000))
    assert prove(Case.of_ones(Graph((x,), nodes, (5000,))), {}).gradients[0][0].midpoints == 1.0


# --- sinc, step functions and angles


def proven(op, *args, **budgets):
    """Return the oracle's proof of the gradients of an op by all of its arguments."""
    graph = trace(op, *(np.asarray(arg, np.float64) for arg in args))
    return prove(Case.of_ones(graph), budgets)


@pytest.mark.parametrize("x", [0.0, 5e-324, 1e-300, -1e-9, 0.01])
def test_sinc_has_no_singularity_at_zero(x):
    """sinc(x) = 1 - z^2/6 + z^4/120 - ..., z = pi x: its derivative is -pi^2 x / 3 (1 - z^2/10 + z^4/280 - ...)."""
    proof = proven(ops.sinc, [x], sinc=pointwise(4))
    z = math.pi * x
    assert proof.bits == 128
    assert proof.values[1].midpoints[0] == pytest.approx(1 - z**2 / 6 + z**4 / 120, rel=1e-15)
    (slope,) = proof.gradients[0][0].midpoints
    assert slope == pytest.approx(-(math.pi**2) * x / 3 * (1 - z**2 / 10 + z**4 / 280), rel=1e-8, abs=0)


def test_the_partials_of_sinc_are_sharp_on_balls_around_zero():
    """The derivative lies within pi^2 r / 3 of 0 and the second one is -pi^2 / 3 at 0."""
    function = ScalarFunction(lambda x: sp.sinc(sp.pi * x), 1)
    around = arb(0, 1e-9)
    with precision(128):
        first = compile_ball(function.symbols, function.gradient[0])(around)
        second = compile_ball(function.symbols, function.hessian[0][0])(around)
    assert first.contains(0)
    assert first.abs_upper() < 3.29e-9
    assert abs(second + math.pi**2 / 3).abs_upper() < 1e-14


@pytest.mark.parametrize("x", [0.6, 1.5, 20.25, 46.7, 1e6 + 0.25, 1e15 + 0.5])
def test_the_derivative_of_sinc_is_that_of_its_formula(x):
    with precision(256):
        exact = (arb(x).cos_pi() - arb(x).sinc_pi()) / x
    assert proven(ops.sinc, [x]).gradients[0][0].midpoints[0] == pytest.approx(float(exact), rel=1e-15)


@pytest.mark.parametrize(
    ("op", "x", "value"),
    [
        (ops.floor, -0.5, -1.0), (ops.floor, 2.5, 2.0), (ops.floor, 1e300, 1e300), (ops.floor, -1e-300, -1.0),
        (ops.ceil, -0.5, 0.0), (ops.ceil, 2.5, 3.0), (ops.ceil, 5e-324, 1.0),
        (ops.sign, -3.0, -1.0), (ops.sign, 1e-300, 1.0),
    ],
)  # fmt: skip
def test_a_step_function_is_flat_between_its_jumps(op, x, value):
    proof = proven(op, [x])
    assert proof.values[1].midpoints[0] == value
    if x != 1e300:
        assert proof.gradients[0][0].enclosure[0].is_zero()
        assert not proof.notes


@pytest.mark.parametrize(
    ("op", "x", "value"), [(ops.floor, 3.0, 3.0), (ops.floor, 0.0, 0.0), (ops.ceil, -2.0, -2.0), (ops.sign, 0.0, 0.0)]
)
def test_a_step_function_has_a_value_at_its_jumps_and_no_derivative(op, x, value):
    proof = proven(op, [x])
    assert proof.values[1].enclosure[0] == value
    assert not proof.gradients[0][0].enclosure[0].is_finite()
    assert proof.notes[1]


def test_rounding_that_may_cross_a_jump_admits_both_values():
    """The square of the rounded root of 2 is within 4 u of 2: its floor is 1 or 2."""
    graph = trace(lambda x: ops.floor(ops.square(ops.sqrt(x))), np.array([2.0 + 2.0**-51]))
    budgets = {"sqrt": correctly_rounded(vjp=4), "square": correctly_rounded(vjp=2)}
    floor = prove(Case.of_ones(graph), budgets).values[3]
    assert floor.enclosure[0] == 2
    assert floor.admits(np.array([1.0]))[0]
    assert floor.admits(np.array([2.0]))[0]
    assert not floor.admits(np.array([0.5]))[0]


def test_the_closed_and_the_straight_form_have_the_zeros_of_step_functions():
    graph = trace(lambda x: ops.sum(ops.floor(ops.exp(x)) * x), np.array([0.7]))
    for closed in (True, False):
        found = jacobian(graph, closed=closed)[0]
        entry = found.matrix[0].subs(reversed(found.bindings))
        assert sp.simplify(entry - sp.floor(sp.exp(sp.Symbol("x0_0", real=True)))) == 0


@pytest.mark.parametrize(
    ("y", "x"),
    [(1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (1e-300, -1e300), (0.0, 2.0), (2.0, 0.0), (-3.0, 1e-5), (5.0, -7.0)],
)
def test_angles_are_those_of_every_quadrant(y, x):
    proof = proven(ops.atan2, [y], [x])
    assert proof.values[2].midpoints[0] == pytest.approx(math.atan2(y, x), rel=1e-15)
    square = x * x + y * y
    if math.isfinite(square):
        assert proof.gradients[0][0].midpoints[0] == pytest.approx(x / square, rel=1e-14, abs=1e-300)
        assert proof.gradients[0][1].midpoints[0] == pytest.approx(-y / square, rel=1e-14, abs=1e-300)


@pytest.mark.parametrize(("y", "x"), [(0.0, -1.0), (0.0, 0.0)])
def test_angles_have_no_derivative_on_the_cut(y, x):
    proof = proven(ops.atan2, [y], [x])
    assert not proof.gradients[0][0].enclosure[0].is_finite()


def test_rounding_that_may_cross_the_cut_admits_no_single_angle():
    """At -1 + 0i the angle is pi above the cut and -pi below."""
    y = trace(lambda y, x: ops.atan2(ops.subtract(y, 1.0), x), np.array([1.0 + 2.0**-52]), np.array([-1.0]))
    tolerance = prove(Case.of_ones(y), {"subtract": pointwise(4)}).values[y.outputs[0]].tolerances[0]
    assert not tolerance < math.pi


def test_the_normal_distribution_keeps_its_digits_in_the_lower_tail():
    """Phi(-38) is some 2.9e-316: one minus the error function has no digit of it in 1,000 bits."""
    assert proven(ops.ndtr, [-38.0], ndtr=pointwise(4)).bits == 128
    assert proven(ops.gelu, [-38.0], gelu=pointwise(4)).bits == 128
