"""Entries taken from places that are computed, and put there.

Where the indices depend on no leaf JAX itself tells the places: its gather is run on the numbers of the entries.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from jax import lax

from gradproof.engine import ops
from gradproof.engine.variable import Array, array_of
from gradproof.errors import UnsupportedError

from ...rules import Rule
from .whole import are_equal, as_number, number


def _numbers(x: Any) -> Array:
    """Return the number of each entry in memory order."""
    return np.arange(array_of(x).size).reshape(array_of(x).shape)


def _gathered(numbers: Array, indices: Array, **params: Any) -> Array:
    """Return what JAX gathers; -1 stands where it fills in."""
    return np.asarray(lax.gather(numbers, indices, fill_value=-1, **params), np.int64)


def _at(x: Any, places: Array) -> Any:
    """Return the entries with these numbers, NaN for those that are negative, as JAX fills in."""
    entries = ops.index(x, np.maximum(places, 0), start=0)
    return ops.where(places >= 0, entries, number(np.nan, array_of(x).dtype)) if (places < 0).any() else entries


def _chosen(x: Any, places: Any) -> Any:
    """Return the entries whose numbers are computed: each is compared with all."""
    size = array_of(x).size
    is_it = are_equal(ops.expand_dims(places, axis=-1), np.arange(size))
    flat = ops.reshape(x, shape=(size,))
    return ops.sum(ops.where(is_it, flat, number(0, array_of(x).dtype)), axis=-1)


def _strides(shape: Sequence[int]) -> list[int]:
    return [math.prod(shape[place + 1 :]) for place in range(len(shape))]


def _gather(
    x: Any, indices: Any, *, dimension_numbers: Any, slice_sizes: Sequence[int], mode: Any, fill_value: Any, **_: Any
) -> Any:
    how = {"dimension_numbers": dimension_numbers, "slice_sizes": tuple(map(int, slice_sizes)), "mode": mode}
    if isinstance(indices, np.ndarray):
        places = _gathered(_numbers(x), indices, **how)
        if (places < 0).any() and fill_value is not None and not np.isnan(fill_value):
            raise UnsupportedError(f"an index is out of bounds, which is filled with {fill_value}; use NaN")
        return _at(x, places)
    starts = _gathered(_numbers(x), np.zeros(array_of(indices).shape, np.int64), **how)
    inner = set(map(int, dimension_numbers.offset_dims))
    outer = iter(array_of(indices).shape[:-1])
    spread = tuple(1 if place in inner else next(outer) for place in range(starts.ndim))
    steps, places = _strides(array_of(x).shape), starts.astype(np.float64)
    for number_of_index, dimension in enumerate(map(int, dimension_numbers.start_index_map)):
        last = array_of(x).shape[dimension] - how["slice_sizes"][dimension]
        index = as_number(ops.getitem(indices, index=(..., number_of_index)))
        within = ops.minimum(ops.maximum(index, number(0)), number(last))
        places = ops.add(places, ops.multiply(ops.reshape(within, shape=spread), number(steps[dimension])))
    return _chosen(x, places)


def _dynamic_slice(x: Any, *starts: Any, slice_sizes: Sequence[int]) -> Any:
    shape = array_of(x).shape
    last = [n - size for n, size in zip(shape, slice_sizes, strict=True)]
    if all(isinstance(start, np.ndarray) for start in starts):
        return ops.getitem(x, index=_window(starts, last, slice_sizes))
    places: Any = _numbers(x)[tuple(map(slice, slice_sizes))].astype(np.float64)
    for start, most, step in zip(starts, last, _strides(shape), strict=True):
        within = ops.minimum(ops.maximum(as_number(start), number(0)), number(most))
        places = ops.add(places, ops.multiply(within, number(step)))
    return _chosen(x, places)


def _window(starts: Sequence[Any], last: Sequence[int], sizes: Sequence[int]) -> tuple[slice, ...]:
    """Return the index of a window, which is moved inside where it begins too early or too late."""
    first = [min(max(int(start), 0), most) for start, most in zip(starts, last, strict=True)]
    return tuple(slice(start, start + size) for start, size in zip(first, sizes, strict=True))


def _dynamic_update_slice(x: Any, update: Any, *starts: Any) -> Any:
    if not all(isinstance(start, np.ndarray) for start in starts):
        raise UnsupportedError("where it writes depends on the arguments")
    sizes = array_of(update).shape
    last = [n - size for n, size in zip(array_of(x).shape, sizes, strict=True)]
    return ops.overwrite(x, update, index=_window(starts, last, sizes))


def _targets(x: Any, indices: Any, updates: Any, dimension_numbers: Any, mode: Any) -> Array:
    """Return the number of the entry that each update goes to, -1 for those that are dropped."""
    if not isinstance(indices, np.ndarray):
        raise UnsupportedError("where it writes depends on the arguments")
    batching = tuple(getattr(dimension_numbers, "operand_batching_dims", ()))  # JAX has it since 0.4.32
    alone, window = {*dimension_numbers.inserted_window_dims, *batching}, iter(dimension_numbers.update_window_dims)
    shape = array_of(updates).shape
    sizes = tuple(1 if place in alone else shape[next(window)] for place in range(array_of(x).ndim))
    gathering = lax.GatherDimensionNumbers(
        offset_dims=dimension_numbers.update_window_dims,
        collapsed_slice_dims=dimension_numbers.inserted_window_dims,
        start_index_map=dimension_numbers.scatter_dims_to_operand_dims,
    )
    if batching:
        gathering = gathering._replace(
            operand_batching_dims=batching,
            start_indices_batching_dims=dimension_numbers.scatter_indices_batching_dims,
        )
    return _gathered(_numbers(x), indices, dimension_numbers=gathering, slice_sizes=sizes, mode=mode)


def _scatter(put: Callable[[Any, Array, Any], Any]) -> Rule:
    def rule(x: Any, indices: Any, updates: Any, *, dimension_numbers: Any, mode: Any, **_: Any) -> Any:
        targets = _targets(x, indices, updates, dimension_numbers, mode).ravel()
        kept = np.flatnonzero(targets >= 0)
        return put(x, targets[kept], ops.index(updates, kept, start=0))

    return rule


def _put(x: Any, places: Array, values: Any) -> Any:
    flat = ops.reshape(x, shape=(array_of(x).size,))
    return ops.reshape(ops.scatter(flat, places, values, axis=0), shape=array_of(x).shape)


def _combined(combine: Callable[..., Any]) -> Callable[[Any, Array, Any], Any]:
    """Return what puts a combination of each entry and its update in the place of the entry."""

    def put(x: Any, places: Array, values: Any) -> Any:
        if np.unique(places).size != places.size:
            raise UnsupportedError("several updates go to one place")
        return _put(x, places, combine(ops.index(x, places, start=0), values))

    return put


def _add(x: Any, places: Array, values: Any) -> Any:
    return ops.index_put(x, places, values, start=0)


RULES: dict[str, Rule] = {
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "gather": _gather,
    "scatter": _scatter(_put),
    "scatter-add": _scatter(_add),
    "scatter-max": _scatter(_combined(ops.maximum)),
    "scatter-min": _scatter(_combined(ops.minimum)),
    "scatter-mul": _scatter(_combined(ops.multiply)),
    "scatter-sub": _scatter(lambda x, places, values: _add(x, places, ops.negative(values))),
}
