"""Verdicts: what is known of one entry, one (output, input) pair, one case."""

from __future__ import annotations

import enum
import functools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from gradproof.exact import Array
from gradproof.symbolic import Proven


@functools.total_ordering
class Verdict(enum.Enum):
    """From best to worst; a whole takes the worst verdict of its parts."""

    VERIFIED = 0
    SUBGRADIENT = 1
    UNDEFINED = 2
    INACCURATE = 3
    OVERFLOWS = 4
    INCONCLUSIVE = 5
    WRONG = 6
    FORWARD_DIFFERS = 7
    MISBEHAVES = 8

    def __str__(self) -> str:
        return self.name.replace("_", " ")

    def __lt__(self, other: Verdict) -> bool:
        return self.value < other.value

    @property
    def fails(self) -> bool:
        """Whether the target is at fault."""
        return self >= Verdict.WRONG

    @property
    def is_finding(self) -> bool:
        """Whether a strict run fails on it."""
        return Verdict.INACCURATE <= self < Verdict.WRONG


#: Verdicts under which a distance from the proven value says something.
MEASURED = (Verdict.VERIFIED, Verdict.INACCURATE, Verdict.WRONG, Verdict.FORWARD_DIFFERS, Verdict.MISBEHAVES)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict; of nothing, nothing is wrong."""
    return max(verdicts, default=Verdict.VERIFIED)


#: A tolerance above this share of the largest entry tells nothing; then the certificates decide.
INFORMATIVE = 1e-3

#: In float16 a thousandth is two units: there a tolerance may be as large as so many units.
INFORMATIVE_UNITS = 64


@functools.cache
def informative(dtype: np.dtype[Any]) -> float:
    """Return the share of the largest entry above which a tolerance tells nothing: 1e-3, and in float16 2^-5."""
    return max(INFORMATIVE, INFORMATIVE_UNITS * float(np.finfo(dtype).eps) / 2)


@functools.cache
def largest_number(dtype: np.dtype[Any]) -> float:
    """Return the largest finite number of a dtype."""
    return float(np.finfo(dtype).max)


def is_beyond(got: Array, proven: Proven) -> Array:
    """Tell where the true value is more than the dtype of ``got`` can hold, or may have been rounded to infinity."""
    most = largest_number(got.dtype)
    if proven.reach < most / 2:
        return np.zeros(got.shape, dtype=bool)
    may_reach = (np.abs(proven.midpoints) + proven.tolerances >= most) & np.isfinite(proven.tolerances)
    return proven.exceeds(most) | (may_reach & np.isinf(got) & (np.sign(got) == np.sign(proven.midpoints)))


@dataclass(frozen=True)
class Circumstances:
    """What the verdict of an entry depends on beside its numbers.

    ``noted``: on the way the oracle met a kink, a singular point or a value that is not a number. ``certified``: every
    node's certificate holds, so that a vacuous tolerance may rest on them. ``overflowed``: a true value on the way is
    beyond the dtype, so that what follows from it says nothing of the target. ``limited``: at every singular point on
    the way the node returned one of the limits of its derivatives.
    """

    noted: bool = False
    certified: bool = True
    overflowed: bool = False
    limited: bool = True


def judge(got: Array | None, proven: Proven, known: Circumstances) -> Array:
    """Return the verdict of each entry as an array of objects; ``got`` is None where no gradient arrived."""
    if got is None or got.shape != proven.enclosure.shape:
        value = Verdict.VERIFIED if got is None and proven.structural else Verdict.WRONG
        return np.full(proven.enclosure.shape, value, dtype=object)
    beyond, admitted, most = is_beyond(got, proven), proven.admits(got), informative(got.dtype) * proven.largest
    telling = (proven.tolerances <= most) | known.certified
    verified = admitted & ~beyond & telling & (proven.radii <= proven.tolerances / 2) & np.isfinite(proven.tolerances)
    verdicts = np.full(got.shape, Verdict.VERIFIED, dtype=object)
    for place in map(tuple, np.argwhere(~verified)):
        entry = _Entry(
            float(proven.midpoints[place]),
            float(proven.radii[place]),
            float(proven.tolerances[place]),
            bool(admitted[place]),
            bool(beyond[place]),
            bool(np.isfinite(got[place])),
        )
        verdicts[place] = _judge_entry(entry, most, known)
    return verdicts


class _Entry(NamedTuple):
    truth: float
    radius: float
    tolerance: float
    admitted: bool
    beyond: bool
    is_number: bool


def _judge_entry(entry: _Entry, most: float, known: Circumstances) -> Verdict:
    """Judge an entry; a tolerance above ``most`` tells nothing of it."""
    if entry.beyond:
        return Verdict.OVERFLOWS
    if not (np.isfinite(entry.truth) and np.isfinite(entry.radius)):
        return _without_truth(entry, known)
    if np.isfinite(entry.tolerance) and not entry.admitted:
        return Verdict.OVERFLOWS if known.overflowed else Verdict.WRONG
    sharp = not entry.radius > entry.tolerance / 2  # a tolerance that is no number is as wide as can be
    if sharp and (entry.tolerance <= most or known.certified):
        return Verdict.VERIFIED
    if known.overflowed:
        return Verdict.OVERFLOWS
    return Verdict.UNDEFINED if known.noted else Verdict.INCONCLUSIVE


def _without_truth(entry: _Entry, known: Circumstances) -> Verdict:
    """Judge where nothing finite encloses the truth: then the certificates decide, if they can."""
    if known.overflowed:
        return Verdict.OVERFLOWS
    rests = known.certified and entry.is_number
    if known.noted:
        # each node returned one of its own generalised derivatives, as at the tip of a norm
        return Verdict.SUBGRADIENT if rests and known.limited else Verdict.UNDEFINED
    return Verdict.VERIFIED if rests else Verdict.INCONCLUSIVE


def spacings(proven: Proven, dtype: np.dtype[Any]) -> Array:
    """Return one unit in the last place of each true value."""
    return np.spacing(np.abs(proven.midpoints).astype(dtype)).astype(np.float64)


def ulps(got: Array, proven: Proven, dtype: str | None = None) -> Array:
    """Return how far values are from the truth, in its units in the last place in ``dtype``: that of ``got``."""
    with np.errstate(all="ignore"):
        return proven.distances(got) / spacings(proven, np.dtype(dtype or got.dtype))


def farthest(errors: Array) -> tuple[int, ...]:
    """Return the place of the largest error."""
    return tuple(map(int, np.unravel_index(np.argmax(errors), errors.shape)))


def seen_error(proven: Proven) -> float | None:
    """Return the error that would have been seen in any entry, relative to the gradient's largest one.

    That is twice the widest tolerance. None where a tolerance is missing, or no entry stands out of its own.
    """
    if not np.all(np.isfinite(proven.midpoints)) or not np.all(np.isfinite(proven.tolerances)):
        return None
    largest = np.max(np.abs(proven.midpoints), initial=0.0)
    widest = np.max(proven.tolerances, initial=0.0)
    return float(2 * widest / largest) if largest > widest else None
