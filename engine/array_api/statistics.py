"""Sums, products, extremes and spreads over axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradproof.errors import ShapeError

from .. import creation, ops
from ..shapes import normalise_axes
from .arguments import FLOATING, NUMERIC, Axis, accumulated, array

if TYPE_CHECKING:
    from ..tensor import Tensor


def cumulative_prod(
    x: Tensor, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Tensor:
    """Return the running products along ``axis``, which only a vector can do without, from 1 on if so asked."""
    return _running("cumulative_prod", x, axis, dtype, 1 if include_initial else None)


def cumulative_sum(
    x: Tensor, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Tensor:
    """Return the running sums along ``axis``, which only a vector can do without, from 0 on if so asked."""
    return _running("cumulative_sum", x, axis, dtype, 0 if include_initial else None)


def _running(function: str, x: Any, axis: int | None, dtype: Any, initial: int | None) -> Any:
    terms = accumulated(array(function, x, NUMERIC), dtype)
    shape = terms.array.shape
    if axis is None and len(shape) != 1:
        raise ShapeError(f"{function} needs an axis for shape {shape}; only a vector can do without")
    (place,) = normalise_axes(axis or 0, len(shape))
    found = getattr(ops, function)(terms, axis=place)
    if initial is None:
        return found
    start = creation.full((*shape[:place], 1, *shape[place + 1 :]), initial, dtype=terms.array.dtype)
    return ops.concat(start, found, axis=place)


def max(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:  # noqa: A001 - the standard's name
    """Return the largest entry over ``axis``; entries that tie share its derivative."""
    return ops.amax(array("max", x, NUMERIC), axis=axis, keepdims=keepdims)


def mean(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Return the mean over ``axis``."""
    return ops.mean(array("mean", x, FLOATING), axis=axis, keepdims=keepdims)


def min(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:  # noqa: A001 - the standard's name
    """Return the smallest entry over ``axis``; entries that tie share its derivative."""
    return ops.amin(array("min", x, NUMERIC), axis=axis, keepdims=keepdims)


def prod(x: Tensor, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
    """Return the product over ``axis``, of integers in int64 unless another dtype is asked for."""
    return ops.prod(accumulated(array("prod", x, NUMERIC), dtype), axis=axis, keepdims=keepdims)


def std(x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Tensor:
    """Return the square root of the variance; its derivative where all entries are equal is taken as 0."""
    return ops.std(array("std", x, FLOATING), axis=axis, keepdims=keepdims, correction=correction)


def sum(  # noqa: A001 - the standard's name
    x: Tensor, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False
) -> Tensor:
    """Return the sum over ``axis``, of integers in int64 unless another dtype is asked for."""
    return ops.sum(accumulated(array("sum", x, NUMERIC), dtype), axis=axis, keepdims=keepdims)


def var(x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False) -> Tensor:
    """Return the variance over ``axis``: the sum of squared deviations over the number of entries less a correction."""
    return ops.var(array("var", x, FLOATING), axis=axis, keepdims=keepdims, correction=correction)


__all__ = ["cumulative_prod", "cumulative_sum", "max", "mean", "min", "prod", "std", "sum", "var"]
