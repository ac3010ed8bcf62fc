"""Other shapes, other orders, copies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError

from .. import ops
from ..shapes import normalise_axes
from .arguments import sizes

if TYPE_CHECKING:
    from ..tensor import Tensor


def reshape(input: Any, *shape: Any) -> Tensor:
    """Return the same entries in another shape; one size may be -1."""
    return ops.reshape(input, shape=sizes(shape))


def view(input: Any, *shape: Any) -> Tensor:
    """Return the same entries in another shape and in the same memory; one size may be -1.

    Raises ``ShapeError`` where their order in memory does not admit it.
    """
    result = reshape(input, *shape)
    if input.array.size and not np.shares_memory(result.array, input.array):
        raise ShapeError("the entries do not lie in memory so that a view could have this shape; use reshape()")
    return result


def reshape_as(input: Any, other: Any) -> Tensor:
    """Return the same entries in the shape of another tensor."""
    return ops.reshape(input, shape=other.array.shape)


def flatten(input: Any) -> Tensor:
    """Return the entries in one dimension."""
    return ops.reshape(input, shape=(-1,))


def squeeze(input: Any, dim: int | None = None) -> Tensor:
    """Return the tensor without its dimensions of size one, or without ``dim`` if it is one."""
    shape = input.array.shape
    dropped = normalise_axes(dim, len(shape))
    return ops.reshape(input, shape=tuple(n for i, n in enumerate(shape) if n != 1 or i not in dropped))


def unsqueeze(input: Any, dim: int) -> Tensor:
    """Return the tensor with a dimension of size one put in at ``dim``."""
    return ops.expand_dims(input, axis=dim)


def permute(input: Any, *dims: Any) -> Tensor:
    """Return the tensor with its dimensions in another order."""
    return ops.permute_dims(input, axes=sizes(dims))


def transpose(input: Any, dim0: int, dim1: int) -> Tensor:
    """Return the tensor with two dimensions exchanged."""
    axes = list(range(input.array.ndim))
    first, second = (normalise_axes(dim, len(axes))[0] for dim in (dim0, dim1))
    axes[first], axes[second] = second, first
    return ops.permute_dims(input, axes=tuple(axes))


def t(input: Any) -> Tensor:
    """Return the transpose of a matrix; a vector stays as it is."""
    if input.array.ndim > 2:
        raise ShapeError(f"t() expects at most two dimensions, not shape {input.array.shape}; use transpose or permute")
    return ops.permute_dims(input, axes=tuple(range(input.array.ndim))[::-1])


def expand(input: Any, *shape: Any) -> Tensor:
    """Return the tensor broadcast to ``shape``, where -1 keeps a size."""
    old, new = input.array.shape, sizes(shape)
    skipped = len(new) - len(old)
    kept = tuple(old[i - skipped] if n == -1 and i >= skipped else n for i, n in enumerate(new))
    return ops.broadcast_to(input, shape=kept)


def expand_as(input: Any, other: Any) -> Tensor:
    """Return the tensor broadcast to the shape of another."""
    return ops.broadcast_to(input, shape=other.array.shape)


def broadcast_to(input: Any, shape: Sequence[int]) -> Tensor:
    """Return the tensor broadcast to ``shape``."""
    return expand(input, *shape)


def cat(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Return the tensors joined along ``dim``."""
    if not tensors:
        raise ArgumentError("cat needs at least one tensor, but got none")
    return ops.concat(*tensors, axis=dim)


def clone(input: Any) -> Tensor:
    """Return a copy through which derivatives flow."""
    return ops.clone(input)


def detach(input: Any) -> Tensor:
    """Return the same values, in the same memory, cut off from the graph."""
    return ops.detach(input)


__all__ = [
    "broadcast_to",
    "cat",
    "clone",
    "detach",
    "flatten",
    "permute",
    "reshape",
    "squeeze",
    "t",
    "transpose",
    "unsqueeze",
]
