"""Pieces: the parts of the input space on which a graph is one smooth function, told from the values of a run.

Two runs are on the same piece where every op sees its arguments in the same box of its domain, on the same side of its
kinks and with ties ordered alike, and where whatever is no floating number (a condition, an index) is the same. A run
that stands on a kink shares its piece only with runs that stand on it too. Domains, kinks and ties are facts in the
records of the ops.
"""

# ruff: noqa: ARG001 - all marks take the same arguments

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gradproof.engine.domain import Box, Domain
from gradproof.engine.op import OPS, Op
from gradproof.engine.ops.rows import Axis, to_rows
from gradproof.engine.shapes import Elementwise
from gradproof.exact import Array
from gradproof.graph import Graph, Node

#: What tells the pieces of one op apart: arrays that are the same on the same piece.
Marks = tuple[Array, ...]
Mark = Callable[[Sequence[Array], Array], Marks]


@dataclass(frozen=True)
class Crossing:
    """What separates two runs: at the value ``site``, ``what`` is "a kink", "a tie", "a jump" or "an edge"."""

    site: int
    what: str


@dataclass(frozen=True)
class _Watch:
    """One thing to look at: ``base`` are the marks of the run that others are compared with."""

    crossing: Crossing
    args: tuple[int, ...]
    mark: Mark
    base: bytes
    is_same: Callable[[Sequence[Array]], bool] | None = None

    def sees(self, values: Sequence[Array]) -> bool:
        """Tell whether the run with these values is on another piece."""
        args = [values[arg] for arg in self.args]
        if _bytes(self.mark(args, values[self.crossing.site])) == self.base:
            return False
        return self.is_same is None or not self.is_same(args)


class Pieces:
    """The piece of a run with these ``values`` by id, as far as the values ``moving`` can leave it."""

    def __init__(self, graph: Graph, values: Sequence[Array], moving: Collection[int]) -> None:
        self._watches = [
            watch
            for site, node in graph.enumerate_nodes()
            if site in moving
            for watch in _watches(site, node, values, moving)
        ]

    def crossings(self, values: Sequence[Array]) -> list[Crossing]:
        """Return what separates the run with these values from this piece: nothing where it is on it."""
        return [watch.crossing for watch in self._watches if watch.sees(values)]


def _bytes(marks: Marks) -> bytes:
    """Return marks in a form that is compared at once."""
    return b"".join([np.asarray(mark).tobytes() for mark in marks])


def _watches(site: int, node: Node, values: Sequence[Array], moving: Collection[int]) -> list[_Watch]:
    op = OPS[node.op]
    args = [values[arg] for arg in node.args]
    moved = [slot for slot, arg in enumerate(node.args) if arg in moving]
    marks: list[tuple[str, Mark, Any]] = []
    if values[site].dtype.kind != "f":
        marks.append(("a jump", lambda args, y: (y,), None))
    else:
        marks += [(what, mark, None) for what, mark in _breaks(op, node.params, moved)]
        marks += _edges(op, args, moved)
    return [
        _Watch(Crossing(site, what), node.args, mark, _bytes(mark(args, values[site])), is_same)
        for what, mark, is_same in marks
    ]


# --- kinks and ties


def _breaks(op: Op, params: Mapping[str, Any], moved: Sequence[int]) -> list[tuple[str, Mark]]:
    """Return what tells the sides of an op's kinks and the orders of its ties."""
    if op.name in SPECIAL:
        return [SPECIAL[op.name](**params)]
    found: list[tuple[str, Mark]] = [
        ("a kink", partial(_sides, slot, op.kinks[slot])) for slot in moved if slot < len(op.kinks) and op.kinks[slot]
    ]
    if op.ties:
        is_pair = isinstance(op.shape, Elementwise)
        found.append(("a tie", _order_of_two if is_pair else partial(_order, params.get("axis"))))
    return found


def _sides(slot: int, points: Sequence[float], args: Sequence[Array], y: Array) -> Marks:
    """Tell below, at and above each point; more than two integers stand for all of them."""
    x = args[slot]
    if len(points) > 2:
        return np.floor(x), np.ceil(x)
    return tuple([np.sign(x - point) for point in points])


def _order_of_two(args: Sequence[Array], y: Array) -> Marks:
    return np.less(*args), np.equal(*args)


def _order(axis: Axis, args: Sequence[Array], y: Array) -> Marks:
    """Tell the order of the entries along an axis, and which are equal."""
    rows = to_rows(args[0], axis)
    places = np.argsort(rows, axis=-1, stable=True)
    return places, np.diff(np.take_along_axis(rows, places, -1), axis=-1) == 0.0


def _extreme(largest: Callable[..., Array], *, axis: Axis, **_: Any) -> tuple[str, Mark]:
    """Return what tells which entries are largest (or smallest): the order of the others does not matter."""

    def mark(args: Sequence[Array], y: Array) -> Marks:
        rows = to_rows(args[0], axis)
        return (rows == largest(rows, axis=-1, keepdims=True),)

    return "a tie", mark


def _deviation(**_: Any) -> tuple[str, Mark]:
    """Return what tells whether a standard deviation is 0: its kink, where all entries are equal."""
    return "a tie", lambda args, y: (y == 0.0,)


def _norm(*, axis: Axis, ord: float, **_: Any) -> tuple[str, Mark]:
    """Return what tells the kinks of a norm: the origin, a zero among the entries, or several that are largest."""

    def mark(args: Sequence[Array], y: Array) -> Marks:
        if ord == 2:
            return (y == 0.0,)
        rows = to_rows(args[0], axis)
        if ord == 1:
            return (np.sign(rows),)
        size = np.abs(rows)
        return (np.where(size == np.max(size, axis=-1, keepdims=True), np.sign(rows), 2.0),)

    return "a kink", mark


def _bounds(*, min: float | None, max: float | None) -> tuple[str, Mark]:
    return "a kink", partial(_sides, 0, [bound for bound in (min, max) if bound is not None])


#: Ops whose record says where kinks and ties can be, but not, for given parameters, where they are.
SPECIAL: dict[str, Callable[..., tuple[str, Mark]]] = {
    "clip": _bounds,
    "max": partial(_extreme, np.max),
    "min": partial(_extreme, np.min),
    "std": _deviation,
    "vector_norm": _norm,
}


# --- domains


def _edges(op: Op, args: Sequence[Array], moved: Sequence[int]) -> list[tuple[str, Mark, Any]]:
    """Return what tells the parts of an op's domain."""
    found: list[tuple[str, Mark, Any]] = []
    boxes = [tuple(box[min(slot, len(box) - 1)] for slot in range(len(args))) for box in op.domain]
    is_same = partial(_share_a_box, boxes, list(args)) if len(boxes) > 1 else None
    for slot in moved:
        domains = [box[slot] for box in boxes]
        if any(each.invertible for each in domains):
            found.append(("an edge", partial(_orientation, slot), None))
        if any(each.integer for each in domains):
            found.append(("an edge", partial(_itself, slot), is_same))
            continue
        points = tuple(dict.fromkeys(point for each in domains for point in _points(each)))
        if points:
            found.append(("an edge", partial(_sides_of_all, slot, points), is_same))
    return found


def _points(domain: Domain) -> list[float]:
    """Return the finite ends of a domain and the points that are taken out of it."""
    return [point for point in (domain.low, domain.high, *domain.without) if math.isfinite(point)]


def _sides_of_all(slot: int, points: Sequence[float], args: Sequence[Array], y: Array) -> Marks:
    return tuple([np.sign(args[slot] - point) for point in points])


def _itself(slot: int, args: Sequence[Array], y: Array) -> Marks:
    return (args[slot],)


def _orientation(slot: int, args: Sequence[Array], y: Array) -> Marks:
    """Tell the two parts of the invertible matrices apart: by the sign of the determinant."""
    return (np.linalg.slogdet(args[slot].astype(np.float64)).sign,)


def _share_a_box(boxes: Sequence[Box], before: Sequence[Array], after: Sequence[Array]) -> bool:
    """Tell whether each entry stays in one box: inside it before and after, and nothing taken out lies between."""
    stays: Any = False
    for box in boxes:
        parts = [_stays(*each) for each in zip(box, before, after, strict=True)]
        stays = stays | _all(parts)
    return bool(np.all(stays))


def _all(parts: Sequence[Array]) -> Any:
    together: Any = True
    for part in parts:
        together = together & part
    return together


def _stays(domain: Domain, before: Array, after: Array) -> Array:
    found = domain.contains(before) & domain.contains(after)
    if domain.integer:
        found = found & (before == after)
    for point in _points(domain):
        found = found & (np.sign(before - point) == np.sign(after - point))
    return found
