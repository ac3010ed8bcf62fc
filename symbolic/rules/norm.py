"""Norms."""

from __future__ import annotations

from typing import Any

from ..program import Definition, Term, total
from .steps import folded, larger, magnitude, sqrt, square


def _vector_norm(x: Term, *, axis: Any, keepdims: bool, ord: float) -> Term:
    if ord == 2:
        return sqrt(total(square(x), axis, keepdims=keepdims))
    if ord == 1:
        return total(magnitude(x), axis, keepdims=keepdims)
    return folded(larger, magnitude(x), axis=axis, keepdims=keepdims)


RULES: dict[str, Definition] = {
    "vector_norm": _vector_norm,
}
