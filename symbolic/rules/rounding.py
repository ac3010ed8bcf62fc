"""Steps: functions that are constant between their jumps."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from ..whole import Nearest, Truncated
from .steps import pointwise

RULES: dict[str, Definition] = {
    "ceil": pointwise(sp.ceiling),
    "floor": pointwise(sp.floor),
    "round": pointwise(Nearest),
    "sign": pointwise(lambda x: sp.Heaviside(x, 1) - sp.Heaviside(-x, 1)),
    "trunc": pointwise(Truncated),
}
