"""Remainders of divisions, and quotients without them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, UnsupportedError

from .. import ops
from ..variable import Array, array_of
from .operands import apply, operator

if TYPE_CHECKING:
    from ..tensor import Tensor


def remainder(input: Any, other: Any) -> Tensor:
    """Return ``input - other floor(input / other)``, which has the sign of ``other``, as in Python."""
    _check("remainder", input, other)
    return ops.remainder(input, other)


def fmod(input: Any, other: Any) -> Tensor:
    """Return ``input - other trunc(input / other)``, which has the sign of ``input``, as in C."""
    _check("fmod", input, other)
    return ops.fmod(input, other)


def reverse_remainder(input: Any, other: Any) -> Tensor:
    """Return ``remainder(other, input)``."""
    return remainder(other, input)


def _check(name: str, input: Any, other: Any) -> None:
    """Refuse booleans, and 0 as the divisor of integers, which have no infinity."""
    pair = (input, other)
    kinds = {array_of(each).dtype.kind for each in pair}
    if kinds == {"b"}:
        raise UnsupportedError(f"{name} takes numbers, not booleans")
    if "f" not in kinds and not np.all(array_of(other)):
        raise ArgumentError(f"{name}: integers are divided by 0")


def _floor_quotient(a: Array, b: Array) -> Array:
    return np.where(b == 0, np.true_divide(a, b), np.floor_divide(a, b)).astype(a.dtype)


def floor_quotient(a: Any, b: Any) -> Any:
    """Return quotients of floating numbers, rounded down, in ops that a trace sees."""
    return _without(ops.remainder(a, b), a, b)


def _without(rest: Any, a: Any, b: Any) -> Any:
    """Return the whole number ``(a - rest) / b``."""
    return ops.round(ops.divide(ops.subtract(a, rest), b))


def floor_divide(input: Any, other: Any) -> Tensor:
    """Return the largest integers that are no larger than the quotients. No derivative flows through it.

    Raises ``ArgumentError`` where integers are divided by 0.
    """
    _check("floor_divide", input, other)
    in_ops = {"f": floor_quotient}
    found: Tensor = apply("floor_divide", _floor_quotient, input, other, check=lambda dtype: None, in_ops=in_ops)
    return found


def _truncated_quotient(a: Array, b: Array) -> Array:
    if a.dtype.kind == "f":
        return np.trunc(np.true_divide(a, b))
    return np.where((a < 0) == (b < 0), np.floor_divide(a, b), -(-a // b) if a.dtype.kind == "i" else a // b)


def rounded_quotient(input: Any, other: Any, mode: str) -> Tensor:
    """Return quotients rounded down ("floor") or toward zero ("trunc"). No derivative flows through them."""
    if mode == "floor":
        return floor_divide(input, other)
    if mode != "trunc":
        raise ArgumentError(f"the rounding mode of a quotient is 'trunc', 'floor' or None, not {mode!r}")
    _check("div", input, other)
    in_ops = {"f": lambda a, b: _without(ops.fmod(a, b), a, b)}
    found: Tensor = apply("div", _truncated_quotient, input, other, check=lambda dtype: None, in_ops=in_ops)
    return found


floordiv, rfloordiv = operator(floor_divide)


__all__ = [
    "floor_divide",
    "fmod",
    "remainder",
]
