"""From the outcome of a check to the run record that a report is made of."""

from __future__ import annotations

import platform
from importlib.metadata import version

from gradproof.engine.vocabulary import OPS
from gradproof.graph import Graph
from gradproof.inlining import inline
from gradproof.reports import RunRecord

from .check_result import CheckResult
from .recording import record_case
from .summary import DEPENDENCIES, op_record


def record_check(found: CheckResult, started: str) -> RunRecord:
    """Return the record of a check."""
    results = list(found.results)
    reached = {node.op for result in results for node in _opened(result.asked.graph).nodes} & OPS.keys()
    return RunRecord(
        target=found.library,
        command=f"gradproof.check({found.name}, ...)",
        started=started,
        seed=0,
        order=max(result.asked.order for result in results),
        seconds=sum(sum(result.seconds.values()) for result in results),
        configuration={},
        versions={"python": platform.python_version(), **{name: version(name) for name in DEPENDENCIES}},
        ops=[op_record(OPS[name], results) for name in sorted(reached)],
        unreached=[],
        cases=[record_case(result, found.target, title=found.name) for result in results],
        phases={},
    )


def _opened(graph: Graph) -> Graph:
    return inline(graph).graph
