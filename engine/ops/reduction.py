"""Reductions: along one axis, several, or all."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import EXACT, summation

from ..domain import REAL
from ..op import define
from ..shapes import Reduction, axis_of, normalise_axes
from ..variable import Array, array_of
from .rearrangement import broadcast_to, reshape
from .selection import where

Axis = int | tuple[int, ...] | None


def _restore(reduced: Any, x: Any, axis: Axis) -> Any:
    """Return ``reduced`` with the reduced dimensions of ``x`` put back as ones."""
    axes = normalise_axes(axis, x.ndim)
    return reshape(reduced, shape=tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def _count(x: Any, axis: Axis) -> int:
    return int(np.prod([x.shape[i] for i in normalise_axes(axis, x.ndim)]))


def _sum(ct: Any, y: Any, x: Any, *, axis: Axis, keepdims: bool) -> Any:
    return broadcast_to(_restore(ct, x, axis), shape=x.shape)


sum = define(  # noqa: A001 - the array API's name
    "sum",
    forward=lambda x, *, axis=None, keepdims=False: np.sum(x, axis=axis_of(x, axis), keepdims=keepdims),
    vjp=_sum,
    shape=Reduction(),
    domain=(REAL,),
    budget=summation(),
    node=lambda x, *, axis, keepdims: "SumBackward0" if axis is None else "SumBackward1",
    linear=True,
)


def _mean(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the mean; of nothing it is NaN, without NumPy's warning."""
    total = np.sum(x, axis=axis_of(x, axis), keepdims=keepdims)
    return np.true_divide(total, _count(x, axis), dtype=total.dtype if total.dtype.kind == "f" else None)


mean = define(
    "mean",
    forward=_mean,
    vjp=lambda ct, y, x, *, axis, keepdims: _sum(ct / _count(x, axis), y, x, axis=axis, keepdims=keepdims),
    shape=Reduction(empty=False),
    domain=(REAL,),
    budget=summation(forward=2, vjp=2),
    node=lambda x, *, axis, keepdims: "MeanBackward0" if axis is None else "MeanBackward1",
    linear=True,
    integers=False,
)


def _max(ct: Any, y: Any, x: Any, *, axis: int | None, keepdims: bool) -> Any:
    """Give ``ct`` to the maximum: shared equally among ties over the whole array, the first along an axis.

    That is PyTorch's convention for ``max()`` and ``max(dim)``.
    """
    values = array_of(x)
    if axis is None:
        ties = values == array_of(y)
        return where(ties, ct / np.count_nonzero(ties), 0.0)
    first = np.expand_dims(np.argmax(values, axis=axis), axis)
    places = np.arange(values.shape[axis]).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    return where(places == first, _restore(ct, x, axis), 0.0)


max = define(  # noqa: A001 - the array API's name
    "max",
    forward=lambda x, *, axis=None, keepdims=False: np.max(x, axis=axis_of(x, axis), keepdims=keepdims),
    vjp=_max,
    shape=Reduction(tuples=False, empty=False),
    domain=(REAL,),
    ties=True,
    budget=EXACT,
    node=lambda x, *, axis, keepdims: "MaxBackward1" if axis is None else "MaxBackward0",
)
