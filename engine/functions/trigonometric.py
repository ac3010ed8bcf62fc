"""Circular functions and their inverses."""

from __future__ import annotations

import math
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


def tan(input: Any) -> Tensor:
    """Return the tangent of radians."""
    return ops.tan(input)


def asin(input: Any) -> Tensor:
    """Return the angle in radians whose sine is ``input``."""
    return ops.asin(input)


def acos(input: Any) -> Tensor:
    """Return the angle in radians whose cosine is ``input``."""
    return ops.acos(input)


def atan(input: Any) -> Tensor:
    """Return the angle in radians whose tangent is ``input``."""
    return ops.atan(input)


def sinc(input: Any) -> Tensor:
    """Return ``sin(pi x) / (pi x)``, 1 at 0."""
    return ops.sinc(input)


def atan2(input: Any, other: Any) -> Tensor:
    """Return the angle of the point (``other``, ``input``) in radians."""
    return ops.atan2(input, other)


def deg2rad(input: Any) -> Tensor:
    """Return degrees as radians."""
    return ops.multiply(input, math.pi / 180.0)


def rad2deg(input: Any) -> Tensor:
    """Return radians as degrees."""
    return ops.multiply(input, 180.0 / math.pi)


arcsin, arccos, arctan, arctan2 = asin, acos, atan, atan2


__all__ = [
    "acos",
    "arccos",
    "arcsin",
    "arctan",
    "arctan2",
    "asin",
    "atan",
    "atan2",
    "cos",
    "deg2rad",
    "rad2deg",
    "sin",
    "sinc",
    "tan",
]
