"""Arrays as PyTorch tensors in the same memory, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from gradproof.errors import DtypeError, UnsupportedError
from gradproof.exact import Array

#: The dtypes that arrays have too.
_KNOWN = frozenset({torch.float64, torch.float32, torch.float16, torch.int64, torch.bool})


def tensor_of(array: Array) -> torch.Tensor:
    """Return a tensor in the memory of an array; a copy where that is read-only or runs backwards.

    A copy has the strides of the array, unless some are negative.
    """
    if any(stride < 0 or stride % array.itemsize for stride in array.strides):
        return torch.from_numpy(np.array(array, order="C"))
    return torch.from_numpy(array if array.flags.writeable else _copied(array))


def _copied(array: Array) -> Array:
    """Return a copy with the same strides, so that what was one place in memory is one again."""
    last = sum((n - 1) * stride for n, stride in zip(array.shape, array.strides, strict=True)) if array.size else 0
    buffer = np.zeros(1 + last // array.itemsize, array.dtype)
    copy = np.lib.stride_tricks.as_strided(buffer, array.shape, array.strides)
    copy[...] = array
    return copy


def array_of(tensor: torch.Tensor, what: str = "a result") -> Array:
    """Return a fresh array of what a tensor holds; ``what`` it is called in errors.

    Raises ``DtypeError`` or ``UnsupportedError`` for a dtype or a device that arrays do not have.
    """
    check(tensor, what)
    dense = tensor.detach()
    return np.array((dense if dense.layout == torch.strided else dense.to_dense()).numpy(force=True))


def check(tensor: torch.Tensor, what: str) -> None:
    """Raise ``DtypeError`` or ``UnsupportedError`` where a tensor cannot be had as an array."""
    if tensor.dtype not in _KNOWN:
        known = ", ".join(sorted(map(str, _KNOWN)))
        raise DtypeError(f"{what} has dtype {tensor.dtype}, but must have one of {known}; convert it before")
    if tensor.device.type != "cpu":
        raise UnsupportedError(f"{what} is on the device {tensor.device}; move it to the CPU before, with .cpu()")


def floating(values: Any) -> list[torch.Tensor]:
    """Return the floating tensors in nested values, in order."""
    found = torch.utils._pytree.tree_leaves(values)
    return [each for each in found if isinstance(each, torch.Tensor) and each.is_floating_point()]
