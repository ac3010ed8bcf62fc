"""Products with logarithms."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from .steps import pointwise

RULES: dict[str, Definition] = {
    "entr": pointwise(lambda x: -x * sp.log(x)),
    "rel_entr": pointwise(lambda x, y: x * sp.log(x / y), 2),
    "xlog1py": pointwise(lambda x, y: x * sp.log(1 + y), 2),
    "xlogy": pointwise(lambda x, y: x * sp.log(y), 2),
}
