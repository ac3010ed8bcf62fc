"""The complementary error function, scaled and inverted, and the same of the normal distribution."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from gradproof.budget import pointwise

from ..domain import REAL, Domain
from ..op import Function, define
from ..shapes import Elementwise
from ..variable import Array, array_of
from .selection import abs as magnitude
from .selection import minimum, where
from .special import gaussian, lower_tail, ndtr
from .wide import computed_wide, pulled_wide

UNARY = Elementwise(1)


def _erfc_forward(x: Array) -> Any:
    """Return ``1 - erf(x)``, for larger x as ``exp(-x^2) erfcx(x)``."""
    return np.where(x < 0.5, 1.0 - special.erf(x), gaussian(special.erfcx(np.maximum(x, 0.0)), x, 1.0))


erfc = define(
    "erfc",
    forward=computed_wide(_erfc_forward),
    vjp=pulled_wide(lambda ct, y, x: gaussian(ct * (-2.0 / math.sqrt(math.pi)), x, 1.0)),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="ErfcBackward0",
    lapses={"forward": "up to 5 ulp between 1/2 and 3, where SciPy's erfcx is off by 3.7"},
    integers=False,
)


def _erfcx_forward(x: Array) -> Any:
    """Return ``exp(x^2) erfc(x)`` as it is near 0, and far below as ``2 exp(x^2) - erfcx(-x)``."""
    near = np.exp(np.square(np.clip(x, -0.5, 0.5))) * (1.0 - special.erf(x))
    scaled = special.erfcx(np.abs(x))
    below = gaussian(2.0, np.minimum(x, 0.0), -1.0) - scaled
    return np.where(np.abs(x) <= 0.5, near, np.where(x < 0.0, below, scaled))


#: From here on the trapezoidal rule of this step is exact to all digits.
_FROM, _STEP = 1.0, 0.125
_SQUARES = np.square(_STEP * np.arange(1, 50))
_WEIGHTS = 2.0 * _STEP / math.pi * np.exp(-_SQUARES)


def _erfcx(ct: Any, y: Any, x: Any) -> Any:
    """Return ``ct (2 x erfcx(x) - 2/sqrt(pi))``, whose terms cancel far out.

    There it is differentiated under the integral ``erfcx(x) = 1/pi int exp(-t^2) x/(x^2 + t^2) dt`` (DLMF 7.7.1), by
    the trapezoidal rule, in which the poles at ``t = +-i x`` leave an error of ``exp(-2 pi x / h)``.
    """
    far = array_of(x) > _FROM
    near = where(far, 0.0, x)
    value = ct * (2.0 * near * erfcx(near) - 2.0 / math.sqrt(math.pi))
    if not far.any():
        return value
    out = where(far, x, 1.0)
    total = ct * (-_STEP / math.pi) / out / out
    for squared, weight in zip(_SQUARES.tolist(), _WEIGHTS.tolist(), strict=True):
        ratio = squared / out
        total = total - ct * weight * (1.0 - ratio / out) / (out + ratio) / (out + ratio)
    return where(far, total, value)


erfcx: Function = define(
    "erfcx",
    forward=computed_wide(_erfcx_forward),
    vjp=pulled_wide(_erfcx),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="SpecialErfcxBackward0",
    lapses={"vjp": "between 0 and 1, where its terms cancel"},
    integers=False,
)


def _exp_of_square(y: Any, tail: Any) -> Any:
    """Return ``exp(y^2)`` as ``erfcx(y)/erfc(y)``: the rounding of a square would be magnified."""
    return erfcx(magnitude(y)) / tail


def _erfinv(ct: Any, y: Any, x: Any) -> Any:
    """Return ``ct sqrt(pi)/2 exp(y^2)``."""
    return ct * (0.5 * math.sqrt(math.pi) * _exp_of_square(erfinv(x), 1.0 - magnitude(x)))


erfinv: Function = define(
    "erfinv",
    forward=computed_wide(special.erfinv),
    vjp=pulled_wide(_erfinv),
    shape=UNARY,
    domain=(Domain(low=-1.0, high=1.0),),
    budget=pointwise(4),
    node="ErfinvBackward0",
    integers=False,
)


#: Below this SciPy's inverse, which halves x, loses digits.
_SMALLEST = 1e-300


def _erfcinv_forward(x: Array) -> Any:
    """Return the inverse of ``erfc``, for the smallest x by Newton's method for its logarithm."""
    y = np.asarray(special.erfcinv(np.maximum(x, _SMALLEST)))
    small = x < _SMALLEST
    if small.any():
        target = np.log(x[small])
        for _ in range(4):
            scaled = special.erfcx(y[small])
            y[small] += (np.log(scaled) - np.square(y[small]) - target) * scaled * (0.5 * math.sqrt(math.pi))
    return y


def _erfcinv(ct: Any, y: Any, x: Any) -> Any:
    """Return ``-ct sqrt(pi)/2 exp(y^2)``; for tiny x it may overflow where its product with ct does not."""
    return ct * (-0.5 * math.sqrt(math.pi) * erfcx(magnitude(erfcinv(x)))) / minimum(x, 2.0 - x)


erfcinv: Function = define(
    "erfcinv",
    forward=computed_wide(_erfcinv_forward),
    vjp=pulled_wide(_erfcinv),
    shape=UNARY,
    domain=(Domain(low=0.0, high=2.0),),
    budget=pointwise(4),
    node="ErfcinvBackward0",
    integers=False,
)


def _ndtri(ct: Any, y: Any, x: Any) -> Any:
    """Return ``ct sqrt(2 pi) exp(y^2/2)``."""
    scaled = erfcx(math.sqrt(0.5) * magnitude(ndtri(x)))
    return ct * (math.sqrt(0.5 * math.pi) * scaled) / minimum(x, 1.0 - x)


ndtri: Function = define(
    "ndtri",
    forward=computed_wide(special.ndtri),
    vjp=pulled_wide(_ndtri),
    shape=UNARY,
    domain=(Domain(low=0.0, high=1.0),),
    budget=pointwise(4),
    node="SpecialNdtriBackward0",
    integers=False,
)

#: Beyond this the slope of ``log_ndtr`` is ``-x``, to more digits than a float has.
_FAR_BELOW = -1e8


def _log_ndtr_forward(x: Array) -> Any:
    """Return ``log(ndtr(x))``, above 0 by the other tail, far below by the logarithm of the scaled one."""
    below = np.minimum(x, -4.0)
    far = np.log(0.5 * special.erfcx(-math.sqrt(0.5) * below)) - 0.5 * np.square(below)
    between = np.log(lower_tail(1.0, np.clip(x, -4.0, 0.0)))
    above = np.log1p(-lower_tail(1.0, -np.maximum(x, 0.0)))
    return np.where(x < -4.0, far, np.where(x < 0.0, between, above))


def _log_ndtr(ct: Any, y: Any, x: Any) -> Any:
    """Return ``ct`` times the density over the distribution function."""
    values = array_of(x)
    positive, far = values > 0.0, values < _FAR_BELOW
    above = where(positive, x, 0.0)
    below = where(positive | far, 0.0, x)
    ratio = ct * math.sqrt(2.0 / math.pi) / erfcx(-math.sqrt(0.5) * below)
    upper = gaussian(ct * math.sqrt(0.5 / math.pi), above, 0.5) / ndtr(above)
    return where(positive, upper, where(far, -ct * x, ratio))


log_ndtr: Function = define(
    "log_ndtr",
    forward=computed_wide(_log_ndtr_forward),
    vjp=pulled_wide(_log_ndtr),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="SpecialLogNdtrBackward0",
    integers=False,
)

__all__ = [
    "erfc",
    "erfcinv",
    "erfcx",
    "erfinv",
    "log_ndtr",
    "ndtri",
]
