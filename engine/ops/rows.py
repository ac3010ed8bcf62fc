"""Reduced axes as one last axis, so that an algorithm is written once, for rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..shapes import Reduction, normalise_axes
from .rearrangement import permute_dims, reshape

Axis = int | tuple[int, ...] | None
Shape = tuple[int, ...]


def _order(ndim: int, axis: Axis) -> Shape:
    """Return all axes, those that are reduced last."""
    axes = normalise_axes(axis, ndim)
    return (*(i for i in range(ndim) if i not in axes), *axes)


def to_rows(x: Any, axis: Axis) -> Any:
    """Return ``x`` with the entries along ``axis`` in one last dimension, of size one where there is no axis."""
    order, count = _order(x.ndim, axis), len(normalise_axes(axis, x.ndim))
    sizes = [x.shape[i] for i in order]
    kept = sizes[: x.ndim - count]
    return reshape(permute_dims(x, axes=order), shape=(*kept, math.prod(sizes[x.ndim - count :])))


def from_rows(rows: Any, shape: Shape, axis: Axis) -> Any:
    """Return what :func:`to_rows` made of an array of this shape in its own order again."""
    order = _order(len(shape), axis)
    moved = reshape(rows, shape=tuple(shape[i] for i in order))
    return permute_dims(moved, axes=tuple(int(i) for i in np.argsort(order)))


def column(reduced: Any, rows: Any) -> Any:
    """Return one value per row, reduced with or without its dimensions kept, as a column that broadcasts over rows."""
    return reshape(reduced, shape=(*rows.shape[:-1], 1))


def per_row(values: Any, shape: Shape, axis: Axis, keepdims: bool) -> Any:
    """Return one value per row in the shape that a reduction of an array of ``shape`` has."""
    return reshape(values, shape=Reduction().result(shape, axis=axis, keepdims=keepdims))
