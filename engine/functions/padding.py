"""Tensors with a margin around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor

#: PyTorch's names for modes, and NumPy's.
MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """Return the tensor with a margin: of the last dimension before and after, of the one before that, and so on.

    It is filled with ``value`` (0), or for "reflect", "replicate" and "circular" with entries from within. A negative
    width takes entries away. Raises ``ShapeError`` where the tensor is too small.
    """
    if mode not in MODES:
        raise ArgumentError(f"the mode is {mode!r}, but must be one of {', '.join(MODES)}")
    if mode != "constant" and value:
        raise ArgumentError(f"padding of mode {mode!r} takes no value, but {value!r} was given")
    widths = _widths(input.array.shape, tuple(pad))
    kept, wider = _cropped(input, widths), tuple((max(before, 0), max(after, 0)) for before, after in widths)
    _check_reach(kept.array.shape, wider, mode)
    padded = ops.pad(kept, widths=wider, mode=MODES[mode])
    if not value:
        return padded
    return ops.where(np.pad(np.ones(kept.array.shape, np.bool_), wider), padded, value)


def _widths(shape: tuple[int, ...], pad: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Return the widths before and after each dimension, in order."""
    if len(pad) % 2 or len(pad) > 2 * len(shape):
        raise ShapeError(f"the padding {pad} is no list of two widths for each of at most {len(shape)} dimensions")
    pairs = list(zip(pad[::2], pad[1::2], strict=True))
    return ((0, 0),) * (len(shape) - len(pairs)) + tuple(pairs[::-1])


def _cropped(input: Any, widths: tuple[tuple[int, int], ...]) -> Any:
    """Return the tensor without what negative widths take away."""
    if all(width >= 0 for pair in widths for width in pair):
        return input
    shape = input.array.shape
    cuts = [(max(-before, 0), n - max(-after, 0)) for n, (before, after) in zip(shape, widths, strict=True)]
    if any(start > stop for start, stop in cuts):
        raise ShapeError(f"widths {widths} take away more than there is of shape {shape}")
    return ops.getitem(input, index=tuple(slice(*cut) for cut in cuts))


def _check_reach(shape: tuple[int, ...], widths: tuple[tuple[int, int], ...], mode: str) -> None:
    """Refuse to reflect or to wrap around more entries than there are."""
    spare = {"reflect": 1, "circular": 0}.get(mode)
    if spare is not None and any(max(pair) > max(n - spare, 0) for n, pair in zip(shape, widths, strict=True)):
        raise ShapeError(f"widths {widths} are too large for shape {shape} in mode {mode!r}")


__all__: list[str] = []
