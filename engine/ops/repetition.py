"""Entries several times over: whole arrays side by side, or each entry in a row."""

# ruff: noqa: ARG001, ARG002 - all VJP rules take the same arguments, and so do shape rules

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.budget import EXACT
from gradproof.errors import ShapeError

from ..domain import REAL
from ..op import define
from ..shapes import Batched, Parameters, Shape, ShapeRule, normalise_axes
from ..variable import Array
from .rearrangement import index_add, reshape
from .reduction import sum as sum_

Repeats = int | tuple[int, ...]


class Tiling(ShapeRule):
    """One argument, and how often it is put side by side along each of the last axes, or along new ones in front."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        shape, counts = _aligned(shapes[0], params["repetitions"])
        return tuple(n * count for n, count in zip(shape, counts, strict=True))

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        counts: list[Shape] = [(2,), (), (3, *(1,) * len(shape)), (1,) * len(shape)]
        counts += [(2, *(1,) * (len(shape) - 1)), (1,) * (len(shape) - 1) + (0,)] if shape else []
        return [{"repetitions": each} for each in dict.fromkeys(counts)]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        shape, counts = _aligned(shapes[0], params["repetitions"])
        return Batched([shape], {"repetitions": (1, *counts)})


def _aligned(shape: Shape, counts: Shape) -> tuple[Shape, Shape]:
    """Return shape and counts with ones in front of the shorter one."""
    if any(count < 0 for count in counts):
        raise ShapeError(f"repetitions are {counts}, but none may be negative")
    rank = max(len(shape), len(counts))
    return (1,) * (rank - len(shape)) + shape, (1,) * (rank - len(counts)) + counts


def _tile(x: Array, *, repetitions: Shape) -> Array:
    Tiling().result(x.shape, repetitions=repetitions)
    return np.tile(x, repetitions)


def _tile_vjp(ct: Any, y: Any, x: Any, *, repetitions: Shape) -> Any:
    """Return the sum over the copies, each of which is a part of the cotangent."""
    shape, counts = _aligned(tuple(x.shape), repetitions)
    split = tuple(n for pair in zip(counts, shape, strict=True) for n in pair)
    summed = sum_(reshape(ct, shape=split), axis=tuple(range(0, len(split), 2)))
    return reshape(summed, shape=x.shape)


tile = define(
    "tile",
    forward=_tile,
    vjp=_tile_vjp,
    shape=Tiling(),
    domain=(REAL,),
    budget=EXACT,
    node="RepeatBackward0",
    linear=True,
)


class Repetition(ShapeRule):
    """One argument, and how often each of its slices along ``axis`` is repeated: one number, or one for each slice."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,), repeats = shapes, params["repeats"]
        (place,) = normalise_axes(params["axis"], len(shape))
        counts = repeats if isinstance(repeats, tuple) else (repeats,) * shape[place]
        if len(counts) != shape[place] or any(count < 0 for count in counts):
            raise ShapeError(f"repeats are {repeats}, but must be one count, or one for each of {shape[place]} slices")
        return (*shape[:place], sum(counts), *shape[place + 1 :])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [
            {"axis": axis, "repeats": repeats}
            for axis in range(-len(shape), len(shape))
            for repeats in (2, tuple(range(shape[axis])))
        ]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        (place,) = normalise_axes(params["axis"], len(shapes[0]))
        return Batched(shapes, {**params, "axis": place + 1})


def _repeat(x: Array, *, repeats: Repeats, axis: int) -> Array:
    Repetition().result(x.shape, repeats=repeats, axis=axis)
    return np.repeat(x, np.array(repeats, np.int64), axis)


def _repeat_vjp(ct: Any, y: Any, x: Any, *, repeats: Repeats, axis: int) -> Any:
    size = x.shape[axis]
    return index_add(ct, np.repeat(np.arange(size), np.array(repeats, np.int64)), axis=axis, size=size)


repeat = define(
    "repeat",
    forward=_repeat,
    vjp=_repeat_vjp,
    shape=Repetition(),
    domain=(REAL,),
    budget=EXACT,
    node="IndexSelectBackward0",
    linear=True,
)

__all__ = [
    "repeat",
    "tile",
]
