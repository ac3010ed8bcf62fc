"""Entries in another order along dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradproof.errors import ShapeError

from .. import ops
from ..shapes import normalise_axes
from .arguments import Dim, sizes
from .rearrangement import transpose

if TYPE_CHECKING:
    from ..tensor import Tensor


def flip(input: Any, *dims: Any) -> Tensor:
    """Return the tensor with its entries in reverse order along ``dims``."""
    return ops.flip(input, axis=sizes(dims))


def fliplr(input: Any) -> Tensor:
    """Return a matrix, or a stack along more dimensions, with its columns in reverse order: along dimension 1."""
    return ops.flip(input, axis=1)


def flipud(input: Any) -> Tensor:
    """Return the tensor with its rows in reverse order: along dimension 0."""
    return ops.flip(input, axis=0)


def roll(input: Any, shifts: int | Sequence[int], dims: Dim = None) -> Tensor:
    """Return the tensor with its entries moved on along ``dims``, or laid out as one; what leaves comes in again."""
    axes = None if dims is None or dims == () else sizes((dims,))
    return ops.roll(input, shift=sizes((shifts,)), axis=axes)


def rot90(input: Any, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Return the tensor rotated ``k`` times by 90 degrees in a plane, from the first dimension towards the second."""
    if len(dims) != 2:
        raise ShapeError(f"a plane has two dimensions, not {tuple(dims)}")
    first, second = normalise_axes(tuple(dims), input.array.ndim)
    turns = k % 4
    if turns == 2:
        return ops.flip(input, axis=(first, second))
    if not turns:
        return ops.clone(input)
    if turns == 1:
        return transpose(ops.flip(input, axis=second), first, second)
    return ops.flip(transpose(input, first, second), axis=second)


__all__ = [
    "flip",
    "fliplr",
    "flipud",
    "roll",
    "rot90",
]
