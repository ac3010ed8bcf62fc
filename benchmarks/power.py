"""Two long runs, made once: false alarms in generated cases, and the kill table over ten cases each.

Writes ``docs/power.md``; an hour on two cores. No peer is needed: ``.venv/bin/python benchmarks/power.py``.
"""

from __future__ import annotations

import argparse
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from gradproof.verify import EngineTarget
from gradproof.verify.campaign import Plan, run
from gradproof.verify.kills import as_data, kill_table
from gradproof.verify.store import keep

PAGE = Path(__file__).resolve().parent.parent / "docs" / "power.md"

#: A campaign has so many graphs; its seed is its number.
GRAPHS = 250

DTYPES = ("float64", "float32", "float16")

CONSOLE = Console(stderr=True, soft_wrap=True)


def main() -> None:
    """Run both and write the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=100_000, help="generated cases (default 100,000)")
    options.add_argument("--mutant-cases", type=int, default=10, help="cases for each mutant (default 10)")
    asked = options.parse_args()
    with ProcessPoolExecutor() as pool:
        kills = pool.submit(_kills, asked.mutant_cases)
        alarms = _alarms(pool.map(_campaign, range(-(-asked.cases // GRAPHS))))
        killed = _killed(kills.result(), asked.mutant_cases)
    packages = ("numpy", "sympy", "python-flint", "scipy", "hypothesis")
    parts = [
        "# Power",
        "",
        "False alarms on the engine, and mutants found: two runs that are too long for every release, made once by",
        f"`python benchmarks/power.py --cases {asked.cases} --mutant-cases {asked.mutant_cases}`, with",
        f"Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in packages)}.",
        "",
        *alarms,
        *killed,
    ]
    PAGE.write_text("\n".join(parts) + "\n")


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
        "## False alarms",
        "",
        f"{sum(counts.values()):,} generated cases of the engine, all three witnesses and all certificates: "
        f"**{len(accused)} accused**{': ' + ', '.join(accused) if accused else ''}.",
        "",
        f"| verdict | {' | '.join(DTYPES)} |",
        "|---|" + "---:|" * len(DTYPES),
        *rows,
        "",
    ]


def _kills(count: int) -> Mapping[str, Any]:
    return as_data(kill_table(count=count, progress=lambda name: CONSOLE.print(f"mutating {name}")))


def _killed(data: Mapping[str, Any], count: int) -> list[str]:
    """Return the kill table by operator."""
    reached = [each for each in data["mutants"] if each["counted"]]
    counted, found = (sum(each[name] for each in reached) for name in ("counted", "found"))
    survivors = Counter(each["verdict"] for each in data["survivors"])
    always = sum(each["found"] == each["counted"] for each in reached)
    told = ", ".join(f"{number:,} {verdict}" for verdict, number in survivors.most_common())
    return [
        "## Mutants",
        "",
        f"Up to {count} cases for each mutant and dtype. {len({each['mutant'] for each in reached}):,} mutants made a "
        f"difference in {counted:,} cases, of which **{found:,} were found** ({found / counted:.3%}); the verdicts of "
        f"the other {counted - found:,}: {told or 'none'}. Of {len(reached):,} mutants and dtypes {always:,} were "
        "found in every case. How it is counted: [the verifier on trial](mutants.md).",
        "",
        "| operator | cases | found | share | located | at kinks | smaller |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(_row(name, [each for each in reached if each["operator"] == name]) for name in data["rates"]),
    ]


def _row(name: str, mine: list[Mapping[str, Any]]) -> str:
    total: Counter[str] = Counter()
    for each in mine:
        total.update({key: value for key, value in each.items() if isinstance(value, int)})
    return (
        f"| {name} | {total['counted']:,} | {total['found']:,} | {total['found'] / total['counted']:.2%} "
        f"| {total['located'] / max(total['found'], 1):.1%} | {total['at kinks, found']:,} of {total['at kinks']:,} "
        f"| {total['smaller, found']:,} of {total['smaller']:,} |"
    )


if __name__ == "__main__":
    main()
