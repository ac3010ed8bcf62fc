"""The run record: what a campaign found, as plain data. Reports are made from it and from nothing else.

Numbers that a reader compares are stored as text that was formatted once, by the harness, from exact values;
a float that a program may want to compute with is stored as a float beside it. Non-finite floats are
stored as text too, since JSON has none.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any

SCHEMA = 4

#: What each verdict counts as. The order is from worst to best.
VERDICTS: dict[str, str] = {
    "MISBEHAVES": "fail",
    "FORWARD DIFFERS": "fail",
    "WRONG": "fail",
    "INCONCLUSIVE": "told",
    "OVERFLOWS": "finding",
    "INACCURATE": "finding",
    "UNDEFINED": "pass",
    "SUBGRADIENT": "pass",
    "VERIFIED": "pass",
}


@dataclass(frozen=True)
class Matrix:
    """The derivative of one output with respect to one input, as seen by the three witnesses.

    Row ``r`` is the derivative of the output entry ``rows[r]`` and column ``c`` that by the input entry
    ``columns[c]``. Where the output was not split up, there is one row: the vector-Jacobian product with the
    case's cotangent. Every other field is a list of rows of the same shape.
    """

    output: str
    input: str
    rows: list[str]
    columns: list[str]
    backward: list[list[str]]
    proven: list[list[str]]
    radius: list[list[str]]
    tolerance: list[list[str]]
    finite_difference: list[list[str]]
    finite_difference_error: list[list[str]]
    ulps: list[list[str]]
    verdicts: list[list[str]]


@dataclass(frozen=True)
class Vertex:
    """One value of the graph: an input (``op`` is ``"input"``) or a node. ``label`` is what the picture writes on it.

    ``verdict`` and ``certificate`` (its words) are empty where nothing was judged.
    """

    id: str
    op: str
    label: str
    args: list[str]
    shape: str
    dtype: str
    tracked: bool
    is_output: bool
    verdict: str
    certificate: str


@dataclass(frozen=True)
class Formula:
    """A piece of mathematics: presentation MathML, and the same as plain text."""

    title: str
    mathml: str
    text: str


@dataclass(frozen=True)
class Detail:
    """What the page of one case shows."""

    graph_text: str
    vertices: list[Vertex]
    formulas: list[Formula]
    matrices: list[Matrix]
    reproducer: str
    replay: str
    notes: list[str]


@dataclass(frozen=True)
class CaseRecord:
    """One case: a row of the report, and its page. ``culprit`` is the name of the op at fault, else empty."""

    id: str
    title: str
    verdict: str
    culprit: str
    diagnosis: str
    ops: list[str]
    dtype: str
    nodes: int
    depth: int
    entries: int
    worst_ulps: float | None
    sees: float | None
    seconds: float
    detail: Detail | None = None
    minimal: Detail | None = None


@dataclass(frozen=True)
class ErrorRecord:
    """A case on which Gradproof or the target raised: no verdict, or, where ``cases`` has the id, none of the rest.

    ``error`` is the type and message, as in ``"ZeroDivisionError: division by zero"``; ``replay`` is the command
    that runs the case again.
    """

    id: str
    title: str
    error: str
    replay: str


@dataclass(frozen=True)
class OpRecord:
    """One op of the vocabulary, over all cases of the run that contain it.

    ``verdicts`` counts these cases by the verdict of the case, whichever op was at fault.
    """

    name: str
    budget: str
    domain: str
    formula: str
    cases: int
    worst_ulps: float | None
    verdicts: dict[str, int]


@dataclass(frozen=True)
class CoverageRecord:
    """One argument of an op under one kind of static parameters.

    ``regions`` maps each region that the argument's domain can contain to the number of cases that reached it, 0 where
    none did.
    """

    op: str
    parameters: str
    argument: int
    regions: dict[str, int]


@dataclass(frozen=True)
class StepCurve:
    """The V-curve: the error of plain central differences in one dtype against their step.

    ``steps`` are relative to the entry that is moved, errors to the proven derivative. At each step there are the
    ``median`` over so many ``entries`` of gradients and what nine in ten of them keep to, ``most``: None where the step
    crosses a kink or an edge for half of them.
    """

    dtype: str
    entries: int
    steps: list[float]
    median: list[float | None]
    most: list[float | None]


@dataclass(frozen=True)
class RunRecord:
    """A whole run.

    ``order`` is that of the derivatives: 2 where gradients were differentiated again.
    ``configuration`` maps a setting to its value and to where the value came from. ``phases`` is the time in
    seconds that each part took. ``sees`` of a case is the smallest relative error that it would have caught, None
    where none can be named. ``errors`` are the cases on which something raised.
    """

    target: str
    command: str
    started: str
    seed: int
    seconds: float
    configuration: dict[str, tuple[str, str]]
    versions: dict[str, str]
    ops: list[OpRecord]
    unreached: list[str]
    cases: list[CaseRecord]
    phases: dict[str, float]
    counts: dict[str, int] = field(default_factory=dict)
    errors: list[ErrorRecord] = field(default_factory=list)
    coverage: list[CoverageRecord] = field(default_factory=list)
    curves: list[StepCurve] = field(default_factory=list)
    order: int = 1
    schema: int = SCHEMA

    def covered(self) -> tuple[int, int]:
        """Return how many combinations of op, parameters, argument and region were reached, and how many there are."""
        counts = [count for each in self.coverage for count in each.regions.values()]
        return sum(count > 0 for count in counts), len(counts)

    def failed(self) -> bool:
        """Tell whether any case has a failing verdict. What is in ``errors`` does not count: an error is no verdict."""
        return any(VERDICTS[case.verdict] == "fail" for case in self.cases)

    def to_json(self) -> str:
        """Return the record as JSON with sorted keys."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True, allow_nan=False, default=_refuse)


def _refuse(value: Any) -> Any:
    raise TypeError(f"the run record holds plain data only, not {type(value).__name__}: {value!r}")
