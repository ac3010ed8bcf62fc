"""Entries several times over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ShapeError

from .. import ops
from ..variable import array_of
from .arguments import sizes

if TYPE_CHECKING:
    from ..tensor import Tensor


def tile(input: Any, *dims: Any) -> Tensor:
    """Return copies side by side, so many along each of the last dimensions, or along new ones in front."""
    return ops.tile(input, repetitions=sizes(dims))


def repeat(input: Any, *repeats: Any) -> Tensor:
    """Return copies side by side, so many along each dimension, of which there must be one number for each."""
    counts = sizes(repeats)
    if len(counts) < input.array.ndim:
        raise ShapeError(f"repeat takes a number for each dimension of {input.array.shape}, not only {counts}")
    return ops.tile(input, repetitions=counts)


def repeat_interleave(input: Any, repeats: Any, dim: int | None = None) -> Tensor:
    """Return each slice along ``dim``, or entry of the flat tensor, repeated: one number of times, or each its own."""
    counts = np.asarray(array_of(repeats)).tolist()
    flat = ops.reshape(input, shape=(-1,)) if dim is None else input
    if isinstance(counts, list):
        counts = counts[0] if len(counts) == 1 else tuple(counts)
    return ops.repeat(flat, repeats=counts, axis=0 if dim is None else dim)


__all__ = [
    "repeat_interleave",
    "tile",
]
