"""Arrays with a margin around them: of zeros, or of entries from within."""

# ruff: noqa: ARG001, ARG002 - all VJP rules take the same arguments, and so do shape rules

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.budget import EXACT
from gradproof.errors import ArgumentError, ShapeError

from ..domain import REAL
from ..op import define
from ..shapes import Batched, Parameters, Shape, ShapeRule
from ..variable import Array
from .gathering import moved_back
from .rearrangement import getitem

Widths = tuple[tuple[int, int], ...]

#: NumPy's names: zeros; the outermost entry; a mirror image without and with it; what comes from the other end.
MODES = ("constant", "edge", "reflect", "symmetric", "wrap")


class Padding(ShapeRule):
    """One argument, ``widths`` before and after each axis, and a ``mode``, which may need entries to repeat."""

    def result(self, *shapes: Shape, **params: Any) -> Shape:
        (shape,), widths, mode = shapes, params["widths"], params["mode"]
        if len(widths) != len(shape) or any(width < 0 for pair in widths for width in pair):
            raise ShapeError(f"widths are {widths}, but must be two for each axis of shape {shape}, none negative")
        if mode != "constant" and any(any(pair) and not n for pair, n in zip(widths, shape, strict=True)):
            raise ShapeError(f"shape {shape} has no entries to pad an empty axis with")
        return tuple(n + sum(pair) for n, pair in zip(shape, widths, strict=True))

    def parameters(self, shape: Shape) -> Sequence[Parameters]:
        if not shape:
            return []
        some = [[(1, 0)] * len(shape), [(0, 0)] * (len(shape) - 1) + [(2, 1)], [(0, 2)] + [(0, 0)] * (len(shape) - 1)]
        calls = ({"widths": tuple(widths), "mode": mode} for mode, widths in itertools.product(MODES, some))
        return [call for call in calls if call["mode"] == "constant" or 0 not in shape]

    def batched(self, points: int, /, *shapes: Shape, **params: Any) -> Batched | None:
        return Batched(shapes, {**params, "widths": ((0, 0), *params["widths"])})


def _pad(x: Array, *, widths: Widths, mode: str = "constant") -> Array:
    if mode not in MODES:
        raise ArgumentError(f"the mode is {mode!r}, but must be one of {', '.join(MODES)}")
    Padding().result(x.shape, widths=widths, mode=mode)
    how: Any = mode
    return np.pad(x, widths, how) if x.ndim else np.array(x)


def _pad_vjp(ct: Any, y: Any, x: Any, *, widths: Widths, mode: str) -> Any:
    """Return the middle, with what comes to the margin added to the entries that it repeats."""
    if mode != "constant":
        return moved_back(ct, x, lambda numbers: _pad(numbers, widths=widths, mode=mode))
    return getitem(ct, index=tuple(slice(w, w + n) for n, (w, _) in zip(x.shape, widths, strict=True)))


def _node(x: Any, *, widths: Widths, mode: str) -> str:
    """Return PyTorch's node, which tells the number of padded dimensions; it has none of its own for two modes."""
    names = {"edge": "Replication", "reflect": "Reflection", "symmetric": "Symmetric", "wrap": "Circular"}
    count = max(x.ndim - next((i for i, pair in enumerate(widths) if any(pair)), x.ndim), 1)
    return "ConstantPadNdBackward0" if mode == "constant" else f"{names[mode]}Pad{count}DBackward0"


pad = define(
    "pad",
    forward=_pad,
    vjp=_pad_vjp,
    shape=Padding(),
    domain=(REAL,),
    budget=EXACT,
    node=_node,
    linear=True,
)

__all__ = [
    "pad",
]
