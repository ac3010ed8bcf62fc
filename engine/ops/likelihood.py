"""Losses of probabilities: negative logarithms of likelihoods, and their expectations."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import pointwise, summation
from gradproof.errors import OutOfRangeError

from ..domain import INDEX, POSITIVE, PROBABILITY, REAL
from ..network_shapes import ClassIndices, ClassProbabilities
from ..op import Function, define
from ..shapes import Loss, axis_of
from ..variable import Array, array_of
from .activation import log_softmax
from .exponential import exp, log, log1p, times_exp
from .loss import check_one_shape, reduced, shared
from .rearrangement import expand_dims
from .reduction import sum as sum_
from .scaling import scaled_product
from .selection import where


def _each(ct: Any, y: Any, count: int, reduction: str) -> Any:
    """Return the cotangent of each of ``count`` unreduced values."""
    return ct / count if reduction == "mean" else ct


def _per_class(ct: Any, x: Any, axis: int, reduction: str) -> Any:
    """Return the cotangent of each unreduced value, as what broadcasts over the classes of ``x``."""
    classes = x.shape[axis]
    each = _each(ct, None, int(np.prod(x.shape)) // classes if classes else 0, reduction)
    return expand_dims(each, axis=axis) if reduction == "none" else each


def _nll(x: Array, target: Array, *, axis: int, reduction: str = "mean") -> Array:
    """Return minus the entries that ``target`` names along ``axis``."""
    ClassIndices().result(x.shape, target.shape, axis=axis, reduction=reduction)
    classes = x.shape[axis]
    outside = target[(target < 0) | (target >= classes)]
    if outside.size:
        raise OutOfRangeError(f"class {outside[0]} is out of range for {classes} classes")
    return reduced(-np.squeeze(np.take_along_axis(x, np.expand_dims(target, axis), axis), axis), reduction)


def _nll_vjp(ct: Any, y: Any, x: Any, target: Any, *, axis: int, reduction: str) -> Any:
    places = np.arange(x.shape[axis]).reshape([-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    named = np.expand_dims(array_of(target), axis) == places
    return where(named, -_per_class(ct, x, axis, reduction), 0.0)


def _nll_node(x: Any, target: Any, *, axis: int, reduction: str) -> str:
    return "NllLoss2DBackward0" if x.ndim > 2 else "NllLossBackward0"


nll_loss: Function = define(
    "nll_loss",
    forward=_nll,
    vjp=(_nll_vjp, None),
    shape=ClassIndices(),
    domain=(REAL, INDEX),
    budget=summation(forward=2, vjp=2),
    node=_nll_node,
    integers=False,
)


def _cross_entropy(x: Array, p: Array, *, axis: int, reduction: str = "mean") -> Array:
    """Return ``-sum(p log(softmax(x)))`` over the classes."""
    check_one_shape(x, p)
    return reduced(-np.sum(p * log_softmax(x, axis=axis_of(x, axis)), axis=axis), reduction)


def _cross_entropy_vjp(ct: Any, y: Any, x: Any, p: Any, *, axis: int, reduction: str) -> Any:
    """Return ``softmax(x) sum(ct p) - ct p``."""
    logarithms = log_softmax(x, axis=axis)
    passed = -_per_class(ct, x, axis, reduction) * p
    return passed - times_exp(sum_(passed, axis=axis, keepdims=True), exp(logarithms), logarithms)


_CROSS_ENTROPY = {"none": "NegBackward0", "mean": "DivBackward1", "sum": "NegBackward0"}

cross_entropy: Function = define(
    "cross_entropy",
    forward=_cross_entropy,
    vjp=(
        _cross_entropy_vjp,
        lambda ct, y, x, p, *, axis, reduction: -_per_class(ct, x, axis, reduction) * log_softmax(x, axis=axis),
    ),
    shape=ClassProbabilities(),
    domain=(REAL, REAL),
    budget=pointwise(4),
    node=lambda x, p, *, axis, reduction: _CROSS_ENTROPY[reduction],
    integers=False,
)

#: Logarithms of probabilities below its exponential are taken for this, as in PyTorch.
LEAST_LOGARITHM = -100.0


def _logarithms(p: Any) -> tuple[Any, Any]:
    """Return ``log(p)`` and ``log(1 - p)``, both cut off."""
    values = array_of(p)
    least = np.exp(LEAST_LOGARITHM)
    here, there = values > least, values < 1.0
    return (
        where(here, log(where(here, p, 1.0)), LEAST_LOGARITHM),
        where(there, log1p(-where(there, p, 0.0)), LEAST_LOGARITHM),
    )


def _binary(p: Array, target: Array, *, reduction: str = "mean") -> Array:
    """Return ``-(t log p + (1 - t) log(1 - p))``."""
    check_one_shape(p, target)
    here, there = _logarithms(p)
    return reduced(-(target * here + (1 - target) * there), reduction)


def _binary_probability(ct: Any, y: Any, p: Any, target: Any, *, reduction: str) -> Any:
    """Return ``ct (p - t) / (p (1 - p))``; where a logarithm is cut off, the other term alone."""
    values, each = array_of(p), shared(ct, p, reduction)
    here, there = values > np.exp(LEAST_LOGARITHM), values < 1.0
    inside = where(here & there, p, 0.5)
    slope = scaled_product(each, inside - target, over=inside * (1.0 - inside))
    alone = where(there, each * (1.0 - target) / (1.0 - where(there, p, 0.5)), -each * target / where(here, p, 0.5))
    return where(here & there, slope, alone)


def _binary_target(ct: Any, y: Any, p: Any, target: Any, *, reduction: str) -> Any:
    """Return ``ct (log(1 - p) - log(p))``; near 1/2 as one logarithm, which keeps its digits."""
    values, each = array_of(p), shared(ct, p, reduction)
    here, there = _logarithms(p)
    middle = (values > 0.25) & (values < 0.75)
    near = where(middle, p, 0.5)
    return each * where(middle, log1p((1.0 - 2.0 * near) / near), there - here)


binary_cross_entropy: Function = define(
    "binary_cross_entropy",
    forward=_binary,
    vjp=(_binary_probability, _binary_target),
    shape=Loss(),
    domain=(PROBABILITY, PROBABILITY),
    # all terms have one sign, so that no digits cancel; moved by its rounding a probability of 1 would leave the domain
    budget=pointwise(4, moved=(False, True)),
    node="BinaryCrossEntropyBackward0",
    integers=False,
)


def _divergence(x: Array, p: Array, *, reduction: str = "mean") -> Array:
    """Return ``p (log p - x)``, and 0 where p is."""
    check_one_shape(x, p)
    some = p > 0
    return reduced(np.where(some, p * (np.log(np.where(some, p, 1)) - x), -p * x), reduction)


def _divergence_target(ct: Any, y: Any, x: Any, p: Any, *, reduction: str) -> Any:
    return shared(ct, x, reduction) * (log(p) + 1.0 - x)


_DIVERGENCE = {"none": "SubBackward0", "mean": "MeanBackward0", "sum": "SumBackward0"}

kl_div: Function = define(
    "kl_div",
    forward=_divergence,
    vjp=(lambda ct, y, x, p, *, reduction: -shared(ct, x, reduction) * p, _divergence_target),
    shape=Loss(),
    # at 0 defined by its limit, with no derivative by the target
    domain=(REAL, POSITIVE),
    budget=pointwise(4),
    node=lambda x, p, *, reduction: _DIVERGENCE[reduction],
    integers=False,
)

__all__ = [
    "binary_cross_entropy",
    "cross_entropy",
    "kl_div",
    "nll_loss",
]
