"""The oracle: proven values and gradients of a graph, each with the tolerance that the budgets give it.

The enclosure of the true value must be far narrower than the tolerance; where it is not, the precision doubles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from flint import arb

from gradproof.budget import EXACT, Budget
from gradproof.case import Case
from gradproof.exact import Array, name_of
from gradproof.graph import Graph, Input, Node

from .approximate import Approximate, is_finite
from .balls import Kind, Switch, entrywise, known_answer, precision
from .bounds import Bounds, in_floats_or_balls
from .branching import Branching, Reach, are_sharp, derivative_at, surrounding, take_apart
from .calls import Opened, open_calls, with_entrance
from .dependence import Dependence, dependent_places
from .derivative import Sweep
from .domain import Objects
from .joint_sweeps import Sides
from .limits import is_continuous, lasting_ties, limits_beside
from .naive import Naive
from .proven import Proven
from .remembered import Remembered
from .standing import Standing
from .tolerance import ROUNDINGS, Budgeted

START_BITS = 128
MOST_BITS = 8192

#: A switching point that is open at this precision, or an enclosure that is not finite, is believed to stay so: it is
#: enough to tell apart all that the exponents of floats do.
DECISIVE_BITS = 2048


class _Refinable:
    """What more precision may sharpen: the entries that it is chosen for, and whether a switching point is open."""

    @property
    def proven(self) -> tuple[Proven, ...]:
        """The entries."""
        raise NotImplementedError

    @cached_property
    def is_sharp(self) -> bool:
        """Whether every entry that the precision is chosen for is enclosed far within its tolerance."""
        return all(proven.is_sharp for proven in self.proven)

    @property
    def is_finite(self) -> bool:
        """Whether every such entry has a finite enclosure."""
        return all(np.all(is_finite(proven.enclosure)) for proven in self.proven)


@dataclass(frozen=True, eq=False)
class Proof(_Refinable):
    """What is proven of a case.

    ``values`` are by value id, and ``outputs`` the ids of the outputs; ``gradients`` hold one mapping from leaf id per
    output; ``notes`` name, by node, what left an enclosure wide or empty; ``switches`` are the switching points;
    ``branchings`` say, per output, what they leave open; ``jumps`` are the nodes with a slope that holds an integer
    part which rounding errors may change. ``bits`` is the precision that was needed.
    """

    values: Mapping[int, Proven]
    gradients: tuple[Mapping[int, Proven], ...]
    notes: Mapping[int, frozenset[str]]
    switches: Mapping[Switch, Kind]
    bits: int
    outputs: tuple[int, ...] = ()
    branchings: tuple[Branching | None, ...] = ()
    jumps: frozenset[int] = frozenset()

    @property
    def undecided(self) -> bool:
        """Whether a switching point is open that more precision may decide."""
        return Kind.OPEN in self.switches.values()

    @property
    def proven(self) -> tuple[Proven, ...]:
        """What the precision is chosen for: the gradients, and the values of the outputs."""
        outputs = (self.values[output] for output in self.outputs if output in self.values)
        return (*(proven for gradient in self.gradients for proven in gradient.values()), *outputs)


@dataclass(frozen=True, eq=False)
class NodeProof(_Refinable):
    """What is proven of one node at recorded arguments: its result, and the cotangent of each tracked argument.

    For a comparison there is no ``value``, but ``answers``: True, False, or None where none can be given. ``shape`` is
    that of the result by the mirror's definition. ``branching`` says what is left open of the cotangents of the tracked
    arguments.
    """

    value: Proven | None
    answers: Objects | None
    shape: tuple[int, ...]
    cotangents: tuple[Proven | None, ...]
    notes: frozenset[str]
    switches: Mapping[Switch, Kind]
    bits: int
    branching: Branching | None = None
    #: of a function that is opened, what it computes on the way, with dtypes
    inside: tuple[tuple[Approximate, str], ...] = ()

    @cached_property
    def overflows_inside(self) -> bool:
        """Whether a true value on the way is larger than its dtype can hold."""
        return any(Proven.of(value).exceeds(float(np.finfo(dtype).max)).any() for value, dtype in self.inside)

    @property
    def undecided(self) -> bool:
        """Whether a switching point is open that more precision may decide."""
        return Kind.OPEN in self.switches.values()

    @property
    def proven(self) -> tuple[Proven, ...]:
        """What the precision is chosen for: the result and the cotangents."""
        return tuple(proven for proven in (self.value, *self.cotangents) if proven is not None)


P = TypeVar("P", Proof, NodeProof)


def _refine(prove_at: Callable[[int], P]) -> P:
    """Increase the precision until the proof is sharp, or as long as that helps."""
    bits = START_BITS
    proof = _at(bits, prove_at)
    while not proof.is_sharp and bits < MOST_BITS:
        bits *= 4
        earlier, proof = proof, _at(bits, prove_at)
        is_open = bits < DECISIVE_BITS and (proof.undecided or not proof.is_finite)
        if not (is_open or any(map(Proven.gains_on, proof.proven, earlier.proven))):
            break
    return proof


def _at(bits: int, prove_at: Callable[[int], P]) -> P:
    with precision(bits):
        return prove_at(bits)


def prove(case: Case, budgets: Mapping[str, Budget]) -> Proof:
    """Enclose the values and gradients of ``case``, increasing the precision as far as that helps.

    An op without a budget must be exact. Raises ``MirrorError`` for what has no mirror.
    """
    opened = Opened(case, budgets)
    proof = prove_within(opened.case, lambda bounds: Budgeted(opened.budgets, bounds=bounds))
    return closed(opened, _branch(opened.case, opened.budgets, proof) if proof.switches else proof)


def closed(opened: Opened, proof: Proof) -> Proof:
    """Return a proof of an opened case as one of the case that was asked for."""
    values = {site: proof.values[i] for site, i in enumerate(opened.inlined.ids) if i in proof.values}
    notes, switches = opened.notes(proof.notes), opened.switches(proof.switches)
    jumps = frozenset(opened.inlined.origins[site] for site in proof.jumps)
    outputs = opened.asked.graph.outputs
    return replace(proof, values=values, notes=notes, switches=switches, outputs=outputs, jumps=jumps)


def prove_within(case: Case, domain: Callable[[Bounds], Budgeted]) -> Proof:
    """Return what sweeps over ``domain`` prove of an opened case, kinks as hulls, with bounds as floats or as balls."""
    sizes = case.graph.sizes

    def prove_at(bits: int) -> Proof:
        return in_floats_or_balls(lambda bounds: _prove_at(case, domain(bounds), bits), sizes)

    return _refine(prove_at)


def prove_naively(case: Case, budgets: Mapping[str, Budget]) -> Proof:
    """Return :func:`prove` with the tolerance that naive but legitimate formulas need: digits lost, and no more."""
    opened = Opened(case, budgets)
    graph, known = opened.inlined.graph, opened.budgets
    return closed(opened, _refine(lambda bits: _prove_at(opened.case, Naive(known, graph), bits)))


def _prove_at(case: Case, domain: Budgeted, bits: int) -> Proof:
    graph = case.graph
    sweep = Sweep(graph, domain, domain.inputs([each.value for each in graph.inputs]))
    pulled = [
        _pull(sweep, output, domain.cotangent(ct)) for output, ct in zip(graph.outputs, case.cotangents, strict=True)
    ]
    values = {i: Proven.of(value) for i, value in enumerate(sweep.values) if isinstance(value, Approximate)}
    gradients = tuple(_complete(graph, found) for found in pulled)
    notes = {site: frozenset(reasons) for site, reasons in domain.notes.items()}
    jumps = frozenset(domain.exact.jumps)
    return Proof(values, gradients, notes, domain.switches, bits, graph.outputs, jumps=jumps)


def _pull(sweep: Sweep, output: int, ct: Any) -> Mapping[int, Any]:
    found = sweep.gradients(output, ct)
    return {leaf: found[leaf] for leaf in sorted(found)}


def _complete(graph: Graph, found: Mapping[int, Approximate]) -> dict[int, Proven]:
    return {leaf: Proven.of(found[leaf]) if leaf in found else Proven.zero(graph[leaf].shape) for leaf in graph.leaves}


def _branch(case: Case, budgets: Mapping[str, Budget], proof: Proof) -> Proof:
    """Take the branches of every output apart."""
    graph = case.graph
    lasting = lasting_ties(graph) if any(switch.compares for switch in proof.switches) else set()
    switches = {switch: kind for switch, kind in proof.switches.items() if switch not in lasting}
    answered = dict.fromkeys(lasting, 0)
    gradients, branchings = [], []
    for output, ct in zip(graph.outputs, case.cotangents, strict=True):
        met: list[Approximate] = []

        def pull(
            standing: Standing, sides: Sides, output: int = output, ct: Array = ct, met: list[Approximate] = met
        ) -> Mapping[int, Approximate]:
            sweep = standing.on(sides)
            if all(switches[switch] is Kind.TIE for switch in sides):
                met.append(sweep.values[output])
            return _pull(sweep, output, standing.domain.cotangent(ct))

        def reach(output: int = output, ct: Array = ct) -> Reach:
            domain = Dependence(switches, budgets)
            sweep = Sweep(graph, domain, domain.inputs([each.value for each in graph.inputs]))
            return dependent_places(_pull(sweep, output, domain.cotangent(ct)).values(), switches)

        # a tie that no precision decides is no reason to follow its branches at the highest
        lowest = proof.bits if Kind.FLIP in switches.values() else START_BITS
        for bits in dict.fromkeys((lowest, proof.bits)):
            met.clear()
            with precision(bits):
                pull_here = partial(pull, Standing(graph, budgets, answered))
                settled, clusters = take_apart(pull_here, switches, reach)
            if are_sharp(settled, clusters):
                break
        jumps = _jumps(graph, output, met, proof.values[output])
        derivative = derivative_at(settled, clusters, switches)
        limits = Remembered(limits_beside(graph, output, ct)) if derivative is None else (derivative,)
        gradients.append(_complete(graph, settled))
        is_open = settled and (clusters or jumps)
        branchings.append(Branching(tuple(settled), clusters, limits, jumps) if is_open else None)
    return replace(proof, gradients=tuple(gradients), branchings=tuple(branchings))


def _jumps(graph: Graph, output: int, met: Sequence[Approximate], proven: Proven) -> bool:
    """Tell whether the branches that ``met`` give other values than the function has.

    A branch without a value, such as 0/0, may have a limit there.
    """
    if any(np.any(_is_apart(each.value, proven.enclosure)) for each in met):
        return True
    return not all(np.all(is_finite(each.value)) for each in met) and not is_continuous(graph, output)


_is_apart = entrywise(lambda a, b: bool(a.is_finite() and b.is_finite() and not a.overlaps(b)), 2)


def prove_node(
    graph: Graph, site: int, args: Sequence[Array], ct: Array | None, budgets: Mapping[str, Budget]
) -> NodeProof:
    """Enclose one node's result and, with ``ct``, its VJP: alone, at the arguments that were recorded."""
    alone, wanted = _isolated(graph, site, args)
    return _prove_alone(alone, ct, wanted, with_entrance(budgets))


def _prove_alone(alone: Graph, ct: Array | None, wanted: list[bool], budgets: Mapping[str, Budget]) -> NodeProof:
    def prove_at(bits: int) -> NodeProof:
        return in_floats_or_balls(
            lambda bounds: _prove_node_at(alone, ct, wanted, Budgeted(budgets, bounds=bounds), bits), alone.sizes
        )

    proof = _refine(prove_at)
    if ct is not None and proof.switches:
        return _branch_node(alone, ct, wanted, budgets, proof)
    return _surround(alone, ct, proof, budgets) if ct is not None and "singular" in proof.notes else proof


def prove_node_naively(
    graph: Graph, site: int, args: Sequence[Array], ct: Array | None, budgets: Mapping[str, Budget]
) -> NodeProof:
    """Return :func:`prove_node` with the tolerance that naive but legitimate formulas need."""
    alone, wanted = _isolated(graph, site, args)
    known = with_entrance(budgets)
    return _refine(lambda bits: _prove_node_at(alone, ct, wanted, Naive(known, alone), bits))


def prove_application(
    graph: Graph, cotangents: Mapping[int, Array], args: Sequence[Array], budgets: Mapping[str, Budget]
) -> NodeProof:
    """Enclose the VJP of a function with several results, of which those at some sites have cotangents."""
    alone, wanted = _weighted(graph, cotangents, args)
    return _prove_alone(alone, np.ones((), alone[alone.outputs[0]].dtype), wanted, with_entrance(budgets))


def prove_application_naively(
    graph: Graph, cotangents: Mapping[int, Array], args: Sequence[Array], budgets: Mapping[str, Budget]
) -> NodeProof:
    """Return :func:`prove_application` with the tolerance that naive but legitimate formulas need."""
    alone, wanted = _weighted(graph, cotangents, args)
    known, one = with_entrance(budgets), np.ones((), alone[alone.outputs[0]].dtype)
    return _refine(lambda bits: _prove_node_at(alone, one, wanted, Naive(known, alone), bits))


def _weighted(graph: Graph, cotangents: Mapping[int, Array], args: Sequence[Array]) -> tuple[Graph, list[bool]]:
    """Return the graph of the sum of results of one application times their cotangents, and which arguments count."""
    first = graph[min(cotangents)]
    assert isinstance(first, Node)
    alone, wanted = isolate(graph, first, args)
    values: list[Input | Node] = [*alone.inputs, *map(Input, cotangents.values())]
    terms = []
    for number, site in enumerate(cotangents):
        result = graph[site]
        assert isinstance(result, Node)
        values.append(result.of(tuple(range(len(args)))))
        made = len(values) - 1
        values.append(Node("multiply", (made, len(args) + number), {}, result.shape, result.dtype))
        values.append(Node("sum", (made + 1,), {"axis": None, "keepdims": False}, (), result.dtype))
        terms.append(made + 2)
    total = terms[0]
    for term in terms[1:]:
        dtype = np.result_type(values[total].dtype, values[term].dtype).name
        values.append(Node("add", (total, term), {}, (), dtype))
        total = len(values) - 1
    return open_calls(Graph.assemble(values, (total,))).graph, wanted


def _isolated(graph: Graph, site: int, args: Sequence[Array]) -> tuple[Graph, list[bool]]:
    node = graph[site]
    assert isinstance(node, Node)
    alone, wanted = isolate(graph, node, args)
    return open_calls(alone).graph, wanted


def isolate(graph: Graph, node: Node, args: Sequence[Array]) -> tuple[Graph, list[bool]]:
    """Return the graph of one node at given arguments, and which of them are tracked in ``graph``."""
    wanted = [graph.tracked[arg] for arg in node.args]
    inputs = tuple(Input(arg, requires_grad=flag) for arg, flag in zip(args, wanted, strict=True))
    return Graph(inputs, (node.of(tuple(range(len(args)))),), (len(args),)), wanted


def _prove_node_at(alone: Graph, ct: Array | None, wanted: list[bool], domain: Budgeted, bits: int) -> NodeProof:
    site = alone.outputs[0]
    sweep = Sweep(alone, domain, domain.inputs([each.value for each in alone.inputs]))
    value = sweep.values[site]
    found = {} if ct is None else _pull_node(sweep, domain.cotangent(ct), wanted)
    proven = tuple(Proven.of(found[slot]) if slot in found else None for slot in range(len(wanted)))
    notes = frozenset().union(*domain.notes.values())
    result, answers = (Proven.of(value), None) if isinstance(value, Approximate) else (None, known_answer(value))
    inside = tuple(
        (each, node.dtype)
        for each, (_, node) in zip(sweep.values[len(alone.inputs) :], alone.enumerate_nodes(), strict=True)
        if isinstance(each, Approximate) and len(alone.nodes) > 1
    )
    return NodeProof(result, answers, value.shape, proven, notes, domain.switches, bits, inside=inside)


def _pull_node(sweep: Sweep, ct: Any, wanted: list[bool]) -> dict[int, Any]:
    """Return the cotangent of each wanted argument that has one: of a single op, or of the graph of a function."""
    (output,) = sweep.graph.outputs
    if len(sweep.graph.nodes) != 1 or len(sweep.graph.inputs) != len(wanted):
        return dict(_pull(sweep, output, ct))
    cts = sweep.pull(output, ct, wanted)
    return {slot: part for slot, part in enumerate(cts) if part is not None}


def _branch_node(
    alone: Graph, ct: Array, wanted: list[bool], budgets: Mapping[str, Budget], proof: NodeProof
) -> NodeProof:
    """Take the branches of one node apart: its generalised Jacobian, applied to the cotangent."""
    standing: Standing

    def pull(sides: Sides) -> Mapping[int, Approximate]:
        return _pull_node(standing.on(sides), standing.domain.cotangent(ct), wanted)

    def reach() -> Reach:
        domain = Dependence(proof.switches, budgets)
        sweep = Sweep(alone, domain, domain.inputs([each.value for each in alone.inputs]))
        return dependent_places(_pull_node(sweep, domain.cotangent(ct), wanted).values(), proof.switches)

    with precision(proof.bits):
        standing = Standing(alone, budgets)
        settled, clusters = take_apart(pull, proof.switches, reach)
    cotangents = tuple(Proven.of(settled[slot]) if slot in settled else None for slot in range(len(wanted)))
    return replace(proof, cotangents=cotangents, branching=Branching(tuple(settled), clusters) if clusters else None)


def _surround(alone: Graph, ct: Array, proof: NodeProof, budgets: Mapping[str, Budget]) -> NodeProof:
    """At a singular point, look for limits of the cotangents beside it: they exist where the op is Lipschitz there."""
    slots = tuple(slot for slot, proven in enumerate(proof.cotangents) if proven is not None)
    enclosures = np.concatenate([proof.cotangents[slot].enclosure.ravel() for slot in slots])  # type: ignore[union-attr]
    places = np.flatnonzero(~is_finite(enclosures))
    cluster = surrounding(alone, ct, places, _slack(alone, budgets)) if places.size else None
    return replace(proof, branching=Branching(slots, (cluster,))) if cluster is not None else proof


def _slack(alone: Graph, budgets: Mapping[str, Budget]) -> arb:
    """Return how far budgets let a slope be off, relatively: all roundings, and one for each entry summed."""
    known = [budgets.get(node.op, EXACT) for node in alone.nodes]
    entries = sum(alone[leaf].size for leaf in alone.leaves)
    roundings = sum(budget.forward + budget.vjp for budget in known)
    return (roundings + entries) * ROUNDINGS[alone[alone.outputs[0]].dtype].unit


def prove_sum(parts: Sequence[Array], budgets: Mapping[str, Budget] = MappingProxyType({})) -> Proven:
    """Enclose the sum of recorded cotangents of one shape and dtype, in any order of addition.

    That takes no op; where the ``budgets`` of a target say that it flushes to zero, so may the sum.
    """

    def prove(bounds: Bounds) -> Proven:
        domain = Budgeted(budgets, bounds=bounds)
        return Proven.of(domain.join(domain.inputs(parts), name_of(parts[0].dtype)))

    with precision(START_BITS):
        return in_floats_or_balls(prove, [part.size for part in parts])
