"""Entries taken from places that an array of integers names, and put there: each the transpose of another."""

# ruff: noqa: ARG001, ARG002 - all VJP rules take the same arguments, and so do shape rules

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.budget import EXACT, summation
from gradproof.errors import ShapeError

from ..domain import INDEX, REAL
from ..op import Function, define
from ..shapes import Batched, Parameters, Shape, ShapeRule, normalise_axes
from ..variable import Array, array_of
from .selection import where


def _check_same(values: Shape, indices: Shape) -> None:
    if values != indices:
        raise ShapeError(f"the values have shape {values}, but the indices {indices}")


@dataclass(frozen=True)
class FlatGather(ShapeRule):
    """An argument, and indices of any shape into its dimensions from ``start`` on, laid out as one."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        shape, indices = shapes
        return (*_kept(shape, params["start"]), *indices)

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"start": start} for start in range(len(shape) + 1) if math.prod(shape[start:])]

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        return [(shape, indices) for indices in ((2,), (), (3,), (2, 2), (1, 2), (0,))]

    def places(self, slot: int, *shapes: Shape, **params: Any) -> int:
        return math.prod(shapes[0][params["start"] :])

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched([shapes[0], *(None, *shapes[2:])], {"start": params["start"] + 1})


def _kept(shape: Shape, start: int) -> Shape:
    if not 0 <= start <= len(shape):
        raise ShapeError(f"start is {start}, but must be from 0 to {len(shape)}, the number of dimensions")
    return shape[:start]


@dataclass(frozen=True)
class FlatScatter(FlatGather):
    """An argument, indices into its dimensions from ``start`` on, and as many values for each place of those before."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        shape, indices, values = shapes
        _check_same(values, super().result(shape, indices, **params))
        return shape

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        start = params["start"]
        if slot == 2:
            return [((*shape[:start], *rest), shape[start:], shape) for rest in ((2,), (), (2, 2))]
        return [(shape, indices, (*shape[:start], *indices)) for indices in ((2,), (), (3,), (2, 2))]


def _rows(x: Array, start: int) -> Array:
    return x.reshape(*_kept(x.shape, start), math.prod(x.shape[start:]))


index: Function = define(
    "index",
    forward=lambda x, indices, *, start=0: np.take(_rows(x, start), indices, axis=-1),
    vjp=(lambda ct, y, x, i, *, start: index_put(_zeros(ct, x.shape), i, ct, start=start), None),
    shape=FlatGather(),
    domain=(REAL, INDEX),
    budget=EXACT,
    node="IndexBackward0",
)


def _zeros(ct: Any, shape: Shape) -> Array:
    return np.zeros(shape, array_of(ct).dtype)


def _index_put(x: Array, indices: Array, values: Array, *, start: int = 0) -> Array:
    _check_same(values.shape, FlatGather().result(x.shape, indices.shape, start=start))
    whole = np.array(x, order="C")
    places: Any = (Ellipsis, indices)
    np.add.at(_rows(whole, start), places, values)
    return whole


index_put: Function = define(
    "index_put",
    forward=_index_put,
    vjp=(
        lambda ct, y, x, i, values, *, start: ct,
        None,
        lambda ct, y, x, i, values, *, start: index(ct, i, start=start),
    ),
    shape=FlatScatter(),
    domain=(REAL, INDEX, REAL),
    budget=summation(),
    node="IndexPutBackward0",
)


def moved_back(ct: Any, x: Any, move: Callable[[Array], Array]) -> Any:
    """Return the transpose of a rearrangement of ``x``: cotangents go where ``move`` took the entries from."""
    numbers = np.arange(math.prod(x.shape)).reshape(x.shape)
    return index_put(_zeros(ct, x.shape), move(numbers), ct, start=0)


@dataclass(frozen=True)
class AxisGather(ShapeRule):
    """An argument, and as many-dimensional indices into its ``axis``, elsewhere of its size or a smaller one."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        shape, indices = shapes
        (place,) = normalise_axes(params["axis"], len(shape))
        if len(indices) != len(shape):
            raise ShapeError(f"the indices have shape {indices}, but must have {len(shape)} dimensions")
        if any(n > most for i, (n, most) in enumerate(zip(indices, shape, strict=True)) if i != place):
            raise ShapeError(f"the indices have shape {indices}, which exceeds {shape} outside axis {place}")
        return indices

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"axis": axis} for axis in range(-len(shape), len(shape)) if shape[axis]]

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        (place,) = normalise_axes(params["axis"], len(shape))
        before, after = shape[:place], shape[place + 1 :]
        fewer = [(*(min(n, 1) for n in before), 2, *(min(n, 1) for n in after))]
        return [(shape, indices) for indices in dict.fromkeys([shape, *((*before, n, *after) for n in (1, 3)), *fewer])]

    def places(self, slot: int, *shapes: Shape, **params: Any) -> int:
        return shapes[0][params["axis"]]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        (place,) = normalise_axes(params["axis"], len(shapes[0]))
        return Batched(shapes, {"axis": place + 1})


@dataclass(frozen=True)
class AxisScatter(AxisGather):
    """An argument, indices into its ``axis``, and as many values."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        shape, indices, values = shapes
        _check_same(values, super().result(shape, indices, **params))
        return shape

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        if slot == 0:
            return [(x, indices, indices) for x, indices in super().partners(0, shape, **params)]
        (place,) = normalise_axes(params["axis"], len(shape))
        return [((*shape[:place], n, *shape[place + 1 :]), shape, shape) for n in (3, 1)]


def grid(indices: Array, axis: int) -> tuple[Array, ...]:
    """Return the index of each entry along every axis: its own place, but along ``axis`` what ``indices`` say."""
    own = np.ogrid[tuple(slice(n) for n in indices.shape)]
    return tuple(indices if i == axis % indices.ndim else each for i, each in enumerate(own))


def _take_along_axis(x: Array, indices: Array, *, axis: int) -> Array:
    AxisGather().result(x.shape, indices.shape, axis=axis)
    return np.asarray(x[grid(indices, axis)])


take_along_axis: Function = define(
    "take_along_axis",
    forward=_take_along_axis,
    vjp=(lambda ct, y, x, i, *, axis: scatter_add(_zeros(ct, x.shape), i, ct, axis=axis), None),
    shape=AxisGather(),
    domain=(REAL, INDEX),
    budget=EXACT,
    node="GatherBackward0",
)


def _scatter_add(x: Array, indices: Array, values: Array, *, axis: int) -> Array:
    AxisScatter().result(x.shape, indices.shape, values.shape, axis=axis)
    whole = np.array(x)
    np.add.at(whole, grid(indices, axis), values)
    return whole


scatter_add: Function = define(
    "scatter_add",
    forward=_scatter_add,
    vjp=(
        lambda ct, y, x, i, values, *, axis: ct,
        None,
        lambda ct, y, x, i, values, *, axis: take_along_axis(ct, i, axis=axis),
    ),
    shape=AxisScatter(),
    domain=(REAL, INDEX, REAL),
    budget=summation(),
    node="ScatterAddBackward0",
)


def _scatter(x: Array, indices: Array, values: Array, *, axis: int) -> Array:
    """Put values in place of entries; where several go to one place, the last of them stays."""
    AxisScatter().result(x.shape, indices.shape, values.shape, axis=axis)
    whole = np.array(x)
    whole[grid(indices, axis)] = values
    return whole


def _writers(x: Any, indices: Array, axis: int) -> Array:
    """Return for each entry of a result of ``scatter`` the number of the value that is there, -1 for none."""
    numbers = np.arange(indices.size).reshape(indices.shape)
    return _scatter(np.full(x.shape, -1), indices, numbers, axis=axis)


def _scatter_vjp_of_values(ct: Any, y: Any, x: Any, i: Any, values: Any, *, axis: int) -> Any:
    """Pass on what comes to each value that has not been overwritten by another."""
    indices = array_of(i)
    writers = _take_along_axis(_writers(x, indices, axis), indices, axis=axis)
    stayed = writers == np.arange(indices.size).reshape(indices.shape)
    return where(stayed, take_along_axis(ct, indices, axis=axis), 0.0)


scatter: Function = define(
    "scatter",
    forward=_scatter,
    vjp=(
        lambda ct, y, x, i, values, *, axis: where(_writers(x, array_of(i), axis) < 0, ct, 0.0),
        None,
        _scatter_vjp_of_values,
    ),
    shape=AxisScatter(),
    domain=(REAL, INDEX, REAL),
    budget=EXACT,
    node="ScatterBackward0",
)

__all__ = [
    "index",
    "index_put",
    "scatter",
    "scatter_add",
    "take_along_axis",
]
