"""Factors of matrices: Cholesky, LU, QR, eigenvalues and eigenvectors, singular values and vectors, the pseudoinverse.

Factors that the equations leave free are made functions: the diagonal of R is positive, and so is the product of each
eigenvector, or right singular vector, with the logarithms of the prime numbers. That product is never 0 for a matrix of
floats, whose eigenvectors have algebraic entries: such logarithms are linearly independent over the algebraic numbers
(Baker, *Transcendental Number Theory*, theorem 2.1). A matrix that must be symmetric is replaced by its symmetric part.

The rules are those of Giles, *Collected matrix derivative results for forward and reverse mode algorithmic
differentiation* (2008), Seeger et al., *Auto-differentiating linear algebra* (2017), and Townsend, *Differentiating the
singular value decomposition* (2016); that of the pseudoinverse is Golub and Pereyra's, *SIAM Journal on Numerical
Analysis* 10(2), 1973.
"""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from gradproof.budget import normwise

from ..domain import (
    DEFINITE,
    DISTINCT_EIGENVALUES,
    DISTINCT_SINGULAR_VALUES,
    FULL_COLUMN_RANK,
    FULL_RANK,
    IN_PIVOT_ORDER,
)
from ..matrices import eliminated, symmetric
from ..op import Function, define
from ..shapes import Matrix
from ..variable import Array
from .linear_algebra import as_column, as_row, matmul, solve, swapped
from .rearrangement import concat, getitem
from .selection import where


@cache
def logarithms_of_primes(count: int) -> Array:
    """Return the logarithms of the first prime numbers."""
    primes: list[int] = []
    candidate = 2
    while len(primes) < count:
        if all(candidate % prime for prime in primes):
            primes.append(candidate)
        candidate += 1
    return np.log(np.array(primes, np.float64))


def _signs(vectors: Array) -> Array:
    """Return the signs, as rows, that make columns have a positive product with the logarithms of the primes."""
    products = np.matmul(logarithms_of_primes(vectors.shape[-2]), vectors)[..., np.newaxis, :]
    return np.where(products < 0.0, -1.0, 1.0).astype(vectors.dtype)


def _of_each(factor: Callable[[Array], Array], a: Array) -> Array:
    """Return a factor of each matrix of a stack, NaN where that is not finite or has no such factor."""
    finite = np.asarray(np.isfinite(a).all(axis=(-2, -1)))
    unit = np.eye(*a.shape[-2:], dtype=a.dtype) * np.arange(1, a.shape[-1] + 1, dtype=a.dtype)
    safe = np.where(finite[..., np.newaxis, np.newaxis], a, unit)
    try:
        found = factor(safe)
    except np.linalg.LinAlgError:
        if a.ndim == 2:
            return np.full_like(factor(unit), np.nan)
        return np.stack([_of_each(factor, each) for each in a])
    return np.where(finite.reshape(finite.shape + (1,) * (found.ndim - finite.ndim)), found, a.dtype.type(np.nan))


def _symmetrised(x: Any) -> Any:
    return 0.5 * x + 0.5 * swapped(x)


def _unit(size: int) -> Array:
    return np.eye(size, dtype=np.bool_)


def _lower_triangle(x: Any) -> Any:
    return where(np.tri(x.shape[-1], dtype=np.bool_), x, 0.0)


def _without_range(basis: Any, x: Any) -> Any:
    """Return ``(I - B B^T) x``, B with orthonormal columns."""
    return x - matmul(basis, matmul(swapped(basis), x))


# --- triangular factors


def _cholesky_forward(a: Array) -> Array:
    _SQUARE.result(a.shape)
    factor = _of_each(lambda each: np.asarray(np.linalg.cholesky(symmetric(each))), a)
    # what is 0 by definition is so where a matrix of numbers has no factor, too
    return np.where(np.isfinite(a).all(axis=(-2, -1), keepdims=True), np.tril(factor), factor)


def _cholesky_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Return the symmetric part of ``L^-T P L^-1``, P the lower triangle of ``L^T ct`` with half its diagonal."""
    product = _lower_triangle(matmul(swapped(y), ct))
    product = where(_unit(a.shape[-1]), 0.5 * product, product)
    left = solve(swapped(y), product)
    return _symmetrised(swapped(solve(swapped(y), swapped(left))))


def _lu_forward(a: Array) -> Array:
    _SQUARE.result(a.shape)
    return eliminated(a)


def _lu_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Run the elimination backwards: each step adds a row and a column in front of the cotangent of what it left.

    The formula with products and solutions of both factors adds what it then subtracts.
    """
    n = a.shape[-1]
    found = getitem(ct, index=(..., slice(n - 1, n), slice(n - 1, n)))
    for k in reversed(range(n - 1)):
        here, rest = slice(k, k + 1), slice(k + 1, n)
        below, right = getitem(y, index=(..., rest, here)), getitem(y, index=(..., here, rest))
        column = getitem(ct, index=(..., rest, here)) - matmul(found, swapped(right))
        column = column / getitem(y, index=(..., here, here))
        row = getitem(ct, index=(..., here, rest)) - matmul(swapped(below), found)
        corner = getitem(ct, index=(..., here, here)) - matmul(swapped(below), column)
        found = concat(concat(corner, row, axis=-1), concat(column, found, axis=-1), axis=-2)
    return found


def _orthogonal_forward(a: Array) -> Array:
    _TALL.result(a.shape)
    return _of_each(_orthogonal_factor, a)


def _orthogonal_factor(a: Array) -> Array:
    q, r = np.linalg.qr(a)
    signs = np.where(np.diagonal(r, axis1=-2, axis2=-1) < 0.0, -1.0, 1.0).astype(a.dtype)
    return np.asarray(q * signs[..., np.newaxis, :])


def _orthogonal_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Return ``(Q T + (I - Q Q^T) ct) R^-T``, T the strictly lower triangle of ``K - K^T``, ``K = Q^T ct``.

    Where the matrix is square the last column of Q, which the others leave no choice, gets exactly nothing.
    """
    r = swapped(_lower_triangle(matmul(swapped(a), y)))
    turned = matmul(swapped(y), ct)
    turned = where(_unit(a.shape[-1]), 0.0, _lower_triangle(turned - swapped(turned)))
    found = matmul(y, turned)
    if a.shape[-2] > a.shape[-1]:
        found = found + _without_range(y, ct)
    return swapped(solve(r, swapped(found)))


# --- eigenvalues and eigenvectors


def _eigenvalues_forward(a: Array) -> Array:
    _SPECTRUM.result(a.shape)
    return _of_each(lambda each: np.linalg.eigvalsh(symmetric(each)), a)


def _eigenvalues_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Return ``V diag(ct) V^T``."""
    vectors = eigenvectors(a)
    return matmul(vectors * as_row(ct), swapped(vectors))


def _eigenvectors_forward(a: Array) -> Array:
    _SQUARE.result(a.shape)

    def factor(each: Array) -> Array:
        vectors = np.linalg.eigh(symmetric(each)).eigenvectors
        return np.asarray(vectors * _signs(vectors))

    return _of_each(factor, a)


def _inverse_gaps(values: Any, sums: Any = 1.0) -> Any:
    """Return ``1 / ((w_j - w_i) s_ij)``, and 0 on the diagonal."""
    gaps = (as_row(values) - as_column(values)) * sums
    unit = _unit(values.shape[-1])
    return where(unit, 0.0, 1.0 / where(unit, 1.0, gaps))


def _eigenvectors_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Return the symmetric part of ``V (V^T ct / (w_j - w_i)) V^T``."""
    inner = _inverse_gaps(eigvalsh(a)) * matmul(swapped(y), ct)
    return _symmetrised(matmul(matmul(y, inner), swapped(y)))


# --- singular values and vectors


def _singular_values_forward(a: Array) -> Array:
    _VALUES.result(a.shape)
    return _of_each(lambda each: np.asarray(np.linalg.svd(each, compute_uv=False)), a)


def _singular_values_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Return ``U diag(ct) V^T``."""
    return matmul(left_singular_vectors(a) * as_row(ct), swapped(right_singular_vectors(a)))


def _vectors(a: Array) -> tuple[Array, Array]:
    """Return left and right singular vectors as columns."""
    left, _, right = np.linalg.svd(a, full_matrices=False)
    right = np.swapaxes(right, -1, -2)
    signs = _signs(right)
    return left * signs, right * signs


def _left_forward(a: Array) -> Array:
    _LEFT.result(a.shape)
    return _of_each(lambda each: _vectors(each)[0], a)


def _right_forward(a: Array) -> Array:
    _RIGHT.result(a.shape)
    return _of_each(lambda each: _vectors(each)[1], a)


def _rotation(values: Any, ct: Any, vectors: Any) -> Any:
    """Return ``M + M^T`` of ``M = W^T ct / (s_j^2 - s_i^2)``, W the vectors."""
    turned = _inverse_gaps(values, as_row(values) + as_column(values)) * matmul(swapped(vectors), ct)
    return turned + swapped(turned)


def _left_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Return ``(U (M + M^T) S + (I - U U^T) ct S^-1) V^T``."""
    values = svdvals(a)
    inner = matmul(y, _rotation(values, ct, y)) * as_row(values)
    if a.shape[-2] > a.shape[-1]:
        inner = inner + _without_range(y, ct) / as_row(values)
    return matmul(inner, swapped(right_singular_vectors(a)))


def _right_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Return ``U (V (M + M^T) S + (I - V V^T) ct S^-1)^T``."""
    values = svdvals(a)
    inner = matmul(y, _rotation(values, ct, y)) * as_row(values)
    if a.shape[-1] > a.shape[-2]:
        inner = inner + _without_range(y, ct) / as_row(values)
    return matmul(left_singular_vectors(a), swapped(inner))


# --- the pseudoinverse


def _pseudoinverse_forward(a: Array) -> Array:
    _TRANSPOSED.result(a.shape)
    return _of_each(_pseudoinverse, a)


def _pseudoinverse(a: Array) -> Array:
    """Return LAPACK's pseudoinverse after one step of Newton's method, which takes the noise of its iteration away."""
    y = np.linalg.pinv(a, rcond=0.0)
    if a.shape[-2] <= a.shape[-1]:
        return np.asarray(y + y @ (np.eye(a.shape[-2], dtype=a.dtype) - a @ y))
    return np.asarray(y + (np.eye(a.shape[-1], dtype=a.dtype) - y @ a) @ y)


def _pseudoinverse_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Return ``-Y^T ct Y^T``, and what moves the range of a matrix that is not square."""
    transposed = swapped(y)
    found = -matmul(transposed, matmul(ct, transposed))
    if a.shape[-2] > a.shape[-1]:
        outside = swapped(ct) - matmul(a, matmul(y, swapped(ct)))
        found = found + matmul(matmul(outside, y), transposed)
    elif a.shape[-2] < a.shape[-1]:
        outside = swapped(ct) - matmul(matmul(swapped(ct), y), a)
        found = found + matmul(transposed, matmul(y, outside))
    return found


_SQUARE = Matrix(lambda rows, columns: (rows, columns), square=True)
_SPECTRUM = Matrix(lambda rows, columns: (rows,), square=True)
_TALL = Matrix(lambda rows, columns: (rows, columns), tall=True)
_VALUES = Matrix(lambda rows, columns: (min(rows, columns),))
_LEFT = Matrix(lambda rows, columns: (rows, min(rows, columns)))
_RIGHT = Matrix(lambda rows, columns: (columns, min(rows, columns)))
_TRANSPOSED = Matrix(lambda rows, columns: (columns, rows))


cholesky: Function = define(
    "cholesky",
    forward=_cholesky_forward,
    vjp=_cholesky_vjp,
    shape=_SQUARE,
    domain=(DEFINITE,),
    budget=normwise(3, forward=2, vjp=4),
    node="LinalgCholeskyExBackward0",
    integers=False,
)

#: Both factors of a matrix whose rows need not be exchanged: L below the diagonal, on which it has ones, and U.
lu_factors: Function = define(
    "lu_factors",
    forward=_lu_forward,
    vjp=_lu_vjp,
    shape=_SQUARE,
    domain=(IN_PIVOT_ORDER,),
    budget=normwise(3, forward=2, vjp=4),
    node="LinalgLuFactorExBackward0",
    integers=False,
)

orthogonal_factor: Function = define(
    "orthogonal_factor",
    forward=_orthogonal_forward,
    vjp=_orthogonal_vjp,
    shape=_TALL,
    domain=(FULL_COLUMN_RANK,),
    budget=normwise(3, forward=2, vjp=4, whole=8),
    node="LinalgQrBackward0",
    integers=False,
)

eigvalsh: Function = define(
    "eigvalsh",
    forward=_eigenvalues_forward,
    vjp=_eigenvalues_vjp,
    shape=_SPECTRUM,
    domain=(DISTINCT_EIGENVALUES,),
    budget=normwise(10, forward=2, vjp=4),
    node="LinalgEighBackward0",
    integers=False,
)

eigenvectors: Function = define(
    "eigenvectors",
    forward=_eigenvectors_forward,
    vjp=_eigenvectors_vjp,
    shape=_SQUARE,
    domain=(DISTINCT_EIGENVALUES,),
    budget=normwise(10, forward=2, vjp=4, whole=8),
    node="LinalgEighBackward0",
    integers=False,
)

svdvals: Function = define(
    "svdvals",
    forward=_singular_values_forward,
    vjp=_singular_values_vjp,
    shape=_VALUES,
    domain=(DISTINCT_SINGULAR_VALUES,),
    budget=normwise(10, forward=2, vjp=4),
    node="LinalgSvdBackward0",
    integers=False,
)

left_singular_vectors: Function = define(
    "left_singular_vectors",
    forward=_left_forward,
    vjp=_left_vjp,
    shape=_LEFT,
    domain=(DISTINCT_SINGULAR_VALUES,),
    budget=normwise(10, forward=2, vjp=4, whole=8),
    node="LinalgSvdBackward0",
    integers=False,
)

right_singular_vectors: Function = define(
    "right_singular_vectors",
    forward=_right_forward,
    vjp=_right_vjp,
    shape=_RIGHT,
    domain=(DISTINCT_SINGULAR_VALUES,),
    budget=normwise(10, forward=2, vjp=4, whole=8),
    node="LinalgSvdBackward0",
    integers=False,
)

pinv: Function = define(
    "pinv",
    forward=_pseudoinverse_forward,
    vjp=_pseudoinverse_vjp,
    shape=_TRANSPOSED,
    domain=(FULL_RANK,),
    budget=normwise(10, forward=2, vjp=4),
    node="LinalgPinvBackward0",
    integers=False,
)

__all__ = [
    "cholesky",
    "eigenvectors",
    "eigvalsh",
    "left_singular_vectors",
    "lu_factors",
    "orthogonal_factor",
    "pinv",
    "right_singular_vectors",
    "svdvals",
]
