"""Finite differences: the second opinion.

The derivative of a function of one variable from central differences at two steps, extrapolated (Richardson 1911), with
an estimate of its error that is meant to be trusted: the difference that the extrapolation makes, and the noise of the
function over the step. Two measurements of the noise are used: one that comes with the moves, and the residual

    abs(4 s(h) - s(2h)) / 10,    s(h) = f(h) + f(-h) - 2 f(0)

a fourth difference, as in the difference tables of Hamming (*Numerical Methods for Scientists and Engineers*) and of
Moré and Wild (SIAM J. Sci. Comput. 33, 2011). Where f is smooth and the step small it is pure noise; where f has a kink
in the stencil it is as large, over the step, as the jump of the derivative. A finite difference returns a value and an
error estimate, and is never the judge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gradproof.exact import Array

#: What a step leads to: the change of every output, NaN where the step is not admissible, and the obstacles.
Moved = tuple[Sequence[float], Sequence[Hashable]]

#: ``move(directions, steps)`` takes each of the steps along the direction with that number, and returns the noise of
#: every output with what the steps lead to.
Move = Callable[[Sequence[int], Sequence[float]], tuple[Sequence[float], Sequence[Moved]]]

#: Where the function is looked at, in steps: first where a wall is met first.
STENCIL = (2.0, -2.0, 1.0, -1.0)

#: So many stencils are tried at most, and so many that are blocked.
ROUNDS, MOST_BLOCKED = 5, 3

#: The largest step, relative to the scale.
LARGEST = 2.0**-3

#: The smallest step, in units of the roundoff of the scale: below it a move is mostly its own rounding.
SMALLEST = 2.0**6

#: The residual of a smooth function in units of its noise.
RESIDUAL = 10.0


@dataclass(frozen=True, eq=False)
class Difference:
    """Derivatives with their estimated ``errors``, infinite where it cannot tell.

    ``noise`` is the part of the errors that rounding causes. ``obstacles`` hold, for each entry, what stood in the way
    of steps that were tried.
    """

    values: Array
    errors: Array
    noise: Array
    obstacles: Array

    def of_output(self, number: int, shape: tuple[int, ...]) -> Difference:
        """Return the part of one output, in the shape of what was moved."""
        values, errors, noise = (each[:, number].reshape(shape) for each in (self.values, self.errors, self.noise))
        return Difference(values, errors, noise, self.obstacles.reshape(shape))


@dataclass(frozen=True)
class Conditions:
    """What is known of the functions: the ``least`` normal number of each output, and the unit roundoff.

    An error of ``goal``, relative to the largest derivative, is good enough.
    """

    least: Sequence[float]
    unit: float
    goal: float

    @property
    def first(self) -> float:
        """The first step relative to the scale: truncation of the second order and rounding are equal there."""
        return float(self.unit ** (1 / 3))

    @property
    def resolution(self) -> float:
        """How near the quotients at two steps must be, relatively, to say that the steps resolve the function."""
        return float(self.unit ** (1 / 5))


def differentiate(move: Move, scales: Sequence[float], known: Conditions) -> Difference:
    """Differentiate along every direction; ``scales`` are natural magnitudes of the steps along each.

    All directions take a step, then those that want another one, and so on. The results have shape (directions,
    outputs), the obstacles (directions,).
    """
    searches = [_Search(scale, known) for scale in scales]
    steps = {number: power_of_two(known.first * scale) for number, scale in enumerate(scales)}
    _take(move, searches, steps)
    goals = [
        known.goal * max((search.outputs[k].size for search in searches), default=0.0) for k in range(len(known.least))
    ]
    while steps := {number: step for number in steps if (step := searches[number].next(goals))}:
        _take(move, searches, steps)
    return _gathered(searches, len(known.least))


def _take(move: Move, searches: Sequence[_Search], steps: Mapping[int, float]) -> None:
    """Let searches, by number, take a step each, all in one move."""
    directions = [number for number in steps for _ in STENCIL]
    noise, found = move(directions, [step * times for step in steps.values() for times in STENCIL])
    moved = iter(found)
    for number, step in steps.items():
        searches[number].take(step, [next(moved) for _ in STENCIL], noise)


def _gathered(searches: Sequence[_Search], outputs: int) -> Difference:
    table = np.array([(each.value, each.error, each.noise) for search in searches for each in search.outputs])
    values, errors, noise = np.moveaxis(table.reshape(len(searches), outputs, 3), -1, 0)
    obstacles = np.empty(len(searches), dtype=object)
    obstacles[:] = [tuple(dict.fromkeys(search.obstacles)) for search in searches]
    return Difference(values, errors, noise, obstacles)


def power_of_two(step: float) -> float:
    """Return the power of two near ``step``: an entry is then moved by exactly as much, but across a power of two."""
    return math.ldexp(1.0, math.frexp(step)[1] - 1)


class _Output:
    """The best estimate so far of the derivative of one output along one direction."""

    def __init__(self, least: float, known: Conditions) -> None:
        self._least, self._known = least, known
        self.value, self.error, self.noise = math.nan, math.inf, math.nan
        #: Whether the last stencil resolved it, how far its two quotients were apart, and the noise in them.
        self.is_resolved, self.truncation, self.last_noise = False, math.inf, math.inf
        self._is_flat, self._blocked = False, 0
        self._earlier: list[tuple[float, float]] = []

    @property
    def size(self) -> float:
        """The magnitude of the derivative, 0 where nothing is known."""
        return abs(self.value) if self.error < math.inf else 0.0

    def is_good(self, goal: float) -> bool:
        """Tell whether the estimate is as good as is asked for, or no better one is to be had."""
        return self.error <= goal or self._is_flat or self._blocked >= MOST_BLOCKED

    def take(self, step: float, far: tuple[float, float], near: tuple[float, float], noise: float) -> None:
        """Take the changes at plus and minus ``2 step`` and ``step``, and keep what they say where it is better."""
        if math.isnan(sum(far) + sum(near)):
            self.block()
            return
        wide, narrow = (far[0] - far[1]) / (4 * step), (near[0] - near[1]) / (2 * step)
        residual = abs(4 * (near[0] + near[1]) - (far[0] + far[1])) / RESIDUAL
        largest = max(abs(far[0]), abs(far[1]), abs(near[0]), abs(near[1]))
        self.truncation = abs(narrow - wide)
        self.last_noise = (max(noise, residual) + 4 * self._known.unit * largest + self._least) / step
        self.is_resolved = self._resolves(step, abs(narrow), noise)
        self._earlier.append((step, self.truncation))
        error = self.truncation + self.last_noise
        if self.is_resolved and error < self.error:
            self.value, self.error, self.noise = narrow + (narrow - wide) / 3, error, self.last_noise
            self._is_flat = largest == 0.0 and noise == 0.0

    def block(self) -> None:
        """Take note that a step is not admissible."""
        self._blocked += 1
        self.is_resolved = False

    def _resolves(self, step: float, size: float, noise: float) -> bool:
        """Tell whether the two quotients are near, or as near as noise lets them be, or get nearer with the step."""
        if not math.isfinite(self.truncation):
            return False
        return self.truncation <= max(self._known.resolution * size, 4 * noise / step) or any(
            step < at and self.truncation <= before * (step / at) ** 1.5 for at, before in self._earlier
        )


class _Search:
    """The search for a good step along one direction."""

    def __init__(self, scale: float, known: Conditions) -> None:
        self._known = known
        self.outputs = [_Output(least, known) for least in known.least]
        self.obstacles: list[Hashable] = []
        self._floor, self._ceiling = SMALLEST * known.unit * scale, LARGEST * max(scale, 1.0)
        self._steps: list[float] = []
        #: The largest step that served all outputs, and the least of those above it that did not.
        self._served, self._failed = 0.0, math.inf

    def take(self, step: float, stencil: Sequence[Moved], noise: Sequence[float]) -> None:
        """Take central differences at ``step`` and twice that."""
        self._steps.append(step)
        for moved, obstacles in stencil:
            self.obstacles += obstacles
            if all(map(math.isnan, moved)):
                for output in self.outputs:
                    output.block()
                return
        for output, own, *changes in zip(self.outputs, noise, *(moved for moved, _ in stencil), strict=True):
            output.take(step, (changes[0], changes[1]), (changes[2], changes[3]), own)

    def next(self, goals: Sequence[float]) -> float:
        """Return another step to take, 0 where none helps."""
        if len(self._steps) == ROUNDS:
            return 0.0
        step = self._next(goals)
        is_new = not any(taken / 2 < step < taken * 2 for taken in self._steps)
        return step if step >= self._floor and is_new else 0.0

    def _next(self, goals: Sequence[float]) -> float:
        """Return the step that promises most, 0 where all is good or nothing better is to be expected."""
        pending = [each for each in zip(self.outputs, goals, strict=True) if not each[0].is_good(each[1])]
        step = self._steps[-1]
        if not pending:
            return 0.0
        if not all(output.is_resolved for output, _ in pending):
            self._failed = min(self._failed, step)
            return self._between() if self._served else power_of_two(step * self._known.resolution)
        self._served = max(self._served, step)
        output, goal = max(pending, key=lambda each: each[0].error / each[1] if each[1] else math.inf)
        if output.truncation > output.last_noise:
            smaller = max((output.last_noise / output.truncation) ** (1 / 3) / 2, self._known.resolution)
            return power_of_two(step * smaller)
        larger = min(step * max(2.0, 4 * output.last_noise / goal if goal else math.inf), self._ceiling)
        return power_of_two(larger) if larger < self._failed / 2 else self._between()

    def _between(self) -> float:
        """Return a step between one that served and one that did not; 0 where they are near."""
        near = self._failed <= 8 * self._served
        return 0.0 if near else power_of_two(math.sqrt(self._served * self._failed))
