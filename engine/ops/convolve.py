"""Convolutions of sequences."""

# ruff: noqa: ARG002 - all VJP rules take the same arguments, and so do shape rules

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.budget import summation
from gradproof.errors import ArgumentError, ShapeError

from ..domain import REAL
from ..op import Function, define
from ..shapes import Batched, Parameters, Shape, ShapeRule, broadcast
from ..variable import Array, array_of
from .rearrangement import embed, expand_dims
from .reordering import flip
from .unfolding import unfold
from .vector_product import summed_products

MODES = ("full", "same", "valid")


def extent(a: int, b: int, mode: str) -> tuple[int, int]:
    """Return where in the full convolution of ``a`` and ``b`` entries the result starts, and how many it has."""
    if mode == "full":
        return 0, a + b - 1
    if mode == "same":
        return (min(a, b) - 1) // 2, max(a, b)
    if mode == "valid":
        return min(a, b) - 1, max(a, b) - min(a, b) + 1
    raise ArgumentError(f"the mode is {mode!r}, but must be one of {', '.join(MODES)}")


class Convolution(ShapeRule):
    """Two sequences, none of them empty, or stacks that broadcast, and how much of the convolution: the ``mode``."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        a, b = shapes
        if not a or not b or not a[-1] or not b[-1]:
            raise ShapeError(f"a convolution is of sequences, none of them empty, not of shapes {a} and {b}")
        return (*broadcast(a[:-1], b[:-1]), extent(a[-1], b[-1], params["mode"])[1])

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        return [{"mode": mode} for mode in MODES] if shape and shape[-1] else []

    def partners(self, slot: int, shape: Shape, /, **params: Any) -> Sequence[tuple[Shape, ...]]:
        others = dict.fromkeys([(2,), (1,), (3,), shape, (*shape[:-1], shape[-1] + 1), (2, 1, *shape[2:-1], 2)])
        return [
            (shape, other) if slot == 0 else (other, shape)
            for other in others
            if all(1 in pair or pair[0] == pair[1] for pair in zip(shape[-2::-1], other[-2::-1], strict=False))
        ]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        rank = max(map(len, shapes))
        return Batched([(1,) * (rank - len(shape)) + shape for shape in shapes], params)


def _convolve(a: Array, b: Array, *, mode: str = "full") -> Array:
    Convolution().result(a.shape, b.shape, mode=mode)
    if a.ndim == b.ndim == 1:
        how: Any = mode
        return np.convolve(a, b, how)
    size = b.shape[-1]
    start, count = extent(a.shape[-1], size, mode)
    padded = np.pad(a, [(0, 0)] * (a.ndim - 1) + [(size - 1, size - 1)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, -1)[..., start : start + count, :]
    return np.vecdot(windows, b[..., np.newaxis, ::-1])


def _pulled(ct: Any, size: int, other: Any, mode: str) -> Any:
    """Return the cotangent of ``size`` entries: that of all of the convolution, with the other one from behind.

    The products are taken one by one only where they are not all finite, since zeros of a cotangent are strong.
    """
    start, count = extent(size, other.shape[-1], mode)
    shape = (*ct.shape[:-1], size + other.shape[-1] - 1)
    whole = embed(ct, index=(Ellipsis, slice(start, start + count)), shape=shape)
    found = convolve(whole, flip(other, axis=-1), mode="valid")
    if not np.isnan(array_of(found)).any() or array_of(ct).all():
        return found
    windows = unfold(whole, axis=-1, size=other.shape[-1], step=1)
    return summed_products(windows, expand_dims(other, axis=-2), -1)


convolve: Function = define(
    "convolve",
    forward=_convolve,
    vjp=(
        lambda ct, y, a, b, *, mode: _pulled(ct, a.shape[-1], b, mode),
        lambda ct, y, a, b, *, mode: _pulled(ct, b.shape[-1], a, mode),
    ),
    shape=Convolution(),
    domain=(REAL, REAL),
    budget=summation(),
    node="ConvolutionBackward0",
)

__all__ = [
    "convolve",
]
