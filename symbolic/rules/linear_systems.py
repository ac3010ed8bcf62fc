"""Inverses, and solutions of linear systems, by the equations that define them: column by column."""

from __future__ import annotations

import numpy as np

from gradproof.exact import Array

from ..program import Term, contract, move, solution
from .decompositions import minus_unit, repeated, subtract, transposed


def _times(a: Term, vector: Term) -> Term:
    """Return the product of each matrix of a stack and a vector."""
    return move(lambda p: p[..., 0], contract(a, move(lambda v: v[..., np.newaxis], vector)))


def inverse(a: Term) -> Term:
    """Return Y of ``A Y = I``."""
    size = a.shape[-1]
    columns = solution("inv", lambda x, y: minus_unit(_times(x, y)), repeated(a, size), size, 2, numbered=True)
    return transposed(columns)


def _augmented(a: Array, b: Array) -> Array:
    """Lay each column of B beside A."""
    size = a.shape[-1]
    sides = np.swapaxes(b, -1, -2)[..., np.newaxis]
    stack = np.broadcast_shapes(a[..., np.newaxis, :, :].shape[:-2], sides.shape[:-2])
    matrices = np.broadcast_to(a[..., np.newaxis, :, :], (*stack, size, size))
    return np.concatenate([matrices, np.broadcast_to(sides, (*stack, size, 1))], axis=-1)


def solve(a: Term, b: Term) -> Term:
    """Return Y of ``A Y = B``, for matrices B."""
    size = a.shape[-1]

    def residual(x: Term, y: Term) -> Term:
        matrix, side = (move(part, x) for part in (lambda m: m[..., :size], lambda m: m[..., size]))
        return subtract(_times(matrix, y), side)

    return transposed(solution("solve", residual, move(_augmented, a, b), size, 2, numbered=True))
