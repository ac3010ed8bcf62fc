"""Largest and smallest entries, also running ones."""

from __future__ import annotations

from ..program import Definition, Term
from .steps import folded, joined, larger, slices_of, smaller


def _running(pair: Definition, x: Term, axis: int) -> Term:
    first, *rest = slices_of(x, axis)
    found = [first]
    for part in rest:
        found.append(pair(found[-1], part))
    return joined(found, axis)


RULES: dict[str, Definition] = {
    "amax": lambda x, *, axis, keepdims: folded(larger, x, axis=axis, keepdims=keepdims),
    "amin": lambda x, *, axis, keepdims: folded(smaller, x, axis=axis, keepdims=keepdims),
    "cumulative_max": lambda x, *, axis: _running(larger, x, axis),
    "cumulative_min": lambda x, *, axis: _running(smaller, x, axis),
}
