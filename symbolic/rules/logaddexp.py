"""Logarithms of the sum of two exponentials."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from .steps import pointwise

RULES: dict[str, Definition] = {
    "logaddexp": pointwise(lambda a, b: sp.log(sp.exp(a) + sp.exp(b)), 2),
    "logaddexp2": pointwise(lambda a, b: sp.log(2**a + 2**b) / sp.log(2), 2),
}
