"""Inverses and determinants of balls: what they enclose, and how far they move."""

import numpy as np
import pytest
import sympy as sp
from flint import arb

from gradproof.symbolic.balls import exact_balls, precision
from gradproof.symbolic.matrices import determinant_moves, determinants, inverse_balls, inverse_moves


def test_an_inverse_moves_by_no_more_than_is_said():
    rng = np.random.default_rng(1)
    matrix, errors = rng.normal(size=(3, 3)), rng.uniform(0, 1e-3, (3, 3))
    balls = exact_balls(matrix)
    with precision(128):
        bound = inverse_moves(inverse_balls(balls), exact_balls(errors)).astype(float)
        assert np.all(inverse_moves(inverse_balls(balls), exact_balls(errors * 1e4)) == arb.pos_inf())
    moves = [
        np.abs(np.linalg.inv(matrix + errors * rng.choice([-1.0, 1.0], (3, 3))) - np.linalg.inv(matrix))
        for _ in range(200)
    ]
    worst = np.max(moves, axis=0)
    assert np.all(worst <= bound)
    assert np.all(worst >= 0.2 * bound)


@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_determinant_is_that_of_the_numbers(size):
    matrices = np.random.default_rng(size).integers(-9, 10, (3, size, size)).astype(float)
    with precision(128):
        found = determinants(exact_balls(matrices))
    assert found.shape == (3, 1, 1)
    assert all(
        ball.contains(int(sp.Matrix(each.astype(int)).det())) for ball, each in zip(found.flat, matrices, strict=True)
    )


def moved_determinants(matrix, errors, count=400):
    """Return the distances of determinants of matrices at corners of the box, exactly."""
    rng = np.random.default_rng(2)
    with precision(256):
        (own,) = determinants(exact_balls(matrix)).flat
        corners = np.stack([rng.choice([-1.0, 1.0], matrix.shape) for _ in range(count)])
        # the corner that moves each entry by the sign of its cofactor is the worst to first order
        cofactors = np.linalg.det(matrix) * np.linalg.inv(matrix).T if np.linalg.det(matrix) else corners[0]
        corners = np.concatenate([corners, np.sign(cofactors)[np.newaxis]])
        moved = exact_balls(np.broadcast_to(matrix, corners.shape)) + exact_balls(corners) * exact_balls(errors)
        return [float(abs(each - own)) for each in determinants(moved).flat]


@pytest.mark.parametrize("size", [2, 4, 6])
@pytest.mark.parametrize("error", [1e-12, 1e-3])
def test_the_determinant_of_a_regular_matrix_moves_by_no_more_than_is_said_and_nearly_as_much(size, error):
    rng = np.random.default_rng(size)
    matrix = np.eye(size) + 0.2 * rng.normal(size=(size, size))
    errors = error * rng.uniform(0.0, 1.0, (size, size))
    with precision(128):
        (bound,) = determinant_moves(exact_balls(matrix), exact_balls(errors)).astype(float).flat
    worst = max(moved_determinants(matrix, errors))
    assert worst <= bound
    assert worst >= 0.95 * bound


@pytest.mark.parametrize("rank", [0, 1, 3])
def test_the_determinant_of_a_singular_matrix_moves_by_no_more_than_is_said(rank):
    rng = np.random.default_rng(rank)
    matrix = np.zeros((4, 4))
    matrix[:rank] = rng.normal(size=(rank, 4))
    errors = np.full((4, 4), 1e-3)
    with precision(128):
        (bound,) = determinant_moves(exact_balls(matrix), exact_balls(errors)).astype(float).flat
        unmoved = determinant_moves(exact_balls(matrix), exact_balls(np.zeros((4, 4))))
    worst = max(moved_determinants(matrix, errors))
    assert 0.0 < worst <= bound < np.inf
    assert unmoved[0, 0] == 0


def test_a_determinant_of_what_is_no_number_is_none():
    matrix = np.eye(4)
    matrix[1, 2] = np.nan
    with precision(128):
        assert not determinants(exact_balls(matrix))[0, 0].is_finite()
        assert not determinant_moves(exact_balls(matrix), exact_balls(np.full((4, 4), 1e-3)))[0, 0].is_finite()
