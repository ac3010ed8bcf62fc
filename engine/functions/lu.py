"""Triangular factors by elimination, ``P L U = A``, with the signatures of ``torch.linalg``.

Which rows are exchanged is data: LAPACK's choice. The factors are functions of the matrix whose rows have been.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import linalg

from gradproof.errors import ArgumentError, DtypeError, ShapeError, UnsupportedError

from .. import ops
from ..ops.linear_algebra import swapped
from ..variable import Array, untracked
from .decompositions import in_lines
from .linear_algebra import solve_triangular

if TYPE_CHECKING:
    from ..tensor import Tensor


class LUResult(NamedTuple):
    """What ``lu`` returns."""

    P: Any
    L: Any
    U: Any

    def __repr__(self) -> str:
        return in_lines("linalg_lu", self._asdict())


class LUFactorResult(NamedTuple):
    """What ``lu_factor`` returns."""

    LU: Any
    pivots: Any

    def __repr__(self) -> str:
        return in_lines("linalg_lu_factor", self._asdict())


def _pivots(name: str, A: Any, pivot: bool) -> Array:  # noqa: N803 - PyTorch's name
    """Return the row that each row was exchanged with in turn, counted from 1 as LAPACK does."""
    if A.array.ndim < 2:
        raise ShapeError(f"{name} takes a matrix or a stack of matrices, not shape {A.array.shape}")
    if not pivot:
        raise UnsupportedError(f"{name} exchanges rows; without that factors are no better than chance")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", linalg.LinAlgWarning)  # of singular matrices, which have factors too
        found = linalg.lu_factor(A.array, check_finite=False)[1]
    return np.asarray(found + 1, np.int32)


def _order(pivots: Array, rows: int) -> Array:
    """Return which row stands where after all exchanges."""
    order = np.broadcast_to(np.arange(rows), (*pivots.shape[:-1], rows)).copy()
    for i in range(pivots.shape[-1]):
        other = pivots[..., i : i + 1].astype(np.int64) - 1
        moved = np.take_along_axis(order, other, axis=-1)
        np.put_along_axis(order, other, order[..., i : i + 1].copy(), axis=-1)
        order[..., i : i + 1] = moved
    return order


def _in_order(x: Any, order: Array) -> Any:
    """Return matrices with their rows in an order."""
    return ops.take_along_axis(x, np.broadcast_to(order[..., np.newaxis], x.array.shape).copy(), axis=-2)


def _factors(A: Any, order: Array) -> Any:  # noqa: N803 - PyTorch's name
    """Return both factors in one: those of the square part, and what they leave of further rows or columns."""
    rows, columns = A.array.shape[-2:]
    size = min(rows, columns)
    sorted_rows = _in_order(A, order)
    square = ops.lu_factors(ops.getitem(sorted_rows, index=(..., slice(size), slice(size))))
    if rows > size:
        rest = ops.getitem(sorted_rows, index=(..., slice(size, None), slice(None)))
        return ops.concat(square, solve_triangular(square, rest, upper=True, left=False), axis=-2)
    if columns > size:
        rest = ops.getitem(sorted_rows, index=(..., slice(size, None)))
        return ops.concat(square, solve_triangular(square, rest, upper=False, unitriangular=True), axis=-1)
    return square


def lu_factor(A: Any, *, pivot: bool = True) -> LUFactorResult:  # noqa: N803 - PyTorch's name
    """Return both factors in one matrix, L below the diagonal, and the row that each row was exchanged with.

    Raises ``ArgumentError`` where U has a zero on its diagonal, and ``UnsupportedError`` without ``pivot``.
    """
    pivots = _pivots("lu_factor", A, pivot)
    found = _factors(A, _order(pivots, A.array.shape[-2]))
    if (np.diagonal(found.array, axis1=-2, axis2=-1) == 0.0).any():
        raise ArgumentError("lu_factor: U has a zero on its diagonal, and can solve nothing; lu returns it")
    return LUFactorResult(found, untracked(pivots, A))


def lu(A: Any, *, pivot: bool = True) -> LUResult:  # noqa: N803 - PyTorch's name
    """Return the permutation P, L with ones on the diagonal, and U, of ``P L U = A``.

    Raises ``UnsupportedError`` without ``pivot``.
    """
    pivots = _pivots("lu", A, pivot)
    found = _factors(A, _order(pivots, A.array.shape[-2]))
    return LUResult(*lu_unpack(found, untracked(pivots, A)))


def lu_unpack(
    LU_data: Any,  # noqa: N803 - PyTorch's name
    LU_pivots: Any,  # noqa: N803 - PyTorch's name
    unpack_data: bool = True,
    unpack_pivots: bool = True,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return P, L and U of what :func:`lu_factor` returned; without one of the flags the factors it names are empty."""
    (rows, columns), dtype = LU_data.array.shape[-2:], LU_data.array.dtype
    size, empty = min(rows, columns), untracked(np.zeros(0, dtype), LU_data)
    permutation, lower, upper = empty, empty, empty
    if unpack_pivots:
        order = _order(_checked(LU_pivots, LU_data), rows)
        permutation = untracked(np.swapaxes(np.eye(rows, dtype=dtype)[order], -1, -2).copy(), LU_data)
    if unpack_data:
        left = ops.getitem(LU_data, index=(..., slice(size)))
        lower = ops.where(np.tri(rows, size, -1, dtype=np.bool_), left, np.eye(rows, size, dtype=dtype))
        right = ops.getitem(LU_data, index=(..., slice(size), slice(None)))
        upper = ops.where(np.tri(size, columns, -1, dtype=np.bool_), 0.0, right)
    return permutation, lower, upper


def _checked(pivots: Any, factors: Any) -> Array:
    """Return pivots as an array. Raises an error where they are none of these factors."""
    if pivots.array.dtype != np.int32:
        raise DtypeError(f"pivots are a tensor of int32, not of {pivots.array.dtype}")
    shape = factors.array.shape
    if pivots.array.shape != (*shape[:-2], min(shape[-2:])):
        raise ShapeError(f"factors of shape {shape} have no pivots of shape {pivots.array.shape}")
    return np.asarray(pivots.array)


def lu_solve(LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False) -> Tensor:  # noqa: N803
    """Return the solution X of ``A X = B``, or of ``X A = B`` where not ``left``, from what :func:`lu_factor` returned.

    With ``adjoint`` the matrix is transposed.
    """
    if B.array.ndim < 2:
        raise ShapeError(f"the right-hand side is a matrix or a stack of matrices, not of shape {B.array.shape}")
    if not left:
        return swapped(lu_solve(LU, pivots, swapped(B), adjoint=not adjoint))
    order = _order(_checked(pivots, LU), LU.array.shape[-2])
    if not adjoint:
        return solve_triangular(
            LU, solve_triangular(LU, _in_order(B, order), upper=False, unitriangular=True), upper=True
        )
    turned = swapped(LU)
    found = solve_triangular(turned, solve_triangular(turned, B, upper=False), upper=True, unitriangular=True)
    return _in_order(found, np.argsort(order, axis=-1))


__all__ = ["lu_unpack"]
