"""Reciprocals and roots."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from .steps import pointwise

RULES: dict[str, Definition] = {
    "cbrt": pointwise(lambda x: sp.Piecewise((sp.cbrt(x), x > 0), (-sp.cbrt(-x), True))),
    "reciprocal": pointwise(lambda x: 1 / x),
    "rsqrt": pointwise(lambda x: 1 / sp.sqrt(x)),
}
