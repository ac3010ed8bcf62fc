"""Entries at places that an array of integers names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradproof.errors import ShapeError

from .. import ops
from ..functions import gathering
from .arguments import INTEGRAL, array

if TYPE_CHECKING:
    from ..tensor import Tensor


def take(x: Tensor, indices: Tensor, /, *, axis: int | None = None) -> Tensor:
    """Return the slices along ``axis``, which only a vector can do without, that a vector of integers names."""
    if axis is None and array("take", x).array.ndim != 1:
        raise ShapeError(f"take needs an axis for shape {x.array.shape}; only a vector can do without")
    return ops.take(array("take", x), array("take", indices, INTEGRAL), axis=axis or 0)


def take_along_axis(x: Tensor, indices: Tensor, /, *, axis: int = -1) -> Tensor:
    """Return the entries along ``axis`` that the integers name, each in its own row; the other axes broadcast."""
    places = array("take_along_axis", indices, INTEGRAL)
    return gathering.take_along_dim(array("take_along_axis", x), places, axis)


__all__ = ["take", "take_along_axis"]
