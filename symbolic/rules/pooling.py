"""Pooling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradproof.exact import Array

from ..program import Definition, Term, move, total
from .convolution import windows_of
from .steps import divided_by, folded, larger


def _rows_of(x: Term, **how: Any) -> Term:
    """Return windows, with the entries of each in one last dimension."""

    def rows(a: Array) -> Array:
        found = windows_of(a, **how)
        return found.reshape(*found.shape[: a.ndim], -1)

    return move(rows, x)


def _part(x: Term, at: Array) -> Term:
    return move(lambda a: a[at], x)


def _assembled(labels: Array, parts: dict[Any, Term]) -> Term:
    """Put terms together: that of each label where the label stands."""

    def assembled(*arrays: Array) -> Array:
        whole = np.empty(labels.shape, np.intp)
        for label, array in zip(parts, arrays, strict=True):
            whole[labels == label] = array
        return whole

    return move(assembled, *parts.values())


def _largest(x: Term, places: Array) -> Term:
    """Return the largest of the entries at each row of places."""
    return folded(larger, move(lambda a: a.ravel()[places], x), axis=-1, keepdims=False)


def _max_pool(x: Term, **how: Any) -> Term:
    """Take the largest entry of each window: together of those windows that hold equally many besides padding."""
    found = windows_of(np.arange(math.prod(x.shape)).reshape(x.shape), **how)
    rows = np.sort(found.reshape(*found.shape[: x.ndim], -1), axis=-1)
    held = np.sum(rows >= 0, axis=-1)
    return _assembled(held, {n: _largest(x, rows[held == n][:, -n:]) for n in np.unique(held).tolist()})


def _avg_pool(x: Term, *, counted: Any, divisor: int | None, **how: Any) -> Term:
    """Add up each window, and divide by its entries: those of ``x`` and those of the padding that are counted."""
    sums = total(_rows_of(x, **how), -1)
    rank = len(counted)
    sizes = [n + before + after for n, (before, after) in zip(x.shape[x.ndim - rank :], counted, strict=True)]
    rest = [(a - c, b - d) for (a, b), (c, d) in zip(how["padding"], counted, strict=True)]
    found = windows_of(np.zeros(sizes, np.intp), **{**how, "padding": rest})
    entries = np.sum(found >= 0, axis=tuple(range(-rank, 0)))
    divisors = entries if divisor is None else np.full_like(entries, divisor)
    divisors = np.broadcast_to(divisors, sums.shape)
    known = np.unique(divisors).tolist()
    return _assembled(divisors, {n: divided_by(n)(_part(sums, divisors == n)) for n in known})


RULES: dict[str, Definition] = {
    "avg_pool1d": _avg_pool,
    "avg_pool2d": _avg_pool,
    "avg_pool3d": _avg_pool,
    "max_pool1d": _max_pool,
    "max_pool2d": _max_pool,
    "max_pool3d": _max_pool,
}
