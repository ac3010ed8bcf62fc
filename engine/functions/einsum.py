"""Einstein's summation: products of tensors whose dimensions have labels, summed over those that are not kept."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gradproof.errors import ArgumentError, ShapeError

from .. import ops
from ..variable import Variable

if TYPE_CHECKING:
    from ..tensor import Tensor

#: A letter, a number of the form with lists, or (of what an ellipsis stands for) a place counted from the end.
Label = Any
Labels = list[Label]
Shape = tuple[int, ...]


def einsum(*args: Any) -> Tensor:
    """Return the sum of products that an equation describes, as ``numpy.einsum`` does.

    Called with the equation and tensors, or with tensors that each have a list of labels behind them, and in the end
    with the labels of the result. A label that occurs twice in a term is a diagonal; ``...`` stands for further
    dimensions, which broadcast; without ``->`` the result has, in order, the labels that occur once.
    Raises ``ArgumentError`` or ``ShapeError`` where the equation does not fit.

    >>> from gradproof import engine as torch
    >>> torch.einsum("ij,ij->i", torch.ones(2, 3), torch.ones(2, 3))
    tensor([3., 3.])
    """
    equation, tensors = _as_equation(args)
    terms, kept = _parsed(equation, [each.array.ndim for each in tensors])
    sizes = _sizes(terms, [each.array.shape for each in tensors])
    parts = [_prepared(x, term, sizes) for x, term in zip(tensors, terms, strict=True)]
    total, labels = parts[0]
    for i, (x, term) in enumerate(parts[1:], start=1):
        needed = {*kept, *(label for _, later in parts[i + 1 :] for label in later)}
        total, labels = _contracted(total, labels, x, term, needed, sizes)
    total, labels = _summed(total, labels, set(kept))
    return ops.permute_dims(total, axes=tuple(labels.index(label) for label in kept))


# --- the equation


def _as_equation(args: Sequence[Any]) -> tuple[tuple[list[Any], Any], list[Any]]:
    """Return terms and the result, None where it is implied, and the tensors."""
    if args and isinstance(args[0], str):
        tensors = list(args[1:])
        if len(tensors) == 1 and isinstance(tensors[0], list | tuple):
            tensors = list(tensors[0])
        left, arrow, right = args[0].replace(" ", "").partition("->")
        return (_checked(args[0], left.split(","), tensors), right if arrow else None), tensors
    tensors, terms = list(args[:-1:2]) if len(args) % 2 else list(args[::2]), list(args[1::2])
    return (_checked("the lists of labels", terms, tensors), args[-1] if len(args) % 2 else None), tensors


def _checked(equation: str, terms: list[Any], tensors: Sequence[Any]) -> list[Any]:
    if not tensors or len(terms) != len(tensors) or not all(isinstance(each, Variable) for each in tensors):
        raise ArgumentError(f"einsum: {equation!r} has {len(terms)} terms, but there are {len(tensors)} tensors")
    return terms


def _parsed(equation: tuple[list[Any], Any], ranks: Sequence[int]) -> tuple[list[Labels], Labels]:
    """Return the labels of each tensor and of the result."""
    terms = [_labels(term) for term in equation[0]]
    spare = [rank - (len(term) - term.count(...)) for rank, term in zip(ranks, terms, strict=True)]
    for rank, term, count in zip(ranks, terms, spare, strict=True):
        if count < 0 or (count and ... not in term):
            raise ShapeError(f"einsum: the term {_text(term)} does not fit a tensor of {rank} dimensions")
    widest = max([count for count, term in zip(spare, terms, strict=True) if ... in term], default=0)
    full = [_expanded(term, count) for term, count in zip(terms, spare, strict=True)]
    if equation[1] is not None:
        return full, _result(_expanded(_labels(equation[1]), widest), full)
    counts = Counter(label for term in full for label in term if not isinstance(label, tuple))
    # PyTorch orders capitals before small letters, as their codes are
    return full, [*_ellipsis(widest), *sorted(label for label, count in counts.items() if count == 1)]


def _labels(term: Any) -> Labels:
    """Return the labels of a term, with an ellipsis as such."""
    if not isinstance(term, str):
        return list(term)
    labels: Labels = []
    for i, part in enumerate(term.split("...")):
        labels += [...] * (i > 0) + list(part)
    bad = [label for label in labels if label is not ... and not (label.isascii() and label.isalpha())]
    if bad or labels.count(...) > 1:
        raise ArgumentError(f"einsum: {term!r} is no term of letters and at most one '...'")
    return labels


def _ellipsis(count: int) -> Labels:
    return [("...", i) for i in range(-count, 0)]


def _expanded(term: Labels, count: int) -> Labels:
    """Return a term with a label in place of each dimension that an ellipsis stands for."""
    if ... not in term:
        return term
    at = term.index(...)
    return [*term[:at], *_ellipsis(count), *term[at + 1 :]]


def _result(labels: Labels, terms: Sequence[Labels]) -> Labels:
    known = {label for term in terms for label in term}
    if len(set(labels)) != len(labels) or not set(labels) <= known:
        raise ArgumentError(f"einsum: the result {_text(labels)} has a label twice, or one that no term has")
    return labels


def _text(labels: Labels) -> str:
    return repr("".join("..." if each is ... or isinstance(each, tuple) else str(each) for each in labels))


def _sizes(terms: Sequence[Labels], shapes: Sequence[Shape]) -> dict[Label, int]:
    """Return the size of each label; a 1 broadcasts to another size."""
    sizes: dict[Label, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, size in zip(term, shape, strict=True):
            known = sizes.get(label, 1)
            if 1 not in (known, size) and known != size:
                raise ShapeError(f"einsum: the label {_text([label])} has the sizes {known} and {size}")
            sizes[label] = size if known == 1 else known
    return sizes


# --- the tensors


def _prepared(x: Any, labels: Labels, sizes: Mapping[Label, int]) -> tuple[Any, Labels]:
    """Return a tensor with each label once, and none whose size of 1 stands for another."""
    for label, count in Counter(labels).items():
        for _ in range(count - 1):
            first, second = [i for i, each in enumerate(labels) if each == label][:2]
            if x.array.shape[first] != x.array.shape[second]:
                raise ShapeError(f"einsum: no diagonal of shape {x.array.shape} for the label {_text([label])} twice")
            x = ops.diagonal(x, offset=0, axis1=first, axis2=second)
            labels = [*(each for i, each in enumerate(labels) if i not in (first, second)), label]
    real = [i for i, label in enumerate(labels) if x.array.shape[i] == sizes[label]]
    if len(real) < len(labels):
        x = ops.reshape(x, shape=tuple(x.array.shape[i] for i in real))
    return x, [labels[i] for i in real]


def _summed(x: Any, labels: Labels, needed: set[Label]) -> tuple[Any, Labels]:
    """Return a tensor summed over the labels that are not needed."""
    axes = tuple(i for i, label in enumerate(labels) if label not in needed)
    return (ops.sum(x, axis=axes) if axes else x), [label for label in labels if label in needed]


def _contracted(
    a: Any, of_a: Labels, b: Any, of_b: Labels, needed: set[Label], sizes: Mapping[Label, int]
) -> tuple[Any, Labels]:
    """Return the product of two tensors, summed over the labels that are not needed further on."""
    a, of_a = _summed(a, of_a, needed | set(of_b))
    b, of_b = _summed(b, of_b, needed | set(of_a))
    both = [label for label in of_a if label in of_b]
    stack, inner = [each for each in both if each in needed], [each for each in both if each not in needed]
    rows, columns = ([label for label in labels if label not in both] for labels in (of_a, of_b))
    left = _grouped(a, of_a, [stack, rows, inner], sizes)
    right = _grouped(b, of_b, [stack, inner, columns], sizes)
    # without a sum there is nothing to round but the products
    product = ops.matmul(left, right) if inner else ops.multiply(left, right)
    labels = [*stack, *rows, *columns]
    return ops.reshape(product, shape=tuple(sizes[label] for label in labels)), labels


def _grouped(x: Any, labels: Labels, groups: Sequence[Labels], sizes: Mapping[Label, int]) -> Any:
    """Return a tensor with the labels of each group as one dimension."""
    moved = ops.permute_dims(x, axes=tuple(labels.index(label) for group in groups for label in group))
    return ops.reshape(moved, shape=tuple(math.prod(sizes[label] for label in group) for group in groups))


__all__ = [
    "einsum",
]
