"""Other shapes, other orders, arrays put together and taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import ops
from ..functions import rearrangement, repetition, splitting
from .arguments import INTEGRAL, Axis, array
from .arguments import arrays as _one_dtype

if TYPE_CHECKING:
    from ..tensor import Tensor


def broadcast_arrays(*arrays: Tensor) -> tuple[Tensor, ...]:
    """Return arrays in the one shape that they broadcast to."""
    return rearrangement.broadcast_tensors(*[array("broadcast_arrays", x) for x in arrays])


def broadcast_to(x: Tensor, /, shape: tuple[int, ...]) -> Tensor:
    """Return an array repeated to a shape."""
    return ops.broadcast_to(array("broadcast_to", x), shape=tuple(shape))


def concat(arrays: tuple[Tensor, ...] | list[Tensor], /, *, axis: int | None = 0) -> Tensor:
    """Return arrays joined along ``axis``, laid out as vectors where it is None."""
    parts = _one_dtype("concat", *arrays)
    if axis is None:
        parts = [ops.reshape(part, shape=(-1,)) for part in parts]
    return ops.concat(*parts, axis=axis or 0)


def expand_dims(x: Tensor, /, axis: int) -> Tensor:
    """Return an array with a new axis of size 1, which is the axis of this number."""
    return ops.expand_dims(array("expand_dims", x), axis=axis)


def flip(x: Tensor, /, *, axis: Axis = None) -> Tensor:
    """Return the entries in reverse order along ``axis``, along all where it is None."""
    return ops.flip(array("flip", x), axis=axis)


def moveaxis(x: Tensor, source: int | tuple[int, ...], destination: int | tuple[int, ...], /) -> Tensor:
    """Return an array with axes moved to other places, and the rest in their order."""
    return rearrangement.movedim(array("moveaxis", x), source, destination)


def permute_dims(x: Tensor, /, axes: tuple[int, ...]) -> Tensor:
    """Return an array with its axes in another order."""
    return ops.permute_dims(array("permute_dims", x), axes=tuple(axes))


def repeat(x: Tensor, repeats: int | Tensor, /, *, axis: int | None = None) -> Tensor:
    """Return each slice along ``axis``, or entry of the flat array, repeated: one number of times, or each its own."""
    counts = repeats if isinstance(repeats, int) else array("repeat", repeats, INTEGRAL)
    return repetition.repeat_interleave(array("repeat", x), counts, axis)


def reshape(x: Tensor, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Tensor:
    """Return the same entries in another shape, of which one size may be -1.

    Raises ``ShapeError`` where a copy is needed and forbidden by ``copy=False``.
    """
    if copy is False:
        return rearrangement.view(array("reshape", x), tuple(shape))
    return ops.reshape(ops.clone(array("reshape", x)) if copy else array("reshape", x), shape=tuple(shape))


def roll(x: Tensor, /, shift: int | tuple[int, ...], *, axis: Axis = None) -> Tensor:
    """Return the entries moved on along ``axis``, or laid out as one; what leaves comes in again."""
    shifts = (shift,) * len(axis) if isinstance(shift, int) and isinstance(axis, tuple) else shift
    return ops.roll(array("roll", x), shift=shifts, axis=axis)


def squeeze(x: Tensor, /, axis: int | tuple[int, ...]) -> Tensor:
    """Return an array without axes of size 1. Raises ``ShapeError`` where one has another size."""
    return ops.squeeze(array("squeeze", x), axis=axis)


def stack(arrays: tuple[Tensor, ...] | list[Tensor], /, *, axis: int = 0) -> Tensor:
    """Return arrays of one shape side by side along a new axis."""
    return ops.stack(*_one_dtype("stack", *arrays), axis=axis)


def tile(x: Tensor, repetitions: tuple[int, ...], /) -> Tensor:
    """Return copies side by side, so many along each of the last axes, or along new ones in front."""
    return ops.tile(array("tile", x), repetitions=tuple(repetitions))


def unstack(x: Tensor, /, *, axis: int = 0) -> tuple[Tensor, ...]:
    """Return the slices along ``axis``."""
    return splitting.unbind(array("unstack", x), axis)


__all__ = [
    "broadcast_arrays",
    "broadcast_to",
    "concat",
    "expand_dims",
    "flip",
    "moveaxis",
    "permute_dims",
    "repeat",
    "reshape",
    "roll",
    "squeeze",
    "stack",
    "tile",
    "unstack",
]
