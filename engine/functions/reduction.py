"""Sums, products, spreads and norms over dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradproof.errors import DtypeError

from .. import ops
from .arguments import Dim, axes_of

if TYPE_CHECKING:
    from ..tensor import Tensor


def sum(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:  # noqa: A001
    """Return the sum over ``dim``, over all dimensions where it is None."""
    return ops.sum(input, axis=axes_of(dim), keepdims=keepdim)


def mean(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return the mean over ``dim``, over all dimensions where it is None. Raises ``DtypeError`` for integers."""
    if input.array.dtype.kind != "f":
        raise DtypeError(f"mean needs a floating dtype, not {input.array.dtype.name}; convert with .float()")
    return ops.mean(input, axis=axes_of(dim), keepdims=keepdim)


def prod(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return the product over ``dim``, of all entries where it is None."""
    return ops.prod(input, axis=dim, keepdims=keepdim)


def cumsum(input: Any, dim: int) -> Tensor:
    """Return the running sums along ``dim``."""
    return ops.cumulative_sum(input, axis=dim)


def cumprod(input: Any, dim: int) -> Tensor:
    """Return the running products along ``dim``."""
    return ops.cumulative_prod(input, axis=dim)


def var(
    input: Any, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Tensor:
    """Return the variance over ``dim``: the mean square deviation, times n / (n - correction).

    The correction is 1, and 0 where ``unbiased`` is False; as in PyTorch, ``var(x, False)`` says that too.
    """
    return _spread(ops.var, input, dim, unbiased, keepdim, correction)


def std(
    input: Any, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Tensor:
    """Return the square root of :func:`var`; its derivative where all entries are equal is taken as 0."""
    return _spread(ops.std, input, dim, unbiased, keepdim, correction)


def _spread(op: Any, input: Any, dim: Dim, unbiased: bool, keepdim: bool, correction: float | None) -> Tensor:
    if isinstance(dim, bool):
        return _spread(op, input, None, dim, keepdim, correction)
    name = op.name
    if input.array.dtype.kind != "f":
        raise DtypeError(f"{name} needs a floating dtype, not {input.array.dtype.name}; convert with .float()")
    used = int(unbiased) if correction is None else correction
    result: Tensor = op(input, axis=axes_of(dim), keepdims=keepdim, correction=used)
    return result


def norm(input: Any, p: Any = 2, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return the vector norm over ``dim``: ``p`` is 1, 2 ("fro") or inf; its derivative at 0 is taken as 0."""
    return ops.vector_norm(input, axis=axes_of(dim), keepdims=keepdim, ord=2 if p == "fro" else p)


__all__ = [
    "cumprod",
    "cumsum",
    "mean",
    "norm",
    "prod",
    "std",
    "sum",
    "var",
]
