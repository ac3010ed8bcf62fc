"""Differences of neighbours."""

# ruff: noqa: ARG001, ARG002 - all VJP rules take the same arguments, and so do shape rules

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.budget import correctly_rounded
from gradproof.errors import ShapeError

from ..domain import REAL
from ..op import define
from ..shapes import Batched, Parameters, Shape, ShapeRule, normalise_axes
from ..variable import Array
from .padding import pad


class Neighbours(ShapeRule):
    """One argument that loses one entry along ``axis``, which is not empty."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,) = shapes
        (place,) = normalise_axes(params["axis"], len(shape))
        if not shape[place]:
            raise ShapeError(f"shape {shape} has no entries along axis {place} to take differences of")
        return (*shape[:place], shape[place] - 1, *shape[place + 1 :])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"axis": axis} for axis in range(-len(shape), len(shape)) if shape[axis]]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, {"axis": normalise_axes(params["axis"], len(shapes[0]))[0] + 1})


def _diff(x: Array, *, axis: int = -1) -> Array:
    Neighbours().result(x.shape, axis=axis)
    return np.diff(x, axis=axis)


def _diff_vjp(ct: Any, y: Any, x: Any, *, axis: int) -> Any:
    """Return what comes to each entry from the difference before it, less what comes from that behind."""
    (place,) = normalise_axes(axis, x.ndim)

    def beside(before: int, after: int) -> Any:
        return pad(ct, widths=tuple((before, after) if i == place else (0, 0) for i in range(x.ndim)))

    return beside(1, 0) - beside(0, 1)


diff = define(
    "diff",
    forward=_diff,
    vjp=_diff_vjp,
    shape=Neighbours(),
    domain=(REAL,),
    budget=correctly_rounded(vjp=0),
    node="SubBackward0",
    linear=True,
)

__all__ = [
    "diff",
]
