"""The one derivative sweep, over any scalar domain.

Forward it runs the lowered steps of every node; backward it pulls cotangents through them. It knows the chain rule and
the transpose of a linear map, and takes every other derivative from the domain, which has it from ``sympy.diff``.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

import numpy as np

from gradproof.errors import MirrorError
from gradproof.graph import Graph, Node

from .domain import Domain
from .program import Apply, Contract, Determinant, Implicit, Move, Program, Select, Step, Total, lower
from .rules import RULES


def run(program: Program, domain: Domain, args: Sequence[Any]) -> list[Any]:
    """Run the steps of one op and return all slots."""
    slots = list(args)
    for step in program.steps:
        slots.append(_value(step, domain, [slots[arg] for arg in step.args]))
    return slots


def _value(step: Step, domain: Domain, args: list[Any]) -> Any:
    domain.enter_step(step)
    if isinstance(step, Move):
        return domain.gather(args, step)
    if isinstance(step, Select):
        return domain.select(args[0], *map(domain.numbers, args[1:]))
    numbers = list(map(domain.numbers, args))
    if isinstance(step, Apply):
        return domain.apply(step.function, numbers)
    if isinstance(step, Total):
        return domain.total(numbers[0], step.axes)
    if isinstance(step, Determinant):
        return domain.determinant(numbers[0])
    if isinstance(step, Implicit):
        return domain.root(step, numbers[0])
    return domain.contract(*numbers)


#: The wanted partials of nonlinear steps, by step and which are wanted: they do not depend on a cotangent. Of a root,
#: where none is wanted: the slots of its equations, and the inverse of their Jacobian. Of a determinant, likewise: its
#: cofactors.
Partials = dict[tuple[Step, tuple[bool, ...]], list[Any]]


def pull_back(
    program: Program, domain: Domain, slots: list[Any], ct: Any, wanted: Sequence[bool], known: Partials
) -> list[Any]:
    """Return the cotangent of each wanted argument, None for the others and where no path leads to it.

    Partials that are ``known`` are not worked out again; the others are added to them.
    """
    active = _active(program, wanted)
    arrived: defaultdict[int, list[Any]] = defaultdict(list)
    arrived[program.result].append(ct)
    for slot in range(len(slots) - 1, program.arity - 1, -1):
        if slot in arrived and active[slot]:
            step = program.steps[slot - program.arity]
            total = domain.add(arrived.pop(slot))
            for arg, part in _transpose(step, slot, domain, slots, total, active, known):
                arrived[arg].append(part)
    return [domain.add(arrived[slot]) if flag and slot in arrived else None for slot, flag in enumerate(wanted)]


def _active(program: Program, wanted: Sequence[bool]) -> list[bool]:
    """Tell for each slot whether it depends on a wanted argument."""
    active = list(wanted)
    for step in program.steps:
        carriers = step.args[1:] if isinstance(step, Select) else step.args
        blind = isinstance(step, Apply) and step.function.is_condition
        active.append(not blind and any(active[arg] for arg in carriers))
    return active


def _transpose(
    step: Step, slot: int, domain: Domain, slots: list[Any], ct: Any, active: list[bool], known: Partials
) -> Iterator[tuple[int, Any]]:
    wanted = [active[arg] for arg in step.args]
    domain.enter_step(step)
    if isinstance(step, Apply):
        parts = _chain(step, domain, [domain.numbers(slots[arg]) for arg in step.args], ct, wanted, known)
    elif isinstance(step, Move):
        parts = domain.scatter(ct, step)
    elif isinstance(step, Total):
        parts = [domain.spread(ct, step.source)]
    elif isinstance(step, Determinant):
        parts = [_pull_determinant(step, domain, slots[step.args[0]], ct, known)]
    elif isinstance(step, Implicit):
        parts = [_pull_root(step, domain, slots[step.args[0]], slots[slot], ct, known)]
    elif isinstance(step, Contract):
        left, right = (domain.numbers(slots[arg]) for arg in step.args)
        parts = [
            domain.contract(ct, domain.swap(right)) if wanted[0] else None,
            domain.contract(domain.swap(left), ct) if wanted[1] else None,
        ]
    else:
        condition = slots[step.args[0]]
        parts = [None, domain.share(condition, ct, chosen=True), domain.share(condition, ct, chosen=False)]
    for arg, part, flag in zip(step.args, parts, wanted, strict=True):
        if flag and part is not None:
            yield arg, part


def _chain(step: Apply, domain: Domain, args: list[Any], ct: Any, wanted: Sequence[bool], known: Partials) -> list[Any]:
    """Multiply ``ct`` by the wanted partials, of which those that are 1 need no work."""
    ones = [partial == 1 for partial in step.function.gradient]
    needed = tuple(flag and not one for flag, one in zip(wanted, ones, strict=True))
    if (step, needed) not in known:
        known[step, needed] = domain.partials(step.function, args, needed) if any(needed) else [None] * len(args)
    return [
        ct if one else None if partial is None else domain.product(ct, partial)
        for one, partial in zip(ones, known[step, needed], strict=True)
    ]


def _pull_determinant(step: Determinant, domain: Domain, x: Any, ct: Any, known: Partials) -> Any:
    """Return ``ct`` times what the determinant, linear in each row, multiplies the entries by."""
    if (step, ()) not in known:
        known[step, ()] = [domain.cofactors(domain.numbers(x), step)]
    (cofactors,) = known[step, ()]
    return domain.product(domain.spread(ct, step.source), cofactors)


def slope_of(step: Implicit, domain: Domain, x: Any, y: Any, known: Partials) -> Any:
    """Return ``-F_y`` of the equations F of ``step`` at (x, y): a matrix for each entry of the stack."""
    size = step.shape[-1]
    copies = [domain.spread(each, (size, *each.shape)) for each in (x, y)]
    slots = run(step.repeated, domain, copies)
    ct = np.zeros((size, *step.shape))
    ct[np.arange(size), ..., np.arange(size)] = -1.0
    pulled = pull_back(step.repeated, domain, slots, domain.cotangent(ct), (False, True), known)
    return domain.gather(pulled[1:], step.rows)


def _pull_root(step: Implicit, domain: Domain, x: Any, y: Any, ct: Any, known: Partials) -> Any:
    """Return ``-F_x^T F_y^-T ct``: the implicit function theorem, transposed."""
    if (step, ()) not in known:
        slots = run(step.residual, domain, [x, y])
        known[step, ()] = [slots, domain.inverse(slope_of(step, domain, x, y, known), step, y)]
    slots, inverse = known[step, ()]
    weights = domain.contract(domain.gather([ct], step.as_row), inverse)
    (flat,) = domain.scatter(weights, step.as_row)
    return pull_back(step.residual, domain, slots, flat, (True, False), known)[0]


class _Evaluation:
    """An op at its arguments: all slots and the result, the partials, and what was pulled back through it."""

    def __init__(self, args: list[Any], slots: list[Any], value: Any) -> None:
        self.args = args
        self.slots = slots
        self.value = value
        self.partials: Partials = {}
        self.pulled: list[tuple[Any, list[bool], list[Any]]] = []


class Sweep:
    """The forward values of a graph in a domain, ready to be pulled back from.

    ``inputs`` are arrays of the domain, one per input of the graph. ``values`` are by id.

    ``known`` is an earlier sweep over the same graph, in the same domain and from the same inputs; the domain has since
    changed at the nodes ``changed``. Nothing is worked out again that comes to the same.
    """

    def __init__(
        self,
        graph: Graph,
        domain: Domain,
        inputs: Sequence[Any],
        known: Sweep | None = None,
        changed: Set[int] = frozenset(),
    ) -> None:
        self.graph = graph
        self.domain = domain
        self.programs: Mapping[int, Program] = (
            {site: lower(graph, node, RULES) for site, node in graph.enumerate_nodes()}
            if known is None
            else known.programs
        )
        self.values: list[Any] = list(inputs)
        self._evaluations: dict[int, _Evaluation] = {}
        for site, node in graph.enumerate_nodes():
            earlier = known._evaluations[site] if known is not None else None
            self._evaluations[site] = self._forward(site, node, earlier, changed=site in changed)
            self.values.append(self._evaluations[site].value)

    def _forward(self, site: int, node: Node, earlier: _Evaluation | None, *, changed: bool) -> _Evaluation:
        args = [self._shaped(arg) for arg in node.args]
        if earlier is not None and not changed and all(map(operator.is_, args, earlier.args)):
            return earlier
        moving = any(self.graph.tracked[arg] for arg in node.args)
        slots = run(self.programs[site], self.domain, self.domain.enter(site, node, args, moving=moving))
        value = self.domain.leave(node, slots[self.programs[site].result])
        if earlier is not None and self.domain.same(value, earlier.value):
            value = earlier.value
        return _Evaluation(args, slots, value)

    def _shaped(self, value_id: int) -> Any:
        """Return a value that has the shape the graph records. Raises ``MirrorError`` where it has not."""
        value, recorded = self.values[value_id], self.graph[value_id].shape
        if value.shape != recorded:
            name = self.graph.name(value_id)
            raise MirrorError(f"{name} has shape {value.shape} in the mirror, but the graph records {recorded}")
        return value

    def pull(self, site: int, ct: Any, wanted: list[bool]) -> list[Any]:
        """Pull a cotangent back through the op at ``site`` alone."""
        at = self._evaluations[site]
        for earlier, flags, parts in at.pulled:
            if flags == wanted and self.domain.same(earlier, ct):
                return parts
        parts = self._pull(site, at, ct, wanted)
        at.pulled.append((ct, wanted, parts))
        return parts

    def _pull(self, site: int, at: _Evaluation, ct: Any, wanted: list[bool]) -> list[Any]:
        node = self.graph[site]
        assert isinstance(node, Node)
        entered = self.domain.enter_pullback(site, node, at.value, ct)
        cts = pull_back(self.programs[site], self.domain, at.slots, entered, wanted, at.partials)
        dtypes = [self.graph[arg].dtype for arg in node.args]
        return [
            None if part is None else self.domain.leave_pullback(part, node, dtype)
            for part, dtype in zip(cts, dtypes, strict=True)
        ]

    def gradients(self, output: int, ct: Any) -> Mapping[int, Any]:
        """Pull a cotangent of the value ``output`` back to every leaf that a tracked path leads to."""
        reached = self.graph.reached_from(output)
        arrived: defaultdict[int, list[Any]] = defaultdict(list)
        if output in reached and self._shaped(output) is not None:
            arrived[output].append(ct)
        for site in range(len(self.graph) - 1, len(self.graph.inputs) - 1, -1):
            if site not in arrived:
                continue
            node = self.graph.nodes[site - len(self.graph.inputs)]
            total = self.domain.join(arrived.pop(site), node.dtype)
            wanted = [arg in reached for arg in node.args]
            for arg, part in zip(node.args, self.pull(site, total, wanted), strict=True):
                if part is not None:
                    arrived[arg].append(part)
        return {leaf: self.domain.join(parts, self.graph[leaf].dtype) for leaf, parts in arrived.items()}


def one_hot(shape: tuple[int, ...], position: int, zero: Any, one: Any) -> Any:
    """Return an array of objects with ``one`` at a flat position and ``zero`` elsewhere."""
    flat = np.full(int(np.prod(shape)), zero, dtype=object)
    flat[position] = one
    return flat.reshape(shape)
