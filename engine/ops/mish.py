"""Mish, a smooth activation (Misra, 2019)."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import pointwise

from ..domain import REAL
from ..op import define
from ..shapes import Elementwise
from ..variable import Array, array_of
from .arithmetic import square
from .exponential import exp
from .selection import where
from .wide import computed_wide, pulled_wide

#: From here on the square root of exp(x) is 0.
_FAR_BELOW = -1500.0


def _mish_forward(x: Array) -> Array:
    """Return ``x tanh(log(1 + e))`` with ``e = exp(x)``, which is ``x e (e + 2) / (e (e + 2) + 2)``.

    Above 0 both are divided by e^2. Below it the square root of e goes in twice: e may underflow, and the whole not.
    """
    root = np.exp(-0.5 * np.abs(x))
    e = root * root
    ratio = (e + 2.0) / (e * (e + 2.0) + 2.0)
    return np.where(x < 0.0, root * (x * root) * ratio, x * ((1.0 + 2.0 * e) / (1.0 + 2.0 * e * (1.0 + e))))


def _mish(ct: Any, y: Any, x: Any) -> Any:
    """Return ``ct (t + x (1 - t^2) s)``, t the hyperbolic tangent and s the logistic function, with e as above."""
    below = array_of(x) < 0.0
    root = exp(0.5 * where(below, x, -x))
    e = square(root)
    under = e * (e + 2.0) + 2.0
    near = where(below & (array_of(x) > _FAR_BELOW), x, 0.0)
    falling = ((e + 2.0) + 4.0 * near * (1.0 + e) / under) / under
    over = 1.0 + 2.0 * e * (1.0 + e)
    rising = (1.0 + 2.0 * e + 4.0 * (where(below, 0.0, x) * e) * (e * (1.0 + e)) / over) / over
    return where(below, (ct * root) * (falling * root), ct * rising)


mish = define(
    "mish",
    forward=computed_wide(_mish_forward),
    vjp=pulled_wide(_mish),
    shape=Elementwise(1),
    domain=(REAL,),
    budget=pointwise(4),
    node="MishBackward0",
    lapses={"vjp": "near its root at -1.1924, where two terms cancel"},
    integers=False,
)

__all__ = ["mish"]
