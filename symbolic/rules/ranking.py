"""Entries by their rank along an axis."""

from __future__ import annotations

from ..program import Definition, Term, move
from .sorting import in_order
from .steps import in_rows, part_of, reduced_shape


def _kthvalue(x: Term, *, k: int, axis: int, keepdims: bool) -> Term:
    kept = part_of(in_order(x, axis=axis, descending=False), axis, slice(k - 1, k))
    return kept if keepdims else move(lambda a: a.squeeze(axis), kept)


def _topk(x: Term, *, k: int, axis: int, largest: bool) -> Term:
    if not x.shape[axis]:
        return x
    return part_of(in_order(x, axis=axis, descending=largest), axis, slice(0, k))


def _median(x: Term, *, axis: int | None, keepdims: bool) -> Term:
    rows, shape = in_rows(x, axis), reduced_shape(x, axis, keepdims)
    middle = (rows.shape[-1] - 1) // 2
    return move(lambda a: a[..., middle].reshape(shape), in_order(rows, axis=-1, descending=False))


RULES: dict[str, Definition] = {
    "kthvalue": _kthvalue,
    "median": _median,
    "topk": _topk,
}
