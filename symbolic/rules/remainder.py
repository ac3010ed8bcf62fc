"""Remainders of divisions."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from ..whole import Truncated
from .steps import pointwise

RULES: dict[str, Definition] = {
    "fmod": pointwise(lambda a, b: a - b * Truncated(a / b), 2),
    "remainder": pointwise(lambda a, b: a - b * sp.floor(a / b), 2),
}
