"""Secants, cosecants and cotangents, circular and hyperbolic, and their inverses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.budget import pointwise

from ..domain import NONZERO, REAL, Box, Domain, above
from ..op import Function, define
from ..shapes import Elementwise
from ..variable import Array
from .arithmetic import hypot, sqrt
from .exponential import exp, expm1, times_exp
from .hyperbolic import tanh
from .selection import where
from .trigonometric import cos, sin, slope_of_atan
from .wide import computed_wide, pulled_wide


def _define(name: str, forward: Callable[[Array], Any], slope: Callable[[Any, Any], Any], *boxes: Box) -> Function:
    return define(
        name,
        forward=computed_wide(forward),
        vjp=pulled_wide(lambda ct, y, x: slope(ct, x)),
        shape=Elementwise(1),
        domain=boxes,
        budget=pointwise(4),
        node=f"{name.capitalize()}Backward0",
        integers=False,
    )


def _size(x: Any) -> Any:
    """Return ``abs(x)`` in two branches that are smooth at 0."""
    return where(x > 0.0, x, -x)


# --- circular functions


def _sec(ct: Any, x: Any) -> Any:
    """Return ``ct sin(x) / cos(x)^2``."""
    cosine = cos(x)
    return ct / cosine / cosine * sin(x)


def _csc(ct: Any, x: Any) -> Any:
    """Return ``-ct cos(x) / sin(x)^2``."""
    sine = sin(x)
    return -ct / sine / sine * cos(x)


def _cot(ct: Any, x: Any) -> Any:
    """Return ``-ct / sin(x)^2``."""
    sine = sin(x)
    return -ct / sine / sine


sec = _define("sec", lambda x: 1.0 / np.cos(x), _sec, (REAL,))
csc = _define("csc", lambda x: 1.0 / np.sin(x), _csc, (NONZERO,))
cot = _define("cot", lambda x: np.cos(x) / np.sin(x), _cot, (NONZERO,))


# --- hyperbolic functions, by exp(-abs(x)): the hyperbolic sine and cosine overflow


def _sech_forward(x: Array) -> Any:
    """Return ``2 t / (1 + t^2)`` with ``t = exp(-abs(x))``."""
    t = np.exp(-np.abs(x))
    return 2.0 * t / (1.0 + t * t)


def _sech(ct: Any, x: Any) -> Any:
    """Return ``-ct sech(x) tanh(x)``."""
    exponent = -_size(x)
    t = exp(exponent)
    return times_exp(-2.0 * ct * tanh(x) / (1.0 + t * t), t, exponent)


def _csch_forward(x: Array) -> Any:
    """Return ``2 t / (1 - t^2)`` with ``t = exp(-abs(x))``, and the sign of x."""
    size = np.abs(x)
    return np.copysign(2.0 * np.exp(-size) / np.expm1(-2.0 * size), x)


def _csch(ct: Any, x: Any) -> Any:
    """Return ``-ct csch(x) coth(x)``."""
    exponent = -_size(x)
    t, lack = exp(exponent), expm1(2.0 * exponent)
    return times_exp(-2.0 * ct / lack / lack * (1.0 + t * t), t, exponent)


def _coth(ct: Any, x: Any) -> Any:
    """Return ``-ct csch(x)^2``."""
    exponent = -2.0 * _size(x)
    lack = expm1(exponent)
    return times_exp(-4.0 * ct / lack / lack, exp(exponent), exponent)


sech = _define("sech", _sech_forward, _sech, (REAL,))
csch = _define("csch", _csch_forward, _csch, (NONZERO,))
coth = _define("coth", lambda x: 1.0 / np.tanh(x), _coth, (NONZERO,))


# --- inverse circular functions

_BEYOND_ONE: tuple[Box, ...] = (above(1.0),), (Domain(high=-1.0),)


def _leg(x: Any) -> Any:
    """Return ``sqrt(x^2 - 1)`` of x from 1 on; the square would overflow, or cancel."""
    return sqrt(x - 1.0) * sqrt(x + 1.0)


def _arcsec_forward(x: Array) -> Any:
    """Return the angle whose tangent is ``sqrt(x^2 - 1)``: beside 1 the rounding of 1/x would be magnified."""
    angle = np.arctan(_leg(np.abs(x)))
    return np.where(x < 0.0, math.pi - angle, angle)


def _arcsec(ct: Any, x: Any) -> Any:
    """Return ``ct / (abs(x) sqrt(x^2 - 1))``."""
    size = _size(x)
    return ct / size / _leg(size)


def _arccsc(ct: Any, x: Any) -> Any:
    return -_arcsec(ct, x)


arcsec = _define("arcsec", _arcsec_forward, _arcsec, *_BEYOND_ONE)
arccsc = _define("arccsc", lambda x: np.copysign(np.arctan2(1.0, _leg(np.abs(x))), x), _arccsc, *_BEYOND_ONE)
arccot = _define(
    "arccot",
    lambda x: np.where(x < 0.0, -1.0, 1.0) * np.arctan2(1.0, np.abs(x)),
    lambda ct, x: -slope_of_atan(ct, x),
    (NONZERO,),
)


# --- inverse hyperbolic functions

#: Below this ``asinh(1/x)`` and ``acosh(1/x)`` are ``log(2/x)``, and 1/x may overflow.
_SMALL = 1e-10


def _arcsech_forward(x: Array) -> Any:
    """Return ``asinh(sqrt(1 - x^2) / x)``: beside 1 the rounding of 1/x would be magnified."""
    from_one = np.maximum(x, _SMALL)
    near = np.arcsinh(np.sqrt((1.0 - from_one) * (1.0 + from_one)) / from_one)
    return np.where(x < _SMALL, math.log(2.0) - np.log(x), near)


def _arccsch_forward(x: Array) -> Any:
    """Return ``asinh(1/x)``."""
    size = np.abs(x)
    value = np.where(size < _SMALL, math.log(2.0) - np.log(size), np.arcsinh(1.0 / np.maximum(size, _SMALL)))
    return np.copysign(value, x)


def _arccoth_forward(x: Array) -> Any:
    """Return ``log(1 + 2/(x - 1)) / 2``: beside 1 the rounding of 1/x would be magnified."""
    return np.copysign(0.5 * np.log1p(2.0 / (np.abs(x) - 1.0)), x)


def _arcsech(ct: Any, x: Any) -> Any:
    """Return ``-ct / (x sqrt(1 - x^2))``."""
    return -ct / sqrt((1.0 - x) * (1.0 + x)) / x


def _arccsch(ct: Any, x: Any) -> Any:
    """Return ``-ct / (abs(x) sqrt(1 + x^2))``."""
    return -ct / hypot(x, 1.0) / _size(x)


def _arccoth(ct: Any, x: Any) -> Any:
    """Return ``ct / (1 - x^2)``."""
    return ct / (1.0 - x) / (1.0 + x)


arcsech = _define("arcsech", _arcsech_forward, _arcsech, (Domain(low=0.0, high=1.0),))
arccsch = _define("arccsch", _arccsch_forward, _arccsch, (NONZERO,))
arccoth = _define("arccoth", _arccoth_forward, _arccoth, *_BEYOND_ONE)

__all__ = [
    "arccot",
    "arccoth",
    "arccsc",
    "arccsch",
    "arcsec",
    "arcsech",
    "cot",
    "coth",
    "csc",
    "csch",
    "sec",
    "sech",
]
