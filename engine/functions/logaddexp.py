"""Logarithms of the sum of two exponentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def logaddexp(input: Any, other: Any) -> Tensor:
    """Return ``log(exp(input) + exp(other))``, computed without overflow."""
    return ops.logaddexp(input, other)


def logaddexp2(input: Any, other: Any) -> Tensor:
    """Return ``log2(2^input + 2^other)``, computed without overflow."""
    return ops.logaddexp2(input, other)


__all__ = [
    "logaddexp",
    "logaddexp2",
]
