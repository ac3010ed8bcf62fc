"""Rearrangements: ops that move entries and never compute with them, and their transposes."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import EXACT, correctly_rounded, summation
from gradproof.errors import ShapeError

from ..domain import INDEX, REAL
from ..op import Function, Variadic, define
from ..shapes import (
    Concatenation,
    Elementwise,
    Expansion,
    Gather,
    Indexing,
    NewAxis,
    Overwriting,
    Permutation,
    Reshape,
    Scatter,
    ScatterAdd,
    axis_of,
    normalise_axes,
)
from ..variable import Array, array_of

Index = tuple[Any, ...]
Shape = tuple[int, ...]

reshape: Function = define(
    "reshape",
    forward=lambda x, *, shape: x.reshape(shape),
    vjp=lambda ct, y, x, *, shape: reshape(ct, shape=x.shape),
    shape=Reshape(),
    domain=(REAL,),
    budget=EXACT,
    node="ViewBackward0",
    linear=True,
)

permute_dims: Function = define(
    "permute_dims",
    forward=lambda x, *, axes: x.transpose(axes),
    vjp=lambda ct, y, x, *, axes: permute_dims(ct, axes=_inverse(axes)),
    shape=Permutation(),
    domain=(REAL,),
    budget=EXACT,
    node="PermuteBackward0",
    linear=True,
)


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(np.argsort(normalise_axes(axes, len(axes))).tolist())


def _broadcast_to(x: Array, *, shape: Shape) -> Array:
    """Return a view; of a single number by NumPy's constructor, which takes a third of the time."""
    if x.ndim:
        return np.broadcast_to(x, shape)
    return np.ndarray(shape, x.dtype, np.asarray(x), 0, (0,) * len(shape))


broadcast_to = define(
    "broadcast_to",
    forward=_broadcast_to,
    # the sweep sums over the broadcast axes
    vjp=lambda ct, y, x, *, shape: ct,
    shape=Expansion(),
    domain=(REAL,),
    budget=EXACT,
    node="ExpandBackward0",
    linear=True,
)

expand_dims = define(
    "expand_dims",
    forward=lambda x, *, axis: np.expand_dims(x, axis),
    vjp=lambda ct, y, x, *, axis: reshape(ct, shape=x.shape),
    shape=NewAxis(),
    domain=(REAL,),
    budget=EXACT,
    node="UnsqueezeBackward0",
    linear=True,
)


def _concat(slot: int, ct: Any, y: Any, *xs: Any, axis: int) -> Any:
    (place,) = normalise_axes(axis, ct.ndim)
    start = int(np.sum([x.shape[place] for x in xs[:slot]], dtype=np.int64))
    part = slice(start, start + xs[slot].shape[place])
    return getitem(ct, index=(slice(None),) * place + (part,))


concat = define(
    "concat",
    forward=lambda *xs, axis=0: np.concatenate(xs, axis=axis),
    vjp=Variadic(_concat),
    shape=Concatenation(),
    domain=(REAL,),
    budget=EXACT,
    node="CatBackward0",
    linear=True,
)


def _getitem_node(x: Any, *, index: Index) -> str:
    """Return the last of the nodes that PyTorch records for an index: one for each part that does something."""
    for part in reversed(index):
        if part is None:
            return "UnsqueezeBackward0"
        if part is not Ellipsis and part != slice(None):
            return "SliceBackward0" if isinstance(part, slice) else "SelectBackward0"
    return "SliceBackward0" if index == (slice(None),) else "AliasBackward0"


getitem = define(
    "getitem",
    forward=lambda x, *, index: x[_as_view(index)],
    vjp=lambda ct, y, x, *, index: embed(ct, index=index, shape=x.shape),
    shape=Indexing(),
    domain=(REAL,),
    budget=EXACT,
    node=_getitem_node,
    linear=True,
)


def _as_view(index: Index) -> Index:
    """Return an index that gives an array of one entry, in the same memory, where ``index`` would give a number."""
    places = index if isinstance(index, tuple) else (index,)
    return (*places, ...) if all(type(place) is int for place in places) else index


def _embed(x: Array, *, index: Index, shape: Shape) -> Array:
    """Put ``x`` into zeros of ``shape`` at a basic ``index``: the transpose of ``getitem``."""
    whole = np.zeros(shape, dtype=x.dtype)
    if whole[index].shape != x.shape:
        raise ShapeError(f"index {index} of shape {shape} selects {whole[index].shape}, not {x.shape}")
    whole[index] = x
    return whole


embed: Function = define(
    "embed",
    forward=_embed,
    vjp=lambda ct, y, x, *, index, shape: getitem(ct, index=index),
    shape=Scatter(),
    domain=(REAL,),
    budget=EXACT,
    node="IndexPutBackward0",
    linear=True,
)


def _overwrite(x: Array, part: Array, *, index: Index) -> Array:
    whole = np.array(x)
    if whole[index].shape != part.shape:
        raise ShapeError(f"index {index} of shape {x.shape} selects {whole[index].shape}, not {part.shape}")
    whole[index] = part
    return whole


def _kept(ct: Any, y: Any, x: Any, part: Any, *, index: Index) -> Any:
    return overwrite(ct, np.zeros(part.shape, dtype=array_of(ct).dtype), index=index)


overwrite: Function = define(
    "overwrite",
    forward=_overwrite,
    vjp=(_kept, lambda ct, y, x, part, *, index: getitem(ct, index=index)),
    shape=Overwriting(),
    domain=(REAL, REAL),
    budget=EXACT,
    node="CopySlices",
    linear=True,
)


def _take(x: Array, indices: Array, *, axis: int) -> Array:
    if np.ndim(indices) != 1:
        raise ShapeError(f"the indices have shape {np.shape(indices)}, but must have one dimension")
    return np.take(x, indices, axis=axis_of(x, axis))


take = define(
    "take",
    forward=_take,
    vjp=(lambda ct, y, x, i, *, axis: index_add(ct, i, axis=axis, size=x.shape[axis]), None),
    shape=Gather(),
    domain=(REAL, INDEX),
    budget=EXACT,
    node="IndexSelectBackward0",
)


def _index_add(x: Array, indices: Array, *, axis: int, size: int) -> Array:
    """Add slices of ``x`` along ``axis`` into ``size`` places that start as zeros: the transpose of ``take``."""
    (place,) = normalise_axes(axis, x.ndim)
    if np.shape(indices) != (x.shape[place],):
        raise ShapeError(f"{np.shape(indices)} indices for {x.shape[place]} slices along axis {place} of {x.shape}")
    whole = np.zeros((*x.shape[:place], size, *x.shape[place + 1 :]), dtype=x.dtype)
    index: Any = (slice(None),) * place + (indices,)
    np.add.at(whole, index, x)
    return whole


index_add: Function = define(
    "index_add",
    forward=_index_add,
    vjp=(lambda ct, y, x, i, *, axis, size: take(ct, i, axis=axis), None),
    shape=ScatterAdd(),
    domain=(REAL, INDEX),
    budget=summation(),
    node="IndexAddBackward0",
)

astype: Function = define(
    "astype",
    forward=lambda x, *, dtype: x.astype(dtype),
    vjp=lambda ct, y, x, *, dtype: astype(ct, dtype=x.dtype.name),
    shape=Elementwise(1),
    domain=(REAL,),
    params={"dtype": ("float32", "float64", "float16")},
    budget=correctly_rounded(vjp=1),
    node="ToCopyBackward0",
    linear=True,
)

clone = define(
    "clone",
    forward=lambda x: np.array(x),
    vjp=lambda ct, y, x: ct,
    shape=Elementwise(1),
    domain=(REAL,),
    budget=EXACT,
    node="CloneBackward0",
    linear=True,
)

detach = define(
    "detach",
    forward=lambda x: x.view(),
    shape=Elementwise(1),
    domain=(REAL,),
    budget=EXACT,
    node="",
)

__all__ = [
    "astype",
    "broadcast_to",
    "clone",
    "concat",
    "detach",
    "embed",
    "expand_dims",
    "getitem",
    "index_add",
    "overwrite",
    "permute_dims",
    "reshape",
    "take",
]
