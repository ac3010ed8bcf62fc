"""Embeddings, and classes as vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import DtypeError, OutOfRangeError

from ... import ops
from ...variable import array_of

if TYPE_CHECKING:
    from ...tensor import Tensor


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Tensor:
    """Return the rows of ``weight`` that the integers name. To row ``padding_idx`` no derivative flows."""
    indices = array_of(input)
    if indices.dtype.kind not in "iu":
        raise DtypeError(f"an embedding takes integers, not {indices.dtype.name}")
    rows = ops.embedding(weight, indices)
    if padding_idx is None:
        return rows
    count = weight.shape[0]
    if not -count <= padding_idx < count:
        raise OutOfRangeError(f"padding_idx {padding_idx} is out of range for {count} rows")
    return ops.where(np.expand_dims(indices == padding_idx % count, -1), ops.detach(rows), rows)


def one_hot(tensor: Any, num_classes: int = -1) -> Tensor:
    """Return for each integer a vector of zeros with 1 at its place; -1 classes are as many as needed."""
    from ...creation import from_numpy  # imports what this package is a part of

    classes = array_of(tensor)
    if classes.dtype.kind not in "iu":
        raise DtypeError(f"one_hot takes integers, not {classes.dtype.name}")
    count = int(classes.max()) + 1 if num_classes == -1 else num_classes
    outside = classes[(classes < 0) | (classes >= count)]
    if outside.size:
        raise OutOfRangeError(f"class {outside[0]} is out of range for {count} classes")
    return from_numpy((classes[..., np.newaxis] == np.arange(count)).astype(np.int64))


__all__ = [
    "embedding",
    "one_hot",
]
