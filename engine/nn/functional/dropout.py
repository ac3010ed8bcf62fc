"""Dropout: entries or channels left out at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError

from ... import ops
from ...shapes import expands_to
from ...variable import array_of

if TYPE_CHECKING:
    from ...tensor import Tensor


def dropout(input: Any, p: float = 0.5, training: bool = True, *, mask: Any = None) -> Tensor:
    """Return the input with each entry left out with probability ``p``, the others divided by ``1 - p``.

    When not ``training`` it is returned as it is. A ``mask`` tells which entries stay, in place of chance.
    """
    return _without(input, p, training, mask, tuple(array_of(input).shape))


def dropout1d(input: Any, p: float = 0.5, training: bool = True, *, mask: Any = None) -> Tensor:
    """Return (batch, channels, length) with whole channels left out; the batch may be missing."""
    return _without_channels(1, input, p, training, mask)


def dropout2d(input: Any, p: float = 0.5, training: bool = True, *, mask: Any = None) -> Tensor:
    """Return (batch, channels, height, width) with whole channels left out; the batch may be missing."""
    return _without_channels(2, input, p, training, mask)


def _without_channels(rank: int, input: Any, p: float, training: bool, mask: Any) -> Any:
    shape = tuple(array_of(input).shape)
    if len(shape) not in (rank + 1, rank + 2):
        raise ShapeError(f"the input has {rank + 1} or {rank + 2} dimensions, not shape {shape}")
    return _without(input, p, training, mask, (*shape[:-rank], *(1,) * rank))


def _without(input: Any, p: float, training: bool, mask: Any, shape: tuple[int, ...]) -> Any:
    """Return the input times a mask of this shape, which broadcasts to it, and the inverse of its mean."""
    if not 0.0 <= p <= 1.0:
        raise ArgumentError(f"p is a probability, not {p}")
    if not training or (p == 0.0 and mask is None):
        return input
    values = array_of(input)
    stays = _drawn(shape, p) if mask is None else array_of(mask) != 0
    if not expands_to(stays.shape, values.shape):
        raise ShapeError(f"a mask of shape {stays.shape} does not broadcast to {values.shape}")
    factor = 1.0 / (1.0 - p) if p < 1.0 else 0.0
    return ops.multiply(input, np.where(stays, factor, 0.0).astype(values.dtype))


def _drawn(shape: tuple[int, ...], p: float) -> Any:
    from ...random import default_generator  # imports what this package is a part of

    return default_generator.uniform(shape, np.dtype(np.float64)) >= p


__all__ = [
    "dropout",
    "dropout1d",
    "dropout2d",
]
