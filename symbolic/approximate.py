"""Approximate values: what is true, and how far an implementation that honours the budgets may be from it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb

from gradproof.exact import Array

from .domain import Objects
from .program import Shape
from .switches import ZERO


@dataclass(frozen=True, eq=False)
class Approximate:
    """True values as balls and, entry by entry, a bound on the deviation: floats or balls, as ``bounds.py`` says."""

    value: Objects
    error: Array

    @classmethod
    def exactly(cls, value: Objects) -> Approximate:
        """Return values that an implementation holds without error, with bounds as balls."""
        return cls(value, np.full(value.shape, ZERO, dtype=object))

    @property
    def shape(self) -> Shape:
        """The shape of both arrays."""
        return self.value.shape

    def widened(self, error: Array) -> Approximate:
        """Return the same values with other bounds."""
        return self._with_sizes(Approximate(self.value, error), lambda sizes: sizes)

    def moved(self, move: Callable[[Array], Array]) -> Approximate:
        """Return the entries where ``move`` puts them."""
        return self._with_sizes(Approximate(move(self.value), move(self.error)), move)

    def _with_sizes(self, other: Approximate, move: Callable[[Array], Array]) -> Approximate:
        """Hand on the magnitudes, where they are known."""
        if "sizes" in self.__dict__:
            other.__dict__["sizes"] = move(self.sizes)
        return other

    @cached_property
    def sizes(self) -> Array:
        """Bounds on the magnitudes of the true values, as floats. Raises ``FloatingPointError`` where none are."""
        return floats_above(self.value)

    @cached_property
    def is_sharp(self) -> Array:
        """Tell for each entry whether its enclosure is far narrower than the bound, or exact."""
        return is_sharp(self.value, tolerances_of(self.error))


#: More than what rounding to nearest takes off a float.
UP = 1.0 + 2.0**-50

#: A ball of so many bits is taken for its midpoint, and what its radius, and rounding to nearest, may add.
ACCURATE = 40
MORE = 1.0 + 2.0**-38


def floats_above(balls: Objects) -> Array:
    """Return floats that are at least the magnitudes of ``balls``, 0 only for exact zeros.

    Raises ``FloatingPointError`` where a magnitude is not a number, or outside the range of floats.
    """
    flat = balls.ravel().tolist()
    floats = list(map(abs, map(float, flat)))
    if min(bits := list(map(arb.rel_accuracy_bits, flat)), default=ACCURATE) < ACCURATE:
        floats = [
            number if accuracy >= ACCURATE else float(ball.abs_upper())
            for number, accuracy, ball in zip(floats, bits, flat, strict=True)
        ]
    if not sum(floats) < math.inf:
        raise FloatingPointError("a magnitude is beyond the floats")
    if not all(floats) and not all(number or ball.is_zero() for number, ball in zip(floats, flat, strict=True)):
        raise FloatingPointError("a magnitude is below the floats")
    return np.array(floats).reshape(balls.shape) * MORE


def tolerances_of(error: Array) -> Array:
    """Return bounds as floats, rounded up; infinite where a ball is beyond the floats or is no number."""
    return error if error.dtype == np.float64 else as_numbers(_float_above, error)


def radii_of(balls: Objects) -> Array:
    """Return the radii of balls as floats, rounded up."""
    return as_numbers(lambda ball: _float_above(ball.rad()), balls)


def _float_above(bound: arb) -> float:
    """Return a non-negative ball as a float, rounded up; NaN becomes infinity."""
    if bound.is_zero():
        return 0.0
    number = float(bound.abs_upper())
    return math.nextafter(number, math.inf) if number == number else math.inf


def as_numbers(function: Callable[[arb], float], balls: Objects) -> Array:
    """Return the floats that a function makes of balls."""
    return np.fromiter(map(function, balls.ravel().tolist()), np.float64, balls.size).reshape(balls.shape)


#: Radii from here on are floats.
SMALL = 2.0**-1000

#: An enclosure must be this many times narrower than the tolerance.
MARGIN = 1024


def _is_sharp(ball: arb, tolerance: float) -> bool:
    if not (tolerance < math.inf and ball.is_finite()):
        return False
    if ball.is_exact():
        return True
    radius = ball.rad()
    if SMALL < (number := float(radius)) <= 1.0:
        # of at most 30 bits, and so no rounding
        return MARGIN * number <= tolerance
    # where the tolerance tells nothing, as in a chaotic recurrence, the value itself must still be known
    is_vague = radius > 1 and not radius < abs(ball.mid())
    return bool(MARGIN * radius <= tolerance and not is_vague)


def _are_clearly_sharp(balls: list[arb], tolerances: Array) -> bool:
    """Tell whether the widest ball there may be is far narrower than the least tolerance."""
    bits = min(map(arb.rel_accuracy_bits, balls), default=0)
    if bits < ACCURATE or not np.max(tolerances) < np.inf:
        return False
    # a relative radius is below 2^(1 - bits)
    radius = max(map(abs, map(float, balls))) * 2.0 ** (2 - min(bits, 999))
    return bool(SMALL < MARGIN * radius <= np.min(tolerances))


def is_sharp(balls: Objects, tolerances: Array) -> Array:
    """Tell for each ball whether it is exact, or finite and far narrower than its tolerance, which is finite too."""
    flat = balls.ravel().tolist()
    if _are_clearly_sharp(flat, tolerances):
        return np.ones(balls.shape, dtype=bool)
    found = map(_is_sharp, flat, tolerances.ravel().tolist())
    return np.fromiter(found, bool, balls.size).reshape(balls.shape)


def is_finite(balls: Objects) -> Array:
    """Tell for each ball whether it encloses a number."""
    return np.fromiter(map(arb.is_finite, balls.ravel().tolist()), bool, balls.size).reshape(balls.shape)


def as_floats(bounds: Any) -> Array:
    """Return NumPy's scalars as the arrays without dimensions that they are."""
    return np.asarray(bounds, dtype=np.float64)
