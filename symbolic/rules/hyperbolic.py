"""Hyperbolic functions and their inverses."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from .steps import pointwise

RULES: dict[str, Definition] = {
    "acosh": pointwise(sp.acosh),
    "asinh": pointwise(sp.asinh),
    "atanh": pointwise(sp.atanh),
    "cosh": pointwise(sp.cosh),
    "sinh": pointwise(sp.sinh),
    "tanh": pointwise(sp.tanh),
}
