"""The different entries of an array, in ascending order. They carry no derivative; each NaN differs from all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .arguments import array, like

if TYPE_CHECKING:
    from ..tensor import Tensor


class UniqueAllResult(NamedTuple):
    """What ``unique_all`` returns."""

    values: Any
    indices: Any
    inverse_indices: Any
    counts: Any


class UniqueCountsResult(NamedTuple):
    """What ``unique_counts`` returns."""

    values: Any
    counts: Any


class UniqueInverseResult(NamedTuple):
    """What ``unique_inverse`` returns."""

    values: Any
    inverse_indices: Any


def unique_all(x: Tensor, /) -> UniqueAllResult:
    """Return the different entries, where each stands first, which of them each entry is, and how often each occurs."""
    values, indices, inverse, counts = np.unique(
        array("unique_all", x).array, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
    )
    found = (values, indices, inverse.reshape(x.array.shape), counts)
    return UniqueAllResult(*[like(x, each) for each in found])


def unique_counts(x: Tensor, /) -> UniqueCountsResult:
    """Return the different entries, and how often each occurs."""
    found = unique_all(x)
    return UniqueCountsResult(found.values, found.counts)


def unique_inverse(x: Tensor, /) -> UniqueInverseResult:
    """Return the different entries, and which of them each entry is, in the shape of the array."""
    found = unique_all(x)
    return UniqueInverseResult(found.values, found.inverse_indices)


def unique_values(x: Tensor, /) -> Tensor:
    """Return the different entries."""
    values: Tensor = unique_all(x).values
    return values


__all__ = ["unique_all", "unique_counts", "unique_inverse", "unique_values"]
