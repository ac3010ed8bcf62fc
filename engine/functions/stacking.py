"""Tensors put together along dimensions, new ones or those that they have."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ShapeError

from .. import ops
from .arguments import numpy_names
from .operands import tensors_of
from .rearrangement import atleast_1d, atleast_2d, atleast_3d, cat, meshgrid

if TYPE_CHECKING:
    from ..tensor import Tensor


@numpy_names
def stack(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Return tensors of one shape next to each other along a new dimension."""
    return ops.stack(*tensors_of("stack", tensors), axis=dim)


def hstack(tensors: Sequence[Any]) -> Tensor:
    """Return tensors joined along dimension 1, vectors along their only one."""
    parts = atleast_1d(list(tensors))
    return cat(parts, 0 if parts and parts[0].array.ndim == 1 else 1)


def vstack(tensors: Sequence[Any]) -> Tensor:
    """Return tensors joined along dimension 0, vectors as rows."""
    return cat(atleast_2d(list(tensors)), 0)


def dstack(tensors: Sequence[Any]) -> Tensor:
    """Return tensors joined along dimension 2, which they are given where they have none."""
    return cat(atleast_3d(list(tensors)), 2)


def column_stack(tensors: Sequence[Any]) -> Tensor:
    """Return tensors joined along dimension 1, numbers and vectors as columns."""
    return cat([ops.reshape(each, shape=(-1, 1)) if each.array.ndim < 2 else each for each in tensors], 1)


def block_diag(*tensors: Any) -> Tensor:
    """Return a matrix with matrices on its diagonal, and zeros elsewhere; numbers and vectors are rows."""
    blocks = atleast_2d(list(tensors))
    widest = [each.array.shape for each in blocks]
    if any(len(shape) != 2 for shape in widest):
        raise ShapeError(f"blocks are matrices, vectors or numbers, not of shapes {widest}")
    columns, rows = sum(shape[1] for shape in widest), []
    for block, start in zip(blocks, np.cumsum([0, *(shape[1] for shape in widest)]).tolist(), strict=False):
        after = columns - start - block.array.shape[1]
        rows.append(ops.pad(block, widths=((0, 0), (start, after))))
    return cat(rows, 0)


def cartesian_prod(*tensors: Any) -> Tensor:
    """Return all combinations of one entry of each vector, as rows; of one vector, that."""
    if len(tensors) == 1:
        return ops.reshape(tensors[0], shape=(-1,))
    return stack([ops.reshape(each, shape=(-1,)) for each in meshgrid(*tensors)], -1)


def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Return all choices of ``r`` entries of a vector, as rows; with ``with_replacement`` one may be taken again."""
    chosen = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = np.array(list(chosen(range(input.array.size), r)), np.int64).reshape(-1, r)
    return ops.index(input, places)


def vander(x: Any, N: int | None = None, *, increasing: bool = False) -> Tensor:  # noqa: N803 - PyTorch's name
    """Return the powers of the entries of a vector, from the highest, or the 0th, on, in rows of ``N`` entries."""
    powers = np.arange(x.array.size if N is None else N, dtype=x.array.dtype)
    return ops.pow(ops.expand_dims(x, axis=-1), powers if increasing else powers[::-1].copy())


row_stack = vstack
concat = concatenate = cat

__all__ = [
    "block_diag",
    "cartesian_prod",
    "column_stack",
    "combinations",
    "concat",
    "concatenate",
    "dstack",
    "hstack",
    "row_stack",
    "stack",
    "vander",
    "vstack",
]
