"""Differences of neighbours, and integrals by the trapezoidal rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError

from .. import ops
from ..shapes import normalise_axes
from ..variable import Variable
from .rearrangement import cat

if TYPE_CHECKING:
    from ..tensor import Tensor


def _part(x: Any, axis: int, start: int | None, stop: int | None) -> Any:
    return ops.getitem(x, index=(slice(None),) * axis + (slice(start, stop),))


def diff(input: Any, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    """Return the ``n``-th differences of neighbours along ``dim``, with what is put in front and behind."""
    if n < 0:
        raise ArgumentError(f"the order of a difference is not negative, but {n}")
    (axis,) = normalise_axes(dim, input.array.ndim)
    x = cat([each for each in (prepend, input, append) if each is not None], axis)
    for _ in range(min(n, x.array.shape[axis])):
        x = ops.diff(x, axis=axis)
    return x


def trapezoid(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Tensor:
    """Return the integral along ``dim`` of the function that is linear between ``y``, at ``x`` or ``dx`` apart."""
    areas, axis = _trapezoids(y, x, dx, dim)
    return ops.sum(areas, axis=axis)


def cumulative_trapezoid(y: Any, x: Any = None, *, dx: float = 1, dim: int = -1) -> Tensor:
    """Return the integrals from the first entry to each further one, as :func:`trapezoid` does."""
    areas, axis = _trapezoids(y, x, dx, dim)
    return ops.cumulative_sum(areas, axis=axis)


def _trapezoids(y: Any, x: Any, dx: float, dim: int) -> tuple[Any, int]:
    """Return the areas between neighbours, and the dimension they are along."""
    (axis,) = normalise_axes(dim, y.array.ndim)
    means = (_part(y, axis, 1, None) + _part(y, axis, None, -1)) * 0.5
    if x is None:
        return (means if dx == 1 else means * dx), axis
    if x.array.ndim == 1:
        x = ops.reshape(x, shape=(-1, *(1,) * (y.array.ndim - 1 - axis)))
    behind = axis - y.array.ndim
    if -behind > x.array.ndim or x.array.shape[behind] != y.array.shape[axis]:
        raise ShapeError(f"{x.array.shape} are no places for the {y.array.shape[axis]} entries of {y.array.shape}")
    return means * diff(x, dim=behind), axis


def gradient(input: Any, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """Return estimates of the derivative along each dimension, from the values of a function on a grid.

    Inside by central differences of second order, at the edges of order ``edge_order``. ``spacing`` is a number, one
    for each dimension, or the coordinates along each (Fornberg, *Mathematics of Computation* 51, 1988).
    """
    axes = normalise_axes(dim if dim is None or isinstance(dim, int) else tuple(dim), input.array.ndim)
    if edge_order not in (1, 2):
        raise ArgumentError(f"edge_order is 1 or 2, not {edge_order!r}")
    steps = list(spacing) if isinstance(spacing, list | tuple) else [spacing] * len(axes)
    if len(steps) != len(axes):
        raise ArgumentError(f"{len(steps)} spacings for {len(axes)} dimensions")
    return tuple(
        _slopes(input, axis, _widths(input, axis, step), edge_order) for axis, step in zip(axes, steps, strict=True)
    )


def _widths(input: Any, axis: int, step: Any) -> np.ndarray[Any, Any]:
    """Return the distances between neighbours along an axis."""
    size = input.array.shape[axis]
    values = step.array if isinstance(step, Variable) else np.asarray(step)
    if values.ndim == 0:
        return np.full(max(size - 1, 0), values, input.array.dtype)
    if values.shape != (size,):
        raise ShapeError(
            f"the coordinates have shape {values.shape}, but there are {size} entries along dimension {axis}"
        )
    return np.diff(values).astype(input.array.dtype)


def _slopes(x: Any, axis: int, widths: np.ndarray[Any, Any], edge_order: int) -> Any:
    size = x.array.shape[axis]
    if size < edge_order + 1:
        raise ShapeError(f"{size} entries along dimension {axis} are too few for edges of order {edge_order}")
    inside = _combined(x, axis, _central(widths[:-1], widths[1:]), 0, size - 2)
    first = _combined(x, axis, _edge(widths[:edge_order]), 0, 1)
    last = _combined(x, axis, [-w for w in _edge(widths[::-1][:edge_order])][::-1], size - edge_order - 1, 1)
    return cat([first, inside, last], axis)


Weights = Sequence[Any]


def _central(before: Any, after: Any) -> Weights:
    """Return the weights of the entry before, the entry itself and the one behind."""
    if np.array_equal(before, after):
        return [-0.5 / before, None, 0.5 / before]
    both = before + after
    return [-after / (before * both), (after - before) / (before * after), before / (after * both)]


def _edge(widths: Any) -> Weights:
    """Return the weights of the entries from an edge on: two of them, or three for the second order."""
    if len(widths) == 1:
        return [-1 / widths, 1 / widths]
    first, second = widths[:1], widths[1:]
    both = first + second
    return [-(first + both) / (first * both), both / (first * second), -first / (second * both)]


def _combined(x: Any, axis: int, weights: Weights, start: int, count: int) -> Any:
    """Return the sum of weighted parts of so many entries, each one place further on."""
    shape = (-1, *(1,) * (x.array.ndim - 1 - axis))
    terms = [
        _part(x, axis, start + i, start + i + count) * np.asarray(weight).reshape(shape)
        for i, weight in enumerate(weights)
        if weight is not None
    ]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


trapz = trapezoid

__all__ = [
    "cumulative_trapezoid",
    "diff",
    "gradient",
    "trapezoid",
    "trapz",
]
