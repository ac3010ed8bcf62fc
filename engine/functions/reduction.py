"""Sums, products, spreads and norms over dimensions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError

from .. import ops
from .arguments import Dim, accumulated, axes_of, cast, numpy_names, whole

if TYPE_CHECKING:
    from ..tensor import Tensor


@numpy_names
def sum(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:  # noqa: A001
    """Return the sum over ``dim``, over all dimensions where it is None."""
    return ops.sum(accumulated(input, dtype), axis=axes_of(dim), keepdims=keepdim)


@numpy_names
def mean(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Return the mean over ``dim``, over all dimensions where it is None. Raises ``DtypeError`` for integers."""
    x = cast(input, dtype)
    if x.array.dtype.kind != "f":
        raise DtypeError(f"mean needs a floating dtype, not {x.array.dtype.name}; convert with .float()")
    return ops.mean(x, axis=axes_of(dim), keepdims=keepdim)


@numpy_names
def prod(input: Any, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Return the product over ``dim``, of all entries where it is None."""
    return ops.prod(accumulated(input, dtype), axis=dim if dim is None else whole(dim), keepdims=keepdim)


@numpy_names
def cumsum(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """Return the running sums along ``dim``."""
    return ops.cumulative_sum(accumulated(input, dtype), axis=whole(dim))


@numpy_names
def cumprod(input: Any, dim: int, *, dtype: Any = None) -> Tensor:
    """Return the running products along ``dim``."""
    return ops.cumulative_prod(accumulated(input, dtype), axis=whole(dim))


def logcumsumexp(input: Any, dim: int) -> Tensor:
    """Return the logarithms of the running sums of exponentials along ``dim``.

    All pairs of entries are worked on at once, at the square of the usual cost in time and memory.
    """
    return ops.logcumsumexp(input, axis=dim)


@numpy_names
def var(
    input: Any, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Tensor:
    """Return the variance over ``dim``: the mean square deviation, times n / (n - correction).

    The correction is 1, and 0 where ``unbiased`` is False; as in PyTorch, ``var(x, False)`` says that too.
    """
    return _spread(ops.var, input, dim, unbiased, keepdim, correction)


@numpy_names
def std(
    input: Any, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Tensor:
    """Return the square root of :func:`var`; its derivative where all entries are equal is taken as 0."""
    return _spread(ops.std, input, dim, unbiased, keepdim, correction)


def _spread(op: Any, input: Any, dim: Dim, unbiased: bool, keepdim: bool, correction: float | None) -> Tensor:
    if isinstance(dim, bool):
        return _spread(op, input, None, dim, keepdim, correction)
    name = op.__name__
    if input.array.dtype.kind != "f":
        raise DtypeError(f"{name} needs a floating dtype, not {input.array.dtype.name}; convert with .float()")
    used = int(unbiased) if correction is None else correction
    result: Tensor = op(input, axis=axes_of(dim), keepdims=keepdim, correction=used)
    return result


def var_mean(
    input: Any, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Tensor, Tensor]:
    """Return the variance over ``dim``, as :func:`var` does, and the mean."""
    axes = None if isinstance(dim, bool) else dim
    return var(input, dim, unbiased, keepdim, correction=correction), mean(input, axes, keepdim)


def std_mean(
    input: Any, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> tuple[Tensor, Tensor]:
    """Return the standard deviation over ``dim``, as :func:`std` does, and the mean."""
    axes = None if isinstance(dim, bool) else dim
    return std(input, dim, unbiased, keepdim, correction=correction), mean(input, axes, keepdim)


def nansum(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Return the sum over ``dim`` of the entries that are numbers."""
    return sum(_without_nan(cast(input, dtype)), dim, keepdim)


def nanmean(input: Any, dim: Dim = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Return the mean over ``dim`` of the entries that are numbers; where there is none, NaN."""
    counts = np.sum(~np.isnan(input.array), axis=axes_of(dim), keepdims=keepdim)
    return ops.divide(nansum(input, dim, keepdim, dtype=dtype), counts)


def _without_nan(input: Any) -> Any:
    return ops.where(ops.not_equal(input, input), 0.0, input) if input.array.dtype.kind == "f" else input


def norm(input: Any, p: Any = 2, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return the vector norm over ``dim``: the root of the sum of powers ``p``; its derivative at 0 is taken as 0.

    For p = inf and -inf it is the largest and the smallest magnitude, for 0 the number of entries other than zero.
    Raises ``ArgumentError`` for other orders that are not positive.
    """
    order = 2 if p in (None, "fro") else p
    axes = axes_of(dim)
    if order in (1, 2, math.inf):
        return ops.vector_norm(input, axis=axes, keepdims=keepdim, ord=order)
    if order == -math.inf:
        return ops.amin(ops.abs(input), axis=axes, keepdims=keepdim)
    if order == 0:
        return ops.sum(ops.abs(ops.sign(input)), axis=axes, keepdims=keepdim)
    if isinstance(order, str):
        raise ArgumentError(f"p is a number or 'fro', not {order!r}")
    return ops.p_norm(input, axis=axes, keepdims=keepdim, ord=order)


def dist(input: Any, other: Any, p: float = 2) -> Tensor:
    """Return the norm of order ``p`` of the difference of two tensors."""
    return norm(ops.subtract(input, other), p)


def cdist(x1: Any, x2: Any, p: float = 2.0) -> Tensor:
    """Return the distance of order ``p`` of each row of one matrix, or of each of a stack, from each of another."""
    return norm(ops.subtract(ops.expand_dims(x1, axis=-2), ops.expand_dims(x2, axis=-3)), p, -1)


def cov(input: Any, *, correction: int = 1) -> Tensor:
    """Return the covariances of variables, which are rows of observations; of one row its variance."""
    rows = ops.reshape(input, shape=(-1, input.array.shape[-1] if input.array.ndim else 1))
    deviations = rows - mean(rows, -1, True)
    transposed = ops.permute_dims(deviations, axes=(1, 0))
    found = ops.divide(ops.matmul(deviations, transposed), float(np.maximum(rows.array.shape[-1] - correction, 0)))
    return found if input.array.ndim > 1 else ops.reshape(found, shape=())


def corrcoef(input: Any) -> Tensor:
    """Return the correlations of variables, which are rows of observations, from -1 to 1; of one row 1."""
    found = cov(input)
    if not found.array.ndim:
        return ops.divide(found, found)
    deviations = ops.sqrt(ops.diagonal(found))
    scaled = ops.divide(ops.divide(found, ops.expand_dims(deviations, axis=1)), deviations)
    return ops.clip(scaled, min=-1.0, max=1.0)


__all__ = [
    "cdist",
    "corrcoef",
    "cov",
    "cumprod",
    "cumsum",
    "dist",
    "logcumsumexp",
    "mean",
    "nanmean",
    "nansum",
    "norm",
    "prod",
    "std",
    "std_mean",
    "sum",
    "var",
    "var_mean",
]
