"""Arithmetic and powers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input + alpha other``."""
    return ops.add(input, other if alpha == 1 else ops.multiply(other, alpha))


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input - alpha other``."""
    return ops.subtract(input, other if alpha == 1 else ops.multiply(other, alpha))


def mul(input: Any, other: Any) -> Tensor:
    """Return ``input * other``."""
    return ops.multiply(input, other)


def div(input: Any, other: Any) -> Tensor:
    """Return ``input / other``."""
    return ops.divide(input, other)


def pow(input: Any, exponent: Any) -> Tensor:  # noqa: A001
    """Return ``input ** exponent``."""
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
    """Return ``-input``."""
    return ops.negative(input)


def square(input: Any) -> Tensor:
    """Return the square."""
    return ops.square(input)


def sqrt(input: Any) -> Tensor:
    """Return the square root."""
    return ops.sqrt(input)


def hypot(input: Any, other: Any) -> Tensor:
    """Return the hypotenuse, without overflow on the way; its derivative where both are 0 is taken as 0."""
    return ops.hypot(input, other)


__all__ = [
    "add",
    "div",
    "hypot",
    "mul",
    "neg",
    "pow",
    "sqrt",
    "square",
    "sub",
]
