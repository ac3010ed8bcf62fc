"""Switching points: where a definition goes over from one branch to another, and what compiled functions do there.

What ``sympy.diff`` leaves of a kink (``Heaviside``, ``sign``, ``DiracDelta``, the condition of a ``Piecewise``) depends
on the sign of an expression, the *key* of the switching point. Where the sign is known it decides. Where it is not, the
value is the hull of what holds on both sides, and the key is put down in ``met``; never is it one of the values. Who
wants one of the branches stands on a side of the key, in forward and derivative alike.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flint import arb

ZERO = arb(0)
ONE = arb(1)
NAN = arb.nan()

#: The hull of 0 and 1.
BETWEEN = arb(0.5, 0.5)


@dataclass(frozen=True)
class Meeting:
    """How a switching point was met: ``exact`` where its key is exactly zero, else in a ball that holds zero.

    ``sides`` are the signs of the key that one may stand on: 0 itself belongs to them where a point alone is a branch.
    """

    exact: bool
    sides: tuple[int, ...] = (-1, 1)


#: Filled by compiled functions, by key.
met: dict[str, Meeting] = {}

#: Filled by compiled functions: how a ball was rounded whose integer part is not known.
unsettled: set[str] = set()

_sides: dict[str, int] = {}


@contextlib.contextmanager
def standing_on(sides: Mapping[str, int]) -> Iterator[None]:
    """Make compiled functions stand on the given sides, by key, until the block ends."""
    _sides.update(sides)
    try:
        yield
    finally:
        _sides.clear()


class Undecided:
    """The answer of a comparison at a tie, between balls that overlap, or one that rounding errors may flip.

    ``value`` is what holds for the true operands, None where that is not known. ``meetings`` are the switching points
    it depends on. ``flips`` tells that only the rounding errors of an implementation may change it: the derivative
    exists. ``firm`` tells that they cannot: its operands have none, and every implementation answers alike.
    """

    __slots__ = ("firm", "flips", "meetings", "value")

    def __init__(
        self,
        value: bool | None,
        meetings: Mapping[str, Meeting] = MappingProxyType({}),
        *,
        flips: bool = False,
        firm: bool = False,
    ) -> None:
        self.value = value
        self.meetings = meetings
        self.flips = flips
        self.firm = firm

    @property
    def is_isolated(self) -> bool:
        """Whether a single point is a branch of its own, and the operands stand exactly on it."""
        return self.value is not None and all(0 in each.sides and each.exact for each in self.meetings.values())


def _compare(a: Any, b: Any, answers: tuple[bool, bool, bool], key: str, sign: int, sides: tuple[int, ...]) -> Any:
    """Return which of the ``answers`` for less, equal and more holds; ``key`` is ``sign`` times the difference."""
    side = _sides.get(key)
    if side is not None:
        return answers[side * sign + 1]
    difference = a - b
    if difference < 0:
        return answers[0]
    if difference > 0:
        return answers[2]
    exact = bool(arb(difference).is_zero())
    return Undecided(answers[1] if exact else None, {key: Meeting(exact, sides)})


def _negate(answer: Any) -> Any:
    if isinstance(answer, Undecided):
        return Undecided(None if answer.value is None else not answer.value, answer.meetings)
    return not answer


def _both(*answers: Any) -> Any:
    if any(answer is False for answer in answers):
        return False
    open_ones = [answer.meetings for answer in answers if isinstance(answer, Undecided)]
    return Undecided(None, {key: each for one in open_ones for key, each in one.items()}) if open_ones else True


def _any(*answers: Any) -> Any:
    return _negate(_both(*map(_negate, answers)))


def _either(answer: Any, a: Callable[[], arb], b: Callable[[], arb]) -> arb:
    """Return a branch of a ``Piecewise``, and the hull of both where the answer is not the same all around."""
    if isinstance(answer, Undecided):
        if not answer.is_isolated:
            met.update(answer.meetings)
            return arb(a()).union(arb(b()))
        answer = answer.value
    return a() if answer else b()


def _step(x: arb, key: str, sign: int) -> arb:
    """Return Heaviside's function, and its hull [0, 1] at a kink."""
    side = _sides.get(key)
    if side is not None:
        return ONE if side * sign > 0 else ZERO
    if x > 0:
        return ONE
    if x < 0:
        return ZERO
    if not x.is_finite():
        return NAN
    met[key] = Meeting(bool(x.is_zero()))
    return BETWEEN


def _sign(x: arb, key: str, sign: int) -> arb:
    return 2 * _step(x, key, sign) - 1


def _spike(x: arb, key: str, _sign: int) -> arb:
    """Return Dirac's distribution beside its spike, and no number where it may stand."""
    return ZERO if key in _sides or not x.contains(0) else NAN


#: What the compiled code calls.
FUNCTIONS = {
    "_any": _any,
    "_both": _both,
    "_compare": _compare,
    "_either": _either,
    "_negate": _negate,
    "_sign": _sign,
    "_spike": _spike,
    "_step": _step,
}
