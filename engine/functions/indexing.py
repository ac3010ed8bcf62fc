"""Indexing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import OutOfRangeError, UnsupportedError

from .. import ops
from ..variable import Variable, array_of

if TYPE_CHECKING:
    from ..tensor import Tensor


def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """Return the slices along ``dim`` that the integers of ``index`` name."""
    return ops.take(input, index, axis=dim)


def getitem(input: Any, index: Any) -> Tensor:
    """Return ``input[index]`` for a basic index, or for one list or tensor of integers in the first dimension."""
    parts = index if isinstance(index, tuple) else (index,)
    if len(parts) == 1 and _is_integers(parts[0]):
        return ops.take(input, _wrapped(array_of(parts[0]), input.array.shape), axis=0)
    basic = tuple(_basic(part) for part in parts)
    return ops.getitem(input, index=basic)


def is_basic(index: Any) -> bool:
    """Tell whether an index selects a view: by integers, slices, None and Ellipsis alone."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, slice) or _is_place(part) for part in parts)


def _is_place(part: Any) -> bool:
    if isinstance(part, Variable):
        return part.array.ndim == 0 and part.array.dtype.kind == "i"
    return isinstance(part, int | np.integer) and not isinstance(part, bool)


def _wrapped(integers: Any, shape: Sequence[int]) -> Any:
    """Return indices into the first dimension with negative ones counted from the end."""
    size = shape[0] if shape else 0
    outside = integers[(integers < -size) | (integers >= size)]
    if outside.size:
        raise OutOfRangeError(f"index {outside[0]} is out of range for the first dimension of shape {tuple(shape)}")
    return np.where(integers < 0, integers + size, integers)


def _is_integers(part: Any) -> bool:
    if isinstance(part, Variable):
        part = part.array
    array = np.asarray(part) if isinstance(part, list | np.ndarray) else None
    return array is not None and array.ndim == 1 and array.dtype.kind == "i"


def _basic(part: Any) -> Any:
    if isinstance(part, Variable) and part.array.ndim == 0 and part.array.dtype.kind == "i":
        part = part.array.item()
    if isinstance(part, np.integer):
        part = int(part)
    if part is None or part is Ellipsis or (isinstance(part, int | slice) and not isinstance(part, bool)):
        return part
    raise UnsupportedError(
        f"an index of type {type(part).__name__} is not supported; "
        "use integers, slices, None, '...', or one list of integers in the first dimension"
    )


__all__ = [
    "index_select",
]
