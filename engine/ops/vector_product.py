"""Products of vectors: the inner product along an axis, and the cross product."""

# ruff: noqa: ARG002 - all VJP rules take the same arguments, and so do shape rules

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.budget import correctly_rounded, summation
from gradproof.errors import ShapeError

from ..domain import REAL
from ..op import Function, define
from ..shapes import Batched, Marks, Parameters, Shape, ShapeRule, broadcast, normalise_axes
from ..variable import Array, array_of
from .rearrangement import expand_dims
from .reduction import sum as sum_
from .reordering import roll
from .selection import where


class VectorPair(ShapeRule):
    """Two arguments with vectors of one length along ``axis``, which counts from the end; the rest broadcasts."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        whole, axis = _joint(*shapes, **params), params["axis"]
        return (*whole[:axis], *whole[len(whole) + axis + 1 :])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"axis": axis} for axis in range(-len(shape), 0)]

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        axis = params["axis"]
        lone = tuple(n if i == len(shape) + axis else 1 for i, n in enumerate(shape))
        others = dict.fromkeys([shape, lone, shape[axis:], *([(2, *shape)] if len(shape) < 3 else [])])
        return [(shape, other) if slot == 0 else (other, shape) for other in others]

    def unreached(self, zero: Marks, shape: Shape, **params: Any) -> Marks:
        wide = np.expand_dims(zero, params["axis"])
        return wide if wide.ndim == len(shape) else super().unreached(zero, shape)

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        rank = max(map(len, shapes))
        return Batched([(1,) * (rank - len(shape)) + shape for shape in shapes], params)


def _joint(a: Shape, b: Shape, *, axis: int) -> Shape:
    """Return the shape that two arguments with vectors along ``axis`` broadcast to."""
    if axis >= 0:
        raise ShapeError(f"axis is {axis}, but must be negative: it counts from the end, where shapes are aligned")
    for shape in (a, b):
        normalise_axes(axis, len(shape))
    if a[axis] != b[axis]:
        raise ShapeError(f"the vectors have lengths {a[axis]} and {b[axis]} along axis {axis}, but must be as long")
    return broadcast(a, b)


def _vecdot(a: Array, b: Array, *, axis: int = -1) -> Array:
    _joint(a.shape, b.shape, axis=axis)
    return np.vecdot(np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1))


vecdot: Function = define(
    "vecdot",
    forward=_vecdot,
    vjp=(
        lambda ct, y, a, b, *, axis: expand_dims(ct, axis=axis) * b,
        lambda ct, y, a, b, *, axis: expand_dims(ct, axis=axis) * a,
    ),
    shape=VectorPair(),
    domain=(REAL, REAL),
    budget=summation(),
    node="SumBackward1",
)


class CrossPair(VectorPair):
    """The same of three entries each, with vectors of three entries in the result."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        whole = _joint(*shapes, **params)
        if shapes[0][params["axis"]] != 3:
            raise ShapeError(f"a cross product is of vectors of 3 entries, not {shapes[0][params['axis']]}")
        return whole

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [params for params in super().parameters(shape) if shape[params["axis"]] == 3]

    def unreached(self, zero: Marks, shape: Shape, **params: Any) -> Marks:
        """Mark entries of which both others of the vector are marked."""
        if zero.shape != shape:
            return np.asarray(zero.all())
        return np.roll(zero, 1, params["axis"]) & np.roll(zero, 2, params["axis"])


def _cross(a: Array, b: Array, *, axis: int = -1) -> Array:
    CrossPair().result(a.shape, b.shape, axis=axis)

    def turned(x: Array, by: int) -> Array:
        return np.roll(x, -by, axis)

    return turned(a, 1) * turned(b, 2) - turned(a, 2) * turned(b, 1)


def _crossed(factors: Any, ct: Any, axis: int) -> Any:
    """Return the cross product with a cotangent, whose zeros are strong: see the sweep."""
    found = cross(factors, ct, axis=axis)
    if not np.isnan(array_of(found)).any() or array_of(ct).all():
        return found

    def term(by: int, ct_by: int) -> Any:
        turned = roll(ct, shift=-ct_by, axis=axis)
        return where(array_of(turned) == 0.0, 0.0, roll(factors, shift=-by, axis=axis) * turned)

    return term(1, 2) - term(2, 1)


cross: Function = define(
    "cross",
    forward=_cross,
    vjp=(
        lambda ct, y, a, b, *, axis: _crossed(b, ct, axis),
        lambda ct, y, a, b, *, axis: -_crossed(a, ct, axis),
    ),
    shape=CrossPair(),
    domain=(REAL, REAL),
    budget=summation(),
    node="LinalgCrossBackward0",
)


class OuterPair(ShapeRule):
    """Two vectors, or stacks of vectors that broadcast, in the last axes of the arguments."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        a, b = shapes
        if not a or not b:
            raise ShapeError(f"shapes {a} and {b}, but both arguments need at least one dimension")
        return (*broadcast(a[:-1], b[:-1]), a[-1], b[-1])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{}] if shape else []

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        others = dict.fromkeys([(2,), shape, (3,), (*(1,) * (len(shape) - 1), 2)])
        return [(shape, other) if slot == 0 else (other, shape) for other in others]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        rank = max(map(len, shapes))
        return Batched([(1,) * (rank - len(shape)) + shape for shape in shapes], params)


def _outer(a: Array, b: Array) -> Array:
    OuterPair().result(a.shape, b.shape)
    return np.asarray(a[..., :, np.newaxis] * b[..., np.newaxis, :])


def summed_products(ct: Any, factors: Any, axis: int) -> Any:
    """Return the sums of products with a cotangent, whose zeros are strong: see the sweep."""
    products, zero = ct * factors, array_of(ct) == 0.0
    if zero.any() and np.isnan(array_of(products)).any():
        products = where(zero, 0.0, products)
    return sum_(products, axis=axis)


outer = define(
    "outer",
    forward=_outer,
    vjp=(
        lambda ct, y, a, b: summed_products(ct, expand_dims(b, axis=-2), -1),
        lambda ct, y, a, b: summed_products(ct, expand_dims(a, axis=-1), -2),
    ),
    shape=OuterPair(),
    domain=(REAL, REAL),
    budget=correctly_rounded(vjp=1),
    node="MulBackward0",
)

__all__ = [
    "cross",
    "outer",
    "vecdot",
]
