"""Arrays of one shape put next to each other along a new axis."""

# ruff: noqa: ARG001, ARG002 - all VJP rules take the same arguments, and so do shape rules

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.budget import EXACT
from gradproof.errors import ShapeError

from ..domain import REAL
from ..op import Variadic, define
from ..shapes import Batched, Parameters, Shape, ShapeRule, normalise_axes
from .rearrangement import getitem


class Stacking(ShapeRule):
    """One or more arguments of one shape, and the ``axis`` of the result along which they stand."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        first = shapes[0]
        for shape in shapes[1:]:
            if shape != first:
                raise ShapeError(f"shapes {first} and {shape} differ, but must be equal")
        (place,) = normalise_axes(params["axis"], len(first) + 1)
        return (*first[:place], len(shapes), *first[place:])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"axis": axis} for axis in range(-len(shape) - 1, len(shape) + 1)]

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        return [(shape,) * count for count in (2, 1, 3) if slot < count]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        (place,) = normalise_axes(params["axis"], len(shapes[0]) + 1)
        return Batched(shapes, {"axis": place + 1})


def _part(slot: int, ct: Any, y: Any, *xs: Any, axis: int) -> Any:
    (place,) = normalise_axes(axis, ct.ndim)
    return getitem(ct, index=(slice(None),) * place + (slot,))


stack = define(
    "stack",
    forward=lambda *xs, axis=0: np.stack(xs, axis=axis),
    vjp=Variadic(_part),
    shape=Stacking(),
    domain=(REAL,),
    budget=EXACT,
    node="StackBackward0",
    linear=True,
)

__all__ = [
    "stack",
]
