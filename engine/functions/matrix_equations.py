"""Solutions of equations in matrices, with SciPy's names and signatures: PyTorch has none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError

from .. import ops
from ..variable import array_of

if TYPE_CHECKING:
    from ..tensor import Tensor


def _checked(found: Any, reason: str, *given: Any) -> Any:
    """Return what was found. Raises ``ArgumentError`` where that is NaN and what was given is finite."""
    if np.isnan(found.array).any() and all(np.isfinite(array_of(each)).all() for each in given):
        raise ArgumentError(reason)
    return found


def sqrtm(A: Any) -> Tensor:  # noqa: N803 - SciPy's name
    """Return the principal square root X of each matrix of a stack: ``X X = A``, with eigenvalues right of the axis.

    Raises ``ArgumentError`` where there is no real one: where an eigenvalue is negative.
    """
    return _checked(ops.sqrtm(A), "sqrtm: a matrix has a negative eigenvalue, and no real principal root", A)


def solve_sylvester(a: Any, b: Any, q: Any) -> Tensor:
    """Return the solution X of ``A X + X B = Q``, for matrices or stacks of them.

    Raises ``ArgumentError`` where an eigenvalue of A is one of -B, or nearly so.
    """
    reason = "solve_sylvester: an eigenvalue of a is one of -b, or nearly so, and there is no one solution"
    return _checked(ops.solve_sylvester(a, b, q), reason, a, b, q)


def solve_banded(l_and_u: tuple[int, int], ab: Any, b: Any) -> Tensor:
    """Return the solution X of ``A X = B``, where A has so many diagonals below and above its main one, and no others.

    Row i of ``ab`` holds the diagonal that stands ``u - i`` above the main one, entry j of it that of column j.
    The corners of ``ab`` outside the matrix are not read. The system is solved as a full one.
    Raises ``ArgumentError`` where ``ab`` has another number of rows, or where the matrix is singular.
    """
    below, above = l_and_u
    shape = array_of(ab).shape
    if len(shape) < 2 or min(below, above) < 0 or shape[-2] != below + above + 1:
        raise ArgumentError(f"a matrix with {below} diagonals below and {above} above has no ab of shape {shape}")
    columns = np.arange(shape[-1])
    row = above + columns[:, np.newaxis] - columns
    held = ops.index(ab, np.clip(row, 0, shape[-2] - 1) * shape[-1] + columns, start=len(shape) - 2)
    return ops.solve(ops.where((row >= 0) & (row < shape[-2]), held, 0.0), b)
