"""Indexing by ``x[...]``: integers, slices and new dimensions go first, then arrays of integers and masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import IndexKindError, OutOfRangeError

from .. import ops
from ..variable import Array, Variable
from .operands import tensor_of

if TYPE_CHECKING:
    from ..tensor import Tensor

_WHOLE = slice(None)


def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """Return the slices along ``dim`` that the integers of ``index`` name."""
    if tensor_of("index_select", index).array.ndim > 1:
        raise OutOfRangeError(f"the indices of index_select have one dimension, not shape {index.array.shape}")
    return ops.take(input, index, axis=dim)


def getitem(input: Any, index: Any) -> Tensor:
    """Return ``input[index]``: a basic index, arrays of integers that broadcast together, masks, or a mixture.

    As in PyTorch an integer removes its dimension before arrays are looked at: of those that are side by side the
    dimensions come out in their place, else in front.
    Raises ``OutOfRangeError`` where the index does not fit, ``IndexKindError`` for what is no index.
    """
    view, rest = in_two_steps(input, index)
    if not rest:
        return view
    if isinstance(rest[0], np.ndarray) and rest[0].ndim == 1 and rest[0].dtype.kind == "i" and len(_arrays(rest)) == 1:
        return ops.take(view, wrapped(rest[0], view.array.shape[0]), axis=0)
    places, start = flat_places(view.array.shape, rest)
    return ops.index(view, places, start=start)


def in_two_steps(input: Any, index: Any) -> tuple[Any, list[Any]]:
    """Return what the basic parts of an index select, and what is left to select of that: arrays and whole slices.

    Nothing is left where there are no arrays.
    """
    parts = [_part(each) for each in (index if isinstance(index, tuple) else (index,))]
    if not _arrays(parts):
        return ops.getitem(input, index=tuple(parts)), []
    parts = _without_ellipsis(parts, input.array.ndim)
    basic = tuple(each for part in parts for each in _in_place_of(part))
    view = input if all(each == _WHOLE for each in basic) else ops.getitem(input, index=basic)
    return view, [part if isinstance(part, np.ndarray) else _WHOLE for part in parts if not isinstance(part, int)]


def _arrays(parts: Sequence[Any]) -> list[Array]:
    return [part for part in parts if isinstance(part, np.ndarray)]


def flat_places(shape: Sequence[int], parts: Sequence[Any]) -> tuple[Array, int]:
    """Return which entries an index of arrays and whole slices names, numbered in the dimensions from one on, and that.

    Raises ``OutOfRangeError`` or ``ShapeError`` where the index does not fit the shape.
    """
    start = _first_of_neighbours(parts)
    sizes = tuple(shape)[start:]
    steps = np.cumprod([1, *sizes[:0:-1]], dtype=np.int64)[::-1]
    numbers = (np.arange(n).reshape(n, *(1,) * (len(sizes) - 1 - i)) for i, n in enumerate(sizes))
    # a number has one place, which masks without dimensions select
    outlines = [np.broadcast_to(each, sizes) for each in numbers] or [np.zeros((), np.int64)]
    try:
        found = [outline[tuple(parts[start:])] for outline in outlines]
    except IndexError as error:
        raise OutOfRangeError(f"the index does not fit shape {tuple(shape)}: {error}") from error
    return np.asarray(sum(step * each for step, each in zip(steps.tolist(), found, strict=True)), np.int64), start


def _first_of_neighbours(parts: Sequence[Any]) -> int:
    """Return the place of the first array where all arrays stand side by side, else 0."""
    places = [i for i, part in enumerate(parts) if isinstance(part, np.ndarray)]
    return places[0] if places[-1] - places[0] == len(places) - 1 else 0


def _without_ellipsis(parts: list[Any], ndim: int) -> list[Any]:
    """Return an index with as many whole slices in place of an ellipsis, or behind, as dimensions are left."""
    missing = ndim - sum(_consumed(part) for part in parts)
    marks = [i for i, part in enumerate(parts) if part is Ellipsis]
    if missing < 0 or len(marks) > 1:
        raise OutOfRangeError(f"too many indices for {ndim} dimensions" if missing < 0 else "'...' stands there twice")
    at = marks[0] if marks else len(parts)
    return [*parts[:at], *[_WHOLE] * missing, *parts[at + 1 :]]


def _consumed(part: Any) -> int:
    """Return how many dimensions a part of an index stands for."""
    if isinstance(part, np.ndarray):
        return part.ndim if part.dtype.kind == "b" else 1
    return 0 if part is None or part is Ellipsis else 1


def _in_place_of(part: Any) -> list[Any]:
    """Return what a part is in the basic index that goes first: for an array, whole dimensions."""
    return [_WHOLE] * _consumed(part) if isinstance(part, np.ndarray) else [part]


def wrapped(places: Array, size: int) -> Array:
    """Return indices of which negative ones have been counted from the end.

    Raises ``IndexKindError`` for what are no integers, ``OutOfRangeError`` where there is no such place.
    """
    if places.dtype.kind != "i":
        raise IndexKindError(f"indices are integers, not {places.dtype.name}")
    outside = places[(places < -size) | (places >= size)]
    if outside.size:
        raise OutOfRangeError(f"index {outside[0]} is out of range for a dimension of size {size}")
    return np.where(places < 0, places + size, places).astype(np.int64, copy=False)


def _part(part: Any) -> Any:
    """Return a part of an index as an integer, a slice, None, an ellipsis, or an array of integers or booleans."""
    if isinstance(part, Variable):
        part = part.array
    if isinstance(part, list | tuple | range | bool | np.bool_ | np.ndarray):
        array = _array(part)
        if array.dtype.kind in "ib":
            return array.item() if not array.ndim and array.dtype.kind == "i" else array
    if isinstance(part, np.integer):
        part = int(part)
    if part is None or part is Ellipsis or (isinstance(part, int | slice) and not isinstance(part, bool)):
        return part
    raise IndexKindError(
        f"an index of type {type(part).__name__} is not supported; "
        "use integers, slices, None, '...', and lists, arrays or tensors of integers or booleans"
    )


def _array(part: Any) -> Array:
    """Return numbers as an array, of which those of an empty list are integers."""
    if isinstance(part, list | tuple):
        part = [each.array if isinstance(each, Variable) else each for each in part]
    array = np.asarray(part)
    return array.astype(np.int64) if array.dtype.kind == "i" or (isinstance(part, list) and not array.size) else array


__all__ = [
    "index_select",
]
