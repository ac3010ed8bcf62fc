"""Whole numbers and truth values that depend on a leaf.

A whole number is a tensor of float64. Where a result jumps, it is compared half a step beside its neighbours: no
comparison is ever close, and none is taken for a tie.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.engine import ops
from gradproof.engine.variable import Array, array_of
from gradproof.errors import UnsupportedError
from gradproof.exact import DTYPES

from ...rules import Rule


def number(value: float, dtype: Any = "float64") -> Array:
    """Return a number as an array, which decides no dtype but its own."""
    return np.asarray(value, dtype)


def as_number(x: Any, dtype: Any = "float64") -> Any:
    """Return truth values as 1 and 0, and numbers in another dtype."""
    if array_of(x).dtype == np.bool_:
        return ops.where(x, number(1, dtype), number(0, dtype))
    return x if array_of(x).dtype == dtype else ops.astype(x, dtype=np.dtype(dtype).name)


def _less(a: Any, b: Any) -> Any:
    return ops.less(as_number(a), ops.subtract(as_number(b), number(0.5)))


def _less_equal(a: Any, b: Any) -> Any:
    return ops.less(as_number(a), ops.add(as_number(b), number(0.5)))


def are_equal(a: Any, b: Any) -> Any:
    """Return whether whole numbers are equal."""
    return ops.less(ops.square(ops.subtract(as_number(a), as_number(b))), number(0.25))


def _differ(a: Any, b: Any) -> Any:
    return ops.greater(ops.square(ops.subtract(as_number(a), as_number(b))), number(0.25))


def _sign(x: Any) -> Any:
    return ops.subtract(as_number(ops.greater(x, number(0.5))), as_number(ops.less(x, number(-0.5))))


def _quotient(x: Any, y: Any) -> Any:
    """Return the quotient, rounded toward zero; half a step is added, so that no whole number is near."""
    size = ops.divide(ops.add(ops.abs(as_number(x)), number(0.5)), ops.abs(as_number(y)))
    return ops.multiply(ops.multiply(_sign(as_number(x)), _sign(as_number(y))), ops.floor(size))


def _remainder(x: Any, y: Any) -> Any:
    """Return the remainder, which has the sign of ``x``."""
    return ops.subtract(x, ops.multiply(y, _quotient(x, y)))


def _convert(x: Any, *, new_dtype: Any, **_: Any) -> Any:
    wanted = np.dtype(new_dtype)
    if wanted.kind in "iu":
        return as_number(x)
    if wanted.name not in DTYPES:
        raise UnsupportedError(f"it converts to {wanted.name}; the dtypes that are proven are {', '.join(DTYPES)}")
    return _differ(x, number(0)) if wanted.kind == "b" else as_number(x, wanted)


#: Of primitives that jump: what they compute of whole numbers and truth values.
RULES: dict[str, Rule] = {
    "convert_element_type": _convert,
    "div": _quotient,
    "eq": are_equal,
    "ge": lambda a, b: _less_equal(b, a),
    "gt": lambda a, b: _less(b, a),
    "le": _less_equal,
    "lt": _less,
    "ne": _differ,
    "rem": _remainder,
    "sign": _sign,
}
