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
from gradproof.graph import Graph, Input, Node
from gradproof.symbolic import NodeProof, Proven, prove_node, prove_sum

from .targets.target import Pullback, Run
from .verdict import INFORMATIVE, well_conditioned_ulps


@dataclass(frozen=True)
class Certificate:
    """What is known of one part of one node.

    ``part`` is "forward", "vjp" (with the argument's number in ``slot``), "accumulation" or "memory". ``holds`` is
    None where the mirror has no finite, single value to compare with: a kink, the edge of a domain, or operands that
    are not finite. ``overflows`` says that a true value is beyond what the dtype holds.
    """

    site: int
    part: str
    holds: bool | None
    slot: int | None = None
    ulps: float = 0.0
    reason: str = ""
    overflows: bool = False

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
    cotangents = [each.entered[site] for each in passes]
    if not all(map(_all_finite, args)):
        yield Certificate(site, "forward", None, reason="its operands are not finite")
        return
    for number, ct in enumerate(cotangents or [None]):
        fits = ct is not None and ct.shape == run.values[site].shape
        usable = ct if ct is not None and fits and _all_finite(ct) and _all_finite(run.values[site]) else None
        proof = prove_node(graph, site, args, usable, budgets)
        if number == 0:
            yield _certify_forward(site, node, run.values[site], proof)
        if ct is not None and usable is None:
            reason = "its result or cotangent is not finite" if fits else f"its cotangent has shape {ct.shape}"
            yield Certificate(site, "vjp", None, reason=reason)
        for slot, proven in enumerate(proof.cotangents):
            if proven is not None:
                left = passes[number].left[site][slot]
                dtype = graph[node.args[slot]].dtype
                yield _compare(site, "vjp", left, proven, dtype, slot, scale=_largest(usable))


def _largest(array: Array | None) -> float:
    return 0.0 if array is None else float(np.max(np.abs(array), initial=0.0))


def _all_finite(array: Array) -> bool:
    return bool(np.all(np.isfinite(array)))


def _certify_forward(site: int, node: Node, value: Array, proof: NodeProof) -> Certificate:
    if value.shape != proof.shape or value.shape != node.shape or value.dtype.name != node.dtype:
        reason = f"is {value.dtype.name} {value.shape}, but the mirror has shape {proof.shape}"
        return Certificate(site, "forward", False, reason=reason)
    if proof.value is None:
        agrees = bool(np.all((proof.answers == value) | (proof.answers == None)))  # noqa: E711 - entry by entry
        return Certificate(site, "forward", agrees, reason="" if agrees else "the comparison answers wrongly")
    return _compare(site, "forward", value, proof.value, node.dtype, None)


def _compare(
    site: int,
    part: str,
    got: Array | None,
    proven: Proven,
    dtype: str,
    slot: int | None = None,
    scale: float = np.inf,
) -> Certificate:
    """Compare what a target returned with what is proven of it, entry by entry, and in shape and dtype.

    A tolerance that is large beside ``scale`` and the true values certifies nothing.
    """
    shape = proven.enclosure.shape
    if got is None:
        return Certificate(site, part, False, slot, np.inf, "nothing arrived where a cotangent must")
    if got.shape != shape or got.dtype.name != dtype:
        reason = f"is {got.dtype.name} {got.shape}, but must be {dtype} {shape}"
        return Certificate(site, part, False, slot, np.inf, reason)
    beyond = proven.exceeds(float(np.finfo(got.dtype).max))
    known = np.isfinite(proven.midpoints) & np.isfinite(proven.tolerances) & ~beyond
    wrong = known & ~proven.admits(got)
    worst = float(np.max(np.where(known, well_conditioned_ulps(got, proven), 0.0), initial=0.0))
    if np.any(wrong):
        place = tuple(int(i) for i in np.argwhere(wrong)[0])
        return Certificate(site, part, False, slot, worst, _difference_text(got, proven, place))
    settled = bool(np.all(known)) and proven.is_sharp and _tells(proven, scale, dtype)
    return Certificate(site, part, True if settled else None, slot, worst, overflows=bool(np.any(beyond)))


def _tells(proven: Proven, scale: float, dtype: str) -> bool:
    """Tell whether every tolerance is small beside the true values, the scale, or what the dtype can hold at all."""
    largest = max(scale, float(np.max(np.abs(proven.midpoints), initial=0.0)))
    least = 64 * float(np.finfo(dtype).smallest_subnormal)
    return bool(np.all(proven.tolerances <= max(INFORMATIVE * largest, least)))


def _difference_text(got: Array, proven: Proven, place: tuple[int, ...]) -> str:
    where = f" at {place}" if place else ""
    return (
        f"got {got[place].item()!r}{where}, but the proven value is {float(proven.midpoints[place])!r} "
        f"within {float(proven.tolerances[place]):.2g}"
    )


def _certify_links(graph: Graph, output: int, ct: Array, pullback: Pullback) -> Iterator[Certificate]:
    """Check that every value was handed the sum of what its tracked consumers passed on, and nothing else."""
    reached = graph.reached_from(output)
    for stray in sorted((set(pullback.entered) | set(pullback.gradients)) - reached):
        yield Certificate(stray, "accumulation", False, reason="a cotangent arrived where none may flow")
    passed_on = _passed_on(graph, reached, pullback)
    for value_id in sorted(reached):
        parts = ([ct] if value_id == output else []) + passed_on[value_id]
        arrived = pullback.gradients if value_id < len(graph.inputs) else pullback.entered
        got = arrived.get(value_id)
        if parts:
            yield _compare_sum(value_id, got, parts, graph[value_id])
        elif got is None:
            yield Certificate(value_id, "accumulation", False, reason="no cotangent arrived")


def _passed_on(graph: Graph, reached: frozenset[int], pullback: Pullback) -> dict[int, list[Array]]:
    """Return, for each reached value, what its tracked consumers passed on to it."""
    found: dict[int, list[Array]] = {value_id: [] for value_id in reached}
    for site in sorted(reached & pullback.left.keys()):
        for arg, part in zip(graph.nodes[site - len(graph.inputs)].args, pullback.left[site], strict=True):
            if part is not None and arg in found:
                found[arg].append(part)
    return found


def _certify_accumulated(graph: Graph, run: Run) -> Iterator[Certificate]:
    """Check that ``grad`` of every leaf holds the sum over all backward passes."""
    for leaf in graph.leaves:
        parts = [pullback.gradients[leaf] for pullback in run.pullbacks if leaf in pullback.gradients]
        if parts:
            yield _compare_sum(leaf, run.accumulated.get(leaf), parts, graph[leaf])


def _compare_sum(value_id: int, got: Array | None, parts: Sequence[Array], value: Input | Node) -> Certificate:
    misshapen = next((part.shape for part in parts if part.shape != value.shape), None)
    if misshapen is not None:
        return Certificate(value_id, "accumulation", None, reason=f"what arrives has shape {misshapen}")
    if not all(map(_all_finite, parts)):
        return Certificate(value_id, "accumulation", None, reason="what arrives is not finite")
    return _compare(value_id, "accumulation", got, prove_sum(parts), value.dtype)


def broken(certificates: Sequence[Certificate]) -> list[Certificate]:
    """Return the certificates that do not hold."""
    return [each for each in certificates if each.holds is False]
