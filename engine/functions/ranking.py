"""Entries by their rank along a dimension, and the places that an order gives them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, OutOfRangeError, ShapeError

from .. import ops
from ..ops.ranking import place_of_rank, places_of_leading
from ..ops.sorting import order_of
from ..shapes import normalise_axes
from ..variable import Variable, array_of, untracked
from .arguments import filled_axis, numpy_names
from .indexing import getitem
from .rearrangement import unsqueeze
from .sorting import Selection

if TYPE_CHECKING:
    from ..tensor import Tensor

INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


class TopkResult(Selection):
    """What ``topk`` returns."""


class KthvalueResult(Selection):
    """What ``kthvalue`` returns."""


class MedianResult(Selection):
    """What ``median(dim)`` returns."""


def _along(input: Any, dim: int, part: Any) -> tuple[Any, ...]:
    """Return the index of a part along a dimension."""
    return (slice(None),) * normalise_axes(dim, input.array.ndim)[0] + (part,)


def _vector(input: Any) -> Any:
    """Return a number as a vector of one entry, which can be ordered."""
    return input if input.array.ndim else ops.reshape(input, shape=(1,))


def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> TopkResult:  # noqa: ARG001
    """Return the ``k`` largest entries along ``dim``, or the smallest, in order, and where they stand."""
    values = ops.topk(input, k=k, axis=dim, largest=largest)
    return TopkResult(values, untracked(places_of_leading(input.array, k, dim, largest=largest), input))


def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> KthvalueResult:
    """Return the ``k``-th smallest entry along ``dim``, counted from 1, and where it stands."""
    values = ops.kthvalue(input, k=k, axis=dim, keepdims=keepdim)
    return KthvalueResult(values, untracked(place_of_rank(input.array, k, dim).reshape(values.array.shape), input))


def median(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the middle entry, the lower one of two; with ``dim``, those along it and where they stand.

    Among NaN it is NaN.
    """
    if dim is None:
        return ops.median(input) if input.array.size else ops.mean(input)
    if not input.array.ndim:
        return MedianResult(input, untracked(np.int64(0), input))
    values = ops.median(input, axis=dim, keepdims=keepdim)
    middle = (input.array.shape[normalise_axes(dim, input.array.ndim)[0]] + 1) // 2
    places, is_nan = place_of_rank(input.array, middle, dim), np.isnan(input.array)
    places = np.where(is_nan.any(dim, keepdims=True), np.argmax(is_nan, dim, keepdims=True), places)
    return MedianResult(values, untracked(places.reshape(values.array.shape), input))


def nanmedian(input: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return :func:`median` of the entries that are numbers; where there is none, NaN."""
    is_number = ~np.isnan(input.array)
    if dim is None:
        return median(getitem(ops.reshape(input, shape=(-1,)), is_number.ravel()))
    if not input.array.ndim:
        return MedianResult(input, untracked(np.int64(0), input))
    (axis,) = normalise_axes(dim, input.array.ndim)
    ranks = np.maximum(np.count_nonzero(is_number, axis=axis, keepdims=True) - 1, 0) // 2
    # NaN come last in an order
    places = np.take_along_axis(order_of(input.array, axis, descending=False), ranks, axis)
    values = ops.take_along_axis(input, places, axis=axis)
    shape = places.shape if keepdim else places.shape[:axis] + places.shape[axis + 1 :]
    return MedianResult(ops.reshape(values, shape=shape), untracked(places.reshape(shape), input))


def quantile(
    input: Any, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """Return the value below which a share ``q`` of the entries along ``dim`` lies, between two of them by a line.

    For several shares, a vector, the results are along a first dimension. Among NaN it is NaN.
    """
    shares = np.asarray(array_of(q), np.float64)
    if input.array.dtype.kind != "f":
        raise DtypeError(f"quantile needs a floating dtype, not {input.array.dtype.name}; convert with .float()")
    if interpolation not in INTERPOLATIONS:
        raise ArgumentError(f"interpolation is {interpolation!r}, but must be one of {', '.join(INTERPOLATIONS)}")
    if shares.ndim > 1 or not ((shares >= 0) & (shares <= 1)).all():
        raise ArgumentError(f"q is a number from 0 to 1, or a vector of them, not {shares.tolist()}")
    if shares.ndim:
        found = [quantile(input, each, dim, keepdim, interpolation=interpolation) for each in shares.tolist()]
        return ops.stack(*found, axis=0)
    flat = ops.reshape(input, shape=(-1,)) if dim is None else _vector(input)
    axis = normalise_axes(0 if dim is None else dim, flat.array.ndim)[0]
    result = _between(flat, axis, shares.item(), interpolation)
    spoilt = np.isnan(flat.array).any(axis=axis)
    if spoilt.any():
        result = ops.where(spoilt, np.nan, result)
    if not keepdim:
        return ops.reshape(result, shape=()) if not input.array.ndim else result
    return ops.reshape(result, shape=(1,) * input.array.ndim) if dim is None else unsqueeze(result, axis)


def _between(x: Any, axis: int, share: float, interpolation: str) -> Any:
    """Return what stands at a share of the way through the sorted entries."""
    size = x.array.shape[axis]
    if not size:
        raise ShapeError(f"shape {x.array.shape} has no entries along dimension {axis}, of which there is no quantile")
    place = share * (size - 1)
    in_order = ops.sort(x, axis=axis, descending=False)

    def entry(number: int) -> Any:
        return ops.getitem(in_order, index=_along(x, axis, number))

    whole = {"lower": math.floor(place), "higher": math.ceil(place), "nearest": round(place)}.get(interpolation)
    if whole is not None or place.is_integer():
        return entry(int(place) if whole is None else whole)
    low, high = entry(math.floor(place)), entry(math.ceil(place))
    weight = 0.5 if interpolation == "midpoint" else place - math.floor(place)
    return low + (high - low) * weight


def msort(input: Any) -> Tensor:
    """Return the entries sorted along the first dimension."""
    return ops.sort(input, axis=0, descending=False)


def partition(input: Any, kth: Any, axis: int = -1) -> Tensor:
    """Return the entries along ``axis`` so that none before the place ``kth`` is larger, and none behind smaller.

    Of the orders that NumPy's ``partition`` may return it is the ascending one, the same for every ``kth``.
    Raises ``OutOfRangeError`` where there is no such place.
    """
    size = input.array.shape[normalise_axes(axis, input.array.ndim)[0]]
    outside = [place for place in np.ravel(kth).tolist() if not -size <= place < size]
    if outside:
        raise OutOfRangeError(f"kth is {outside[0]}, but there are {size} entries")
    return ops.sort(input, axis=axis, descending=False)


def argsort(input: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:  # noqa: ARG001
    """Return the places of the entries in order along ``dim``; equal entries keep their order."""
    axis = normalise_axes(dim, max(1, input.array.ndim))[0]
    return untracked(order_of(input.array, axis, descending=descending), input)


@numpy_names
def argmax(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return the first place of the largest entry, along ``dim`` or of the flat tensor."""
    return untracked(np.argmax(input.array, axis=filled_axis(input, dim), keepdims=keepdim), input)


@numpy_names
def argmin(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return the first place of the smallest entry, along ``dim`` or of the flat tensor."""
    return untracked(np.argmin(input.array, axis=filled_axis(input, dim), keepdims=keepdim), input)


def searchsorted(sorted_sequence: Any, input: Any, *, right: bool = False, side: str | None = None) -> Tensor:
    """Return where values would be put in along the last dimension of sorted ones: before equal ones, or behind.

    The other dimensions of a sequence that has several are those of the values.
    """
    if side not in (None, "left", "right") or (right and side == "left"):
        raise ArgumentError(f"side is left or right, and agrees with right={right}, not {side!r}")
    how: Any = side or ("right" if right else "left")
    order, values = array_of(sorted_sequence), array_of(input)
    kind = type(input) if isinstance(input, Variable) else type(sorted_sequence)
    if order.ndim == 1:
        return kind.wrap(np.asarray(np.searchsorted(order, values, how)))
    if order.shape[:-1] != values.shape[:-1]:
        raise ShapeError(
            f"the sequences have shape {order.shape}, but the values {values.shape}: the first sizes differ"
        )
    pairs = zip(order.reshape(-1, order.shape[-1]), values.reshape(-1, values.shape[-1]), strict=True)
    return kind.wrap(np.array([np.searchsorted(row, each, how) for row, each in pairs]).reshape(values.shape))


def bucketize(input: Any, boundaries: Any, *, right: bool = False) -> Tensor:
    """Return which interval between boundaries each value lies in, a boundary being in that below, or above it."""
    return searchsorted(boundaries, input, right=right)


__all__ = [
    "argmax",
    "argmin",
    "argsort",
    "bucketize",
    "kthvalue",
    "median",
    "msort",
    "nanmedian",
    "partition",
    "quantile",
    "searchsorted",
    "topk",
]
