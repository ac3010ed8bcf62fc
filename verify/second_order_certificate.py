"""Certificates of a recorded backward, beside those of its nodes: that it is the gradient, as a function.

A rule that computes a factor on arrays returns the right cotangent, and is the wrong function to differentiate again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gradproof.case import Case
from gradproof.exact import Array
from gradproof.graph import Graph, Node
from gradproof.symbolic import isolate

from .certificate import Certificate, compare
from .examination import CaseResult
from .second_order_result import SecondOrderResult, or_zeros
from .targets.target import Recorded, Step

Examine = Callable[[Case], CaseResult]


def certify_gradients(case: Case, first: CaseResult, recorded: Recorded) -> Iterator[Certificate]:
    """Check that ``create_graph`` leaves each gradient what it is without: the same bits, or within its tolerance."""
    found = {block: recorded.case.graph.outputs[place] for place, block in enumerate(recorded.blocks)}
    for number, pullback in enumerate(first.run.pullbacks):
        for leaf, plain in pullback.gradients.items():
            site = found.get((number, leaf))
            if site is None:
                reason = f"with create_graph no gradient arrives at {case.graph.name(leaf)}"
                yield Certificate(recorded.ids[case.graph.outputs[number]], "gradient", False, reason=reason)
                continue
            got, proven = recorded.run.values[site], first.proof.gradients[number][leaf]
            same = got.shape == plain.shape and bool(np.all(proven.admits(got) | _are_equal(got, plain)))
            reason = "" if same else f"with create_graph the gradient is another one: {got} in place of {plain}"
            yield Certificate(site, "gradient", same, reason=reason)


def _are_equal(a: Array, b: Array) -> Array:
    return (a == b) | (np.isnan(a) & np.isnan(b))


def certify_record(case: Case, recorded: Recorded, examine_alone: Examine) -> Iterator[Certificate]:
    """Check what the certificates of single nodes cannot see: sums of cotangents, and rules as functions.

    ``examine_alone`` examines a case of one node, without locating what is at fault.
    """
    for number, steps in enumerate(recorded.passes):
        yield from _certify_sums(case, recorded, number, steps)
        for step in steps:
            yield from _certify_rules(recorded, step, examine_alone)


def _certify_sums(case: Case, recorded: Recorded, number: int, steps: Sequence[Step]) -> Iterator[Certificate]:
    """Check that what arrived at each node and leaf is recorded as the sum of what was passed on to it."""
    graph, output = recorded.case.graph, recorded.ids[case.graph.outputs[number]]
    passed_on: defaultdict[int, Counter[int]] = defaultdict(Counter, {output: Counter([recorded.cotangents[number]])})
    arrived = [(step.site, step.entered) for step in steps]
    arrived += [(leaf, site) for (k, leaf), site in zip(recorded.blocks, graph.outputs, strict=True) if k == number]
    for step in steps:
        for arg, part in zip(node_at(graph, step.site).args, step.left, strict=True):
            if part is not None:
                passed_on[arg][part] += 1
    for site, total in arrived:
        if _terms(graph, total, passed_on[site]) != passed_on[site]:
            reason = "what arrives is not recorded as the sum of the cotangents that its consumers passed on"
            yield Certificate(site, "accumulation", False, reason=reason)


def node_at(graph: Graph, site: int) -> Node:
    """Return the node that made a value."""
    node = graph[site]
    assert isinstance(node, Node)
    return node


def _terms(graph: Graph, site: int, parts: Mapping[int, int]) -> Counter[int]:
    """Return the values that a value is recorded as the sum of, down to ``parts``."""
    node = graph[site]
    if site in parts or not isinstance(node, Node) or node.op != "add":
        return Counter([site])
    return sum((_terms(graph, arg, parts) for arg in node.args), start=Counter())


def _certify_rules(recorded: Recorded, step: Step, examine_alone: Examine) -> Iterator[Certificate]:
    """Examine one node alone, at what it really had: each of its rules as a function of arguments and cotangent."""
    graph, values = recorded.case.graph, recorded.run.values
    node = node_at(graph, step.site)
    alone, wanted = isolate(graph, node, [values[arg] for arg in node.args])
    case = Case(alone, (values[step.entered],)).of_second_order()
    result = examine_alone(case)
    magnitudes = [*case.cotangents, *case.directions, *(pair.proven.midpoints for pair in result.pairs)]
    scale = max(float(np.max(np.abs(each), initial=0.0, where=np.isfinite(each))) for each in magnitudes)
    for slot in np.flatnonzero(wanted).tolist():
        yield _certify_rule(step.site, slot, result, scale)


def _certify_rule(site: int, slot: int, result: CaseResult, scale: float) -> Certificate:
    """Return what the examination of a node alone says of the rule of one argument."""
    if not isinstance(result, SecondOrderResult):
        return Certificate(site, "rule", False, slot, reason="it is wrong at first order already")
    unlike = next((each for each in result.broken if each.part == "gradient"), None)
    if unlike is not None:
        return replace(unlike, site=site, part="rule", slot=slot)
    mine = [pair for pair in result.pairs if result.recorded.blocks[pair.output][1] == slot]
    dtypes = [result.case.graph[pair.leaf].dtype for pair in mine]
    found = [
        compare(site, "rule", or_zeros(pair.got, pair.proven, dtype), pair.proven, dtype, slot, scale)
        for pair, dtype in zip(mine, dtypes, strict=True)
    ]
    worst_one = min(found, key=lambda each: _RANK[each.holds], default=Certificate(site, "rule", True, slot))
    if worst_one.holds or not result.proof.notes:
        return replace(worst_one, inaccurate=worst_one.holds is False and bool(result.lossy))
    return replace(worst_one, holds=None, reason="")


#: From worst to best.
_RANK = {False: 0, None: 1, True: 2}
