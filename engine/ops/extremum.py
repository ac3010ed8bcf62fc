"""Largest and smallest entries whose ties share a cotangent, and running ones."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import EXACT

from ..domain import REAL
from ..op import Rule, define
from ..shapes import AlongAxis, Reduction, axis_of
from ..variable import Array, array_of
from .gathering import scatter_add
from .rows import Axis, column, from_rows, to_rows
from .selection import where


def _shared(ct: Any, y: Any, x: Any, *, axis: Axis, keepdims: bool) -> Any:
    """Give each of the entries that tie the same share of ``ct``: PyTorch's convention for ``amax`` and ``amin``."""
    rows = to_rows(x, axis)
    ties = array_of(rows) == column(array_of(y), rows)
    counts = np.maximum(np.count_nonzero(ties, axis=-1, keepdims=True), 1)
    return from_rows(where(ties, column(ct, rows) / counts, 0.0), x.shape, axis)


amax = define(
    "amax",
    forward=lambda x, *, axis=None, keepdims=False: np.max(x, axis=axis_of(x, axis), keepdims=keepdims),
    vjp=_shared,
    shape=Reduction(empty=False),
    domain=(REAL,),
    ties=True,
    budget=EXACT,
    node="AmaxBackward0",
)

amin = define(
    "amin",
    forward=lambda x, *, axis=None, keepdims=False: np.min(x, axis=axis_of(x, axis), keepdims=keepdims),
    vjp=_shared,
    shape=Reduction(empty=False),
    domain=(REAL,),
    ties=True,
    budget=EXACT,
    node="AminBackward0",
)


def places_of_running(x: Array, running: Array, axis: int) -> Array:
    """Return where along ``axis`` each running extremum stands, the latest place where there are several.

    A NaN is one from its place on.
    """
    steps = np.arange(x.shape[axis]).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    return np.maximum.accumulate(np.where((x == running) | np.isnan(x), steps, 0), axis=axis)


def _running(extremum: Any) -> Rule:
    """Return the rule that sends each cotangent to the entry that was the extremum at its place."""

    def rule(ct: Any, y: Any, x: Any, *, axis: int) -> Any:
        values = array_of(x)
        places = places_of_running(values, extremum.accumulate(values, axis=axis), axis)
        return scatter_add(np.zeros(x.shape, array_of(ct).dtype), places, ct, axis=axis)

    return rule


cumulative_max = define(
    "cumulative_max",
    forward=lambda x, *, axis: np.maximum.accumulate(x, axis=axis_of(x, axis)),
    vjp=_running(np.maximum),
    shape=AlongAxis(),
    domain=(REAL,),
    ties=True,
    budget=EXACT,
    node="CummaxBackward0",
)

cumulative_min = define(
    "cumulative_min",
    forward=lambda x, *, axis: np.minimum.accumulate(x, axis=axis_of(x, axis)),
    vjp=_running(np.minimum),
    shape=AlongAxis(),
    domain=(REAL,),
    ties=True,
    budget=EXACT,
    node="CumminBackward0",
)

__all__ = [
    "amax",
    "amin",
    "cumulative_max",
    "cumulative_min",
]
