"""Variance and standard deviation."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ..program import Definition, Term, total
from .steps import count, difference, divided_by, mean, sqrt, square


def _var(x: Term, *, axis: Any, keepdims: bool, correction: float) -> Term:
    squares = square(difference(x, mean(x, axis=axis, keepdims=True)))
    return divided_by(count(x, axis) - sp.Rational(correction))(total(squares, axis, keepdims=keepdims))


RULES: dict[str, Definition] = {
    "std": lambda x, **how: sqrt(_var(x, **how)),
    "var": _var,
}
