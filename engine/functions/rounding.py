"""Steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def sign(input: Any) -> Tensor:
    """Return the sign: -1, 0 or 1."""
    return ops.sign(input)


def floor(input: Any) -> Tensor:
    """Return the largest integers that are not larger."""
    return ops.floor(input)


def ceil(input: Any) -> Tensor:
    """Return the smallest integers that are not smaller."""
    return ops.ceil(input)


__all__ = [
    "ceil",
    "floor",
    "sign",
]
