"""A large network, and the cost of a verified case against the number of scalars in its graph."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
from classifier import classifier

from gradproof import Case, trace
from gradproof import engine as gp
from gradproof.symbolic import prove
from gradproof.verify import EngineTarget, examine
from gradproof.verify.examination import budgets

T = TypeVar("T")

#: Chains of so many layers of a tanh and a product, on vectors of so many entries.
WIDTHS, DEPTHS, WIDTH, DEPTH = (4, 40, 400, 4000), (4, 40, 400, 4000), 4, 4


def measure() -> str:
    """Return the tables."""
    return "\n\n".join([_network(), _chains()])


def _network() -> str:
    case, known = classifier((784, 256, 10), batch=64), budgets()
    entries = sum(case.graph[leaf].size for leaf in case.graph.leaves)
    proof, proving = _timed(lambda: prove(case, known))
    result, examining = _timed(lambda: examine(case, EngineTarget()))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
    return "\n".join(
        [
            f"784-256-10 network, batch 64, {entries:,} parameters, in processor time:",
            "",
            "| what | seconds |",
            "|---|---:|",
            f"| the certified gradient: both sweeps of the oracle | {proving:.2f} |",
            f"| the whole verdict, with a certificate for every node and directional probes | {examining:.2f} |",
            "",
            f"The verdict is {result.verdict}, at {proof.bits} bits; the process has held {peak:.2f} GiB at most.",
        ]
    )


def _chains() -> str:
    lines = [
        "Layers `tanh(x) * w` in a chain, examined whole but for finite differences, in processor time:",
        "",
        "| width | layers | scalars in the graph | ms | µs per scalar |",
        "|---:|---:|---:|---:|---:|",
    ]
    _examined(WIDTH, DEPTH)
    lines += [_row(width, DEPTH) for width in WIDTHS]
    lines += [_row(WIDTH, depth) for depth in DEPTHS[1:]]
    return "\n".join(lines)


def _row(width: int, depth: int) -> str:
    scalars, seconds = min((_examined(width, depth) for _ in range(3)), key=lambda each: each[1])
    return f"| {width} | {depth} | {scalars:,} | {1e3 * seconds:.3g} | {1e6 * seconds / scalars:.3g} |"


def _examined(width: int, depth: int) -> tuple[int, float]:
    def chain(x, w):
        for _ in range(depth):
            x = gp.tanh(x) * w
        return x

    random = np.random.default_rng(0)
    case = Case.of_ones(trace(chain, random.uniform(0.5, 1.0, width), random.uniform(0.9, 1.1, width)))
    _, seconds = _timed(lambda: examine(case, EngineTarget(), finite_differences=False))
    return sum(case.graph.sizes), seconds


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    result = work()
    return result, time.process_time() - start
