"""A search for a point where a derivative is wrong: around the one that was asked for, and far from it."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import find
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from gradproof.exact import Array

from ..examination import CaseResult
from ..generation.finding import finding
from ..player import REFUSALS
from ..subjects.subject import Leaf
from ..symmetry import symmetric_as
from .result import ELSEWHERE, CheckResult

if TYPE_CHECKING:
    from .check import Trial

#: Entries that are likely to hurt: ties, signs, saturation, kinks of what is common.
SPECIAL = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 6.0, 20.0, -20.0, 1e-8, -1e-8, 100.0, -100.0)

#: A point of so many entries at most is made simpler entry by entry.
MOST_SIMPLIFIED = 64

#: Makes one part of a value, given the source of what is drawn and the value that was given.
_Part = Callable[[np.random.Generator, Array], Array]


@dataclass
class _Log:
    """What a search has seen: how many points, and why some of them tell nothing."""

    tried: int = 1
    refused: list[str] = field(default_factory=list)


def search(trial: Trial, found: CheckResult, points: int, seed: int) -> CheckResult:
    """Try so many points, and return the outcome at the simplest one found that is wrong; else ``found``."""
    log = _Log()

    def is_wrong(values: Sequence[Array]) -> bool:
        log.tried += 1
        try:
            results = list(_until_wrong(trial.results(values, finite_differences=False)))
        except REFUSALS as error:
            log.refused.append(type(error).__name__)
            return False
        if trial.is_elsewhere(results):
            log.refused.append(ELSEWHERE)
            return False
        return any(not each.ok for each in results)

    try:
        values = find(points_near(trial.leaves), is_wrong, settings=finding(points), random=random.Random(seed))  # noqa: S311
    except NoSuchExample:
        return replace(found, tried=log.tried, refused=tuple(log.refused))
    values = _simplified(values, [leaf.value for leaf in trial.leaves], is_wrong)
    leaves = tuple(replace(leaf, value=value) for leaf, value in zip(trial.leaves, values, strict=True))
    results = tuple(trial.results(values))
    return replace(found, leaves=leaves, results=results, tried=log.tried, refused=tuple(log.refused))


def _until_wrong(results: Iterable[CaseResult]) -> Iterator[CaseResult]:
    """Yield outcomes, and ask for no more once something fails."""
    for each in results:
        yield each
        if not each.ok:
            return


def _simplified(values: list[Array], given: Sequence[Array], is_wrong: Callable[[list[Array]], bool]) -> list[Array]:
    """Return a point that is wrong too, with as many entries as they were given as can be, and else short numbers."""
    if sum(value.size for value in values) > MOST_SIMPLIFIED:
        return values
    floating = [leaf for leaf, value in enumerate(values) if value.dtype.kind == "f"]
    for leaf, place in [(each, place) for each in floating for place in range(values[each].size)]:
        known = float(values[leaf].flat[place])
        for entry in dict.fromkeys(_simpler(known, float(given[leaf].flat[place]))):
            other = _with_entry(values, leaf, place, entry, given[leaf])
            if entry != known and is_wrong(other):
                values = other
                break
    return values


def _simpler(known: float, given: float) -> Iterator[float]:
    """Yield what may stand for a number: the one that was given, powers of ten, then the number in fewer digits."""
    yield given
    if known != 0.0:
        exponent = int(math.log10(abs(known)))
        step = 1 if exponent > 0 else -1
        yield from (math.copysign(10.0**power, known) for power in range(step, exponent + step, step))
    yield from (float(f"{known:.0e}"), float(f"{known:.1e}"), round(known, 0))


def _with_entry(values: Sequence[Array], leaf: int, place: int, entry: float, given: Array) -> list[Array]:
    others = [np.array(each) for each in values]
    others[leaf].flat[place] = entry
    others[leaf] = symmetric_as(given, others[leaf])
    return others


def points_near(leaves: Sequence[Leaf]) -> st.SearchStrategy[list[Array]]:
    """Return a strategy for a value of each leaf, which shrinks towards the one that it has.

    Integers and what is not differentiated by stay as they are.
    """
    return st.tuples(*(_value(leaf) for leaf in leaves)).map(list)


@st.composite
def _value(draw: Any, leaf: Leaf) -> Array:
    given = leaf.value
    if not leaf.requires_grad or not given.size:
        return given
    base, reach, signs = (draw(st.sampled_from(tuple(each))) for each in (_BASES, _REACHES, _SIGNS))
    drawn = np.random.default_rng(draw(st.integers(0, 2**16)))
    with np.errstate(all="ignore"):
        value = _BASES[base](drawn, given) * _REACHES[reach](drawn, given) * _SIGNS[signs](drawn, given)
    limits = np.finfo(given.dtype)
    value = np.clip(value, limits.min, limits.max).astype(given.dtype)
    places = st.integers(0, given.size - 1)
    edits = draw(st.lists(st.tuples(places, st.sampled_from(SPECIAL)), max_size=min(4, given.size)))
    for place, special in edits:
        value.flat[place] = special
    return symmetric_as(given, value)


#: What each entry of a value is made of, the simplest first. Entries that are tied are some of those that were given.
_BASES: dict[str, _Part] = {
    "given": lambda drawn, given: given.astype(np.float64),
    "near": lambda drawn, given: given * (1.0 + 0.25 * drawn.uniform(-1.0, 1.0, given.shape)),
    "drawn": lambda drawn, given: drawn.normal(size=given.shape),
    "tied": lambda drawn, given: drawn.choice(given.ravel()[: drawn.integers(1, 4)], given.shape),
    "whole": lambda drawn, given: drawn.integers(-4, 5, given.shape).astype(np.float64),
}

#: The factors by which entries are larger or smaller: none, one for all, or one for each or for some of them.
_REACHES: dict[str, _Part] = {
    "here": lambda drawn, given: np.ones(given.shape),
    "all": lambda drawn, given: _factors(drawn, (), given.dtype),
    "each": lambda drawn, given: _factors(drawn, given.shape, given.dtype),
    "some": lambda drawn, given: np.where(
        drawn.random(given.shape) < 1.0 / 4.0, _factors(drawn, given.shape, given.dtype), 1.0
    ),
}

_SIGNS: dict[str, _Part] = {
    "kept": lambda drawn, given: np.ones(given.shape),
    "mirrored": lambda drawn, given: drawn.choice([-1.0, 1.0], given.shape),
    "turned": lambda drawn, given: -np.ones(given.shape),
}


def _factors(drawn: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return factors, from the unit roundoff of ``dtype`` to its inverse, most of them near 1."""
    along = drawn.uniform(-1.0, 1.0, shape)
    return np.exp2(np.finfo(dtype).nmant * along * np.abs(along))
