"""Entries taken from places that integers or masks name, and put there.

The tracer has seen that integers and masks do not depend on the floating arguments: they are constants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradproof import engine
from gradproof.engine import ops
from gradproof.engine.nn import functional

from ...rules import Rule


def _index(x: Any, indices: Sequence[Any]) -> Any:
    return x[tuple(slice(None) if each is None else each for each in indices)]


def _index_put(x: Any, indices: Sequence[Any], values: Any, accumulate: bool = False) -> Any:
    """Return ``x`` with values at indices. What stands for none of them is all places of its dimension."""
    lead = [i for i, each in enumerate(indices) if each is None]
    if not lead:
        return engine.index_put(x, tuple(indices), values, accumulate)
    numbers = engine.as_tensor(np.arange(x.array.size).reshape(tuple(x.shape)))
    places = _index(numbers, indices)
    flat = ops.reshape(x, shape=(-1,))
    spread = ops.reshape(ops.broadcast_to(values, shape=tuple(places.shape)), shape=(-1,))
    return ops.reshape(engine.index_put(flat, (places.reshape(-1),), spread, accumulate), shape=tuple(x.shape))


def _gather(x: Any, dim: int, index: Any, sparse_grad: bool = False) -> Any:
    return engine.gather(x, dim, index)


def _index_select(x: Any, dim: int, index: Any) -> Any:
    return ops.take(x, index.array.reshape(-1), axis=dim) if x.ndim else x


def _embedding(weight: Any, indices: Any, padding_idx: int = -1, scale: bool = False, sparse: bool = False) -> Any:
    # PyTorch's embedding holds the row of padding constant
    return functional.embedding(indices, weight, None if padding_idx < 0 else padding_idx)


RULES: Mapping[str, Rule] = {
    "embedding.default": _embedding,
    "gather.default": _gather,
    "index.Tensor": _index,
    "index_add.default": engine.index_add,
    "index_put.default": _index_put,
    "index_select.default": _index_select,
    "masked_scatter.default": engine.masked_scatter,
    "masked_select.default": engine.masked_select,
    "nonzero.default": engine.nonzero,
    "scatter.src scatter.value": engine.scatter,
    "scatter_add.default": engine.scatter_add,
    "take.default": engine.take,
}
