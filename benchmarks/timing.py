"""Timing side by side: candidates take turns, so that a drift of the machine hits all of them."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Mapping

Candidates = Mapping[str, Callable[[], object]]


def medians(candidates: Candidates, rounds: int, limit: float = math.inf) -> dict[str, float]:
    """Return the median seconds of each candidate over ``rounds`` turns, after one turn that does not count.

    A candidate whose turns have taken ``limit`` seconds takes no more.
    """
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(rounds + 1):
        for name, work in candidates.items():
            if sum(taken[name]) >= limit:
                continue
            start = time.perf_counter()
            work()
            if turn:
                taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(each) for name, each in taken.items()}


def table(title: str, measured: Mapping[str, float], *, base: str, unit: float = 1e3, name: str = "ms") -> str:
    """Return a Markdown table of medians and ratios to ``base``."""
    lines = [f"| {title} | {name} | ratio |", "|---|---:|---:|"]
    lines += [f"| {each} | {unit * value:.3g} | {value / measured[base]:.2f} |" for each, value in measured.items()]
    return "\n".join(lines)
