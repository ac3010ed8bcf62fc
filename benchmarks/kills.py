"""The kill table: every mutant of every op on ten cases in each dtype.

A quarter of an hour, and so made once: ``.venv/bin/python benchmarks/kills.py`` writes ``docs/kills.md``.
"""

from __future__ import annotations

import argparse
import platform
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from gradproof.verify.kills import as_data, kill_table

PAGE = Path(__file__).resolve().parent.parent / "docs" / "kills.md"

PACKAGES = ("numpy", "sympy", "python-flint", "scipy", "hypothesis")

CONSOLE = Console(stderr=True, soft_wrap=True)


def main() -> None:
    """Put all mutants to trial and write the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=10, help="cases for each mutant and dtype (default 10)")
    count = options.parse_args().cases
    table = kill_table(count=count, progress=lambda name: CONSOLE.print(f"mutating {name}"))
    parts = [
        "# The kill table",
        "",
        f"Made by `python benchmarks/kills.py --cases {count}`, with Python {platform.python_version()}, "
        f"{', '.join(f'{name} {version(name)}' for name in PACKAGES)}.",
        "",
        *_killed(as_data(table), count),
    ]
    PAGE.write_text("\n".join(parts) + "\n")


def _killed(data: Mapping[str, Any], count: int) -> list[str]:
    """Return the kill table by operator, and the survivors."""
    reached = [each for each in data["mutants"] if each["counted"]]
    counted, found, told = (sum(each[name] for each in reached) for name in ("counted", "found", "told"))
    always = sum(each["found"] == each["counted"] for each in reached)
    return [
        f"Up to {count} cases for each mutant and dtype. {len({each['mutant'] for each in reached}):,} mutants made a "
        f"difference in {counted:,} cases, of which **{found:,} were found** ({found / counted:.3%}): {found - told:,} "
        f"with a verdict that fails, {told:,} by a strict run alone, as a finding that the right engine does not get. "
        f"Of {len(reached):,} pairs of mutant and dtype {always:,} were found in every case. How it is counted: "
        "[the verifier on trial](mutants.md).",
        "",
        "| operator | cases | found | share | told | located | at kinks | smaller |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(_row(name, [each for each in reached if each["operator"] == name]) for name in data["rates"]),
        "",
        "What survived, by the place of the mutant and the verdict:",
        "",
        "| rule | verdict | survived |",
        "|---|---|---:|",
        *_survivors(data),
    ]


def _row(name: str, mine: list[Mapping[str, Any]]) -> str:
    total: Counter[str] = Counter()
    for each in mine:
        total.update({key: value for key, value in each.items() if isinstance(value, int)})
    return (
        f"| {name} | {total['counted']:,} | {total['found']:,} | {total['found'] / total['counted']:.2%} "
        f"| {total['told']:,} | {total['located'] / max(total['found'], 1):.1%} "
        f"| {total['at kinks, found']:,} of {total['at kinks']:,} "
        f"| {total['smaller, found']:,} of {total['smaller']:,} |"
    )


def _survivors(data: Mapping[str, Any]) -> list[str]:
    places = Counter((each["mutant"].split(":")[0], each["verdict"]) for each in data["survivors"])
    return [f"| {place} | {verdict} | {number} |" for (place, verdict), number in places.most_common()]


if __name__ == "__main__":
    main()
