"""The complementary error function, scaled and inverted, and the same of the normal distribution."""

from __future__ import annotations

import sympy as sp

from ..program import Definition
from .steps import pointwise

RULES: dict[str, Definition] = {
    "erfc": pointwise(sp.erfc),
    "erfcinv": pointwise(sp.erfcinv),
    "erfcx": pointwise(lambda x: sp.exp(x**2) * sp.erfc(x)),
    "erfinv": pointwise(sp.erfinv),
    "log_ndtr": pointwise(lambda x: sp.log((1 + sp.erf(x / sp.sqrt(2))) / 2)),
    "ndtri": pointwise(lambda x: -sp.sqrt(2) * sp.erfcinv(2 * x)),
}
