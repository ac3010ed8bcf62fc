"""The entries of a tensor: their number and kind, and how they lie in memory."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, AutogradError, DtypeError, LengthError, NumberRangeError

from . import dtypes
from .device import CPU
from .device import device as the_device
from .functions import dtype as dtype_functions
from .functions.arguments import whole
from .functions.operands import tensor_of
from .layout import check_memory_format, contiguous_format, strided
from .shapes import normalise_axes
from .size import Size
from .tracked import Tracked
from .variable import Array


class Stored(Tracked):
    """A value of which the entries can be looked at."""

    __slots__ = ()

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return Size(self.array.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype, as PyTorch names it."""
        return dtypes.of(self.array)

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size of one dimension. Raises ``OutOfRangeError`` where there is no such one."""
        return self.shape if dim is None else self.array.shape[self._axis(dim)]

    def _axis(self, dim: Any) -> int:
        return normalise_axes(whole(dim), self.array.ndim)[0]

    def dim(self) -> int:
        """Return the number of dimensions."""
        return self.array.ndim

    def is_same_size(self, other: Any) -> bool:
        """Tell whether another tensor has the same shape."""
        return self.array.shape == tensor_of("is_same_size", other).array.shape

    numel = nelement = dtype_functions.numel
    ndimension = dim

    def item(self) -> Any:
        """Return the one entry as a Python number. Raises ``ArgumentError`` where there is not exactly one."""
        if self.array.size != 1:
            raise ArgumentError(f"item() needs exactly one entry, but shape {self.array.shape} has {self.array.size}")
        return self.array.item()

    def tolist(self) -> Any:
        """Return the entries as nested lists of Python numbers."""
        return self.array.tolist()

    def numpy(self) -> Array:
        """Return the array, in the same memory. Raises ``AutogradError`` where derivatives would be lost."""
        if self.requires_grad:
            raise AutogradError("numpy() of a tensor that requires grad would lose its graph; use detach().numpy()")
        return self.array

    # --- one number

    def __len__(self) -> int:
        if not self.array.ndim:
            raise LengthError("a tensor without dimensions has no length")
        return len(self.array)

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise ArgumentError(f"the truth of {self.array.size} entries is ambiguous; compare one, or use item()")
        return bool(self.array)

    def __float__(self) -> float:
        return float(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __int__(self) -> int:
        value = self.item()
        if isinstance(value, float) and not math.isfinite(value):
            kind = NumberRangeError if math.isinf(value) else ArgumentError
            raise kind(f"{value} is no whole number")
        return int(value)

    def __index__(self) -> int:
        if self.array.size != 1 or self.array.dtype.kind not in "iub":
            raise DtypeError(f"only one integer is an index, not shape {self.array.shape} of {self.array.dtype.name}")
        return int(self.array.item())

    # --- memory

    @property
    def device(self) -> the_device:
        """The CPU."""
        return CPU

    def stride(self, dim: Any = None) -> Any:
        """Return, for each dimension or for one, how many entries lie between neighbours in memory."""
        strides = tuple(step // self.array.itemsize for step in self.array.strides)
        return strides if dim is None else strides[self._axis(dim)]

    def storage_offset(self) -> int:
        """Return how many entries lie in memory in front of the first one of this view."""
        owner = self.array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        return (self.data_ptr() - owner.ctypes.data) // self.array.itemsize

    def data_ptr(self) -> int:
        """Return the address of the first entry in memory, 0 where there is none."""
        return self.array.ctypes.data if self.array.size else 0

    def is_contiguous(self, memory_format: Any = contiguous_format) -> bool:
        """Tell whether the entries lie in memory row by row, without gaps."""
        check_memory_format(memory_format)
        return self.array.flags.c_contiguous

    @property
    def layout(self) -> Any:
        """How entries lie in memory: strided."""
        return strided

    @property
    def is_cpu(self) -> bool:
        """True: there is no other device."""
        return True

    @property
    def is_cuda(self) -> bool:
        """False: there is no such device."""
        return False

    @property
    def is_sparse(self) -> bool:
        """False: there is no such layout."""
        return False

    def element_size(self) -> int:
        """Return the size of an entry in bytes."""
        return self.array.itemsize

    @property
    def itemsize(self) -> int:
        """The size of an entry in bytes."""
        return self.array.itemsize

    @property
    def nbytes(self) -> int:
        """The size of all entries in bytes."""
        return self.array.nbytes

    is_floating_point, is_complex = dtype_functions.is_floating_point, dtype_functions.is_complex
    is_signed, is_nonzero = dtype_functions.is_signed, dtype_functions.is_nonzero

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __dlpack__(
        self, /, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
    ) -> Any:
        options = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        return self.numpy().__dlpack__(**{name: option for name, option in options.items() if option is not None})

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()
