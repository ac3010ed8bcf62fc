"""Rearrangements: the NumPy function itself, moving entries."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.errors import MirrorError

from ..program import Definition, Term, move, total
from .steps import rearranged, same


def _embedded(x: Any, *, index: Any, shape: Any) -> Any:
    whole = np.full(shape, -1)
    whole[index] = x
    return whole


def _overwritten(x: Any, part: Any, *, index: Any) -> Any:
    whole = np.array(x)
    whole[index] = part
    return whole


def _astype(x: Term, *, dtype: str) -> Term:
    if not dtype.startswith("float"):
        raise MirrorError(f"astype to {dtype} is no function of real numbers with a mirror")
    return same(x)


def _index_add(x: Term, places: Term, *, axis: int, size: int) -> Term:
    """Put slice i into place ``places[i]`` of its own copy of the zeros, and add the copies."""
    place, indices = axis % x.ndim, places.integers

    def spread(a: Any) -> Any:
        copies = np.full((len(indices), *a.shape[:place], size, *a.shape[place + 1 :]), -1)
        for i, target in enumerate(indices):
            copies[i][(slice(None),) * place + (target,)] = np.take(a, i, axis=place)
        return copies

    return total(move(spread, x), 0)


RULES: dict[str, Definition] = {
    "astype": _astype,
    "broadcast_to": rearranged(np.broadcast_to),
    "clone": rearranged(np.array),
    "concat": rearranged(lambda *xs, axis: np.concatenate(xs, axis=axis)),
    "detach": rearranged(np.array),
    "embed": rearranged(_embedded),
    "expand_dims": rearranged(np.expand_dims),
    "getitem": rearranged(lambda x, *, index: x[index]),
    "index_add": _index_add,
    "overwrite": rearranged(_overwritten),
    "permute_dims": rearranged(np.transpose),
    "reshape": rearranged(lambda x, *, shape: np.reshape(x, shape)),
    "take": lambda x, indices, *, axis: move(lambda a: np.take(a, indices.integers, axis=axis), x),
}
