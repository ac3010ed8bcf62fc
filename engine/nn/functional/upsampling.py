"""More pixels, from neighbours or from channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError, UnsupportedError

from ... import ops

if TYPE_CHECKING:
    from ...tensor import Tensor


def interpolate(input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest") -> Tensor:
    """Return (batch, channels, sizes) with other sizes, or with sizes times ``scale_factor``, from the nearest entries.

    Raises ``UnsupportedError`` for modes other than "nearest".
    """
    if mode != "nearest":
        raise UnsupportedError(f"mode {mode!r} is not supported; use 'nearest'")
    if (size is None) == (scale_factor is None):
        raise ArgumentError("interpolate takes either a size or a scale_factor")
    rank = input.ndim - 2
    given = size if scale_factor is None else scale_factor
    each = tuple(given) if isinstance(given, tuple | list) else (given,) * rank
    if len(each) != rank:
        raise ArgumentError(f"there is one number for each of {rank} dimensions, not {given!r}")
    result = input
    for axis, number in enumerate(each, start=2):
        old = input.shape[axis]
        new = number if scale_factor is None else int(old * number)
        step = old / new if scale_factor is None else 1.0 / number
        places = np.minimum((np.arange(new) * step).astype(np.int64), old - 1)
        result = ops.take(result, places, axis=axis)
    return result


def pixel_shuffle(input: Any, upscale_factor: int) -> Tensor:
    """Return (..., channels * r^2, height, width) as (..., channels, height * r, width * r)."""
    (*lead, channels, height, width), r = tuple(input.shape), upscale_factor
    if channels % (r * r):
        raise ShapeError(f"{channels} channels are no multiple of the square of {r}")
    parts = ops.reshape(input, shape=(*lead, channels // (r * r), r, r, height, width))
    moved = ops.permute_dims(parts, axes=_last_five(len(lead), (0, 3, 1, 4, 2)))
    return ops.reshape(moved, shape=(*lead, channels // (r * r), height * r, width * r))


def pixel_unshuffle(input: Any, downscale_factor: int) -> Tensor:
    """Return (..., channels, height * r, width * r) as (..., channels * r^2, height, width)."""
    (*lead, channels, height, width), r = tuple(input.shape), downscale_factor
    if height % r or width % r:
        raise ShapeError(f"height {height} and width {width} are no multiples of {r}")
    parts = ops.reshape(input, shape=(*lead, channels, height // r, r, width // r, r))
    moved = ops.permute_dims(parts, axes=_last_five(len(lead), (0, 2, 4, 1, 3)))
    return ops.reshape(moved, shape=(*lead, channels * r * r, height // r, width // r))


def _last_five(before: int, order: tuple[int, ...]) -> tuple[int, ...]:
    return (*range(before), *(before + i for i in order))


__all__ = [
    "interpolate",
    "pixel_shuffle",
    "pixel_unshuffle",
]
