"""Limiting derivatives: the derivative at points beside a given one, where the function is smooth.

At a kink they span the generalised Jacobian (Clarke, 1983, theorem 2.5.1: the convex hull of all such limits). Some
directions are tried, not all: what is found belongs to the set, and need not be the whole of it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from flint import arb

from gradproof.exact import Array
from gradproof.graph import DETACHING, Graph, Node

from .balls import Balls, Kind, Switch, cotangent_balls, entrywise, exact_balls, precision
from .derivative import Sweep
from .domain import Objects, as_objects
from .switches import ZERO

BITS = 1024

#: How far the points are away, relative to the entries: the slopes there differ from their limits by no more.
NEAR = arb(2) ** -400

#: Where they are looked at from as well: what is a limit has hardly changed from here to there.
FARTHER = arb(2) ** -200

#: So many directions are tried, each with its opposite; one entry has no others.
DIRECTIONS = 8


class _Beside(Balls):
    """Balls beside the values of ``base``; what no derivative flows through stays as it was there."""

    def __init__(self, base: Sequence[Any]) -> None:
        super().__init__()
        self._base = base

    def leave(self, node: Node, y: Any) -> Any:
        is_held = node.op in DETACHING or not node.grad_enabled
        return self._base[self._site] if is_held else y


def limiting_gradients(
    graph: Graph, output: int, ct: Array, near: arb = NEAR, direction: Array | None = None
) -> Iterator[dict[int, Objects]]:
    """Yield gradients of ``ct . output`` by the leaves at points beside the inputs, each when it is asked for.

    The points lie in a ``direction``, flat over the leaves, and its opposite, else in all that are tried. A comparison
    of what is equal there too has its answer. Every other switching point that holds there too is taken on its first
    side and, as another gradient, on its last.
    """
    base = _values_at_inputs(graph)
    for point in _beside(graph, near, direction):
        yield from _gradients_at(graph, base, point, output, ct)


def _gradients_at(
    graph: Graph, base: Sequence[Any], point: Sequence[Any], output: int, ct: Array
) -> list[dict[int, Objects]]:
    with precision(BITS):
        domain = _Beside(base)
        sweep = Sweep(graph, domain, point)
        gradient = _gradient(sweep, output, ct)
        if not domain.switches:
            return [gradient]
        found, met = [], list(domain.switches)
        for end in (0, -1):
            domain.stand_on({switch: 0 if switch.compares else switch.sides[end] for switch in met})
            on_sides = Sweep(graph, domain, point, sweep, {switch.site for switch in met})
            found.append(_gradient(on_sides, output, ct))
        return found


#: What is smaller than this so near to a point may be on its way to 0.
_SMALL = arb(2) ** -300


def limits_beside(graph: Graph, output: int, ct: Array) -> Iterator[dict[int, Objects]]:
    """Yield :func:`limiting_gradients`, with 0 for what vanishes as the points come nearer."""
    base = _values_at_inputs(graph)
    for point, before in zip(_beside(graph, NEAR), _beside(graph, FARTHER), strict=True):
        close = _gradients_at(graph, base, point, output, ct)
        parts = [part for gradient in close for part in gradient.values()]
        if any(0 < abs(ball) < _SMALL for part in parts for ball in part.ravel().tolist()):
            far = _gradients_at(graph, base, before, output, ct)
            if [each.keys() for each in far] == [each.keys() for each in close]:
                close = [{leaf: _limit(a[leaf], b[leaf]) for leaf in b} for a, b in zip(far, close, strict=True)]
        yield from close


_limit = entrywise(lambda far, close: ZERO if 2 * abs(close) < abs(far) and abs(close) < _SMALL else close, 2)


def lasting_ties(graph: Graph) -> set[Switch]:
    """Return the ties of comparisons that hold at all points beside the inputs too: their answers are no branches."""
    base, found = _values_at_inputs(graph), []
    with precision(BITS):
        for point in itertools.islice(_beside(graph, NEAR), 2):
            domain = _Beside(base)
            Sweep(graph, domain, point)
            found.append({switch for switch, kind in domain.switches.items() if switch.compares and kind is Kind.TIE})
    return set.intersection(*found)


def is_continuous(graph: Graph, output: int) -> bool:
    """Tell whether ``output`` comes nearer to its value as the inputs come nearer to theirs, on every way tried."""
    base, pairs = _values_at_inputs(graph), zip(_beside(graph, FARTHER), _beside(graph, NEAR), strict=True)

    def gap(point: Sequence[Any]) -> Objects:
        return as_objects(np.abs(Sweep(graph, _Beside(base), point).values[output] - base[output]))

    with precision(BITS):
        return all(np.all(_is_half(gap(far), gap(close))) for far, close in pairs)


_is_half = entrywise(lambda far, close: bool(2 * close.abs_upper() <= far.abs_upper()), 2)


def _inputs_of(graph: Graph) -> list[Any]:
    return [exact_balls(each.value) for each in graph.inputs]


def _values_at_inputs(graph: Graph) -> list[Any]:
    """Return all values at the inputs."""
    with precision(BITS):
        return Sweep(graph, Balls(), _inputs_of(graph)).values


def _beside(graph: Graph, near: arb, direction: Array | None = None) -> Iterator[list[Any]]:
    """Yield the inputs, moved in every direction that is tried, or in one."""
    return _shifts(graph, _inputs_of(graph), near, _directions(graph) if direction is None else [direction])


def _gradient(sweep: Sweep, output: int, ct: Array) -> dict[int, Objects]:
    return dict(sweep.gradients(output, cotangent_balls(ct)))


def _directions(graph: Graph) -> Iterator[Array]:
    """Yield the directions that are tried, flat over the leaves."""
    size = sum(graph[leaf].size for leaf in graph.leaves)
    random = np.random.default_rng(0)
    for _ in range(DIRECTIONS if size > 1 else 1):
        yield random.uniform(0.5, 1.5, size) * random.choice([-1.0, 1.0], size)


def _shifts(graph: Graph, inputs: Sequence[Objects], near: arb, directions: Iterable[Array]) -> Iterator[list[Any]]:
    """Yield the inputs, moved in every direction and its opposite."""
    sizes = [graph[leaf].size for leaf in graph.leaves]
    with precision(BITS):
        magnitudes = [abs(x) for leaf in graph.leaves for x in inputs[leaf].ravel().tolist() if not x.is_zero()]
    least = min(magnitudes, key=float, default=arb(1))
    for direction in directions:
        for sign in (1, -1):
            moved = list(inputs)
            for leaf, part in zip(graph.leaves, np.split(sign * direction, np.cumsum(sizes)[:-1]), strict=True):
                moved[leaf] = _moved(inputs[leaf], part, near, least)
            yield moved


def _moved(x: Objects, direction: Array, near: arb, least: arb) -> Objects:
    moved = np.empty(x.size, dtype=object)
    with precision(BITS):
        moved[:] = [
            each + near * arb(step) * (least if each.is_zero() else abs(each))
            for each, step in zip(x.ravel().tolist(), direction.tolist(), strict=True)
        ]
    return moved.reshape(x.shape)
