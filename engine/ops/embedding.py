"""Embeddings: rows of a table, by number."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradproof.budget import EXACT
from gradproof.errors import OutOfRangeError

from ..domain import INDEX, REAL
from ..network_shapes import Rows
from ..op import Function, define
from ..variable import Array, array_of
from .rearrangement import index_add, reshape


def _embedding(weight: Array, indices: Array) -> Array:
    """Return the rows that the indices name, in their shape."""
    Rows().result(weight.shape, indices.shape)
    outside = indices[(indices < 0) | (indices >= weight.shape[0])]
    if outside.size:
        raise OutOfRangeError(f"row {outside[0]} is out of range for {weight.shape[0]} rows")
    return np.take(weight, indices, axis=0)


def _embedding_vjp(ct: Any, y: Any, weight: Any, indices: Any) -> Any:
    """Add each cotangent to the row it was taken from."""
    rows = reshape(ct, shape=(math.prod(indices.shape), *weight.shape[1:]))
    return index_add(rows, array_of(indices).ravel(), axis=0, size=weight.shape[0])


embedding: Function = define(
    "embedding",
    forward=_embedding,
    vjp=(_embedding_vjp, None),
    shape=Rows(),
    domain=(REAL, INDEX),
    budget=EXACT,
    node="EmbeddingBackward0",
)

__all__ = [
    "embedding",
]
