"""Matrices of balls: their inverses and determinants, and how far these move with the entries."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from flint import arb, arb_mat

from .domain import Objects

_NAN, _INFINITE = arb.nan(), arb.pos_inf()


def inverse_balls(a: Objects) -> Objects:
    """Return the inverse of each matrix of a stack, NaN where none is proven to be regular."""
    result = np.full(a.shape, _NAN, dtype=object)
    for place in np.ndindex(*a.shape[:-2]):
        inverse = _inverse(_matrix(a[place]))
        if inverse is not None:
            result[place] = _entries(inverse)
    return result


def inverse_moves(inverse: Objects, errors: Objects) -> Objects:
    """Return how far the entries of an inverse C move where those of the matrix do by ``errors``: infinity if too far.

    The inverse of a matrix moved by D is ``C - C D C + C D C D C - ...``. With ``E = abs(C) abs(D)`` that moves it by
    at most ``(E + E^2 + ...) abs(C)``.
    """
    moved = np.full(inverse.shape, _INFINITE, dtype=object)
    for place in np.ndindex(*inverse.shape[:-2]):
        c = _matrix(abs(inverse[place]))
        product = c * _matrix(abs(errors[place]))
        series = _series(product)
        if series is not None:
            moved[place] = _upper(_entries(series * product * c))
    return moved


def determinants(a: Objects) -> Objects:
    """Return the determinant of each matrix of a stack, as a matrix of one entry."""
    return _of_each(lambda matrix: _matrix(matrix).det(), a)


def determinant_moves(a: Objects, errors: Objects) -> Objects:
    """Return how far the determinant of each matrix moves where the entries do by ``errors``: the lesser of two bounds.

    Both hold; the first is sharp, and the second also of use for singular matrices.
    """
    return _of_each(lambda *args: _moves_by_inverse(*args).min(_moves_by_rows(*args)).abs_upper(), a, errors)


def _moves_by_inverse(a: Objects, errors: Objects) -> arb:
    """Return a bound for a matrix with an inverse C, infinity if there is none.

    A matrix moved by D has the determinant ``det(A) det(I + C D)``. With ``E = abs(C) abs(D)`` the logarithm of the
    last factor is at most ``tr(E) + tr(E^2) / 2 + ...`` in magnitude, which is that of ``1 / det(I - E)``.
    """
    matrix = _matrix(a)
    inverse = _inverse(matrix)
    if inverse is None:
        return _INFINITE
    product = _matrix(abs(_entries(inverse))) * _matrix(abs(errors))
    return _INFINITE if _series(product) is None else abs(matrix.det()) * (1 / (_unit(len(a)) - product).det() - 1)


def _moves_by_rows(a: Objects, errors: Objects) -> arb:
    """Return a bound by Hadamard's inequality for each term of a determinant that is multiplied out by rows."""
    rows, moved = _lengths(a), _lengths(errors)
    return math.prod(rows + moved, start=arb(1)) - math.prod(rows, start=arb(1))


def _lengths(rows: Objects) -> Objects:
    lengths: Objects = _sqrt(np.sum(rows * rows, axis=-1))
    return lengths


def _inverse(a: arb_mat) -> arb_mat | None:
    try:
        return a.inv()
    except ZeroDivisionError:
        return None  # flint's way of saying that the matrices of the ball may be singular


def _series(product: arb_mat) -> arb_mat | None:
    """Return ``I + E + E^2 + ...`` of a matrix E without negative entries, None where it may diverge.

    That is ``(I - E)^-1`` where ``(I - E) s > 0`` for some s > 0: then ``I - E`` is an M-matrix (Berman and Plemmons,
    *Nonnegative Matrices*, theorem 6.2.3).
    """
    size = product.nrows()
    rest = _unit(size) - product
    series = _inverse(rest)
    if series is None:
        return None
    weights = (series * arb_mat(size, 1, [1] * size)).mid()
    return series if all(each > 0 for each in (*weights.entries(), *(rest * weights).entries())) else None


def _unit(size: int) -> arb_mat:
    return arb_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])


def _matrix(a: Objects) -> arb_mat:
    rows, columns = a.shape
    return arb_mat(rows, columns, a.ravel().tolist())


def _entries(a: arb_mat) -> Objects:
    return np.fromiter(a.entries(), object, a.nrows() * a.ncols()).reshape(a.nrows(), a.ncols())


def _of_each(function: Callable[..., arb], *stacks: Objects) -> Objects:
    """Return what a function makes of the matrices at each place of stacks of one shape."""
    result = np.empty((*stacks[0].shape[:-2], 1, 1), dtype=object)
    for place in np.ndindex(*stacks[0].shape[:-2]):
        result[place] = function(*(stack[place] for stack in stacks))
    return result


_sqrt = np.frompyfunc(arb.sqrt, 1, 1)
_upper = np.frompyfunc(arb.abs_upper, 1, 1)
