"""Products along axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Definition, Term, move
from .steps import count, folded, joined, plus_one, reduced_shape, slices_of, times


def _prod(x: Term, *, axis: Any, keepdims: bool) -> Term:
    if count(x, axis):
        return folded(times, x, axis=axis, keepdims=keepdims)
    shape = reduced_shape(x, axis, keepdims)
    return plus_one(move(lambda _: np.full(shape, -1), x))


def _cumulative_prod(x: Term, *, axis: int) -> Term:
    running, *rest = slices_of(x, axis)
    products = [running]
    for part in rest:
        products.append(times(products[-1], part))
    return joined(products, axis)


RULES: dict[str, Definition] = {
    "cumulative_prod": _cumulative_prod,
    "prod": _prod,
}
