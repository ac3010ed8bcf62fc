"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Definition, Term, move, total
from .steps import rearranged


def _below(a: Any, k: int) -> Any:
    """Tell which entries of matrices stand on the diagonal ``k`` or below it."""
    rows, columns = np.ogrid[: a.shape[-2], : a.shape[-1]]
    return columns - rows <= k


def _embedded(a: Any, *, offset: int, axis1: int, axis2: int) -> Any:
    size = a.shape[-1] + abs(offset)
    whole = np.full((*a.shape[:-1], size, size), -1)
    for i in range(a.shape[-1]):
        whole[..., i + max(-offset, 0), i + max(offset, 0)] = a[..., i]
    return np.moveaxis(whole, (-2, -1), (axis1, axis2))


def _trace(x: Term, *, offset: int) -> Term:
    return total(move(lambda a: np.diagonal(a, offset, -2, -1), x), -1)


RULES: dict[str, Definition] = {
    "diag_embed": rearranged(_embedded),
    "diagonal": rearranged(np.diagonal),
    "trace": _trace,
    "tril": rearranged(lambda x, *, k: np.where(_below(x, k), x, -1)),
    "triu": rearranged(lambda x, *, k: np.where(_below(x, k - 1), -1, x)),
}
