"""The V-curve: the error of a plain central difference against its step.

A large step errs by truncation, which falls with its square; a small one by the rounding of the forward, divided by the
step. Between them is the best that a central difference can do, near the cube root of the unit roundoff.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gradproof.exact import Array
from gradproof.reports import StepCurve

from ..examination import CaseResult, Pair
from ..targets.target import Target
from ..verdict import Verdict
from .differences import are_few, mover, scale_of
from .finite_difference import power_of_two
from .response import Response

#: So many entries are looked at in each dtype, one of a case.
ENTRIES = 50

#: The steps are these powers of two, times the magnitude of the entry.
EXPONENTS = {"float64": range(-52, 0), "float32": range(-23, 0), "float16": range(-10, 0)}


def step_curves(results: Sequence[CaseResult], target: Target) -> list[StepCurve]:
    """Return the curve of each dtype, over the first verified cases that have a gradient."""
    return [curve for dtype in EXPONENTS if (curve := _curve(dtype, results, target)) is not None]


def _curve(dtype: str, results: Sequence[CaseResult], target: Target) -> StepCurve | None:
    rows: list[Array] = []
    for result in results:
        pair = _telling(result) if result.case.dtype == dtype and len(rows) < ENTRIES else None
        if pair is not None:
            rows.append(_errors(result, pair, target, EXPONENTS[dtype]))
    if not rows:
        return None
    # at a step that leaves the smooth piece of too many entries, the others are not those of the next step
    told = np.sum(np.isfinite(rows), axis=0) > len(rows) / 2
    quantiles = np.nanquantile(np.array(rows)[:, told], (0.5, 0.9), axis=0)
    median, most = (_listed(each, told) for each in quantiles)
    return StepCurve(dtype, len(rows), [2.0**exponent for exponent in EXPONENTS[dtype]], median, most)


def _listed(quantiles: Array, told: Array) -> list[float | None]:
    """Return the quantiles of the steps that tell something, None for the others."""
    known = iter(quantiles.tolist())
    return [next(known) if flag else None for flag in told]


def _telling(result: CaseResult) -> Pair | None:
    """Return the first pair of a case whose gradient is proven and not zero."""
    if not are_few(result.case.graph):
        return None
    fitting = (
        pair
        for pair in result.pairs
        if pair.verdict is Verdict.VERIFIED and np.all(np.isfinite(pair.proven.midpoints)) and pair.proven.largest > 0.0
    )
    return next(fitting, None)


def _errors(result: CaseResult, pair: Pair, target: Target, exponents: Sequence[int]) -> Array:
    """Return the error at each step of the largest entry of a gradient, relative to it; NaN across a kink."""
    x, truth = result.run.values[pair.leaf], pair.proven.midpoints.ravel()
    place = int(np.argmax(np.abs(truth)))
    unit = power_of_two(scale_of(float(x.flat[place])))
    steps = [math.ldexp(unit, exponent) for exponent in exponents]
    with np.errstate(all="ignore"):
        response = Response(result.case, target, result.run.values, [pair.leaf], np.random.default_rng(0))
        move = mover(response, pair.leaf, x)
        moves = move([place] * 2 * len(steps), [*steps, *(-step for step in steps)]).moves
        above, below = np.array([each.changes[pair.output] for each in moves]).reshape(2, -1)
        return np.abs((above - below) / (2 * np.array(steps)) - truth[place]) / pair.proven.largest
