"""Who is at fault inside a function of another library whose derivative is off: as far as that can be known.

Functions with a derivative of their own are examined alone, at the operands and the cotangents that reach them, as our
own engine finds these. Where none is off, the traced operations are played on the library itself, which shows what
flows through each; they are named where that gives the verdict that is to be explained.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.case import Case
from gradproof.errors import TraceError, UnsupportedError
from gradproof.exact import Array
from gradproof.graph import Graph

from ..examination import CaseResult, examine
from ..player import REFUSALS
from ..subjects.applications import Application, applications_in
from ..subjects.subject import Subject
from ..targets.engine import EngineTarget
from ..targets.libraries import target_named
from ..targets.subject import SubjectTarget, graph_of
from ..targets.target import Run
from ..verdict import Verdict
from .library import arrays_of, subject_in
from .noise import without_lost_digits
from .second_order import examine_subject_twice

#: So many calls of one function are examined alone: of a loop that is unrolled the first.
MOST_CALLS = 16

#: What is raised where a call cannot be examined alone, or the library has not all calls: then nothing is claimed.
_NOT_PLAYED = (TraceError, UnsupportedError, *REFUSALS)

_EXPLAINED = (Verdict.WRONG, Verdict.INACCURATE)


def blamed(subject: Subject, library: str, point: Sequence[Array], result: CaseResult) -> tuple[str, ...]:
    """Return who is at fault in an outcome at a point, given by a value for each leaf; nothing where it is not known.

    ``library`` is the name of that of the subject.
    """
    if result.verdict not in _EXPLAINED or result.faults:
        return ()
    try:
        graph, applications = applications_in(subject)
    except TraceError:  # a result that nothing uses cannot be followed
        return ()
    case = Case(graph.at(dict(enumerate(point))), result.asked.cotangents)
    inquiry = _Inquiry(case, EngineTarget().play(case), applications, library, result)
    return tuple(inquiry.of_users()) or inquiry.of_library()


@dataclass(frozen=True, eq=False)
class _Inquiry:
    """A case of the traced graph, its run on our own engine, and the outcome on the library that is to be explained."""

    case: Case
    run: Run
    applications: Sequence[Application]
    library: str
    result: CaseResult

    # --- functions with a derivative of their own

    def of_users(self) -> Iterator[str]:
        """Yield the labels of the functions that have the verdict alone, each once."""
        calls: Counter[str] = Counter()
        named = set()
        for each in self.applications:
            calls[each.label] += 1
            if each.label not in named and calls[each.label] <= MOST_CALLS and self._is_off(each):
                named.add(each.label)
                yield each.label

    def _is_off(self, each: Application) -> bool:
        """Tell whether a call alone has the verdict, with what reaches it from an output whose gradient has it."""
        outputs = sorted({pair.output for pair in self.result.pairs if pair.verdict is self.result.verdict})
        try:
            return any(self._verdict_alone(each, output) is self.result.verdict for output in outputs)
        except _NOT_PLAYED:
            return False

    def _verdict_alone(self, each: Application, output: int) -> Verdict:
        graph, pullback = self.case.graph, self.run.pullbacks[output]
        arrived = {**pullback.gradients, **pullback.entered}
        free = [graph.tracked[operand] for operand in each.operands]
        if not any(free) or not any(np.any(arrived.get(site, 0.0)) for site in each.results):
            return Verdict.VERIFIED
        subject = self._alone(each, free)
        cotangents = [arrived.get(site, np.zeros(graph[site].shape, graph[site].dtype)) for site in each.results]
        case, target = Case(graph_of(subject), tuple(cotangents)), SubjectTarget(subject)
        if self.result.asked.order == 2:
            return examine_subject_twice(case.of_second_order(), target).verdict
        return without_lost_digits(examine(case, target, finite_differences=False), target).verdict

    def _alone(self, each: Application, free: Sequence[bool]) -> Subject:
        """Return a call as a function of those operands that derivatives flow to, at the values of all."""
        values = arrays_of(self.library, [self.run.values[operand] for operand in each.operands])
        operands = list(zip(values, free, strict=True))

        def function(*given: Any) -> Any:
            rest = iter(given)
            return each.function(*(next(rest) if is_free else value for value, is_free in operands))

        return subject_in(self.library, function, [value for value, is_free in operands if is_free])

    # --- the library's own operations

    def of_library(self) -> tuple[str, ...]:
        """Return the operations that are off where the case is played on the library, if that is off in the same way.

        Those inside of what has a derivative of its own are played, but theirs is not used. Of second order nothing is
        seen of operations.
        """
        if self.result.asked.order == 2:
            return ()
        try:
            played = examine(self.case, target_named(self.library), finite_differences=False)
        except _NOT_PLAYED:
            return ()
        verdicts = {(pair.output, pair.leaf): pair.verdict for pair in played.pairs}
        off = [pair for pair in self.result.pairs if pair.verdict in _EXPLAINED]
        if any(verdicts[pair.output, pair.leaf] is not pair.verdict for pair in off):
            return ()
        unused = frozenset().union(*(_inside(self.case.graph, each) for each in self.applications))
        found = played.broken if self.result.verdict is Verdict.WRONG else played.lossy
        sites = [each.site for each in found if each.part == "vjp" and each.site not in unused]
        return tuple(dict.fromkeys(f"{self.library}'s own derivative of {played.op_at(site)}" for site in sites))


def _inside(graph: Graph, application: Application) -> frozenset[int]:
    """Return the values that a call computes."""
    before = frozenset().union(*map(graph.ancestors, application.operands))
    return frozenset().union(*map(graph.ancestors, application.results)) - before
