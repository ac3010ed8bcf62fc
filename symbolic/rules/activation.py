"""Activations, as their textbook definitions."""

from __future__ import annotations

import sympy as sp

from ..program import Definition, Term, total
from .steps import difference, exp, log, logistic, pointwise, ratio


def _softmax(x: Term, *, axis: int) -> Term:
    e = exp(x)
    return ratio(e, total(e, axis, keepdims=True))


def _log_softmax(x: Term, *, axis: int) -> Term:
    return difference(x, log(total(exp(x), axis, keepdims=True)))


RULES: dict[str, Definition] = {
    "gelu": pointwise(lambda x: x * (1 + sp.erf(x / sp.sqrt(2))) / 2),
    "log_softmax": _log_softmax,
    "logit": pointwise(lambda x: sp.log(x / (1 - x))),
    "logsumexp": lambda x, *, axis, keepdims: log(total(exp(x), axis, keepdims=keepdims)),
    "sigmoid": pointwise(logistic),
    "silu": pointwise(lambda x: x * logistic(x)),
    "softmax": _softmax,
    "softplus": pointwise(lambda x: sp.log(1 + sp.exp(x))),
}
