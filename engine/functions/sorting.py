"""Order along a dimension: values, and where they stand."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..ops.sorting import order_of
from ..variable import Variable, untracked
from .arguments import filled_axis, numpy_names


class Selection(NamedTuple):
    """Values along a dimension, and where they stand in it; prints as PyTorch's type of this name does."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        name = type(self).__name__.removesuffix("Result").lower()
        return f"torch.return_types.{name}(\nvalues={self.values!r},\nindices={self.indices!r})"


class MaxResult(Selection):
    """What ``max(dim)`` returns."""


class MinResult(Selection):
    """What ``min(dim)`` returns."""


class SortResult(Selection):
    """What ``sort`` returns."""


@numpy_names
def max(input: Any, dim: Any = None, keepdim: bool = False) -> Any:  # noqa: A001
    """Return the largest entry; with ``dim``, the largest values along it and their first indices.

    With a tensor in place of ``dim`` return the larger of each pair.
    """
    if dim is None:
        return ops.max(input)
    if isinstance(dim, Variable):
        return ops.maximum(input, dim)
    filled_axis(input, dim)
    values = ops.max(input, axis=dim, keepdims=keepdim)
    return MaxResult(values, untracked(np.argmax(input.array, axis=dim, keepdims=keepdim), input))


@numpy_names
def min(input: Any, dim: Any = None, keepdim: bool = False) -> Any:  # noqa: A001
    """Return the smallest entry; with ``dim``, the smallest values along it and their first indices.

    Of two tensors it is their :func:`minimum`.
    """
    if dim is None:
        return ops.min(input)
    if isinstance(dim, Variable):
        return ops.minimum(input, dim)
    filled_axis(input, dim)
    values = ops.min(input, axis=dim, keepdims=keepdim)
    return MinResult(values, untracked(np.argmin(input.array, axis=dim, keepdims=keepdim), input))


def sort(
    input: Any,
    dim: int = -1,
    descending: bool = False,
    stable: bool = False,  # noqa: ARG001 - PyTorch has it; here every sort is stable
) -> SortResult:
    """Return the values sorted along ``dim`` and their indices. Equal entries keep their order."""
    values = ops.sort(input, axis=dim, descending=descending)
    return SortResult(values, untracked(order_of(input.array, dim, descending=descending), input))


__all__ = [
    "max",
    "min",
    "sort",
]
