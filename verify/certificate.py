"""Certificates: the proof that one node of a run behaved, at the values and the cotangent that it really had.

They never widen with depth, and a broken one names the op at fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gradproof.budget import Budget
from gradproof.case import Case
from gradproof.exact import Array
from gradproof.graph import Graph, Node
from gradproof.symbolic import NodeProof, Proven, prove_node, prove_sum

from .targets.target import Pullback, Run
from .verdict import well_conditioned_ulps


@dataclass(frozen=True)
class Certificate:
    """What is known of one part of one node.

    ``part`` is "forward", "vjp" (with the argument's number in ``slot``), "accumulation" or "memory". ``holds`` is
    None where the mirror has no finite, single value to compare with: a kink or the edge of a domain.
    """

    site: int
    part: str
    holds: bool | None
    slot: int | None = None
    ulps: float = 0.0
    reason: str = ""

    def __str__(self) -> str:
        where = f"argument {self.slot} of the VJP" if self.part == "vjp" else self.part
        return f"{where}: {self.reason or ('holds' if self.holds else 'undefined')}"


def certify(case: Case, run: Run, budgets: Mapping[str, Budget]) -> list[Certificate]:
    """Return all certificates of a run: forward, VJP and memory of every node, accumulation of every tracked value."""
    graph = case.graph
    found = [Certificate(i, "memory", False, reason="was overwritten after it was computed") for i in run.modified]
    for site, node in graph.enumerate_nodes():
        found += _certify_node(graph, site, node, run, budgets)
    for output, ct, pullback in zip(graph.outputs, case.cotangents, run.pullbacks, strict=True):
        found += _certify_links(graph, output, ct, pullback)
    found += _certify_accumulated(graph, run)
    return found


def _certify_node(
    graph: Graph, site: int, node: Node, run: Run, budgets: Mapping[str, Budget]
) -> Iterator[Certificate]:
    args = [run.values[arg] for arg in node.args]
    passes = [each for each in run.pullbacks if site in each.entered]
    for number, pullback in enumerate(passes or [None]):
        proof = prove_node(graph, site, args, None if pullback is None else pullback.entered[site], budgets)
        if number == 0:
            yield _certify_forward(site, node, run.values[site], proof)
        if pullback is not None:
            left = pullback.left[site]
            for slot, proven in enumerate(proof.cotangents):
                if proven is not None:
                    yield _compare(site, "vjp", left[slot], proven, proof.notes, slot)


def _certify_forward(site: int, node: Node, value: Array, proof: NodeProof) -> Certificate:
    if value.shape != proof.shape or value.shape != node.shape or value.dtype.name != node.dtype:
        reason = f"is {value.dtype.name} {value.shape}, but the mirror has shape {proof.shape}"
        return Certificate(site, "forward", False, reason=reason)
    if proof.value is None:
        agrees = bool(np.all((proof.answers == value) | (proof.answers == None)))  # noqa: E711 - entry by entry
        return Certificate(site, "forward", agrees, reason="" if agrees else "the comparison answers wrongly")
    return _compare(site, "forward", value, proof.value, proof.notes, None)


def _compare(
    site: int, part: str, got: Array | None, proven: Proven, notes: frozenset[str], slot: int | None
) -> Certificate:
    if got is None:
        return Certificate(site, part, False, slot, np.inf, "nothing arrived where a cotangent must")
    if got.shape != proven.enclosure.shape:
        return Certificate(site, part, False, slot, np.inf, f"has shape {got.shape}, not {proven.enclosure.shape}")
    limit = float(np.finfo(got.dtype).max)
    known = np.isfinite(proven.midpoints) & np.isfinite(proven.tolerances) & (np.abs(proven.midpoints) <= limit)
    wrong = known & ~proven.admits(got)
    worst = float(np.max(np.where(known, well_conditioned_ulps(got, proven), 0.0), initial=0.0))
    if np.any(wrong):
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        return Certificate(site, part, False, slot, worst, _difference_text(got, proven, place))
    settled = bool(np.all(known)) and not (notes and not proven.is_sharp)
    return Certificate(site, part, True if settled else None, slot, worst)


def _difference_text(got: Array, proven: Proven, place: tuple[int, ...]) -> str:
    where = f" at {place}" if place else ""
    return (
        f"got {got[place].item()!r}{where}, but the proven value is {float(proven.midpoints[place])!r} "
        f"within {float(proven.tolerances[place]):.2g}"
    )


def _certify_links(graph: Graph, output: int, ct: Array, pullback: Pullback) -> Iterator[Certificate]:
    """Check that every value was handed the sum of what all its tracked consumers passed on, and none is missing."""
    reached = graph.reached_from(output)
    for value_id in sorted(reached):
        parts = [ct] if value_id == output else []
        parts += _passed_on(graph, value_id, reached, pullback)
        arrived = pullback.gradients if value_id < len(graph.inputs) else pullback.entered
        got = arrived.get(value_id)
        if parts:
            yield _compare(value_id, "accumulation", got, prove_sum(parts), frozenset(), None)
        elif got is None:
            yield Certificate(value_id, "accumulation", False, reason="no cotangent arrived")


def _passed_on(graph: Graph, value_id: int, reached: frozenset[int], pullback: Pullback) -> list[Array]:
    found = []
    for site, node in graph.enumerate_nodes():
        if site in reached and site in pullback.left:
            found += [
                part
                for arg, part in zip(node.args, pullback.left[site], strict=True)
                if arg == value_id and part is not None
            ]
    return found


def _certify_accumulated(graph: Graph, run: Run) -> Iterator[Certificate]:
    """Check that ``grad`` of every leaf holds the sum over all backward passes."""
    for leaf in graph.leaves:
        parts = [pullback.gradients[leaf] for pullback in run.pullbacks if leaf in pullback.gradients]
        if parts:
            yield _compare(leaf, "accumulation", run.accumulated.get(leaf), prove_sum(parts), frozenset(), None)


def broken(certificates: Sequence[Certificate]) -> list[Certificate]:
    """Return the certificates that do not hold."""
    return [each for each in certificates if each.holds is False]
