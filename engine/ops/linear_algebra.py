"""Contractions, and functions of square matrices."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import normwise, summation

from ..domain import INVERTIBLE, REAL
from ..mode import THREAD
from ..op import Function, define
from ..shapes import Contraction, Square, System
from ..variable import Array, array_of
from .rearrangement import concat, expand_dims, getitem, permute_dims, reshape, take
from .reduction import sum as sum_
from .scaling import exponent_of, is_finite, scaled_product, shifted
from .selection import where


def swapped(x: Any) -> Any:
    """Return ``x`` with its last two axes exchanged."""
    return permute_dims(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def as_column(x: Any) -> Any:
    return expand_dims(x, axis=-1)


def as_row(x: Any) -> Any:
    return expand_dims(x, axis=-2)


def _per_matrix(x: Any) -> Any:
    return as_row(as_column(x))


def _first_column(x: Any) -> Any:
    return getitem(x, index=(Ellipsis, 0))


def _times(a: Any, b: Any, ct: Any) -> Any:
    """Return ``matmul(a, b)``, one of them the cotangent, whose zeros are strong: see the sweep.

    The products are taken one by one only where they are not all finite.
    """
    product = matmul(a, b)
    if not THREAD.mode.is_careful or is_finite(product):
        return product
    zero = array_of(ct) == 0.0
    if not zero.any():
        return product
    zeros = as_column(zero) if ct is a else np.expand_dims(zero, -3)
    return sum_(where(zeros, 0.0, as_column(a) * expand_dims(b, axis=-3)), axis=-2)


def _matmul_left(ct: Any, y: Any, a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return ct * b if a.ndim == 1 else _times(column := as_column(ct), as_row(b), column)
    if a.ndim > 1:
        return _times(ct, swapped(b), ct)
    column = as_column(ct)
    return _first_column(_times(b, column, column))


def _matmul_right(ct: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 1:
        return ct * a if b.ndim == 1 else _times(as_column(a), row := as_row(ct), row)
    if b.ndim > 1:
        return _times(swapped(a), ct, ct)
    column = as_column(ct)
    return _first_column(_times(swapped(a), column, column))


def _node(a: Any, b: Any) -> str:
    """Return PyTorch's node; for stacks and vector-matrix products, that of the product inside its composite."""
    ranks = (min(a.ndim, 3), min(b.ndim, 3))
    return {(1, 1): "DotBackward0", (2, 1): "MvBackward0"}.get(ranks, "BmmBackward0" if 3 in ranks else "MmBackward0")


matmul = define(
    "matmul",
    forward=np.matmul,
    vjp=(_matmul_left, _matmul_right),
    shape=Contraction(),
    domain=(REAL, REAL),
    budget=summation(),
    node=_node,
)


def _equilibrated(a: Any) -> tuple[Any, Array, Array]:
    """Return matrices whose rows and columns have been scaled to entries below 1, and the exponents that were taken.

    The exponents of rows stand in a column, those of columns in a row.
    """
    by_row = exponent_of(np.max(np.abs(array_of(a)), axis=-1, keepdims=True, initial=0))
    scaled = shifted(a, -by_row)
    by_column = exponent_of(np.max(np.abs(array_of(scaled)), axis=-2, keepdims=True, initial=0))
    return shifted(scaled, -by_column), by_row, by_column


def _det_forward(a: Array) -> Array:
    Square(reduces=True).result(a.shape)
    scaled, by_row, by_column = _equilibrated(a)
    exponents = by_row.sum(axis=(-2, -1)) + by_column.sum(axis=(-2, -1))
    if not a.shape[-1]:
        return np.asarray(np.linalg.det(a))
    last = _missing_exponent(scaled)
    balanced = np.array(scaled)
    balanced[..., -1] = np.ldexp(scaled[..., -1], -last[..., np.newaxis])
    found = np.ldexp(np.linalg.det(balanced), exponents + last)
    # LAPACK takes a pivot that is no number for zero
    return np.asarray(np.where(np.isfinite(a).all(axis=(-2, -1)), found, np.nan))


def _missing_exponent(a: Array) -> Array:
    """Return the exponents by which determinants differ from 1.

    NumPy goes by way of the logarithm of a determinant, and loses as many digits as that has. A last column that has
    been scaled by a power of two changes no pivot and no rounding.
    """
    logarithms = np.linalg.slogdet(a)[1] / np.log(2.0)
    most = np.finfo(a.dtype).maxexp // 2
    return np.rint(np.clip(np.nan_to_num(logarithms), -most, most)).astype(np.int64)


def _det_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Return ``ct det(A) inv(A)^T``, for scaled matrices, whose determinant is representable.

    That is the matrix of cofactors, which singular matrices have too.
    """
    scaled, by_row, by_column = _equilibrated(a)
    exponents = by_row.sum(axis=-2, keepdims=True) + by_column.sum(axis=-1, keepdims=True) - by_row - by_column
    determinant = det(scaled)
    if (array_of(determinant) == 0.0).any():
        return scaled_product(_per_matrix(ct), _cofactors(scaled), exponent=exponents)
    return scaled_product(_per_matrix(ct), _per_matrix(determinant), swapped(inv(scaled)), exponent=exponents)


def _cofactors(a: Any) -> Any:
    """Return the signed determinants of the minors, at the cost of n^2 factorisations."""
    size = a.shape[-1]
    if size == 1:
        return np.ones(a.shape, array_of(a).dtype)
    others = [np.delete(np.arange(size), i) for i in range(size)]
    rows = [take(a, each, axis=-2) for each in others]
    minors = [det(take(row, each, axis=-1)) for row in rows for each in others]
    signs = [(-1.0) ** (i + j) for i in range(size) for j in range(size)]
    entries = [sign * expand_dims(minor, axis=-1) for sign, minor in zip(signs, minors, strict=True)]
    return reshape(concat(*entries, axis=-1), shape=a.shape)


def _factorised(a: Array) -> tuple[Array, Array]:
    """Return the signs of determinants and the logarithms of their magnitudes."""
    Square(reduces=True).result(a.shape)
    sign, logarithm = np.linalg.slogdet(a)
    # LAPACK takes a pivot that is no number for zero
    finite = np.isfinite(a).all(axis=(-2, -1))
    return np.where(finite, sign, a.dtype.type(np.nan)), np.where(finite, logarithm, a.dtype.type(np.nan))


def _logabsdet_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Return ``ct inv(A)^T``; of a singular matrix cofactors over zero."""
    singular = np.isneginf(array_of(y))[..., np.newaxis, np.newaxis]
    if not singular.any():
        return _per_matrix(ct) * swapped(inv(a))
    regular = where(singular, np.eye(a.shape[-1], dtype=array_of(a).dtype), a)
    return _per_matrix(ct) * where(singular, _cofactors(a) / 0.0, swapped(inv(regular)))


def _inv_forward(a: Array) -> Array:
    Square().result(a.shape)
    scaled, by_row, by_column = _equilibrated(a)
    return np.asarray(np.ldexp(np.linalg.inv(scaled), -np.swapaxes(by_row + by_column, -1, -2)))


def _inv_vjp(ct: Any, y: Any, a: Any) -> Any:
    """Return ``-Y^T ct Y^T`` of the inverse Y."""
    transposed = swapped(y)
    return -matmul(transposed, matmul(ct, transposed))


def _solve_forward(a: Array, b: Array) -> Array:
    """Solve with a scaled matrix and right-hand sides that are scaled to it, each by one power of two."""
    System().result(a.shape, b.shape)
    scaled, by_row, by_column = _equilibrated(a)
    columns = b[:, np.newaxis] if b.ndim == 1 else b
    least = np.iinfo(np.int32).min
    exponents = np.where(columns == 0.0, least, exponent_of(columns) - by_row)
    by_side = np.max(exponents, axis=-2, keepdims=True, initial=least)
    x = np.linalg.solve(scaled, np.ldexp(columns, -by_row - by_side))
    x = np.ldexp(x, by_side - np.swapaxes(by_column, -1, -2))
    return np.asarray(x[..., 0] if b.ndim == 1 else x)


def _solve_right(ct: Any, y: Any, a: Any, b: Any) -> Any:
    """Return the solution of ``A^T X = ct``."""
    if b.ndim == 1:
        return getitem(solve(swapped(a), expand_dims(ct, axis=-1)), index=(Ellipsis, 0))
    return solve(swapped(a), ct)


def _solve_left(ct: Any, y: Any, a: Any, b: Any) -> Any:
    """Return ``-X Y^T`` of the solution Y, where X is the cotangent of the right-hand side."""
    right = _solve_right(ct, y, a, b)
    return -(as_column(right) * as_row(y) if b.ndim == 1 else matmul(right, swapped(y)))


det: Function = define(
    "det",
    forward=_det_forward,
    vjp=_det_vjp,
    shape=Square(reduces=True),
    domain=(INVERTIBLE,),
    budget=normwise(3, forward=2, vjp=4),
    node="LinalgDetBackward0",
    integers=False,
)

logabsdet: Function = define(
    "logabsdet",
    forward=lambda a: _factorised(a)[1],
    vjp=_logabsdet_vjp,
    shape=Square(reduces=True),
    domain=(INVERTIBLE,),
    budget=normwise(3, forward=2, vjp=4),
    node="LinalgSlogdetBackward0",
    integers=False,
)

#: The sign of a determinant, also where that is beyond the floats.
det_sign: Function = define(
    "det_sign",
    forward=lambda a: _factorised(a)[0],
    vjp=lambda ct, y, a: where(np.False_, a, 0.0),
    shape=Square(reduces=True),
    domain=(INVERTIBLE,),
    budget=normwise(3, forward=0, vjp=0),
    node="LinalgSlogdetBackward0",
    integers=False,
)

inv: Function = define(
    "inv",
    forward=_inv_forward,
    vjp=_inv_vjp,
    shape=Square(),
    domain=(INVERTIBLE,),
    budget=normwise(3, forward=2, vjp=4),
    node="LinalgInvExBackward0",
    integers=False,
)

solve: Function = define(
    "solve",
    forward=_solve_forward,
    vjp=(_solve_left, _solve_right),
    shape=System(),
    domain=(INVERTIBLE, REAL),
    budget=normwise(3, forward=2, vjp=4, moved=(True, False)),
    node="LinalgSolveExBackward0",
    integers=False,
)

__all__ = [
    "det",
    "det_sign",
    "inv",
    "logabsdet",
    "matmul",
    "solve",
]
