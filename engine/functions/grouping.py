"""Entries brought together: distinct values and how often they occur, and reductions of all that go to one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, OutOfRangeError, ShapeError

from .. import ops
from ..ops.gathering import grid
from ..shapes import normalise_axes
from ..variable import Array, array_of, untracked
from .arithmetic import div
from .gathering import places_within, values_for

if TYPE_CHECKING:
    from ..tensor import Tensor


# --- distinct values: they carry no derivative


def unique(
    input: Any,
    sorted: bool = True,  # noqa: ARG001 - PyTorch has it; here they always are
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """Return the distinct entries in ascending order, or the distinct slices along ``dim``; each NaN is one of its own.

    With ``return_inverse`` also which of them each entry is, with ``return_counts`` how often each occurs.
    """
    values, inverse, counts = np.unique(input.array, return_inverse=True, return_counts=True, axis=dim, equal_nan=False)
    return _asked(input, values, inverse, counts, dim, return_inverse, return_counts)


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """Return the entries, or the slices along ``dim``, without those that equal the one before.

    The rest is as in :func:`unique`.
    """
    x = input.array.ravel() if dim is None else np.moveaxis(input.array, dim, 0)
    begins = np.ones(len(x), bool)
    begins[1:] = np.any(x[1:] != x[:-1], axis=tuple(range(1, x.ndim)))
    starts = np.flatnonzero(begins)
    counts = np.diff(np.append(starts, len(x)))
    values = x[starts] if dim is None else np.moveaxis(x[starts], 0, dim)
    return _asked(input, values, np.cumsum(begins) - 1, counts, dim, return_inverse, return_counts)


def _asked(
    input: Any, values: Array, inverse: Array, counts: Array, dim: int | None, with_inverse: bool, with_counts: bool
) -> Any:
    found = [values]
    if with_inverse:
        found.append(inverse.reshape(input.array.shape if dim is None else -1))
    if with_counts:
        found.append(counts)
    tensors = tuple(untracked(each, input) for each in found)
    return tensors if len(tensors) > 1 else tensors[0]


def bincount(input: Any, weights: Any = None, minlength: int = 0) -> Tensor:
    """Return how often each integer from 0 on occurs in a vector, or the sums of the ``weights`` of its occurrences.

    The derivative goes to the weights. Raises ``ArgumentError`` for what is no vector of such integers, or for a
    negative ``minlength``, which is how many results there are at least.
    """
    places = input.array
    if places.ndim != 1 or places.dtype.kind not in "iu" or np.any(places < 0):
        raise ArgumentError(
            f"bincount takes a vector of integers that are not negative, not {places.dtype.name} of {places.shape}"
        )
    if minlength < 0:
        raise ArgumentError(f"minlength must not be negative, but is {minlength}")
    if weights is None:
        return untracked(np.bincount(places, minlength=minlength), input)
    if weights.shape != places.shape:
        raise ShapeError(f"there are {places.size} integers, but weights of shape {tuple(weights.shape)}")
    summands = weights if array_of(weights).dtype.kind == "f" else ops.astype(weights, dtype="float64")
    size = max(minlength, int(places.max(initial=-1)) + 1)
    return ops.index_add(summands, places.astype(np.int64), axis=0, size=size)


# --- reductions


def scatter_reduce(input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Tensor:
    """Return a copy in which the entries of ``src`` that go to one place, as ``index`` says along ``dim``, are reduced.

    ``reduce`` is "sum", "prod", "mean", "amax" or "amin"; with ``include_self`` the entry that is there takes part.
    Entries that tie share the derivative of the last two. For "prod", "amax" and "amin" every place has memory for as
    many entries as go to one at most.
    """
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise ArgumentError(f"reduce is sum, prod, mean, amax or amin, not {reduce!r}")
    shape = input.array.shape
    places = places_within(array_of(index), shape[normalise_axes(dim, len(shape))[0]])
    values = values_for(input, places, src)
    targets = np.arange(input.array.size).reshape(shape)[grid(places, dim)].ravel()
    counts = np.bincount(targets, minlength=input.array.size).reshape(shape)
    if reduce not in ("sum", "mean"):
        return _of_members(reduce, input, values, targets, include_self | (counts == 0))
    start = input if include_self else ops.where(counts > 0, np.zeros((), input.array.dtype), input)
    total = ops.scatter_add(start, places, values, axis=dim)
    if reduce == "sum":
        return total
    members = counts + 1 if include_self else np.maximum(counts, 1)
    is_whole = input.array.dtype.kind != "f"
    return div(total, members.astype(input.array.dtype), rounding_mode="floor" if is_whole else None)


def _of_members(reduce: str, input: Any, values: Any, targets: Array, takes_part: Array) -> Tensor:
    """Reduce a table with one row per place: itself, if it takes part, what goes to it, and neutral entries."""
    size, neutral = input.array.size, input.array.size + targets.size
    order = np.argsort(targets, kind="stable")
    rank = np.arange(targets.size) - np.searchsorted(targets[order], targets[order])
    table = np.full((size, 2 + int(rank.max(initial=-1))), neutral)
    table[:, 0] = np.where(takes_part.ravel(), np.arange(size), neutral)
    table[targets[order], 1 + rank] = size + order
    parts = [ops.reshape(input, shape=(-1,)), ops.reshape(values, shape=(-1,)), _neutral(reduce, input.array.dtype)]
    rows = ops.index(ops.concat(*parts, axis=0), table, start=0)
    found = {"prod": ops.prod, "amax": ops.amax, "amin": ops.amin}[reduce](rows, axis=-1)
    return ops.reshape(found, shape=input.array.shape)


def _neutral(reduce: str, dtype: Any) -> Array:
    """Return what changes no reduction, as a vector of one entry."""
    if reduce == "prod":
        return np.ones(1, dtype)
    ends = (-np.inf, np.inf) if dtype.kind == "f" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return np.full(1, ends[reduce == "amin"], dtype)


def index_reduce(input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Tensor:
    """Return :func:`scatter_reduce` of slices of ``source`` along ``dim``, each to the slice that ``index`` names."""
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise ArgumentError(f"reduce is prod, mean, amax or amin, not {reduce!r}")
    (axis,) = normalise_axes(dim, input.array.ndim)
    places, shape = array_of(index), source.array.shape
    if places.dtype.kind != "i":
        raise DtypeError(f"indices are integers, not {places.dtype.name}")
    if places.shape != (shape[axis],) or shape[:axis] + shape[axis + 1 :] != (
        input.array.shape[:axis] + input.array.shape[axis + 1 :]
    ):
        raise OutOfRangeError(f"{places.shape} indices and a source of {shape} do not fit {input.array.shape}")
    spread = np.broadcast_to(places.reshape(-1, *(1,) * (len(shape) - 1 - axis)), shape)
    return scatter_reduce(input, axis, spread, source, reduce, include_self=include_self)


__all__ = [
    "bincount",
    "index_reduce",
    "scatter_reduce",
    "unique",
    "unique_consecutive",
]
