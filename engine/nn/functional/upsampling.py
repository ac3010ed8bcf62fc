"""More pixels, from neighbours or from channels."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError, UnsupportedError

from ... import ops
from ...variable import Array, array_of
from .pooling import adaptive

if TYPE_CHECKING:
    from ...tensor import Tensor


#: The modes of interpolation, and over how many dimensions they go; 0 stands for any number.
_MODES = {"nearest": 0, "nearest-exact": 0, "area": 0, "linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}


def interpolate(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Return (batch, channels, sizes) with other sizes, or with sizes times ``scale_factor``.

    Entries are the nearest ones ("nearest", or "nearest-exact" from the middle of each), means over areas ("area"), or
    on lines ("linear", "bilinear", "trilinear") or cubics ("bicubic", of Keys, 1981, with -3/4) through neighbours.
    With ``align_corners`` the outermost entries stay, else the outer edges do. ``recompute_scale_factor`` takes the
    scale from the whole sizes. Raises ``UnsupportedError`` for ``antialias``.
    """
    rank = input.ndim - 2
    new = _new_sizes(tuple(input.shape[2:]), size, scale_factor)
    _check_mode(mode, rank, align_corners)
    if antialias:
        raise UnsupportedError("antialias is not supported")
    if mode == "area":
        return adaptive(ops.mean, rank, input, new)
    result, given = input, None if recompute_scale_factor else scale_factor
    steps = [1.0 / each for each in _one_each(given, rank)] if given is not None else [None] * rank
    for axis, (count, step) in enumerate(zip(new, steps, strict=True), start=2):
        old = input.shape[axis]
        taps = _taps(mode, old, count, old / count if step is None else step, align_corners=bool(align_corners))
        result = _added_up(result, axis, taps)
    return result


def _new_sizes(old: tuple[int, ...], size: Any, scale_factor: Any) -> tuple[int, ...]:
    if (size is None) == (scale_factor is None):
        raise ArgumentError("interpolate takes either a size or a scale_factor")
    if scale_factor is None:
        return tuple(_one_each(size, len(old)))
    return tuple(int(n * scale) for n, scale in zip(old, _one_each(scale_factor, len(old)), strict=True))


def _one_each(given: Any, rank: int) -> list[Any]:
    each = list(given) if isinstance(given, tuple | list) else [given] * rank
    if len(each) != rank:
        raise ArgumentError(f"there is one number for each of {rank} dimensions, not {given!r}")
    return each


def _check_mode(mode: str, rank: int, align_corners: bool | None) -> None:
    if mode not in _MODES:
        raise UnsupportedError(f"mode is one of {', '.join(_MODES)}, not {mode!r}")
    if _MODES[mode] not in (0, rank):
        raise UnsupportedError(f"mode {mode!r} is for {_MODES[mode]} dimensions beside batch and channels, not {rank}")
    if align_corners is not None and not _MODES[mode]:
        raise ArgumentError(f"align_corners has no meaning for mode {mode!r}")


#: Places along a dimension, and by what the entries there are multiplied; None for 1.
Taps = list[tuple[Array, Array | None]]


def _taps(mode: str, old: int, new: int, step: float, *, align_corners: bool) -> Taps:
    """Return which of ``old`` entries each of ``new`` ones is made of."""
    places = np.arange(new)
    if mode.startswith("nearest"):
        at = (places + 0.5 if mode == "nearest-exact" else places) * step
        return [(np.minimum(at.astype(np.int64), old - 1), None)]
    at = places * ((old - 1) / max(new - 1, 1)) if align_corners else (places + 0.5) * step - 0.5
    if mode != "bicubic":
        at = np.maximum(at, 0.0)
    low = np.floor(at).astype(np.int64)
    t = at - low
    if mode == "bicubic":
        weights = {
            -1: _cubic_beyond(1.0 + t),
            0: _cubic_within(t),
            1: _cubic_within(1.0 - t),
            2: _cubic_beyond(2.0 - t),
        }
    else:
        weights = {0: 1.0 - t, 1: t}
    return [(np.clip(low + k, 0, old - 1), weight) for k, weight in weights.items()]


_SLOPE = -0.75


def _cubic_within(x: Array) -> Array:
    """Return Keys' kernel at distances up to 1."""
    return ((_SLOPE + 2.0) * x - (_SLOPE + 3.0)) * x * x + 1.0


def _cubic_beyond(x: Array) -> Array:
    """Return Keys' kernel at distances from 1 to 2."""
    return _SLOPE * (((x - 5.0) * x + 8.0) * x - 4.0)


def _added_up(x: Any, axis: int, taps: Taps) -> Any:
    """Return the weighted sum of entries along ``axis``."""
    parts = []
    for places, weight in taps:
        part = ops.take(x, places, axis=axis)
        if weight is not None:
            part = part * weight.reshape(-1, *(1,) * (x.ndim - axis - 1)).astype(array_of(x).dtype)
        parts.append(part)
    return functools.reduce(ops.add, parts)


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


def channel_shuffle(input: Any, groups: int) -> Tensor:
    """Return (batch, channels, ...) with the first channels of all ``groups``, then the second ones, and so on."""
    batch, channels, *sizes = input.shape
    if groups < 1 or channels % groups:
        raise ArgumentError(f"{channels} channels do not make {groups} groups")
    parts = ops.reshape(input, shape=(batch, groups, channels // groups, *sizes))
    return ops.reshape(ops.swapaxes(parts, axis1=1, axis2=2), shape=tuple(input.shape))


def _last_five(before: int, order: tuple[int, ...]) -> tuple[int, ...]:
    return (*range(before), *(before + i for i in order))


__all__ = [
    "channel_shuffle",
    "interpolate",
    "pixel_shuffle",
    "pixel_unshuffle",
]
