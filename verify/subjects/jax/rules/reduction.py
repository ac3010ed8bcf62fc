"""Reductions, scans, windows and orders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradproof.engine import ops, truth
from gradproof.engine.variable import Array, array_of
from gradproof.errors import UnsupportedError

from ...rules import Rule
from .pointwise import of_truths
from .whole import are_equal, as_number, number


def _reduction(op: Callable[..., Any]) -> Rule:
    def rule(x: Any, *, axes: Sequence[int], **_: Any) -> Any:
        return op(x, axis=tuple(int(axis) for axis in axes)) if axes else x

    return rule


def _scan(op: Callable[..., Any]) -> Rule:
    def rule(x: Any, *, axis: int, reverse: bool) -> Any:
        if not reverse:
            return op(x, axis=axis)
        return ops.flip(op(ops.flip(x, axis=axis), axis=axis), axis=axis)

    return rule


def _last(x: Any, axis: int) -> Any:
    """Return ``x`` with an axis moved to the end."""
    places = [place for place in range(array_of(x).ndim) if place != axis]
    return ops.permute_dims(x, axes=(*places, axis))


def _back(x: Any, axis: int) -> Any:
    """Return ``x`` with the last axis moved to a place."""
    count = array_of(x).ndim
    places = list(range(count - 1))
    return ops.permute_dims(x, axes=(*places[:axis], count - 1, *places[axis:]))


def _ranks(rows: Any, *, descending: bool) -> Any:
    """Return how many entries of its row stand before each in order: smaller ones, and equal ones to its left.

    No entry is compared with itself, which would be a tie.
    """
    size = array_of(rows).shape[-1]
    if size < 2:
        return np.zeros(array_of(rows).shape)
    others = np.array([[place for place in range(size) if place != own] for own in range(size)])
    is_left = others < np.arange(size)[:, np.newaxis]
    before, own = ops.index(rows, others, start=array_of(rows).ndim - 1), ops.expand_dims(rows, axis=-1)
    strict, lax = (ops.greater, ops.greater_equal) if descending else (ops.less, ops.less_equal)
    stands = ops.where(is_left, as_number(lax(before, own)), as_number(strict(before, own)))
    return ops.sum(stands, axis=-1)


def _in_order(rows: Any, ranks: Any, count: int) -> Any:
    """Return the entries of each row by their ranks, the first ``count`` of them."""
    is_there = are_equal(ops.expand_dims(ranks, axis=-2), np.arange(count)[:, np.newaxis])
    entries = ops.expand_dims(rows, axis=-2)
    return ops.sum(ops.where(is_there, entries, number(0, array_of(rows).dtype)), axis=-1)


def _places(rows: Any) -> Array:
    """Return the place of each entry in its row."""
    shape = array_of(rows).shape
    return np.array(np.broadcast_to(np.arange(shape[-1]), shape))


def _extreme_place(*, descending: bool, whole: bool = False) -> Rule:
    """Return the first place of the largest entry, or the smallest; ``whole`` entries, often equal, are moved apart."""

    def rule(x: Any, *, axes: Sequence[int], **_: Any) -> Any:
        rows = _last(as_number(x) if whole else x, int(axes[0]))
        if whole:
            apart = np.linspace(0.0, 0.5, array_of(rows).shape[-1])
            rows = ops.subtract(rows, apart) if descending else ops.add(rows, apart)
        first = _in_order(_places(rows), _ranks(rows, descending=descending), 1)
        return ops.squeeze(first, axis=-1)

    return rule


def _sort(*operands: Any, dimension: int, num_keys: int, **_: Any) -> Any:
    """Sort by the first operand, and the others along with it."""
    if num_keys != 1:
        raise UnsupportedError(f"it sorts by {num_keys} keys; sort by one")
    if len(operands) == 1:
        return ops.sort(operands[0], axis=dimension)
    key, *others = operands
    if isinstance(key, np.ndarray):
        order = np.argsort(key, axis=dimension, kind="stable")
        return [np.take_along_axis(key, order, dimension), *(_along(x, order, dimension) for x in others)]
    ranks, size = _ranks(_last(key, dimension), descending=False), array_of(key).shape[dimension]
    moved = [_back(_in_order(_last(x, dimension), ranks, size), dimension) for x in others]
    return [ops.sort(key, axis=dimension), *moved]


def _along(x: Any, order: Array, axis: int) -> Any:
    return np.take_along_axis(x, order, axis) if isinstance(x, np.ndarray) else ops.take_along_axis(x, order, axis=axis)


def _top_k(x: Any, *, k: int, axis: int = -1, **_: Any) -> list[Any]:
    """Return the largest entries in order, and their places."""
    rows = _last(x, axis % array_of(x).ndim)
    places = _in_order(_places(rows), _ranks(rows, descending=True), k)
    return [ops.topk(x, k=k, axis=axis), _back(places, axis % array_of(x).ndim)]


def _window(op: Callable[..., Any], filling: float) -> Rule:
    """Return a reduction of each window, of which padding counts as ``filling``."""

    def rule(
        x: Any,
        *,
        window_dimensions: Sequence[int],
        window_strides: Sequence[int],
        padding: Sequence[tuple[int, int]],
        base_dilation: Sequence[int],
        window_dilation: Sequence[int],
    ) -> Any:
        if set(base_dilation) - {1} or any(width < 0 for pair in padding for width in pair):
            raise UnsupportedError("windows over dilated or cut arrays are not supported; pad first")
        places = np.pad(np.arange(array_of(x).size).reshape(array_of(x).shape), padding, constant_values=-1)
        for axis, (size, step, apart) in enumerate(
            zip(window_dimensions, window_strides, window_dilation, strict=True)
        ):
            starts = np.arange(0, places.shape[axis] - apart * (size - 1), step)
            window = starts[:, np.newaxis] + apart * np.arange(size)
            places = np.moveaxis(np.take(places, window, axis=axis), axis + 1, -1)
        entries = ops.index(x, np.maximum(places, 0), start=0)
        if (places < 0).any():
            entries = ops.where(places >= 0, entries, number(filling, array_of(x).dtype))
        return op(entries, axis=tuple(range(-len(window_dimensions), 0)))

    return rule


RULES: dict[str, Rule] = {
    "argmax": _extreme_place(descending=True),
    "argmin": _extreme_place(descending=False),
    "cumlogsumexp": _scan(ops.logcumsumexp),
    "cummax": _scan(ops.cumulative_max),
    "cummin": _scan(ops.cumulative_min),
    "cumprod": _scan(ops.cumulative_prod),
    "cumsum": _scan(ops.cumulative_sum),
    "reduce_and": of_truths(truth.all),
    "reduce_max": _reduction(ops.amax),
    "reduce_min": _reduction(ops.amin),
    "reduce_or": of_truths(truth.any),
    "reduce_prod": _reduction(ops.prod),
    "reduce_sum": _reduction(ops.sum),
    "reduce_window_max": _window(ops.amax, -np.inf),
    "reduce_window_min": _window(ops.amin, np.inf),
    "reduce_window_sum": _window(ops.sum, 0.0),
    "sort": _sort,
    "top_k": _top_k,
}

#: Of primitives that jump: what they compute of whole numbers and truth values.
WHOLE: dict[str, Rule] = {
    "argmax": _extreme_place(descending=True, whole=True),
    "argmin": _extreme_place(descending=False, whole=True),
}
