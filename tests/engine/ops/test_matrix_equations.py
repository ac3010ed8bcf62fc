"""Equations in matrices, beside SciPy's solutions and the equations themselves."""

import numpy as np
import pytest
import scipy.linalg

from gradproof.engine import ops

A = np.array([[2.0, 1.0, 0.5], [0.3, 1.5, 0.7], [0.2, 0.4, 3.0]])
B = np.array([[1.0, 2.0], [-2.0, 3.0]])
Q = np.array([[1.0, -2.0], [0.5, 3.0], [0.0, 4.0]])


def test_solutions_are_scipys():
    np.testing.assert_allclose(ops.solve_sylvester(A, B, Q), scipy.linalg.solve_sylvester(A, B, Q), rtol=1e-14)
    np.testing.assert_allclose(ops.sqrtm(A), scipy.linalg.sqrtm(A), rtol=1e-13)


def test_each_equation_of_a_stack_is_solved_alone():
    lefts, rights = np.stack([A, A.T, 2 * A])[:, np.newaxis], np.stack([B, B.T])
    found = ops.solve_sylvester(lefts, rights, Q)
    assert found.shape == (3, 2, 3, 2)
    np.testing.assert_allclose(lefts @ found + found @ rights, np.broadcast_to(Q, found.shape), atol=1e-13)
    roots = ops.sqrtm(lefts)
    np.testing.assert_allclose(roots @ roots, lefts, atol=1e-14)


@pytest.mark.parametrize(
    "matrix", [[[-1.0, 0.0], [0.0, 2.0]], [[np.nan, 0.0], [0.0, 1.0]], [[np.inf, 0.0], [0.0, 1.0]]], ids=str
)
def test_what_has_no_real_principal_root_has_none_here(matrix):
    found = ops.sqrtm(np.stack([np.array(matrix), 4 * np.eye(2)]))
    assert np.isnan(found[0]).all()
    np.testing.assert_array_equal(found[1], 2 * np.eye(2))


def test_an_equation_without_a_solution_has_none_here():
    # the eigenvalues of the first are those of minus the second
    found = ops.solve_sylvester(np.stack([np.diag([1.0, 2.0, -1.0]), A]), B * [[1], [0]] + [[0, 0], [0, 5]], Q)
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_the_size_of_the_matrices_does_not_matter(size):
    np.testing.assert_allclose(
        ops.solve_sylvester(size * A, size * B, size * Q), scipy.linalg.solve_sylvester(A, B, Q), rtol=1e-13
    )
