"""Matrix products, and functions of square matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradproof.errors import ArgumentError

from .. import ops
from ..ops.linear_algebra import swapped
from ..shapes import Square, normalise_axes
from .decompositions import in_lines, pinv
from .rearrangement import clone

if TYPE_CHECKING:
    from ..tensor import Tensor


class SlogdetResult(NamedTuple):
    """What ``slogdet`` returns."""

    sign: Any
    logabsdet: Any

    def __repr__(self) -> str:
        return in_lines("linalg_slogdet", self._asdict())


def matmul(input: Any, other: Any) -> Tensor:
    """Return the matrix product, with the broadcasting rules of ``numpy.matmul``."""
    return ops.matmul(input, other)


def reverse_matmul(input: Any, other: Any) -> Tensor:
    """Return ``other @ input``."""
    return ops.matmul(other, input)


def det(input: Any) -> Tensor:
    """Return the determinant of each matrix of a stack."""
    return ops.det(input)


def slogdet(input: Any) -> SlogdetResult:
    """Return the sign of each determinant and the logarithm of its magnitude: of a singular matrix 0 and -inf."""
    return SlogdetResult(ops.det_sign(input), ops.logabsdet(input))


def logdet(input: Any) -> Tensor:
    """Return the logarithm of each determinant: NaN where that is negative, -inf where it is 0."""
    sign, logarithm = slogdet(input)
    return ops.where(sign.array < 0.0, np.nan, logarithm)


def inverse(input: Any) -> Tensor:
    """Return the inverse of each matrix of a stack. Raises ``ArgumentError`` where one is singular."""
    return ops.inv(input)


def pinverse(input: Any) -> Tensor:
    """Return the pseudoinverse of each matrix of a stack."""
    return pinv(input)


def matrix_power(input: Any, n: int) -> Tensor:
    """Return the n-th power of each matrix of a stack, by squaring; of its inverse where n is negative.

    Raises ``ArgumentError`` where that does not exist.
    """
    Square().result(input.array.shape)
    array = input.array
    if n == 0:
        return type(input).wrap(np.zeros_like(array) + np.eye(array.shape[-1], dtype=array.dtype))
    if n == 1:
        return clone(input)
    base = ops.inv(input) if n < 0 else input
    half = matrix_power(base, abs(n) // 2) if abs(n) > 1 else None
    squared = base if half is None else ops.matmul(half, half)
    return ops.matmul(squared, base) if half is not None and n % 2 else squared


def solve_triangular(
    A: Any,  # noqa: N803 - PyTorch's name
    B: Any,  # noqa: N803 - PyTorch's name
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> Tensor:
    """Return the solution X of ``A X = B``, or of ``X A = B`` where not ``left``, of A one triangle being used.

    That is the one above the diagonal, or below. Where A is ``unitriangular`` its diagonal counts as ones.
    Raises ``ArgumentError`` where a diagonal has a zero.
    """
    Square().result(A.array.shape)
    size = A.array.shape[-1]
    lower = np.tri(size, dtype=np.bool_)
    triangle = ops.where(lower.T if upper else lower, A, 0.0)
    if unitriangular:
        triangle = ops.where(np.eye(size, dtype=np.bool_), 1.0, triangle)
    if left:
        return ops.solve(triangle, B)
    return swapped(ops.solve(swapped(triangle), swapped(B)))


def cholesky_solve(B: Any, L: Any, upper: bool = False) -> Tensor:  # noqa: N803 - PyTorch's names
    """Return the solution X of ``L L^T X = B``, with ``upper`` of ``L^T L X = B``."""
    factor = swapped(L) if upper else L
    return solve_triangular(swapped(factor), solve_triangular(factor, B, upper=False), upper=True)


def cholesky_inverse(L: Any, upper: bool = False) -> Tensor:  # noqa: N803 - PyTorch's name
    """Return the inverse of ``L L^T``, with ``upper`` of ``L^T L``."""
    unit = np.eye(L.array.shape[-1], dtype=L.array.dtype)
    return cholesky_solve(type(L).wrap(np.broadcast_to(unit, L.array.shape).copy()), L, upper)


def tensorinv(A: Any, ind: int = 2) -> Tensor:  # noqa: N803 - PyTorch's name
    """Return the inverse of what A does to a tensor by ``tensordot``, A's first ``ind`` dimensions being the result's.

    Raises ``ArgumentError`` where the others hold more or fewer entries, or where there is no inverse.
    """
    shape = A.array.shape
    if ind < 1:
        raise ArgumentError(f"tensorinv: ind is at least 1, not {ind}")
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise ArgumentError(
            f"tensorinv: the first {ind} dimensions of shape {shape} hold {rows} entries, not {columns}"
        )
    return ops.reshape(ops.inv(ops.reshape(A, shape=(rows, rows))), shape=(*shape[ind:], *shape[:ind]))


def tensorsolve(A: Any, B: Any, dims: Sequence[int] | None = None) -> Tensor:  # noqa: N803 - PyTorch's names
    """Return the solution X of ``tensordot(A, X, X.ndim) = B``, after ``dims`` of A have been moved to its end.

    Raises ``ArgumentError`` where A has not as many entries for each one of B as X, or where there is no solution.
    """
    if dims is not None:
        last = normalise_axes(dims, A.array.ndim)
        A = ops.permute_dims(A, axes=(*(i for i in range(A.array.ndim) if i not in last), *last))  # noqa: N806
    rows, unknowns = math.prod(B.array.shape), A.array.shape[B.array.ndim :]
    if A.array.size != rows**2 or math.prod(unknowns) != rows:
        raise ArgumentError(f"tensorsolve: {rows} equations of shape {A.array.shape} are not in as many unknowns")
    found = ops.solve(ops.reshape(A, shape=(rows, rows)), ops.reshape(B, shape=(rows,)))
    return ops.reshape(found, shape=unknowns)


__all__ = [
    "cholesky_inverse",
    "cholesky_solve",
    "det",
    "inverse",
    "logdet",
    "matmul",
    "matrix_power",
    "pinverse",
    "slogdet",
]
