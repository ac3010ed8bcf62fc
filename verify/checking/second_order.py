"""Second order of a subject: what its library gives as derivatives of gradients, against the oracle's.

Nothing of its backward is seen. The tolerance is that of our own engine's recorded backward of the same forward, with
a backward error besides, as any other algorithm may commit it: in every leaf and every cotangent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradproof.case import Case
from gradproof.exact import Array
from gradproof.graph import Node
from gradproof.inlining import inline
from gradproof.symbolic import COTANGENT, Proven, prove_recorded, prove_second_order, vjp_roundings

from ..examination import CaseResult, Clock, Pair, budgets, examine
from ..finite_differences.of_gradients import shape_by
from ..second_order import captured_roundings, tolerances_of
from ..second_order_result import or_zeros
from ..targets.engine import EngineTarget
from ..targets.subject import SubjectTarget
from ..verdict import Circumstances, Verdict, judge, worst


@dataclass(frozen=True, eq=False, kw_only=True)
class TwiceResult(CaseResult):
    """The outcome at second order of a subject.

    ``differentiated`` names, for each pair, the leaf whose gradient is differentiated and what it is differentiated by:
    a leaf, or -1 for the cotangent. The ``leaf`` of a pair is the latter, or for the cotangent the output.
    """

    differentiated: tuple[tuple[int, int], ...]
    result_of_first_order: CaseResult

    quantity, derivative, trial = "second derivative", "second derivative", "backward of the backward"

    @property
    def first(self) -> CaseResult:
        """The outcome at first order."""
        return self.result_of_first_order

    @property
    def blocks(self) -> list[tuple[int, int | None, int]]:
        """What each pair is the derivative of."""
        return [(pair.output, *block) for pair, block in zip(self.pairs, self.differentiated, strict=True)]

    @cached_property
    def conventions(self) -> list[str]:
        """Those of the first order."""
        return self.first.conventions


def examine_subject_twice(case: Case, target: SubjectTarget, *, alone: bool = False) -> CaseResult:
    """Examine a case of second order; the outcome at first order where that fails already.

    Where the second derivative is ``alone``, as a Hessian by hand is, our own engine stands in at first order.
    """
    plain = Case(inline(case.graph).graph, case.cotangents)
    first = examine(plain, EngineTarget()) if alone else examine(case.of_first_order(), target)
    if first.verdict.fails:
        return first
    clock = Clock()
    with clock.part("engine"):
        found = [target.pull_back_twice(case, number) for number in range(len(case.graph.outputs))]
    with clock.part("oracle"), np.errstate(all="ignore"):
        proof = prove_second_order(case, _tolerances(case))
    with clock.part("verdict"):
        pairs, blocks = [], []
        for number, blocks_found in enumerate(found):
            known = _circumstances(case, first, frozenset(proof.notes), number)
            for (leaf, other), got in blocks_found.items():
                proven = proof.blocks.get((number, leaf, other)) or Proven.zero(shape_by(case, number, other))
                pairs.append(_judged(case, number, other, got, proven, known))
                blocks.append((leaf, other))
    verdict = worst([first.verdict, *(pair.verdict for pair in pairs)])
    return TwiceResult(
        case,
        first.run,
        first.proof,
        tuple(pairs),
        (),
        verdict,
        {name: first.seconds.get(name, 0.0) + each for name, each in clock.seconds.items()},
        differentiated=tuple(blocks),
        result_of_first_order=first,
    )


def _judged(case: Case, number: int, other: int, got: Array | None, proven: Proven, known: Circumstances) -> Pair:
    by = case.graph.outputs[number] if other == COTANGENT else other
    verdicts = judge(or_zeros(got, proven, case.graph[by].dtype), proven, known)
    # there is no convention for a second derivative at a kink
    verdicts[verdicts == Verdict.SUBGRADIENT] = Verdict.UNDEFINED
    if known.noted:
        verdicts[verdicts == Verdict.WRONG] = Verdict.UNDEFINED
    return Pair(number, by, got, proven, verdicts, None, None)


def _circumstances(case: Case, first: CaseResult, notes: frozenset[int], number: int) -> Circumstances:
    """Return what matters to an output: kinks and singular points on the way, and values that overflow."""
    behind = case.graph.ancestors(case.graph.outputs[number])
    switches = {switch.site for switch in first.proof.switches}
    met = {*first.proof.notes, *switches, *first.proof.jumps, *notes}
    overflowed = any(each.overflows for each in first.certificates if each.site in behind)
    return Circumstances(noted=not met.isdisjoint(behind), certified=False, overflowed=overflowed)


def _tolerances(case: Case) -> Mapping[tuple[int, int, int], Array]:
    """Return how far another algorithm may be from the true second derivatives."""
    plain = Case(inline(case.graph).graph, case.cotangents, case.directions)
    recorded = EngineTarget().record(plain)
    size = max(vjp_roundings(node.call) for node in case.graph.nodes if isinstance(node, Node) and node.call)
    moved = dict.fromkeys([*(recorded.ids[leaf] for leaf in case.graph.leaves), *recorded.cotangents], size)
    bounds = prove_recorded(recorded.case, budgets(), captured_roundings(recorded, budgets()), moved)
    return tolerances_of(plain, recorded, bounds)
