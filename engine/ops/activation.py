"""Activations, each faithful in both tails."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from gradproof.budget import pointwise

from ..domain import REAL, Domain
from ..op import Function, define
from ..shapes import AlongAxis, Elementwise, Reduction, axis_of
from ..variable import Array, array_of
from .arithmetic import square
from .exponential import exp, times_exp
from .hyperbolic import over_squared_cosh
from .reduction import sum as sum_
from .rows import Axis, column, from_rows, per_row, to_rows
from .scaling import are_normal
from .selection import where
from .special import gaussian, lower_tail, ndtr
from .wide import computed_wide, pulled_wide

UNARY = Elementwise(1)


def _logistic(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)) without overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x < 0, e, np.ones_like(e)) / (1 + e)


def times_logistic(factor: Any, x: Any) -> Any:
    """Return ``factor / (1 + exp(-x))``, also where the logistic function itself underflows."""
    exponent = where(x > 0.0, -x, x)
    e = exp(exponent)
    return where(x > 0.0, factor, times_exp(factor, e, exponent)) / (1.0 + e)


sigmoid = define(
    "sigmoid",
    forward=_logistic,
    # y (1 - y) is 0 in saturation
    vjp=lambda ct, y, x: over_squared_cosh(0.25 * ct, 0.5 * x),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="SigmoidBackward0",
    integers=False,
)

logit = define(
    "logit",
    forward=computed_wide(special.logit),
    vjp=lambda ct, y, x: ct / (x * (1.0 - x)),
    shape=UNARY,
    domain=(Domain(low=0.0, high=1.0),),
    budget=pointwise(4),
    node="LogitBackward0",
    integers=False,
)

softplus = define(
    "softplus",
    forward=lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    vjp=lambda ct, y, x: times_logistic(ct, x),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="SoftplusBackward0",
    integers=False,
)

#: Below this the ratio of the normal distribution function to its density is that of its expansion.
_TAIL = -30.0


def _gelu(ct: Any, y: Any, x: Any) -> Any:
    """Return ``ct (Phi(x) + x phi(x))``, in the tail, where both underflow, as ``phi(x) ct (x + Phi(x) / phi(x))``.

    The ratio is expanded there (DLMF 7.12.1).
    """
    density, tail = math.sqrt(0.5 / math.pi), array_of(x) < _TAIL
    slope = ndtr(x) + gaussian(x * density, x, 0.5)
    if not tail.any():
        return ct * slope
    far = where(tail, x, _TAIL)
    t = 1.0 / square(far)
    ratio = 1.0 - t * (1.0 - 3.0 * t * (1.0 - 5.0 * t * (1.0 - 7.0 * t * (1.0 - 9.0 * t))))
    return where(tail, gaussian(ct * density * (far - ratio / far), far, 0.5), ct * slope)


gelu = define(
    "gelu",
    forward=computed_wide(lambda x: lower_tail(x, x)),
    vjp=pulled_wide(_gelu),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="GeluBackward0",
    lapses={"vjp": "near its root at -0.7518, where two terms cancel"},
    integers=False,
)


def _silu_forward(x: Array) -> Array:
    """Return ``x s(x)``, s the logistic function; below 0 as ``e (x e) / (1 + e^2)`` with ``e = exp(x/2)``.

    The logistic function itself underflows where its product with x does not.
    """
    root = np.exp(-0.5 * np.abs(x))
    total = 1.0 + root * root
    return np.where(x < 0, root * (x * root), x) / total


def _silu(ct: Any, y: Any, x: Any) -> Any:
    """Return ``ct (s + x s (1 - s))``, with e as in the forward; both branches of the magnitude are smooth at 0."""
    below = array_of(x) < 0.0
    root = exp(0.5 * where(below, x, -x))
    e = square(root)
    total = 1.0 + e
    slope = where(below, 1.0 + x / total, (1.0 + x * (e / total)) / total)
    return where(below, (ct * root) * (slope * root) / total, ct * slope)


silu = define(
    "silu",
    forward=computed_wide(_silu_forward),
    vjp=pulled_wide(_silu),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="SiluBackward0",
    lapses={"vjp": "near its root at -1.2785, where two terms cancel"},
    integers=False,
)


def _softmax(x: Array, *, axis: int) -> Array:
    e = np.exp(x - np.max(x, axis=axis_of(x, axis), keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def _times_softmax(factor: Any, y: Any, x: Any, axis: int) -> Any:
    """Return ``factor y`` with ``y = softmax(x)``, also where y itself underflows."""
    return times_exp(factor, y, log_softmax(x, axis=axis)) if not are_normal(y) else factor * y


def _softmax_vjp(ct: Any, y: Any, x: Any, *, axis: int) -> Any:
    """Return ``y (ct - sum(ct y))``."""
    return _times_softmax(ct - sum_(_times_softmax(ct, y, x, axis), axis=axis, keepdims=True), y, x, axis)


softmax = define(
    "softmax",
    forward=_softmax,
    vjp=_softmax_vjp,
    shape=AlongAxis(),
    domain=(REAL,),
    budget=pointwise(4),
    node="SoftmaxBackward0",
    integers=False,
)


def _log_softmax(x: Array, *, axis: int) -> Array:
    """Return ``x - max - log1p(sum of the other exponentials)``, which keeps its digits near 0."""
    shifted = x - np.max(x, axis=axis, keepdims=True)
    e = np.exp(shifted)
    np.put_along_axis(e, np.expand_dims(np.argmax(x, axis=axis), axis), 0, axis)
    return shifted - np.log1p(np.sum(e, axis=axis, keepdims=True))


log_softmax: Function = define(
    "log_softmax",
    forward=_log_softmax,
    vjp=lambda ct, y, x, *, axis: ct - times_exp(sum_(ct, axis=axis, keepdims=True), exp(y), y),
    shape=AlongAxis(),
    domain=(REAL,),
    budget=pointwise(4),
    node="LogSoftmaxBackward0",
    integers=False,
)


def _logsumexp(x: Array, *, axis: Axis = None, keepdims: bool = False) -> Array:
    """Return ``max + log1p(sum of the other exponentials)``, which keeps its digits where the maximum is near 0."""
    rows = to_rows(x, axis)
    peaks = np.max(rows, axis=-1, keepdims=True)
    e = np.exp(rows - np.where(np.isfinite(peaks), peaks, np.zeros_like(peaks)))
    np.put_along_axis(e, np.argmax(rows, axis=-1)[..., np.newaxis], 0, -1)
    return np.asarray(per_row(peaks[..., 0] + np.log1p(np.sum(e, axis=-1)), x.shape, axis, keepdims))


def _logsumexp_vjp(ct: Any, y: Any, x: Any, *, axis: Axis, keepdims: bool) -> Any:
    """Return ``ct softmax(x)``: ``exp(x - y)`` would magnify the rounding of a large ``y``."""
    rows = to_rows(x, axis)
    return from_rows(_times_softmax(column(ct, rows), softmax(rows, axis=-1), rows, -1), x.shape, axis)


logsumexp = define(
    "logsumexp",
    forward=_logsumexp,
    vjp=_logsumexp_vjp,
    shape=Reduction(empty=False),
    domain=(REAL,),
    budget=pointwise(4),
    node="LogsumexpBackward0",
    integers=False,
)

__all__ = [
    "gelu",
    "log_softmax",
    "logit",
    "logsumexp",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
]
