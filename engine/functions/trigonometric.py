"""Trigonometric and hyperbolic functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def sin(input: Any) -> Tensor:
    """Return the sine of radians."""
    return ops.sin(input)


def cos(input: Any) -> Tensor:
    """Return the cosine of radians."""
    return ops.cos(input)


def tanh(input: Any) -> Tensor:
    """Return the hyperbolic tangent."""
    return ops.tanh(input)


def atan(input: Any) -> Tensor:
    """Return the angle in radians whose tangent is ``input``."""
    return ops.atan(input)


def sinc(input: Any) -> Tensor:
    """Return ``sin(pi x) / (pi x)``, 1 at 0."""
    return ops.sinc(input)


def atan2(input: Any, other: Any) -> Tensor:
    """Return the angle of the point (``other``, ``input``) in radians."""
    return ops.atan2(input, other)


__all__ = [
    "atan",
    "atan2",
    "cos",
    "sin",
    "sinc",
    "tanh",
]
