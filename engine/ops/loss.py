"""Losses: pointwise distances and their reductions."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import pointwise
from gradproof.errors import ArgumentError, ShapeError

from ..domain import PROBABILITY, REAL
from ..op import define
from ..shapes import Loss
from ..variable import Array, array_of
from .activation import sigmoid, times_logistic
from .selection import where


def _reduce(values: Array, reduction: str) -> Array:
    if reduction not in ("none", "mean", "sum"):
        raise ArgumentError(f"reduction is none, mean or sum, not {reduction!r}")
    if reduction == "none":
        return values
    total = np.sum(values)
    return np.asarray(total / values.size if reduction == "mean" else total)


def _same_shape(x: Array, target: Array) -> None:
    if x.shape != target.shape:
        raise ShapeError(f"a loss compares arrays of one shape, not of {x.shape} and {target.shape}")


def _spread(ct: Any, x: Any, reduction: str) -> Any:
    """Return the cotangent of each unreduced value."""
    return ct / int(np.prod(x.shape)) if reduction == "mean" else ct


def _mse(ct: Any, y: Any, x: Any, target: Any, *, reduction: str) -> Any:
    return _spread(ct, x, reduction) * (2.0 * (x - target))


def _mse_forward(x: Array, target: Array, *, reduction: str = "mean") -> Array:
    _same_shape(x, target)
    return _reduce(np.square(x - target), reduction)


mse_loss = define(
    "mse_loss",
    forward=_mse_forward,
    vjp=(_mse, lambda ct, y, x, target, **how: -_mse(ct, y, x, target, **how)),
    shape=Loss(),
    domain=(REAL, REAL),
    budget=pointwise(4),
    node="MseLossBackward0",
    integers=False,
)


def _bce(x: Array, p: Array, *, reduction: str = "mean") -> Array:
    """Return ``-(p log s(x) + (1 - p) log(1 - s(x)))``, ``s`` the logistic function, without cancellation."""
    _same_shape(x, p)
    linear = np.where(x < 0, -p * x, (1 - p) * x)
    return _reduce(linear + np.log1p(np.exp(-np.abs(x))), reduction)


def _bce_logit(ct: Any, y: Any, x: Any, p: Any, *, reduction: str) -> Any:
    """Return ``ct (s(x) - p)``; for positive x as ``(1 - p) - s(-x)``, which keeps its digits where p is 1.

    Where p is 0, or for positive x 1, the tail of s is all that is left, and may underflow.
    """
    above, shared = x > 0.0, _spread(ct, x, reduction)
    tail, rest, signed = where(above, -x, x), where(above, 1.0 - p, p), where(above, -shared, shared)
    alone = array_of(rest) == 0.0
    return where(alone, times_logistic(signed, tail) - signed * rest, signed * (sigmoid(tail) - rest))


binary_cross_entropy_with_logits = define(
    "binary_cross_entropy_with_logits",
    forward=_bce,
    vjp=(_bce_logit, lambda ct, y, x, p, *, reduction: _spread(ct, x, reduction) * -x),
    shape=Loss(),
    domain=(REAL, PROBABILITY),
    budget=pointwise(4),
    node="BinaryCrossEntropyWithLogitsBackward0",
    integers=False,
)

__all__ = [
    "binary_cross_entropy_with_logits",
    "mse_loss",
]
