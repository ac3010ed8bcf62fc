"""Convolutions and correlations of sequences, with NumPy's names: PyTorch has none of them in its main module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def convolve(input: Any, other: Any, mode: str = "full") -> Tensor:
    """Return the convolution of sequences, the last dimensions of tensors that broadcast otherwise.

    The mode is "full", "same" (the middle, as long as the longer one) or "valid" (where both overlap completely).
    """
    return ops.convolve(input, other, mode=mode)


def correlate(input: Any, other: Any, mode: str = "valid") -> Tensor:
    """Return the correlation of sequences: the convolution with the second one from behind."""
    return ops.convolve(input, ops.flip(other, axis=-1), mode=mode)


__all__ = [
    "convolve",
    "correlate",
]
