"""Finite differences beside the proven gradient: how often their error estimate is wrong, or tells nothing.

An estimate is wrong where the true error is above ten times the estimate. It tells nothing where it is above a
hundredth of the gradient's largest entry. Of entries at kinks, where there is no single derivative, neither is asked;
nor is the second of gradients that are zero.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from gradproof.verify import EngineTarget, Verdict
from gradproof.verify.campaign import Plan, run
from gradproof.verify.examination import CaseResult, Pair
from gradproof.verify.finite_differences.differences import are_few, differences
from gradproof.verify.finite_differences.opinion import TRUST, tells

GRAPHS = 5000


def measure() -> str:
    """Return the table, and the time that a case takes."""
    outcome = run(Plan(graphs=GRAPHS, seed=7), EngineTarget())
    results = [result for _, result in outcome.results]
    lines = [
        "| dtype | entries | wrong | of gradients not zero | tell nothing | median estimate | median true error |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(_row(dtype, list(_compared(results, dtype))) for dtype in ("float64", "float32")),
        "",
        f"A case takes {_milliseconds(results):.2f} ms of processor time. Estimates and errors are relative to the",
        "gradient's largest entry, of entries that tell.",
    ]
    return "\n".join(lines)


class Compared(NamedTuple):
    """The entries of one gradient; estimates and errors are relative to its largest entry."""

    wrong: np.ndarray
    tells: np.ndarray
    estimates: np.ndarray
    errors: np.ndarray
    is_zero: bool


def _compared(results: Sequence[CaseResult], dtype: str) -> Iterator[Compared]:
    for result in results:
        if result.case.dtype == dtype:
            yield from (compare(pair) for pair in result.pairs if pair.difference is not None)


def compare(pair: Pair) -> Compared:
    """Compare the finite difference of a pair with what is proven, where that is a single derivative."""
    assert pair.difference is not None
    proven, found = pair.proven, pair.difference
    single = (pair.verdicts == Verdict.VERIFIED) & np.isfinite(proven.midpoints)
    largest = np.max(np.abs(proven.midpoints), initial=0.0, where=single)
    with np.errstate(all="ignore"):
        off = np.abs(found.values - proven.midpoints)
        wrong = np.isfinite(found.errors) & ~(off <= TRUST * found.errors + proven.radii)
        columns = (wrong, tells(found, proven), found.errors / largest, off / largest)
    return Compared(*(each[single] for each in columns), largest == 0.0)


def _row(dtype: str, compared: Sequence[Compared]) -> str:
    some = [each for each in compared if not each.is_zero]
    telling = np.concatenate([each.tells for each in some])
    estimates, errors = (np.concatenate([each[i] for each in some])[telling] for i in (2, 3))
    wrong = np.concatenate([each.wrong for each in compared])
    return (
        f"| {dtype} | {wrong.size} | {np.sum(wrong)} | {telling.size} | {np.sum(~telling)} | "
        f"{np.median(estimates):.1e} | {np.median(errors):.1e} |"
    )


def _milliseconds(results: Sequence[CaseResult]) -> float:
    """Return the processor time that the finite differences of a case take."""
    target = EngineTarget()
    start = time.process_time()
    for result in results:
        if are_few(result.case.graph):
            differences(result.case, target, result.run)
    return 1e3 * (time.process_time() - start) / len(results)
