"""The reverse sweep: pulls cotangents back through the recorded graph, newest node first.

A node is numbered when it is made, after everything it depends on. Taking nodes from a heap in descending order
therefore meets each one when its cotangent is complete, without recursion and without a pass that counts consumers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from sys import getrefcount
from typing import Any

import numpy as np

from gradproof.budget import EXACT

from . import anomaly
from .half import BYTES, HALF, SINGLE
from .hooks import Hooks
from .kept import kept_by
from .mode import careless, set_grad_enabled
from .ops import astype, reshape, sum, where  # noqa: A004
from .readiness import Readiness
from .variable import Array, CustomNode, Edge, Node, Output, Variable, array_of, last_write

#: ``observe(edge, ct, cts)`` sees the complete cotangent of each node or leaf, and what it passed on to each argument.
Observer = Callable[[Edge, Any, Sequence[Any]], None]

#: ``entering(node, ct)`` sees the complete cotangent of each node before the rules are called with it.
EnteringObserver = Callable[[Node, Any], None]


def sweep(
    roots: Sequence[tuple[Edge, Any]],
    *,
    retain_graph: bool,
    create_graph: bool,
    cls: type[Variable],
    towards: Sequence[Edge] | None = None,
    needed: set[Edge] | None = None,
    observe: Observer | None = None,
    entering: EnteringObserver | None = None,
    deliver: Callable[[Variable, Any], None] | None = None,
) -> dict[Edge, Any]:
    """Return the cotangent of every leaf that the roots reach, or of the edges ``towards`` alone.

    Where hooks may look, ``deliver`` is handed the cotangent of a leaf as soon as it is complete, in place of that.
    ``needed`` is what leads to these, see :func:`leading_to`, where that is known from another sweep.
    Each root is an edge with the cotangent that enters it: an array, or a Variable with ``create_graph``. Hooks see
    tensors of the class ``cls``. The arrays that are returned share no memory with anything.
    """
    if towards is not None and needed is None:
        needed = leading_to(towards, [edge for edge, _ in roots])
    wanted = frozenset() if towards is None else frozenset(towards)
    if observe is None and entering is None and not create_graph and not anomaly.STATE.enabled:
        found = _sweep_unwatched(roots, retain_graph, None if towards is None else wanted, needed)
        if found is not None:
            return found
    pending = _Pending(create_graph)
    numbers, sums = pending.numbers, pending.sums
    result: dict[Edge, Any] = {}

    def settle(leaves: Iterable[Edge]) -> None:
        for leaf in leaves:
            if leaf not in sums:
                continue
            ct = pending.take(leaf)
            if observe is not None:
                observe(leaf, ct, ())
            if towards is None or leaf in wanted:
                ct = copied(ct if leaf.hooks is None else leaf.hooks.arrive(ct, cls))
                if readiness is None or deliver is None:
                    result[leaf] = ct
                else:
                    assert isinstance(leaf, Variable)
                    deliver(leaf, ct)

    edges = [edge for edge, _ in roots]
    readiness = Readiness(edges, needed) if Hooks.used else None
    with np.errstate(all="ignore"), set_grad_enabled(create_graph):
        for edge, ct in roots:
            pending.add(edge, ct)
        if readiness is not None:
            settle(readiness.at_start(edges))
        while numbers:
            node = pending.nodes.pop(-heappop(numbers))
            hooks = node.hooks
            if isinstance(node, CustomNode):
                ct = _arrived(node, pending.take_all(node), wanted, result, cls)
            else:
                ct = pending.take(node) if pending.halves else sums.pop(node)
                if hooks is not None:
                    ct = hooks.arrive(ct, cls)
                if wanted and node in wanted:
                    result[node] = copied(ct)
            if needed is not None and needed.isdisjoint(node.edges):
                continue
            if hooks is not None:
                ct = hooks.enter(ct, cls) if node.count else hooks.enter((ct,), cls)[0]
            if entering is not None:
                entering(node, ct)
            if anomaly.STATE.enabled:
                cts = anomaly.watched(node, functools.partial(_pull_back, node, ct, create_graph, needed))
            else:
                cts = _pull_back(node, ct, create_graph, needed)
            if hooks is not None:
                cts = _left(node, hooks, cts, ct, cls)
            if observe is not None:
                observe(node, ct, cts)
            pending.pass_on(node.edges, cts)
            if not retain_graph:
                node.release()
            if readiness is not None:
                settle(readiness.after(node))
        settle(list(sums))
    return result


def _sweep_unwatched(
    roots: Sequence[tuple[Edge, Any]], retain_graph: bool, wanted: frozenset[Edge] | None, needed: set[Edge] | None
) -> dict[Edge, Any] | None:
    """Return what :func:`sweep` does on arrays where nobody watches: without a look at every cotangent on the way.

    None where there are hooks or functions of users, before any of them is called, and where NaN arrives, which may
    have come of a zero: then the sweep is to be made with care. Nothing is freed before that is known.
    """
    pending = _Pending(create_graph=False)
    numbers, nodes, sums = pending.numbers, pending.nodes, pending.sums
    result: dict[Edge, Any] = {}
    passed = []
    with np.errstate(all="ignore"), set_grad_enabled(False), careless():
        for edge, ct in roots:
            pending.add(edge, ct)
        while numbers:
            node = nodes.pop(-heappop(numbers))
            if node.count or node.hooks is not None:
                return None
            ct = pending.take(node) if pending.halves else sums.pop(node)
            if wanted is not None and node in wanted:
                result[node] = np.array(ct)
            if needed is not None and needed.isdisjoint(node.edges):
                continue
            pending.pass_on(node.edges, _pull_back(node, ct, False, needed, careful=False))
            passed.append(node)
        for edge in list(sums):
            if edge.hooks is not None:
                return None
            if wanted is None or edge in wanted:
                result[edge] = _own(pending.take(edge))
    if any(map(_has_nan, result.values())):
        return None
    if not retain_graph:
        for node in passed:
            node.release()
    return result


def _own(ct: Any) -> Array:
    """Return an array in memory that nobody else sees, as it is where nobody else refers to it."""
    return ct if getrefcount(ct) == 2 and type(ct) is np.ndarray and ct.base is None else np.array(ct)


def copied(ct: Any) -> Any:
    """Return a copy of an array, which nobody else sees then; a variable, which nobody writes to, stays as it is."""
    return ct if ct is None or isinstance(ct, Variable) else np.array(ct)


def _arrived(
    node: CustomNode, cts: Sequence[Any], wanted: frozenset[Edge], result: dict[Edge, Any], cls: type[Variable]
) -> list[Any]:
    """Return the cotangents of several outputs as their hooks leave them; those that are wanted are in the result."""
    outputs = node.outputs
    found = [
        ct if output.hooks is None or ct is None else output.hooks.arrive(ct, cls)
        for output, ct in zip(outputs, cts, strict=True)
    ]
    result.update({output: copied(ct) for output, ct in zip(outputs, found, strict=True) if output in wanted})
    return found


def _left(node: Node, hooks: Hooks, cts: Sequence[Any], ct: Any, cls: type[Variable]) -> Sequence[Any]:
    """Return what a node passes on after its hooks, which see the arguments that PyTorch has an edge for."""
    shown = node.shown_slots
    arrived = ct if node.count else (ct,)
    left = dict(zip(shown, hooks.leave([cts[slot] for slot in shown], arrived, cls), strict=True))
    return tuple(left.get(slot, part) for slot, part in enumerate(cts))


class _Pending:
    """Cotangents on their way, summed per edge, and the nodes that they wait at, by number, the newest first."""

    def __init__(self, create_graph: bool) -> None:
        self.sums: dict[Edge, Any] = {}
        self.nodes: dict[int, Node] = {}
        #: a heap of the numbers of these nodes, negative
        self.numbers: list[int] = []
        #: where the sum of float16 cotangents is kept in float32
        self.halves: set[Edge] = set()
        #: where the sum is in memory of our own
        self._own: set[Edge] = set()
        self._in_place = not create_graph

    def add(self, edge: Edge, ct: Any) -> None:
        """Add ``ct`` to what has arrived at ``edge``."""
        self.pass_on((edge,), (ct,))

    def pass_on(self, edges: Sequence[Edge | None], cts: Sequence[Any]) -> None:
        """Add to what has arrived at each edge. The first is kept as it is; sums are in memory of our own."""
        sums, nodes = self.sums, self.nodes
        for slot, edge in enumerate(edges):
            ct = cts[slot]
            if edge is None or ct is None:
                continue
            if edge in sums:
                self.add_to(edge, ct)
                continue
            sums[edge] = ct
            number = edge.sequence
            if number and number not in nodes:
                node: Any = edge.node if type(edge) is Output else edge
                nodes[number] = node
                heappush(self.numbers, -number)

    def add_to(self, edge: Edge, ct: Any) -> None:
        """Add to a sum. One of float16 is kept in float32 until it is complete, unless it is recorded."""
        held = self.sums[edge]
        if edge in self._own:
            held += ct
            return
        if self._in_place and held.itemsize == BYTES:
            held = astype(held, dtype=SINGLE.name)
            self.halves.add(edge)
        self.sums[edge] = total = held + ct
        if self._in_place and type(total) is np.ndarray:
            self._own.add(edge)

    def take(self, edge: Edge) -> Any:
        """Return the complete cotangent of an edge, and forget it; None where there is none."""
        ct = self.sums.pop(edge, None)
        return astype(ct, dtype=HALF.name) if edge in self.halves else ct

    def take_all(self, node: CustomNode) -> list[Any]:
        """Return the complete cotangents of all outputs of a node, and forget them."""
        return [self.take(output) for output in node.outputs]


def _pull_back(
    node: Node, ct: Any, create_graph: bool, needed: set[Edge] | None, careful: bool = True
) -> Sequence[Any]:
    """Apply the VJP rules of one node: a cotangent per tracked argument, of the argument's shape and dtype.

    With care zeros are strong: what they come to is 0, and not NaN.
    """
    if isinstance(node, CustomNode):
        parts = node.pull_back(ct, create_graph)
        return [
            part if needed is None or edge in needed else None for edge, part in zip(node.edges, parts, strict=True)
        ]
    op, params = node.op, node.params
    args, y = node.values, node.result
    if create_graph or type(args) is not tuple or last_write[0] > node.sequence or not ct.ndim:
        args, y = kept_by(node, ct)
    if ct.itemsize == BYTES and op.budget != EXACT:
        ct, y, args = _widened(node, ct, y, args)
    cts: list[Any] = []
    given = (ct, y, *args)
    rules, outlines = op.vjp if type(op.vjp) is tuple else op.rules(len(args)), node.values
    for slot, edge in enumerate(node.edges):
        rule = rules[slot]
        if edge is None or rule is None or (needed is not None and edge not in needed):
            cts.append(None)
            continue
        part = rule(*given, **params) if params else rule(*given)
        if careful and not op.linear and _has_nan(part):
            part = _without_phantoms(node, ct, part)
        like = outlines[slot]
        if part.shape != like.shape or part.dtype is not like.dtype:
            part = fit(part, like.shape, like.dtype)
        cts.append(part)
    return cts


def _widened(node: Node, ct: Any, y: Any, args: Sequence[Any]) -> tuple[Any, Any, Sequence[Any]]:
    """Return what the rules of a float16 node that computes work with: all in float32, so that :func:`fit` rounds once.

    The result is computed again: as it was stored, it has lost digits, to underflow more than half an ulp of them.
    A linear op needs neither it nor the values of its arguments.
    """
    ct = astype(ct, dtype=SINGLE.name)
    if node.op.linear:
        return ct, y, args
    args = [astype(arg, dtype=SINGLE.name) if _is_half(arg) else arg for arg in args]
    return ct, node.op(*args, **node.params) if y is not None else None, args


def _is_half(arg: Any) -> bool:
    array = arg.array if isinstance(arg, Variable) else arg
    return isinstance(array, np.ndarray | np.generic) and array.dtype == HALF


def _has_nan(ct: Any) -> bool:
    """Tell whether an entry is NaN: whether the sum of squares is, at a third of the cost of looking at each."""
    array = ct.array if isinstance(ct, Variable) else ct
    total = np.vdot(array, array) if array.ndim else array
    return total != total


def _without_phantoms(node: Node, ct: Any, part: Any) -> Any:
    """Return a pulled-back cotangent with exact zeros where nothing but exact zeros led to it.

    A zero is strong: times a local derivative that is infinite or no number, it contributes zero. Only NaN has to be
    looked at, since that is what 0 times infinity gives.
    """
    zero = array_of(ct) == 0.0
    if not zero.any():
        return part
    unreached = node.op.shape.unreached(zero, part.shape, **node.params)
    return where(unreached & np.isnan(array_of(part)), 0.0, part)


def fit(ct: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
    """Sum ``ct`` over the axes that were broadcast from ``shape``, and give it the argument's dtype."""
    if ct.shape != shape:
        extra = ct.ndim - len(shape)
        axes = (*range(extra), *(i + extra for i, n in enumerate(shape) if n == 1 and ct.shape[i + extra] != 1))
        if axes:
            ct = sum(ct, axis=axes)
        if ct.shape != shape:
            ct = reshape(ct, shape=shape)
    if not isinstance(ct, Variable):
        return np.asarray(ct, dtype=dtype)
    return ct if ct.array.dtype == dtype else astype(ct, dtype=dtype.name)


def leading_to(targets: Iterable[Edge], roots: Iterable[Edge]) -> set[Edge]:
    """Return the nodes and leaves from which a path leads to a target, the targets included."""
    reachable: set[Edge] = set()
    stack = list(roots)
    while stack:
        edge = stack.pop()
        if edge not in reachable:
            reachable.add(edge)
            if isinstance(edge, Output):
                stack.append(edge.node)
            elif isinstance(edge, Node):
                stack.extend(following for following in edge.edges if following is not None)
    needed = set(targets)
    nodes = [edge for edge in reachable if isinstance(edge, Node)]
    for node in sorted(nodes, key=lambda node: node.sequence):
        if any(edge in needed for edge in node.edges):
            needed |= {node, *(node.outputs if isinstance(node, CustomNode) else ())}
    return needed
