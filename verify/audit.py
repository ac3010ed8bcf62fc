"""The audit of domains: what an op declares, beside what SymPy says of its textbook definition and of its derivative.

A domain that is declared too wide would make the generator feed an op what it is not defined for, and let it hide
behind verdicts that pass. One argument varies at a time; all other entries are held at sample points of their own
domains. SymPy decides exactly (``continuous_domain``). Where it cannot, and beside it, since it counts complex values
as defined, the definition and its derivative are evaluated in ball arithmetic at sample points.

At an end that belongs to a domain the op must be defined; differentiable it must be inside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from sympy.calculus.util import continuous_domain

from gradproof.case import Case
from gradproof.engine.domain import Box, Domain
from gradproof.engine.op import Op
from gradproof.engine.shapes import Elementwise
from gradproof.engine.vocabulary import OPS
from gradproof.graph import Graph, Input
from gradproof.symbolic import Proof, mirror, prove
from gradproof.symbolic.approximate import is_finite

from .examination import budgets
from .mutants.mutants import slots
from .vocabulary import example

#: Where the arguments that do not vary are held, and where balls are evaluated, as far as a domain contains them.
SAMPLES = (1.0, -2.0, 0.5, 0.0, 3.0, -0.5, 30.0, -30.0)

#: So many combinations of samples for the entries that are held.
TURNS = 5

#: A set of SymPy; SymPy has no types of its own.
Set = Any


@dataclass(frozen=True)
class Finding:
    """What is wrong with a declared domain.

    ``kind`` is "not defined", "not differentiable", "kink not declared" (the domain is too wide then) or "too narrow",
    which is told and no fault, as is "not decided": SymPy cannot tell, and balls found nothing at the sample points.
    ``where`` is the set of points, and ``how`` says who found it.
    """

    op: str
    slot: int
    kind: str
    where: str
    how: str

    @property
    def is_fault(self) -> bool:
        """Whether the domain is too wide."""
        return self.kind not in ("too narrow", "not decided")


def audit(ops: Iterable[Op] | None = None) -> list[Finding]:
    """Return what is wrong with the domains of ops; of the whole vocabulary by default."""
    found = [finding for op in (OPS.values() if ops is None else ops) for finding in _audit_op(op)]
    return list(dict.fromkeys(found))


def _audit_op(op: Op) -> Iterator[Finding]:
    for slot in slots(op):
        if any(domain.matrices for box in op.domain for domain in box):
            reason = "a set of matrices, and SymPy's are of numbers"
            yield Finding(op.name, slot, "not decided", str(_domain(op.domain[0], slot)), reason)
            continue
        wider = sp.S.Reals
        declared: Set = sp.S.EmptySet
        for box in op.domain:
            domain = _domain(box, slot)
            declared = declared + as_set(domain)
            if domain.kind == "real" and not domain.integer:
                admitted, faults = _audit_box(op, box, slot)
                yield from faults
                wider = wider & admitted if domain == _domain(op.domain[0], slot) else wider
        beyond = wider - declared
        if beyond.is_empty is False:
            yield Finding(op.name, slot, "too narrow", str(beyond), "SymPy")


def _domain(box: Box, slot: int) -> Domain:
    return box[min(slot, len(box) - 1)]


def as_set(domain: Domain) -> Set:
    """Return a domain as a set of SymPy."""
    low, high = (_exact(end) for end in (domain.low, domain.high))
    span = sp.Interval(low, high, domain.open, domain.open) - sp.FiniteSet(*map(_exact, domain.without))
    return span & sp.S.Integers if domain.integer else span


def _exact(number: float) -> Any:
    return sp.Rational(*number.as_integer_ratio()) if np.isfinite(number) else sp.oo * int(np.sign(number))


def _points(domain: Domain) -> list[float]:
    """Return sample points of a domain, its ends among them where they belong to it."""
    if domain.kind != "real":
        return []
    ends = [end for end in (domain.low, domain.high) if np.isfinite(end)]
    candidates = [*SAMPLES, *ends, *(end + step for end in ends for step in (0.25, -0.25))]
    return [each for each in dict.fromkeys(candidates) if bool(domain.contains(np.array(each)))]


def _audit_box(op: Op, box: Box, slot: int) -> tuple[Set, list[Finding]]:
    """Return where one argument may lie whatever the others are, and what is wrong with its domain in this box."""
    domain = _domain(box, slot)
    declared, inside = as_set(domain), as_set(domain).interior
    kinks = _kinks(op, slot)
    admitted, faults = sp.S.Reals, []
    for function, x in _functions(op, box, slot):
        derivative = sp.diff(function, x)
        corners = _corners(derivative, x)
        defined, smooth = _continuous(function, x), _continuous(_without_jumps(derivative), x)
        if defined is None or smooth is None or corners is None:
            faults.append(Finding(op.name, slot, "not decided", str(domain), "SymPy cannot tell"))
        faults += _fault(op, slot, "not defined", declared, defined)
        excused = kinks + _ties(op) + _removable(derivative, x, smooth)
        faults += _fault(op, slot, "not differentiable", inside - excused, smooth)
        if not op.ties and corners is not None:
            faults += _fault(op, slot, "kink not declared", corners & inside, kinks)
        admitted = admitted & (defined if defined is not None else sp.S.EmptySet)
        admitted = admitted & (smooth if smooth is not None else sp.S.EmptySet)
    return admitted, [*faults, *_audit_points(op, box, slot)]


_n = sp.Symbol("n", integer=True)


def _kinks(op: Op, slot: int) -> Set:
    """Return where the op says that a derivative jumps."""
    declared = op.kinks[slot] if slot < len(op.kinks) else ()
    if len(declared) > 2:
        return sp.ImageSet(sp.Lambda(_n, _n + _exact(declared[0])), sp.S.Integers)
    return sp.FiniteSet(*map(_exact, declared))


def _ties(op: Op) -> Set:
    """Return the samples at which the arguments of an op with ties may all be equal."""
    return sp.FiniteSet(*map(_exact, SAMPLES)) if op.ties else sp.S.EmptySet


def _removable(derivative: Any, x: Any, smooth: Set | None) -> Set:
    """Return the single points at which a derivative, although its formula has no value there, has a limit."""
    gaps = sp.S.EmptySet if smooth is None else sp.S.Reals - smooth
    if not isinstance(gaps, sp.FiniteSet):
        return sp.S.EmptySet
    return sp.FiniteSet(*(gap for gap in gaps if _has_limit(derivative, x, gap)))


def _has_limit(derivative: Any, x: Any, point: Any) -> bool:
    left, right = (sp.limit(derivative, x, point, side) for side in ("-", "+"))
    return bool(left.is_finite and left == right)


def _fault(op: Op, slot: int, kind: str, declared: Set, admitted: Set | None) -> list[Finding]:
    """Return a finding where ``declared`` holds points that are not ``admitted``; None stands for what is unknown."""
    if admitted is None:
        return []
    beyond = declared - admitted
    return [] if beyond.is_empty is not False else [Finding(op.name, slot, kind, str(beyond), "SymPy")]


def _example(op: Op) -> Graph:
    """Return the graph of one op: of scalars where it works entry by entry, else of two entries."""
    return example(op, ()) if isinstance(op.shape, Elementwise) else example(op)


def _functions(op: Op, box: Box, slot: int) -> Iterator[tuple[Any, Any]]:
    """Yield entries of the op's definition as functions of one entry of one argument, the others held at samples."""
    mirrored = mirror(_example(op))
    x = mirrored.inputs[slot].flat[0]
    others = [
        (symbol, _points(_domain(box, number)))
        for number, symbols in mirrored.inputs.items()
        for symbol in symbols.flat
        if symbol != x
    ]
    entries: list[Any] = list(mirrored.values[-1].flat)
    for entry in entries:
        if x in entry.free_symbols:
            for turn in range(TURNS if others else 1):
                held = {symbol: points[(turn + i) % len(points)] for i, (symbol, points) in enumerate(others)}
                function = entry.subs({symbol: _exact(value) for symbol, value in held.items()})
                if x in function.free_symbols:
                    yield function, x


def _continuous(function: Any, x: Any) -> Set | None:
    """Return where a function is defined and continuous over the reals; None where SymPy cannot tell."""
    try:
        return continuous_domain(function, x, sp.S.Reals)
    except (NotImplementedError, ValueError, TypeError):  # what it raises where it cannot: it is told as not decided
        return None


_JUMPS = (sp.Heaviside, sp.sign, sp.DiracDelta)


def _corners(derivative: Any, x: Any) -> Set | None:
    """Return where a derivative jumps; None where SymPy cannot tell."""
    found: Set = sp.S.EmptySet
    for jump in derivative.atoms(*_JUMPS):
        zeros = sp.solveset(jump.args[0], x, sp.S.Reals)
        if not isinstance(zeros, sp.FiniteSet | sp.Union | sp.sets.sets.EmptySet | sp.Interval):
            return None
        found = found + zeros
    return found


def _without_jumps(derivative: Any) -> Any:
    """Return the same with a constant for each jump: what is left has no other discontinuities than its poles."""
    return derivative.replace(lambda part: isinstance(part, _JUMPS), lambda part: sp.S.One)


# --- in ball arithmetic


def _audit_points(op: Op, box: Box, slot: int) -> Iterator[Finding]:
    """Yield the sample points at which the definition or its derivative is not finite.

    Where that is so whatever the point, it is not this argument that is to blame.
    """
    domain, graph = _domain(box, slot), _example(op)
    kinks = _kinks(op, slot) + _ties(op)
    inner = {point for point in _points(domain) if _exact(point) not in kinks} - {domain.low, domain.high}
    others = [_points(_domain(box, number)) for number in range(len(graph.inputs))]
    turns = range(TURNS if sum(each.value.size for each in graph.inputs) > 1 else 1)
    undefined, rough = set(), set()
    for turn in turns:
        proofs = {
            point: prove(Case.of_ones(_held(graph, slot, point, others, turn)), budgets()) for point in _points(domain)
        }
        undefined |= _unless_all(proofs, [point for point, proof in proofs.items() if not _is_defined(proof)])
        steep = [point for point in inner if not is_finite(proofs[point].gradients[0][slot].enclosure).flat[0]]
        rough |= _unless_all(proofs, steep)
    for kind, points in (("not defined", undefined), ("not differentiable", rough - undefined)):
        if points:
            yield Finding(op.name, slot, kind, _text(points), "balls at sample points")


def _is_defined(proof: Proof) -> bool:
    return all(np.all(is_finite(each.enclosure)) for each in proof.values.values())


def _unless_all(points: Collection[float], some: Collection[float]) -> set[float]:
    return set() if len(some) == len(points) and len(some) > 1 else set(some)


def _text(points: Iterable[float]) -> str:
    return "{" + ", ".join(f"{each:g}" for each in sorted(points)) + "}"


def _held(graph: Graph, slot: int, point: float, others: Sequence[Sequence[float]], turn: int) -> Graph:
    """Return the graph of one op with one entry of an argument at ``point``, and all others at samples."""
    inputs = list(graph.inputs)
    for number, each in enumerate(graph.inputs):
        if each.requires_grad:
            points = others[number]
            count = each.value.size
            held = np.array([points[(turn + number + i) % len(points)] for i in range(count)]).reshape(each.shape)
            if number == slot:
                held.flat[0] = point
            inputs[number] = Input(held, requires_grad=True)
    return Graph(tuple(inputs), graph.nodes, graph.outputs)
