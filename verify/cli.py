"""The command line: ``gradproof verify``, ``check``, ``replay``, ``mutants`` and ``ops``."""

from __future__ import annotations

import datetime
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from rich import progress as rich_progress
from rich.console import Console
from rich.table import Column, Table

from gradproof.engine.vocabulary import OPS
from gradproof.errors import ContradictionError, GradproofError
from gradproof.reports import RunRecord, write_html, write_json

from .audit import Finding, audit
from .campaign import Outcome, Plan, Progress, first_of_each, run
from .checking.cli import check
from .diagnosis import diagnose
from .examination import CaseResult
from .generation.builder import DTYPES
from .interrupt import Interrupt
from .mutants.cli import mutants
from .mutants.mutants import named
from .recording import detail_of
from .second_order import examine_any_order
from .settings import names, read_settings
from .store import keep, load
from .summary import print_findings, print_summary, record_run
from .targets.libraries import NAMES, OWN, replay_command, target_named
from .targets.script import graph_outline
from .targets.target import Target
from .vocabulary import domain_text, formula_text, promise_text

FAILED, USAGE, INTERNAL, NOTHING, INTERRUPTED = 1, 2, 3, 5, 130

#: Without a terminal, a line of progress is printed this often.
LINE_EVERY = 100


class _Program(click.Group):
    """Turns our own errors into one line and exit code 2, and faults of the program into exit code 3."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise  # click ends in silence where nobody reads on
        except (click.Abort, KeyboardInterrupt):
            ctx.exit(INTERRUPTED)
        except ContradictionError as error:
            click.echo(f"internal error: {error}", err=True)
            ctx.exit(INTERNAL)
        except GradproofError as error:
            click.echo(f"error: {error}", err=True)
            ctx.exit(USAGE)
        except Exception:
            click.echo(f"internal error:\n{traceback.format_exc()}", err=True)
            ctx.exit(INTERNAL)


@click.group(cls=_Program, context_settings={"auto_envvar_prefix": "GRADPROOF", "help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gradproof")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Prove gradients right: backward, symbolic derivative and finite differences against each other."""
    if ctx.invoked_subcommand == "verify":
        ctx.default_map = {"verify": read_settings(Path("pyproject.toml"))}


@main.command()
@click.option(
    "--graphs", type=click.IntRange(min=1), default=300, show_default=True, help="How many graphs to generate."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The root seed.")
@click.option(
    "--ops", type=click.UNPROCESSED, callback=names, help="Generate over these ops alone, separated by commas."
)
@click.option("--dtype", type=click.Choice(DTYPES), help="Generate in this dtype alone.")
@click.option(
    "--order",
    type=click.IntRange(1, 2),
    default=1,
    show_default=True,
    help="The order of the derivatives: 2 differentiates the gradients again.",
)
@click.option("--target", type=click.Choice(NAMES), default=OWN, show_default=True, help="The library on trial.")
@click.option("--report", type=click.Path(path_type=Path), help="Write the HTML report to this file.")
@click.option("--json", "json_file", help="Write the run record to this file, '-' for standard output.")
@click.option("--strict", is_flag=True, help="Exit with 1 on findings and inconclusive cases too.")
@click.pass_context
def verify(
    ctx: click.Context, graphs: int, seed: int, ops: tuple[str, ...] | None, dtype: str | None, order: int,
    target: str, report: Path | None, json_file: str | None, strict: bool,
) -> None:  # fmt: skip
    """Verify a library's gradients on generated graphs and on the computations of the autograd tutorial."""
    trial = _target(target, order)
    plan = Plan(graphs, seed, ops, dtype, order).on(trial)
    console = Console(stderr=json_file == "-")
    for path in (report, None if json_file in (None, "-") else Path(str(json_file))):
        _check_writable(path)
    started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    outcome = Outcome(plan)
    interrupted = _with_progress(console, graphs, lambda progress: _run(trial, progress, outcome))
    record = record_run(
        outcome,
        trial,
        command=_command(ctx),
        started=started,
        configuration=_sources(ctx),
        interrupted=interrupted,
    )
    print_summary(console, record)
    print_findings(console, outcome, trial)
    _print_failures(console, outcome, trial, report)
    _write(console, record, outcome, report, json_file)
    if interrupted:
        console.print(f"interrupted after {len(outcome.seen)} of {graphs} graphs")
    ctx.exit(INTERRUPTED if interrupted else _exit_code(outcome, strict))


def _target(name: str, order: int | None) -> Target:
    """Return a target by its name. Raises ``click.UsageError`` where it knows no derivatives of that order."""
    if name != OWN and order == 2:
        raise click.UsageError(f"--order 2 is there for --target {OWN} alone, and not yet for {name}")
    return target_named(name)


def _run(target: Target, progress: Progress, outcome: Outcome) -> bool:
    """Run the campaign and tell whether it was interrupted: what was found until then is kept."""

    def checked(found: Outcome) -> None:
        progress(found)
        interrupt.check()

    with Interrupt() as interrupt:
        try:
            run(outcome.plan, target, checked, into=outcome)
        except KeyboardInterrupt:
            return True
    return interrupt.noted


def _check_writable(path: Path | None) -> None:
    """Refuse, before the work is done, a path that cannot be written."""
    if path is None:
        return
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise click.UsageError(f"cannot write {path}: not a file in an existing folder")
    try:
        with tempfile.NamedTemporaryFile(dir=path.absolute().parent):
            pass
    except OSError as error:
        raise click.UsageError(f"cannot write {path}: {error.strerror}") from error


def _with_progress(console: Console, graphs: int, work: Callable[[Progress], bool]) -> bool:
    if not console.is_terminal:
        return work(lambda outcome: _plain_line(console, outcome))
    columns = (
        rich_progress.TextColumn("verifying"),
        rich_progress.BarColumn(),
        rich_progress.MofNCompleteColumn(),
        rich_progress.TimeRemainingColumn(),
    )
    with rich_progress.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=graphs)
        return work(lambda outcome: bar.update(task, completed=min(len(outcome.results), graphs)))


def _plain_line(console: Console, outcome: Outcome) -> None:
    done = len(outcome.results)
    if done and done % LINE_EVERY == 0:
        console.print(f"{done} cases, {len(outcome.failures)} failed")


def _command(ctx: click.Context) -> str:
    return " ".join(["gradproof", *sys.argv[1:]]) if ctx.command_path == "gradproof verify" else ctx.command_path


def _sources(ctx: click.Context) -> dict[str, tuple[str, str]]:
    """Return every setting with its value and where it came from."""
    found = {}
    for name, value in ctx.params.items():
        source = ctx.get_parameter_source(name)
        text = ", ".join(value) if isinstance(value, tuple) else str(value)
        found[name] = (text, "default" if source is None else source.name.lower().replace("_", " "))
    return found


def _write(console: Console, record: RunRecord, outcome: Outcome, report: Path | None, json_file: str | None) -> None:
    if report is not None:
        write_html(record, report)
        paged = {case.id for case in record.cases if case.detail is not None}
        for _, result in outcome.results:
            if result.asked.id in paged:
                keep(result.asked)
        console.print(f"report: {report}", soft_wrap=True)
    if json_file == "-":
        click.echo(record.to_json())
    elif json_file is not None:
        write_json(record, Path(json_file))


def _print_failures(console: Console, outcome: Outcome, target: Target, report: Path | None) -> None:
    for case, error in outcome.errors:
        text = f"internal error: {type(error).__name__}: {error}\n  case kept at {keep(case)}"
        console.print(text, style="red", markup=False, soft_wrap=True)
    for result in first_of_each(outcome.failures):
        _print_failure(console, result, outcome.minimal.get(result.asked.id, result), target, report)


def _print_failure(
    console: Console, result: CaseResult, smallest: CaseResult, target: Target, report: Path | None
) -> None:
    """Print what is wrong, then the four closing lines: case, minimal form, replay, report."""
    keep(result.asked)
    keep(smallest.asked)
    console.print(
        f"\n{result.verdict}: {diagnose(smallest)}", style="red", markup=False, highlight=False, soft_wrap=True
    )
    page = (
        f"{report}#case={result.asked.id}"
        if report
        else f"gradproof verify ... --report FILE, then #case={result.asked.id}"
    )
    for label, text in (
        ("case", f"{result.asked.id}  {graph_outline(result.asked.graph)}"),
        ("minimal", f"{smallest.asked.id}  {graph_outline(smallest.asked.graph)}"),
        ("replay", replay_command(smallest.asked, target)),
        ("report", page),
    ):
        console.print(f"  {label:8} {text}", markup=False, highlight=False, soft_wrap=True)


def _exit_code(outcome: Outcome, strict: bool) -> int:
    if outcome.errors:
        return INTERNAL
    if not outcome.results:
        return NOTHING
    findings = strict and any(result.verdict.is_finding for _, result in outcome.results)
    return FAILED if outcome.failures or findings else 0


@main.command()
@click.argument("case")
@click.option(
    "--order", type=click.IntRange(1, 2), help="Ask for derivatives of this order, whatever the file asks for."
)
@click.option("--mutant", help="Run it on the engine with a planted mistake: OP.ARGUMENT:OPERATOR, as in tanh.0:sign.")
@click.option(
    "--target", "name", type=click.Choice(NAMES), default=OWN, show_default=True, help="The library on trial."
)
def replay(case: str, order: int | None, mutant: str | None, name: str) -> None:
    """Run one case again: CASE is a graph or case file, or the id of a failure that was kept."""
    if mutant is not None and name != OWN:
        raise click.UsageError(f"--mutant plants mistakes in {OWN} alone, and not in {name}")
    target = _target(name, order) if mutant is None else named(mutant).target()
    asked = load(case)
    if order is not None:
        asked = asked.of_second_order() if order == 2 else asked.of_first_order()
    result = examine_any_order(asked, target)
    detail = detail_of(result, target)
    click.echo(f"case {result.asked.id}: {result.verdict}\n{diagnose(result)}\n\n{detail.graph_text}\n")
    for pair in detail.matrices:
        _print_pair(pair)
    for each in result.blamed:
        click.echo(f"{result.place(each.site)}: {each}")
    for note in detail.notes:
        click.echo(f"note: {note}")
    click.echo(f"\n{detail.reproducer}")
    raise SystemExit(FAILED if result.verdict.fails else 0)


def _print_pair(pair: Any) -> None:
    """Print the witnesses of one gradient, an entry a line."""
    table = Table("entry", "backward", "proven", "tolerance", "finite difference", "ulps", "verdict", box=None)
    columns = (pair.columns, pair.backward[0], pair.proven[0], pair.tolerance[0], pair.finite_difference[0])
    for row in zip(*columns, pair.ulps[0], pair.verdicts[0], strict=True):
        table.add_row(*row)
    console = Console()
    console.print(f"gradient of {pair.output} by {pair.input}")
    console.print(table)


@main.command()
@click.option("--audit", "audited", is_flag=True, help="Compare the declared domains with SymPy's.")
@click.pass_context
def ops(ctx: click.Context, audited: bool) -> None:
    """List the vocabulary: domains, budgets, accuracy, and what the mirror says the first of two entries is.

    With --audit, exit with 1 where a domain is declared too wide.
    """
    if audited:
        ctx.exit(FAILED if _print_audit(audit()) else 0)
    name = Column("op", no_wrap=True)
    table = Table(name, "domain", "budget", "within 4 ulp", "definition", box=None, header_style="bold")
    for op in sorted(OPS.values(), key=lambda op: op.name):
        table.add_row(op.name, domain_text(op), str(op.budget), promise_text(op), formula_text(op.name))
    Console().print(table)


def _print_audit(findings: Sequence[Finding]) -> bool:
    """Print the findings of an audit and tell whether any domain is too wide."""
    for each in findings:
        click.echo(f"{each.op}, argument {each.slot}: {each.kind}: {each.where} ({each.how})")
    faults = {each.op for each in findings if each.is_fault}
    click.echo(f"{len(OPS)} ops audited, {len(faults)} with a domain that is too wide")
    return bool(faults)


main.add_command(check)
main.add_command(mutants)


if __name__ == "__main__":
    main()
