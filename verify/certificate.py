"""Certificates: the proof that one node of a run behaved, at the values and the cotangent that it really had.

They never widen with depth, and a broken one names the op at fault.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradproof.budget import Budget
from gradproof.case import Case
from gradproof.exact import Array
from gradproof.graph import Graph, Input, Node
from gradproof.symbolic import (
    Branching,
    NodeProof,
    Proven,
    prove_application,
    prove_application_naively,
    prove_node,
    prove_node_naively,
    prove_sum,
)

from .conventions import convention_of
from .kinks import Joint, judge_jointly
from .targets.target import Pullback, Run
from .verdict import Verdict, farthest, informative, is_beyond, spacings, ulps


@dataclass(frozen=True)
class Certificate:
    """What is known of one part of one node.

    ``part`` is "forward", "vjp" (with the argument's number in ``slot``, None for several) or "accumulation"; of second
    order also "rule" (a VJP rule, differentiated again) or "gradient" (that of the recorded backward).
    ``holds`` is None where the mirror has nothing finite to compare with: a pole, the edge of a domain, or operands
    that are not finite. ``overflows`` says that a true value is beyond what the dtype holds. At a kink ``convention``
    says which of the derivatives was returned. ``inaccurate`` says that it does not hold, but that a naive formula
    could have returned the same. ``place`` is the entry that is farthest off, where one does not hold.
    """

    site: int
    part: str
    holds: bool | None
    slot: int | None = None
    ulps: float = 0.0
    reason: str = ""
    overflows: bool = False
    convention: str = ""
    inaccurate: bool = False
    place: tuple[int, ...] | None = None

    @property
    def where(self) -> str:
        """The part in words."""
        if self.part == "rule":
            return f"the derivative of the VJP rule of argument {self.slot}"
        if self.part != "vjp":
            return self.part
        return "the VJP" if self.slot is None else f"argument {self.slot} of the VJP"

    def __str__(self) -> str:
        return f"{self.where}: {self.reason or ('holds' if self.holds else 'undefined')}"


def certify(case: Case, run: Run, budgets: Mapping[str, Budget]) -> list[Certificate]:
    """Return all certificates of a run: forward and VJP of every node, accumulation of every tracked value."""
    graph = case.graph
    found: list[Certificate] = []
    for site, node in graph.enumerate_nodes():
        found += _certify_node(graph, site, node, run, budgets)
    for sites in graph.applications:
        if len(sites) > 1:
            found += _certify_application(graph, sites, run, budgets)
    for output, ct, pullback in zip(graph.outputs, case.cotangents, run.pullbacks, strict=True):
        found += _certify_links(graph, output, ct, pullback, budgets)
    found += _certify_accumulated(graph, run, budgets)
    return found


def _certify_node(
    graph: Graph, site: int, node: Node, run: Run, budgets: Mapping[str, Budget]
) -> Iterator[Certificate]:
    args = [run.values[arg] for arg in node.args]
    is_alone = node.call is None or (site,) in graph.applications
    passes = [each for each in run.pullbacks if site in each.entered and is_alone]
    cotangents = [each.entered[site] for each in passes]
    if not all(map(_all_finite, args)):
        yield Certificate(site, "forward", None, reason="its operands are not finite")
        return
    for number, ct in enumerate(cotangents or [None]):
        fits = ct is not None and ct.shape == run.values[site].shape
        usable = ct if ct is not None and fits and _all_finite(ct) else None
        proof = prove_node(graph, site, args, usable, budgets)
        naive = _Naively(functools.partial(prove_node_naively, graph, site, args, usable, budgets))
        if number == 0:
            yield _certify_forward(site, node, run.values[site], proof, naive, _strange(graph, node.args, args))
        if ct is not None and usable is None:
            reason = "its cotangent is not finite" if fits else f"its cotangent has shape {ct.shape}"
            yield Certificate(site, "vjp", None, reason=reason)
        if usable is None:
            continue
        yield from _certify_vjp(graph, run, passes[number], {site: usable}, proof, naive)


def _certify_application(
    graph: Graph, sites: Sequence[int], run: Run, budgets: Mapping[str, Budget]
) -> Iterator[Certificate]:
    """Certify the VJP of a function with several results, which pulls all their cotangents back together."""
    node = graph[sites[0]]
    assert isinstance(node, Node)
    args = [run.values[arg] for arg in node.args]
    for each in run.pullbacks:
        cotangents = {site: each.entered[site] for site in sites if site in each.entered}
        if not cotangents or not all(map(_all_finite, args)):
            continue
        unfit = next((site for site, ct in cotangents.items() if ct.shape != graph[site].shape), None)
        if unfit is not None or not all(map(_all_finite, cotangents.values())):
            reason = (
                "its cotangent is not finite"
                if unfit is None
                else f"its cotangent has shape {each.entered[unfit].shape}"
            )
            yield Certificate(min(cotangents), "vjp", None, reason=reason)
            continue
        proof = prove_application(graph, cotangents, args, budgets)
        naive = _Naively(functools.partial(prove_application_naively, graph, cotangents, args, budgets))
        yield from _certify_vjp(graph, run, each, cotangents, proof, naive)


def _certify_vjp(
    graph: Graph, run: Run, pullback: Pullback, cotangents: Mapping[int, Array], proof: NodeProof, naive: _Naively
) -> Iterator[Certificate]:
    """Certify what a node, or a function with several results, passed on to each argument."""
    site, ct = min(cotangents), max(cotangents.values(), key=_largest)
    node, left = graph[site], pullback.left[site]
    assert isinstance(node, Node)
    args = [run.values[arg] for arg in node.args]
    handed = _strange(graph, node.args, args) | _strange(graph, cotangents.keys(), cotangents.values())
    joint = _joint(proof, left)
    for slot, proven in enumerate(proof.cotangents):
        if proven is not None:
            dtype = graph[node.args[slot]].dtype
            apart = _judged_apart(proof, slot, joint) | _is_vague(proof, slot, left[slot])
            apart = apart | _is_excused(run.values[site], left[slot], proven)
            # of an op it is known how its VJP is to the cotangent, of a function of the user's own nothing is
            scale = _largest(ct) if node.call is None else LEAST_TOLD * proven.largest / informative(np.dtype(dtype))
            found = compare(site, "vjp", left[slot], proven, dtype, slot, scale, apart, handed)
            told = _forgiven(found, left[slot], proven, dtype, apart, functools.partial(naive.cotangent, slot))
            yield _excused(told, proof)
    for each in joint:
        found = _certify_jointly(site, node, each, args, ct, left)
        if found.holds is False and _is_steep_inside(node, proof, left):
            found = replace(found, holds=None, reason="is no number, where a slope inside is infinite")
        yield replace(found, slot=_only(proof.branching))


def _is_steep_inside(node: Node, proof: NodeProof, left: Sequence[Array | None]) -> bool:
    """Tell whether a function of the user's own has an infinite slope inside, and no number came: 0 times infinity."""
    came = [part for part in left if part is not None]
    return node.call is not None and "singular" in proof.notes and not all(map(_all_finite, came))


class _Naively:
    """What naive formulas could return of one node: proven when it is first asked for."""

    def __init__(self, prove: Callable[[], NodeProof]) -> None:
        self._prove = functools.cache(prove)

    def value(self) -> Proven | None:
        """Return the result."""
        return self._prove().value

    def cotangent(self, slot: int) -> Proven | None:
        """Return the cotangent of one argument."""
        return self._prove().cotangents[slot]


def _forgiven(
    found: Certificate,
    got: Array | None,
    proven: Proven,
    dtype: str,
    apart: Array | bool,
    naively: Callable[[], Proven | None],
) -> Certificate:
    """Call a certificate that does not hold inaccurate, where a naive formula could have returned the same.

    No formula excuses another shape or dtype, which have no place.
    """
    if found.holds is not False or found.place is None or got is None:
        return found
    naive = naively()
    if naive is None or not np.all(apart | proven.admits(got) | proven.loses_digits(got, naive)):
        return found
    errors = ulps(got, proven, dtype)
    place = farthest(np.where(apart, 0.0, errors))
    off = float(errors[place])
    reason = f"{found.reason}: digits lost, {off:.3g} ulp off"
    return replace(found, inaccurate=True, ulps=off, reason=reason, place=place)


def _joint(proof: NodeProof, left: Sequence[Array | None]) -> list[Joint]:
    """Judge jointly what has no single value; nothing where what came cannot be compared at all."""
    if proof.branching is None:
        return []
    came = {slot: left[slot] for slot in proof.branching.keys}
    got = {slot: each for slot, each in came.items() if each is not None and each.shape == _shape(proof, slot)}
    return judge_jointly(got, proof.branching) if len(got) == len(came) else []


def _only(branching: Branching | None) -> int | None:
    """Return the argument that a joint verdict is about, None where it is about several."""
    return branching.keys[0] if branching is not None and len(branching.keys) == 1 else None


def _shape(proof: NodeProof, slot: int) -> tuple[int, ...]:
    proven = proof.cotangents[slot]
    assert proven is not None
    return proven.enclosure.shape


def _judged_apart(proof: NodeProof, slot: int, joint: Sequence[Joint]) -> Array:
    """Tell which entries of one cotangent have a joint verdict."""
    assert proof.branching is not None or not joint
    sizes = {key: math.prod(_shape(proof, key)) for key in (proof.branching.keys if proof.branching else (slot,))}
    flat = np.zeros(sum(sizes.values()), dtype=bool)
    for each in joint:
        if each.verdict is not None:
            flat[each.cluster.places] = True
    start = sum(size for key, size in sizes.items() if key < slot)
    return flat[start : start + sizes[slot]].reshape(_shape(proof, slot))


def _is_vague(proof: NodeProof, slot: int, left: Array | None) -> Array:
    """Tell where 0 times an infinite slope was returned as no number.

    Exactly zero is right where the 0 comes from a branch that was not taken. Where it depends on the inputs it need not
    be, and a node alone does not know: the end-to-end comparison does.
    """
    shape = _shape(proof, slot)
    if left is None or left.shape != shape or "singular" not in proof.notes:
        return np.zeros(shape, dtype=bool)
    proven = proof.cotangents[slot]
    assert proven is not None
    return ~np.isfinite(left) & (proven.midpoints == 0) & (proven.tolerances == 0)


def _is_excused(result: Array, left: Array | None, proven: Proven) -> Array:
    """Tell where no number was returned although one exists, and the op's own result, which it may reuse, is none."""
    shape = proven.enclosure.shape
    if left is None or left.shape != shape or _all_finite(result):
        return np.zeros(shape, dtype=bool)
    return ~np.isfinite(left)


def _certify_jointly(
    site: int,
    node: Node,
    joint: Joint,
    args: Sequence[Array],
    ct: Array,
    left: Sequence[Array | None],
) -> Certificate:
    if joint.verdict is Verdict.WRONG:
        return Certificate(site, "vjp", False, reason="is none of the generalised derivatives at this kink")
    if joint.verdict in (None, Verdict.UNDEFINED, Verdict.INCONCLUSIVE):
        reason = "" if joint.verdict else "too many ties to try all branches; each entry is inside its interval"
        return Certificate(site, "vjp", None if joint.verdict else True, reason=reason)
    return Certificate(site, "vjp", True, convention=convention_of(node, args, ct, left, joint))


def _largest(array: Array | None) -> float:
    return 0.0 if array is None else float(np.max(np.abs(array), initial=0.0))


def _all_finite(array: Array) -> bool:
    return bool(np.all(np.isfinite(array)))


def _strange(graph: Graph, ids: Iterable[int], arrays: Iterable[Array]) -> frozenset[str]:
    """Return the dtypes that a node was handed and that are not the graph's: it may pass them on, and made none."""
    pairs = zip(ids, arrays, strict=True)
    return frozenset(array.dtype.name for value_id, array in pairs if array.dtype != graph[value_id].dtype)


def _certify_forward(
    site: int, node: Node, value: Array, proof: NodeProof, naive: _Naively, handed: frozenset[str]
) -> Certificate:
    dtypes = handed | {node.dtype}
    if value.shape != proof.shape or value.shape != node.shape or value.dtype.name not in dtypes:
        reason = f"is {value.dtype.name} {value.shape}, but the mirror has shape {proof.shape}"
        return Certificate(site, "forward", False, reason=reason)
    if proof.value is None:
        agrees = bool(np.all((proof.answers == value) | (proof.answers == None)))  # noqa: E711 - entry by entry
        return Certificate(site, "forward", agrees, reason="" if agrees else "the comparison answers wrongly")
    if value.dtype.kind == "i":
        agrees = bool(np.all(proof.value.admits(value)))
        return Certificate(site, "forward", agrees, reason="" if agrees else "it computes other integers")
    found = compare(site, "forward", value, proof.value, node.dtype, handed=handed)
    return _excused(_forgiven(found, value, proof.value, node.dtype, False, naive.value), proof)


def _excused(found: Certificate, proof: NodeProof) -> Certificate:
    """Leave open what is not known to hold of a function of the user's own, where a true value inside overflows."""
    if found.holds or not proof.overflows_inside:
        return found
    return replace(found, holds=None, overflows=True, inaccurate=False, reason="a true value inside overflows")


def compare(
    site: int,
    part: str,
    got: Array | None,
    proven: Proven,
    dtype: str,
    slot: int | None = None,
    scale: float = np.inf,
    apart: Array | bool = False,
    handed: frozenset[str] = frozenset(),
) -> Certificate:
    """Compare what a target returned with what is proven of it, entry by entry, and in shape and dtype.

    A tolerance that is large beside ``scale`` and the true values certifies nothing. Entries that are judged ``apart``
    do not count. A dtype that the node was ``handed`` is no fault of its own, nor is it to round that to the right one.
    """
    shape = proven.enclosure.shape
    if got is None:
        return Certificate(site, part, False, slot, np.inf, "nothing arrived where a cotangent must")
    if got.shape != shape or got.dtype.name not in handed | {dtype}:
        reason = f"is {got.dtype.name} {got.shape}, but must be {dtype} {shape}"
        return Certificate(site, part, False, slot, np.inf, reason)
    beyond, distances = is_beyond(got, proven), proven.distances(got)
    known = np.isfinite(proven.midpoints) & np.isfinite(proven.tolerances) & ~beyond
    worst = _worst_ulps(np.dtype(dtype), proven, distances, known)
    rounding = spacings(proven, np.dtype(dtype)) / 2 if handed - {dtype} else 0.0
    wrong = known & (distances > proven.tolerances + rounding) & ~apart
    if wrong.any():
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        off = np.where(wrong, np.nan_to_num(ulps(got, proven, dtype), nan=np.inf), 0.0)
        place = farthest(off)
        reason = _difference_text(got, proven, first)
        return Certificate(site, part, False, slot, max(worst, float(off[place])), reason, place=place)
    settled = (known & proven.sharp & _tells(proven, scale, dtype)) | apart
    return Certificate(site, part, True if settled.all() else None, slot, worst, overflows=bool(beyond.any()))


#: A function of the user's own is certified where the tolerance is at most this share of its largest cotangent.
LEAST_TOLD = 1 / 8

#: Where the tolerance is wider than this many ulps, digits cancel, and an error in ulps says nothing of an op.
WELL_CONDITIONED = 100


def _worst_ulps(dtype: np.dtype[Any], proven: Proven, distances: Array, known: Array) -> float:
    """Return the largest distance in units in the last place, of the entries where digits do not cancel."""
    with np.errstate(all="ignore"):
        units = spacings(proven, dtype)
        telling = known & (proven.tolerances <= WELL_CONDITIONED * units)
        return float((distances / units).max(initial=0.0, where=telling))


def _tells(proven: Proven, scale: float, dtype: str) -> Array:
    """Tell whether a tolerance is small beside the true values, the scale, or what the dtype can hold at all.

    What is zero by cancellation has no digits to be told.
    """
    least = 64 * float(np.finfo(dtype).smallest_subnormal)
    small = proven.tolerances <= max(informative(np.dtype(dtype)) * max(scale, proven.largest), least)
    return np.asarray(small | (np.abs(proven.midpoints) <= proven.radii))


def _difference_text(got: Array, proven: Proven, place: tuple[int, ...]) -> str:
    where = f" at {place}" if place else ""
    return (
        f"got {got[place].item()!r}{where}, but the proven value is {float(proven.midpoints[place])!r} "
        f"within {float(proven.tolerances[place]):.2g}"
    )


def _certify_links(
    graph: Graph, output: int, ct: Array, pullback: Pullback, budgets: Mapping[str, Budget]
) -> Iterator[Certificate]:
    """Check that every value was handed the sum of what its tracked consumers passed on, and nothing else."""
    reached = graph.reached_from(output)
    arrived_at = {**pullback.entered, **pullback.gradients}
    for stray in sorted(arrived_at.keys() - reached):
        if not np.any(arrived_at[stray]):
            continue  # as good as none: a function of the user's own may return zeros for an argument
        yield Certificate(stray, "accumulation", False, reason="a cotangent arrived where none may flow")
    passed_on = _passed_on(graph, reached, pullback)
    for value_id in sorted(reached):
        parts = ([ct] if value_id == output else []) + passed_on[value_id]
        arrived = pullback.gradients if value_id < len(graph.inputs) else pullback.entered
        got = arrived.get(value_id)
        if parts:
            yield _compare_sum(value_id, got, parts, graph[value_id], budgets)
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


def _certify_accumulated(graph: Graph, run: Run, budgets: Mapping[str, Budget]) -> Iterator[Certificate]:
    """Check that ``grad`` of every leaf holds the sum over all backward passes."""
    for leaf in graph.leaves:
        parts = [pullback.gradients[leaf] for pullback in run.pullbacks if leaf in pullback.gradients]
        if parts:
            yield _compare_sum(leaf, run.accumulated.get(leaf), parts, graph[leaf], budgets)


def _compare_sum(
    value_id: int, got: Array | None, parts: Sequence[Array], value: Input | Node, budgets: Mapping[str, Budget]
) -> Certificate:
    misshapen = next((part.shape for part in parts if part.shape != value.shape), None)
    if misshapen is not None:
        return Certificate(value_id, "accumulation", None, reason=f"what arrives has shape {misshapen}")
    if not all(map(_all_finite, parts)):
        return Certificate(value_id, "accumulation", None, reason="what arrives is not finite")
    if len(parts) == 1 and got is not None and got.dtype == parts[0].dtype and np.array_equal(got, parts[0]):
        return Certificate(value_id, "accumulation", True)
    handed = frozenset(part.dtype.name for part in parts)
    return compare(value_id, "accumulation", got, prove_sum(parts, budgets), value.dtype, handed=handed)


def broken(certificates: Sequence[Certificate]) -> list[Certificate]:
    """Return the certificates that do not hold, but for those that are merely inaccurate."""
    return [each for each in certificates if each.holds is False and not each.inaccurate]
