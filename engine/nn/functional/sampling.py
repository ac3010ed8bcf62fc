"""Entries of images at places that are real numbers."""

from __future__ import annotations

import functools
import itertools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError, UnsupportedError

from ... import ops
from ...variable import Array, array_of

if TYPE_CHECKING:
    from ...tensor import Tensor


def affine_grid(theta: Any, size: Any, align_corners: bool = False) -> Tensor:
    """Return where the entries of images of ``size`` (batch, channels, sizes) are taken from by affine maps.

    ``theta`` are matrices of the maps, (batch, 2, 3), or (batch, 3, 4) for three dimensions; the result has the shape
    (batch, sizes, 2) or (batch, sizes, 3). Coordinates go from -1 to 1, from edge to edge of the image or, with
    ``align_corners``, from the middle of the first entry to that of the last.
    """
    batch, _, *sizes = size
    rank = len(sizes)
    if rank not in (2, 3) or tuple(theta.shape) != (batch, rank, rank + 1):
        raise ShapeError(f"theta of shape {tuple(theta.shape)} does not fit a size of {tuple(size)}")
    axes = [_coordinates(n, align_corners) for n in reversed(sizes)]
    # the first coordinate goes along the last dimension
    mesh = np.meshgrid(*reversed(axes), indexing="ij")[::-1]
    points = np.stack([*mesh, np.ones(sizes)], axis=-1).reshape(-1, rank + 1).astype(array_of(theta).dtype)
    moved = ops.matmul(points, ops.permute_dims(theta, axes=(0, 2, 1)))
    return ops.reshape(moved, shape=(batch, *sizes, rank))


def _coordinates(count: int, align_corners: bool) -> Array:
    if align_corners:
        return np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1)
    return (2.0 * np.arange(count) + 1.0) / count - 1.0


def grid_sample(
    input: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Tensor:
    """Return the entries of images (batch, channels, sizes) at the places of a grid, as :func:`affine_grid` gives one.

    They are weighted means of the nearest entries, "bilinear" also over three dimensions, or the "nearest" ones. Beyond
    the image there are "zeros", the "border" goes on, or there is a "reflection". Mode "bicubic" is not supported.
    """
    if mode == "bicubic":
        raise UnsupportedError("mode 'bicubic' is not supported; use 'bilinear'")
    if mode not in ("bilinear", "nearest") or padding_mode not in ("zeros", "border", "reflection"):
        raise ArgumentError(f"there is no mode {mode!r} with padding {padding_mode!r}")
    sizes, rank = tuple(input.shape[2:]), input.ndim - 2
    if rank not in (2, 3) or grid.ndim != rank + 2 or grid.shape[-1] != rank or len(grid) != len(input):
        raise ShapeError(f"a grid of shape {tuple(grid.shape)} does not fit images of shape {tuple(input.shape)}")
    at = [
        _placed(ops.getitem(grid, index=(..., rank - 1 - axis)), n, padding_mode, bool(align_corners))
        for axis, n in enumerate(sizes)
    ]
    if mode == "nearest":
        return _taken(input, [np.rint(array_of(each)) for each in at])
    lows = [np.floor(array_of(each)) for each in at]
    parts = []
    for corner in itertools.product((0, 1), repeat=rank):
        shares = [x - low if side else 1.0 - (x - low) for x, low, side in zip(at, lows, corner, strict=True)]
        weight = functools.reduce(ops.multiply, shares)
        taken = _taken(input, [low + side for low, side in zip(lows, corner, strict=True)])
        parts.append(taken * ops.expand_dims(weight, axis=1))
    return functools.reduce(ops.add, parts)


def _placed(x: Any, count: int, padding_mode: str, align_corners: bool) -> Any:
    """Return coordinates from -1 to 1 as places from 0 to ``count - 1``, inside unless there are zeros beyond."""
    at = (x + 1.0) * (0.5 * (count - 1)) if align_corners else (x + 1.0) * (0.5 * count) - 0.5
    if padding_mode == "reflection":
        at = _reflected(at, *((0.0, count - 1.0) if align_corners else (-0.5, count - 0.5)))
    return at if padding_mode == "zeros" else ops.clip(at, min=0.0, max=count - 1.0)


def _reflected(x: Any, low: float, high: float) -> Any:
    """Return places reflected at both ends until they lie between them."""
    span = high - low
    if not span:
        return x * 0.0
    turns = np.floor((array_of(x) - low) / span)
    ahead = (x - low) - turns * span
    return low + ops.where(turns % 2 == 0, ahead, span - ahead)


def _taken(input: Any, places: list[Array]) -> Any:
    """Return the entries of all channels at whole places, 0 beyond the image."""
    batch, channels, *sizes = input.shape
    within = [np.clip(np.nan_to_num(each), 0, n - 1).astype(np.int64) for each, n in zip(places, sizes, strict=True)]
    outside = functools.reduce(np.logical_or, [each != there for each, there in zip(places, within, strict=True)])
    numbers = np.ravel_multi_index(tuple(within), tuple(sizes)).reshape(batch, 1, -1)
    flat = ops.reshape(input, shape=(batch, channels, math.prod(sizes)))
    taken = ops.take_along_axis(flat, np.broadcast_to(numbers, (batch, channels, numbers.shape[-1])), axis=2)
    found = ops.reshape(taken, shape=(batch, channels, *places[0].shape[1:]))
    return ops.where(outside[:, np.newaxis], 0.0, found)


__all__ = [
    "affine_grid",
    "grid_sample",
]
