"""Second order: the engine's backward of backward, against the derivative of the oracle's own gradient.

The engine's forward and backward are recorded as one graph. Its nodes are certified like those of any graph, and the
budget sweep over it gives the tolerance. The truth comes from the mirror alone. Where the two are different functions,
a VJP rule is right at first order and wrong at second: such a rule is found by examining each node alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from gradproof.budget import Budget
from gradproof.case import Case
from gradproof.errors import ContradictionError
from gradproof.exact import Array
from gradproof.graph import Input
from gradproof.symbolic import (
    COTANGENT,
    Proof,
    Proven,
    SecondOrderProof,
    prove_naively,
    prove_recorded,
    prove_second_order,
    vjp_roundings,
)

from .certificate import Certificate, broken, certify
from .examination import CaseResult, Clock, Pair, budgets, examine
from .finite_differences.finite_difference import Difference
from .finite_differences.of_gradients import differences_of_gradients, shape_by
from .finite_differences.opinion import agrees
from .second_order_certificate import certify_gradients, certify_record, node_at
from .second_order_result import SecondOrderResult, or_zeros
from .targets.target import Recorded, Target
from .verdict import Circumstances, Verdict, judge, worst


def examine_any_order(
    case: Case, target: Target, *, finite_differences: bool = True, proof: Proof | None = None
) -> CaseResult:
    """Examine a case at the order that it asks for. A ``proof`` from an earlier examination serves the first order."""
    if case.order == 1:
        return examine(case, target, finite_differences=finite_differences, proof=proof)
    return examine_second_order(case, target, finite_differences=finite_differences)


def examine_second_order(
    case: Case, target: Target, *, finite_differences: bool = True, locate: bool = True
) -> CaseResult:
    """Examine a case of second order: the outcome at first order where that fails already, else a SecondOrderResult.

    With ``locate`` the rules are examined alone where the comparison end to end fails or tells nothing.
    Raises ``ContradictionError`` where Gradproof's own proofs disagree.
    """
    first = examine(case.of_first_order(), target, finite_differences=finite_differences)
    if first.verdict.fails:
        return first
    clock, known = Clock(), budgets()
    with clock.part("engine"):
        recorded = target.record(case)
    # flags that flint's own doubles leave behind say nothing
    with clock.part("oracle"), np.errstate(all="ignore"):
        bounds = prove_recorded(recorded.case, known, captured_roundings(recorded, known))
        proof = prove_second_order(case, tolerances_of(case, recorded, bounds))
    with clock.part("certificates"):
        certificates = [*certify(recorded.case, recorded.run, known), *certify_gradients(case, first, recorded)]
    with clock.part("finite differences"):
        taken = differences_of_gradients(case, target, first.run) if finite_differences else {}
    with clock.part("verdict"):
        judgement = _Judgement(case, first, recorded, proof, taken)
        pairs = judgement.pairs(certificates, complete=False)
        if locate and any(map(_is_open, pairs)):
            certificates += certify_record(case, recorded, lambda alone: _examine_alone(alone, target))
            pairs = judgement.pairs(certificates, complete=True)
        verdict = _verdict(case, pairs, certificates, contradicts=locate)
    seconds = {name: first.seconds.get(name, 0.0) + each for name, each in clock.seconds.items()}
    return SecondOrderResult(
        recorded.case,
        recorded.run,
        judgement.shown(bounds),
        tuple(pairs),
        tuple(certificates),
        verdict,
        seconds,
        case_of_second_order=case,
        result_of_first_order=first,
        recorded=recorded,
    )


def _examine_alone(case: Case, target: Target) -> CaseResult:
    return examine_second_order(case, target, finite_differences=False, locate=False)


# --- the tolerance


def captured_roundings(recorded: Recorded, known: Mapping[str, Budget]) -> dict[int, float]:
    """Return the captured constants, and by how many units each may be off: as the VJP that captured it may."""
    graph = recorded.case.graph
    found: dict[int, float] = {}
    for step in itertools.chain(*recorded.passes):
        node = node_at(graph, step.site)
        if node.call is not None:
            size = vjp_roundings(node.call)
        else:
            size = known[node.op].at([graph[arg].shape for arg in node.args], node.params).vjp
        captured = [made for made in step.made if isinstance(graph[made], Input)]
        found.update({made: max(size, found.get(made, 0.0)) for made in captured if size})
    return found


def tolerances_of(case: Case, recorded: Recorded, bounds: Proof) -> dict[tuple[int, int, int], Array]:
    """Return how far a recorded backward within its budgets may be from its own exact second derivative.

    There is none where no path leads.
    """
    graph = recorded.case.graph
    return {
        (number, leaf, other): _reaches(gradients[by], np.dtype(graph[by].dtype))
        for (number, leaf), gradients in zip(recorded.blocks, bounds.gradients, strict=True)
        for other, by in variables_of(case, recorded, number)
        if not gradients[by].structural
    }


def variables_of(case: Case, recorded: Recorded, number: int) -> list[tuple[int, int]]:
    """Return what the gradients of one output are differentiated by: the leaves, and its cotangent.

    Each is named as in the proof, and by its id in the recorded graph.
    """
    return [*((leaf, leaf) for leaf in case.graph.leaves), (COTANGENT, recorded.cotangents[number])]


def _reaches(proven: Proven, dtype: np.dtype[Any]) -> Array:
    """Return the tolerance of a recorded formula, with the hull of what it gives where rules choose between formulas.

    Nothing is asked for near the smallest positive number: where a formula is exactly 0, the mirror's need not be
    provably so.
    """
    least = 4 * float(np.finfo(dtype).smallest_subnormal)
    return np.nextafter(proven.tolerances + 2 * proven.radii + least, np.inf)


# --- the comparison


@dataclass(frozen=True, eq=False)
class _Judgement:
    """What the entries of one case are compared with."""

    case: Case
    first: CaseResult
    recorded: Recorded
    proof: SecondOrderProof
    taken: Mapping[tuple[int, int, int], Difference]

    def pairs(self, certificates: Sequence[Certificate], *, complete: bool) -> list[Pair]:
        """Judge every entry.

        ``complete`` says that the rules are among what is certified: a tolerance that tells nothing may rest on that.
        """
        found = []
        for place, (number, leaf) in enumerate(self.recorded.blocks):
            known = self._circumstances(number, place, certificates, complete=complete)
            for other, by in variables_of(self.case, self.recorded, number):
                got = self.recorded.run.pullbacks[place].gradients.get(by)
                proven = self.proven(number, leaf, other)
                verdicts = judge(or_zeros(got, proven, self.recorded.case.graph[by].dtype), proven, known)
                if complete and got is not None and not broken(certificates):
                    self._forgive(verdicts, got, proven, place, by)
                excused = known.certified and self._may_switch(number)
                accused = not complete or (known.certified and not excused) or bool(broken(certificates))
                _settle(verdicts, noted=known.noted, accused=accused)
                difference = self.taken.get((number, leaf, other))
                agreement = None if difference is None else agrees(difference, proven)
                found.append(Pair(place, by, got, proven, verdicts, difference, agreement))
        return found

    def _forgive(self, verdicts: Array, got: Array, proven: Proven, place: int, by: int) -> None:
        """Call inaccurate what naive formulas of the recorded ops could have returned."""
        wrong = verdicts == Verdict.WRONG
        if np.any(wrong) and got.shape == verdicts.shape:
            naive = Proven(proven.enclosure, _reaches(self._naive.gradients[place][by], got.dtype))
            verdicts[wrong & naive.admits(got)] = Verdict.INACCURATE

    @cached_property
    def _naive(self) -> Proof:
        return prove_naively(self.recorded.case, budgets())

    def proven(self, number: int, leaf: int, other: int) -> Proven:
        """Return what is proven of one block."""
        found = self.proof.blocks.get((number, leaf, other))
        return Proven.zero(shape_by(self.case, number, other)) if found is None else found

    def _circumstances(
        self, number: int, place: int, certificates: Sequence[Certificate], *, complete: bool
    ) -> Circumstances:
        """Return what matters to the block at ``place``, of the output with this number."""
        graph, recorded = self.case.graph, self.recorded.case.graph
        output = graph.outputs[number]
        earlier = self.first.proof
        met = {*earlier.notes, *(switch.site for switch in earlier.switches), *earlier.jumps, *self.proof.notes}
        behind = recorded.ancestors(recorded.outputs[place]) | {self.recorded.ids[i] for i in graph.ancestors(output)}
        inputs = [graph.inputs[i].value for i in graph.ancestors(output) if i < len(graph.inputs)]
        return Circumstances(
            noted=not met.isdisjoint(graph.ancestors(output)) or not all(np.all(np.isfinite(each)) for each in inputs),
            certified=complete and all(each.holds for each in certificates if each.site in behind),
            overflowed=any(each.overflows for each in certificates if each.site in behind),
        )

    def _may_switch(self, number: int) -> bool:
        """Tell whether rounding errors may take another branch on the way to an output, also one that is a jump."""
        sites = {*self.first.proof.jumps, *(switch.site for switch in self.first.proof.switches)}
        return not sites.isdisjoint(self.case.graph.ancestors(self.case.graph.outputs[number]))

    def shown(self, bounds: Proof) -> Proof:
        """Return what is proven, in the form and by the ids of the recorded graph."""
        gradients = tuple(
            {by: self.proven(number, leaf, other) for other, by in variables_of(self.case, self.recorded, number)}
            for number, leaf in self.recorded.blocks
        )
        met = {**self.first.proof.notes, **self.proof.notes}
        notes = {self.recorded.ids[site]: reasons for site, reasons in met.items()}
        return replace(bounds, gradients=gradients, notes=notes, bits=self.proof.bits)


def _is_open(pair: Pair) -> bool:
    """Tell whether the rules are to be looked at: an entry has a derivative and is not verified without them."""
    return bool(np.any((pair.verdicts != Verdict.VERIFIED) & np.isfinite(pair.proven.midpoints)))


def _settle(verdicts: Array, *, noted: bool, accused: bool) -> None:
    """Judge where there is no second derivative, nor a convention for one, and where a certificate is open.

    Then a rule may have taken another branch, as rounding errors let it: of that the tolerance knows nothing. So may
    the forward, where it meets a switching point and every certificate holds. Nobody is accused unless a certificate
    names a fault.
    """
    verdicts[verdicts == Verdict.SUBGRADIENT] = Verdict.UNDEFINED
    if not accused:
        verdicts[verdicts == Verdict.WRONG] = Verdict.UNDEFINED if noted else Verdict.INCONCLUSIVE


def _verdict(case: Case, pairs: Sequence[Pair], certificates: Sequence[Certificate], *, contradicts: bool) -> Verdict:
    verdicts = [pair.verdict for pair in pairs]
    verdicts += [Verdict.FORWARD_DIFFERS if each.part == "forward" else Verdict.WRONG for each in broken(certificates)]
    verdicts += [Verdict.INACCURATE for each in certificates if each.inaccurate]
    found = worst(verdicts)
    if found.fails and contradicts and all(each.holds for each in certificates):
        raise ContradictionError(
            f"case {case.id}: every node and every rule is certified, but the second derivative is {found}; "
            "this is a fault of Gradproof, please report the case file"
        )
    return found
