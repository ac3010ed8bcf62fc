"""Places of entries, which carry no derivative, and entries chosen by a condition, which do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gradproof.errors import ShapeError

from .. import ops
from ..functions import predicates, ranking
from .arguments import BOOLEAN, INTEGRAL, NUMERIC, Axis, array, arrays, pair

if TYPE_CHECKING:
    from ..tensor import Tensor


def argmax(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Return the first place of the largest entry along ``axis``, or in the flat array."""
    return ranking.argmax(array("argmax", x, NUMERIC), axis, keepdims)


def argmin(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """Return the first place of the smallest entry along ``axis``, or in the flat array."""
    return ranking.argmin(array("argmin", x, NUMERIC), axis, keepdims)


def count_nonzero(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return how many entries over ``axis`` are other than zero."""
    is_other = ops.astype(array("count_nonzero", x), dtype="bool")
    return ops.sum(ops.astype(is_other, dtype="int64"), axis=axis, keepdims=keepdims)


def nonzero(x: Tensor, /) -> tuple[Tensor, ...]:
    """Return the places of the entries other than zero: one vector of indices for each axis."""
    if not array("nonzero", x).array.ndim:
        raise ShapeError("nonzero takes arrays that have at least one dimension: a number has no places")
    found: tuple[Tensor, ...] = predicates.nonzero(x, as_tuple=True)
    return found


def searchsorted(x1: Tensor, x2: Tensor, /, *, side: str = "left", sorter: Tensor | None = None) -> Tensor:
    """Return where each entry of ``x2`` would be put into the sorted vector ``x1``, before equal entries or behind.

    With ``sorter`` it is the vector ``x1[sorter]`` that is sorted.
    """
    order, values = arrays("searchsorted", x1, x2, kinds=NUMERIC)
    if order.array.ndim != 1:
        raise ShapeError(f"searchsorted takes a sorted vector, not shape {order.array.shape}")
    if sorter is not None:
        order = ops.take(order, array("searchsorted", sorter, INTEGRAL), axis=0)
    return ranking.searchsorted(order, values, side=side)


def where(condition: Tensor, x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return ``x1`` where the condition holds and ``x2`` elsewhere."""
    return ops.where(array("where", condition, BOOLEAN), *pair("where", x1, x2))


__all__ = ["argmax", "argmin", "count_nonzero", "nonzero", "searchsorted", "where"]
