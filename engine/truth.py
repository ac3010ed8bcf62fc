"""Operations on truth values that a trace sees: said in ops of the vocabulary, by numbers that are 0 or 1.

The functions of the package say the same at once where nothing is traced.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import ops
from .variable import Variable

Axis = int | tuple[int, ...] | None


def _number(condition: Any) -> Any:
    """Return 1 where a condition holds, or a number is other than 0, and 0 elsewhere."""
    if condition.array.dtype != np.bool_:
        condition = ops.not_equal(condition, _constant(0, condition))
    return ops.where(condition, _constant(1.0, condition), _constant(0.0, condition))


def _constant(value: float, like: Variable) -> Any:
    dtype = np.float64 if like.array.dtype == np.bool_ else like.array.dtype
    return like.wrap(np.asarray(value, dtype))


def _holds(number: Any) -> Any:
    return ops.greater(number, 0.5)


def logical_and(a: Any, b: Any) -> Any:
    """Return whether both hold."""
    return _holds(ops.multiply(_number(a), _number(b)))


def logical_or(a: Any, b: Any) -> Any:
    """Return whether either holds."""
    return _holds(ops.add(_number(a), _number(b)))


def logical_xor(a: Any, b: Any) -> Any:
    """Return whether one alone holds."""
    first, second = _number(a), _number(b)
    return _holds(ops.abs(ops.subtract(first, second)))


def logical_not(a: Any) -> Any:
    """Return whether each does not hold."""
    return ops.less(_number(a), 0.5)


def all(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:  # noqa: A001 - NumPy's name
    """Return whether all over ``axis`` hold."""
    return _holds(ops.prod(_number(x), axis=axis, keepdims=keepdims))


def any(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:  # noqa: A001 - NumPy's name
    """Return whether one over ``axis`` holds."""
    return _holds(ops.sum(_number(x), axis=axis, keepdims=keepdims))


def isclose(a: Any, b: Any, rtol: float, atol: float, equal_nan: bool) -> Any:
    """Return whether entries are equal, or at most ``atol + rtol abs(b)`` apart."""
    apart = ops.abs(ops.subtract(a, b))
    bound = ops.add(ops.multiply(ops.abs(b), rtol), atol)
    found = logical_or(ops.equal(a, b), logical_and(ops.less_equal(apart, bound), ops.less(bound, np.inf)))
    return logical_or(found, logical_and(isnan(a), isnan(b))) if equal_nan else found


def isnan(x: Any) -> Any:
    """Return whether each entry is no number."""
    return ops.not_equal(x, x)


def isinf(x: Any) -> Any:
    """Return whether each entry is infinite."""
    return ops.equal(ops.abs(x), np.inf)


def isfinite(x: Any) -> Any:
    """Return whether each entry is a finite number."""
    return ops.less(ops.abs(x), np.inf)


def signbit(x: Any) -> Any:
    """Return whether each entry is negative: of a zero the sign is that of no real number."""
    return ops.less(x, 0.0)
