"""Primitives that move entries and compute nothing."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.engine import ops
from gradproof.engine.variable import array_of
from gradproof.errors import UnsupportedError

from ...rules import Rule


def broadcast_in_dim(x: Any, *, shape: Sequence[int], broadcast_dimensions: Sequence[int], **_: Any) -> Any:
    """Return ``x`` with its dimensions at these places of a shape, and repeated along all others."""
    sizes = [1] * len(shape)
    for place, size in zip(broadcast_dimensions, array_of(x).shape, strict=True):
        sizes[int(place)] = size
    placed = x if tuple(sizes) == array_of(x).shape else ops.reshape(x, shape=tuple(sizes))
    return placed if tuple(sizes) == tuple(shape) else ops.broadcast_to(placed, shape=tuple(shape))


def transpose(x: Any, *, permutation: Sequence[int]) -> Any:
    """Return ``x`` with its dimensions in another order."""
    order = tuple(int(place) for place in permutation)
    return x if order == tuple(range(len(order))) else ops.permute_dims(x, axes=order)


def _reshape(x: Any, *, new_sizes: Sequence[int], dimensions: Any, **_: Any) -> Any:
    if dimensions is not None:
        raise UnsupportedError("it reorders dimensions while it reshapes; transpose first")
    return ops.reshape(x, shape=tuple(new_sizes))


def _slice(x: Any, *, start_indices: Sequence[int], limit_indices: Sequence[int], strides: Any) -> Any:
    steps = strides or (1,) * len(start_indices)
    return ops.getitem(x, index=tuple(map(slice, start_indices, limit_indices, steps)))


def pad(x: Any, value: Any, *, padding_config: Sequence[tuple[int, int, int]]) -> Any:
    """Return ``x`` with a value before, behind and between its entries; negative widths cut entries off."""
    widths = [(max(low, 0), max(high, 0), inner) for low, high, inner in padding_config]
    spans = [max((n - 1) * (inner + 1) + 1, 0) for n, (*_, inner) in zip(array_of(x).shape, widths, strict=True)]
    shape = tuple(low + span + high for span, (low, high, _) in zip(spans, widths, strict=True))
    index = tuple(slice(low, low + span, inner + 1) for span, (low, _, inner) in zip(spans, widths, strict=True))
    if isinstance(value, np.ndarray) and not np.any(value):
        padded = ops.embed(x, index=index, shape=shape)
    else:
        padded = ops.overwrite(ops.broadcast_to(value, shape=shape), x, index=index)
    if all(low >= 0 and high >= 0 for low, high, _ in padding_config):
        return padded
    kept = tuple(
        slice(max(-low, 0), n - max(-high, 0)) for n, (low, high, _) in zip(shape, padding_config, strict=True)
    )
    return ops.getitem(padded, index=kept)


def _split(x: Any, *, sizes: Sequence[int], axis: int) -> list[Any]:
    ends = list(itertools.accumulate(map(int, sizes), initial=0))
    before = (slice(None),) * axis
    return [ops.getitem(x, index=(*before, slice(*bounds))) for bounds in itertools.pairwise(ends)]


def _unchanged(*operands: Any, **_: Any) -> Any:
    return operands[0] if len(operands) == 1 else list(operands)


RULES: dict[str, Rule] = {
    "broadcast_in_dim": broadcast_in_dim,
    "concatenate": lambda *xs, dimension: ops.concat(*xs, axis=dimension),
    "device_put": _unchanged,
    "name": _unchanged,
    "optimization_barrier": _unchanged,
    "pad": pad,
    "reshape": _reshape,
    "rev": lambda x, *, dimensions: ops.flip(x, axis=tuple(dimensions)),
    "sharding_constraint": _unchanged,
    "slice": _slice,
    "split": _split,
    "squeeze": lambda x, *, dimensions: ops.squeeze(x, axis=tuple(int(each) for each in dimensions)),
    "transpose": transpose,
}
