"""Special functions."""

from __future__ import annotations

from functools import cache

import sympy as sp

from ..program import Definition
from .steps import pointwise


@cache
def _polygamma(order: int) -> Definition:
    return pointwise(lambda x: sp.polygamma(order, x))


RULES: dict[str, Definition] = {
    "digamma": pointwise(sp.digamma),
    "erf": pointwise(sp.erf),
    "gammaln": pointwise(sp.loggamma),
    "ndtr": pointwise(lambda x: (1 + sp.erf(x / sp.sqrt(2))) / 2),
    "polygamma": lambda x, *, n: _polygamma(n)(x),
}
