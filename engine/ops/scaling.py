"""Scaling by powers of two, which is exact, so that no intermediate result overflows or underflows.

Exponents are data: they are read off the values, and no derivative flows through them. What is scaled by one and at
the end by its inverse is the same function of its arguments, whatever the exponent.
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..variable import Array, array_of


def exponent_of(x: Any) -> Array:
    """Return, entry by entry, the integer e with ``2^(e-1) <= abs(x) < 2^e``; 0 for zeros and what is not finite."""
    values = array_of(x)
    return np.where(np.isfinite(values), np.frexp(values)[1], 0)


def largest_exponent(rows: Any) -> Array:
    """Return that exponent of the largest magnitude in each row, as a column."""
    return exponent_of(np.max(np.abs(array_of(rows)), axis=-1, keepdims=True, initial=0))


def are_normal(*values: Any) -> bool:
    """Tell whether all entries of all values are normal numbers: faster than what :func:`is_lost` tells of each.

    They are if the sum of their squares is finite, and that of their inverses; False may also mean that these are not.
    """
    for value in values:
        x: Any = array_of(value)
        inverse = 1.0 / x
        squares = (np.vdot(x, x), np.vdot(inverse, inverse)) if x.ndim else (x * x, inverse * inverse)
        if not (math.isfinite(squares[0]) and math.isfinite(squares[1])):
            return False
    return True


def is_finite(x: Any) -> bool:
    """Tell whether all entries are finite: whether their sum is, so that False may also mean that this overflows."""
    values = array_of(x)
    return math.isfinite(np.add.reduce(values, axis=None) if values.ndim else values)


@functools.cache
def _limits(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    limits = np.finfo(dtype)
    return limits.smallest_normal, limits.max


def is_lost(x: Any) -> Array:
    """Tell where a result is not a normal number: it has lost digits to underflow, or all of them, or overflowed.

    Zero is told as well, which may be exact.
    """
    size = np.abs(array_of(x))
    least, most = _limits(size.dtype)
    return np.asarray(~((size >= least) & (size <= most)))


def shifted(x: Any, exponents: Array) -> Any:
    """Return ``x 2^exponents``: nothing overflows or underflows on the way unless the result does.

    Powers that are normal numbers, and so are their inverses, are one factor; others are split into three.
    """
    dtype = array_of(x).dtype
    limits = np.finfo(dtype)
    largest = np.abs(exponents).max(initial=0)
    if largest < limits.maxexp - 1:
        return x * np.ldexp(dtype.type(1), exponents) if largest else x
    most = limits.maxexp - limits.minexp + limits.nmant
    third, rest = np.divmod(np.clip(exponents, -most, most), 3)
    for part in (third, third, third + rest):
        x = x * np.ldexp(dtype.type(1), part)
    return x


def scaled_product(*factors: Any, over: Any = None, exponent: Any = 0) -> Any:
    """Return the product of the factors, divided by ``over``, times ``2^exponent``: rounded as if without limits."""
    product: Any = None
    for factor in factors:
        own = exponent_of(factor)
        exponent = exponent + own
        factor = shifted(factor, -own)
        product = factor if product is None else product * factor
    if over is not None:
        own = exponent_of(over)
        exponent = exponent - own
        product = product / shifted(over, -own)
    return shifted(product, exponent)
