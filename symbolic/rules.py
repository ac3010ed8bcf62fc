"""The mirror's rules: for each op its textbook definition, and no derivative anywhere.

A pointwise op is a SymPy function of scalars. A rearrangement is the NumPy function itself, moving entries. The others
combine such steps. Fused ops are their definition, not the stable algorithm of an engine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from gradproof.errors import MirrorError
from gradproof.exact import Array

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
_sqrt = pointwise(sp.sqrt)
_magnitude = pointwise(sp.Abs)
_larger = pointwise(sp.Max, 2)
_smaller = pointwise(sp.Min, 2)
_same = pointwise(lambda x: x)
_negative = pointwise(lambda x: -x)
_reciprocal = pointwise(lambda x: 1 / x)
_next = pointwise(lambda x: x + 1)
_times = pointwise(lambda a, b: a * b, 2)
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
def _divided_by(count: Any) -> Definition:
    return pointwise(lambda x: x / count)


def _mean(x: Term, *, axis: Any, keepdims: bool) -> Term:
    return _divided_by(_count(x, axis))(total(x, axis, keepdims=keepdims))


def _count(x: Term, axis: Any) -> int:
    return math.prod(x.shape if axis is None else [x.shape[a] for a in np.atleast_1d(axis)])


def _rows(x: Term, axis: Any) -> Term:
    """Put the entries along the axes into one last dimension."""
    axes = [a % x.ndim for a in (range(x.ndim) if axis is None else np.atleast_1d(axis).tolist())]
    kept = [i for i in range(x.ndim) if i not in axes]
    shape = (*(x.shape[i] for i in kept), _count(x, axis))
    return move(lambda a: np.transpose(a, (*kept, *axes)).reshape(shape), x)


def _reduced_shape(x: Term, axis: Any, keepdims: bool) -> tuple[int, ...]:
    return np.sum(np.broadcast_to(0, x.shape), axis=axis, keepdims=keepdims).shape


def _folded(pair: Definition, x: Term, *, axis: Any, keepdims: bool) -> Term:
    """Halve the axes, taking what ``pair`` makes of each pair, until one entry is left."""
    rows, shape = _rows(x, axis), _reduced_shape(x, axis, keepdims)
    while rows.shape[-1] > 1:
        low, high, odd = (_part(rows, -1, part) for part in _halves(rows.shape[-1]))
        rows = move(lambda a, b: np.concatenate([a, b], axis=-1), pair(low, high), odd)
    return move(lambda a: a.reshape(shape), rows)


def _halves(size: int) -> tuple[slice, slice, slice]:
    half = size // 2
    return slice(0, half), slice(half, 2 * half), slice(2 * half, None)


def _part(x: Term, axis: int, part: slice) -> Term:
    return move(lambda a: a[(slice(None),) * (axis % a.ndim) + (part,)], x)


def _split(x: Term, axis: int) -> list[Term]:
    """Return the slices along an axis, each of size one."""
    return [_part(x, axis, slice(i, i + 1)) for i in range(x.shape[axis])]


def _joined(parts: list[Term], axis: int) -> Term:
    return move(lambda *arrays: np.concatenate(arrays, axis=axis), *parts)


def _prod(x: Term, *, axis: Any, keepdims: bool) -> Term:
    if _count(x, axis):
        return _folded(_times, x, axis=axis, keepdims=keepdims)
    shape = _reduced_shape(x, axis, keepdims)
    return _next(move(lambda _: np.full(shape, -1), x))


def _cumulative_prod(x: Term, *, axis: int) -> Term:
    running, *rest = _split(x, axis)
    products = [running]
    for part in rest:
        products.append(_times(products[-1], part))
    return _joined(products, axis)


def _cumulative_sum(x: Term, *, axis: int) -> Term:
    """Add up copies of ``x``, from which all later entries are missing: in any order, as in every sum."""
    seen = np.tri(x.shape[axis], dtype=np.bool_)
    copies = move(lambda a: np.where(seen, np.moveaxis(a, axis, -1)[..., np.newaxis, :], -1), x)
    return move(lambda a: np.moveaxis(a, -1, axis), total(copies, -1))


def _comparators(size: int) -> Iterator[tuple[int, int]]:
    """Yield the comparisons of Batcher's network (Knuth, *The Art of Computer Programming* 3, algorithm 5.2.2M)."""
    widest = 1 << max((size - 1).bit_length() - 1, 0)
    width = widest
    while width:
        reach, distance, residue = widest, width, 0
        while True:
            yield from ((i, i + distance) for i in range(size - distance) if i & width == residue)
            if reach == width:
                break
            distance, reach, residue = reach - width, reach // 2, width
        width //= 2


def _sort(x: Term, *, axis: int, descending: bool) -> Term:
    """Sort by a network of pairs, of which each puts the smaller of two entries first."""
    lanes = _split(x, axis)
    for i, j in _comparators(len(lanes)):
        lanes[i], lanes[j] = _smaller(lanes[i], lanes[j]), _larger(lanes[i], lanes[j])
    return _joined(lanes[::-1] if descending else lanes, axis)


def _var(x: Term, *, axis: Any, keepdims: bool, correction: float) -> Term:
    squares = _square(_difference(x, _mean(x, axis=axis, keepdims=True)))
    return _divided_by(_count(x, axis) - sp.Rational(correction))(total(squares, axis, keepdims=keepdims))


def _vector_norm(x: Term, *, axis: Any, keepdims: bool, ord: float) -> Term:
    if ord == 2:
        return _sqrt(total(_square(x), axis, keepdims=keepdims))
    if ord == 1:
        return total(_magnitude(x), axis, keepdims=keepdims)
    return _folded(_larger, _magnitude(x), axis=axis, keepdims=keepdims)


#: Larger matrices would need formulas whose size grows as the factorial of theirs.
LARGEST_MATRIX = 3


def _size(x: Term) -> int:
    """Return the size of the square matrices of a stack."""
    size = x.shape[-1]
    if size > LARGEST_MATRIX:
        raise MirrorError(
            f"matrices of shape {x.shape[-2:]} are too large for the mirror of det, inv and solve, which are written "
            f"out for at most {LARGEST_MATRIX} x {LARGEST_MATRIX}"
        )
    return size


def _determinant_of(entries: Sequence[Any]) -> Any:
    """Return the determinant as an expression of the ``size**2`` entries."""
    size = math.isqrt(len(entries))
    return sp.Matrix(size, size, entries).det(method="berkowitz")


@cache
def _leibniz(size: int) -> Definition:
    """Return the determinant as a function of ``size**2`` entries."""
    return pointwise(lambda *entries: _determinant_of(entries), size**2)


def _first_unknown(entries: Sequence[Any], side: Sequence[Any]) -> Any:
    """Return the first unknown of a system by Cramer's rule: the right-hand side in place of the first column."""
    size = len(side)
    replaced = [side[k // size] if k % size == 0 else entry for k, entry in enumerate(entries)]
    return _determinant_of(replaced) / _determinant_of(entries)


@cache
def _first_of_solution(size: int) -> Definition:
    """Return the first unknown as a function of ``size**2`` coefficients and ``size`` right-hand sides."""
    return pointwise(lambda *terms: _first_unknown(terms[: size**2], terms[size**2 :]), size**2 + size)


@cache
def _first_of_inverse(size: int) -> Definition:
    """Return the first entry of the inverse as a function of ``size**2`` entries."""
    return pointwise(lambda *entries: _first_unknown(entries, [1] + [0] * (size - 1)), size**2)


def _picked(x: Term, rows: Array, columns: Array) -> Term:
    return move(lambda a: a[..., rows, columns], x)


def _det(x: Term) -> Term:
    return _leibniz(_size(x))(*(move(lambda a, at=at: a[(..., *at)], x) for at in np.ndindex(x.shape[-2:])))


def _inv(x: Term) -> Term:
    """Take entry (i, j) for the first one of the inverse of a matrix whose row j and column i stand first."""
    size = _size(x)
    order = np.add.outer(range(size), range(size)) % size
    rows, columns = order[np.newaxis, :, :], order[:, np.newaxis, :]
    return _first_of_inverse(size)(*(_picked(x, rows[..., r], columns[..., c]) for r, c in np.ndindex(size, size)))


def _solve(a: Term, b: Term) -> Term:
    """Take unknown i for the first one of the system whose column i stands first."""
    size = _size(a)
    order = np.add.outer(range(size), range(size)) % size
    sides = b if b.ndim > 1 else move(lambda x: x[:, np.newaxis], b)
    coefficients = [_picked(a, np.array(r), order[:, c, np.newaxis]) for r, c in np.ndindex(size, size)]
    x = _first_of_solution(size)(
        *coefficients, *(move(lambda x, r=r: x[..., r : r + 1, :], sides) for r in range(size))
    )
    return x if b.ndim > 1 else move(lambda x: x[..., 0], x)


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
    "abs": _magnitude,
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
    "cumulative_prod": _cumulative_prod,
    "cumulative_sum": _cumulative_sum,
    "det": _det,
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
    "inv": _inv,
    "less": pointwise(sp.Lt, 2),
    "less_equal": pointwise(sp.Le, 2),
    "log": _log,
    "log1p": pointwise(lambda x: sp.log(1 + x)),
    "log_softmax": _log_softmax,
    "logsumexp": lambda x, *, axis, keepdims: _log(total(_exp(x), axis, keepdims=keepdims)),
    "matmul": contract,
    "max": lambda x, *, axis, keepdims: _folded(_larger, x, axis=axis, keepdims=keepdims),
    "maximum": _larger,
    "mean": _mean,
    "min": lambda x, *, axis, keepdims: _folded(_smaller, x, axis=axis, keepdims=keepdims),
    "minimum": _smaller,
    "mse_loss": lambda x, target, *, reduction: _reduced(_square(_difference(x, target)), reduction),
    "multiply": _times,
    "ndtr": pointwise(lambda x: (1 + sp.erf(x / sp.sqrt(2))) / 2),
    "negative": _negative,
    "not_equal": pointwise(sp.Ne, 2),
    "permute_dims": rearranged(np.transpose),
    "polygamma": lambda x, *, n: _polygamma(n)(x),
    "pow": pointwise(lambda x, p: x**p, 2),
    "prod": _prod,
    "relu": pointwise(lambda x: sp.Max(x, 0)),
    "reshape": rearranged(lambda x, *, shape: np.reshape(x, shape)),
    "sigmoid": pointwise(_logistic),
    "sign": pointwise(lambda x: sp.Heaviside(x, 1) - sp.Heaviside(-x, 1)),
    "silu": pointwise(lambda x: x * _logistic(x)),
    "sin": pointwise(sp.sin),
    "sinc": pointwise(lambda x: sp.sinc(sp.pi * x)),
    "softmax": _softmax,
    "softplus": pointwise(lambda x: sp.log(1 + sp.exp(x))),
    "solve": _solve,
    "sort": _sort,
    "sqrt": _sqrt,
    "square": _square,
    "std": lambda x, **how: _sqrt(_var(x, **how)),
    "subtract": _difference,
    "sum": lambda x, *, axis, keepdims: total(x, axis, keepdims=keepdims),
    "take": lambda x, indices, *, axis: move(lambda a: np.take(a, indices.integers, axis=axis), x),
    "tanh": pointwise(sp.tanh),
    "var": _var,
    "vector_norm": _vector_norm,
    "where": select,
}
