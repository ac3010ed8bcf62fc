"""What equations define: enclosures, derivatives of the first and second order, and how far roots move."""

import math

import mpmath
import numpy as np
import pytest
import sympy as sp
from flint import arb

from gradproof import trace
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.engine.op import OPS
from gradproof.errors import MirrorError
from gradproof.symbolic import jacobian, mirror, prove
from gradproof.symbolic.balls import Balls, exact_balls, precision
from gradproof.symbolic.derivative import Sweep
from gradproof.symbolic.implicit import equilibrating
from gradproof.symbolic.rules.matrix_equations import is_stable
from gradproof.symbolic.second_order import second_derivatives

BUDGETS = {name: op.budget for name, op in OPS.items()}


def enclosed(op, matrix, ct=None, bits=256):
    """Return the mirror's value of an op and its gradient of ``ct . op``."""
    graph = trace(op, matrix)
    with precision(bits):
        sweep = Sweep(graph, Balls(), [exact_balls(matrix)])
        value = sweep.values[1]
        weights = exact_balls(np.ones(value.shape) if ct is None else ct)
        return value, sweep.gradients(1, weights)[0]


def two_by_two(a, b, d):
    """Return the eigenvalues of ``[[a, b], [b, d]]`` and their gradients by a, b, d, by the quadratic formula."""
    with mpmath.workdps(60):
        a, b, d = map(mpmath.mpf, (a, b, d))
        root = mpmath.sqrt((a - d) ** 2 / 4 + b**2)
        found = []
        for sign in (-1, 1):
            by_a = mpmath.mpf(1) / 2 + sign * (a - d) / (4 * root)
            found.append(((a + d) / 2 + sign * root, by_a, sign * b / root, 1 - by_a))
        return found


def holds(ball, number):
    """Tell whether a ball is a number, to 40 digits."""
    with precision(256):
        return bool(abs(ball - arb(mpmath.nstr(number, 55))) < 1e-40 * max(abs(float(number)), 1e-12))


@pytest.mark.parametrize(("a", "b", "d"), [(2.0, 1.0, 3.0), (1.0, -0.25, 1.0), (1e-9, 3e-9, -2e-9), (5e7, 1.0, 5e7)])
def test_eigenvalues_and_their_gradients_are_those_of_the_quadratic_formula(a, b, d):
    matrix = np.array([[a, b], [b, d]])
    for place, (value, *slopes) in enumerate(two_by_two(a, b, d)):
        found, gradient = enclosed(ops.eigvalsh, matrix, np.eye(2)[place])
        assert holds(found[place], value)
        # the two entries b share what the symmetric function has
        with precision(256):
            by_entry = [gradient[0, 0], gradient[0, 1] + gradient[1, 0], gradient[1, 1]]
        assert all(map(holds, by_entry, slopes))


def test_the_second_derivatives_of_an_eigenvalue_are_those_of_the_quadratic_formula():
    a, b, d = sp.symbols("a b d")
    formula = (a + d) / 2 - sp.sqrt((a - d) ** 2 / 4 + b**2)
    at = {a: 2, b: 1, d: sp.Rational(7, 2)}
    case = Case(
        trace(ops.eigvalsh, np.array([[2.0, 1.0], [1.0, 3.5]])),
        (np.array([1.0, 0.0]),),
        (np.array([[1.0, 0.5], [0.5, -2.0]]),),
    )
    found = second_derivatives(case, 256)[0][0, 0, 0]
    direction = {a: 1, b: sp.Rational(1, 2), d: -2}
    expected = [
        sum(sp.diff(formula, x, other) * move for other, move in direction.items()).subs(at).evalf(60)
        for x in (a, b, d)
    ]
    with precision(256):
        by_entry = [found[0, 0], found[0, 1] + found[1, 0], found[1, 1]]
        assert all(abs(ball - arb(str(number))) < 1e-50 for ball, number in zip(by_entry, expected, strict=True))


def test_the_factors_of_a_diagonal_matrix_are_known():
    matrix = np.diag([3.0, -1.0, 2.0])
    assert all(map(holds, enclosed(ops.eigvalsh, matrix)[0], map(mpmath.mpf, (-1, 2, 3))))
    assert all(map(holds, enclosed(ops.svdvals, matrix)[0], map(mpmath.mpf, (3, 2, 1))))
    vectors = enclosed(ops.eigenvectors, matrix)[0].astype(float)
    np.testing.assert_allclose(vectors, [[0, 0, 1], [1, 0, 0], [0, 1, 0]], atol=1e-40)
    root = enclosed(ops.cholesky, np.diag([4.0, 9.0]))[0]
    np.testing.assert_allclose(root.astype(float), [[2, 0], [0, 3]], atol=1e-40)


def test_a_factor_has_the_gradient_of_its_formula():
    # L of [[a, b], [b, d]] is [[sqrt(a), 0], [b / sqrt(a), sqrt(d - b^2 / a)]]
    _, gradient = enclosed(ops.cholesky, np.array([[4.0, 2.0], [2.0, 5.0]]), np.array([[0.0, 0.0], [0.0, 1.0]]))
    # the last entry is 2, its slopes b^2 / a^2 / 4, -b / a / 2 over both entries, and 1 / 4
    np.testing.assert_allclose(gradient.astype(float), [[1 / 16, -1 / 8], [-1 / 8, 1 / 4]], rtol=1e-15)


@pytest.mark.parametrize(
    "op", [ops.eigvalsh, ops.eigenvectors, ops.svdvals, ops.right_singular_vectors], ids=lambda op: op.__name__
)
def test_nothing_is_proven_of_a_degenerate_spectrum(op):
    matrix = np.eye(2) if op in (ops.eigvalsh, ops.eigenvectors) else np.array([[0.0, 2.0], [-2.0, 0.0]])
    value, gradient = enclosed(op, matrix)
    assert not any(ball.is_finite() for ball in value.flat)
    assert not any(ball.is_finite() for ball in gradient.flat)
    proof = prove(Case.of_ones(trace(op, matrix)), BUDGETS)
    assert proof.notes == {1: {"singular"}}


def test_a_gap_near_the_precision_of_floats_is_told_from_none():
    matrix = np.array([[1.0, 2.0**-45], [2.0**-45, 1.0]])
    value, _ = enclosed(ops.eigvalsh, matrix)
    with precision(256):
        assert [float(v - 1) for v in value] == pytest.approx([-(2.0**-45), 2.0**-45], rel=1e-12, abs=0.0)


def test_a_matrix_that_is_not_positive_definite_has_no_cholesky_factor():
    value, _ = enclosed(ops.cholesky, np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert not any(value[place].is_finite() for place in ((0, 0), (1, 0), (1, 1)))


def test_the_sign_of_a_vector_is_proven_or_left_open():
    vectors, _ = enclosed(ops.eigenvectors, np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert [float(each) for each in vectors.ravel()] == pytest.approx([-math.sqrt(0.5), *[math.sqrt(0.5)] * 3])


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
@pytest.mark.parametrize("name", ["eigenvectors", "orthogonal_factor", "right_singular_vectors", "eigvalsh"])
def test_tolerances_scale_nearly_as_the_matrix_does(name, scale):
    matrix = np.array([[2.0, 1.0, 0.5], [0.3, -1.5, 0.7], [0.2, 0.4, 3.0]])
    power = {"eigvalsh": 1}.get(name, 0)
    own, scaled = (prove(Case.of_ones(trace(OPS[name], matrix * by)), BUDGETS) for by in (1.0, scale))
    pairs = ((scaled.values[1], own.values[1], power), (scaled.gradients[0][0], own.gradients[0][0], power - 1))
    for one, other, exponent in pairs:
        ratios = one.tolerances / (other.tolerances * scale**exponent)
        assert np.all((ratios > 0.5) & (ratios < 2.0))


def test_a_perturbed_matrix_has_factors_within_the_tolerance():
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(3, 3))
    for name in ("eigenvectors", "eigvalsh", "svdvals", "left_singular_vectors", "orthogonal_factor", "pinv"):
        graph = trace(OPS[name], matrix)
        ct = rng.normal(size=graph[1].shape)
        proof = prove(Case(graph, (ct,)), BUDGETS)
        size = OPS[name].budget.at([(3, 3)], {}).arguments[0] * 2.0**-53 * np.max(np.abs(matrix))
        distances = []
        for _ in range(40):
            moved = matrix + size * rng.choice([-1.0, 1.0], (3, 3))
            value, gradient = enclosed(OPS[name], moved, ct)
            # an enclosure of the function at another matrix, with no error of its own
            for found, proven in ((value, proof.values[1]), (gradient, proof.gradients[0][0])):
                with precision(256):
                    away = np.array([float(abs(a - b)) for a, b in zip(found.flat, proven.enclosure.flat, strict=True)])
                assert np.all(away <= proven.tolerances.ravel())
            distances.append(np.max(away / proven.tolerances.ravel()))
        # and the tolerance is no more than what such a matrix needs, a hundred times
        assert max(distances) > 0.01


def test_units_of_equations_and_unknowns_do_not_change_how_large_their_jacobian_may_be():
    matrix, sizes = np.array([[1.0, 2.0], [0.5, 8.0]]), np.array([3.0, 0.25])
    units = np.array([1.0, 2.0**20]), np.array([2.0**-30, 4.0])
    with precision(128):
        own = equilibrating(exact_balls(matrix), exact_balls(sizes)).astype(float)
        scaled = equilibrating(exact_balls(matrix * np.outer(*units)), exact_balls(sizes / units[1])).astype(float)
    np.testing.assert_allclose(scaled, own * np.outer(*units), rtol=1e-12)
    assert np.all(own >= matrix)


def test_the_closed_form_names_what_has_no_formula_and_its_jacobian_says_so():
    graph = trace(ops.eigvalsh, np.array([[2.0, 1.0], [1.0, 3.0]]))
    first, second = mirror(graph).values[1]
    assert first != second
    assert first.func.__name__.startswith("eigh")
    for closed in (True, False):
        with pytest.raises(MirrorError, match="no Jacobian as a formula"):
            jacobian(graph, closed=closed)


@pytest.mark.parametrize(("a", "b", "d"), [(2.0, 1.0, 3.0), (1.0, 5.0, 1.0), (1e-9, 3e-9, 2e-9), (-1.0, 3.0, 1.0)])
def test_a_root_of_a_matrix_and_its_gradient_are_those_of_its_closed_form(a, b, d):
    """Of ``[[a, b], [-b, d]]`` it is ``(A + s I) / t``, ``s^2 = det A``, ``t^2 = a + d + 2 s`` (Levinger 1980)."""
    value, gradient = enclosed(ops.sqrtm, np.array([[a, b], [-b, d]]))
    with mpmath.workdps(60):
        entries = sp.symbols("p q r s")
        p, q, r, s = entries
        root = sp.sqrt(p * s - q * r)
        trace_of_root = sp.sqrt(p + s + 2 * root)
        at = dict(zip(entries, map(sp.Rational, (a, b, -b, d)), strict=True))
        formula = sp.Matrix([[p + root, q], [r, s + root]]) / trace_of_root
        expected = [mpmath.mpf(sp.N(each.subs(at), 60)) for each in formula]
        slopes = [mpmath.mpf(sp.N(sp.diff(sum(formula), each).subs(at), 60)) for each in entries]
    assert all(map(holds, value.ravel(), expected))
    assert all(map(holds, gradient.ravel(), slopes))


def test_a_root_with_an_eigenvalue_left_of_the_axis_is_not_taken():
    stable = [[[2.0]], [[1.0, 5.0], [-5.0, 0.5]], [[3.0, 1.0, 0.0], [-7.0, 2.0, 4.0], [0.0, -1.0, 1.0]]]
    for matrix in stable:
        assert min(np.linalg.eigvals(matrix).real) > 0
        assert is_stable(exact_balls(np.array(matrix)).ravel())
        assert not is_stable(exact_balls(-np.array(matrix)).ravel())
        assert not is_stable(exact_balls(np.array(matrix) * ([-1.0] + [1.0] * (len(matrix) - 1))).ravel())
    assert not is_stable(exact_balls(np.array([[0.0, 1.0], [-1.0, 0.0]])).ravel())


@pytest.mark.parametrize("stack", [(), (2,)])
def test_a_sylvester_equation_has_the_solution_and_the_gradient_of_its_kronecker_form(stack):
    rng = np.random.default_rng(3)
    a, b, q = (rng.integers(1, 9, (*stack, *shape)).astype(float) for shape in ((2, 2), (3, 3), (2, 3)))
    a, b = a + 20 * np.eye(2), b + 20 * np.eye(3)
    graph = trace(lambda *args: ops.solve_sylvester(*args), a, b, q)
    with precision(256):
        sweep = Sweep(graph, Balls(), [exact_balls(each) for each in (a, b, q)])
        value = sweep.values[3]
        gradients = sweep.gradients(3, exact_balls(np.ones(value.shape)))
    for place in np.ndindex(stack):
        left, right, side = (sp.Matrix(each[place].astype(int)) for each in (a, b, q))
        system = sp.kronecker_product(left, sp.eye(3)) + sp.kronecker_product(sp.eye(2), right.T)
        solution = (system.inv() * sp.Matrix(list(side))).reshape(2, 3)
        adjoint = (system.T.inv() * sp.ones(6, 1)).reshape(2, 3)
        for found, expected in [
            (value, solution),
            (gradients[0], -adjoint * solution.T),
            (gradients[1], -solution.T * adjoint),
            (gradients[2], adjoint),
        ]:
            with mpmath.workdps(60):
                entries = [mpmath.mpf(int(each.p)) / int(each.q) for each in expected]
            assert all(map(holds, found[place].ravel(), entries))
