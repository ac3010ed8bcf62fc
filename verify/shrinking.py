"""From a failing case to one that a person can read: same op at fault, same verdict, same misdeed."""

from __future__ import annotations

import random

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample

from gradproof.case import Case
from gradproof.graph import Node
from gradproof.symbolic.oracle import isolate

from .examine import CaseResult, examine
from .strategies import cases
from .targets.target import Target

#: How many fresh graphs are tried before the failing one is cut down instead.
TRIES = 500


def minimal(result: CaseResult, target: Target) -> CaseResult:
    """Return the smallest case found with the signature of ``result``: never a larger one than it."""
    candidates = [result, *_isolated(result, target), *_found(result, target)]
    return min(candidates, key=_size)


def _size(result: CaseResult) -> tuple[int, int, int]:
    graph = result.case.graph
    return len(graph.nodes), sum(each.value.size for each in graph.inputs), len(result.case.to_json())


def _found(result: CaseResult, target: Target) -> list[CaseResult]:
    """Let Hypothesis find and shrink a graph over the same ops, the one at fault first, starting from nothing."""
    ops = sorted({node.op for node in result.case.graph.nodes}, key=lambda name: (name != result.culprit, name))

    def same(case: Case) -> bool:
        try:
            return examine(case, target, finite_differences=False).signature == result.signature
        except Exception:
            return False  # it fails otherwise, so it is not the same; a campaign reports such a case by itself

    options = settings(
        max_examples=TRIES,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    try:
        smallest = find(cases(ops, result.case.dtype), same, settings=options, random=random.Random(0))  # noqa: S311 - reproducible, not secret
    except NoSuchExample:
        return []
    return [examine(smallest, target)]


def _isolated(result: CaseResult, target: Target) -> list[CaseResult]:
    """Take the node at fault alone, at the arguments and the cotangent that it really had."""
    graph, run = result.case.graph, result.run
    found = []
    for site in dict.fromkeys(each.site for each in result.blamed):
        node = graph[site]
        cotangents = [each.entered[site] for each in run.pullbacks if site in each.entered]
        if isinstance(node, Node) and cotangents:
            alone, _ = isolate(graph, node, [run.values[arg] for arg in node.args])
            trial = examine(Case(alone, (cotangents[0],)), target)
            found += [trial] if trial.signature == result.signature else []
    return found
