"""Graphs built from choices, op by op.

Each block of bytes stands for one node: an op, then earlier values that fit it, or fresh leaves. The graph is cut to
what its outputs need. That order reaches every op equally often, and makes failures shrink to the op at fault: what
is left out or made simpler in one block leaves the choices of the others alone. A forward run goes along, so that the
next op is legal where it stands and magnitudes stay bounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from gradproof.case import Case
from gradproof.engine.domain import REAL, Box, Domain
from gradproof.engine.op import Op
from gradproof.engine.shapes import expands_to
from gradproof.engine.vocabulary import OPS
from gradproof.exact import Array, name_of
from gradproof.graph import DETACHING, Graph, Input, Node
from gradproof.symbolic.rules import decompositions, matrix_equations

from .choices import Choices
from .values import WEIGHTED_STYLES, fill, uniforms

Shape = tuple[int, ...]
Params = dict[str, Any]

#: Shapes that a fresh leaf may have, simplest first.
SHAPES: tuple[Shape, ...] = (
    (),
    (1,),
    (2,),
    (3,),
    (2, 2),
    (2, 3),
    (3, 1),
    (1, 2),
    (2, 1, 2),
    (3, 3),
    (2, 2, 2),
    (0,),
    (2, 0),
)

#: What an op may have too that takes few of these.
FURTHER: tuple[Shape, ...] = ((1, 1, 2, 2), (2, 1, 1, 2), (1, 2, 2, 2), (1, 1, 1, 2, 2), (2, 1, 1, 1, 2), (4, 4))

#: Ops whose mirrors are equations in all entries of their results, and the largest matrices that they are drawn for.
_FACTORS = decompositions.RULES.keys() | matrix_equations.RULES.keys()
LARGEST_FACTORED = 3

#: Empty arrays, in which there is little to verify, are drawn for one leaf in so many.
_FULL_PER_EMPTY = 24

DTYPES = ("float64", "float32", "float16")
#: What is drawn where no dtype is given: of float16 a little.
MIX = (*DTYPES[:2] * 4, "float16")
COTANGENTS = ("ones", "moderate", "integers", "large", "small")

#: Values beyond this magnitude, and results with more entries, are not built upon.
MOST = np.float64(1e6)  # float16 cannot hold it
MOST_ENTRIES = 24

#: Bytes for what concerns the whole graph, and for one node.
HEADER = 16
BLOCK = 28


@dataclass
class _Value:
    """A value of the graph under construction, with what a forward run gave."""

    array: Array
    tracked: bool
    source: Input | Node
    depth: int = 0
    used: bool = False


class _Builder:
    """Builds one graph. A value is named by its position in ``values``."""

    def __init__(self, dtype: str, names: Sequence[str]) -> None:
        self._dtype = dtype
        self._names = frozenset(names)
        self.values: list[_Value] = []

    def grow(self, op: Op, choices: Choices) -> None:
        """Add one node, on earlier values or fresh leaves; on the simplest leaf where that gives nothing finite."""
        before = len(self.values)
        if not self._apply(op, choices):
            del self.values[before:]
            self._apply(op, Choices(b""))

    def _apply(self, op: Op, choices: Choices) -> bool:
        box = choices.pick(op.domain)
        anchor = choices.pick([slot for slot, domain in enumerate(box) if domain.kind == "real"])
        first = self._anchor(op, box, anchor, choices)
        array = self.values[first].array
        params, partners = choices.pick(_calls(op, anchor, array.shape))
        params = params | {name: choices.pick(tuple(values)) for name, values in op.params.items()}
        shapes = choices.pick(self._joining(partners, anchor) if choices.below(2) else partners)
        seed = choices.below(2**16)
        args = [
            first if slot == anchor else self._argument(op, box, slot, shapes, params, first, seed + slot, choices)
            for slot in range(len(shapes))
        ]
        return self._node(op, args, params, choices)

    def _anchor(self, op: Op, box: Box, slot: int, choices: Choices) -> int:
        """Return a fresh leaf, the newest value that or any that fits: all but one in sixteen times a graph grows.

        Where no shape fits, a value is brought into one that does. What carries no derivative and what is empty is
        built upon by one in sixteen.
        """
        how = choices.below(16)
        if how and self.values:
            newest = len(self.values) - 1
            for i in self._from(choices.below(newest + 1) if how > 13 else newest):
                value = self.values[i]
                if (
                    (how == 15 or (value.tracked and value.array.size))
                    and self._fits(i, box[slot])
                    and _calls(op, slot, value.array.shape)
                ):
                    return i
            bridge = self._bridge(op, box[slot], slot, choices)
            if bridge is not None:
                return bridge
        shape = choices.pick(_fresh_shapes(op, slot))
        return self._leaf(box[slot], _kinks(op, slot), shape, self._dtype, choices.below(2**16), choices, anchors=True)

    def _bridge(self, op: Op, domain: Domain, slot: int, choices: Choices) -> int | None:
        """Add the newest value in a shape that fits, if the vocabulary has the op for that, and return it.

        What has to be broadcast is so in one of two cases, lest there be little else.
        """
        names = self._names - {"broadcast_to"} if choices.below(2) else self._names
        for i in self._from(len(self.values) - 1):
            value = self.values[i]
            if value.tracked and value.array.size and self._fits(i, domain):
                for name, shape in _bridges(op, slot, value.array.shape):
                    if name in names and self._node(OPS[name], [i], {"shape": shape}, choices):
                        return len(self.values) - 1
        return None

    def _from(self, start: int) -> Iterator[int]:
        """Yield all values, from one towards older ones, and then the newer ones."""
        yield from range(start, -1, -1)
        yield from range(len(self.values) - 1, start, -1)

    def _fits(self, index: int, domain: Domain) -> bool:
        value = self.values[index]
        array = value.array
        if array.dtype.kind != "f" or (domain.integer and value.tracked) or not np.all(np.abs(array) <= MOST):
            return False
        return domain is REAL or bool(domain.contains(array).all())

    def _joining(self, partners: Sequence[tuple[Shape, ...]], anchor: int) -> Sequence[tuple[Shape, ...]]:
        """Return those partners that bring values together of which nothing depends yet; all where there are none."""
        open_shapes = {value.array.shape for value in self.values if not value.used and value.depth}
        joining = [
            shapes
            for shapes in partners
            if any(shape in open_shapes for slot, shape in enumerate(shapes) if slot != anchor)
        ]
        return joining or partners

    def _argument(
        self,
        op: Op,
        box: Box,
        slot: int,
        shapes: tuple[Shape, ...],
        params: Params,
        first: int,
        seed: int,
        choices: Choices,
    ) -> int:
        domain, anchor, shape = box[min(slot, len(box) - 1)], self.values[first].array, shapes[slot]
        if domain.kind == "real":
            if op.ties and shape == anchor.shape and choices.below(4) == 3:
                return self._tied(anchor, seed)
            return self._real(domain, _kinks(op, slot), shape, name_of(anchor.dtype), seed, choices, apart_from=first)
        uniform = uniforms(seed, math.prod(shape)).reshape(shape)
        if domain.kind == "boolean":
            return self._constant(uniform < 0.5)
        return self._constant((op.shape.places(slot, *shapes, **params) * uniform).astype(np.int64))

    def _real(
        self,
        domain: Domain,
        kinks: Sequence[float],
        shape: Shape,
        dtype: str,
        seed: int,
        choices: Choices,
        apart_from: int = -1,
    ) -> int:
        """Return a fresh leaf, or an earlier value of this shape and dtype: at best one of which nothing depends."""
        how = choices.below(4)
        if how > 1:
            alike = [
                i
                for i in range(len(self.values) - 1, -1, -1)
                if self.values[i].array.shape == shape and self.values[i].array.dtype == dtype and self._fits(i, domain)
            ]
            unused = [i for i in alike if i != apart_from and not self.values[i].used]
            if alike:
                return unused[0] if unused and how == 2 else choices.pick(alike)
        return self._leaf(domain, kinks, shape, dtype, seed, choices)

    def _leaf(
        self,
        domain: Domain,
        kinks: Sequence[float],
        shape: Shape,
        dtype: str,
        seed: int,
        choices: Choices,
        *,
        anchors: bool = False,
    ) -> int:
        """Add a fresh input inside ``domain``: one in sixteen is strided, another is not differentiated by."""
        array = fill(choices.pick(WEIGHTED_STYLES), domain, kinks, shape, seed).astype(dtype)
        if (domain is not REAL and not domain.contains(array).all()) or not np.isfinite(array).all():
            array = fill("moderate", domain, (), shape, seed).astype(dtype)
        trait = choices.below(16)
        grad = not domain.integer and (trait != 14 or anchors)
        return self._add(_Value(array, grad, Input(array, grad, contiguous=not shape or trait != 15)))

    def _tied(self, anchor: Array, seed: int) -> int:
        """Add a fresh input that has some entries of another value, the first of them at least."""
        uniform = uniforms(seed, anchor.size).reshape(anchor.shape)
        tied = (uniform < 0.25) | (np.arange(anchor.size) == 0).reshape(anchor.shape)
        array = np.where(tied, anchor, anchor + (uniform - 0.5)).astype(anchor.dtype)
        return self._add(_Value(array, True, Input(array, True)))

    def _constant(self, array: Array) -> int:
        """Add an input without a derivative: a condition or indices."""
        return self._add(_Value(array, False, Input(array)))

    def _add(self, value: _Value) -> int:
        self.values.append(value)
        return len(self.values) - 1

    def _node(self, op: Op, args: list[int], params: Params, choices: Choices) -> bool:
        """Add the node, unless its result is not finite or too large; tell whether it was added."""
        result = np.asarray(op.forward(*[self.values[arg].array for arg in args], **params))
        if result.size > MOST_ENTRIES or (result.dtype.kind == "f" and not np.isfinite(result).all()):
            return False
        grad_enabled = choices.below(32) != 31
        node = Node(op.name, tuple(args), params, result.shape, name_of(result.dtype), grad_enabled)
        sources = [self.values[arg] for arg in args]
        tracked = grad_enabled and op.name not in DETACHING and any(each.tracked for each in sources)
        depth = 1 + max(each.depth for each in sources)
        for each in sources:
            each.used = True
        made = self._add(_Value(np.array(result), tracked and result.dtype.kind == "f", node, depth))
        return self._choose_by(made, choices) if result.dtype == np.bool_ else True

    def _choose_by(self, condition: int, choices: Choices) -> bool:
        """Use a comparison: alone it carries no derivative."""
        shape = self.values[condition].array.shape
        seed = choices.below(2**16)
        branches = [self._real(REAL, (), shape, self._dtype, seed + i, choices) for i in range(2)]
        return self._node(OPS["where"], [condition, *branches], {}, choices)

    def graph(self, choices: Choices) -> Graph:
        """Return the graph, cut to what its outputs need: the deepest node that asks for a derivative, and others."""
        real = [i for i, each in enumerate(self.values) if each.depth and each.array.dtype.kind == "f"]
        asking = [i for i in real if self.values[i].tracked and self.values[i].array.size] or real
        outputs = [max(asking, key=lambda i: (self.values[i].depth, i))]
        while len(outputs) < 3 and choices.below(4) == 3:
            outputs.append(choices.pick(real))
        return Graph.assemble([value.source for value in self.values], outputs).cut()


def _kinks(op: Op, slot: int) -> tuple[float, ...]:
    return op.kinks[slot] if slot < len(op.kinks) else ()


@cache
def _calls(op: Op, slot: int, shape: Shape) -> tuple[tuple[Params, tuple[tuple[Shape, ...], ...]], ...]:
    """Return legal parameters with shapes for all arguments, where the one at ``slot`` has a given shape.

    There are none for matrices with factors that take long to enclose.
    """
    if op.name in _FACTORS and shape and max(shape[-2:]) > LARGEST_FACTORED:
        return ()
    found = [(dict(params), tuple(op.shape.partners(slot, shape, **params))) for params in op.shape.parameters(shape)]
    return tuple((params, partners) for params, partners in found if partners)


@cache
def _fresh_shapes(op: Op, slot: int) -> tuple[Shape, ...]:
    """Return the shapes that a fresh leaf may have."""
    legal = [shape for shape in SHAPES if _calls(op, slot, shape)]
    full = [shape for shape in legal if 0 not in shape]
    if len(full) < len(FURTHER):
        full += [shape for shape in FURTHER if _calls(op, slot, shape)]
    return (*full * (_FULL_PER_EMPTY // len(full)), *(shape for shape in legal if 0 in shape))


@cache
def _bridges(op: Op, slot: int, shape: Shape) -> tuple[tuple[str, Shape], ...]:
    """Return ops that give a value of ``shape`` one that fits, of as many entries or broadcast, with that shape."""
    fitting = [each for each in dict.fromkeys(_fresh_shapes(op, slot)) if each != shape]
    reshaped = [("reshape", each) for each in fitting if math.prod(each) == math.prod(shape)]
    return (*reshaped, *(("broadcast_to", each) for each in fitting if 0 not in each and expands_to(shape, each)))


@cache
def _weighted(names: tuple[str, ...]) -> tuple[Op, ...]:
    """Return ops, each as often as it is to be drawn."""
    return tuple(op for op in map(OPS.__getitem__, names) for _ in range(_weight(op)))


def _weight(op: Op) -> int:
    """Return a small number for comparisons, of which there are many, and a larger one for ops with many parameters."""
    if op.ties and not any(op.rules(1)):
        return 1
    own = math.prod(map(len, op.params.values()))
    return 2 + max(own * len(op.shape.parameters(shape)) for shape in (*SHAPES, *FURTHER)).bit_length()


def build(ops: Sequence[str], dtype: str | None, header: bytes, blocks: Iterable[bytes]) -> Case:
    """Return the case that bytes stand for: a graph over ``ops`` with one node or two for each block, and cotangents.

    A pure function of its arguments. All bytes make a case, and smaller ones a simpler one.
    """
    weighted = _weighted(tuple(ops))
    whole = Choices(header)
    builder = _Builder(dtype or whole.pick(MIX), ops)
    with np.errstate(all="ignore"):
        for block in blocks:
            choices = Choices(block)
            builder.grow(choices.pick(weighted), choices)
        graph = builder.graph(whole)
        return Case(graph, tuple(_cotangent(graph[output], whole) for output in graph.outputs))


def _cotangent(output: Input | Node, choices: Choices) -> Array:
    style, seed = choices.pick(COTANGENTS), choices.below(2**16)
    values = np.ones(output.shape) if style == "ones" else fill(style, REAL, (), output.shape, seed)
    return values.astype(output.dtype)
