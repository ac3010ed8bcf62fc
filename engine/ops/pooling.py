"""Pooling: of each window the largest entry, or the mean."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradproof.budget import summation

from ..domain import REAL
from ..op import Function, define
from ..variable import Array, array_of
from ..window_shapes import Pooling
from ..windows import Pairs, Windows
from .convolution import col2im
from .rearrangement import broadcast_to, index_add, reshape

Shape = tuple[int, ...]


def _in_rows(view: Array, rank: int) -> Array:
    """Return windows with the entries of each in one last dimension."""
    return view.reshape(*view.shape[: view.ndim - rank], -1)


def places_of_maxima(x: Array, windows: Windows) -> Array:
    """Return for each window where its largest entry lies in the last dimensions laid end to end, the first of several.

    NaN counts as largest.
    """
    sizes = x.shape[x.ndim - windows.rank :]
    numbers = np.arange(math.prod(sizes)).reshape(sizes)
    rows = _in_rows(windows.view(numbers), windows.rank)
    largest = np.argmax(_in_rows(windows.view(x, -math.inf), windows.rank), axis=-1)
    return np.take_along_axis(np.broadcast_to(rows, (*largest.shape, rows.shape[-1])), largest[..., np.newaxis], -1)[
        ..., 0
    ]


def _max_pool(rank: int) -> Function:
    """Return the op that takes the largest entry of each window over ``rank`` dimensions; none of them is padding."""
    rule = Pooling(rank)

    def forward(x: Array, *, kernel_size: Shape, stride: Shape, padding: Pairs, dilation: Shape) -> Array:
        rule.result(x.shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
        windows = Windows(kernel_size, stride, padding, dilation)
        return np.asarray(np.max(windows.view(x, -math.inf), axis=tuple(range(-rank, 0))))

    def vjp(ct: Any, y: Any, x: Any, **how: Any) -> Any:
        """Give each cotangent to the entry that was taken."""
        each = math.prod(x.shape[x.ndim - rank :])
        places = places_of_maxima(array_of(x), Windows(**how))
        starts = np.arange(0, math.prod(x.shape), each).reshape(*x.shape[: x.ndim - rank], *(1,) * rank)
        flat = reshape(ct, shape=(math.prod(ct.shape),))
        return reshape(index_add(flat, (places + starts).ravel(), axis=0, size=math.prod(x.shape)), shape=x.shape)

    return define(
        f"max_pool{rank}d",
        forward=forward,
        vjp=vjp,
        shape=rule,
        domain=(REAL,),
        ties=True,
        # entries of several windows receive a sum
        budget=summation(),
        node="SqueezeBackward1" if rank == 1 else f"MaxPool{rank}DWithIndicesBackward0",
        integers=False,
    )


def _counted(sizes: Shape, windows: Windows, counted: Pairs, divisor: int | None, dtype: Any) -> Array:
    """Return by how much the sum of each window is divided: its entries, of padding those that are ``counted``."""
    counts = windows.counts(sizes)
    if divisor is not None:
        return np.full(counts, divisor, dtype)
    there = np.pad(np.ones(sizes), counted, constant_values=1)
    rest = tuple((a - c, b - d) for (a, b), (c, d) in zip(windows.padding, counted, strict=True))
    view = Windows(windows.kernel_size, windows.stride, rest, windows.dilation).view(there)
    return view.sum(axis=tuple(range(-windows.rank, 0))).astype(dtype)


def _avg_pool(rank: int) -> Function:
    """Return the op that takes the mean of each window over ``rank`` dimensions."""
    rule = Pooling(rank, counts=True)

    def forward(
        x: Array,
        *,
        kernel_size: Shape,
        stride: Shape,
        padding: Pairs,
        dilation: Shape,
        counted: Pairs,
        divisor: int | None = None,
    ) -> Array:
        rule.result(x.shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
        windows = Windows(kernel_size, stride, padding, dilation)
        total = np.sum(windows.view(x), axis=tuple(range(-rank, 0)))
        return np.asarray(total / _counted(x.shape[x.ndim - rank :], windows, counted, divisor, x.dtype))

    def vjp(ct: Any, y: Any, x: Any, *, counted: Pairs, divisor: int | None, **how: Any) -> Any:
        """Give each cotangent in equal parts to the entries of its window."""
        sizes, lead = tuple(x.shape[x.ndim - rank :]), tuple(x.shape[: x.ndim - rank])
        shares = ct / _counted(sizes, Windows(**how), counted, divisor, array_of(ct).dtype)
        entries, count = math.prod(how["kernel_size"]), math.prod(ct.shape[ct.ndim - rank :])
        spread = broadcast_to(reshape(shares, shape=(*lead, 1, count)), shape=(*lead, entries, count))
        columns = reshape(spread, shape=(*lead[:-1], lead[-1] * entries, count))
        return col2im(columns, output_size=sizes, **how)

    return define(
        f"avg_pool{rank}d",
        forward=forward,
        vjp=vjp,
        shape=rule,
        domain=(REAL,),
        budget=summation(forward=2, vjp=2),
        node="SqueezeBackward1" if rank == 1 else f"AvgPool{rank}DBackward0",
        linear=True,
        integers=False,
    )


max_pool1d, max_pool2d, max_pool3d = map(_max_pool, (1, 2, 3))
avg_pool1d, avg_pool2d, avg_pool3d = map(_avg_pool, (1, 2, 3))

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
]
