"""Losses."""

from __future__ import annotations

from functools import cache
from typing import Any

import sympy as sp

from ..program import Definition, Term, total
from .steps import difference, logistic, magnitude, mean, pointwise, square

# of 1 - s(x) = s(-x) the side that keeps its digits
_cross_entropy = pointwise(lambda x, p: -(p * sp.log(logistic(x)) + (1 - p) * sp.log(logistic(-x))), 2)


def _magnitude_beyond(d: Any, bound: Any, inside: Any, slope: Any) -> Any:
    """Return ``inside`` where a difference is within a bound, else ``slope (abs(d) - bound / 2)``."""
    near = (inside, sp.Abs(d) < bound)
    return sp.Piecewise(near, (slope * (d - bound / 2), d > 0), (slope * (-d - bound / 2), True))


@cache
def _smooth_l1(beta: float) -> Definition:
    bound = sp.Rational(beta)
    return pointwise(lambda d: _magnitude_beyond(d, bound, d**2 / (2 * bound), 1))


@cache
def _huber(delta: float) -> Definition:
    bound = sp.Rational(delta)
    return pointwise(lambda d: _magnitude_beyond(d, bound, d**2 / 2, bound))


_soft_margin = pointwise(lambda x, target: sp.log(1 + sp.exp(-target * x)), 2)


def reduced(values: Term, reduction: str) -> Term:
    """Return the values, their sum or their mean."""
    if reduction == "none":
        return values
    return mean(values, axis=None, keepdims=False) if reduction == "mean" else total(values)


RULES: dict[str, Definition] = {
    "binary_cross_entropy_with_logits": lambda x, p, *, reduction: reduced(_cross_entropy(x, p), reduction),
    "huber_loss": lambda x, t, *, reduction, delta: reduced(_huber(delta)(difference(x, t)), reduction),
    "l1_loss": lambda x, target, *, reduction: reduced(magnitude(difference(x, target)), reduction),
    "mse_loss": lambda x, target, *, reduction: reduced(square(difference(x, target)), reduction),
    "smooth_l1_loss": lambda x, t, *, reduction, beta: reduced(_smooth_l1(beta)(difference(x, t)), reduction),
    "soft_margin_loss": lambda x, target, *, reduction: reduced(_soft_margin(x, target), reduction),
}
