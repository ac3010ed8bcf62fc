"""Reciprocals and roots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def reciprocal(input: Any) -> Tensor:
    """Return ``1 / input``."""
    return ops.reciprocal(input)


def rsqrt(input: Any) -> Tensor:
    """Return ``1 / sqrt(input)``."""
    return ops.rsqrt(input)


def cbrt(input: Any) -> Tensor:
    """Return the real cube root."""
    return ops.cbrt(input)


__all__ = [
    "cbrt",
    "reciprocal",
    "rsqrt",
]
