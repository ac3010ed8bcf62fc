"""The engine beside others and beside NumPy by hand: time and memory, forward and backward, in float64."""

from __future__ import annotations

import gc
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
import workloads
from engines import BLAS_THREADS, BY_HAND, DEFAULT, ENGINES, JIT, Work
from goals import GOALS, Figures
from memory import growth
from timing import medians
from workloads import Workload

#: How many turns each takes, in seconds how long a turn is at least, and after how many an engine takes no more.
ROUNDS, TURN, LIMIT = 15, 0.02, 2.0

#: Of the largest entry, how far derivatives may be from those by hand.
TOLERANCE = 1e-10

#: The workloads whose memory is measured, and for which engines: more threads take no more, and what is compiled
#: beforehand may use the memory of the compiler.
OF_MEMORY = ("diamonds", "recurrent")
MEASURED = [name for name in ENGINES if name not in {DEFAULT, JIT}]


def measure() -> str:
    """Return the tables: times, memory, and which goals are met."""
    threads = torch.get_num_threads()
    made = {each: getattr(workloads, each)() for each in GOALS}
    times = {each: _seconds(workload) for each, workload in made.items()}
    torch.set_num_threads(threads)
    memory = {each: _bytes(each) for each in OF_MEMORY}
    parts = [
        _table({made[each].name: figures for each, figures in times.items()}, list(ENGINES), 1e3, "ms"),
        f"In brackets: the ratio to NumPy by hand. All derivatives agree with that to {TOLERANCE:g} of the largest\n"
        "entry. Arguments and data are handed over beforehand, and JAX has compiled beforehand what it compiles.\n"
        f"Threads of NumPy's matrix products: {BLAS_THREADS}.",
    ]
    if all(memory.values()):
        parts += [
            "By how much the peak of the resident set grows, each in a fresh process:",
            _table({made[each].name: figures for each, figures in memory.items()}, MEASURED, 1e-6, "MB"),
        ]
    rows = [
        goal.row(made[each].name, figures)
        for each, goals in GOALS.items()
        for goal in goals
        if (figures := memory.get(each) if goal.of_memory else times[each])
    ]
    return "\n\n".join([*parts, "\n".join(["| workload | goal | measured | met |", "|---|---|---:|---|", *rows])])


def _seconds(workload: Workload) -> Figures:
    """Return the median seconds that each engine takes, all of which compute the same."""
    expected = workload.by_hand(*workload.arguments, *workload.constants)
    works = {name: work for name, adapt in ENGINES.items() if (work := adapt(workload)) is not None}
    counts = {}
    for name, work in works.items():
        start = time.perf_counter()
        found = work()
        counts[name] = 1 if time.perf_counter() - start > LIMIT else _count(work)
        _check(workload, name, found, expected)
    # the garbage collector looks at what is timed, and not at all the modules of the other engines as well
    gc.collect()
    gc.freeze()
    measured = medians({name: _repeated(work, counts[name]) for name, work in works.items()}, ROUNDS, LIMIT)
    gc.unfreeze()
    return {name: seconds / counts[name] for name, seconds in measured.items()}


def _check(workload: Workload, name: str, found: Any, expected: Any) -> None:
    """Raise ``AssertionError`` where derivatives are not those by hand."""
    pairs = [(found, expected)] if workload.hessian else zip(found, expected, strict=True)
    for one, other in pairs:
        np.testing.assert_allclose(
            np.asarray(one), other, rtol=0, atol=TOLERANCE * np.abs(other).max(), err_msg=f"{name}: {workload.name}"
        )


def _count(work: Work) -> int:
    """Return how often to do some work in one turn, so that the turn is long enough to be timed."""
    start = time.perf_counter()
    work()
    return max(1, int(TURN / (time.perf_counter() - start)))


def _repeated(work: Work, count: int) -> Work:
    def many() -> None:
        for _ in range(count):
            work()

    return many


def _bytes(workload: str) -> Figures:
    """Return the growth of memory for each engine, nothing where that cannot be measured."""
    grown = {name: growth(name, workload) for name in MEASURED}
    return {name: each for name, each in grown.items() if each is not None}


def _table(figures: Mapping[str, Figures], engines: list[str], unit: float, name: str) -> str:
    """Return a Markdown table with a row for each workload: figures, and their ratios to those by hand."""
    lines = [f"| {' | '.join([name, *engines])} |", "|---|" + "---:|" * len(engines)]
    for workload, found in figures.items():
        cells = [_cell(unit * found[each], unit * found[BY_HAND]) if each in found else "-" for each in engines]
        lines.append(f"| {workload} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(value: float, base: float) -> str:
    return f"{value:.3g} ({value / base:.3g}x)" if base else f"{value:.3g}"
