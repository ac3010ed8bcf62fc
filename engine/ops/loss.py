"""Losses: pointwise distances and their reductions."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.budget import pointwise
from gradproof.errors import ArgumentError, ShapeError

from ..domain import PROBABILITY, REAL
from ..op import Function, Rule, define
from ..shapes import Loss
from ..variable import Array, array_of
from .activation import sigmoid, softplus, times_logistic
from .selection import where


def reduced(values: Array, reduction: str) -> Array:
    """Return the values, their sum or their mean, which of nothing is NaN."""
    if reduction not in ("none", "mean", "sum"):
        raise ArgumentError(f"reduction is none, mean or sum, not {reduction!r}")
    if reduction == "none":
        return values
    total = np.sum(values)
    return np.asarray(np.divide(total, values.size, dtype=total.dtype) if reduction == "mean" else total)


def check_one_shape(x: Array, target: Array) -> None:
    """Raise ``ShapeError`` where the shapes differ: losses do not broadcast."""
    if x.shape != target.shape:
        raise ShapeError(f"a loss compares arrays of one shape, not of {x.shape} and {target.shape}")


def shared(ct: Any, x: Any, reduction: str) -> Any:
    """Return the cotangent of each unreduced value."""
    return ct / int(np.prod(x.shape)) if reduction == "mean" else ct


Rules = tuple[Rule, Rule]


def _of_difference(slope: Callable[..., Any]) -> Rules:
    """Return the rules of a loss of ``x - target`` whose derivative is ``slope(x - target, **params)``."""

    def by_input(ct: Any, y: Any, x: Any, target: Any, *, reduction: str, **how: float) -> Any:
        return shared(ct, x, reduction) * slope(x - target, **how)

    return by_input, lambda *args, **how: -by_input(*args, **how)


def _mse_forward(x: Array, target: Array, *, reduction: str = "mean") -> Array:
    check_one_shape(x, target)
    return reduced(np.square(x - target), reduction)


mse_loss = define(
    "mse_loss",
    forward=_mse_forward,
    vjp=_of_difference(lambda d: 2.0 * d),
    shape=Loss(),
    domain=(REAL, REAL),
    budget=pointwise(4),
    node="MseLossBackward0",
    integers=False,
)


def _direction(d: Any) -> Any:
    """Return the sign of differences, as data, and 0 for 0."""
    return np.sign(array_of(d))


def _absolute(x: Array, target: Array, *, reduction: str = "mean") -> Array:
    check_one_shape(x, target)
    return reduced(np.abs(x - target), reduction)


_COMPOSITE = {"none": "AbsBackward0", "mean": "MeanBackward0", "sum": "SumBackward0"}

l1_loss: Function = define(
    "l1_loss",
    forward=_absolute,
    vjp=_of_difference(_direction),
    shape=Loss(),
    domain=(REAL, REAL),
    ties=True,
    budget=pointwise(4),
    node=lambda x, target, *, reduction: _COMPOSITE[reduction],
    integers=False,
)


def _is_near(d: Any, bound: float) -> Array:
    return np.asarray(np.abs(array_of(d)) < bound)


def _smooth_l1(x: Array, target: Array, *, reduction: str = "mean", beta: float = 1.0) -> Array:
    """Return ``d^2 / (2 beta)`` where ``abs(d) < beta``, else ``abs(d) - beta / 2``, of the differences d."""
    check_one_shape(x, target)
    d = np.abs(x - target)
    return reduced(np.where(d < beta, 0.5 * d * (d / beta), d - 0.5 * beta), reduction)


smooth_l1_loss: Function = define(
    "smooth_l1_loss",
    forward=_smooth_l1,
    vjp=_of_difference(lambda d, beta: where(_is_near(d, beta), d / beta, _direction(d))),
    shape=Loss(),
    domain=(REAL, REAL),
    params={"beta": (1.0, 0.25)},
    budget=pointwise(4),
    node="SmoothL1LossBackward0",
    integers=False,
)


def _huber(x: Array, target: Array, *, reduction: str = "mean", delta: float = 1.0) -> Array:
    """Return ``d^2 / 2`` where ``abs(d) < delta``, else ``delta (abs(d) - delta / 2)``, of the differences d."""
    check_one_shape(x, target)
    d = np.abs(x - target)
    return reduced(np.where(d < delta, 0.5 * d * d, delta * (d - 0.5 * delta)), reduction)


huber_loss: Function = define(
    "huber_loss",
    forward=_huber,
    vjp=_of_difference(lambda d, delta: where(_is_near(d, delta), d, delta * _direction(d))),
    shape=Loss(),
    domain=(REAL, REAL),
    params={"delta": (1.0, 0.25)},
    budget=pointwise(4),
    node="HuberLossBackward0",
    integers=False,
)


def _soft_margin(x: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return ``log(1 + exp(-target x))``."""
    check_one_shape(x, target)
    return reduced(softplus(-target * x), reduction)


def _soft_margin_rule(ct: Any, y: Any, x: Any, target: Any, factor: Any, reduction: str) -> Any:
    return times_logistic(-shared(ct, x, reduction) * factor, -target * x)


soft_margin_loss: Function = define(
    "soft_margin_loss",
    forward=_soft_margin,
    vjp=(
        lambda ct, y, x, target, *, reduction: _soft_margin_rule(ct, y, x, target, target, reduction),
        lambda ct, y, x, target, *, reduction: _soft_margin_rule(ct, y, x, target, x, reduction),
    ),
    shape=Loss(),
    domain=(REAL, REAL),
    budget=pointwise(4),
    node="SoftMarginLossBackward0",
    integers=False,
)


def _bce(x: Array, p: Array, *, reduction: str = "mean") -> Array:
    """Return ``-(p log s(x) + (1 - p) log(1 - s(x)))``, ``s`` the logistic function, without cancellation."""
    check_one_shape(x, p)
    linear = np.where(x < 0, -p * x, (1 - p) * x)
    return reduced(linear + np.log1p(np.exp(-np.abs(x))), reduction)


def _bce_logit(ct: Any, y: Any, x: Any, p: Any, *, reduction: str) -> Any:
    """Return ``ct (s(x) - p)``; for positive x as ``(1 - p) - s(-x)``, which keeps its digits where p is 1.

    Where p is 0, or for positive x 1, the tail of s is all that is left, and may underflow.
    """
    above, each = x > 0.0, shared(ct, x, reduction)
    tail, rest, signed = where(above, -x, x), where(above, 1.0 - p, p), where(above, -each, each)
    alone = array_of(rest) == 0.0
    return where(alone, times_logistic(signed, tail) - signed * rest, signed * (sigmoid(tail) - rest))


binary_cross_entropy_with_logits = define(
    "binary_cross_entropy_with_logits",
    forward=_bce,
    vjp=(_bce_logit, lambda ct, y, x, p, *, reduction: shared(ct, x, reduction) * -x),
    shape=Loss(),
    domain=(REAL, PROBABILITY),
    budget=pointwise(4),
    node="BinaryCrossEntropyWithLogitsBackward0",
    integers=False,
)

__all__ = [
    "binary_cross_entropy_with_logits",
    "huber_loss",
    "l1_loss",
    "mse_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
]
