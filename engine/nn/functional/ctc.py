"""Connectionist temporal classification (Graves et al., 2006)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError

from ... import ops
from ...variable import Array, array_of
from .loss import reduced

if TYPE_CHECKING:
    from ...tensor import Tensor


def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Return minus the logarithm of the probability of labels, summed over all ways to align them with a sequence.

    ``log_probs`` are logarithms of probabilities of classes, of shape (time, batch, classes) or (time, classes);
    ``targets`` one row of labels per example, or the labels of all joined. The lengths tell how much of either counts.
    The mean is that of losses by label. With ``zero_infinity`` what cannot be aligned counts for nothing.

    Its derivative is the true one; PyTorch's differs by what a ``log_softmax`` before it makes vanish.
    """
    x = log_probs if log_probs.ndim == 3 else ops.expand_dims(log_probs, axis=1)
    times, counts = (np.atleast_1d(array_of(each)).astype(np.int64) for each in (input_lengths, target_lengths))
    labels = _rows(array_of(targets), counts)
    _check(x, labels, times, counts, blank)
    states = np.full((len(labels), 2 * labels.shape[1] + 1), blank)
    states[:, 1::2] = labels
    forward = _forward(x, states, blank)
    losses = -ops.logsumexp(_last(forward, times, 2 * counts), axis=0)
    if zero_infinity:
        losses = ops.where(ops.equal(losses, math.inf), 0.0, losses)
    if reduction == "mean":
        losses = ops.divide(losses, np.maximum(counts, 1).astype(array_of(losses).dtype))
    result = reduced(losses, reduction)
    return ops.reshape(result, shape=()) if log_probs.ndim == 2 else result


def _rows(targets: Array, counts: Array) -> Array:
    """Return labels as one row per example; joined ones with as many entries as the longest."""
    if targets.ndim == 2:
        return targets
    if targets.ndim != 1 or len(targets) != counts.sum():
        raise ShapeError(
            f"targets of shape {targets.shape} do not hold {counts.sum()} labels of {len(counts)} examples"
        )
    rows = np.zeros((len(counts), counts.max(initial=0)), np.int64)
    rows[np.arange(rows.shape[1]) < counts[:, np.newaxis]] = targets
    return rows


def _check(x: Any, labels: Array, times: Array, counts: Array, blank: int) -> None:
    if x.ndim != 3:
        raise ShapeError(f"log_probs have two or three dimensions, not shape {tuple(x.shape)}")
    length, batch, classes = x.shape
    if not len(labels) == len(times) == len(counts) == batch:
        raise ShapeError(
            f"there are {batch} examples, but {len(labels)} targets, {len(times)} and {len(counts)} lengths"
        )
    if not 0 <= blank < classes:
        raise ArgumentError(f"blank is {blank}, but there are {classes} classes")
    if np.any((times < 1) | (times > length)) or np.any((counts < 0) | (counts > labels.shape[1])):
        raise ArgumentError(
            f"lengths {times.tolist()} and {counts.tolist()} are not within sequences of {length} and {labels.shape[1]}"
        )


def _forward(x: Any, states: Array, blank: int) -> Any:
    """Return the logarithms of the forward variables (equations 6 to 8), of shape (time, batch, states).

    A state is reached from itself, from the one before, and past a blank from a label that differs.
    """
    batch, size = states.shape
    emitted = ops.take_along_axis(x, np.broadcast_to(states, (x.shape[0], batch, size)), axis=2)
    skips = np.zeros(states.shape, bool)
    skips[:, 2:] = (states[:, 2:] != blank) & (states[:, 2:] != states[:, :-2])
    never = np.full((batch, 2), -math.inf, array_of(x).dtype)
    ways = ops.where(np.arange(size) < 2, ops.getitem(emitted, index=(0,)), -math.inf)
    found = [ways]
    for t in range(1, x.shape[0]):
        padded = ops.concat(never, ways, axis=1)
        before, skipped = (ops.getitem(padded, index=(slice(None), slice(k, k + size))) for k in (1, 0))
        into = ops.stack(ways, before, ops.where(skips, skipped, -math.inf), axis=0)
        ways = ops.add(ops.getitem(emitted, index=(t,)), ops.logsumexp(into, axis=0))
        found.append(ways)
    return ops.stack(*found, axis=0)


def _last(forward: Any, times: Array, ends: Array) -> Any:
    """Return what stands at the last times and the last two states, those of the blank and of the label before it."""
    _, batch, size = forward.shape
    places = ((times - 1) * batch + np.arange(batch)) * size + ends
    last = ops.index(forward, np.stack([places, np.maximum(places - 1, 0)]), start=0)
    return ops.where(np.stack([ends >= 0, ends > 0]), last, -math.inf)


__all__ = ["ctc_loss"]
