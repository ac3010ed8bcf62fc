"""Matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def matmul(input: Any, other: Any) -> Tensor:
    """Return the matrix product, with the broadcasting rules of ``numpy.matmul``."""
    return ops.matmul(input, other)


def reverse_matmul(input: Any, other: Any) -> Tensor:
    """Return ``other @ input``."""
    return ops.matmul(other, input)


__all__ = [
    "matmul",
]
