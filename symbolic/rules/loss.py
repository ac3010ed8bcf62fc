"""Losses."""

from __future__ import annotations

import sympy as sp

from ..program import Definition, Term, total
from .steps import difference, logistic, mean, pointwise, square

# of 1 - s(x) = s(-x) the side that keeps its digits
_cross_entropy = pointwise(lambda x, p: -(p * sp.log(logistic(x)) + (1 - p) * sp.log(logistic(-x))), 2)


def _reduced(values: Term, reduction: str) -> Term:
    if reduction == "none":
        return values
    return mean(values, axis=None, keepdims=False) if reduction == "mean" else total(values)


RULES: dict[str, Definition] = {
    "binary_cross_entropy_with_logits": lambda x, p, *, reduction: _reduced(_cross_entropy(x, p), reduction),
    "mse_loss": lambda x, target, *, reduction: _reduced(square(difference(x, target)), reduction),
}
