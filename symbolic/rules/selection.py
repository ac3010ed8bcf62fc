"""Comparisons and selections."""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy as sp

from ..program import Definition, select
from .steps import larger, magnitude, pointwise, same, smaller


@cache
def _clip(min: float | None, max: float | None) -> Definition:
    def clipped(x: Any) -> Any:
        raised = x if min is None else sp.Max(x, sp.Rational(min))
        return raised if max is None else sp.Min(raised, sp.Rational(max))

    return pointwise(clipped)


RULES: dict[str, Definition] = {
    "abs": magnitude,
    "clip": lambda x, **bounds: _clip(**bounds)(x),
    "copysign": pointwise(lambda a, b: sp.Abs(a) * sp.sign(b), 2),
    "equal": pointwise(sp.Eq, 2),
    "fmax": larger,
    "fmin": smaller,
    "greater": pointwise(sp.Gt, 2),
    "greater_equal": pointwise(sp.Ge, 2),
    "less": pointwise(sp.Lt, 2),
    "less_equal": pointwise(sp.Le, 2),
    "maximum": larger,
    "minimum": smaller,
    # of real numbers
    "nan_to_num": lambda x, **replacements: same(x),
    "not_equal": pointwise(sp.Ne, 2),
    "relu": pointwise(lambda x: sp.Max(x, 0)),
    "where": select,
}
