"""Hyperbolic functions and their inverses."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import pointwise

from ..domain import REAL, Domain, above
from ..op import Function, define
from ..shapes import Elementwise
from ..variable import array_of
from .arithmetic import hypot, sqrt, square
from .exponential import exp, times_exp
from .scaling import is_finite
from .selection import where
from .wide import computed_wide

UNARY = Elementwise(1)


def over_squared_cosh(ct: Any, x: Any) -> Any:
    """Return ``ct / cosh(x)^2``; far out as ``4 ct t / (1 + t)^2`` with ``t = exp(-2 abs(x))``, where cosh overflows.

    Both branches of the magnitude are smooth at 0, where ``abs`` has no derivative to differentiate again.
    """
    grown = cosh(x)
    if is_finite(grown):
        return ct / grown / grown
    exponent = 2.0 * where(x > 0.0, -x, x)
    t = exp(exponent)
    return times_exp(ct, t, exponent) / square(0.5 + 0.5 * t)


tanh = define(
    "tanh",
    forward=np.tanh,
    # 1 - y*y is 0 in saturation
    vjp=lambda ct, y, x: over_squared_cosh(ct, x),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="TanhBackward0",
    integers=False,
)


def _times_grown(ct: Any, y: Any, x: Any) -> Any:
    """Return ``ct y`` with y the hyperbolic sine or cosine of x; where that overflows, by two factors."""
    lost = ~np.isfinite(array_of(y))
    if not lost.any():
        return ct * y
    far = where(lost, x, 0.0)
    root = exp(0.5 * where(far > 0.0, far, -far))
    half = where(array_of(y) < 0.0, -0.5 * ct, 0.5 * ct)
    return where(lost, root * (root * half), ct * where(lost, 1.0, y))


sinh: Function = define(
    "sinh",
    forward=computed_wide(np.sinh),
    vjp=lambda ct, y, x: _times_grown(ct, cosh(x), x),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="SinhBackward0",
    integers=False,
)

cosh: Function = define(
    "cosh",
    forward=computed_wide(np.cosh),
    vjp=lambda ct, y, x: _times_grown(ct, sinh(x), x),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="CoshBackward0",
    integers=False,
)

# 1 + x^2 would overflow
asinh = define(
    "asinh",
    forward=computed_wide(np.arcsinh),
    vjp=lambda ct, y, x: ct / hypot(x, 1.0),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="AsinhBackward0",
    integers=False,
)

# so would x^2 - 1, or cancel
acosh = define(
    "acosh",
    forward=computed_wide(np.arccosh),
    vjp=lambda ct, y, x: ct / (sqrt(x - 1.0) * sqrt(x + 1.0)),
    shape=UNARY,
    domain=(above(1.0),),
    budget=pointwise(4),
    node="AcoshBackward0",
    integers=False,
)

atanh = define(
    "atanh",
    forward=computed_wide(np.arctanh),
    vjp=lambda ct, y, x: ct / ((1.0 - x) * (1.0 + x)),
    shape=UNARY,
    domain=(Domain(low=-1.0, high=1.0),),
    budget=pointwise(4),
    node="AtanhBackward0",
    integers=False,
)

__all__ = [
    "acosh",
    "asinh",
    "atanh",
    "cosh",
    "sinh",
    "tanh",
]
