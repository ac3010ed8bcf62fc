"""Rounding errors have no sign: whether a derivative that is off has lost digits, or is another function.

A function that is not seen inside may use a formula of its own, and lose digits to cancellation that no sweep over the
forward knows of: ``y (1 - y)`` for the slope of a logistic function ``1 / (1 + exp(-x))``. What it returns then
scatters around the truth from point to point, where the error of a mistake keeps its sign. So the errors of each entry
at points near by are added up: those of rounding cancel each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np

from gradproof.case import Case
from gradproof.exact import Array
from gradproof.symbolic import prove

from ..examination import CaseResult, Pair, budgets
from ..player import REFUSALS
from ..targets.target import Target
from ..verdict import Verdict, worst

#: So many points near by are looked at, until those at hand tell: each entry moved by a share of itself between these.
LOOKS, NEAREST, FARTHEST = (4, 8, 16, 32, 64), 2.0**-10, 2.0**-6

#: The sum of errors, as a share of the sum of their magnitudes, is 1 for those of one sign. Without a sign it is below
#: the first of these for each entry, and below the second on the average of several, or else at more points.
COHERENT, COHERENT_ON_AVERAGE = 0.85, 0.7

#: A mistake is known after so many points, where all errors have one sign and are alike within this factor.
ALIKE = {8: 4.0, 16: np.inf}

#: At smaller arguments a derivative is right that is off by less than this share of the truth.
MOST = 2.0**-8

#: Where nothing is left but 0, the truth must be below so many units of what it is at one of these shares of all
#: arguments.
UNITS, SHARES = 64, tuple(2.0**-power for power in (1, 2, 3, 4, 6, 8, 16, 32))


#: By the number of the output and the leaf: the errors and the truths, a pair for each point.
_Rows = dict[tuple[int, int], list[tuple[Array, Array]]]


@dataclass(frozen=True, eq=False)
class _Errors:
    """Of one derivative: at each point, how far each entry is from the truth, and the truth."""

    errors: Array
    truths: Array


_ByDerivative = Mapping[tuple[int, int], _Errors]


def without_lost_digits(result: CaseResult, target: Target) -> CaseResult:
    """Return an outcome in which entries that are off by lost digits are ``INACCURATE``, and not ``WRONG``."""
    if result.verdict is not Verdict.WRONG or result.faults:
        return result
    around = _Surroundings(result.case, target)
    pairs = result.pairs
    for points in LOOKS:
        near = around.near(points)
        if points in ALIKE and any(_is_mistaken(pair, near, around, ALIKE[points]) for pair in result.pairs):
            return result
        pairs = tuple(_judged(pair, near, around) for pair in result.pairs)
        if not any(pair.verdict.fails for pair in pairs):
            break
    if any(pair.verdict.fails for pair in pairs) or not any(pair.verdict is Verdict.INACCURATE for pair in pairs):
        return replace(result, pairs=pairs)
    certificates = tuple(
        replace(each, inaccurate=True, reason=f"{each.reason}: digits lost") if each.holds is False else each
        for each in result.certificates
    )
    return replace(result, pairs=pairs, certificates=certificates, verdict=worst(pair.verdict for pair in pairs))


class _Surroundings:
    """The errors of each derivative at other points, looked at when they are asked for."""

    def __init__(self, case: Case, target: Target) -> None:
        self._case, self._target = case, target
        self._cases = iter(_near(case))
        self._seen = 0
        self._rows: _Rows = {}

    def near(self, points: int) -> _ByDerivative:
        """Return those at so many points near by: at those that were looked at before, and more."""
        more = list(islice(self._cases, points - self._seen))
        self._seen = points
        for key, rows in _look_around(self._case, self._target, more).items():
            self._rows.setdefault(key, []).extend(rows)
        return _stacked(self._rows)

    @cached_property
    def nearer(self) -> _ByDerivative:
        """Those at smaller arguments."""
        return _stacked(_look_around(self._case, self._target, _nearer(self._case)))


def _is_mistaken(pair: Pair, near: _ByDerivative, around: _Surroundings, factor: float) -> bool:
    """Tell whether an entry that is wrong has errors of one sign, alike within a factor, and not of underflow."""
    errors = near.get((pair.output, pair.leaf))
    if errors is None or pair.got is None:
        return True
    sizes = np.abs(errors.errors)
    one_sign = np.all(errors.errors > 0.0, axis=0) | np.all(errors.errors < 0.0, axis=0)
    with np.errstate(all="ignore"):
        alike = np.max(sizes, axis=0) < factor * np.min(sizes, axis=0)
    mistaken = (pair.verdicts == Verdict.WRONG) & one_sign & alike
    return bool(np.any(mistaken & ~_vanishes(pair, errors, around)))


def _look_around(case: Case, target: Target, cases: Sequence[Case]) -> _Rows:
    """Return the errors of each derivative at other points, by the number of the output and the leaf."""
    found: _Rows = {}
    for each in cases:
        try:
            run = target.play(each)
        except REFUSALS:
            continue  # it has no value there
        proof = prove(each, budgets())
        for number, gradients in enumerate(proof.gradients):
            for leaf, proven in gradients.items():
                got = run.pullbacks[number].gradients.get(leaf, np.zeros(case.graph[leaf].shape))
                if got.shape == proven.midpoints.shape:
                    found.setdefault((number, leaf), []).append((got - proven.midpoints, proven.midpoints))
    return found


def _stacked(found: _Rows) -> _ByDerivative:
    return {key: _Errors(*(np.stack(part) for part in zip(*rows, strict=True))) for key, rows in found.items()}


def _near(case: Case) -> list[Case]:
    """Return the case at points near by: the same each time."""
    random = np.random.default_rng(0)

    def moved(value: Array) -> Array:
        share = random.uniform(NEAREST, FARTHEST, value.shape) * random.choice([-1.0, 1.0], value.shape)
        return value * (1.0 + share)

    return [_at(case, moved) for _ in range(LOOKS[-1])]


def _nearer(case: Case) -> list[Case]:
    """Return the case at smaller arguments."""
    return [_at(case, lambda value, share=share: share * value) for share in SHARES]  # type: ignore[misc]


def _at(case: Case, move: Callable[[Array], Array]) -> Case:
    graph = case.graph
    return replace(case, graph=graph.at({leaf: move(graph.inputs[leaf].value) for leaf in graph.leaves}))


def _judged(pair: Pair, near: _ByDerivative, around: _Surroundings) -> Pair:
    errors, wrong = near.get((pair.output, pair.leaf)), pair.verdicts == Verdict.WRONG
    if errors is None or pair.got is None or not np.any(wrong):
        return pair
    lost = wrong & (_scatter(errors, wrong) | _vanishes(pair, errors, around))
    verdicts = pair.verdicts.copy()
    verdicts[lost] = Verdict.INACCURATE
    return replace(pair, verdicts=verdicts)


def _scatter(near: _Errors, wrong: Array) -> Array:
    """Tell which entries have errors without a sign."""
    with np.errstate(all="ignore"):
        coherence = np.abs(np.sum(near.errors, axis=0)) / np.sum(np.abs(near.errors), axis=0)
    scattered = coherence < COHERENT
    counted = coherence[wrong & scattered]
    return scattered & bool(counted.size and np.mean(counted) < COHERENT_ON_AVERAGE)


def _vanishes(pair: Pair, near: _Errors, around: _Surroundings) -> Array:
    """Tell which entries are 0 near by too, where they are right at smaller arguments, and far larger there."""
    gone = (pair.verdicts == Verdict.WRONG) & np.all(near.errors == -near.truths, axis=0)
    nearer = around.nearer.get((pair.output, pair.leaf)) if np.any(gone) else None
    if nearer is None or pair.got is None:
        return np.zeros(gone.shape, dtype=bool)
    unit = float(np.finfo(pair.got.dtype).eps)
    is_right = np.abs(nearer.errors) <= MOST * np.abs(nearer.truths)
    is_larger = np.max(np.abs(near.truths), axis=0) <= UNITS * unit * np.abs(nearer.truths)
    return np.asarray(gone & np.any(is_right & is_larger, axis=0))
