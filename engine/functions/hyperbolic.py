"""Hyperbolic functions and their inverses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def sinh(input: Any) -> Tensor:
    """Return the hyperbolic sine."""
    return ops.sinh(input)


def cosh(input: Any) -> Tensor:
    """Return the hyperbolic cosine."""
    return ops.cosh(input)


def tanh(input: Any) -> Tensor:
    """Return the hyperbolic tangent."""
    return ops.tanh(input)


def asinh(input: Any) -> Tensor:
    """Return the number whose hyperbolic sine is ``input``."""
    return ops.asinh(input)


def acosh(input: Any) -> Tensor:
    """Return the positive number whose hyperbolic cosine is ``input``."""
    return ops.acosh(input)


def atanh(input: Any) -> Tensor:
    """Return the number whose hyperbolic tangent is ``input``."""
    return ops.atanh(input)


arcsinh, arccosh, arctanh = asinh, acosh, atanh


__all__ = [
    "acosh",
    "arccosh",
    "arcsinh",
    "arctanh",
    "asinh",
    "atanh",
    "cosh",
    "sinh",
    "tanh",
]
