"""Arithmetic and powers."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from .steps import difference, negative, pointwise, ratio, sqrt, square, times

RULES: dict[str, Definition] = {
    "add": pointwise(lambda a, b: a + b, 2),
    "divide": ratio,
    "hypot": pointwise(lambda x, y: sp.sqrt(x**2 + y**2), 2),
    "multiply": times,
    "negative": negative,
    "pow": pointwise(lambda x, p: x**p, 2),
    "sqrt": sqrt,
    "square": square,
    "subtract": difference,
}
