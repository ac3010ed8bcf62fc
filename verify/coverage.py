"""Coverage: which combinations of op, parameters, argument and region a campaign has reached, and which it has not.

A region is a part of the real line that is likely to hurt. What an op's domain cannot contain is not missing. Static
parameters are taken by kind (an axis is negative or not), since their values depend on shapes.
"""

# ruff: noqa: ARG001 - all tests of a region take the entries and their magnitudes

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any

import numpy as np

from gradproof.budget import Form
from gradproof.engine.op import Op
from gradproof.engine.vocabulary import OPS
from gradproof.exact import Array
from gradproof.graph import Graph
from gradproof.reports import CoverageRecord

from .generation.builder import SHAPES

#: Magnitudes below the first are tiny, above the second saturate, above the third are huge.
TINY, SATURATED, HUGE = 1e-6, 20.0, 100.0

#: A point is near another one within so much of it.
NEAR = 1e-3

#: Points that say which regions a domain can contain.
_PROBES = np.array([0.0, 0.5, -0.5, 1.0, -1.0, TINY / 2, -TINY / 2, 50.0, -50.0, 2 * HUGE, -2 * HUGE])

#: An op, the kind of its parameters, an argument.
Place = tuple[str, str, int]


def coverage(runs: Iterable[tuple[Graph, Sequence[Array]]], ops: Iterable[str]) -> list[CoverageRecord]:
    """Return, for each place in ``ops``, how many runs reached each region that is possible there.

    A run is a graph with its values by id.
    """
    reached: dict[Place, Counter[str]] = {}
    for graph, values in runs:
        for place, regions in _reached(graph, values).items():
            reached.setdefault(place, Counter()).update(regions)
    return [_record(place, reached.get(place, Counter())) for name in ops for place in _places(name, reached)]


def _record(place: Place, counts: Counter[str]) -> CoverageRecord:
    name, _, argument = place
    return CoverageRecord(*place, {region: counts[region] for region in _possible(name, argument)})


def _reached(graph: Graph, values: Sequence[Array]) -> dict[Place, set[str]]:
    """Return the regions that the arguments of each op came from in one run."""
    found: dict[Place, set[str]] = {}
    for node in graph.nodes:
        op = OPS[node.op]
        kind = _kind_of(node.params)
        args = [values[arg] for arg in node.args]
        for slot, arg in enumerate(args):
            argument = min(slot, len(op.real_slots) - 1)
            if op.real_slots[argument]:
                regions = found.setdefault((op.name, kind, argument), set())
                regions |= regions_of(op, argument, arg)
                if op.ties and _has_tie(args):
                    regions.add("tie")
    return found


# --- regions


def regions_of(op: Op, argument: int, values: Array) -> set[str]:
    """Return the regions, ties left out, that entries of an argument lie in."""
    flat = values.ravel()
    size = np.abs(flat)
    return {name for name, tell in _tests(op, argument).items() if tell(flat, size).any()}


@cache
def _tests(op: Op, argument: int) -> Mapping[str, Callable[[Array, Array], Array]]:
    """Return a test for each region: of the entries and their magnitudes."""
    tests: dict[str, Callable[[Array, Array], Array]] = {
        "zero": lambda x, size: x == 0.0,
        "negative": lambda x, size: x < 0.0,
        "positive": lambda x, size: x > 0.0,
        "tiny": lambda x, size: (size < TINY) & (size > 0.0),
        "huge": lambda x, size: size > HUGE,
        "integer": lambda x, size: (x == np.rint(x)) & (size > 0.0),
    }
    if op.budget.form is Form.POINTWISE:
        tests["saturated"] = lambda x, size: size > SATURATED
    for what, points in (("a kink", _kinks(op, argument)), ("an edge", _edges(op, argument))):
        if points:
            tests[f"at {what}"] = partial(_is_at, points)
            tests[f"near {what}"] = partial(_is_near, points)
    return tests


def _edges(op: Op, argument: int) -> tuple[float, ...]:
    """Return the finite ends of an argument's domains, and the points that are taken out of them."""
    ends = [end for domain in op.domain_of(argument) for end in (domain.low, domain.high, *domain.without)]
    return tuple(dict.fromkeys(end for end in ends if np.isfinite(end)))


def _kinks(op: Op, argument: int) -> tuple[float, ...]:
    return op.kinks[argument] if argument < len(op.kinks) else ()


def _is_at(points: tuple[float, ...], x: Array, size: Array) -> Array:
    return np.isin(x, points)


def _is_near(points: tuple[float, ...], x: Array, size: Array) -> Array:
    """Tell what is within a small distance of a point; the magnitudes do not matter."""
    return np.min([np.abs(x - point) for point in points], axis=0) < NEAR * ~np.isin(x, points)


def _has_tie(args: Sequence[Array]) -> bool:
    """Tell whether two arguments agree somewhere, or two entries of the only one."""
    if len(args) == 1:
        return bool(np.unique(args[0]).size < args[0].size)
    return bool(np.any(args[0] == args[1]))


@cache
def _possible(name: str, argument: int) -> tuple[str, ...]:
    """Return the regions that an argument's domain can contain."""
    op = OPS[name]
    near = [point + step for point in _edges(op, argument) for step in (0.0, NEAR / 2, -NEAR / 2)]
    kinks = [point + step for point in _kinks(op, argument) for step in (0.0, NEAR / 2, -NEAR / 2)]
    candidates = np.array([*_PROBES, *near, *kinks])
    inside = candidates[np.any([domain.contains(candidates) for domain in op.domain_of(argument)], axis=0)]
    found = regions_of(op, argument, inside)
    return (*(each for each in _tests(op, argument) if each in found), *(["tie"] if op.ties else []))


# --- parameters


def _places(name: str, reached: Iterable[Place]) -> list[Place]:
    """Return every kind of parameters with every real argument, and what was reached beyond what is drawn."""
    arguments = [slot for slot, is_real in enumerate(OPS[name].real_slots) if is_real]
    drawn = [(name, kind, argument) for kind, argument in itertools.product(_kinds(name), arguments)]
    return list(dict.fromkeys([*drawn, *(place for place in reached if place[0] == name)]))


@cache
def _kinds(name: str) -> tuple[str, ...]:
    """Return the kinds of parameters that are drawn for an op."""
    op = OPS[name]
    own = [dict(zip(op.params, values, strict=True)) for values in itertools.product(*op.params.values())]
    legal = [params for shape in SHAPES for params in op.shape.parameters(shape)]
    return tuple(dict.fromkeys(_kind_of({**params, **extra}) for params in legal for extra in own))


def _kind_of(params: Mapping[str, Any]) -> str:
    """Return parameters by kind: ``"axis negative, keepdims True"``."""
    return ", ".join(f"{name} {_kind(name, value)}" for name, value in sorted(params.items()))


def _kind(name: str, value: Any) -> str:
    if value is None or isinstance(value, bool | str):
        return str(value)
    if isinstance(value, int):
        return "negative" if value < 0 else "not negative"
    parts = value if isinstance(value, tuple) else (value,)
    if name == "index":
        return " ".join(map(_kind_of_part, parts))
    return f"of {len(parts)}" + (" with -1" if -1 in parts else "")


def _kind_of_part(part: Any) -> str:
    """Return the kind of a part of an index."""
    if isinstance(part, slice):
        return "slice" if part.step is None else "backwards" if part.step < 0 else "steps"
    return {type(None): "new axis", type(Ellipsis): "...", int: "entry"}[type(part)]
