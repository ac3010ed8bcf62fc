"""The steps that rules are put together from: scalar functions, moves, folds."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from ..program import Definition, Term, apply, move, total
from ..scalar import ScalarFunction


def pointwise(definition: Callable[..., Any], arity: int = 1, *, plain: Callable[..., Any] | None = None) -> Definition:
    """Return the rule of an op that applies one scalar function entry by entry."""
    function = ScalarFunction(definition, arity, plain)

    def rule(*terms: Term) -> Term:
        return apply(function, *terms)

    return rule


def rearranged(rearrange: Callable[..., Any]) -> Definition:
    """Return the rule of an op that moves entries, given by the NumPy function that does it."""

    def rule(*terms: Term, **params: Any) -> Term:
        return move(lambda *arrays: rearrange(*arrays, **params), *terms)

    return rule


exp = pointwise(sp.exp)
log = pointwise(sp.log)
square = pointwise(lambda x: x**2)
sqrt = pointwise(sp.sqrt)
magnitude = pointwise(sp.Abs)
larger = pointwise(sp.Max, 2)
smaller = pointwise(sp.Min, 2)
same = pointwise(lambda x: x)
negative = pointwise(lambda x: -x)
plus_one = pointwise(lambda x: x + 1)
times = pointwise(lambda a, b: a * b, 2)
difference = pointwise(lambda a, b: a - b, 2)
ratio = pointwise(lambda a, b: a / b, 2)


def logistic(x: Any) -> Any:
    """Return ``1 / (1 + exp(-x))`` of an expression."""
    return 1 / (1 + sp.exp(-x))


@cache
def divided_by(number: Any) -> Definition:
    """Return the rule that divides every entry by one number."""
    return pointwise(lambda x: x / number)


def count(x: Term, axis: Any) -> int:
    """Return how many entries a reduction over the axes takes together."""
    return math.prod(x.shape if axis is None else [x.shape[a] for a in np.atleast_1d(axis)])


def mean(x: Term, *, axis: Any, keepdims: bool) -> Term:
    """Divide the sum over the axes by the number of entries."""
    return divided_by(count(x, axis))(total(x, axis, keepdims=keepdims))


def in_rows(x: Term, axis: Any) -> Term:
    """Put the entries along the axes into one last dimension."""
    axes = [a % x.ndim for a in (range(x.ndim) if axis is None else np.atleast_1d(axis).tolist())]
    kept = [i for i in range(x.ndim) if i not in axes]
    shape = (*(x.shape[i] for i in kept), count(x, axis))
    return move(lambda a: np.transpose(a, (*kept, *axes)).reshape(shape), x)


def reduced_shape(x: Term, axis: Any, keepdims: bool) -> tuple[int, ...]:
    """Return the shape that a reduction over the axes leaves."""
    return np.sum(np.broadcast_to(0, x.shape), axis=axis, keepdims=keepdims).shape


def folded(pair: Definition, x: Term, *, axis: Any, keepdims: bool) -> Term:
    """Halve the axes, taking what ``pair`` makes of each pair, until one entry is left."""
    rows, shape = in_rows(x, axis), reduced_shape(x, axis, keepdims)
    while rows.shape[-1] > 1:
        low, high, odd = (part_of(rows, -1, part) for part in _halves(rows.shape[-1]))
        rows = move(lambda a, b: np.concatenate([a, b], axis=-1), pair(low, high), odd)
    return move(lambda a: a.reshape(shape), rows)


def _halves(size: int) -> tuple[slice, slice, slice]:
    half = size // 2
    return slice(0, half), slice(half, 2 * half), slice(2 * half, None)


def part_of(x: Term, axis: int, part: slice) -> Term:
    """Return a part of ``x`` along an axis."""
    return move(lambda a: a[(slice(None),) * (axis % a.ndim) + (part,)], x)


def slices_of(x: Term, axis: int) -> list[Term]:
    """Return the slices along an axis, each of size one."""
    return [part_of(x, axis, slice(i, i + 1)) for i in range(x.shape[axis])]


def joined(parts: list[Term], axis: int) -> Term:
    """Join terms along an axis."""
    return move(lambda *arrays: np.concatenate(arrays, axis=axis), *parts)
