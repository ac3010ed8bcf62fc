"""Entries in another order along axes: reversed, or moved on with what leaves at the end coming back in front."""

# ruff: noqa: ARG002 - all VJP rules take the same arguments, and so do shape rules

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.budget import EXACT
from gradproof.errors import ShapeError

from ..domain import REAL
from ..op import Function, define
from ..shapes import Batched, Parameters, Shape, ShapeRule, normalise_axes
from ..variable import Array

Axis = int | tuple[int, ...] | None


class Reversal(ShapeRule):
    """One argument that keeps its shape, and ``axis``: one, several or all."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        normalise_axes(params["axis"], len(shapes[0]))
        return shapes[0]

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        axes: list[Axis] = [None, *range(-len(shape), len(shape)), *itertools.combinations(range(len(shape)), 2)]
        return [{"axis": axis} for axis in axes]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        axes = normalise_axes(params["axis"], len(shapes[0]))
        return Batched(shapes, {"axis": tuple(axis + 1 for axis in axes)})


def _flip(x: Array, *, axis: Axis = None) -> Array:
    return np.flip(x, normalise_axes(axis, x.ndim))


flip: Function = define(
    "flip",
    forward=_flip,
    vjp=lambda ct, y, x, *, axis: flip(ct, axis=axis),
    shape=Reversal(),
    domain=(REAL,),
    budget=EXACT,
    node="FlipBackward0",
    linear=True,
)


@dataclass(frozen=True)
class Rotation(ShapeRule):
    """One argument that keeps its shape; by how many places it is moved on along each ``axis``, or laid out as one."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        shift, axis = params["shift"], params["axis"]
        if axis is not None:
            axes, shifts = (each if isinstance(each, tuple) else (each,) for each in (axis, shift))
            normalise_axes(axis, len(shapes[0]))
            if len(axes) != len(shifts):
                raise ShapeError(f"{len(shifts)} shifts {shift} for {len(axes)} axes {axis}")
        elif isinstance(shift, tuple) and len(shift) != 1:
            raise ShapeError(f"{len(shift)} shifts {shift} without axes, but there must be one")
        return shapes[0]

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        single = [
            {"shift": shift, "axis": axis} for axis in (None, *range(-len(shape), len(shape))) for shift in (1, -2)
        ]
        pairs = itertools.combinations(range(len(shape)), 2)
        return [*single, *({"shift": (1, -1), "axis": axes} for axes in pairs)]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        (shape,), shift, axis = shapes, params["shift"], params["axis"]
        if axis is None:
            return Batched([(math.prod(shape),)], {"shift": shift, "axis": (1,) if isinstance(shift, tuple) else 1})
        later = tuple(each + 1 for each in normalise_axes(axis, len(shape)))
        return Batched(shapes, {"shift": shift, "axis": later if isinstance(axis, tuple) else later[0]})


def _roll(x: Array, *, shift: int | tuple[int, ...], axis: Axis = None) -> Array:
    Rotation().result(x.shape, shift=shift, axis=axis)
    return np.roll(x, shift, axis)


def _opposite(shift: int | tuple[int, ...]) -> int | tuple[int, ...]:
    return tuple(-each for each in shift) if isinstance(shift, tuple) else -shift


roll: Function = define(
    "roll",
    forward=_roll,
    vjp=lambda ct, y, x, *, shift, axis: roll(ct, shift=_opposite(shift), axis=axis),
    shape=Rotation(),
    domain=(REAL,),
    budget=EXACT,
    node="RollBackward0",
    linear=True,
)

__all__ = [
    "flip",
    "roll",
]
