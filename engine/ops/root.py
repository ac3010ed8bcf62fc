"""Reciprocals and roots."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import correctly_rounded, pointwise

from ..domain import NONZERO, POSITIVE
from ..op import define
from ..shapes import Elementwise
from ..variable import Array
from .arithmetic import square
from .scaling import is_lost
from .selection import where
from .wide import computed_wide

UNARY = Elementwise(1)


def _reciprocal(ct: Any, y: Any, x: Any) -> Any:
    """Return ``-ct y^2``, divided by x twice where the square is out of range."""
    slope = square(y)
    lost = is_lost(slope)
    if not lost.any():
        return -ct * slope
    return where(lost, -ct / x / x, -ct * where(lost, 1.0, slope))


reciprocal = define(
    "reciprocal",
    forward=np.reciprocal,
    vjp=_reciprocal,
    shape=UNARY,
    domain=(NONZERO,),
    budget=correctly_rounded(vjp=5),
    node="ReciprocalBackward0",
    integers=False,
)


def _rsqrt(ct: Any, y: Any, x: Any) -> Any:
    """Return ``-ct y / (2 x)``; ct goes in first where the quotient is out of range."""
    slope = 0.5 * y / x
    lost = is_lost(slope)
    if not lost.any():
        return -ct * slope
    return where(lost, -0.5 * (ct * y / x), -ct * where(lost, 1.0, slope))


rsqrt = define(
    "rsqrt",
    forward=computed_wide(lambda x: 1.0 / np.sqrt(x)),
    vjp=_rsqrt,
    shape=UNARY,
    domain=(POSITIVE,),
    budget=pointwise(4),
    node="RsqrtBackward0",
    integers=False,
)


def _cbrt_forward(x: Array) -> Any:
    """Return the real cube root, after a step of Newton's method: C libraries are off by up to 3.7 ulp."""
    y = np.cbrt(x)
    rough = np.isfinite(y) & (y != 0.0)
    root = np.where(rough, y, 1.0)
    return np.where(rough, root - (root - x / np.square(root)) / 3.0, y)


cbrt = define(
    "cbrt",
    forward=computed_wide(_cbrt_forward),
    vjp=lambda ct, y, x: ct / (3.0 * square(y)),
    shape=UNARY,
    domain=(NONZERO,),
    budget=pointwise(4),
    node="CbrtBackward0",
    integers=False,
)

__all__ = [
    "cbrt",
    "reciprocal",
    "rsqrt",
]
