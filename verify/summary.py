"""The run record of a campaign, and what a terminal shows of it."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version

from rich.console import Console
from rich.table import Column, Table

from gradproof.engine.op import Op
from gradproof.engine.vocabulary import OPS
from gradproof.reports import CaseRecord, CoverageRecord, ErrorRecord, OpRecord, RunRecord

from .campaign import Outcome
from .coverage import coverage
from .examination import CaseResult
from .findings import example_of, findings, rows
from .finite_differences.step_curve import step_curves
from .recording import record_case
from .store import keep
from .targets.libraries import replay_command
from .targets.script import graph_outline
from .targets.target import Target, versions_of
from .verdict import Verdict
from .vocabulary import domain_text, formula_text

#: Of each verdict, so many cases keep their whole page; failures and named cases always do.
PAGES = 25

_DEPENDENCIES = ("gradproof", "numpy", "sympy", "python-flint", "hypothesis")


def record_run(
    outcome: Outcome,
    target: Target,
    *,
    command: str,
    started: str,
    configuration: Mapping[str, tuple[str, str]],
    interrupted: bool = False,
) -> RunRecord:
    """Return the record of a campaign."""
    results = [result for _, result in outcome.results]
    reached = {node.op for result in results for node in result.asked.graph.nodes}
    return RunRecord(
        target=target.name,
        command=command,
        started=started,
        seed=outcome.plan.seed,
        order=outcome.plan.order,
        seconds=outcome.wall,
        configuration=dict(configuration),
        versions={"python": platform.python_version(), **own_versions(), **versions_of(target)},
        ops=[op_record(OPS[name], results) for name in sorted(reached)],
        unreached=sorted(set(outcome.plan.ops or OPS) - reached),
        cases=_case_records(outcome, target),
        phases=dict(outcome.seconds),
        counts={**_counts(results, outcome.discarded), **_lacking(outcome)},
        errors=_errors(outcome, target, interrupted=interrupted, command=command),
        coverage=_coverage(outcome),
        curves=step_curves([result.first for result in results], target),
    )


def own_versions() -> dict[str, str]:
    """Return the versions of this program and of what its proofs rest on."""
    return {name: version(name) for name in _DEPENDENCIES}


def _coverage(outcome: Outcome) -> list[CoverageRecord]:
    firsts = [result.first for _, result in outcome.results]
    runs = [(first.case.graph, first.run.values) for first in firsts]
    return coverage(runs, sorted(outcome.plan.ops or OPS))


def _counts(results: list[CaseResult], discarded: int) -> dict[str, int]:
    """Return what the graphs were like, taken together, and how many draws were left out."""
    graphs = [result.asked.graph for result in results]
    uses = [Counter(arg for node in graph.nodes for arg in node.args) for graph in graphs]
    return {
        "nodes": sum(len(graph.nodes) for graph in graphs),
        "gradient entries": sum(pair.verdicts.size for result in results for pair in result.pairs),
        "draws left out": discarded,
        "graphs of depth 3 or more": sum(graph.depth >= 3 for graph in graphs),
        "deepest graph": max((graph.depth for graph in graphs), default=0),
        "most uses of one value": max((max(each.values(), default=0) for each in uses), default=0),
        "graphs with several outputs": sum(len(graph.outputs) > 1 for graph in graphs),
        "graphs in float32": sum(result.asked.dtype == "float32" for result in results),
        "graphs in float16": sum(result.asked.dtype == "float16" for result in results),
        "graphs with a detached or untracked part": sum(_has_untracked(result) for result in results),
    }


def _lacking(outcome: Outcome) -> dict[str, int]:
    """Return how many graphs were left out since the target lacks what they call, where any were."""
    return {"graphs with calls that the target lacks, left out": outcome.lacking} if outcome.lacking else {}


def _has_untracked(result: CaseResult) -> bool:
    return any(node.op == "detach" or not node.grad_enabled for node in result.asked.graph.nodes)


def _errors(outcome: Outcome, target: Target, *, interrupted: bool, command: str) -> list[ErrorRecord]:
    """Return what was not examined: cases in which something was raised, and what an interrupt cut off."""
    found = [
        ErrorRecord(
            case.id, graph_outline(case.graph), f"{type(error).__name__}: {error}", replay_command(case, target)
        )
        for case, error in outcome.errors
    ]
    if interrupted:
        text = f"interrupted after {len(outcome.seen)} of {outcome.plan.graphs} graphs"
        found.append(ErrorRecord("", "the rest of the run", text, command))
    return found


def _case_records(outcome: Outcome, target: Target) -> list[CaseRecord]:
    pages: Counter[Verdict] = Counter()
    records = []
    for title, result in outcome.results:
        pages[result.verdict] += 1
        full = bool(title) or not result.ok or pages[result.verdict] <= PAGES
        smallest = outcome.minimal.get(result.asked.id)
        records.append(record_case(result, target, title=title, minimal=smallest, full=full))
    return records


def op_record(op: Op, results: list[CaseResult]) -> OpRecord:
    """Return what the results say of one op."""
    mine = [result for result in results if any(node.op == op.name for node in result.asked.graph.nodes)]
    return OpRecord(
        name=op.name,
        budget=str(op.budget),
        domain=domain_text(op),
        formula=formula_text(op.name),
        cases=len(mine),
        worst_ulps=max((each for result in mine for each in _ulps_at(result, op.name)), default=None),
        verdicts=dict(Counter(str(result.verdict) for result in mine)),
    )


def _ulps_at(result: CaseResult, name: str) -> list[float]:
    """Return the errors of this op's own certificates: forward and VJP."""
    graph = result.case.graph
    sites = {site for site, node in graph.enumerate_nodes() if node.op == name}
    mine = [each for each in result.certificates if each.site in sites and each.part != "accumulation"]
    return [each.ulps for each in mine if each.holds]


def print_findings(console: Console, outcome: Outcome, target: Target) -> None:
    """Print what is wrong or loses digits, by op, with the smallest case of each, which is kept."""
    found = findings(result.first for _, result in outcome.results)
    if not found:
        return
    examples = {number: example_of(each, target) for number, each in enumerate(found)}
    fixed = [Column(name, no_wrap=True) for name in ("op", "verdict", "cases", "worst (ulp)")]
    example = Column("example", no_wrap=True)
    table = Table(*fixed, "arguments there", example, box=None, header_style="bold")
    for row in rows(found, examples):
        table.add_row(*row)
    console.print(table)
    for each in examples.values():
        keep(each.asked)


def print_summary(console: Console, record: RunRecord) -> None:
    """Print the op table, the coverage and the counts."""
    totals = Counter(case.verdict for case in record.cases)
    verdicts = [str(each) for each in sorted(Verdict) if totals[str(each)]]
    table = Table("op", "cases", "worst error (ulp)", *map(str.lower, verdicts), box=None, header_style="bold")
    for op in record.ops:
        ulps = "–" if op.worst_ulps is None else f"{op.worst_ulps:.2f}"
        table.add_row(op.name, str(op.cases), ulps, *(str(op.verdicts.get(each) or "") for each in verdicts))
    console.print(table)
    total = len(record.ops) + len(record.unreached)
    missing = f"; not reached: {', '.join(record.unreached)}" if record.unreached else ""
    console.print(f"\nvocabulary: {len(record.ops)} of {total} ops reached{missing}")
    covered, combinations = record.covered()
    console.print(f"coverage: {covered} of {combinations} combinations of op, parameters, argument and region")
    counts = ", ".join(f"{totals[each]} {each.lower()}" for each in verdicts)
    console.print(f"{len(record.cases)} cases in {record.seconds:.1f} s: {counts}")
