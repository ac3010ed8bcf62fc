"""Reductions: along one axis, several, or all."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.budget import EXACT, summation

from ..domain import REAL
from ..op import Function, Rule, define
from ..shapes import AlongAxis, Reduction, axis_of, normalise_axes
from ..variable import Array, array_of
from .rearrangement import broadcast_to, getitem, reshape
from .selection import where

Axis = int | tuple[int, ...] | None


def _restore(reduced: Any, x: Any, axis: Axis) -> Any:
    """Return ``reduced`` with the reduced dimensions of ``x`` put back as ones."""
    axes = normalise_axes(axis, x.ndim)
    return reshape(reduced, shape=tuple(1 if i in axes else n for i, n in enumerate(x.shape)))


def _count(x: Any, axis: Axis) -> int:
    return math.prod([x.shape[i] for i in normalise_axes(axis, x.ndim)])


def _sum(ct: Any, y: Any, x: Any, *, axis: Axis, keepdims: bool) -> Any:
    return broadcast_to(ct if axis is None and not keepdims else _restore(ct, x, axis), shape=x.shape)


sum = define(  # noqa: A001 - the array API's name
    "sum",
    forward=lambda x, *, axis=None, keepdims=False: np.add.reduce(x, axis=axis_of(x, axis), keepdims=keepdims),
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


def _extreme(position: Callable[..., Array]) -> Rule:
    """Return the rule of a maximum or minimum, which stands where ``position`` says."""

    def rule(ct: Any, y: Any, x: Any, *, axis: int | None, keepdims: bool) -> Any:
        """Give ``ct`` to the extreme entry: shared equally among ties over the whole array, the first along an axis.

        That is PyTorch's convention for ``max()`` and ``max(dim)``.
        """
        values = array_of(x)
        if axis is None:
            ties = values == array_of(y)
            return where(ties, ct / np.count_nonzero(ties), 0.0)
        first = np.expand_dims(position(values, axis=axis), axis)
        places = np.arange(values.shape[axis]).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
        return where(places == first, _restore(ct, x, axis), 0.0)

    return rule


max = define(  # noqa: A001 - the array API's name
    "max",
    forward=lambda x, *, axis=None, keepdims=False: np.max(x, axis=axis_of(x, axis), keepdims=keepdims),
    vjp=_extreme(np.argmax),
    shape=Reduction(tuples=False, empty=False),
    domain=(REAL,),
    ties=True,
    budget=EXACT,
    node=lambda x, *, axis, keepdims: "MaxBackward1" if axis is None else "MaxBackward0",
)

min = define(  # noqa: A001 - the array API's name
    "min",
    forward=lambda x, *, axis=None, keepdims=False: np.min(x, axis=axis_of(x, axis), keepdims=keepdims),
    vjp=_extreme(np.argmin),
    shape=Reduction(tuples=False, empty=False),
    domain=(REAL,),
    ties=True,
    budget=EXACT,
    node=lambda x, *, axis, keepdims: "MinBackward1" if axis is None else "MinBackward0",
)


def _sum_of_later(ct: Any, y: Any, x: Any, *, axis: int) -> Any:
    """Return for each entry the sum of the cotangents from its place on."""
    (place,) = normalise_axes(axis, x.ndim)
    backwards = (slice(None),) * place + (slice(None, None, -1),)
    return getitem(cumulative_sum(getitem(ct, index=backwards), axis=axis), index=backwards)


cumulative_sum: Function = define(
    "cumulative_sum",
    forward=lambda x, *, axis: np.cumsum(x, axis=axis_of(x, axis)),
    vjp=_sum_of_later,
    shape=AlongAxis(),
    domain=(REAL,),
    budget=summation(),
    node="CumsumBackward0",
    linear=True,
)

__all__ = [
    "cumulative_sum",
    "max",
    "mean",
    "min",
    "sum",
]
