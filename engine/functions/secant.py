"""Secants, cosecants and cotangents, circular and hyperbolic, and their inverses, under MyGrad's names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def sec(input: Any) -> Tensor:
    """Return one over the cosine of radians."""
    return ops.sec(input)


def csc(input: Any) -> Tensor:
    """Return one over the sine of radians."""
    return ops.csc(input)


def cot(input: Any) -> Tensor:
    """Return one over the tangent of radians."""
    return ops.cot(input)


def sech(input: Any) -> Tensor:
    """Return one over the hyperbolic cosine."""
    return ops.sech(input)


def csch(input: Any) -> Tensor:
    """Return one over the hyperbolic sine."""
    return ops.csch(input)


def coth(input: Any) -> Tensor:
    """Return one over the hyperbolic tangent."""
    return ops.coth(input)


def arcsec(input: Any) -> Tensor:
    """Return the angle from 0 to pi whose secant is ``input``, of magnitudes from 1 on."""
    return ops.arcsec(input)


def arccsc(input: Any) -> Tensor:
    """Return the angle from -pi/2 to pi/2 whose cosecant is ``input``, of magnitudes from 1 on."""
    return ops.arccsc(input)


def arccot(input: Any) -> Tensor:
    """Return the angle from -pi/2 to pi/2 whose cotangent is ``input``: it jumps at 0, where it is pi/2."""
    return ops.arccot(input)


def arcsech(input: Any) -> Tensor:
    """Return the positive number whose hyperbolic secant is ``input``, between 0 and 1."""
    return ops.arcsech(input)


def arccsch(input: Any) -> Tensor:
    """Return the number whose hyperbolic cosecant is ``input``."""
    return ops.arccsch(input)


def arccoth(input: Any) -> Tensor:
    """Return the number whose hyperbolic cotangent is ``input``, of magnitudes above 1."""
    return ops.arccoth(input)


__all__ = [
    "arccot",
    "arccoth",
    "arccsc",
    "arccsch",
    "arcsec",
    "arcsech",
    "cot",
    "coth",
    "csc",
    "csch",
    "sec",
    "sech",
]
