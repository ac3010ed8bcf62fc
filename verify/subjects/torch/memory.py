"""What the memory of a traced function holds: writing in place and views become values of a graph.

PyTorch's tensors are windows of a storage. Here each storage holds values of ``gradproof.engine``, by window; after a
write they are read from the storage as a whole.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import _disable_current_modes
from torch.utils._pytree import tree_leaves

from gradproof import engine
from gradproof.engine import ops
from gradproof.exact import Array

Window = tuple[int, tuple[int, ...], tuple[int, ...], torch.dtype]


class Cell:
    """What one storage of ``size`` entries holds.

    ``windows`` are values by offset, sizes and strides; the first is of the tensor that came with the storage. ``flat``
    is all of it, None as long as nobody asked. ``depends`` tells whether something in it was computed from an argument
    of the function. ``unknown`` names the operation that made it, where there is no value.
    """

    def __init__(self, storage: Any, size: int) -> None:
        self.storage = storage  # which keeps its address from being used for another one
        self.size = size
        self.windows: dict[Window, Any] = {}
        self.flat: Any = None
        self.depends = False
        self.unknown: str | None = None

    def whole(self) -> Any:
        """Return all entries, in one dimension."""
        if self.flat is None:
            window, value = next(iter(self.windows.items()))
            self.flat = put(engine.zeros(self.size, dtype=value.dtype), window, value)
        return self.flat

    def read(self, window: Window) -> Any:
        """Return the value of a window."""
        if window not in self.windows:
            flat, at = self.whole(), places(window)
            taken = flat if _is_all(at, self.size) else ops.take(flat, at.ravel(), axis=0)
            self.windows[window] = ops.reshape(taken, shape=at.shape)
        return self.windows[window]

    def write(self, window: Window, value: Any) -> None:
        """Put a value in a window."""
        all_of_it = _is_all(places(window), self.size)
        self.flat = ops.reshape(value, shape=(-1,)) if all_of_it else put(self.whole(), window, value)
        self.windows = {window: value}


def put(flat: Any, window: Window, value: Any) -> Any:
    """Return one dimension of entries with a value in a window of it."""
    at, entries = places(window).ravel(), ops.reshape(value, shape=(-1,))
    return entries if _is_all(at, flat.shape[0]) else ops.scatter(flat, at, entries, axis=0)


def places(window: Window) -> Array:
    """Return the place in the storage of every entry of a window."""
    offset, sizes, strides, _ = window
    axes = [np.arange(size, dtype=np.int64) * stride for size, stride in zip(sizes, strides, strict=True)]
    return np.asarray(offset + sum(np.ix_(*axes), np.zeros(sizes, np.int64)), np.int64)


def _is_all(at: Array, size: int) -> bool:
    return at.size == size and bool(np.array_equal(at.ravel(), np.arange(size)))


def window_of(tensor: torch.Tensor) -> Window:
    """Return what a tensor shows of its storage."""
    return tensor.storage_offset(), tuple(tensor.shape), tensor.stride(), tensor.dtype


class Memory:
    """The storages of a traced function, of fake tensors all of them."""

    def __init__(self) -> None:
        self._cells: dict[int, Cell] = {}

    def cell(self, tensor: torch.Tensor) -> Cell | None:
        """Return what the storage of a tensor holds, None where that is not known."""
        return self._cells.get(tensor.untyped_storage()._cdata)

    def bind(self, tensor: torch.Tensor, value: Any) -> Cell:
        """Have a new tensor stand for a value: in a storage that is known, in a window of it."""
        cell = self.new_cell(tensor)
        cell.windows.setdefault(window_of(tensor), value)
        return cell

    def new_cell(self, tensor: torch.Tensor) -> Cell:
        """Return the cell of the storage of a tensor, without a value where it is new."""
        storage = tensor.untyped_storage()
        return self._cells.setdefault(storage._cdata, Cell(storage, storage.nbytes() // tensor.itemsize))

    def capture(self, fake: torch.Tensor, real: torch.Tensor) -> None:
        """Have a fake tensor stand for a real one, which is a constant."""
        if self.cell(fake) is not None:
            return
        with _disable_current_modes():  # which make even this tensor a fake one
            cell = self.bind(fake, _constant(real))
            everything = torch.empty(0, dtype=real.dtype).set_(real.untyped_storage())
            if window_of(everything) != window_of(real):
                cell.flat = _constant(everything)

    def depends(self, values: Any) -> bool:
        """Tell whether one of the tensors in nested arguments was computed from an argument of the function."""
        tensors = [each for each in tree_leaves(values) if isinstance(each, torch.Tensor)]
        return any(cell is None or cell.depends for cell in map(self.cell, tensors))


def _constant(tensor: torch.Tensor) -> Any:
    """Return a copy of a real tensor as a tensor of ``gradproof.engine``."""
    return engine.from_numpy(tensor.detach().numpy(force=True).copy())
