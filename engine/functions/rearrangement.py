"""Other shapes, other orders, copies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, ShapeError

from .. import ops
from ..layout import check_memory_format
from ..shapes import broadcast, normalise_axes
from ..size import Size
from .arguments import Dim, axes_of, numpy_names, sizes, whole
from .operands import tensor_of, tensors_of

if TYPE_CHECKING:
    from ..tensor import Tensor


def reshape(input: Any, *shape: Any) -> Tensor:
    """Return the same entries in another shape; one size may be -1."""
    return ops.reshape(input, shape=_with_one_free(sizes(shape)))


def _with_one_free(shape: tuple[int, ...]) -> tuple[int, ...]:
    if any(n < -1 for n in shape):
        raise ShapeError(f"sizes are not negative, but for one that may be -1, not {shape}")
    return shape


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
    return ops.reshape(input, shape=tensor_of("reshape_as", other).array.shape)


def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Return the tensor with the dimensions from ``start_dim`` to ``end_dim`` as one; a number becomes one entry."""
    shape = input.array.shape or (1,)
    first, last = (normalise_axes(whole(dim), len(shape))[0] for dim in (start_dim, end_dim))
    if first > last:
        raise ShapeError(f"flatten takes dimensions in order, not from {start_dim} to {end_dim} of shape {shape}")
    return ops.reshape(input, shape=(*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :]))


def unflatten(input: Any, dim: int, sizes: Sequence[int]) -> Tensor:
    """Return the tensor with one dimension split into several of these sizes, of which one may be -1."""
    shape = input.array.shape
    (axis,) = normalise_axes(whole(dim), len(shape))
    if not isinstance(sizes, list | tuple):
        raise DtypeError(f"unflatten takes several sizes, not {sizes!r}")
    wanted = [whole(n, "a size") for n in sizes]
    known = math.prod(n for n in wanted if n != -1)
    parts = tuple(shape[axis] // known if n == -1 and known else n for n in wanted)
    if math.prod(parts) != shape[axis] or wanted.count(-1) > 1:
        raise ShapeError(f"a dimension of size {shape[axis]} cannot be split into {tuple(wanted)}")
    return ops.reshape(input, shape=(*shape[:axis], *parts, *shape[axis + 1 :]))


def ravel(input: Any) -> Tensor:
    """Return the entries in one dimension."""
    return ops.reshape(input, shape=(-1,))


@numpy_names
def squeeze(input: Any, dim: Dim = None) -> Tensor:
    """Return the tensor without its dimensions of size one, or without those of ``dim`` that are of size one."""
    shape, axes = input.array.shape, axes_of(dim)
    if axes is not None and any(shape[i] != 1 for i in normalise_axes(axes, len(shape))):
        axes = tuple(i for i in normalise_axes(axes, len(shape)) if shape[i] == 1)
    return ops.squeeze(input, axis=axes)


@numpy_names
def unsqueeze(input: Any, dim: int) -> Tensor:
    """Return the tensor with a dimension of size one put in at ``dim``."""
    return ops.expand_dims(input, axis=whole(dim))


def permute(input: Any, *dims: Any) -> Tensor:
    """Return the tensor with its dimensions in another order."""
    return ops.permute_dims(input, axes=sizes(dims))


def transpose(input: Any, dim0: int, dim1: int) -> Tensor:
    """Return the tensor with two dimensions exchanged."""
    return ops.swapaxes(input, axis1=whole(dim0), axis2=whole(dim1))


def movedim(input: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Return the tensor with the dimensions ``source`` moved to ``destination``; the others keep their order."""
    ndim = input.array.ndim
    sources, targets = (normalise_axes(axes_of(dims), ndim) for dims in (source, destination))
    if len(sources) != len(targets):
        raise ShapeError(f"{len(sources)} dimensions {source} cannot move to {len(targets)} places {destination}")
    rest = iter([axis for axis in range(ndim) if axis not in sources])
    moved = dict(zip(targets, sources, strict=True))
    return ops.permute_dims(input, axes=tuple(moved[i] if i in moved else next(rest) for i in range(ndim)))


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
    return ops.broadcast_to(input, shape=tensor_of("expand_as", other).array.shape)


def broadcast_to(input: Any, shape: Sequence[int]) -> Tensor:
    """Return the tensor broadcast to ``shape``."""
    return expand(input, shape)


@numpy_names
def cat(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Return the tensors joined along ``dim``."""
    return ops.concat(*tensors_of("cat", tensors), axis=dim)


def broadcast_shapes(*shapes: Any) -> Size:
    """Return the shape that all of these broadcast to."""
    return Size(broadcast(*(sizes((each,)) for each in shapes)))


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Return tensors in the shape that all of them broadcast to."""
    shape = broadcast(*(each.array.shape for each in tensors))
    return tuple(ops.broadcast_to(each, shape=shape) for each in tensors)


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Return the coordinates of the points of a grid, from those along each of its axes.

    With "xy" in place of "ij" the first two dimensions of the results are exchanged.
    """
    parts = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list | tuple) else tensors
    if indexing not in ("ij", "xy"):
        raise ArgumentError(f'indexing is "ij" or "xy", not {indexing!r}')
    vectors = [ravel(each) for each in parts]
    columns = [
        ops.reshape(each, shape=(1,) * i + (-1,) + (1,) * (len(parts) - 1 - i)) for i, each in enumerate(vectors)
    ]
    grids = broadcast_tensors(*columns)
    return grids if indexing == "ij" or len(grids) < 2 else tuple(transpose(each, 0, 1) for each in grids)


def _each(function: Callable[[Any], Tensor], tensors: tuple[Any, ...]) -> Any:
    """Return what a function makes of one tensor, or of each of several or of a sequence."""
    if len(tensors) == 1 and not isinstance(tensors[0], list | tuple):
        return function(tensors[0])
    return tuple(map(function, tensors[0] if len(tensors) == 1 else tensors))


def atleast_1d(*tensors: Any) -> Any:
    """Return a tensor, or each of several, with at least one dimension."""
    return _each(lambda x: x if x.array.ndim else ops.reshape(x, shape=(1,)), tensors)


def atleast_2d(*tensors: Any) -> Any:
    """Return a tensor, or each of several, with at least two dimensions; the new ones are in front."""
    return _each(lambda x: x if x.array.ndim > 1 else ops.reshape(x, shape=(1, x.array.size)), tensors)


def atleast_3d(*tensors: Any) -> Any:
    """Return a tensor, or each of several, with at least three dimensions; of a matrix the new one is the last."""
    return _each(_three_dimensional, tensors)


def _three_dimensional(x: Any) -> Any:
    shape = x.array.shape
    if len(shape) > 2:
        return x
    return ops.reshape(x, shape=(*shape, 1) if len(shape) == 2 else (1, x.array.size, 1))


def clone(input: Any, *, memory_format: Any = None) -> Tensor:
    """Return a copy through which derivatives flow."""
    check_memory_format(memory_format)
    return ops.clone(input)


def detach(input: Any) -> Tensor:
    """Return the same values, in the same memory, cut off from the graph."""
    return ops.detach(input)


moveaxis = movedim
swapaxes = swapdims = transpose


__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "cat",
    "clone",
    "detach",
    "flatten",
    "meshgrid",
    "moveaxis",
    "movedim",
    "permute",
    "ravel",
    "reshape",
    "squeeze",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
    "unflatten",
    "unsqueeze",
]
