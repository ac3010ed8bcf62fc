"""Exponentials and logarithms."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from .steps import exp, log, pointwise

RULES: dict[str, Definition] = {
    "exp": exp,
    "exp2": pointwise(lambda x: 2**x),
    "expm1": pointwise(lambda x: sp.exp(x) - 1),
    "log": log,
    "log10": pointwise(lambda x: sp.log(x) / sp.log(10)),
    "log1p": pointwise(lambda x: sp.log(1 + x)),
    "log2": pointwise(lambda x: sp.log(x) / sp.log(2)),
}
