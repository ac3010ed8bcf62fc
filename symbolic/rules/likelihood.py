"""Losses of probabilities."""

from __future__ import annotations

import numpy as np
import sympy as sp

from ..program import Definition, Term, move, total
from .loss import reduced
from .steps import difference, exp, log, negative, pointwise, times

#: Logarithms are cut off at this: part of PyTorch's definition.
_LEAST = -100


def _log_softmax(x: Term, axis: int) -> Term:
    return difference(x, log(total(exp(x), axis, keepdims=True)))


def _nll(x: Term, target: Term, *, axis: int, reduction: str) -> Term:
    classes = np.expand_dims(target.integers, axis)
    named = move(lambda a: np.squeeze(np.take_along_axis(a, classes, axis), axis), x)
    return reduced(negative(named), reduction)


def _cross_entropy(x: Term, p: Term, *, axis: int, reduction: str) -> Term:
    return reduced(negative(total(times(p, _log_softmax(x, axis)), axis)), reduction)


def _cut_off(argument: sp.Expr) -> sp.Expr:
    return sp.Piecewise((sp.log(argument), argument > sp.exp(_LEAST)), (_LEAST, True))


_binary = pointwise(lambda p, target: -(target * _cut_off(p) + (1 - target) * _cut_off(1 - p)), 2)

_divergence = pointwise(lambda x, p: p * sp.log(p) - p * x, 2)


RULES: dict[str, Definition] = {
    "binary_cross_entropy": lambda p, target, *, reduction: reduced(_binary(p, target), reduction),
    "cross_entropy": _cross_entropy,
    "kl_div": lambda x, p, *, reduction: reduced(_divergence(x, p), reduction),
    "nll_loss": _nll,
}
