"""Hypothesis strategies for graphs, values and cotangents.

The ops are drawn first, as one list; each then takes earlier values that fit it, or fresh leaves; the graph is cut to
what its outputs need. That order reaches every op equally often, and makes failures shrink to the op at fault. A
forward run goes along, so that the next op is legal where it stands and magnitudes stay bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from gradproof.case import Case
from gradproof.engine.domain import REAL, Box, Domain
from gradproof.engine.op import OPS, Op
from gradproof.exact import Array, Param
from gradproof.graph import DETACHING, Graph, Input, Node

Shape = tuple[int, ...]
T = TypeVar("T")

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
    (0,),
    (2, 0),
    (3, 3),
    (2, 2, 2),
)

#: Results beyond this magnitude are not built upon.
MOST = 1e6
MOST_NODES = 10


DTYPES = ("float64", "float32")
COTANGENTS = ("ones", "moderate", "integers")
STYLES = ("counting", "moderate", "integers", "hard", "small", "large")


def fill(style: str, domain: Domain, kinks: Sequence[float], shape: Shape, seed: int) -> Array:
    """Return float64 values inside ``domain``: a deterministic function of its arguments.

    "counting" is 1, 2, 3, ...; "moderate" has full mantissas around 1; "hard" mixes zeros, kinks, ends of the domain,
    saturation and tiny numbers in; "small" and "large" move the magnitude.
    """
    random = np.random.default_rng(seed)
    size = int(np.prod(shape))
    if style == "counting":
        values = np.arange(1.0, size + 1)
    elif style == "integers":
        values = random.integers(-3, 4, size).astype(np.float64)
    else:
        scale = {"small": 1e-4, "large": 1e2}.get(style, 1.0)
        values = scale * random.uniform(0.3, 2.0, size) * random.choice([-1.0, 1.0], size)
    if style == "hard":
        special = np.array([0.0, 1.0, -1.0, 20.0, -20.0, 1e-8, 40.0, *kinks])
        chosen = random.random(size) < 0.5
        values[chosen] = random.choice(special, size)[chosen]
    if domain.invertible:
        return _invertible(domain, values.reshape(shape), random, nearly_singular=style == "hard")
    return _into(domain, values, random).reshape(shape)


def _invertible(domain: Domain, values: Array, random: np.random.Generator, *, nearly_singular: bool) -> Array:
    """Return invertible matrices: as they come, or with rows that are almost the same, else with a larger diagonal."""
    if nearly_singular and values.shape[-1] > 1:
        apart = 10.0 ** -random.uniform(1.0, 3.0) * np.max(np.abs(values))
        values[..., -1, :] = values[..., 0, :] + apart * random.uniform(-1.0, 1.0, values[..., 0, :].shape)
    while not np.all(domain.contains(values)):
        values = values + (1.0 + np.max(np.abs(values))) * np.eye(values.shape[-1])
    return values


def _into(domain: Domain, values: Array, random: np.random.Generator) -> Array:
    """Move what lies outside the domain into it."""
    if domain.integer:
        values = np.round(values)
    span = domain.high - domain.low
    if np.isfinite(span):
        values = domain.low + span * (np.abs(values) % 1.0)
    elif domain.low > -np.inf:
        values = np.where(domain.contains(values), values, domain.low + np.abs(values - domain.low))
    fallback = random.uniform(0.3, 0.9, values.shape)
    safe = domain.low + fallback if np.isfinite(domain.low) else fallback + 1.0
    safe = np.ceil(safe) if domain.integer else safe
    return np.where(domain.contains(values), values, safe)


@dataclass
class _Value:
    """A value of the graph under construction, with what a forward run gave."""

    array: Array
    tracked: bool
    source: Input | Node


#: Strategies are made once: making one costs as much as drawing from it.
SEEDS = st.integers(0, 2**16)


@cache
def _below(count: int) -> SearchStrategy[int]:
    return st.integers(0, count - 1)


@cache
def _op_lists(names: tuple[str, ...]) -> SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(names), min_size=1, max_size=MOST_NODES)


class _Builder:
    """Draws one graph, op by op."""

    def __init__(self, draw: DrawFn, dtype: str) -> None:
        self._draw = draw
        self._dtype = dtype
        self.values: list[_Value] = []

    def _pick(self, options: Sequence[T]) -> T:
        return options[self._draw(_below(len(options)))] if len(options) > 1 else options[0]

    def leaf(self, domain: Domain, kinks: Sequence[float], shape: Shape, dtype: str, *, tracked: bool = True) -> int:
        """Add a fresh input inside ``domain``."""
        style = self._pick(STYLES)
        seed = self._draw(SEEDS)
        array = fill(style, domain, kinks, shape, seed).astype(dtype)
        if not np.all(domain.contains(array)):
            array = fill("moderate", domain, (), shape, seed).astype(dtype)
        # one leaf in sixteen is strided, another is not differentiated by
        trait = self._draw(_below(16))
        contiguous = not shape or trait != 15
        grad = tracked and not domain.integer and trait != 14
        return self._add(_Value(array, grad, Input(array, grad, contiguous)))

    def constant(self, array: Array) -> int:
        """Add an input without a derivative: a condition or indices."""
        return self._add(_Value(array, False, Input(array)))

    def _add(self, value: _Value) -> int:
        self.values.append(value)
        return len(self.values) - 1

    def apply(self, op: Op, *, fresh: bool = False) -> None:
        """Add one node, where the op takes what there is or a fresh leaf; with ``fresh`` only the latter."""
        if fresh:
            self.values.clear()
        box = self._pick(op.domain)
        anchor = self._pick([slot for slot, domain in enumerate(box) if domain.kind == "real"])
        first = self._anchor(op, box, anchor)
        shape = self.values[first].array.shape
        params = self._params(op, shape)
        partners = [] if params is None else op.shape.partners(anchor, shape, **params)
        if params is None or not partners:
            return
        partner = self._pick(partners)
        args = [
            first if slot == anchor else self._argument(op, box, slot, each, params, self.values[first].array)
            for slot, each in enumerate(partner)
        ]
        self._node(op, args, params)

    def _anchor(self, op: Op, box: Box, slot: int) -> int:
        """Return a fresh leaf, the newest value that fits, or any that does: three in four times a graph grows."""
        fitting = [i for i in reversed(range(len(self.values))) if self._fits(i, box[slot]) and self._takes(op, i)]
        choice = self._draw(_below(8)) if fitting else 0
        if choice > 1:
            return fitting[0] if choice < 6 else self._pick(fitting)
        candidates = [shape for shape in SHAPES if op.shape.parameters(shape)]
        return self.leaf(box[slot], _kinks(op, slot), self._pick(candidates), self._dtype)

    def _takes(self, op: Op, index: int) -> bool:
        return bool(op.shape.parameters(self.values[index].array.shape))

    def _fits(self, index: int, domain: Domain) -> bool:
        value = self.values[index]
        array = value.array
        return (
            array.dtype.kind == "f"
            and not (domain.integer and value.tracked)
            and bool(np.all(domain.contains(array)))
            and bool(np.all(np.abs(array) <= MOST))
        )

    def _params(self, op: Op, shape: Shape) -> dict[str, Param] | None:
        legal = op.shape.parameters(shape)
        if not legal:
            return None
        params = dict(self._pick(legal))
        for name, values in op.params.items():
            params[name] = self._pick(tuple(values))
        return params

    def _argument(self, op: Op, box: Box, slot: int, shape: Shape, params: dict[str, Param], anchor: Array) -> int:
        domain = box[min(slot, len(box) - 1)]
        if domain.kind == "real":
            if op.ties and shape == anchor.shape and self._draw(_below(8)) == 7:
                return self._add(_Value(anchor, True, Input(anchor, True)))
            return self._real(domain, _kinks(op, slot), shape, anchor.dtype.name)
        random = np.random.default_rng(self._draw(SEEDS))
        if domain.kind == "boolean":
            return self.constant(random.random(shape) < 0.5)
        size = params["size"] if "size" in params else anchor.shape[params["axis"]]  # type: ignore[index]
        return self.constant(random.integers(0, size, shape))  # type: ignore[arg-type]

    def _real(self, domain: Domain, kinks: Sequence[float], shape: Shape, dtype: str) -> int:
        """Return a fresh leaf, or an earlier value of this shape and dtype that fits."""
        fitting = [
            i
            for i, value in enumerate(self.values)
            if value.array.shape == shape and value.array.dtype == dtype and self._fits(i, domain)
        ]
        choice = self._draw(_below(len(fitting) + 1))
        return fitting[-choice] if choice else self.leaf(domain, kinks, shape, dtype, tracked=not domain.integer)

    def _node(self, op: Op, args: list[int], params: dict[str, Param]) -> None:
        with np.errstate(all="ignore"):
            result = np.array(op.forward(*[self.values[arg].array for arg in args], **params))
        if result.dtype.kind == "f" and not np.all(np.isfinite(result)):
            return
        grad_enabled = self._draw(_below(20)) != 19
        node = Node(op.name, tuple(args), params, result.shape, result.dtype.name, grad_enabled)
        tracked = grad_enabled and result.dtype.kind == "f" and any(self.values[arg].tracked for arg in args)
        made = self._add(_Value(result, tracked and op.name not in DETACHING, node))
        if result.dtype == np.bool_:
            self._choose_by(made)

    def _choose_by(self, condition: int) -> None:
        """Use a comparison: alone it carries no derivative."""
        shape = self.values[condition].array.shape
        branches = [self._real(REAL, (), shape, self._dtype) for _ in range(2)]
        self._node(OPS["where"], [condition, *branches], {})

    def graph(self) -> Graph | None:
        """Return the graph, cut to what its outputs need; None where nothing was built."""
        nodes = [i for i, value in enumerate(self.values) if isinstance(value.source, Node)]
        real = [i for i in nodes if self.values[i].array.dtype.kind == "f"]
        if not real:
            return None
        outputs = [real[-1]]
        extra = self._draw(_below(2 * len(real) + 5))
        if 0 < extra <= len(real):
            outputs.append(real[extra - 1])
        return Graph.assemble([value.source for value in self.values], outputs).cut()


def _kinks(op: Op, slot: int) -> tuple[float, ...]:
    return op.kinks[slot] if slot < len(op.kinks) else ()


@st.composite
def graphs(draw: DrawFn, ops: Sequence[str] | None = None, dtype: str | None = None) -> Graph:
    """Draw a graph over ``ops`` (all by default) in one dtype, or in either where none is given.

    Hypothesis draws the first op more often than the others, and shrinks towards it.
    """
    names = tuple(ops or sorted(OPS))
    chosen = draw(_op_lists(names))
    builder = _Builder(draw, dtype or DTYPES[draw(_below(2))])
    for name in chosen:
        builder.apply(OPS[name])
    graph = builder.graph()
    if graph is None:
        builder.apply(OPS[chosen[0]], fresh=True)
        graph = builder.graph()
    return graph if graph is not None else draw(st.nothing())


@st.composite
def cases(draw: DrawFn, ops: Sequence[str] | None = None, dtype: str | None = None) -> Case:
    """Draw a graph and a cotangent for each of its outputs."""
    graph = draw(graphs(ops, dtype))
    cotangents = []
    for output in graph.outputs:
        each = graph[output]
        style = COTANGENTS[draw(_below(len(COTANGENTS)))]
        seed = draw(SEEDS)
        values = np.ones(each.shape) if style == "ones" else fill(style, Domain(), (), each.shape, seed)
        cotangents.append(values.astype(each.dtype))
    return Case(graph, tuple(cotangents))
