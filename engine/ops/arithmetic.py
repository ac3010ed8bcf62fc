"""Arithmetic and powers."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import EXACT, correctly_rounded, pointwise

from ..domain import COUNTING, INTEGER, NONNEGATIVE, NONZERO, POSITIVE, REAL
from ..op import Function, define
from ..shapes import Elementwise
from ..variable import Array, Variable, array_of
from .exponential import log
from .scaling import are_normal, exponent_of, is_lost, scaled_product, shifted
from .selection import where

BINARY = Elementwise(2)

add = define(
    "add",
    forward=np.add,
    vjp=(lambda ct, y, a, b: ct, lambda ct, y, a, b: ct),
    shape=BINARY,
    domain=(REAL, REAL),
    budget=correctly_rounded(vjp=0),
    node="AddBackward0",
    linear=True,
)

subtract = define(
    "subtract",
    forward=np.subtract,
    vjp=(lambda ct, y, a, b: ct, lambda ct, y, a, b: -ct),
    shape=BINARY,
    domain=(REAL, REAL),
    budget=correctly_rounded(vjp=0),
    node="SubBackward0",
    linear=True,
)

multiply = define(
    "multiply",
    forward=np.multiply,
    vjp=(lambda ct, y, a, b: ct * b, lambda ct, y, a, b: ct * a),
    shape=BINARY,
    domain=(REAL, REAL),
    budget=correctly_rounded(vjp=1),
    node="MulBackward0",
)


def _denominator(ct: Any, y: Any, a: Any, b: Any) -> Any:
    """Return ``-ct (a / b) / b``, scaled where ``a / b`` or the whole of it loses digits to underflow, or overflows."""
    slope = y / b
    if are_normal(y, slope):
        return -ct * slope
    lost = (is_lost(y) | is_lost(slope)) & (array_of(a) != 0.0)
    if not lost.any():
        return -ct * slope
    exponents = exponent_of(b)
    return scaled_product(-ct, a, over=square(shifted(b, -exponents)), exponent=-2 * exponents)


divide = define(
    "divide",
    forward=np.true_divide,
    vjp=(lambda ct, y, a, b: ct / b, _denominator),
    shape=BINARY,
    domain=(REAL, NONZERO),
    budget=correctly_rounded(vjp=4),
    node="DivBackward0",
    integers=False,
)

negative = define(
    "negative",
    forward=np.negative,
    vjp=lambda ct, y, x: -ct,
    shape=Elementwise(1),
    domain=(REAL,),
    budget=EXACT,
    node="NegBackward0",
    linear=True,
)

square = define(
    "square",
    forward=np.square,
    vjp=lambda ct, y, x: ct * (2.0 * x),
    shape=Elementwise(1),
    domain=(REAL,),
    budget=correctly_rounded(vjp=2),
    node="PowBackward0",
)

sqrt = define(
    "sqrt",
    forward=np.sqrt,
    vjp=lambda ct, y, x: ct / (2.0 * y),
    shape=Elementwise(1),
    domain=(NONNEGATIVE,),
    budget=correctly_rounded(vjp=4),
    node="SqrtBackward0",
    integers=False,
)


def unit_scale(a: Any, b: Any) -> Array:
    """Return the power of two that brings the larger magnitude of each pair into [1, 2), so that squares stay in range.

    It is bounded, since the reciprocal of a subnormal number overflows: near 2^-50 is near enough.
    """
    size = np.maximum(np.abs(array_of(a)), np.abs(array_of(b)))
    exponents = 1 - np.frexp(np.where(np.isfinite(size), size, 1))[1]
    return np.ldexp(np.ones_like(size), np.minimum(exponents, np.finfo(size.dtype).maxexp - 1))


def _hypot(ct: Any, a: Any, b: Any) -> Any:
    """Return ``ct a / hypot(a, b)``, and 0 where both are 0: the least subgradient, as for ``abs``."""
    scale = unit_scale(a, b)
    distance = hypot(a * scale, b * scale)
    over = where(array_of(distance) == 0.0, 1.0, distance)
    near = a * scale
    slope = near / over
    if are_normal(near, slope):
        return ct * slope
    lost = (is_lost(near) | is_lost(slope)) & (array_of(a) != 0.0)
    return scaled_product(ct, a, scale, over=over) if lost.any() else ct * slope


hypot: Function = define(
    "hypot",
    forward=np.hypot,
    vjp=(lambda ct, y, a, b: _hypot(ct, a, b), lambda ct, y, a, b: _hypot(ct, b, a)),
    shape=BINARY,
    domain=((NONZERO, REAL), (REAL, NONZERO)),
    budget=pointwise(4),
    node="HypotBackward0",
    integers=False,
)


def _one_less(p: Any) -> Any:
    """Return ``p - 1``; on arrays where no derivative is taken by p, which is an integer where the base is negative."""
    is_variable = isinstance(p, Variable) and p._requires_grad
    return (p if is_variable else array_of(p)) - 1.0


def _pow_base(ct: Any, y: Any, x: Any, p: Any) -> Any:
    """Return ``ct p x^(p-1)``, which is 0 for p = 0 also where 1/x is not finite.

    The power is taken in factors where the whole would lose digits: half of it, where it is out of range and
    ct p times it may not be; and what the rounding of p - 1 leaves over, which log(x) would magnify.
    """
    base, power = array_of(x), array_of(p)
    if (power == 0.0).any():
        x = where((power == 0.0) & ~np.isfinite(1.0 / base), 1.0, x)
        base = array_of(x)
    step = power - 1.0
    lower = _one_less(p)
    raised = x**lower
    slope = p * raised
    pulled = ct * slope
    if not are_normal(raised, slope):
        extreme = (is_lost(raised) | is_lost(slope)) & (base != 0.0) & (power != 0.0)
        if extreme.any():
            half = np.where(base < 0.0, np.trunc(0.5 * step), 0.5 * step)
            half = np.where(extreme, half, step.dtype.type(0))
            pulled = ct * (p * x ** (lower - half)) * x**half
    lost = step - power
    rest = (power - (step - lost)) - (1.0 + lost)
    if rest.any():
        pulled = pulled * x ** np.where(base == 0.0, step.dtype.type(0), rest)
    return pulled


def _pow_exponent(ct: Any, y: Any, x: Any, p: Any) -> Any:
    """Return ``ct y log(x)``, which is 0 at x = 0 for p >= 0, where y does not depend on p but at p = 0.

    Where y or ``y log(x)`` is out of range, and ct times it may not be, y is taken in two factors.
    """
    vanishing = (array_of(x) == 0.0) & (array_of(p) >= 0.0)
    if vanishing.any():
        x = where(vanishing, 1.0, x)
    slope = y * log(x)
    if are_normal(y, slope):
        return ct * slope
    extreme = (is_lost(y) | is_lost(slope)) & ~vanishing & (array_of(x) != 1.0)
    if not extreme.any():
        return ct * slope
    half = np.where(extreme, 0.5 * array_of(p), array_of(p).dtype.type(0))
    return ct * (x ** (p - half) * log(x)) * x**half


def _pow_node(x: Any, p: Any) -> str:
    if _is_number(p):
        return "PowBackward0"
    return "PowBackward2" if _is_number(x) else "PowBackward1"


def _is_number(x: Any) -> bool:
    return x.ndim == 0 and not (isinstance(x, Variable) and x._requires_grad)


pow = define(  # noqa: A001 - the array API's name
    "pow",
    forward=np.power,
    vjp=(_pow_base, _pow_exponent),
    shape=BINARY,
    domain=((POSITIVE, REAL), (NONZERO, INTEGER), (REAL, COUNTING)),
    # an exponent is not moved: of negative bases only integer powers exist
    budget=pointwise(4, moved=(True, False)),
    node=_pow_node,
)

__all__ = [
    "add",
    "divide",
    "hypot",
    "multiply",
    "negative",
    "pow",
    "sqrt",
    "square",
    "subtract",
]
