"""Remainders of divisions. They jump where the quotient is an integer, but for that of zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import correctly_rounded

from ..domain import NONZERO, REAL
from ..op import define
from ..shapes import Elementwise
from ..variable import array_of
from .scaling import scaled_product
from .selection import where
from .wide import pulled_wide

BINARY = Elementwise(2)


def _times_quotient(ct: Any, y: Any, a: Any, b: Any) -> Any:
    """Return ``-ct q`` with the integer q of ``a = q b + y``, by which the remainder falls as b grows.

    Where ``a / b`` overflows, q is taken as that, and the whole may be in range.
    """
    dividend, divisor = array_of(a), array_of(b)
    # rounding would take a quotient just below an integer for that integer
    quotient = np.rint(dividend / divisor - array_of(y) / divisor)
    beyond = ~np.isfinite(quotient)
    if not beyond.any():
        return -ct * quotient
    return where(beyond, scaled_product(-ct, dividend, over=divisor), -ct * np.where(beyond, 1.0, quotient))


def _remainder(name: str, forward: Any, node: str) -> Any:
    return define(
        name,
        forward=forward,
        vjp=(lambda ct, y, a, b: ct, pulled_wide(_times_quotient)),
        shape=BINARY,
        domain=(REAL, NONZERO),
        ties=True,
        budget=correctly_rounded(vjp=2),
        node=node,
    )


#: It has the sign of the divisor, as in Python.
remainder = _remainder("remainder", np.remainder, "RemainderBackward1")
#: It has the sign of the dividend, as in C.
fmod = _remainder("fmod", np.fmod, "FmodBackward1")

__all__ = [
    "fmod",
    "remainder",
]
