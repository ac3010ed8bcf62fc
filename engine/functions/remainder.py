"""Remainders of divisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def remainder(input: Any, other: Any) -> Tensor:
    """Return ``input - other floor(input / other)``, which has the sign of ``other``, as in Python."""
    return ops.remainder(input, other)


def fmod(input: Any, other: Any) -> Tensor:
    """Return ``input - other trunc(input / other)``, which has the sign of ``input``, as in C."""
    return ops.fmod(input, other)


def reverse_remainder(input: Any, other: Any) -> Tensor:
    """Return ``remainder(other, input)``."""
    return ops.remainder(other, input)


__all__ = [
    "fmod",
    "remainder",
]
