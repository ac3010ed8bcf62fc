"""The vocabulary for reading: domains as text, and each op's textbook definition as the mirror has it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from gradproof.engine.domain import Domain
from gradproof.engine.op import Op
from gradproof.engine.vocabulary import OPS
from gradproof.exact import Array, name_of
from gradproof.graph import Graph, Input, Node
from gradproof.symbolic import mirror

#: The arguments that definitions are shown for: the first that fits.
EXAMPLES = ((2,), (2, 2), (3,), (1, 2, 2), (1, 1, 2, 2))


def domain_text(op: Op) -> str:
    """Return the domain of an op as text: one product of sets per box."""
    return " or ".join(" × ".join(map(str, box)) for box in op.domain)


def promise_text(op: Op) -> str:
    """Say which parts of a pointwise op are within 4 ulp of the exact value, and where one is not.

    >>> promise_text(OPS["tanh"])
    'forward and VJP'
    """
    if not op.is_pointwise:
        return ""
    if not op.lapses:
        return "forward and VJP"
    return "; ".join(_part_text(op, part) for part in ("forward", "vjp"))


def _part_text(op: Op, part: str) -> str:
    name = {"forward": "forward", "vjp": "VJP"}[part]
    return f"{name}, but: {op.lapses[part]}" if part in op.lapses else name


@cache
def formula_text(name: str) -> str:
    """Return the first entry of an op's result, as the mirror defines it, for two entries or a 2 x 2 matrix.

    >>> formula_text("softmax")
    'exp(x0_0)/(exp(x0_0) + exp(x0_1))'
    """
    return str(mirror(example(OPS[name])).values[-1].ravel()[0])


def example(op: Op, shape: tuple[int, ...] | None = None) -> Graph:
    """Return the graph of one op with its first parameters, at a first argument of a shape: the first that fits."""
    static = {key: each[0] for key, each in op.params.items()}
    params, shapes = next(_calls(op, EXAMPLES if shape is None else (shape,), static))
    inputs = tuple(_input(op.domain_of(slot)[0], shape) for slot, shape in enumerate(shapes))
    arrays = [np.abs(each.value) for each in inputs]
    with np.errstate(all="ignore"):
        result = np.asarray(op.forward(*arrays, **params))
    node = Node(op.name, tuple(range(len(inputs))), params, result.shape, name_of(result.dtype))
    return Graph(inputs, (node,), (len(inputs),))


def _calls(
    op: Op, shapes: tuple[tuple[int, ...], ...], static: dict[str, Any]
) -> Iterator[tuple[dict[str, Any], tuple[tuple[int, ...], ...]]]:
    """Yield parameters with shapes for all arguments, for a first argument of each shape that fits."""
    for shape in shapes:
        for shaped in op.shape.parameters(shape):
            params = {**shaped, **static}
            for partners in op.shape.partners(0, shape, **params):
                yield params, partners


def _input(domain: Domain, shape: tuple[int, ...]) -> Input:
    values: Array = np.diag(np.arange(1.0, shape[-1] + 1.0)) if domain.matrices else np.ones(shape)
    if domain.kind == "real":
        return Input(values, requires_grad=True)
    return Input(values.astype(np.bool_) if domain.kind == "boolean" else np.zeros(shape, np.int64))
