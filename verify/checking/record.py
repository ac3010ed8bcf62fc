"""From the outcomes of checks to the run record that a report is made of."""

from __future__ import annotations

import dataclasses
import platform
from collections import Counter
from collections.abc import Sequence

from gradproof.engine.vocabulary import OPS
from gradproof.reports import CaseRecord, ErrorRecord, OpRecord, RunRecord

from ..examination import CaseResult
from ..recording import record_case
from ..summary import op_record, own_versions
from .entries import place_text, row_of
from .result import CheckResult


def record_check(found: CheckResult, started: str, title: str = "") -> RunRecord:
    """Return the record of a check, its cases under a ``title``, by default the name of the function."""
    results = list(found.results)
    nodes = [node for result in results for node in result.asked.graph.nodes]
    reached = {node.op for node in nodes if node.call is None}
    return RunRecord(
        target=found.library,
        command=found.replay or f"gradproof.check({found.name}, ...)",
        started=started,
        seed=0,
        order=max(result.asked.order for result in results),
        seconds=sum(sum(result.seconds.values()) for result in results),
        configuration={},
        versions={"python": platform.python_version(), **own_versions()},
        ops=[op_record(OPS[name], results) for name in sorted(reached)],
        unreached=[],
        cases=[_case(found, result, _titled(title or found.name, result)) for result in results],
        phases=_seconds(results),
    )


def _case(found: CheckResult, result: CaseResult, title: str) -> CaseRecord:
    made = record_case(result, found.target, title=title, replay=found.replay)
    culprit = found.culprit if result is found.worst else made.culprit
    return dataclasses.replace(made, diagnosis=found.diagnosis_of(result), culprit=culprit)


def _seconds(results: Sequence[CaseResult]) -> dict[str, float]:
    """Return the time that each part took."""
    parts = dict.fromkeys(name for each in results for name in each.seconds)
    return {name: sum(each.seconds.get(name, 0.0) for each in results) for name in parts}


def _titled(title: str, result: CaseResult) -> str:
    """Return a title with the row of a Jacobian or Hessian that a case asks for."""
    graph = result.asked.graph
    rows = [("Jacobian", "output", row_of(ct)) for ct in result.asked.cotangents]
    leaves = graph.leaves if result.asked.directions else ()
    rows += [("Hessian", graph.name(i), row_of(d)) for i, d in zip(leaves, result.asked.directions, strict=True)]
    asked = [f"{place_text(name, row)} of its {kind}" for kind, name, row in rows if row is not None]
    return f"{title}: {asked[0]}" if asked else title


def with_error(records: Sequence[RunRecord], started: str, error: ErrorRecord) -> RunRecord:
    """Return one record of the checks of a test, of which one was not made, since something was raised."""
    return dataclasses.replace(merged(records, started, error.replay), errors=[error])


def merged(records: Sequence[RunRecord], started: str, command: str) -> RunRecord:
    """Return one record of several checks."""
    ops: dict[str, list[OpRecord]] = {}
    for each in records:
        for op in each.ops:
            ops.setdefault(op.name, []).append(op)
    return RunRecord(
        target=", ".join(sorted({each.target for each in records if each.cases})) or "nothing",
        command=command,
        started=started,
        seed=0,
        order=max((each.order for each in records), default=1),
        seconds=sum(each.seconds for each in records),
        configuration={},
        versions={"python": platform.python_version(), **own_versions()},
        ops=[_together(ops[name]) for name in sorted(ops)],
        unreached=[],
        cases=[case for each in records for case in each.cases],
        errors=[error for each in records for error in each.errors],
        phases={},
    )


def _together(records: Sequence[OpRecord]) -> OpRecord:
    verdicts: Counter[str] = Counter()
    for each in records:
        verdicts.update(each.verdicts)
    known = [each.worst_ulps for each in records if each.worst_ulps is not None]
    cases = sum(each.cases for each in records)
    return dataclasses.replace(records[0], cases=cases, worst_ulps=max(known, default=None), verdicts=dict(verdicts))
