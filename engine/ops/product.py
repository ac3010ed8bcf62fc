"""Products of entries, and running products: nothing is divided by an entry, which may be zero."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import product

from ..domain import REAL
from ..op import Function, define
from ..shapes import AlongAxis, Reduction, axis_of
from ..variable import Array, array_of
from .rearrangement import broadcast_to, concat, embed, getitem
from .rows import Axis, column, from_rows, per_row, to_rows
from .scaling import shifted

#: Stands for the logarithm of zero: far below that of any product of other numbers.
NOTHING = -(2.0**30)


def _logarithms(x: Any) -> Array:
    """Return the binary logarithms of the magnitudes in float64: good for choosing exponents."""
    magnitudes = np.abs(array_of(x)).astype(np.float64)
    usable = np.isfinite(magnitudes) & (magnitudes > 0.0)
    return np.where(magnitudes == 0.0, NOTHING, np.log2(np.where(usable, magnitudes, 1.0)))


def _zeros_in(logarithms: Array) -> Array:
    """Return what zeros have put into sums of logarithms.

    It is left out of exponents: a zero is scaled as well, since a derivative by it is that of the other factors.
    """
    return NOTHING * np.rint(logarithms / NOTHING)


def _balanced(rows: Any) -> tuple[Any, Array]:
    """Return factors whose running products are all near 1, and the exponents that are missing from these products."""
    logarithms = np.cumsum(_logarithms(rows), axis=-1)
    exponents = np.rint(logarithms - _zeros_in(logarithms)).astype(np.int64)
    steps = np.array(exponents)
    steps[..., 1:] -= exponents[..., :-1]
    return shifted(rows, -steps), exponents


def _cumulative_prod(x: Array, *, axis: int) -> Array:
    if x.dtype.kind != "f":
        return np.cumprod(x, axis=axis_of(x, axis))
    factors, exponents = _balanced(to_rows(x, axis))
    return np.asarray(from_rows(np.ldexp(np.multiply.accumulate(factors, axis=-1), exponents), x.shape, axis))


def _prod(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    rows = to_rows(x, axis)
    if rows.dtype.kind != "f" or not rows.shape[-1]:
        return np.asarray(np.prod(x, axis=axis, keepdims=keepdims))
    factors, exponents = _balanced(rows)
    products = np.multiply.accumulate(factors, axis=-1)[..., -1]
    return np.asarray(per_row(np.ldexp(products, exponents[..., -1]), x.shape, axis, keepdims))


def _ahead(rows: Any, distance: int) -> Any:
    """Return the entries that stand ``distance`` places further on, and 0 beyond the end."""
    size = rows.shape[-1]
    later = getitem(rows, index=(Ellipsis, slice(distance, None)))
    return embed(later, index=(Ellipsis, slice(0, size - distance)), shape=rows.shape)


def _products_before(rows: Any) -> tuple[Any, Array]:
    """Return for each entry the product of those before it, and an exponent that is missing from it."""
    factors, exponents = _balanced(rows)
    running = cumulative_prod(factors, axis=-1)
    start = np.ones((*rows.shape[:-1], 1), dtype=array_of(rows).dtype)
    before = concat(start, getitem(running, index=(Ellipsis, slice(0, -1))), axis=-1)
    return before, np.concatenate([np.zeros_like(exponents[..., :1]), exponents[..., :-1]], axis=-1)


def _exponents_after(rows: Any, ct: Any) -> Array:
    """Return for each entry the exponent of the largest ``ct_k prod_j x_j`` over ``k >= i`` and ``i < j <= k``.

    Where all of them are 0, the exponent continues that of the entry before, so that the factors between are near 1.
    """
    before = np.cumsum(_logarithms(rows), axis=-1)
    largest = np.maximum.accumulate((_logarithms(ct) + before)[..., ::-1], axis=-1)[..., ::-1]
    some = largest - before > NOTHING / 2
    latest = np.maximum.accumulate(np.where(some, np.arange(rows.shape[-1]), 0), axis=-1)
    held = np.take_along_axis(largest, latest, axis=-1)
    is_joined = np.abs(held - before) < -NOTHING / 2
    return np.rint(np.where(is_joined, held, _zeros_in(before)) - before).astype(np.int64)


def _sums_after(rows: Any, ct: Any) -> tuple[Any, Array]:
    """Return for each entry ``sum_k ct_k prod_j x_j`` over ``k >= i`` and ``i < j <= k``, and a missing exponent.

    That is a linear recurrence, ``r_i = ct_i + x_(i+1) r_(i+1)``, solved in log2 n steps by recursive doubling (Kogge
    and Stone, *IEEE Transactions on Computers* C-22(8), 1973). Exponents are such that its largest term is near 1.
    """
    exponents = _exponents_after(rows, ct)
    factors = shifted(_ahead(rows, 1), np.diff(exponents, axis=-1, append=0))
    sums = shifted(ct, -exponents)
    distance = 1
    while distance < rows.shape[-1]:
        sums = sums + factors * _ahead(sums, distance)
        factors = factors * _ahead(factors, distance)
        distance *= 2
    return sums, exponents


def _pull_back_running(rows: Any, ct: Any) -> Any:
    """Return the cotangent of rows, given that of their running products."""
    before, missing = _products_before(rows)
    after, also_missing = _sums_after(rows, ct)
    return shifted(before * after, missing + also_missing)


def _cumulative_prod_vjp(ct: Any, y: Any, x: Any, *, axis: int) -> Any:
    return from_rows(_pull_back_running(to_rows(x, axis), to_rows(ct, axis)), x.shape, axis)


def _prod_vjp(ct: Any, y: Any, x: Any, *, axis: Axis, keepdims: bool) -> Any:
    """Return that of the running products where only the last one has a cotangent."""
    rows = to_rows(x, axis)
    last = column(ct, rows)
    count = rows.shape[-1]
    if not count:
        return from_rows(broadcast_to(last, shape=rows.shape), x.shape, axis)
    cts = embed(last, index=(Ellipsis, slice(count - 1, count)), shape=rows.shape)
    return from_rows(_pull_back_running(rows, cts), x.shape, axis)


cumulative_prod: Function = define(
    "cumulative_prod",
    forward=_cumulative_prod,
    vjp=_cumulative_prod_vjp,
    shape=AlongAxis(),
    domain=(REAL,),
    budget=product(),
    node="CumprodBackward0",
)

prod = define(
    "prod",
    forward=_prod,
    vjp=_prod_vjp,
    shape=Reduction(),
    domain=(REAL,),
    budget=product(),
    node=lambda x, *, axis, keepdims: "ProdBackward0" if axis is None else "ProdBackward1",
)

__all__ = [
    "cumulative_prod",
    "prod",
]
