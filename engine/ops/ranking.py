"""Entries by their rank along an axis: one of them, or the first ones in order."""

# ruff: noqa: ARG001, ARG002 - all VJP rules take the same arguments, and so do shape rules

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.budget import EXACT
from gradproof.errors import ShapeError

from ..domain import REAL
from ..op import define
from ..shapes import Batched, Parameters, Reduction, Shape, ShapeRule, normalise_axes
from ..variable import Array, array_of
from .gathering import scatter_add
from .rearrangement import reshape
from .rows import column, from_rows, to_rows
from .selection import where
from .sorting import order_of


def _check_rank(shape: Shape, k: int, axis: int, least: int) -> int:
    """Return the axis, which must have so many entries."""
    (place,) = normalise_axes(axis, len(shape))
    if not least <= k <= shape[place]:
        raise ShapeError(f"k is {k}, but must be from {least} to {shape[place]}, the size of axis {axis} of {shape}")
    return place


class RankedEntry(ShapeRule):
    """One argument, of which the ``k``-th entry along ``axis`` is left, counted from 1, and ``keepdims``."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,) = shapes
        place = _check_rank(shape, params["k"], params["axis"], 1)
        return (*shape[:place], *((1,) if params["keepdims"] else ()), *shape[place + 1 :])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [
            {"k": k, "axis": axis, "keepdims": keepdims}
            for axis in range(-len(shape), len(shape))
            for k in sorted({min(2, shape[axis]), shape[axis]} - {0})
            for keepdims in (False, True)
        ]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, {**params, "axis": normalise_axes(params["axis"], len(shapes[0]))[0] + 1})


class LeadingEntries(ShapeRule):
    """One argument, of which ``k`` entries along ``axis`` are left."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,) = shapes
        place = _check_rank(shape, params["k"], params["axis"], 0)
        return (*shape[:place], params["k"], *shape[place + 1 :])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        axes = range(-len(shape), len(shape))
        return [{"k": k, "axis": axis} for axis in axes for k in sorted({min(1, shape[axis]), min(2, shape[axis])})]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, {**params, "axis": normalise_axes(params["axis"], len(shapes[0]))[0] + 1})


def places_of_leading(x: Array, k: int, axis: int, *, largest: bool) -> Array:
    """Return where the ``k`` largest or smallest entries along ``axis`` stand, in order; of equal ones the first."""
    return np.take(order_of(x, axis, descending=largest), np.arange(k), axis=axis)


def place_of_rank(x: Array, k: int, axis: int) -> Array:
    """Return where the ``k``-th smallest entry along ``axis`` stands, which is kept with size 1."""
    return np.take(order_of(x, axis, descending=False), [k - 1], axis=axis)


def _kthvalue(x: Array, *, k: int, axis: int = -1, keepdims: bool = False) -> Array:
    shape = RankedEntry().result(x.shape, k=k, axis=axis, keepdims=keepdims)
    return np.take_along_axis(x, place_of_rank(x, k, axis), axis).reshape(shape)


def _kthvalue_vjp(ct: Any, y: Any, x: Any, *, k: int, axis: int, keepdims: bool) -> Any:
    places = place_of_rank(array_of(x), k, axis)
    return scatter_add(np.zeros(x.shape, array_of(ct).dtype), places, reshape(ct, shape=places.shape), axis=axis)


kthvalue = define(
    "kthvalue",
    forward=_kthvalue,
    vjp=_kthvalue_vjp,
    shape=RankedEntry(),
    domain=(REAL,),
    ties=True,
    budget=EXACT,
    node="KthvalueBackward0",
)


def _median(x: Array, *, axis: int | None = None, keepdims: bool = False) -> Array:
    """Return the lower one of the entries in the middle, or NaN where there is one."""
    shape = Reduction().result(x.shape, axis=axis, keepdims=keepdims)
    rows = to_rows(x, axis)
    middle = place_of_rank(rows, _middle(rows), -1)
    values = np.take_along_axis(rows, middle, -1)
    spoilt = np.isnan(rows).any(axis=-1, keepdims=True)
    return np.where(spoilt, rows.dtype.type(np.nan), values).reshape(shape) if spoilt.any() else values.reshape(shape)


def _middle(rows: Any) -> int:
    """Return the rank of the lower one of the entries in the middle."""
    if not rows.shape[-1]:
        raise ShapeError("of no entries there is no median")
    return (rows.shape[-1] + 1) // 2


def _median_vjp(ct: Any, y: Any, x: Any, *, axis: int | None, keepdims: bool) -> Any:
    """Give ``ct`` to the entry in the middle: shared among ties over the whole array, the one in order along an axis.

    That is PyTorch's convention for ``median()`` and ``median(dim)``.
    """
    rows = to_rows(x, axis)
    values = array_of(rows)
    if axis is None:
        ties = values == column(array_of(y), rows)
        return from_rows(where(ties, column(ct, rows) / max(np.count_nonzero(ties), 1), 0.0), x.shape, axis)
    chosen = place_of_rank(values, _middle(rows), -1) == np.arange(rows.shape[-1])
    return from_rows(where(chosen, column(ct, rows), 0.0), x.shape, axis)


median = define(
    "median",
    forward=_median,
    vjp=_median_vjp,
    shape=Reduction(tuples=False, empty=False),
    domain=(REAL,),
    ties=True,
    budget=EXACT,
    node=lambda x, *, axis, keepdims: "MedianBackward0" if axis is None else "MedianBackward1",
)


def _topk(x: Array, *, k: int, axis: int = -1, largest: bool = True) -> Array:
    LeadingEntries().result(x.shape, k=k, axis=axis)
    return np.take_along_axis(x, places_of_leading(x, k, axis, largest=largest), axis)


def _topk_vjp(ct: Any, y: Any, x: Any, *, k: int, axis: int, largest: bool) -> Any:
    places = places_of_leading(array_of(x), k, axis, largest=largest)
    return scatter_add(np.zeros(x.shape, array_of(ct).dtype), places, ct, axis=axis)


topk = define(
    "topk",
    forward=_topk,
    vjp=_topk_vjp,
    shape=LeadingEntries(),
    domain=(REAL,),
    ties=True,
    params={"largest": (True, False)},
    budget=EXACT,
    node="TopkBackward0",
)

__all__ = [
    "kthvalue",
    "median",
    "topk",
]
