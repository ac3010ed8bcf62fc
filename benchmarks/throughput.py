"""Generated graphs verified per second and core, how deep they are, where the time goes, how tight the tolerances."""

from __future__ import annotations

import time

import numpy as np

from gradproof.symbolic import Proven
from gradproof.verify import EngineTarget
from gradproof.verify.campaign import Plan, run

GRAPHS = 2000


def measure() -> str:
    """Return the tables."""
    run(Plan(graphs=200, seed=1), EngineTarget())
    start = time.process_time()
    outcome = run(Plan(graphs=GRAPHS, seed=0), EngineTarget())
    spent = time.process_time() - start
    results = [result for _, result in outcome.results]
    total = sum(outcome.seconds.values())
    lines = [
        f"{len(results)} cases in {spent:.1f} s of processor time: **{len(results) / spent:.0f} graphs per second and "
        f"core**; {outcome.discarded} draws were left out.",
        "",
        "| of a graph | mean | 10 % | median | 90 % | 99 % | most |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(_spread(name, counts) for name, counts in _sizes(results).items()),
        "",
        "By the number of nodes, drawing a graph not counted:",
        "",
        "| nodes | cases | graphs per second | the median graph alone |",
        "|---:|---:|---:|---:|",
        *_by_nodes(results),
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


def _sizes(results: list) -> dict[str, list[int]]:
    graphs = [result.case.graph for result in results]
    return {
        "nodes": [len(graph.nodes) for graph in graphs],
        "depth": [graph.depth for graph in graphs],
        "entries of the inputs": [sum(each.size for each in graph.inputs) for graph in graphs],
        "gradient entries": [sum(pair.verdicts.size for pair in result.pairs) for result in results],
    }


def _by_nodes(results: list) -> list[str]:
    rows = []
    for least, most in ((1, 1), (2, 2), (3, 3), (4, 4), (5, 6), (7, 9), (10, 15)):
        taken = [sum(each.seconds.values()) for each in results if least <= len(each.case.graph.nodes) <= most]
        name = f"{least}" if least == most else f"{least} to {most}"
        rows.append(f"| {name} | {len(taken)} | {1 / np.mean(taken):.0f} | {1 / np.median(taken):.0f} |")
    return rows


def _spread(name: str, counts: list[int]) -> str:
    quantiles = np.quantile(counts, [0.1, 0.5, 0.9, 0.99, 1.0])
    return f"| {name} | {np.mean(counts):.1f} | " + " | ".join(f"{each:.0f}" for each in quantiles) + " |"


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
