"""Findings of a campaign, by op: what is wrong or loses digits, where, by how much, and the smallest case of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gradproof.case import Case
from gradproof.engine.shapes import Elementwise
from gradproof.engine.vocabulary import OPS
from gradproof.exact import Array
from gradproof.graph import Graph, Input, Node

from .certificate import Certificate
from .examination import CaseResult, examine
from .targets.target import Target
from .verdict import Verdict


@dataclass(frozen=True, eq=False)
class Sighting:
    """One certificate that does not hold, in a result."""

    result: CaseResult
    certificate: Certificate

    @property
    def op(self) -> str:
        """The op at fault; "accumulation" for the sweep."""
        part = self.certificate.part
        return part if part in ("accumulation", "memory") else self.result.op_at(self.certificate.site)

    @property
    def verdict(self) -> Verdict:
        """What it counts as."""
        if self.certificate.inaccurate:
            return Verdict.INACCURATE
        return Verdict.FORWARD_DIFFERS if self.certificate.part == "forward" else Verdict.WRONG

    @property
    def node(self) -> Node | None:
        """The node at fault, if there is one."""
        found = self.result.case.graph[self.certificate.site]
        return found if isinstance(found, Node) else None

    @property
    def args(self) -> list[Array]:
        """The arguments of the node."""
        return [] if self.node is None else [self.result.run.values[arg] for arg in self.node.args]

    def at_worst(self) -> list[Array]:
        """Return of each argument the entry where the error is worst; all entries where they do not belong together."""
        place = self.certificate.place
        whole = self._compared_shape()
        return [arg[place] if place is not None and arg.shape == whole else arg for arg in self.args]

    def _compared_shape(self) -> tuple[int, ...]:
        slot = self.certificate.slot
        if self.node is None or slot is None:
            return () if self.node is None else self.node.shape
        return self.args[slot].shape


@dataclass(eq=False)
class Finding:
    """All that was seen of one op with one verdict, in how many cases, and the worst of it.

    ``low`` and ``high`` are, for each argument, the ends of what its entries were where the error was worst.
    """

    op: str
    verdict: Verdict
    worst: Sighting
    cases: set[str] = field(default_factory=set)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    @property
    def ulps(self) -> float:
        """How far off the worst entry is, in units in the last place; infinite where no number came."""
        return self.worst.certificate.ulps

    @property
    def region(self) -> str:
        """The arguments at the worst entries, as intervals."""
        ends = [(low, high) for low, high in zip(self.low, self.high, strict=True) if low <= high]
        return " × ".join(f"{low:.6g}" if low == high else f"[{low:.4g}, {high:.4g}]" for low, high in ends)

    def add(self, seen: Sighting) -> None:
        """Take one more into account."""
        self.cases.add(seen.result.asked.id)
        if _badness(seen) > _badness(self.worst):
            self.worst = seen
        values = [np.asarray(value, np.float64) for value in seen.at_worst()]
        lows = [float(np.min(value, initial=np.inf)) for value in values]
        highs = [float(np.max(value, initial=-np.inf)) for value in values]
        count = min(len(lows), len(self.low)) if self.low else len(lows)
        self.low = [min(pair) for pair in zip(self.low or lows, lows, strict=False)][:count]
        self.high = [max(pair) for pair in zip(self.high or highs, highs, strict=False)][:count]


def _badness(seen: Sighting) -> float:
    return float(np.nan_to_num(seen.certificate.ulps, nan=np.inf))


def findings(results: Iterable[CaseResult]) -> list[Finding]:
    """Return what was found, the worst verdicts first, of each the ops that are most often at fault."""
    found: dict[tuple[str, Verdict], Finding] = {}
    for result in results:
        for seen in _sightings(result):
            key = (seen.op, seen.verdict)
            found.setdefault(key, Finding(*key, seen)).add(seen)
    return sorted(found.values(), key=lambda each: (-each.verdict.value, -len(each.cases), each.op))


def example_of(finding: Finding, target: Target) -> CaseResult:
    """Return the smallest case that shows a finding: one entry of one node, else the node, else the whole."""
    for case in _smaller(finding.worst):
        result = examine(case, target, finite_differences=False)
        if finding.verdict in {seen.verdict for seen in _sightings(result)}:
            return result
    return finding.worst.result


def _sightings(result: CaseResult) -> list[Sighting]:
    return [Sighting(result, each) for each in result.certificates if each.holds is False]


def _smaller(seen: Sighting) -> Iterator[Case]:
    """Yield the node at fault alone: of an elementwise op at the worst entry, then as it is."""
    node, site, place = seen.node, seen.certificate.site, seen.certificate.place
    if node is None or node.call is not None:
        return
    entered = [each.entered[site] for each in seen.result.run.pullbacks if site in each.entered]
    fitting = [ct.astype(node.dtype) for ct in entered if ct.shape == node.shape]
    ct = fitting[0] if fitting else np.ones(node.shape, node.dtype)
    is_elementwise = node.op in OPS and isinstance(OPS[node.op].shape, Elementwise)
    if is_elementwise and place is not None and all(value.shape == node.shape for value in (*seen.args, ct)):
        yield _alone(node, [np.array(arg[place]) for arg in seen.args], np.array(ct[place]))
    yield _alone(node, seen.args, ct)


def _alone(node: Node, args: Sequence[Array], ct: Array) -> Case:
    inputs = tuple(Input(np.array(arg), arg.dtype.kind == "f") for arg in args)
    single = Node(node.op, tuple(range(len(args))), node.params, ct.shape, node.dtype)
    return Case(Graph(inputs, (single,), (len(args),)), (np.array(ct),))


def rows(found: Sequence[Finding], examples: Mapping[int, CaseResult]) -> list[tuple[str, ...]]:
    """Return a table: op, verdict, cases, worst error in ulps, the arguments there, and the id of an example."""
    return [
        (
            each.op,
            str(each.verdict).lower(),
            str(len(each.cases)),
            f"{each.ulps:.3g}",
            each.region,
            examples[number].asked.id,
        )
        for number, each in enumerate(found)
    ]
