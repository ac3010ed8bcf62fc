"""Distances and angles between vectors, and vectors of unit length."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ShapeError

from ... import ops
from ...functions.reduction import norm

if TYPE_CHECKING:
    from ...tensor import Tensor


def _norm(x: Any, p: float, axis: int, keepdims: bool) -> Any:
    """Return the norm of vectors along ``axis``; other than 1, 2 and inf as the root of a sum of powers."""
    if p in (1, 2, math.inf):
        return ops.vector_norm(x, axis=axis, keepdims=keepdims, ord=p)
    return ops.pow(ops.sum(ops.pow(ops.abs(x), p), axis=axis, keepdims=keepdims), 1.0 / p)


def pairwise_distance(x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Tensor:
    """Return the ``p`` norm of ``x1 - x2 + eps`` over the last dimension."""
    return _norm(x1 - x2 + eps, p, -1, keepdim)


def pdist(input: Any, p: float = 2.0) -> Tensor:
    """Return the ``p`` norms of the differences of all pairs of rows of a matrix, the first row's first."""
    if input.ndim != 2:
        raise ShapeError(f"pdist takes a matrix, not shape {tuple(input.shape)}")
    first, second = np.triu_indices(input.shape[0], 1)
    return norm(ops.take(input, first, axis=0) - ops.take(input, second, axis=0), p, -1)


def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the cosine of the angle between vectors along ``dim``, whose norms are taken for ``eps`` at least."""
    first, second = (x / _at_least(_norm(x, 2, dim, True), eps) for x in (x1, x2))
    return ops.sum(first * second, axis=dim)


def cosine_with(x1: Any, x2: Any, eps: float) -> Any:
    """Return the cosine of the angle between last dimensions, ``eps`` being added to the squares of their lengths."""
    squares = (ops.sum(ops.square(x), axis=-1) + eps for x in (x1, x2))
    return ops.sum(x1 * x2, axis=-1) / ops.sqrt(ops.multiply(*squares))


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """Return vectors along ``dim`` divided by their ``p`` norm, which is taken for ``eps`` at least."""
    return input / _at_least(_norm(input, p, dim, True), eps)


def _at_least(x: Any, bound: float) -> Any:
    return ops.clip(x, min=bound, max=None)


__all__ = [
    "cosine_similarity",
    "normalize",
    "pairwise_distance",
    "pdist",
]
