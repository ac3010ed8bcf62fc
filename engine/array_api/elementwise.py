"""Functions of each entry, or of each pair of entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import UnsupportedError

from .. import ops
from ..functions import bitwise, logical, predicates
from ..functions import remainder as remainder_functions
from .arguments import ANY, BOOLEAN, FLOATING, INTEGRAL, INTEGRAL_OR_BOOLEAN, NUMERIC, array, bound, like, pair

if TYPE_CHECKING:
    from ..tensor import Tensor


def _step(function: str, x: Any) -> Any:
    checked = array(function, x, NUMERIC)
    return getattr(ops, function)(checked) if checked.array.dtype.kind == "f" else ops.clone(checked)


def abs(x: Tensor, /) -> Tensor:  # noqa: A001 - the standard's name
    """Return the absolute value; its derivative at 0 is taken as 0."""
    return ops.abs(array("abs", x, NUMERIC))


def acos(x: Tensor, /) -> Tensor:
    """Return the inverse cosine."""
    return ops.acos(array("acos", x, FLOATING))


def acosh(x: Tensor, /) -> Tensor:
    """Return the inverse hyperbolic cosine."""
    return ops.acosh(array("acosh", x, FLOATING))


def add(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return ``x1 + x2``."""
    return ops.add(*pair("add", x1, x2, NUMERIC))


def asin(x: Tensor, /) -> Tensor:
    """Return the inverse sine."""
    return ops.asin(array("asin", x, FLOATING))


def asinh(x: Tensor, /) -> Tensor:
    """Return the inverse hyperbolic sine."""
    return ops.asinh(array("asinh", x, FLOATING))


def atan(x: Tensor, /) -> Tensor:
    """Return the inverse tangent."""
    return ops.atan(array("atan", x, FLOATING))


def atan2(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return the angle between the positive first axis and the point (x2, x1)."""
    return ops.atan2(*pair("atan2", x1, x2, FLOATING))


def atanh(x: Tensor, /) -> Tensor:
    """Return the inverse hyperbolic tangent."""
    return ops.atanh(array("atanh", x, FLOATING))


def bitwise_and(x1: int | Tensor, x2: int | Tensor, /) -> Tensor:
    """Return the bits that are set in both."""
    return bitwise.bitwise_and(*pair("bitwise_and", x1, x2, INTEGRAL_OR_BOOLEAN))


def bitwise_invert(x: Tensor, /) -> Tensor:
    """Return the bits that are not set, of booleans the contrary."""
    return bitwise.bitwise_not(array("bitwise_invert", x, INTEGRAL_OR_BOOLEAN))


def bitwise_left_shift(x1: int | Tensor, x2: int | Tensor, /) -> Tensor:
    """Return the integers ``x1`` with their bits moved up ``x2`` places."""
    return bitwise.bitwise_left_shift(*pair("bitwise_left_shift", x1, x2, INTEGRAL))


def bitwise_or(x1: int | Tensor, x2: int | Tensor, /) -> Tensor:
    """Return the bits that are set in either."""
    return bitwise.bitwise_or(*pair("bitwise_or", x1, x2, INTEGRAL_OR_BOOLEAN))


def bitwise_right_shift(x1: int | Tensor, x2: int | Tensor, /) -> Tensor:
    """Return the integers ``x1`` with their bits moved down ``x2`` places, the sign in the place of those."""
    return bitwise.bitwise_right_shift(*pair("bitwise_right_shift", x1, x2, INTEGRAL))


def bitwise_xor(x1: int | Tensor, x2: int | Tensor, /) -> Tensor:
    """Return the bits that are set in one alone."""
    return bitwise.bitwise_xor(*pair("bitwise_xor", x1, x2, INTEGRAL_OR_BOOLEAN))


def ceil(x: Tensor, /) -> Tensor:
    """Return the least integers that are not below the entries; of integers themselves."""
    return _step("ceil", x)


def clip(x: Tensor, /, min: float | Tensor | None = None, max: float | Tensor | None = None) -> Tensor:
    """Return the entries within bounds, of which ``max`` wins where they cross; NaN where a bound is NaN.

    A derivative flows to the entries between the bounds and at them, and to a bound that takes an entry's place.
    """
    clipped = array("clip", x, NUMERIC)
    if min is not None:
        low = bound("clip", min, x)
        clipped = _unless_nan(low, ops.where(ops.less(clipped, low), low, clipped))
    if max is not None:
        high = bound("clip", max, x)
        clipped = _unless_nan(high, ops.where(ops.greater(clipped, high), high, clipped))
    return ops.clone(x) if clipped is x else clipped


def _unless_nan(limit: Any, clipped: Any) -> Any:
    """Return clipped entries, with NaN in the place of those whose bound is."""
    return ops.where(ops.not_equal(limit, limit), limit, clipped) if np.isnan(limit.array).any() else clipped


def conj(x: Tensor, /) -> Tensor:
    """Return the complex conjugate: of real numbers themselves."""
    return ops.clone(array("conj", x, NUMERIC))


def copysign(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return the magnitude of ``x1`` with the sign of ``x2``."""
    return ops.copysign(*pair("copysign", x1, x2, FLOATING))


def cos(x: Tensor, /) -> Tensor:
    """Return the cosine."""
    return ops.cos(array("cos", x, FLOATING))


def cosh(x: Tensor, /) -> Tensor:
    """Return the hyperbolic cosine."""
    return ops.cosh(array("cosh", x, FLOATING))


def divide(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return ``x1 / x2``."""
    return ops.divide(*pair("divide", x1, x2, FLOATING))


def equal(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return whether the entries are equal."""
    return ops.equal(*pair("equal", x1, x2, ANY))


def exp(x: Tensor, /) -> Tensor:
    """Return the exponential."""
    return ops.exp(array("exp", x, FLOATING))


def expm1(x: Tensor, /) -> Tensor:
    """Return ``exp(x) - 1``, exact near 0."""
    return ops.expm1(array("expm1", x, FLOATING))


def floor(x: Tensor, /) -> Tensor:
    """Return the largest integers that are not above the entries; of integers themselves."""
    return _step("floor", x)


def floor_divide(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return the largest integers that are not above ``x1 / x2``. No derivative flows through it."""
    return remainder_functions.floor_divide(*pair("floor_divide", x1, x2, NUMERIC))


def greater(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return ``x1 > x2``."""
    return ops.greater(*pair("greater", x1, x2, NUMERIC))


def greater_equal(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return ``x1 >= x2``."""
    return ops.greater_equal(*pair("greater_equal", x1, x2, NUMERIC))


def hypot(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return ``sqrt(x1**2 + x2**2)`` without overflow."""
    return ops.hypot(*pair("hypot", x1, x2, FLOATING))


def imag(x: Tensor, /) -> Tensor:
    """Raise ``UnsupportedError``: an imaginary part is that of complex numbers, of which there are no arrays."""
    raise UnsupportedError(f"imag takes complex arrays, which there are none of, not {array('imag', x).dtype}")


def isfinite(x: Tensor, /) -> Tensor:
    """Return whether each entry is a finite number."""
    return predicates.isfinite(array("isfinite", x, NUMERIC))


def isinf(x: Tensor, /) -> Tensor:
    """Return whether each entry is infinite."""
    return predicates.isinf(array("isinf", x, NUMERIC))


def isnan(x: Tensor, /) -> Tensor:
    """Return whether each entry is no number."""
    return predicates.isnan(array("isnan", x, NUMERIC))


def less(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return ``x1 < x2``."""
    return ops.less(*pair("less", x1, x2, NUMERIC))


def less_equal(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return ``x1 <= x2``."""
    return ops.less_equal(*pair("less_equal", x1, x2, NUMERIC))


def log(x: Tensor, /) -> Tensor:
    """Return the natural logarithm."""
    return ops.log(array("log", x, FLOATING))


def log10(x: Tensor, /) -> Tensor:
    """Return the logarithm to base 10."""
    return ops.log10(array("log10", x, FLOATING))


def log1p(x: Tensor, /) -> Tensor:
    """Return ``log(1 + x)``, exact near 0."""
    return ops.log1p(array("log1p", x, FLOATING))


def log2(x: Tensor, /) -> Tensor:
    """Return the logarithm to base 2."""
    return ops.log2(array("log2", x, FLOATING))


def logaddexp(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return ``log(exp(x1) + exp(x2))`` without overflow."""
    return ops.logaddexp(*pair("logaddexp", x1, x2, FLOATING))


def logical_and(x1: bool | Tensor, x2: bool | Tensor, /) -> Tensor:
    """Return whether both are true."""
    return logical.logical_and(*pair("logical_and", x1, x2, BOOLEAN))


def logical_not(x: Tensor, /) -> Tensor:
    """Return the contrary of each entry."""
    return logical.logical_not(array("logical_not", x, BOOLEAN))


def logical_or(x1: bool | Tensor, x2: bool | Tensor, /) -> Tensor:
    """Return whether either is true."""
    return logical.logical_or(*pair("logical_or", x1, x2, BOOLEAN))


def logical_xor(x1: bool | Tensor, x2: bool | Tensor, /) -> Tensor:
    """Return whether one alone is true."""
    return logical.logical_xor(*pair("logical_xor", x1, x2, BOOLEAN))


def maximum(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return the larger of each pair; of two equal ones, each takes half of the derivative."""
    return ops.maximum(*pair("maximum", x1, x2, NUMERIC))


def minimum(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return the smaller of each pair; of two equal ones, each takes half of the derivative."""
    return ops.minimum(*pair("minimum", x1, x2, NUMERIC))


def multiply(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return ``x1 * x2``."""
    return ops.multiply(*pair("multiply", x1, x2, NUMERIC))


def negative(x: Tensor, /) -> Tensor:
    """Return ``-x``."""
    return ops.negative(array("negative", x, NUMERIC))


def nextafter(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return the next representable number after ``x1`` towards ``x2``. No derivative flows through it."""
    a, b = pair("nextafter", x1, x2, FLOATING)
    return like(a, np.nextafter(a.array, b.array))


def not_equal(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return whether the entries differ."""
    return ops.not_equal(*pair("not_equal", x1, x2, ANY))


def positive(x: Tensor, /) -> Tensor:
    """Return the entries as they are."""
    return ops.clone(array("positive", x, NUMERIC))


def pow(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:  # noqa: A001 - the standard's name
    """Return ``x1 ** x2``."""
    return ops.pow(*pair("pow", x1, x2, NUMERIC))


def real(x: Tensor, /) -> Tensor:
    """Return the real part: of real numbers themselves."""
    return ops.clone(array("real", x, NUMERIC))


def reciprocal(x: Tensor, /) -> Tensor:
    """Return ``1 / x``."""
    return ops.reciprocal(array("reciprocal", x, FLOATING))


def remainder(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return the remainder of ``x1 / x2`` with the sign of ``x2``."""
    return remainder_functions.remainder(*pair("remainder", x1, x2, NUMERIC))


def round(x: Tensor, /) -> Tensor:  # noqa: A001 - the standard's name
    """Return the nearest integers, the even one of two; of integers themselves."""
    return _step("round", x)


def sign(x: Tensor, /) -> Tensor:
    """Return -1, 0 or 1 with the sign of each entry, and NaN for NaN."""
    return ops.sign(array("sign", x, NUMERIC))


def signbit(x: Tensor, /) -> Tensor:
    """Return whether the sign of each entry is negative, as that of -0.0 is."""
    return predicates.signbit(array("signbit", x, FLOATING))


def sin(x: Tensor, /) -> Tensor:
    """Return the sine."""
    return ops.sin(array("sin", x, FLOATING))


def sinh(x: Tensor, /) -> Tensor:
    """Return the hyperbolic sine."""
    return ops.sinh(array("sinh", x, FLOATING))


def sqrt(x: Tensor, /) -> Tensor:
    """Return the square root."""
    return ops.sqrt(array("sqrt", x, FLOATING))


def square(x: Tensor, /) -> Tensor:
    """Return the square."""
    return ops.square(array("square", x, NUMERIC))


def subtract(x1: float | Tensor, x2: float | Tensor, /) -> Tensor:
    """Return ``x1 - x2``."""
    return ops.subtract(*pair("subtract", x1, x2, NUMERIC))


def tan(x: Tensor, /) -> Tensor:
    """Return the tangent."""
    return ops.tan(array("tan", x, FLOATING))


def tanh(x: Tensor, /) -> Tensor:
    """Return the hyperbolic tangent."""
    return ops.tanh(array("tanh", x, FLOATING))


def trunc(x: Tensor, /) -> Tensor:
    """Return the nearest integers towards 0; of integers themselves."""
    return _step("trunc", x)


__all__ = [
    "abs",
    "acos",
    "acosh",
    "add",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "bitwise_and",
    "bitwise_invert",
    "bitwise_left_shift",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "ceil",
    "clip",
    "conj",
    "copysign",
    "cos",
    "cosh",
    "divide",
    "equal",
    "exp",
    "expm1",
    "floor",
    "floor_divide",
    "greater",
    "greater_equal",
    "hypot",
    "imag",
    "isfinite",
    "isinf",
    "isnan",
    "less",
    "less_equal",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "multiply",
    "negative",
    "nextafter",
    "not_equal",
    "positive",
    "pow",
    "real",
    "reciprocal",
    "remainder",
    "round",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "subtract",
    "tan",
    "tanh",
    "trunc",
]
