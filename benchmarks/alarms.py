"""False alarms: the verifier on generated graphs of the right engine, a hundred thousand of them.

Half an hour on two cores, and so made once: ``.venv/bin/python benchmarks/alarms.py`` writes ``docs/alarms.md``.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from page import CONSOLE, write_page

from gradproof.verify import EngineTarget
from gradproof.verify.campaign import Plan, run
from gradproof.verify.generation.builder import DTYPES
from gradproof.verify.store import keep

#: A campaign has so many graphs; its seed is its number.
GRAPHS = 250


def main() -> None:
    """Run the campaigns and write the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=100_000, help="generated cases (default 100,000)")
    asked = options.parse_args()
    with ProcessPoolExecutor() as pool:
        alarms = _alarms(pool.map(_campaign, range(-(-asked.cases // GRAPHS))))
    write_page("alarms", "False alarms", f"alarms.py --cases {asked.cases}", alarms)


def _campaign(seed: int) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Return how many cases of each dtype had each verdict, and the ids of those that failed or raised."""
    outcome = run(Plan(graphs=GRAPHS, seed=seed), EngineTarget())
    counts = Counter((result.case.dtype, str(result.verdict)) for _, result in outcome.results)
    counts += Counter((case.dtype, "raised") for case, _ in outcome.errors)
    wrong = [result.case for result in outcome.failures] + [case for case, _ in outcome.errors]
    for case in wrong:
        keep(case)
    CONSOLE.print(f"campaign {seed}: {sum(counts.values())} cases, {len(wrong)} accused")
    return counts, [case.id for case in wrong]


def _alarms(campaigns: Iterable[tuple[Counter[tuple[str, str]], list[str]]]) -> list[str]:
    counts: Counter[tuple[str, str]] = Counter()
    accused: list[str] = []
    for each, ids in campaigns:
        counts += each
        accused += ids
    names = sorted({name for _, name in counts}, key=lambda name: -sum(counts[dtype, name] for dtype in DTYPES))
    rows = [f"| {name} | " + " | ".join(f"{counts[dtype, name]:,}" for dtype in DTYPES) + " |" for name in names]
    return [
        f"{sum(counts.values()):,} generated cases of the engine, all three witnesses and all certificates: "
        f"**{len(accused)} accused**{': ' + ', '.join(accused) if accused else ''}.",
        "",
        f"| verdict | {' | '.join(DTYPES)} |",
        "|---|" + "---:|" * len(DTYPES),
        *rows,
    ]


if __name__ == "__main__":
    main()
