"""Pieces: the parts of the input space on which a graph is one smooth function, told from the values of a run.

Two points are on the same piece where every op sees its arguments in the same box of its domain, on the same side of
its kinks and with ties ordered alike, and where whatever is no floating number (a condition, an index) is the same. A
point that stands on a kink shares its piece only with points that stand on it too. Domains, kinks and ties are facts in
the records of the ops. Many points are looked at together: they are the first axis of all that moves.
"""

# ruff: noqa: ARG001 - all marks take the same arguments

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import numpy as np

from gradproof.engine.domain import Box, Domain
from gradproof.engine.matrices import are_of
from gradproof.engine.op import Op
from gradproof.engine.ops.rows import Axis, to_rows
from gradproof.engine.shapes import Batched, Elementwise, Shape
from gradproof.engine.vocabulary import OPS
from gradproof.engine.windows import Windows
from gradproof.exact import Array
from gradproof.graph import Graph, Node

#: What tells the pieces of one op apart: arrays with a row for each point, the same on the same piece.
Marks = tuple[Array, ...]
Mark = Callable[[Sequence[Array], Array], Marks]


@dataclass(frozen=True)
class Crossing:
    """What separates two points: at the value ``site``, ``what`` is "a kink", "a tie", "a jump" or "an edge"."""

    site: int
    what: str


@dataclass(frozen=True)
class _Watch:
    """One thing to look at. ``shapes`` are those that the values of arguments that move are given at each point."""

    crossing: Crossing
    args: tuple[int, ...]
    shapes: tuple[Shape | None, ...]
    mark: Mark
    stay: Callable[[Sequence[Array]], Array] | None

    def sees(self, values: Sequence[Array]) -> Array:
        """Tell which points are on another piece than the first one."""
        y = values[self.crossing.site]
        args = [
            values[arg] if shape is None else values[arg].reshape(len(y), *shape)
            for arg, shape in zip(self.args, self.shapes, strict=True)
        ]
        apart = reduce(operator.or_, map(_differ, self.mark(args, y)), np.zeros(len(y), np.bool_))
        return apart & ~self.stay(args) if self.stay is not None and apart.any() else apart


class Pieces:
    """The pieces of a graph, as far as the values ``moving`` can leave them; ``values`` are those of a run, by id."""

    def __init__(self, graph: Graph, values: Sequence[Array], moving: Collection[int]) -> None:
        self._watches = [
            watch
            for site, node in graph.enumerate_nodes()
            if site in moving
            for watch in _watches(site, node, values, moving)
        ]

    def crossings(self, values: Sequence[Array]) -> list[tuple[Crossing, Array]]:
        """Return what separates some points of a batch from the first one, and for each point, whether it does."""
        seen = [(watch.crossing, watch.sees(values)) for watch in self._watches]
        return [(crossing, apart) for crossing, apart in seen if apart.any()]


def _differ(mark: Array) -> Array:
    """Tell which points have another mark than the first one, bit by bit."""
    rows = np.ascontiguousarray(mark).view(np.uint8).reshape(len(mark), -1)
    return np.any(rows != rows[0], axis=1)


def _watches(site: int, node: Node, values: Sequence[Array], moving: Collection[int]) -> list[_Watch]:
    op = OPS[node.op]
    moved = [slot for slot, arg in enumerate(node.args) if arg in moving]
    shapes = [values[arg].shape for arg in node.args]
    call = op.shape.batched(1, *shapes, **node.params) or Batched(shapes, dict(node.params))
    marks: list[tuple[str, Mark, Any]] = []
    if values[site].dtype.kind != "f":
        marks.append(("a jump", lambda args, y: (y,), None))
    else:
        marks += [(what, mark, None) for what, mark in _breaks(op, call.params, moved)]
        marks += _edges(op, len(shapes), moved)
    laid_out = tuple([shape if slot in moved else None for slot, shape in enumerate(call.shapes)])
    return [_Watch(Crossing(site, what), node.args, laid_out, mark, stay) for what, mark, stay in marks]


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
    """Tell below, at and above each point; more than two stand for all that differ from them by integers."""
    x = args[slot]
    if len(points) > 2:
        return np.floor(x - points[0]), np.ceil(x - points[0])
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


def _quotient(**_: Any) -> tuple[str, Mark]:
    """Return what tells where a quotient is an integer, at which its remainder jumps, and between which ones."""

    def mark(args: Sequence[Array], y: Array) -> Marks:
        with np.errstate(all="ignore"):
            return np.floor_divide(*args), np.floor_divide(-args[0], args[1])

    return "a jump", mark


def _bounds(*, min: float | None, max: float | None) -> tuple[str, Mark]:
    return "a kink", partial(_sides, 0, [bound for bound in (min, max) if bound is not None])


def _pool(**how: Any) -> tuple[str, Mark]:
    """Return what tells which entries of each window are largest."""
    windows = Windows(**how)

    def mark(args: Sequence[Array], y: Array) -> Marks:
        view = windows.view(args[0], -math.inf)
        return (view == np.max(view, axis=tuple(range(-windows.rank, 0)), keepdims=True),)

    return "a tie", mark


def _distance(bound: float, args: Sequence[Array], y: Array) -> Marks:
    """Tell on which side of each other two arguments are, and whether they are ``bound`` apart."""
    d = args[0] - args[1]
    return np.sign(d + bound), np.sign(d - bound)


def _width(*, lambd: float) -> tuple[str, Mark]:
    return "a kink", partial(_sides, 0, [-lambd, lambd])


def _threshold(*, threshold: float, **_: Any) -> tuple[str, Mark]:
    return "a kink", partial(_sides, 0, [threshold])


#: Ops whose record says where kinks and ties can be, but not, for given parameters, where they are.
SPECIAL: dict[str, Callable[..., tuple[str, Mark]]] = {
    "clip": _bounds,
    "fmod": _quotient,
    "hardshrink": _width,
    "hardtanh": _bounds,
    "huber_loss": lambda *, delta, **_: ("a kink", partial(_distance, delta)),
    "l1_loss": lambda **_: ("a tie", partial(_distance, 0.0)),
    "max": partial(_extreme, np.max),
    "max_pool1d": _pool,
    "max_pool2d": _pool,
    "max_pool3d": _pool,
    "min": partial(_extreme, np.min),
    "remainder": _quotient,
    "smooth_l1_loss": lambda *, beta, **_: ("a kink", partial(_distance, beta)),
    "softshrink": _width,
    "std": _deviation,
    "threshold": _threshold,
    "vector_norm": _norm,
}


# --- domains


def _edges(op: Op, arity: int, moved: Sequence[int]) -> list[tuple[str, Mark, Any]]:
    """Return what tells the parts of an op's domain."""
    found: list[tuple[str, Mark, Any]] = []
    boxes = [tuple(box[min(slot, len(box) - 1)] for slot in range(arity)) for box in op.domain]
    stay = partial(_share_a_box, boxes, moved) if len(boxes) > 1 else None
    for slot in moved:
        domains = [box[slot] for box in boxes]
        if any(each.matrices for each in domains):
            found.append(("an edge", partial(_kind_of_matrix, slot, domains[0].matrices), None))
        if any(each.integer for each in domains):
            found.append(("an edge", partial(_itself, slot), stay))
            continue
        points = tuple(dict.fromkeys(point for each in domains for point in _points(each)))
        if points:
            found.append(("an edge", partial(_sides_of_all, slot, points), stay))
    return found


def _points(domain: Domain) -> list[float]:
    """Return the finite ends of a domain and the points that are taken out of it."""
    return [point for point in (domain.low, domain.high, *domain.without) if math.isfinite(point)]


def _sides_of_all(slot: int, points: Sequence[float], args: Sequence[Array], y: Array) -> Marks:
    return tuple([np.sign(args[slot] - point) for point in points])


def _itself(slot: int, args: Sequence[Array], y: Array) -> Marks:
    return (args[slot],)


def _kind_of_matrix(slot: int, kind: str, args: Sequence[Array], y: Array) -> Marks:
    """Tell whether matrices are of a kind; of the invertible ones the two parts, by the determinant's sign."""
    matrices = args[slot].astype(np.float64)
    return (np.linalg.slogdet(matrices).sign if kind == "invertible" else are_of(kind, matrices),)


def _share_a_box(boxes: Sequence[Box], moved: Collection[int], args: Sequence[Array]) -> Array:
    """Tell at which points each entry is in a box where it is at the first one, and nothing taken out lies between."""
    first = [arg[:1] if slot in moved else arg for slot, arg in enumerate(args)]
    stays = reduce(operator.or_, [reduce(operator.and_, map(_stays, box, first, args)) for box in boxes])
    return np.all(stays, axis=tuple(range(1, stays.ndim)))


def _stays(domain: Domain, before: Array, after: Array) -> Array:
    found = domain.contains(before) & domain.contains(after)
    if domain.integer:
        found = found & (before == after)
    for point in _points(domain):
        found = found & (np.sign(before - point) == np.sign(after - point))
    return found
