"""The kill table: every mutant of every op on ten cases in each dtype.

A quarter of an hour, and so made once: ``.venv/bin/python benchmarks/kills.py`` writes ``docs/kills.md``.
"""

from __future__ import annotations

import argparse
from collections import Counter

from page import CONSOLE, write_page

from gradproof.verify.mutants.kills import KillTable, Tally, kill_table, totals


def main() -> None:
    """Put all mutants to trial and write the page."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=10, help="cases for each mutant and dtype (default 10)")
    count = options.parse_args().cases
    table = kill_table(count=count, progress=lambda name: CONSOLE.print(f"mutating {name}"))
    write_page("kills", "The kill table", f"kills.py --cases {count}", _killed(table, count))


def _killed(table: KillTable, count: int) -> list[str]:
    """Return the kill table by operator, and the survivors."""
    reached = [tally for tally in table.tallies if tally.counted]
    mine, total = table.by_operator(), totals(reached)
    counted, found, told = total["counted"], total["found"], total["told"]
    names = {tally.mutant.id for tally in reached}
    always = sum(tally.found == tally.counted for tally in reached)
    return [
        f"Up to {count} cases for each mutant and dtype. {len(names):,} mutants made a "
        f"difference in {counted:,} cases, of which **{found:,} were found** ({found / counted:.3%}): {found - told:,} "
        f"with a verdict that fails, {told:,} by a strict run alone, as a finding that the right engine does not get. "
        f"Of {len(reached):,} pairs of mutant and dtype {always:,} were found in every case. How it is counted: "
        "[the verifier on trial](mutants.md).",
        "",
        "| operator | cases | found | share | told | located | at kinks | smaller |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
        *(_row(name, [tally for tally in mine[name] if tally.counted]) for name in table.rates()),
        "",
        "What survived, by the place of the mutant and the verdict:",
        "",
        "| rule | verdict | survived |",
        "|---|---|---:|",
        *_survivors(table),
    ]


def _row(name: str, tallies: list[Tally]) -> str:
    total = totals(tallies)
    return (
        f"| {name} | {total['counted']:,} | {total['found']:,} | {total['found'] / total['counted']:.2%} "
        f"| {total['told']:,} | {total['located'] / max(total['found'], 1):.1%} "
        f"| {total['kinks_found']:,} of {total['kinks']:,} | {total['little_found']:,} of {total['little']:,} |"
    )


def _survivors(table: KillTable) -> list[str]:
    places = Counter((each.mutant.split(":")[0], each.verdict) for each in table.survivors)
    return [f"| {place} | {verdict} | {number} |" for (place, verdict), number in places.most_common()]


if __name__ == "__main__":
    main()
