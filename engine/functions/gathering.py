"""Entries taken from places that a tensor names, and put there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import DtypeError, OutOfRangeError, ShapeError

from .. import ops
from ..data import number_from
from ..shapes import broadcast, normalise_axes
from ..variable import Array, Variable, array_of
from .arguments import whole
from .indexing import flat_places, getitem, wrapped
from .operands import tensor_of

if TYPE_CHECKING:
    from ..tensor import Tensor


def gather(input: Any, dim: int, index: Any) -> Tensor:
    """Return, for each place of ``index``, the entry that it names along ``dim``, in the other dimensions its own."""
    return ops.take_along_axis(input, places_within(array_of(index), _size(input, dim)), axis=dim)


def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Tensor:
    """Return :func:`gather` of a tensor and indices that broadcast together, of the flat tensor without ``dim``."""
    if dim is None:
        return take(input, array_of(indices).ravel())
    shape, places = input.array.shape, wrapped(array_of(indices), _size(input, dim))
    (axis,) = normalise_axes(dim, len(shape))
    if places.ndim != len(shape):
        raise ShapeError(f"the indices have shape {places.shape}, but must have {len(shape)} dimensions")
    both = broadcast(_with(shape, axis, 1), _with(places.shape, axis, 1))
    widened = ops.broadcast_to(input, shape=_with(both, axis, shape[axis]))
    spread = np.broadcast_to(places, _with(both, axis, places.shape[axis]))
    return ops.take_along_axis(widened, spread, axis=axis)


def _with(shape: tuple[int, ...], axis: int, size: int) -> tuple[int, ...]:
    return (*shape[:axis], size, *shape[axis + 1 :])


def take(input: Any, index: Any) -> Tensor:
    """Return the entries of the flat tensor that ``index`` names, in its shape."""
    return ops.index(input, wrapped(array_of(index), input.array.size), start=0)


def scatter(input: Any, dim: int, index: Any, src: Any) -> Tensor:
    """Return a copy in which the entries of ``src``, a tensor or a number, stand where ``index`` says along ``dim``.

    Where several go to one place, the last stays.
    """
    places = places_within(tensor_of("scatter", index).array, _size(input, dim))
    return ops.scatter(input, places, values_for(input, places, src), axis=dim)


def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Tensor:
    """Return a copy to which the entries of ``src`` have been added where ``index`` says along ``dim``."""
    places = places_within(tensor_of("scatter_add", index).array, _size(input, dim))
    return ops.scatter_add(input, places, values_for(input, places, src), axis=dim)


def values_for(input: Any, places: Array, src: Any) -> Any:
    """Return one value for each place: the first ones of a larger tensor."""
    if not isinstance(src, Variable):
        return np.full(places.shape, number_from(src, "src"), input.array.dtype)
    if src.array.dtype != input.array.dtype:
        raise DtypeError(f"src has dtype {src.array.dtype.name}, but must have {input.array.dtype.name}")
    if src.array.shape == places.shape:
        return src
    if src.array.ndim != places.ndim or any(n > most for n, most in zip(places.shape, src.array.shape, strict=True)):
        raise ShapeError(f"src has shape {src.array.shape}, too small for the indices, {places.shape}")
    return ops.getitem(src, index=tuple(slice(n) for n in places.shape))


def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: float = 1) -> Tensor:
    """Return a copy with ``alpha`` times the slices of ``source`` added to those along ``dim`` that ``index`` names."""
    tensor_of("index_add", source)
    places = places_within(tensor_of("index_add", index).array, _size(input, dim))
    scaled = source if alpha == 1 else ops.multiply(source, alpha)
    return ops.add(input, ops.index_add(scaled, places, axis=dim, size=_size(input, dim)))


def index_put(input: Any, indices: tuple[Any, ...], values: Any, accumulate: bool = False) -> Tensor:
    """Return a copy in which ``values``, broadcast, stand at ``input[indices]``, or are added there.

    Where several go to one place and are not added, the last stays.
    """
    if not isinstance(indices, list | tuple) or not all(isinstance(each, Variable) for each in indices):
        raise DtypeError(f"index_put takes a tuple of tensors as indices, not {indices!r}")
    tensor_of("index_put", values)
    shape = input.array.shape
    parts = [np.asarray(array_of(each)) for each in indices]
    whole = [slice(None)] * (len(shape) - sum(each.ndim if each.dtype.kind == "b" else 1 for each in parts))
    if not accumulate:
        return with_values_at(input, [*parts, *whole], values)
    places, _ = flat_places(shape, [*parts, *whole])
    return ops.index_put(input, places, ops.broadcast_to(values, shape=places.shape), start=0)


def with_values_at(input: Any, parts: Sequence[Any], values: Any) -> Tensor:
    """Return a copy in which ``values``, broadcast, stand at an index of arrays and whole slices."""
    shape = input.array.shape
    places, start = flat_places(shape, parts)
    lead, count = shape[:start], places.size
    spread = ops.reshape(ops.broadcast_to(values, shape=(*lead, *places.shape)), shape=(*lead, count))
    rows = ops.reshape(input, shape=(*lead, math.prod(shape[start:])))
    put = ops.scatter(rows, np.broadcast_to(places.ravel(), (*lead, count)), spread, axis=-1)
    return ops.reshape(put, shape=shape)


def index_copy(input: Any, dim: int, index: Any, source: Any) -> Tensor:
    """Return a copy with the slices of ``source`` in place of those along ``dim`` that ``index`` names."""
    _check_source("index_copy", input, source)
    places = places_within(tensor_of("index_copy", index).array, _size(input, dim))
    (axis,) = normalise_axes(whole(dim), input.array.ndim)
    taken = (*input.array.shape[:axis], places.size, *input.array.shape[axis + 1 :])
    if source.array.shape != taken:
        raise OutOfRangeError(f"source has shape {source.array.shape}, but takes the place of {taken}")
    column = places.reshape(-1, *(1,) * (input.array.ndim - 1 - axis))
    return ops.scatter(input, np.broadcast_to(column, source.array.shape), source, axis=axis)


def put(input: Any, index: Any, source: Any, accumulate: bool = False) -> Tensor:
    """Return a copy with the entries of ``source`` where ``index`` says in the flat tensor, in their place or added."""
    _check_source("put", input, source)
    return put_at(input, tensor_of("put", index).array, source, accumulate)


def _check_source(name: str, input: Any, source: Any) -> None:
    if tensor_of(name, source).array.dtype != input.array.dtype:
        raise DtypeError(f"source has dtype {source.array.dtype.name}, but must have {input.array.dtype.name}")


def put_at(input: Any, places: Array, source: Any, accumulate: bool = False) -> Tensor:
    """Return :func:`put` with the places as an array."""
    places = wrapped(places, input.array.size)
    if places.size != source.array.size:
        raise OutOfRangeError(f"source has {source.array.size} entries, but there are {places.size} places")
    if accumulate:
        return ops.index_put(input, places, ops.reshape(source, shape=places.shape), start=0)
    flat, values = (ops.reshape(each, shape=(each.array.size,)) for each in (input, source))
    return ops.reshape(ops.scatter(flat, places.ravel(), values, axis=0), shape=input.array.shape)


def masked_scatter(input: Any, mask: Any, source: Any) -> Tensor:
    """Return a copy with the entries of ``source``, in order, where the mask holds."""
    _check_source("masked_scatter", input, source)
    holds = np.broadcast_to(array_of(mask), input.array.shape)
    if holds.dtype.kind != "b":
        raise DtypeError(f"a mask is of booleans, not {holds.dtype.name}")
    places = np.flatnonzero(holds)
    if source.array.size < places.size:
        raise ShapeError(f"the mask holds {places.size} times, but source has {source.array.size} entries")
    return put_at(input, places, ops.getitem(ops.reshape(source, shape=(-1,)), index=(slice(places.size),)))


def select_scatter(input: Any, src: Any, dim: int, index: int) -> Tensor:
    """Return a copy with ``src`` in place of the slice along ``dim`` with this number."""
    return _in_place_of(input, src, dim, index)


def slice_scatter(
    input: Any, src: Any, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """Return a copy with ``src`` in place of the slices along ``dim`` from ``start`` to ``end``."""
    return _in_place_of(input, src, dim, slice(start, end, step))


def _in_place_of(input: Any, src: Any, dim: int, part: Any) -> Tensor:
    numbers = np.arange(input.array.size).reshape(input.array.shape)
    places = numbers[(slice(None),) * normalise_axes(dim, input.array.ndim)[0] + (part,)]
    if src.array.shape != places.shape:
        raise ShapeError(f"src has shape {src.array.shape}, but takes the place of {places.shape}")
    return put_at(input, places, src)


def index_fill(input: Any, dim: int, index: Any, value: Any) -> Tensor:
    """Return a copy in which the slices along ``dim`` that ``index`` names are filled with one value."""
    shape = input.array.shape
    (axis,) = normalise_axes(whole(dim), len(shape))
    tensor_of("index_fill", index)
    chosen = np.zeros(shape[axis], np.bool_)
    chosen[wrapped(array_of(index), shape[axis])] = True
    return ops.where(chosen.reshape(-1, *(1,) * (len(shape) - 1 - axis)), _one(value), input)


def _one(value: Any) -> Any:
    """Return a number, or a tensor without dimensions. Raises ``ShapeError`` or ``DtypeError`` for anything else."""
    if isinstance(value, Variable) and value.array.ndim:
        raise ShapeError(f"what fills is one number, not shape {value.array.shape}")
    return value if isinstance(value, Variable) else number_from(value, "what fills")


def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """Return a copy with ``value`` wherever the mask holds."""
    if tensor_of("masked_fill", mask).array.dtype.kind != "b":
        raise DtypeError(f"a mask is of booleans, not {mask.array.dtype.name}")
    return ops.where(mask, _one(value), input)


def masked_select(input: Any, mask: Any) -> Tensor:
    """Return, in one dimension, the entries where the mask holds; tensor and mask broadcast together."""
    holds = array_of(mask)
    if holds.dtype.kind != "b":
        raise DtypeError(f"a mask is of booleans, not {holds.dtype.name}")
    shape = broadcast(input.array.shape, holds.shape)
    widened = input if input.array.shape == shape else ops.broadcast_to(input, shape=shape)
    return getitem(widened, np.broadcast_to(holds, shape))


def _size(input: Any, dim: int) -> int:
    """Return the size of a dimension, of which a number has one of size 1."""
    shape = input.array.shape
    return shape[normalise_axes(whole(dim), len(shape))[0]]


def places_within(places: Array, size: int) -> Array:
    """Return indices that count from 0. Raises ``DtypeError`` or ``OutOfRangeError`` for others."""
    if places.dtype.kind == "i" and np.any(places < 0):
        raise OutOfRangeError(f"index {places[places < 0][0]} is negative, but these indices count from 0")
    return wrapped(places, size)


__all__ = [
    "gather",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "put",
    "scatter",
    "scatter_add",
    "select_scatter",
    "slice_scatter",
    "take",
    "take_along_dim",
]
