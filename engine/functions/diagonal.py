"""Diagonals and triangles of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ShapeError

from .. import ops
from .arguments import whole
from .gathering import put_at

if TYPE_CHECKING:
    from ..tensor import Tensor


def tril(input: Any, diagonal: int = 0) -> Tensor:
    """Return matrices with zeros above a diagonal."""
    return ops.tril(input, k=whole(diagonal, "a diagonal"))


def triu(input: Any, diagonal: int = 0) -> Tensor:
    """Return matrices with zeros below a diagonal."""
    return ops.triu(input, k=whole(diagonal, "a diagonal"))


def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a diagonal of the plane of two dimensions, as a last dimension in their place."""
    return ops.diagonal(input, offset=whole(offset, "an offset"), axis1=whole(dim1), axis2=whole(dim2))


def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Return zeros with the last dimension on a diagonal of the plane of two new dimensions."""
    return ops.diag_embed(input, offset=whole(offset, "an offset"), axis1=whole(dim1), axis2=whole(dim2))


def diag(input: Any, diagonal: int = 0) -> Tensor:
    """Return the matrix with a vector on its diagonal, or the diagonal of a matrix."""
    if input.array.ndim == 1:
        return ops.diag_embed(input, offset=diagonal)
    if input.array.ndim == 2:
        return ops.diagonal(input, offset=diagonal)
    raise ShapeError(f"diag takes a vector or a matrix, not shape {input.array.shape}; use diagonal or diag_embed")


def diagflat(input: Any, offset: int = 0) -> Tensor:
    """Return the matrix with all entries on its diagonal."""
    return ops.diag_embed(ops.reshape(input, shape=(-1,)), offset=offset)


def trace(input: Any) -> Tensor:
    """Return the sum of the diagonal of a matrix."""
    if input.array.ndim != 2:
        raise ShapeError(f"trace takes a matrix, not shape {input.array.shape}")
    return ops.trace(input)


def diagonal_scatter(input: Any, src: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Return a copy with ``src`` on a diagonal of the plane of two dimensions."""
    plane = {"offset": offset, "axis1": dim1, "axis2": dim2}
    numbers = np.arange(input.array.size).reshape(input.array.shape)
    places = ops.diagonal(numbers, **plane)
    if src.array.shape != places.shape:
        raise ShapeError(f"src has shape {src.array.shape}, but the diagonal {places.shape}")
    return put_at(input, places, src)


__all__ = [
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "diagonal_scatter",
    "trace",
    "tril",
    "triu",
]
