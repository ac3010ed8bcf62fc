"""Exponentials and logarithms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def exp(input: Any) -> Tensor:
    """Return the exponential."""
    return ops.exp(input)


def expm1(input: Any) -> Tensor:
    """Return ``exp(input) - 1``, exact also near 0."""
    return ops.expm1(input)


def log(input: Any) -> Tensor:
    """Return the natural logarithm."""
    return ops.log(input)


def log1p(input: Any) -> Tensor:
    """Return ``log(1 + input)``, exact also near 0."""
    return ops.log1p(input)


__all__ = [
    "exp",
    "expm1",
    "log",
    "log1p",
]
