"""Sums, means and extrema along axes."""

from __future__ import annotations

import numpy as np

from ..program import Definition, Term, move, total
from .steps import folded, larger, mean, smaller


def cumulative_sum(x: Term, *, axis: int) -> Term:
    """Add up copies of ``x``, from which all later entries are missing: in any order, as in every sum."""
    seen = np.tri(x.shape[axis], dtype=np.bool_)
    copies = move(lambda a: np.where(seen, np.moveaxis(a, axis, -1)[..., np.newaxis, :], -1), x)
    return move(lambda a: np.moveaxis(a, -1, axis), total(copies, -1))


RULES: dict[str, Definition] = {
    "cumulative_sum": cumulative_sum,
    "max": lambda x, *, axis, keepdims: folded(larger, x, axis=axis, keepdims=keepdims),
    "mean": mean,
    "min": lambda x, *, axis, keepdims: folded(smaller, x, axis=axis, keepdims=keepdims),
    "sum": lambda x, *, axis, keepdims: total(x, axis, keepdims=keepdims),
}
