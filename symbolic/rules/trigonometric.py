"""Circular functions and their inverses."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..program import Definition
from .steps import pointwise


def _angle(y: Any, x: Any) -> Any:
    """Return the angle of the point (x, y), undefined on its cut; of two formulas the one far from a pole.

    No ratio of floats is the square root of 2, so that none lies where the formulas meet.
    """
    side = sp.pi / 2
    above, below = side - sp.atan(x / y), -side - sp.atan(x / y)
    return sp.Piecewise((sp.atan(y / x), x > sp.sqrt(2) * sp.Abs(y)), (above, y > 0), (below, True))


RULES: dict[str, Definition] = {
    "acos": pointwise(sp.acos),
    "asin": pointwise(sp.asin),
    "atan": pointwise(sp.atan),
    "atan2": pointwise(_angle, 2),
    "cos": pointwise(sp.cos),
    "sin": pointwise(sp.sin),
    "sinc": pointwise(lambda x: sp.sinc(sp.pi * x)),
    "tan": pointwise(sp.tan),
}
