"""Shape rules of what neural networks are made of: see :mod:`gradproof.engine.shapes`."""

# ruff: noqa: ARG002, D102 - all rules take the same arguments, and the base class documents them

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gradproof.errors import ShapeError

from .shapes import Batched, Parameters, Shape, ShapeRule, normalise_axes

_REDUCTIONS = ("mean", "sum", "none")


@dataclass(frozen=True)
class _PerClass(ShapeRule):
    """An argument with classes along ``axis``, for each row of which there is one value, and a ``reduction``."""

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        reductions = _REDUCTIONS if 0 not in shape else _REDUCTIONS[1:]
        axes = [axis for axis in range(-len(shape), len(shape)) if shape[axis]]
        return [{"axis": axis, "reduction": each} for axis in axes for each in reductions]

    def _rows(self, shape: Shape, axis: int) -> Shape:
        (place,) = normalise_axes(axis, len(shape))
        if not shape[place]:
            raise ShapeError(f"there are no classes along axis {axis} of shape {shape}")
        return (*shape[:place], *shape[place + 1 :])


@dataclass(frozen=True)
class ClassIndices(_PerClass):
    """Scores, and for each row of them the index of a class."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        rows = self._rows(shapes[0], params["axis"])
        if shapes[1] != rows:
            raise ShapeError(f"the classes of scores of shape {shapes[0]} have shape {rows}, not {shapes[1]}")
        return rows if params["reduction"] == "none" else ()

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        return [(shape, self._rows(shape, params["axis"]))]


@dataclass(frozen=True)
class ClassProbabilities(_PerClass):
    """Scores, and as many probabilities."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        if shapes[0] != shapes[1]:
            raise ShapeError(f"a loss compares arrays of one shape, not of {shapes[0]} and {shapes[1]}")
        rows = self._rows(shapes[0], params["axis"])
        return rows if params["reduction"] == "none" else ()

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        return [(shape, shape)]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        if params["reduction"] != "none":
            return None
        (place,) = normalise_axes(params["axis"], len(shapes[0]))
        return Batched(shapes, {**params, "axis": place + 1})
