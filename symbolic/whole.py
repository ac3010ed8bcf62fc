"""Integer-valued functions that SymPy has not: rounding towards zero, and to the nearest integer."""

# ruff: noqa: D102 - ``eval`` is SymPy's hook for values at numbers
from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb


class Truncated(sp.Function):  # type: ignore[misc]
    """The integer next to a number on the side of zero."""

    is_integer = True
    nargs = 1

    @classmethod
    def eval(cls, x: Any) -> Any:
        return sp.Integer(int(x)) if x.is_Rational else None


class Nearest(sp.Function):  # type: ignore[misc]
    """The nearest integer; of two the even one."""

    is_integer = True
    nargs = 1

    @classmethod
    def eval(cls, x: Any) -> Any:
        return sp.Integer(round(Fraction(x.p, x.q))) if x.is_Rational else None


def _towards_zero(x: arb) -> arb:
    return x.ceil() if x < 0 else x.floor()


_HALF = arb(1) / 2


def _half_even(x: arb) -> arb:
    if x.is_integer():
        return x
    moved = x + _HALF
    whole = moved.floor()
    return whole - 1 if (moved - whole).is_zero() and not (whole * _HALF).is_integer() else whole


def _of_ends(method: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """Return an increasing function of numbers as one of balls."""

    def value(x: arb) -> arb:
        if not x.is_finite():
            return arb.nan()
        low, high = method(x.lower()), method(x.upper())
        return low if (high - low).is_zero() else low.union(high)

    return value


BALL_FUNCTIONS: dict[str, Callable[[arb], arb]] = {
    "_nearest": _of_ends(_half_even),
    "_truncated": _of_ends(_towards_zero),
}
