"""Arithmetic and powers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, UnsupportedError

from .. import ops
from ..data import number_from
from ..promotion import result_dtype
from ..variable import Variable, array_of
from .operands import tensor_of
from .remainder import rounded_quotient

if TYPE_CHECKING:
    from ..tensor import Tensor


def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input + alpha other``."""
    return ops.add(input, other if alpha == 1 else _scaled(other, alpha, input))


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input - alpha other``."""
    return ops.subtract(input, other if alpha == 1 else _scaled(other, alpha, input))


def _scaled(other: Any, alpha: Any, input: Any) -> Any:
    """Return ``alpha other``. Raises ``DtypeError`` for a fraction of integers."""
    factor = number_from(alpha, "alpha")
    if isinstance(factor, float) and result_dtype([array_of(input), array_of(other)]).kind != "f":
        raise DtypeError(f"alpha is a whole number where tensors are of integers, not {alpha!r}")
    return ops.multiply(other, factor)


def mul(input: Any, other: Any) -> Tensor:
    """Return ``input * other``."""
    return ops.multiply(input, other)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Return ``input / other``; with ``rounding_mode`` "trunc" or "floor" rounded, and without a derivative.

    Raises ``ArgumentError`` for another mode, and where integers are divided by 0 and rounded.
    """
    if rounding_mode is None:
        return ops.divide(input, other)
    return rounded_quotient(input, other, rounding_mode)


def pow(input: Any, exponent: Any) -> Tensor:  # noqa: A001
    """Return ``input ** exponent``. Raises ``ArgumentError`` for negative powers of integers."""
    if array_of(input).dtype.kind != "f" and array_of(exponent).dtype.kind == "i" and np.any(array_of(exponent) < 0):
        raise ArgumentError("integers have no negative powers here; convert with .float()")
    return ops.pow(input, exponent)


def rsub(input: Any, other: Any) -> Tensor:
    """Return ``other - input``."""
    return ops.subtract(other, input)


def reverse_div(input: Any, other: Any) -> Tensor:
    """Return ``other / input``."""
    return ops.divide(other, input)


def reverse_pow(input: Any, other: Any) -> Tensor:
    """Return ``other ** input``."""
    return ops.pow(other, input)


def neg(input: Any) -> Tensor:
    """Return ``-input``. Raises ``UnsupportedError`` for booleans."""
    if tensor_of("neg", input).array.dtype.kind == "b":
        raise UnsupportedError("booleans have no sign; use ~ or logical_not() for the contrary")
    return ops.negative(input)


def positive(input: Any) -> Tensor:
    """Return a tensor of numbers as it is. Raises ``UnsupportedError`` for booleans."""
    if tensor_of("positive", input).array.dtype.kind == "b":
        raise UnsupportedError("booleans have no sign; use ~ or logical_not() for the contrary")
    return input


def square(input: Any) -> Tensor:
    """Return the square."""
    return ops.square(input)


def sqrt(input: Any) -> Tensor:
    """Return the square root."""
    return ops.sqrt(input)


def hypot(input: Any, other: Any) -> Tensor:
    """Return the hypotenuse, without overflow on the way; its derivative where both are 0 is taken as 0."""
    return ops.hypot(input, other)


def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """Return ``input + value tensor1 tensor2``."""
    return add(input, ops.multiply(tensor1, tensor2), alpha=value)


def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Tensor:
    """Return ``input + value tensor1 / tensor2``."""
    return add(input, ops.divide(tensor1, tensor2), alpha=value)


def lerp(input: Any, end: Any, weight: Any) -> Tensor:
    """Return ``input + weight (end - input)``, from the end that is nearer."""
    way = ops.subtract(end, input)
    from_input = ops.add(input, ops.multiply(weight, way))
    from_end = ops.subtract(end, ops.multiply(ops.subtract(1.0, weight), way))
    return ops.where(np.abs(array_of(weight)) < 0.5, from_input, from_end)


def float_power(input: Any, exponent: Any) -> Tensor:
    """Return ``input ** exponent``, computed and returned in float64."""
    wide = [ops.astype(each, dtype="float64") if isinstance(each, Variable) else each for each in (input, exponent)]
    return ops.pow(*wide)


subtract, multiply, divide, true_divide, negative = sub, mul, div, div, neg


__all__ = [
    "add",
    "addcdiv",
    "addcmul",
    "div",
    "divide",
    "float_power",
    "hypot",
    "lerp",
    "mul",
    "multiply",
    "neg",
    "negative",
    "positive",
    "pow",
    "sqrt",
    "square",
    "sub",
    "subtract",
    "true_divide",
]
