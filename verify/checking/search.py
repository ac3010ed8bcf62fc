"""A search for a point where a derivative is wrong: around the one that was asked for, and far from it."""

from __future__ import annotations

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
        for entry in (float(given[leaf].flat[place]), round(known, 0), round(known, 1)):
            other = _with_entry(values, leaf, place, entry, given[leaf])
            if entry != known and is_wrong(other):
                values = other
                break
    return values


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
    style = draw(st.sampled_from(("given", "near", "mirrored", "drawn", "small", "large")))
    value = _styled(style, given, draw(st.integers(0, 2**16)))
    places = st.integers(0, given.size - 1)
    edits = draw(st.lists(st.tuples(places, st.sampled_from(SPECIAL)), max_size=min(4, given.size)))
    for place, special in edits:
        value.flat[place] = special
    return symmetric_as(given, value)


def _styled(style: str, given: Array, number: int) -> Array:
    """Return a value in a style: a deterministic function of the arguments."""
    if style == "given":
        return np.array(given)
    drawn = np.random.default_rng(number)
    signs = drawn.choice([-1.0, 1.0], given.shape)
    if style == "near":
        value = given * (1.0 + 0.25 * drawn.uniform(-1.0, 1.0, given.shape))
    elif style == "mirrored":
        value = given * signs
    elif style == "drawn":
        value = drawn.normal(size=given.shape)
    else:
        span = drawn.uniform(0.0, 12.0, given.shape)
        value = signs * np.exp2(-span if style == "small" else span / 2.0)
    return np.asarray(value, given.dtype)
