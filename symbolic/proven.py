"""What is proven of values or gradients, entry by entry: enclosures of the truth, and tolerances around them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from flint import arb

from gradproof.exact import Array

from .approximate import Approximate, as_numbers, is_sharp, radii_of, tolerances_of
from .balls import entrywise, exact_balls
from .domain import Objects
from .switches import ZERO


@dataclass(frozen=True, eq=False)
class Proven:
    """Proven values with bounds on what an implementation may be off by: floats, or balls.

    ``structural`` is True where no tracked path leads: exactly 0 is required.
    """

    enclosure: Objects
    error: Array
    structural: bool = False

    @classmethod
    def zero(cls, shape: tuple[int, ...]) -> Proven:
        """Return what is proven of a gradient that no path reaches."""
        return cls(np.full(shape, ZERO, dtype=object), np.zeros(shape), structural=True)

    @classmethod
    def of(cls, approximate: Approximate) -> Proven:
        """Return the outcome of a budget sweep. Raises ``FloatingPointError`` where its floats have overflowed."""
        if approximate.error.dtype != object and not np.isfinite(approximate.error).all():
            raise FloatingPointError("a bound is beyond the floats")
        return cls(approximate.value, approximate.error)

    @cached_property
    def midpoints(self) -> Array:
        """The midpoints, rounded to float64."""
        return as_numbers(float, self.enclosure)

    @cached_property
    def tolerances(self) -> Array:
        """The tolerances, rounded up."""
        return tolerances_of(self.error)

    @cached_property
    def radii(self) -> Array:
        """The radii of the enclosures, rounded up."""
        return radii_of(self.enclosure)

    @cached_property
    def sharp(self) -> Array:
        """Which entries have a finite enclosure and tolerance, the first far narrower than the second, or exact."""
        return is_sharp(self.enclosure, self.tolerances)

    @property
    def is_sharp(self) -> bool:
        """Whether all entries are sharp."""
        return bool(self.sharp.all())

    @cached_property
    def largest(self) -> float:
        """The largest magnitude of a midpoint, of those that are finite."""
        return float(np.max(np.abs(self.midpoints), initial=0.0, where=np.isfinite(self.midpoints)))

    @cached_property
    def reach(self) -> float:
        """The largest magnitude that is within a tolerance; infinite where one is not finite."""
        furthest = float(np.max(np.abs(self.midpoints) + self.tolerances, initial=0.0))
        return furthest if math.isfinite(furthest) else math.inf

    def digits(self, count: int) -> list[str]:
        """Return the midpoints as decimal text with ``count`` digits, flat."""
        return [each.mid().str(count, radius=False) for each in self.enclosure.ravel().tolist()]

    def exceeds(self, limit: float) -> Array:
        """Tell for each entry whether the true value is certainly beyond ``limit`` in magnitude."""
        if np.all(np.abs(self.midpoints) < limit / 2):
            return np.zeros(self.enclosure.shape, dtype=bool)
        return _exceeds(self.enclosure, limit).astype(bool)

    def distances(self, values: Array) -> Array:
        """Return how far each value certainly is from the truth; NaN and infinity are infinitely far."""
        return as_numbers(float, _distance(exact_balls(values), self.enclosure))

    def admits(self, values: Array) -> Array:
        """Tell for each value whether it may be within the tolerance of the truth. NaN and infinity never are."""
        return _admits(exact_balls(values), self.enclosure, self.tolerances).astype(bool)

    def loses_digits(self, values: Array, naive: Proven) -> Array:
        """Tell for each value whether it is within the tolerance of naive formulas, ``naive``, of the truth.

        The truth is this one: at a tie the naive sweep encloses all branches. Where its tolerance is infinite the
        formulas break down, and what they return is no number.
        """
        return replace(self, error=naive.error).admits(values) & np.isfinite(naive.tolerances)

    def gains_on(self, earlier: Proven) -> bool:
        """Whether more precision has made an enclosure narrower."""
        return bool(np.any(np.isfinite(self.tolerances) & ~self.sharp & (2 * self.radii <= earlier.radii)))


_exceeds = entrywise(lambda value, limit: bool(value.is_finite() and abs(value) > limit), 2)
_distance = entrywise(lambda got, truth: (got - truth).abs_lower() if got.is_finite() else arb.pos_inf(), 2)
_admits = entrywise(lambda got, truth, tolerance: bool(got.is_finite() and (got - truth).abs_lower() <= tolerance), 3)
