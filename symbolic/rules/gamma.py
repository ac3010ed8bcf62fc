"""The gamma function."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from .steps import pointwise

RULES: dict[str, Definition] = {
    "gamma": pointwise(sp.gamma),
}
