"""Products of matrices and of vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .. import ops
from ..functions import contraction, rearrangement
from .arguments import NUMERIC, array, arrays

if TYPE_CHECKING:
    from ..tensor import Tensor


def matmul(x1: Tensor, x2: Tensor, /) -> Tensor:
    """Return the products of matrices, whose stacks broadcast, or of vectors in the place of one."""
    return ops.matmul(*arrays("matmul", x1, x2, kinds=NUMERIC))


def matrix_transpose(x: Tensor, /) -> Tensor:
    """Return each matrix of a stack with its rows and columns exchanged."""
    return rearrangement.transpose(array("matrix_transpose", x), -2, -1)


def tensordot(x1: Tensor, x2: Tensor, /, *, axes: int | tuple[Sequence[int], Sequence[int]] = 2) -> Tensor:
    """Return the sums of products over so many last axes of ``x1`` and first axes of ``x2``, or over pairs of axes."""
    a, b = arrays("tensordot", x1, x2, kinds=NUMERIC)
    return contraction.tensordot(a, b, axes)


def vecdot(x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """Return the inner products along ``axis``, counted from the last one; the others broadcast."""
    return ops.vecdot(*arrays("vecdot", x1, x2, kinds=NUMERIC), axis=axis)


__all__ = ["matmul", "matrix_transpose", "tensordot", "vecdot"]
