"""Exponentials and logarithms."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from .steps import exp, log, pointwise

RULES: dict[str, Definition] = {
    "exp": exp,
    "expm1": pointwise(lambda x: sp.exp(x) - 1),
    "log": log,
    "log1p": pointwise(lambda x: sp.log(1 + x)),
}
