"""From a failing case to one that a person can read: same op at fault, same verdict, same misdeed."""

from __future__ import annotations

import random

from hypothesis import find
from hypothesis.errors import NoSuchExample

from gradproof.case import Case
from gradproof.graph import Node
from gradproof.symbolic.oracle import isolate

from .examination import CaseResult
from .generation.finding import finding
from .generation.strategies import cases
from .second_order import examine_any_order
from .second_order_result import SecondOrderResult
from .targets.target import Target

#: How many fresh graphs are tried before the failing one is cut down instead.
TRIES = 500


def minimal(result: CaseResult, target: Target) -> CaseResult:
    """Return the smallest case found with the signature of ``result``: never a larger one than it."""
    candidates = [result, *_isolated(result, target), *_found(result, target)]
    return min(candidates, key=_size)


def _size(result: CaseResult) -> tuple[int, int, int]:
    case = result.asked
    return len(case.graph.nodes), sum(each.value.size for each in case.graph.inputs), len(case.to_json())


def _found(result: CaseResult, target: Target) -> list[CaseResult]:
    """Let Hypothesis find and shrink a graph over the same ops, the one at fault first, starting from nothing.

    Functions of the user's own are none of its ops.
    """
    asked = result.asked
    if asked.graph.has_calls:
        return []
    ops = sorted({node.op for node in asked.graph.nodes}, key=lambda name: (name != result.culprit, name))

    def trial(case: Case) -> CaseResult:
        to_order = case.of_second_order() if asked.order == 2 else case
        return examine_any_order(to_order, target, finite_differences=False)

    def same(case: Case) -> bool:
        try:
            return trial(case).signature == result.signature
        except Exception:
            return False  # it fails otherwise, so it is not the same; a campaign reports such a case by itself

    try:
        smallest = find(cases(ops, asked.dtype), same, settings=finding(TRIES), random=random.Random(0))  # noqa: S311 - reproducible, not secret
    except NoSuchExample:
        return []
    return [examine_any_order(trial(smallest).asked, target)]


def _isolated(result: CaseResult, target: Target) -> list[CaseResult]:
    """Take the node at fault alone, at the arguments and the cotangent that it really had."""
    sites = dict.fromkeys(each.site for each in result.blamed)
    trials = [examine_any_order(case, target) for site in sites for case in _alone(result, site)]
    return [trial for trial in trials if trial.signature == result.signature]


def _alone(result: CaseResult, site: int) -> list[Case]:
    """Return the case of one node, and that of second order for a node of a forward that was pulled back twice."""
    graph, run = result.case.graph, result.run
    node = graph[site]
    if not isinstance(node, Node):
        return []
    alone, _ = isolate(graph, node, [run.values[arg] for arg in node.args])
    found = [Case(alone, (each.entered[site],)) for each in run.pullbacks if site in each.entered][:1]
    if isinstance(result, SecondOrderResult):
        steps = [step for steps in result.recorded.passes for step in steps if step.site == site][:1]
        found += [Case(alone, (run.values[step.entered],)).of_second_order() for step in steps]
    return found
