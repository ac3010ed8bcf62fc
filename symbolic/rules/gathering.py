"""Entries taken from places that integers name, and put there."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.exact import Array

from ..program import Definition, Term, move, total


def _numbers(x: Term) -> Array:
    """Return the number of each entry in memory order."""
    return np.arange(int(np.prod(x.shape, dtype=np.int64))).reshape(x.shape)


def _rows(a: Array, start: int) -> Array:
    return a.reshape(*a.shape[:start], int(np.prod(a.shape[start:], dtype=np.int64)))


def _index(x: Term, indices: Term, *, start: int) -> Term:
    return move(lambda a: _rows(a, start)[..., indices.integers], x)


def _repetitions(places: Array) -> Array:
    """Return for each place how often it has occurred before."""
    seen: dict[int, int] = {}
    counts = []
    for place in places.ravel().tolist():
        counts.append(seen.get(place, 0))
        seen[place] = counts[-1] + 1
    return np.array(counts, dtype=np.int64)


def _added_at(x: Term, places: Array, values: Term) -> Term:
    """Add values to the entries of ``x`` with these numbers: as a sum over layers that use no place twice."""
    layers = _repetitions(places)

    def spread(a: Any, b: Any) -> Any:
        copies = np.full((2 + int(layers.max(initial=-1)), a.size), -1)
        copies[0] = a.ravel()
        copies[1 + layers, places.ravel()] = b.ravel()
        return copies.reshape(len(copies), *a.shape)

    return total(move(spread, x, values), 0)


def _index_put(x: Term, indices: Term, values: Term, *, start: int) -> Term:
    return _added_at(x, _rows(_numbers(x), start)[..., indices.integers], values)


def _along(a: Array, indices: Array, axis: int) -> Array:
    """Return what ``indices`` name along an axis; elsewhere there may be fewer of them than entries."""
    place = axis % a.ndim
    part = tuple(slice(None) if i == place else slice(n) for i, n in enumerate(indices.shape))
    return np.take_along_axis(a[part], indices, place)


def _scatter(x: Term, indices: Term, values: Term, *, axis: int) -> Term:
    places = _along(_numbers(x), indices.integers, axis)

    def put(a: Any, b: Any) -> Any:
        whole = a.ravel().copy()
        for place, entry in zip(places.ravel().tolist(), b.ravel().tolist(), strict=True):
            whole[place] = entry
        return whole.reshape(a.shape)

    return move(put, x, values)


RULES: dict[str, Definition] = {
    "index": _index,
    "index_put": _index_put,
    "scatter": _scatter,
    "scatter_add": lambda x, i, values, *, axis: _added_at(x, _along(_numbers(x), i.integers, axis), values),
    "take_along_axis": lambda x, i, *, axis: move(lambda a: _along(a, i.integers, axis), x),
}
