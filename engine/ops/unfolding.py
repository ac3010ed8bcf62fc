"""Windows that slide along an axis."""

# ruff: noqa: ARG002 - all VJP rules take the same arguments, and so do shape rules

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
from .gathering import moved_back


class Unfolding(ShapeRule):
    """One argument, and windows of ``size`` entries along ``axis``, ``step`` apart; what is in one is a last axis."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,), size, step = shapes, params["size"], params["step"]
        (place,) = normalise_axes(params["axis"], len(shape))
        if not 0 <= size <= shape[place] or step < 1:
            raise ShapeError(f"windows of {size} entries, {step} apart, do not fit {shape[place]} entries of {shape}")
        return (*shape[:place], (shape[place] - size) // step + 1, *shape[place + 1 :], size)

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        calls = [(2, 1), (1, 2), (2, 2), (0, 1)]
        axes = range(-len(shape), len(shape))
        return [
            {"axis": axis, "size": size, "step": step} for axis in axes for size, step in calls if size <= shape[axis]
        ]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        (place,) = normalise_axes(params["axis"], len(shapes[0]))
        return Batched(shapes, {**params, "axis": place + 1})


def _unfold(x: Array, *, axis: int, size: int, step: int = 1) -> Array:
    """Return the windows as a view."""
    Unfolding().result(x.shape, axis=axis, size=size, step=step)
    place = axis % x.ndim
    if not size:
        # a window of nothing also fits behind the last entry
        return np.empty(Unfolding().result(x.shape, axis=axis, size=size, step=step), x.dtype)
    every = np.lib.stride_tricks.sliding_window_view(x, size, place)
    return every[(slice(None),) * place + (slice(None, None, step),)]


unfold = define(
    "unfold",
    forward=_unfold,
    vjp=lambda ct, y, x, **windows: moved_back(ct, x, lambda numbers: _unfold(numbers, **windows)),
    shape=Unfolding(),
    domain=(REAL,),
    budget=EXACT,
    node="UnfoldBackward0",
    linear=True,
)

__all__ = [
    "unfold",
]
