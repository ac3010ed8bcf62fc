"""The mirror of determinants, inverses and solutions of systems that are too large to be written out."""

import numpy as np
import pytest
import sympy as sp
from flint import arb, fmpq

from gradproof import trace
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.engine.op import OPS
from gradproof.errors import MirrorError
from gradproof.symbolic import jacobian, mirror, program, prove
from gradproof.symbolic.balls import Balls, exact_balls, precision
from gradproof.symbolic.derivative import Sweep
from gradproof.symbolic.rules import linear_algebra
from gradproof.symbolic.second_order import second_derivatives

BUDGETS = {name: op.budget for name, op in OPS.items()}


def integers(*shape, seed=0):
    """Return small integers, as floats."""
    return np.random.default_rng(seed).integers(-9, 10, shape).astype(float)


def exactly(array):
    """Return a matrix of floats that are integers as one of SymPy's."""
    return sp.Matrix(array.astype(int))


def enclosed(function, *inputs, ct):
    """Return the value, and the gradients of ``ct . function``."""
    graph = trace(function, *inputs)
    with precision(256):
        sweep = Sweep(graph, Balls(), [exact_balls(each.value) for each in graph.inputs])
        (output,) = graph.outputs
        return sweep.values[output], sweep.gradients(output, exact_balls(ct))


def hold(balls, expected):
    """Tell whether balls are rational numbers, to 50 digits."""
    with precision(256):
        numbers = [arb(fmpq(int(each.p), int(each.q))) for each in map(sp.Rational, expected)]
        return all(
            abs(ball - number) < arb("1e-50") * (1 + abs(number))
            for ball, number in zip(balls.ravel().tolist(), numbers, strict=True)
        )


@pytest.mark.parametrize("size", [4, 5, 7])
def test_a_determinant_is_that_of_rational_numbers_and_its_gradient_are_the_cofactors(size):
    a = integers(2, size, size)
    value, gradients = enclosed(lambda a: ops.det(a), a, ct=np.array([1.0, -3.0]))
    assert hold(value, [exactly(each).det() for each in a])
    for gradient, each, ct in zip(gradients[0], a, (1, -3), strict=True):
        assert hold(gradient, list(ct * exactly(each).adjugate().T))


@pytest.mark.parametrize("rank", [2, 3, 4])
def test_singular_matrices_have_the_cofactors_too(rank):
    a = integers(5, rank) @ integers(rank, 5, seed=1)
    value, gradients = enclosed(lambda a: ops.det(a), a, ct=np.array(1.0))
    assert hold(value, [0])
    assert hold(gradients[0], list(exactly(a).adjugate().T))


def test_a_logarithm_of_a_determinant_has_the_inverse_as_its_gradient():
    a = integers(4, 4)
    value, gradients = enclosed(lambda a: ops.logabsdet(a), a, ct=np.array(1.0))
    with precision(256):
        assert abs(value[()].exp() - abs(int(exactly(a).det()))) < 1e-50
    assert hold(gradients[0], list(exactly(a).inv().T))


def test_an_inverse_and_its_gradient_are_those_of_rational_numbers():
    a, ct = integers(2, 5, 5), integers(2, 5, 5, seed=3)
    value, gradients = enclosed(lambda a: ops.inv(a), a, ct=ct)
    for found, gradient, each, weights in zip(value, gradients[0], a, map(exactly, ct), strict=True):
        inverse = exactly(each).inv()
        assert hold(found, list(inverse))
        assert hold(gradient, list(-inverse.T * weights * inverse.T))


@pytest.mark.parametrize("sides", [(5,), (5, 2), (3, 5, 1)])
def test_a_solution_and_its_gradients_are_those_of_rational_numbers(sides):
    a, b = integers(5, 5), integers(*sides, seed=4)
    ct = integers(*sides, seed=5)
    value, gradients = enclosed(lambda a, b: ops.solve(a, b), a, b, ct=ct)
    inverse, by_matrix = exactly(a).inv(), sp.zeros(5, 5)
    stacks = (each.reshape(-1, 5, sides[-1] if len(sides) > 1 else 1) for each in (value, b, ct, gradients[1]))
    for found, side, weights, gradient in zip(*stacks, strict=True):
        solution, adjoint = inverse * exactly(side), inverse.T * exactly(weights)
        by_matrix -= adjoint * solution.T
        assert hold(found, list(solution))
        assert hold(gradient, list(adjoint))
    assert hold(gradients[0], list(by_matrix))


def test_a_solution_for_nothing_is_exactly_nothing():
    value, gradients = enclosed(lambda a, b: ops.solve(a, b), integers(4, 4), np.zeros(4), ct=np.ones(4))
    assert all(ball.is_zero() for ball in (*value.flat, *gradients[0].flat))


def test_singular_matrices_have_no_inverse():
    graph = trace(lambda a: ops.inv(a), np.eye(4))
    singular = np.diag([1.0, 2.0, 3.0, 0.0])
    with precision(256):
        domain = Balls()
        sweep = Sweep(graph, domain, [exact_balls(singular)])
        gradient = sweep.gradients(1, exact_balls(np.ones((4, 4))))[0]
    assert not any(ball.is_finite() for ball in (*sweep.values[1].flat, *gradient.flat))
    assert domain.notes == {1: {"singular"}}


@pytest.mark.parametrize("name", ["det", "logabsdet", "inv"])
def test_the_second_derivatives_are_those_of_the_formula(name):
    a, direction = integers(4, 4), integers(4, 4, seed=6)
    step = sp.Symbol("t")
    moved = exactly(a) + step * exactly(direction)
    # the gradients of det(A), log(det(A)^2) / 2 and the sum of the inverse, along a line, by SymPy's inverse
    inverse = moved.inv()
    along = {
        "det": lambda: moved.adjugate().T,
        "logabsdet": lambda: inverse.T,
        "inv": lambda: -inverse.T * sp.ones(4, 4) * inverse.T,
    }[name]()
    expected = along.applyfunc(lambda each: sp.diff(each, step).subs(step, 0))
    case = Case.of_ones(trace(lambda a: getattr(ops, name)(a), a))
    found = second_derivatives(Case(case.graph, case.cotangents, (direction,)), 256)[0][0, 0, 0]
    assert hold(found, list(expected))


def test_the_second_derivatives_of_a_solution_are_those_of_the_formula():
    a, b, direction = integers(4, 4), integers(4, seed=1), integers(4, 4, seed=6)
    step = sp.Symbol("t")
    inverse = (exactly(a) + step * exactly(direction)).inv()
    adjoint = inverse.T * sp.ones(4, 1)
    by_matrix = -adjoint * (inverse * exactly(b)).T
    case = Case.of_ones(trace(lambda a, b: ops.solve(a, b), a, b))
    blocks = second_derivatives(Case(case.graph, case.cotangents, (direction, np.zeros(4))), 256)[0]
    for leaf, along in ((0, by_matrix), (1, adjoint)):
        assert hold(blocks[0, 0, leaf], list(along.applyfunc(lambda each: sp.diff(each, step).subs(step, 0))))


FUNCTIONS = {
    "det": lambda a, b: ops.det(a),
    "inv": lambda a, b: ops.inv(a),
    "logabsdet": lambda a, b: ops.logabsdet(a),
    "solve": lambda a, b: ops.solve(a, b),
    "system of an exponential": lambda a, b: ops.exp(ops.solve(ops.exp(a), ops.sin(b))),
    "det of a product": lambda a, b: ops.det(ops.matmul(a, a)),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_written_out_and_what_is_not_are_proven_alike(name, dtype, monkeypatch):
    rng = np.random.default_rng(9)
    inputs = [(np.eye(3) + 0.3 * rng.normal(size=(3, 3))).astype(dtype), rng.normal(size=(3, 2)).astype(dtype)]
    graph = trace(FUNCTIONS[name], *inputs)
    case = Case(graph, (rng.normal(size=graph[graph.outputs[0]].shape).astype(dtype),))
    proofs = []
    for most in (3, 0):
        monkeypatch.setattr(linear_algebra, "LARGEST_WRITTEN_OUT", most)
        monkeypatch.setattr(program, "_programs", {})
        proofs.append(prove(case, BUDGETS))
    pairs = [(one, proofs[1].values[site]) for site, one in proofs[0].values.items()]
    pairs += [(one, proofs[1].gradients[0][leaf]) for leaf, one in proofs[0].gradients[0].items()]
    for written, other in pairs:
        assert all(a.overlaps(b) for a, b in zip(written.enclosure.flat, other.enclosure.flat, strict=True))
        assert written.is_sharp
        assert other.is_sharp
        # what cancels between a determinant and its cofactors is lost to the logarithm
        assert np.all(other.tolerances <= (6.0 if name == "logabsdet" else 1.5) * written.tolerances)
        assert np.all(other.tolerances >= 0.4 * written.tolerances)


@pytest.mark.parametrize("name", ["det", "inv", "logabsdet", "solve"])
def test_perturbed_matrices_stay_within_the_tolerance_and_come_near_it(name):
    rng = np.random.default_rng(0)
    matrix, other = rng.normal(size=(4, 4)), rng.normal(size=(4, 1))

    def function(a):
        return ops.solve(a, other) if name == "solve" else getattr(ops, name)(a)

    graph = trace(function, matrix)
    ct = rng.normal(size=graph[graph.outputs[0]].shape)
    proof = prove(Case(graph, (ct,)), BUDGETS)
    size = 3 * 4 * 2.0**-53 * np.max(np.abs(matrix))
    nearest = 0.0
    for _ in range(60):
        value, gradients = enclosed(function, matrix + size * rng.choice([-1.0, 1.0], (4, 4)), ct=ct)
        for found, proven in ((value, proof.values[graph.outputs[0]]), (gradients[0], proof.gradients[0][0])):
            with precision(256):
                away = np.array([float(abs(a - b)) for a, b in zip(found.flat, proven.enclosure.flat, strict=True)])
            assert np.all(away <= proven.tolerances.ravel())
            nearest = max(nearest, np.max(away / proven.tolerances.ravel()))
    assert nearest > 0.1


@pytest.mark.parametrize("name", ["det", "inv", "logabsdet"])
def test_the_closed_form_names_what_is_not_written_out_and_its_jacobian_says_so(name):
    graph = trace(lambda a: getattr(ops, name)(a), np.eye(4))
    value = np.ravel(mirror(graph).values[1])[0]
    assert value.atoms(sp.core.function.AppliedUndef)
    for closed in (True, False):
        with pytest.raises(MirrorError, match="no Jacobian as a formula"):
            jacobian(graph, closed=closed)
