"""Secants, cosecants and cotangents, circular and hyperbolic, and their inverses."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from .steps import pointwise

RULES: dict[str, Definition] = {
    "arccot": pointwise(lambda x: sp.atan(1 / x)),
    "arccoth": pointwise(lambda x: sp.atanh(1 / x)),
    "arccsc": pointwise(lambda x: sp.asin(1 / x)),
    "arccsch": pointwise(lambda x: sp.asinh(1 / x)),
    "arcsec": pointwise(lambda x: sp.acos(1 / x)),
    "arcsech": pointwise(lambda x: sp.acosh(1 / x)),
    "cot": pointwise(lambda x: sp.cos(x) / sp.sin(x)),
    "coth": pointwise(lambda x: 1 / sp.tanh(x)),
    "csc": pointwise(lambda x: 1 / sp.sin(x)),
    "csch": pointwise(lambda x: 1 / sp.sinh(x)),
    "sec": pointwise(lambda x: 1 / sp.cos(x)),
    "sech": pointwise(lambda x: 1 / sp.cosh(x)),
}
