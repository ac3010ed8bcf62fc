"""Attention."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError

from ... import ops
from ...variable import Array, array_of
from .dropout import dropout

if TYPE_CHECKING:
    from ...tensor import Tensor


def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Return ``softmax(scale query key^T) value``, for a scale of the root of the inverse of their width.

    A floating mask is added to the scores, a boolean one tells which count; ``is_causal`` counts those of keys no later
    than the query. A query for which none counts gives zeros. ``enable_gqa`` repeats key and value for groups of heads.
    """
    if is_causal and attn_mask is not None:
        raise ArgumentError("is_causal is a mask of its own; attn_mask must be None")
    if enable_gqa:
        key, value = (_repeated(each, query) for each in (key, value))
    axes = (*range(key.ndim - 2), key.ndim - 1, key.ndim - 2)
    factor = 1.0 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = ops.matmul(query, ops.permute_dims(key, axes=axes)) * factor
    counts: Array | None = np.tri(*scores.shape[-2:], dtype=np.bool_) if is_causal else None
    if attn_mask is not None and array_of(attn_mask).dtype == np.bool_:
        counts = array_of(attn_mask)
    elif attn_mask is not None:
        scores = scores + attn_mask
    weights = ops.softmax(scores, axis=-1) if counts is None else _of_those(scores, counts)
    return ops.matmul(dropout(weights, dropout_p), value)


def _of_those(scores: Any, counts: Array) -> Any:
    """Return the softmax of those scores that count; others, and all where none does, have no weight."""
    some = counts.any(axis=-1, keepdims=True)
    shown = ops.where(counts | ~some, scores, -math.inf)
    return ops.where(counts, ops.softmax(shown, axis=-1), 0.0)


def _repeated(heads: Any, query: Any) -> Any:
    """Return each head as often as there are heads of the query for it."""
    count, wanted = heads.shape[-3], query.shape[-3]
    if wanted % count:
        raise ShapeError(f"{wanted} heads of the query cannot be divided among {count} of key or value")
    return ops.take(heads, np.repeat(np.arange(count), wanted // count), axis=-3)


__all__ = [
    "scaled_dot_product_attention",
]
