"""Mish."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from .steps import pointwise

RULES: dict[str, Definition] = {
    "mish": pointwise(lambda x: x * sp.tanh(sp.log(1 + sp.exp(x)))),
}
