"""Norms of vectors."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradproof.budget import pointwise, summation
from gradproof.errors import ArgumentError

from ..domain import REAL
from ..op import Function, define
from ..shapes import Reduction
from ..variable import Array, array_of
from .arithmetic import pow as pow_
from .rows import Axis, column, from_rows, per_row, to_rows
from .scaling import exponent_of, largest_exponent, scaled_product, shifted
from .selection import where


def _vector_norm(x: Array, *, axis: Axis = None, keepdims: bool = False, ord: float = 2) -> Array:
    """Return the norm; for the squares of ``ord`` 2 entries are scaled by a power of two."""
    rows = np.abs(to_rows(x, axis))
    if ord == 2:
        exponents = largest_exponent(rows)
        roots = np.sqrt(np.sum(np.square(shifted(rows, -exponents)), axis=-1))
        norms = np.ldexp(roots, exponents[..., 0])
    elif ord == 1:
        norms = np.sum(rows, axis=-1)
    elif ord == math.inf:
        norms = np.max(rows, axis=-1)
    else:
        raise ArgumentError(f"ord is 1, 2 or inf, not {ord!r}")
    return np.asarray(per_row(norms, x.shape, axis, keepdims))


def _vector_norm_vjp(ct: Any, y: Any, x: Any, *, axis: Axis, keepdims: bool, ord: float) -> Any:
    """Return the cotangent of each entry: 0 for a 0, and a share for each of several largest ones, as in PyTorch."""
    rows = to_rows(x, axis)
    spread = column(ct, rows)
    if ord == 2:
        return from_rows(_towards(rows, spread), x.shape, axis)
    if ord == math.inf:
        largest = np.abs(array_of(rows)) == column(array_of(y), rows)
        spread = where(largest, spread / np.count_nonzero(largest, axis=-1, keepdims=True), 0.0)
    return from_rows(where(rows > 0.0, spread, where(rows < 0.0, -spread, 0.0)), x.shape, axis)


def _towards(rows: Any, ct: Any) -> Any:
    """Return ``ct x / norm(x)``, and 0 where the norm is 0. The norm is that of scaled entries: it keeps its digits."""
    exponents = largest_exponent(rows)
    norms = column(vector_norm(shifted(rows, -exponents), axis=-1), rows)
    return scaled_product(ct, rows, over=where(array_of(norms) == 0.0, 1.0, norms), exponent=-exponents)


vector_norm: Function = define(
    "vector_norm",
    forward=_vector_norm,
    vjp=_vector_norm_vjp,
    shape=Reduction(empty=False),
    domain=(REAL,),
    kinks=((0.0,),),
    params={"ord": (2, 1, math.inf)},
    budget=summation(forward=2, vjp=4),
    node="LinalgVectorNormBackward0",
    integers=False,
)


def _power_of_quotient(a: Any, b: Any, power: float) -> tuple[Any, Array]:
    """Return ``(a / b)^power`` for positive numbers, and an exponent of 2 that is missing: neither is out of range.

    The exponents of the quotients are multiplied by a power of 24 bits, without rounding, and by the rest of it.
    """
    own, other = exponent_of(a), exponent_of(b)
    exponents, coarse = own - other, float(np.float32(power))
    exact = exponents * coarse
    whole = np.rint(exact)
    factor = np.exp2((exact - whole) + exponents * (power - coarse)).astype(array_of(a).dtype)
    return pow_(shifted(a, -own) / shifted(b, -other), power) * factor, whole.astype(np.int64)


def _p_norm(x: Array, *, axis: Axis = None, keepdims: bool = False, ord: float = 3) -> Array:
    """Return the norm of entries that have been divided by the largest, times that."""
    if not 0 < ord < math.inf:
        raise ArgumentError(f"ord is a positive number, not {ord!r}")
    rows = np.abs(to_rows(x, axis))
    largest = np.max(rows, axis=-1, keepdims=True, initial=0)
    unit = np.where(np.isfinite(largest) & (largest > 0.0), largest, np.ones_like(largest))
    sums = np.sum(np.ldexp(*_power_of_quotient(rows, unit, ord)), axis=-1)
    return np.asarray(per_row(unit[..., 0] * sums ** rows.dtype.type(1 / ord), x.shape, axis, keepdims))


def _p_norm_vjp(ct: Any, y: Any, x: Any, *, axis: Axis, keepdims: bool, ord: float) -> Any:
    """Return ``ct sign(x) (abs(x) / y)^(p - 1)``, and 0 for a 0, as in PyTorch."""
    rows = to_rows(x, axis)
    norms, values = column(y, rows), array_of(rows)
    signs = np.sign(values)
    sizes = where(values == 0.0, 1.0, rows * signs)
    slopes, exponents = _power_of_quotient(sizes, where(array_of(norms) == 0.0, 1.0, norms), ord - 1)
    return from_rows(scaled_product(column(ct, rows), slopes * signs, exponent=exponents), x.shape, axis)


p_norm: Function = define(
    "p_norm",
    forward=_p_norm,
    vjp=_p_norm_vjp,
    shape=Reduction(empty=False),
    domain=(REAL,),
    kinks=((0.0,),),
    params={"ord": (3, 1.5)},
    budget=pointwise(4),
    node="LinalgVectorNormBackward0",
    integers=False,
)

__all__ = [
    "p_norm",
    "vector_norm",
]
