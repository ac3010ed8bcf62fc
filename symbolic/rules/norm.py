"""Norms."""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy as sp

from ..program import Definition, Term, total
from .steps import folded, larger, magnitude, pointwise, sqrt, square


def _vector_norm(x: Term, *, axis: Any, keepdims: bool, ord: float) -> Term:
    if ord == 2:
        return sqrt(total(square(x), axis, keepdims=keepdims))
    if ord == 1:
        return total(magnitude(x), axis, keepdims=keepdims)
    return folded(larger, magnitude(x), axis=axis, keepdims=keepdims)


@cache
def _power(exponent: Any) -> Definition:
    return pointwise(lambda x: x**exponent)


def _p_norm(x: Term, *, axis: Any, keepdims: bool, ord: float) -> Term:
    p = sp.Rational(ord)
    # squares have no branches at 0, where the slopes of their powers are finite for p of 2 and more
    powers = _power(p / 2)(square(x)) if p >= 2 else _power(p)(magnitude(x))
    return _power(1 / p)(total(powers, axis, keepdims=keepdims))


RULES: dict[str, Definition] = {
    "p_norm": _p_norm,
    "vector_norm": _vector_norm,
}
