"""Variance and standard deviation, from differences that keep their digits whatever the mean."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradproof.budget import centred

from ..domain import REAL
from ..op import define
from ..shapes import Reduction
from ..variable import Array, array_of
from .arithmetic import sqrt, square
from .rearrangement import getitem
from .reduction import mean
from .reduction import sum as sum_
from .rows import Axis, column, from_rows, per_row, to_rows
from .scaling import largest_exponent, scaled_product, shifted
from .selection import where


def _deviations(rows: Any) -> tuple[Any, Array]:
    """Return the differences from the mean of each row, scaled by powers of two, and the exponents that are missing."""
    exponents = largest_exponent(rows)
    return about_mean(shifted(rows, -exponents)), exponents


def about_mean(rows: Any) -> Any:
    """Return the differences from the mean of each row.

    The first entry is subtracted before the mean is formed: then equal entries differ by exactly 0, and the digits that
    all entries share do not round. What rounding leaves of the mean is subtracted in a second pass.
    """
    differences = rows - getitem(rows, index=(Ellipsis, slice(0, 1)))
    for _ in range(2):
        differences = differences - mean(differences, axis=-1, keepdims=True)
    return differences


def _degrees(rows: Any, correction: float) -> float:
    """Return the number of degrees of freedom; where none is left, NaN, as the variance then is."""
    degrees = rows.shape[-1] - correction
    return degrees if degrees > 0 else math.nan


def _variance(x: Array, axis: Axis, correction: float) -> tuple[Array, Array]:
    """Return the variance of each row, and the exponent that is missing from its square root."""
    rows = to_rows(x, axis)
    differences, exponents = _deviations(rows)
    return np.sum(np.square(differences), axis=-1) / _degrees(rows, correction), exponents[..., 0]


def _var(x: Array, *, axis: Axis = None, keepdims: bool = False, correction: float = 0) -> Array:
    variance, exponents = _variance(x, axis, correction)
    return np.asarray(per_row(np.ldexp(variance, 2 * exponents), x.shape, axis, keepdims))


def _std(x: Array, *, axis: Axis = None, keepdims: bool = False, correction: float = 0) -> Array:
    variance, exponents = _variance(x, axis, correction)
    return np.asarray(per_row(np.ldexp(np.sqrt(variance), exponents), x.shape, axis, keepdims))


def _var_vjp(ct: Any, y: Any, x: Any, *, axis: Axis, keepdims: bool, correction: float) -> Any:
    """Return ``ct 2 (x - mean) / (n - correction)``."""
    rows = to_rows(x, axis)
    differences, exponents = _deviations(rows)
    slopes = differences * 2.0 / _degrees(rows, correction)
    return from_rows(scaled_product(column(ct, rows), slopes, exponent=exponents), x.shape, axis)


def _std_vjp(ct: Any, y: Any, x: Any, *, axis: Axis, keepdims: bool, correction: float) -> Any:
    """Return ``ct (x - mean) / ((n - correction) std)``, and 0 where all entries are equal, as in PyTorch."""
    rows = to_rows(x, axis)
    differences, _ = _deviations(rows)
    total = sum_(square(differences), axis=-1, keepdims=True)
    degrees = _degrees(rows, correction)
    deviation = sqrt(where(array_of(total) == 0.0, 1.0, total) / degrees)
    return from_rows(scaled_product(column(ct, rows), differences / degrees, over=deviation), x.shape, axis)


var = define(
    "var",
    forward=_var,
    vjp=_var_vjp,
    shape=Reduction(least=2),
    domain=(REAL,),
    params={"correction": (0, 1)},
    budget=centred(forward=4, vjp=4),
    node="VarBackward0",
    integers=False,
)

std = define(
    "std",
    forward=_std,
    vjp=_std_vjp,
    shape=Reduction(least=2),
    domain=(REAL,),
    params={"correction": (0, 1)},
    ties=True,
    budget=centred(forward=4, vjp=8),
    node="StdBackward0",
    integers=False,
)

__all__ = [
    "std",
    "var",
]
