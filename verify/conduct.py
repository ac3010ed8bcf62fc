"""The conduct of a target: what it does beside returning numbers.

A run is looked at for what it changed in place, what it dropped from the graph, and which gradients share memory. Then
the case is run once more, with equal cotangents in an unusual memory layout. Equal runs must be equal bit for bit;
where the layout alone makes a difference, as it may in the last bits of a sum, the certificates decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from gradproof.budget import Budget
from gradproof.case import Case
from gradproof.exact import Array
from gradproof.graph import Graph, Input, Node

from .certificate import broken, certify
from .layouts import LAYOUTS, laid_out, unusual
from .targets.memory import Alias
from .targets.target import Run, Target


class Misdeed(Enum):
    """What a target may do wrong although its numbers may be right: earlier ones explain later ones."""

    SHARES_MEMORY = "returns gradients that share memory"
    CHANGES_VALUE = "changes an input or a computed value in place"
    CHANGES_COTANGENT = "changes the cotangent that it is handed"
    DROPS_OUTPUT = "lets no derivative flow through a value that a tracked path leads to"
    UNREPEATABLE = "differs between two equal runs"
    NEEDS_LAYOUT = "breaks on cotangents that are strided or read-only"


@dataclass(frozen=True)
class Fault:
    """A misdeed: ``text`` says what was done, and to which value.

    ``part`` is "forward", "vjp" (with the argument's number in ``slot``) or "accumulation"; ``site`` is the node at
    fault, or the leaf whose gradient it is.
    """

    misdeed: Misdeed
    site: int
    text: str
    part: str = "accumulation"
    slot: int | None = None

    def __str__(self) -> str:
        where = {"vjp": "the VJP", "forward": "forward", "accumulation": "the sweep"}[self.part]
        return f"{where if self.slot is None else f'argument {self.slot} of the VJP'}: {self.text}"


def misdeeds(
    case: Case, target: Target, run: Run, handed: Sequence[Array], budgets: Mapping[str, Budget]
) -> list[Fault]:
    """Return what ``target`` did wrong in ``run``, to which the cotangents ``handed`` were given, or in another run.

    Each misdeed is told once, with the op and the argument at fault where one of them shows it when it is played alone.
    """
    first: dict[Misdeed, Fault] = {}
    for fault in _found(case, target, run, handed, budgets):
        first.setdefault(fault.misdeed, fault)
    return [_located(case, target, run, first[each], budgets) for each in Misdeed if each in first]


def _found(case: Case, target: Target, run: Run, handed: Sequence[Array], budgets: Mapping[str, Budget]) -> list[Fault]:
    """Return what one run shows; where that is nothing, what more runs show."""
    return list(_seen(case, run, handed)) or _repeated(case, target, run, budgets)


# --- what one run shows


def _seen(case: Case, run: Run, handed: Sequence[Array]) -> Iterator[Fault]:
    graph = case.graph
    for i in run.modified:
        kind = "an input" if i < len(graph.inputs) else "a computed value"
        yield Fault(Misdeed.CHANGES_VALUE, i, f"{graph.name(i)}, {kind}, is changed in place")
    for site in sorted({site for pullback in run.pullbacks for site in pullback.spoilt}):
        yield Fault(Misdeed.CHANGES_COTANGENT, site, f"the cotangent of {graph.name(site)} is changed in place", "vjp")
    for output, ct, given in zip(graph.outputs, case.cotangents, handed, strict=True):
        if ct.tobytes() != given.tobytes():
            text = f"the cotangent that was handed over for {graph.name(output)} is changed in place"
            yield Fault(Misdeed.CHANGES_COTANGENT, output, text)
    yield from _dropped(graph, run)
    for alias in run.aliases:
        yield Fault(Misdeed.SHARES_MEMORY, alias.leaf, _alias_text(graph, alias))


def _dropped(graph: Graph, run: Run) -> Iterator[Fault]:
    reached = frozenset().union(*(graph.reached_from(output) for output in graph.outputs))
    for site in sorted(reached.intersection(run.untracked)):
        leaf = min(leaf for leaf in graph.leaves if site in graph.descendants(leaf))
        text = f"{graph.name(site)} is dropped from the graph, although {graph.name(leaf)} leads to it"
        yield Fault(Misdeed.DROPS_OUTPUT, site, text, "forward")


def _alias_text(graph: Graph, alias: Alias) -> str:
    gradient = f"the gradient of {graph.name(alias.leaf)}"
    match alias.role:
        case "itself":
            return f"several entries of {gradient} are one place in memory: writing to one changes the others"
        case "gradient":
            other = f"that of {graph.name(alias.other)}"
        case "value":
            other = graph.name(alias.other)
        case _:
            other = f"the cotangent that was handed over for {graph.name(graph.outputs[alias.other])}"
    return f"{gradient} shares memory with {other}: writing to one changes the other"


# --- what more runs show

Outcome = Run | Exception


def _play(target: Target, case: Case, handed: Sequence[Array]) -> Outcome:
    """Return a run, or what it raises: that is for the caller to judge."""
    try:
        return target.play(case, handed)
    except Exception as error:
        return error


def _repeated(case: Case, target: Target, run: Run, budgets: Mapping[str, Budget]) -> list[Fault]:
    again = _play(target, case, laid_out(case, unusual))
    apart = _apart(case.graph, run, again)
    if apart is None:
        return []
    unequal = apart if apart.part == "forward" else None
    unequal = unequal or _apart(case.graph, again, _play(target, case, laid_out(case, unusual)))
    unequal = unequal or _apart(case.graph, run, _play(target, case, laid_out(case)))
    if unequal is not None:
        return [unequal]
    return _broken_by_layout(case, target, run, budgets)


def _apart(graph: Graph, one: Outcome, other: Outcome) -> Fault | None:
    """Return the first difference of two runs, bit for bit."""
    if isinstance(one, Exception) or isinstance(other, Exception):
        if type(one) is type(other):
            return None
        error = one if isinstance(one, Exception) else other
        return Fault(Misdeed.UNREPEATABLE, len(graph) - 1, f"one of two equal runs raises {_error_text(error)}")
    for i, (a, b) in enumerate(zip(one.values, other.values, strict=True)):
        if not _same(a, b):
            return Fault(Misdeed.UNREPEATABLE, i, f"two equal runs give different values of {graph.name(i)}", "forward")
    for mine, theirs in zip(_gradients(one), _gradients(other), strict=True):
        for leaf in sorted(mine.keys() | theirs.keys()):
            if not _same(mine.get(leaf), theirs.get(leaf)):
                text = f"two equal runs give different gradients of {graph.name(leaf)}"
                return Fault(Misdeed.UNREPEATABLE, leaf, text)
    return None


def _gradients(run: Run) -> list[Mapping[int, Array]]:
    return [*(pullback.gradients for pullback in run.pullbacks), run.accumulated]


def _same(a: Array | None, b: Array | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


def _error_text(error: object) -> str:
    return f"{type(error).__name__}: {error}"


def _broken_by_layout(case: Case, target: Target, run: Run, budgets: Mapping[str, Budget]) -> list[Fault]:
    """Return the first layout alone that breaks the target, if any does."""
    known = {(each.site, each.part, each.slot) for each in broken(certify(case, run, budgets))}
    for name, layout in LAYOUTS.items():
        outcome = _play(target, case, laid_out(case, layout))
        if isinstance(outcome, Exception):
            text = f"{name} makes it raise {_error_text(outcome)}"
            return [Fault(Misdeed.NEEDS_LAYOUT, case.graph.outputs[0], text)]
        for each in broken(certify(case, outcome, budgets)):
            if (each.site, each.part, each.slot) not in known:
                return [Fault(Misdeed.NEEDS_LAYOUT, each.site, f"with {name}: {each.reason}", each.part, each.slot)]
    return []


# --- who did it


def _located(case: Case, target: Target, run: Run, fault: Fault, budgets: Mapping[str, Budget]) -> Fault:
    """Return the fault with the op and the argument that show it when they are played alone, if any do."""
    if fault.slot is not None or fault.misdeed in (Misdeed.DROPS_OUTPUT, Misdeed.SHARES_MEMORY):
        return fault
    for site, slot, alone in _parts(case.graph, run, fault):
        if fault.misdeed in _misdeeds_of(alone, target, budgets):
            return replace(fault, site=site, slot=slot, part="forward" if slot is None else "vjp")
    return fault


def _misdeeds_of(case: Case, target: Target, budgets: Mapping[str, Budget]) -> set[Misdeed]:
    handed = laid_out(case)
    run = _play(target, case, handed)
    found = [] if isinstance(run, Exception) else _found(case, target, run, handed, budgets)
    return {each.misdeed for each in found}


def _parts(graph: Graph, run: Run, fault: Fault) -> Iterator[tuple[int, int | None, Case]]:
    """Yield what may be at fault, in the order in which it ran: each forward, then each argument of each VJP."""
    nodes = dict(graph.enumerate_nodes())
    if fault.part == "vjp":
        nodes = {fault.site: nodes[fault.site]}
    else:
        yield from ((site, None, _alone(node, run)) for site, node in nodes.items())
    for pullback in run.pullbacks:
        for site in sorted(nodes.keys() & pullback.entered.keys(), reverse=True):
            node, ct = nodes[site], pullback.entered[site]
            if ct.shape == node.shape and ct.dtype == node.dtype:
                slots = [slot for slot, arg in enumerate(node.args) if graph.tracked[arg]]
                yield from ((site, slot, _alone(node, run, slot, ct)) for slot in slots)


def _alone(node: Node, run: Run, slot: int | None = None, ct: Array | None = None) -> Case:
    """Return one node at its arguments; with a cotangent to pull back to one of them, or forward alone."""
    inputs = tuple(Input(run.values[arg], requires_grad=number == slot) for number, arg in enumerate(node.args))
    single = node.of(tuple(range(len(inputs))))
    if ct is None:
        return Case(Graph(inputs, (single,), ()), ())
    return Case(Graph(inputs, (single,), (len(inputs),)), (ct,))
