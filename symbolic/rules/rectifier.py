"""Rectifiers: activations in pieces."""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy as sp

from ..program import Definition
from .steps import pointwise


@cache
def _elu(alpha: float, scale: float, input_scale: float) -> Definition:
    a, s, k = (sp.Rational(each) for each in (alpha, scale, input_scale))
    return pointwise(lambda x: sp.Piecewise((s * x, x > 0), (s * a * (sp.exp(k * x) - 1), True)))


@cache
def _leaky_relu(negative_slope: float) -> Definition:
    return pointwise(lambda x: sp.Piecewise((x, x > 0), (sp.Rational(negative_slope) * x, True)))


def _between(x: Any, low: Any, high: Any) -> Any:
    return sp.Min(sp.Max(x, low), high)


@cache
def _hardtanh(min: float, max: float) -> Definition:
    return pointwise(lambda x: _between(x, sp.Rational(min), sp.Rational(max)))


@cache
def _hardshrink(lambd: float) -> Definition:
    width = sp.Rational(lambd)
    return pointwise(lambda x: sp.Piecewise((x, x > width), (x, x < -width), (0, True)))


@cache
def _softshrink(lambd: float) -> Definition:
    width = sp.Rational(lambd)
    return pointwise(lambda x: sp.Piecewise((x - width, x > width), (x + width, x < -width), (0, True)))


@cache
def _threshold(threshold: float, value: float) -> Definition:
    return pointwise(lambda x: sp.Piecewise((x, x > sp.Rational(threshold)), (sp.Rational(value), True)))


RULES: dict[str, Definition] = {
    "elu": lambda x, **params: _elu(**params)(x),
    "hardshrink": lambda x, **params: _hardshrink(**params)(x),
    "hardsigmoid": pointwise(lambda x: _between(x + 3, 0, 6) / 6),
    "hardswish": pointwise(lambda x: sp.Piecewise((0, x < -3), (x * (x + 3) / 6, x < 3), (x, True))),
    "hardtanh": lambda x, **params: _hardtanh(**params)(x),
    "leaky_relu": lambda x, **params: _leaky_relu(**params)(x),
    "softshrink": lambda x, **params: _softshrink(**params)(x),
    "threshold": lambda x, **params: _threshold(**params)(x),
}
