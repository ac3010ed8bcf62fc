"""The mirror's rules: for each op its textbook definition, and no derivative anywhere.

A pointwise op is a SymPy function of scalars. A rearrangement is the NumPy function itself, moving entries. The others
combine such steps. Fused ops are their definition, not the stable algorithm of an engine.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from gradproof.errors import MirrorError

from .program import Definition, Term, apply, contract, move, select, total
from .scalar import ScalarFunction


def pointwise(definition: Callable[..., Any], arity: int = 1) -> Definition:
    """Return the rule of an op that applies one scalar function entry by entry."""
    function = ScalarFunction(definition, arity)

    def rule(*terms: Term) -> Term:
        return apply(function, *terms)

    return rule


def rearranged(rearrange: Callable[..., Any]) -> Definition:
    """Return the rule of an op that moves entries, given by the NumPy function that does it."""

    def rule(*terms: Term, **params: Any) -> Term:
        return move(lambda *arrays: rearrange(*arrays, **params), *terms)

    return rule


_exp = pointwise(sp.exp)
_log = pointwise(sp.log)
_square = pointwise(lambda x: x**2)
_larger = pointwise(sp.Max, 2)
_same = pointwise(lambda x: x)
_difference = pointwise(lambda a, b: a - b, 2)
_ratio = pointwise(lambda a, b: a / b, 2)


def _logistic(x: Any) -> Any:
    return 1 / (1 + sp.exp(-x))


# of 1 - s(x) = s(-x) the side that keeps its digits
_cross_entropy = pointwise(lambda x, p: -(p * sp.log(_logistic(x)) + (1 - p) * sp.log(_logistic(-x))), 2)


def _angle(y: Any, x: Any) -> Any:
    """Return the angle of the point (x, y), undefined on its cut; of two formulas the one far from a pole.

    No ratio of floats is the square root of 2, so that none lies where the formulas meet.
    """
    side = sp.pi / 2
    above, below = side - sp.atan(x / y), -side - sp.atan(x / y)
    return sp.Piecewise((sp.atan(y / x), x > sp.sqrt(2) * sp.Abs(y)), (above, y > 0), (below, True))


@cache
def _polygamma(order: int) -> Definition:
    return pointwise(lambda x: sp.polygamma(order, x))


@cache
def _clip(min: float | None, max: float | None) -> Definition:
    def clipped(x: Any) -> Any:
        raised = x if min is None else sp.Max(x, sp.Rational(min))
        return raised if max is None else sp.Min(raised, sp.Rational(max))

    return pointwise(clipped)


@cache
def _divided_by(count: int) -> Definition:
    return pointwise(lambda x: x / count)


def _mean(x: Term, *, axis: Any, keepdims: bool) -> Term:
    summed = total(x, axis, keepdims=keepdims)
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    return _divided_by(int(np.prod([x.shape[a] for a in axes])))(summed)


def _max(x: Term, *, axis: int | None, keepdims: bool) -> Term:
    """Halve the axis, taking the larger of each pair, until one entry is left."""
    axes = range(x.ndim) if axis is None else (axis % x.ndim,)
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    shape = kept if keepdims else tuple(n for i, n in enumerate(kept) if i not in axes)
    x = move(np.ravel, x) if axis is None else x
    place = 0 if axis is None else axis % x.ndim
    while x.shape[place] > 1:
        low, high, odd = (_part(x, place, part) for part in _halves(x.shape[place]))
        x = move(lambda a, b: np.concatenate([a, b], axis=place), _larger(low, high), odd)
    return move(lambda a: a.reshape(shape), x)


def _halves(size: int) -> tuple[slice, slice, slice]:
    half = size // 2
    return slice(0, half), slice(half, 2 * half), slice(2 * half, None)


def _part(x: Term, place: int, part: slice) -> Term:
    return move(lambda a: a[(slice(None),) * place + (part,)], x)


def _reduced(values: Term, reduction: str) -> Term:
    if reduction == "none":
        return values
    return _mean(values, axis=None, keepdims=False) if reduction == "mean" else total(values)


def _softmax(x: Term, *, axis: int) -> Term:
    e = _exp(x)
    return _ratio(e, total(e, axis, keepdims=True))


def _log_softmax(x: Term, *, axis: int) -> Term:
    return _difference(x, _log(total(_exp(x), axis, keepdims=True)))


def _embedded(x: Any, *, index: Any, shape: Any) -> Any:
    whole = np.full(shape, -1)
    whole[index] = x
    return whole


def _astype(x: Term, *, dtype: str) -> Term:
    if not dtype.startswith("float"):
        raise MirrorError(f"astype to {dtype} is no function of real numbers with a mirror")
    return _same(x)


def _index_add(x: Term, places: Term, *, axis: int, size: int) -> Term:
    """Put slice i into place ``places[i]`` of its own copy of the zeros, and add the copies."""
    place, indices = axis % x.ndim, places.integers

    def spread(a: Any) -> Any:
        copies = np.full((len(indices), *a.shape[:place], size, *a.shape[place + 1 :]), -1)
        for i, target in enumerate(indices):
            copies[i][(slice(None),) * place + (target,)] = np.take(a, i, axis=place)
        return copies

    return total(move(spread, x), 0)


RULES: dict[str, Definition] = {
    "abs": pointwise(sp.Abs),
    "add": pointwise(lambda a, b: a + b, 2),
    "astype": _astype,
    "atan": pointwise(sp.atan),
    "atan2": pointwise(_angle, 2),
    "binary_cross_entropy_with_logits": lambda x, p, *, reduction: _reduced(_cross_entropy(x, p), reduction),
    "broadcast_to": rearranged(np.broadcast_to),
    "ceil": pointwise(sp.ceiling),
    "clip": lambda x, **bounds: _clip(**bounds)(x),
    "clone": rearranged(np.array),
    "concat": rearranged(lambda *xs, axis: np.concatenate(xs, axis=axis)),
    "cos": pointwise(sp.cos),
    "detach": rearranged(np.array),
    "digamma": pointwise(sp.digamma),
    "divide": _ratio,
    "embed": rearranged(_embedded),
    "equal": pointwise(sp.Eq, 2),
    "erf": pointwise(sp.erf),
    "exp": _exp,
    "expand_dims": rearranged(np.expand_dims),
    "expm1": pointwise(lambda x: sp.exp(x) - 1),
    "floor": pointwise(sp.floor),
    "gammaln": pointwise(sp.loggamma),
    "gelu": pointwise(lambda x: x * (1 + sp.erf(x / sp.sqrt(2))) / 2),
    "getitem": rearranged(lambda x, *, index: x[index]),
    "greater": pointwise(sp.Gt, 2),
    "greater_equal": pointwise(sp.Ge, 2),
    "hypot": pointwise(lambda x, y: sp.sqrt(x**2 + y**2), 2),
    "index_add": _index_add,
    "less": pointwise(sp.Lt, 2),
    "less_equal": pointwise(sp.Le, 2),
    "log": _log,
    "log1p": pointwise(lambda x: sp.log(1 + x)),
    "log_softmax": _log_softmax,
    "matmul": contract,
    "max": _max,
    "maximum": _larger,
    "mean": _mean,
    "minimum": pointwise(sp.Min, 2),
    "mse_loss": lambda x, target, *, reduction: _reduced(_square(_difference(x, target)), reduction),
    "multiply": pointwise(lambda a, b: a * b, 2),
    "ndtr": pointwise(lambda x: (1 + sp.erf(x / sp.sqrt(2))) / 2),
    "negative": pointwise(lambda x: -x),
    "not_equal": pointwise(sp.Ne, 2),
    "permute_dims": rearranged(np.transpose),
    "polygamma": lambda x, *, n: _polygamma(n)(x),
    "pow": pointwise(lambda x, p: x**p, 2),
    "relu": pointwise(lambda x: sp.Max(x, 0)),
    "reshape": rearranged(lambda x, *, shape: np.reshape(x, shape)),
    "sigmoid": pointwise(_logistic),
    "sign": pointwise(lambda x: sp.Heaviside(x, 1) - sp.Heaviside(-x, 1)),
    "silu": pointwise(lambda x: x * _logistic(x)),
    "sin": pointwise(sp.sin),
    "sinc": pointwise(lambda x: sp.sinc(sp.pi * x)),
    "softmax": _softmax,
    "softplus": pointwise(lambda x: sp.log(1 + sp.exp(x))),
    "sqrt": pointwise(sp.sqrt),
    "square": _square,
    "subtract": _difference,
    "sum": lambda x, *, axis, keepdims: total(x, axis, keepdims=keepdims),
    "take": lambda x, indices, *, axis: move(lambda a: np.take(a, indices.integers, axis=axis), x),
    "tanh": pointwise(sp.tanh),
    "where": select,
}
