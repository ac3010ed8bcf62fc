"""Products of vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradproof.errors import ShapeError

from .. import ops
from ..shapes import normalise_axes

if TYPE_CHECKING:
    from ..tensor import Tensor


def _check_vectors(name: str, *tensors: Any) -> None:
    shapes = [each.array.shape for each in tensors]
    if any(len(shape) != 1 for shape in shapes):
        raise ShapeError(f"{name} takes vectors, not shapes {', '.join(map(str, shapes))}")


def dot(input: Any, tensor: Any) -> Tensor:
    """Return the inner product of two vectors."""
    _check_vectors("dot", input, tensor)
    return ops.matmul(input, tensor)


def outer(input: Any, vec2: Any) -> Tensor:
    """Return the products of all entries of one vector with all of another."""
    _check_vectors("outer", input, vec2)
    return ops.outer(input, vec2)


def vecdot(x: Any, y: Any, *, dim: int = -1) -> Tensor:
    """Return the inner products of vectors along ``dim`` of two tensors that broadcast together."""
    rank = max(x.array.ndim, y.array.ndim)
    return ops.vecdot(x, y, axis=normalise_axes(dim, rank)[0] - rank)


def cross(input: Any, other: Any, dim: int | None = None) -> Tensor:
    """Return the cross products of vectors of 3 entries along ``dim``, by default the first dimension of size 3."""
    shape = input.array.shape
    if dim is None:
        if 3 not in shape:
            raise ShapeError(f"no dimension of shape {shape} has the size 3 of a cross product")
        dim = shape.index(3)
    rank = max(len(shape), other.array.ndim)
    return ops.cross(input, other, axis=normalise_axes(dim, rank)[0] - rank)


vdot, ger = dot, outer

__all__ = [
    "cross",
    "dot",
    "ger",
    "outer",
    "vdot",
]
