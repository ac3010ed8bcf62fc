"""Diagonals and triangles of matrices: the plane of two axes, and which of its diagonals."""

# ruff: noqa: ARG001, ARG002 - all VJP rules take the same arguments, and so do shape rules

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.budget import EXACT, summation
from gradproof.errors import ShapeError

from ..domain import REAL
from ..op import Function, define
from ..shapes import Batched, Parameters, Shape, ShapeRule, normalise_axes
from ..variable import Array
from .gathering import moved_back
from .rearrangement import expand_dims
from .selection import where


class Triangle(ShapeRule):
    """One argument, a matrix or a stack of them, that keeps its shape, and the number ``k`` of a diagonal."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        if len(shapes[0]) < 2:
            raise ShapeError(f"shape {shapes[0]} has {len(shapes[0])} dimensions, but a matrix has at least two")
        return shapes[0]

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"k": k} for k in (0, 1, -1, 5)] if len(shape) > 1 else []

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, params)


def _triangle(cut: Any) -> Any:
    def forward(x: Array, *, k: int = 0) -> Array:
        Triangle().result(x.shape)
        return np.asarray(cut(x, k))

    return forward


tril: Function = define(
    "tril",
    forward=_triangle(np.tril),
    vjp=lambda ct, y, x, *, k: tril(ct, k=k),
    shape=Triangle(),
    domain=(REAL,),
    budget=EXACT,
    node="TrilBackward0",
    linear=True,
)

triu: Function = define(
    "triu",
    forward=_triangle(np.triu),
    vjp=lambda ct, y, x, *, k: triu(ct, k=k),
    shape=Triangle(),
    domain=(REAL,),
    budget=EXACT,
    node="TriuBackward0",
    linear=True,
)


class Diagonal(ShapeRule):
    """One argument, of which ``axis1`` and ``axis2`` give way to one last axis, along a diagonal of their plane."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,), offset = shapes, params["offset"]
        axes = normalise_axes((params["axis1"], params["axis2"]), len(shape))
        rows, columns = (shape[axis] for axis in axes)
        length = min(rows + min(offset, 0), columns - max(offset, 0))
        return (*(n for i, n in enumerate(shape) if i not in axes), max(length, 0))

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        pairs = [*itertools.permutations(range(len(shape)), 2), *([(-2, -1)] if len(shape) > 1 else [])]
        return [{"offset": k, "axis1": a, "axis2": b} for a, b in pairs for k in (0, 1, -1)]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        first, second = normalise_axes((params["axis1"], params["axis2"]), len(shapes[0]))
        return Batched(shapes, {"offset": params["offset"], "axis1": first + 1, "axis2": second + 1})


def _diagonal(x: Array, *, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Array:
    """Return a diagonal as a view that can be written to, which NumPy's own cannot."""
    Diagonal().result(x.shape, offset=offset, axis1=axis1, axis2=axis2)
    matrices = np.moveaxis(x, (axis1, axis2), (-2, -1))
    part = matrices[..., max(-offset, 0) :, max(offset, 0) :]
    length = min(part.shape[-2:])
    return np.einsum("...ii->...i", part[..., :length, :length])


diagonal: Function = define(
    "diagonal",
    forward=_diagonal,
    vjp=lambda ct, y, x, **plane: moved_back(ct, x, lambda numbers: _diagonal(numbers, **plane)),
    shape=Diagonal(),
    domain=(REAL,),
    budget=EXACT,
    node="DiagonalBackward0",
    linear=True,
)


class DiagonalEmbedding(ShapeRule):
    """The transpose of :class:`Diagonal`: the last axis of the argument gives way to two of the result."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,) = shapes
        if not shape:
            raise ShapeError("shape () has no dimension to put on a diagonal")
        axes = normalise_axes((params["axis1"], params["axis2"]), len(shape) + 1)
        rest, size = iter(shape[:-1]), shape[-1] + abs(params["offset"])
        return tuple(size if i in axes else next(rest) for i in range(len(shape) + 1))

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        pairs = [(-2, -1), *itertools.permutations(range(len(shape) + 1), 2)] if shape else []
        return [{"offset": k, "axis1": a, "axis2": b} for a, b in pairs for k in (0, 1, -1)]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        first, second = normalise_axes((params["axis1"], params["axis2"]), len(shapes[0]) + 1)
        return Batched(shapes, {"offset": params["offset"], "axis1": first + 1, "axis2": second + 1})


def _diag_embed(x: Array, *, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Array:
    whole = np.zeros(DiagonalEmbedding().result(x.shape, offset=offset, axis1=axis1, axis2=axis2), x.dtype)
    _diagonal(whole, offset=offset, axis1=axis1, axis2=axis2)[...] = x
    return whole


diag_embed: Function = define(
    "diag_embed",
    forward=_diag_embed,
    vjp=lambda ct, y, x, **plane: diagonal(ct, **plane),
    shape=DiagonalEmbedding(),
    domain=(REAL,),
    budget=EXACT,
    node="DiagEmbedBackward0",
    linear=True,
)


class Trace(ShapeRule):
    """One argument, a matrix or a stack of them, each of which becomes the sum of the diagonal ``offset``."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        return Triangle().result(shapes[0])[:-2]

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"offset": offset} for offset in (0, 1, -1)] if len(shape) > 1 else []

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, params)


def _trace_vjp(ct: Any, y: Any, x: Any, *, offset: int) -> Any:
    rows, columns = x.shape[-2:]
    on_diagonal = np.eye(rows, columns, offset, np.bool_)
    return where(on_diagonal, expand_dims(expand_dims(ct, axis=-1), axis=-1), 0.0)


trace = define(
    "trace",
    forward=lambda x, *, offset=0: np.asarray(np.sum(_diagonal(x, offset=offset), axis=-1)),
    vjp=_trace_vjp,
    shape=Trace(),
    domain=(REAL,),
    budget=summation(),
    node="TraceBackward0",
    linear=True,
)

__all__ = [
    "diag_embed",
    "diagonal",
    "trace",
    "tril",
    "triu",
]
