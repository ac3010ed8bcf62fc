"""Generated graphs verified per second on one core, where the time goes, and how tight the tolerances are."""

from __future__ import annotations

import numpy as np

from gradproof.symbolic import Proven
from gradproof.verify import EngineTarget
from gradproof.verify.campaign import Plan, run

GRAPHS = 2000


def measure() -> str:
    """Return the tables."""
    run(Plan(graphs=200, seed=1), EngineTarget())
    outcome = run(Plan(graphs=GRAPHS, seed=0), EngineTarget())
    results = [result for _, result in outcome.results]
    total = sum(outcome.seconds.values())
    lines = [
        f"{len(results)} cases in {outcome.wall:.1f} s: "
        f"**{len(results) / outcome.wall:.0f} graphs per second** on one core, "
        f"{np.mean([sum(p.verdicts.size for p in r.pairs) for r in results]):.1f} gradient entries and "
        f"{np.mean([len(r.case.graph.nodes) for r in results]):.1f} nodes a graph.",
        "",
        "| part | share of the time |",
        "|---|---:|",
        *(
            f"| {part} | {100 * seconds / total:.0f} % |"
            for part, seconds in sorted(outcome.seconds.items(), key=lambda e: -e[1])
        ),
        "",
        "Tolerances of gradients proven not to be zero, relative to the entry, and to the gradient's largest entry:",
        "",
        "| dtype | non-zero entries | of the entry: median | of the largest: median | 95th percentile | 99th |",
        "|---|---:|---:|---:|---:|---:|",
        *(_tolerances(results, dtype) for dtype in ("float64", "float32")),
        "",
        f"False alarms on the engine: {len(outcome.failures)}; cases not examined: {len(outcome.errors)}.",
        "",
        "| verdict | cases |",
        "|---|---:|",
        *(f"| {verdict} | {count} |" for verdict, count in _counts(results)),
    ]
    return "\n".join(lines)


def _tolerances(results: list, dtype: str) -> str:
    proven = [
        pair.proven
        for result in results
        if result.case.dtype == dtype
        for pair in result.pairs
        if str(pair.verdict) == "VERIFIED" and _is_nonzero(pair.proven)
    ]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        own = _finite([each.tolerances / np.abs(each.midpoints) for each in proven])
        largest = _finite([each.tolerances / np.max(np.abs(each.midpoints)) for each in proven])
    return (
        f"| {dtype} | {own.size} | {np.median(own):.1e} | "
        f"{np.median(largest):.1e} | {np.percentile(largest, 95):.1e} | {np.percentile(largest, 99):.1e} |"
    )


def _is_nonzero(proven: Proven) -> bool:
    """Tell whether a gradient is proven not to be zero: what cancels exactly has no relative tolerance."""
    return bool(np.any(np.abs(proven.midpoints) > proven.radii))


def _finite(arrays: list) -> np.ndarray:
    values = np.concatenate([np.ravel(each) for each in arrays])
    return values[np.isfinite(values)]


def _counts(results: list) -> list[tuple[str, int]]:
    names = [str(result.verdict) for result in results]
    return [(name, names.count(name)) for name in sorted(set(names), key=names.count, reverse=True)]
