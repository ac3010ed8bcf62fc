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


def exp2(input: Any) -> Tensor:
    """Return 2 to the power of ``input``."""
    return ops.exp2(input)


def log2(input: Any) -> Tensor:
    """Return the logarithm to base 2."""
    return ops.log2(input)


def log10(input: Any) -> Tensor:
    """Return the logarithm to base 10."""
    return ops.log10(input)


__all__ = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
]
