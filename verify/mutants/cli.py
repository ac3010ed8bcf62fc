"""``gradproof mutants``: the verifier on trial, from the command line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from gradproof.reports.atomic import write_text

from ..settings import names
from ..store import keep
from .kills import GOALS, KillTable, Survivor, Tally, as_data, kill_table, totals
from .mutation import OPERATORS

FAILED, NOTHING = 1, 5

#: So many survivors are listed; the others are in the JSON file.
LISTED = 20

#: A minimal case should have so many nodes at most.
SMALL = 3


@click.command()
@click.option("--ops", callback=names, help="Mutate these ops alone, separated by commas.")
@click.option("--operators", callback=names, help="Use these mutation operators alone, separated by commas.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The root seed of the cases.")
@click.option(
    "--cases", type=click.IntRange(min=1), default=10, show_default=True, help="Cases for each mutant and dtype."
)
@click.option(
    "--shrink", type=click.IntRange(min=0), default=0, show_default=True, help="Shrink a case of so many mutants: slow."
)
@click.option("--json", "json_file", help="Write all counts to this file, '-' for standard output.")
@click.option("--list", "listing", is_flag=True, help="List the mutation operators and do nothing.")
@click.pass_context
def mutants(
    ctx: click.Context, ops: tuple[str, ...] | None, operators: tuple[str, ...] | None, seed: int, cases: int,
    shrink: int, json_file: str | None, listing: bool,
) -> None:  # fmt: skip
    """Plant mistakes in the engine, one at a time, and count how many are found; exit 1 where the goal is missed."""
    console = Console(stderr=json_file == "-")
    if listing:
        _print_operators(console)
        return
    with console.status("drawing cases") as status:
        table = kill_table(
            ops,
            count=cases,
            root=seed,
            shrink=shrink,
            operators=operators,
            progress=lambda name: status.update(f"mutating {name}"),
        )
    print_kills(console, table)
    _write(table, json_file)
    ctx.exit(NOTHING if not table.counted else FAILED if table.missed() else 0)


def _print_operators(console: Console) -> None:
    table = Table("operator", "the cotangent is", box=None, header_style="bold")
    for operator in OPERATORS.values():
        table.add_row(operator.name, operator.meaning)
    console.print(table)


def _write(table: KillTable, json_file: str | None) -> None:
    text = json.dumps(as_data(table), sort_keys=True)
    if json_file == "-":
        click.echo(text)
    elif json_file is not None:
        write_text(Path(json_file), text + "\n", "the kill table")


def print_kills(console: Console, table: KillTable) -> None:
    """Print the kill table, the survivors, and whether the goal is met."""
    console.print(_table(table))
    counted, found = table.counted, sum(tally.found for tally in table.tallies)
    reached = [tally for tally in table.tallies if tally.counted]
    console.print("told: found by a strict run alone; located: the report names the op and the argument", style="dim")
    console.print(
        f"\n{len({tally.mutant.id for tally in reached})} mutants, {counted} cases counted: {found} found, "
        f"{counted - found} survived"
    )
    _print_unreached(console, table)
    _print_shrunk(console, table.shrunk)
    _print_survivors(console, table.survivors)
    missed = table.missed()
    goal = ", ".join(f"{share:.0%} for {name}" for name, share in GOALS.items())
    text = f"missed by {', '.join(missed)}" if missed else "met"
    console.print(f"goal (100 %, {goal}): {text}", markup=False, soft_wrap=True)


def _table(table: KillTable) -> Table:
    shown = Table(box=None, header_style="bold", padding=(0, 1, 0, 0))
    shown.add_column("operator", no_wrap=True)
    for column in ("mutants", "cases", "found", "share", "told", "located", "at kinks", "smaller"):
        shown.add_column(column, justify="right", no_wrap=True)
    by_operator = table.by_operator()
    for name in OPERATORS:
        if name in by_operator:
            shown.add_row(name, *_row(by_operator[name]))
    return shown


def _row(tallies: Sequence[Tally]) -> tuple[str, ...]:
    total = totals(tallies)
    counted = total["counted"]
    return (
        str(len({tally.mutant.id for tally in tallies if tally.counted})),
        str(counted),
        str(total["found"]),
        f"{total['found'] / counted:.2%}" if counted else "–",
        str(total["told"]),
        f"{total['located'] / total['found']:.1%}" if total["found"] else "–",
        f"{total['kinks_found']} of {total['kinks']}",
        f"{total['little_found']} of {total['little']}",
    )


def _print_unreached(console: Console, table: KillTable) -> None:
    """Say which mutants made no difference in any case: equal to the right rule, or not reached."""
    reached = {tally.mutant.id for tally in table.tallies if tally.counted}
    never = {tally.mutant.id for tally in table.tallies} - reached
    if never:
        console.print(f"{len(never)} more mutants changed no gradient by their size in any case; --json lists them")


def _print_shrunk(console: Console, shrunk: dict[str, int]) -> None:
    if shrunk:
        small = sum(nodes <= SMALL for nodes in shrunk.values())
        console.print(f"minimal cases: at most {SMALL} nodes for {small} of {len(shrunk)} mutants drawn at random")


def _print_survivors(console: Console, survivors: Sequence[Survivor]) -> None:
    for each in survivors[:LISTED]:
        keep(each.case)
        console.print(
            f"survived: {each.mutant} in {each.case.dtype}, {each.verdict.lower()}: {each.reason}\n"
            f"  gradproof replay {each.case.id} --mutant {each.mutant}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if len(survivors) > LISTED:
        console.print(f"{len(survivors) - LISTED} more survivors; --json lists all")
