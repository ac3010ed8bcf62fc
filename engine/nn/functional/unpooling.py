"""Pooled entries put back where they came from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError

from ... import ops
from ...functions.gathering import places_within
from ...variable import array_of
from .pooling import windows_over
from .sizes import Sizes

if TYPE_CHECKING:
    from ...tensor import Tensor


def _unpooled(
    rank: int,
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    output_size: Sequence[int] | None,
) -> Any:
    """Return zeros with the entries at the places that max pooling tells; of several for one place the last stays."""
    windows, _ = windows_over(rank, input, (kernel_size, stride, padding, 1), ceil_mode=False)
    lead, pooled = tuple(input.shape[:-rank]), tuple(input.shape[-rank:])
    if array_of(indices).shape != array_of(input).shape:
        raise ShapeError(f"there are indices of shape {tuple(indices.shape)} for an input of {tuple(input.shape)}")
    sizes = tuple(
        (n - 1) * step - before - after + span
        for n, step, (before, after), span in zip(
            pooled, windows.stride, windows.padding, windows.kernel_size, strict=True
        )
    )
    if output_size is not None:
        wanted = tuple(output_size)[-rank:]
        if any(abs(n - usual) >= step for n, usual, step in zip(wanted, sizes, windows.stride, strict=True)):
            raise ArgumentError(f"output_size {wanted} is not within a stride of {sizes}")
        sizes = wanted
    rows = ops.reshape(input, shape=(*lead, math.prod(pooled)))
    blank = np.zeros((*lead, math.prod(sizes)), array_of(input).dtype)
    places = places_within(array_of(indices), math.prod(sizes)).reshape(rows.shape)
    return ops.reshape(ops.scatter(blank, places, rows, axis=-1), shape=(*lead, *sizes))


def max_unpool1d(
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Return zeros with the entries where :func:`max_pool1d` took them from, as its indices tell.

    ``output_size`` tells which of the lengths is meant that are pooled to that of the input.
    """
    return _unpooled(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Return :func:`max_unpool1d` over two dimensions."""
    return _unpooled(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Any,
    indices: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Return :func:`max_unpool1d` over three dimensions."""
    return _unpooled(3, input, indices, kernel_size, stride, padding, output_size)


__all__ = [
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]
