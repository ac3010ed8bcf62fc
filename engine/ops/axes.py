"""Axes left out, and axes exchanged."""

# ruff: noqa: ARG001, ARG002 - all VJP rules take the same arguments, and so do shape rules

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.budget import EXACT
from gradproof.errors import ShapeError

from ..domain import REAL
from ..op import Function, define
from ..shapes import Batched, Parameters, Shape, ShapeRule, normalise_axes
from ..variable import Array
from .rearrangement import reshape

Axis = int | tuple[int, ...] | None


class Squeezing(ShapeRule):
    """One argument and the ``axis``, or several, of size one that it loses; None stands for all of that size."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,), axis = shapes, params["axis"]
        if axis is None:
            return tuple(n for n in shape if n != 1)
        axes = normalise_axes(axis, len(shape))
        if any(shape[i] != 1 for i in axes):
            raise ShapeError(f"axis {axis} of shape {shape} is left out, but must have size 1")
        return tuple(n for i, n in enumerate(shape) if i not in axes)

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        ones = [i for i, n in enumerate(shape) if n == 1]
        return [{"axis": axis} for axis in (None, *ones, *(i - len(shape) for i in ones), tuple(ones), ())]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        (shape,), axis = shapes, params["axis"]
        axes = [i for i, n in enumerate(shape) if n == 1] if axis is None else normalise_axes(axis, len(shape))
        return Batched(shapes, {"axis": tuple(i + 1 for i in axes)})


def _squeeze(x: Array, *, axis: Axis = None) -> Array:
    return x.reshape(Squeezing().result(x.shape, axis=axis))


def _squeeze_node(x: Any, *, axis: Axis) -> str:
    return f"SqueezeBackward{0 if axis is None else 1 if isinstance(axis, int) else 2}"


squeeze = define(
    "squeeze",
    forward=_squeeze,
    vjp=lambda ct, y, x, *, axis: reshape(ct, shape=x.shape),
    shape=Squeezing(),
    domain=(REAL,),
    budget=EXACT,
    node=_squeeze_node,
    linear=True,
)


class Exchange(ShapeRule):
    """One argument and two of its axes, which change places."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        sizes = list(shapes[0])
        (first,), (second,) = (normalise_axes(params[name], len(sizes)) for name in ("axis1", "axis2"))
        sizes[first], sizes[second] = sizes[second], sizes[first]
        return tuple(sizes)

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        pairs = itertools.combinations_with_replacement(range(len(shape)), 2)
        found = [*pairs, *((-1, -2) for _ in shape[:1] if len(shape) > 1)]
        return [{"axis1": first, "axis2": second} for first, second in found]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        (first,), (second,) = (normalise_axes(params[name], len(shapes[0])) for name in ("axis1", "axis2"))
        return Batched(shapes, {"axis1": first + 1, "axis2": second + 1})


def _swapaxes(x: Array, *, axis1: int, axis2: int) -> Array:
    Exchange().result(x.shape, axis1=axis1, axis2=axis2)
    return np.swapaxes(x, axis1, axis2)


swapaxes: Function = define(
    "swapaxes",
    forward=_swapaxes,
    vjp=lambda ct, y, x, *, axis1, axis2: swapaxes(ct, axis1=axis1, axis2=axis2),
    shape=Exchange(),
    domain=(REAL,),
    budget=EXACT,
    node="TransposeBackward0",
    linear=True,
)

__all__ = [
    "squeeze",
    "swapaxes",
]
