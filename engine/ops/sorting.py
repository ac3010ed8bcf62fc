"""Sorting."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import EXACT

from ..domain import REAL
from ..op import define
from ..shapes import AlongAxis, axis_of
from ..variable import Array, array_of
from .rearrangement import reshape, take


def order_of(x: Array, axis: int, *, descending: bool) -> Array:
    """Return the indices that sort ``x`` along ``axis``; equal entries stay in their order. NaN counts as largest."""
    if not descending:
        return np.argsort(x, axis=axis_of(x, axis), stable=True)
    backwards = np.argsort(np.flip(x, axis), axis=axis, stable=True)
    return x.shape[axis] - 1 - np.flip(backwards, axis)


def _sort(x: Array, *, axis: int = -1, descending: bool = False) -> Array:
    return np.take_along_axis(x, order_of(x, axis, descending=descending), axis)


def _unsort(ct: Any, y: Any, x: Any, *, axis: int, descending: bool) -> Any:
    """Send every entry of ``ct`` back to where it came from: the inverse permutation."""
    values = array_of(x)
    places = np.argsort(order_of(values, axis, descending=descending), axis=axis)
    numbers = np.take_along_axis(np.arange(values.size).reshape(x.shape), places, axis)
    return reshape(take(reshape(ct, shape=(values.size,)), numbers.ravel(), axis=0), shape=tuple(x.shape))


sort = define(
    "sort",
    forward=_sort,
    vjp=_unsort,
    shape=AlongAxis(),
    domain=(REAL,),
    ties=True,
    params={"descending": (False, True)},
    budget=EXACT,
    node="SortBackward0",
)

__all__ = [
    "sort",
]
