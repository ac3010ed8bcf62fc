"""Circular functions and their inverses."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradproof.budget import pointwise

from ..domain import NONZERO, POSITIVE, REAL, Domain
from ..op import Function, define
from ..shapes import Elementwise
from ..variable import Array, array_of
from .arithmetic import sqrt, square, unit_scale
from .scaling import are_normal, is_lost, scaled_product
from .selection import where
from .wide import computed_wide, pulled_wide

UNARY = Elementwise(1)

sin = define(
    "sin",
    forward=np.sin,
    vjp=lambda ct, y, x: ct * cos(x),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="SinBackward0",
    integers=False,
)

cos: Function = define(
    "cos",
    forward=np.cos,
    vjp=lambda ct, y, x: -ct * sin(x),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="CosBackward0",
    integers=False,
)


tan = define(
    "tan",
    forward=computed_wide(np.tan),
    vjp=lambda ct, y, x: ct / square(cos(x)),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="TanBackward0",
    integers=False,
)

#: Where the arcsine has a derivative.
_INSIDE = Domain(low=-1.0, high=1.0)


def _over_cosine(ct: Any, x: Any) -> Any:
    """Return ``ct / sqrt(1 - x^2)``, in factors that keep their digits near 1 and -1."""
    return ct / sqrt((1.0 - x) * (1.0 + x))


asin = define(
    "asin",
    forward=computed_wide(np.arcsin),
    vjp=lambda ct, y, x: _over_cosine(ct, x),
    shape=UNARY,
    domain=(_INSIDE,),
    budget=pointwise(4),
    node="AsinBackward0",
    integers=False,
)

acos = define(
    "acos",
    forward=computed_wide(np.arccos),
    vjp=lambda ct, y, x: -_over_cosine(ct, x),
    shape=UNARY,
    domain=(_INSIDE,),
    budget=pointwise(4),
    node="AcosBackward0",
    integers=False,
)


def slope_of_atan(ct: Any, x: Any) -> Any:
    """Return ``ct / (1 + x^2)``; far out, where x^2 overflows, as ``ct / x / x``."""
    far = np.abs(array_of(x)) > 2.0**60
    outer = where(far, x, 1.0)
    return where(far, ct / outer / outer, ct / (1.0 + square(where(far, 1.0, x))))


atan = define(
    "atan",
    forward=np.arctan,
    vjp=lambda ct, y, x: slope_of_atan(ct, x),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="AtanBackward0",
    integers=False,
)


def _turn(ct: Any, this: Any, other: Any) -> Any:
    """Return ``ct this / (this^2 + other^2)`` through arguments scaled to near 1."""
    scale = unit_scale(this, other)
    near, across = this * scale, other * scale
    squared = square(near) + square(across)
    slope = near * scale / squared
    if are_normal(near, slope):
        return ct * slope
    lost = (is_lost(near) | is_lost(slope)) & (array_of(this) != 0.0)
    return scaled_product(ct, this, scale, scale, over=squared) if lost.any() else ct * slope


atan2 = define(
    "atan2",
    forward=np.arctan2,
    vjp=(lambda ct, angle, y, x: _turn(ct, x, y), lambda ct, angle, y, x: _turn(-ct, y, x)),
    shape=Elementwise(2),
    # without the cut, along which it jumps by 2 pi
    domain=((REAL, POSITIVE), (NONZERO, REAL)),
    budget=pointwise(4),
    node="Atan2Backward0",
    integers=False,
)


def _sinc_forward(x: Array) -> Array:
    """Return ``sin(pi x) / (pi x)``, 1 at 0, by the sine of the distance to the nearest integer, which is exact."""
    whole = np.rint(x)
    angle = np.pi * (x - whole)
    sine = np.sin(np.where(np.mod(whole, 2.0) == 0.0, angle, -angle))
    at_zero = x == 0.0
    return np.where(at_zero, 1.0, sine / np.where(at_zero, 1.0, np.pi * x))


#: ``sinc'(x) = x sum_k c_k x^(2k)`` with ``c_k = (-1)^(k+1) pi^(2k+2) (2k + 2) / (2k + 3)!``
_SINC_SLOPE = [(-1) ** (k + 1) * math.pi ** (2 * k + 2) * (2 * k + 2) / math.factorial(2 * k + 3) for k in range(16)]


def _sinc(ct: Any, y: Any, x: Any) -> Any:
    """Return ``ct (cos(pi x) - sinc(x)) / x``, and near 0, where it cancels, the power series.

    It does not use y, which is rounded where x was widened.
    The cosine is taken of the distance to the nearest integer, beyond 1/4 as the sine of that to the nearest zero.
    """
    values = array_of(x)
    small = np.abs(values) < 0.5
    near = where(small, x, 0.0)
    squared = square(near)
    series = _SINC_SLOPE[-1] * squared
    for coefficient in _SINC_SLOPE[-2:0:-1]:
        series = (series + coefficient) * squared
    whole = np.rint(values)
    angle = x - whole
    beyond = np.abs(array_of(angle)) > 0.25
    cosine = where(beyond, sin(math.pi * (0.5 - where(array_of(angle) < 0.0, -angle, angle))), cos(math.pi * angle))
    signed = where(np.mod(whole, 2.0) == 0.0, cosine, -cosine)
    outside = where(small, 1.0, x)
    far, difference = np.abs(values) > 1.0, signed - sinc(x)
    return where(
        small,
        (ct * near) * (series + _SINC_SLOPE[0]),
        where(far, (ct / outside) * difference, ct * (difference / outside)),
    )


sinc: Function = define(
    "sinc",
    forward=computed_wide(_sinc_forward),
    vjp=pulled_wide(_sinc),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="SincBackward0",
    lapses={"vjp": "near its roots, the first at 1.4303, where two terms cancel"},
    integers=False,
)

__all__ = [
    "acos",
    "asin",
    "atan",
    "atan2",
    "cos",
    "sin",
    "sinc",
    "tan",
]
