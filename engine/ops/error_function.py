"""The complementary error function, and the inverse functions of the normal distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from gradproof.budget import pointwise

from ..domain import REAL, Domain
from ..op import Op, define
from ..shapes import Elementwise
from ..variable import Array
from .arithmetic import square
from .exponential import exp
from .special import gaussian
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

_STEEP = "near the ends of its domain, where the square of the result is magnified"

erfinv: Op = define(
    "erfinv",
    forward=computed_wide(special.erfinv),
    vjp=pulled_wide(lambda ct, y, x: ct * (0.5 * math.sqrt(math.pi) * exp(square(erfinv(x))))),
    shape=UNARY,
    domain=(Domain(low=-1.0, high=1.0),),
    budget=pointwise(4),
    node="ErfinvBackward0",
    lapses={"vjp": _STEEP},
    integers=False,
)

__all__ = [
    "erfc",
    "erfinv",
]
