"""Shape rules of what neural networks are made of: see :mod:`gradproof.engine.shapes`."""

# ruff: noqa: ARG002, D102 - all rules take the same arguments, and the base class documents them

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.errors import ShapeError

from .shapes import Batched, Marks, Parameters, Shape, ShapeRule, normalise_axes

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

    def places(self, slot: int, *shapes: Shape, **params: Any) -> int:
        return shapes[0][params["axis"]]


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


@dataclass(frozen=True)
class PerGroup(ShapeRule):
    """An argument that keeps its shape, worked on along its last axes, and ``factors`` of the shape of those.

    ``axis`` names the last axes, counted from the end, so that it fits arguments of any more dimensions.
    """

    factors: int = 2

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        shape, axes = shapes[0], tuple(params["axis"])
        if not axes or normalise_axes(axes, len(shape)) != tuple(range(len(shape) - len(axes), len(shape))):
            raise ShapeError(f"axes {axes} are not the last ones of shape {shape}")
        for other in shapes[1:]:
            if other != shape[-len(axes) :]:
                raise ShapeError(f"weight and bias have shape {shape[-len(axes) :]}, not {other}")
        return shape

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"axis": tuple(range(-count, 0))} for count in range(1, len(shape) + 1) if 0 not in shape[-count:]]

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        count = len(params["axis"])
        if slot == 0:
            return [(shape, *(shape[-count:],) * self.factors)]
        return [(x, *(shape,) * self.factors) for x in ((2, *shape), shape)] if len(shape) == count else []

    def unreached(self, zero: Marks, shape: Shape, **params: Any) -> Marks:
        if len(shape) != zero.ndim:
            return super().unreached(zero, shape)
        return np.asarray(zero.all(axis=tuple(params["axis"]), keepdims=True))


@dataclass(frozen=True)
class PerChannel(ShapeRule):
    """An argument that keeps its shape, worked on along all axes but the second, and two with an entry per channel.

    ``axis`` names these axes.
    """

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        shape, axes = shapes[0], tuple(params["axis"])
        if len(shape) < 2 or axes != _all_but_second(len(shape)):
            raise ShapeError(f"axes {axes} of shape {shape} are not all but the second, which counts channels")
        for other in shapes[1:]:
            if other != shape[1:2]:
                raise ShapeError(f"weight and bias have shape {shape[1:2]}, not {other}")
        return shape

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        if len(shape) == 1:
            return [{"axis": _all_but_second(count)} for count in (2, 3)]
        return [{"axis": _all_but_second(len(shape))}] if shape and 0 not in shape else []

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        count = len(params["axis"]) + 1
        if slot == 0:
            return [(shape, shape[1:2], shape[1:2])] if len(shape) == count else []
        return [((2, *shape, *(3,) * (count - 2)), shape, shape)] if len(shape) == 1 else []


def _all_but_second(ndim: int) -> tuple[int, ...]:
    return (0, *range(2, ndim))


@dataclass(frozen=True)
class Rows(ShapeRule):
    """A table with rows, and indices of rows in any shape."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        weight, indices = shapes
        if not weight or (not weight[0] and 0 not in indices):
            raise ShapeError(f"a table of shape {weight} has no rows")
        return (*indices, *weight[1:])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{}] if shape and shape[0] else []

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        return [(shape, indices) for indices in ((2,), (), (2, 2), (3, 1), (0,))]

    def places(self, slot: int, *shapes: Shape, **params: Any) -> int:
        return shapes[0][0]
