"""The complementary error function, and the inverse functions of the normal distribution."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from .steps import pointwise

RULES: dict[str, Definition] = {
    "erfc": pointwise(sp.erfc),
    "erfinv": pointwise(sp.erfinv),
}
