"""Normalisations."""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy as sp

from ..program import Definition, Term, move
from .steps import difference, mean, pointwise, square, times


@cache
def _over_spread(eps: float) -> Definition:
    """Return ``d / sqrt(v + eps)``."""
    return pointwise(lambda d, v: d / sp.sqrt(v + sp.Rational(eps)), 2)


@cache
def _weighted_over_spread(eps: float) -> Definition:
    return pointwise(lambda d, v, weight, bias: d / sp.sqrt(v + sp.Rational(eps)) * weight + bias, 4)


def _layer_norm(x: Term, weight: Term, bias: Term, *, axis: Any, eps: float) -> Term:
    d = difference(x, mean(x, axis=axis, keepdims=True))
    return _weighted_over_spread(eps)(d, mean(square(d), axis=axis, keepdims=True), weight, bias)


def _batch_norm(x: Term, weight: Term, bias: Term, *, axis: Any, eps: float) -> Term:
    weight, bias = (move(lambda a: a.reshape(-1, *(1,) * (x.ndim - 2)), each) for each in (weight, bias))
    return _layer_norm(x, weight, bias, axis=axis, eps=eps)


def _rms_norm(x: Term, weight: Term, *, axis: Any, eps: float) -> Term:
    return times(_over_spread(eps)(x, mean(square(x), axis=axis, keepdims=True)), weight)


RULES: dict[str, Definition] = {
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
}
