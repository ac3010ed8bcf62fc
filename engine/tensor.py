"""Tensor: the user's handle on a value of the graph, with PyTorch's attributes and methods.

Its place in the graph is set in ``tracked.py``, its entries are looked at in ``stored.py``, and the functions of
the package are its methods in ``methods.py``; here is what makes tensors, and what Python asks of one.
"""

from __future__ import annotations

import builtins
import copy
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, AutogradError, DtypeError, ShapeError

from . import dtypes, inplace, ops
from .data import array_from, number_from
from .destination import destination
from .device import check_device
from .functions import rearrangement, reordering
from .functions.arguments import sizes
from .layout import check_memory_format, contiguous_format
from .legacy import dtype_named, legacy_array, type_name
from .methods import Methods
from .printing import tensor_text
from .promotion import default_float
from .size import Size
from .variable import Array, Node, Variable


def _restored(array: Array, requires_grad: builtins.bool) -> Tensor:
    """Return a leaf as it was pickled, without its gradient and its history."""
    tensor: Tensor = Tensor.wrap(array)
    tensor._requires_grad = requires_grad
    return tensor


class Tensor(Methods):
    """A NumPy array that remembers how it was computed. Make one with :func:`gradproof.engine.tensor`."""

    __slots__ = ()
    __array_priority__ = 1000

    def __new__(cls, *data: Any) -> Any:
        """Return a tensor of the default float, as PyTorch's oldest constructor does: of one sequence, or of sizes.

        Of a tensor it makes another one of the same memory. Most code is better off with :func:`torch.tensor`.
        """
        if len(data) == 1 and isinstance(data[0], Variable):
            return cls.wrap(data[0].array, data[0].own_version)
        return cls.wrap(legacy_array(data, default_float()))

    @property
    def T(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """The tensor with its dimensions reversed."""
        return rearrangement.permute(self, *range(self.ndim - 1, -1, -1))

    @property
    def mT(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """The tensor with its last two dimensions exchanged."""
        return rearrangement.transpose(self, -2, -1)

    # --- in other dtypes

    def to(
        self,
        *args: Any,
        dtype: Any = None,
        device: Any = None,
        copy: builtins.bool = False,
        non_blocking: builtins.bool = False,  # noqa: ARG002 - there is nothing to wait for
        memory_format: Any = None,
    ) -> Tensor:
        """Return the tensor in another dtype: itself where it has it, and no copy is asked for.

        Called with a dtype, a device, both in PyTorch's order, or a tensor that has them, and ``non_blocking`` and
        ``copy`` behind that. Raises ``ParameterError`` where something is said twice.
        """
        check_memory_format(memory_format)
        target, copy = destination(self.array, args, dtype, device, copy)
        result: Tensor = self if target == self.array.dtype else ops.astype(self, dtype=target.name)
        return rearrangement.clone(self) if copy and result is self else result

    def to_device(self, device: Any, /, *, stream: Any = None) -> Tensor:
        """Return the tensor itself, as the array API standard moves arrays: it is on the CPU, which has no streams."""
        check_device(device)
        if stream is not None:
            raise ArgumentError(f"the CPU has no streams, but stream is {stream!r}")
        return self

    def cpu(self) -> Tensor:
        """Return the tensor itself: it is on the CPU."""
        return self

    def type_as(self, other: Tensor) -> Tensor:
        """Return the tensor in the dtype of another."""
        return self.to(other)

    def type(self, dtype: Any = None) -> Any:
        """Return the tensor in a dtype, which PyTorch's names of types stand for too; without one, that name."""
        return type_name(self.array.dtype) if dtype is None else self.to(dtype_named(dtype))

    def char(self) -> Tensor:
        """Return the tensor in int8."""
        return self.to(dtypes.int8)

    def byte(self) -> Tensor:
        """Return the tensor in uint8."""
        return self.to(dtypes.uint8)

    def short(self) -> Tensor:
        """Return the tensor in int16."""
        return self.to(dtypes.int16)

    def int(self) -> Tensor:
        """Return the tensor in int32."""
        return self.to(dtypes.int32)

    def long(self) -> Tensor:
        """Return the tensor in int64."""
        return self.to(dtypes.int64)

    def bool(self) -> Tensor:
        """Return whether each entry is other than zero."""
        return self.to(dtypes.bool_)

    def half(self) -> Tensor:
        """Return the tensor in float16."""
        return self.to(dtypes.float16)

    def float(self) -> Tensor:
        """Return the tensor in float32."""
        return self.to(dtypes.float32)

    def double(self) -> Tensor:
        """Return the tensor in float64."""
        return self.to(dtypes.float64)

    # --- others of the same kind

    def new_tensor(
        self, data: Any, *, dtype: Any = None, requires_grad: builtins.bool = False, device: Any = None
    ) -> Tensor:
        """Return a leaf with a copy of ``data``, by default in this tensor's dtype."""
        return self._leaf(np.array(array_from(data, dtype or self.array.dtype)), requires_grad, device)

    def new_full(
        self,
        size: Any,
        fill_value: Any,
        *,
        dtype: Any = None,
        requires_grad: builtins.bool = False,
        device: Any = None,
    ) -> Tensor:
        """Return a leaf of one value, by default in this tensor's dtype."""
        if isinstance(size, builtins.int):
            raise DtypeError(f"new_full takes the size as a sequence, not {size!r}")
        shape = sizes((size,))
        if any(n < 0 for n in shape):
            raise ShapeError(f"sizes must not be negative, but one of {shape} is")
        value = array_from(number_from(fill_value, "fill_value"), dtype or self.array.dtype)
        return self._leaf(np.full(shape, value), requires_grad, device)

    def new_zeros(
        self, *size: Any, dtype: Any = None, requires_grad: builtins.bool = False, device: Any = None
    ) -> Tensor:
        """Return zeros, by default in this tensor's dtype."""
        return self.new_full(sizes(size), 0, dtype=dtype, requires_grad=requires_grad, device=device)

    def new_ones(
        self, *size: Any, dtype: Any = None, requires_grad: builtins.bool = False, device: Any = None
    ) -> Tensor:
        """Return ones, by default in this tensor's dtype."""
        return self.new_full(sizes(size), 1, dtype=dtype, requires_grad=requires_grad, device=device)

    new_empty = new_zeros

    def _leaf(self, array: Array, requires_grad: builtins.bool, device: Any) -> Tensor:
        check_device(device)
        made: Tensor = Tensor.wrap(array)
        return made.requires_grad_(requires_grad)

    # --- random numbers in place

    def uniform_(self, from_: builtins.float = 0.0, to: builtins.float = 1.0, *, generator: Any = None) -> Tensor:
        """Fill with random numbers from ``from_`` to below ``to``, all equally likely, and return the tensor."""
        from . import random  # it imports this module

        return self._filled(random.uniform_values(self, from_, to, generator))

    def normal_(self, mean: builtins.float = 0.0, std: builtins.float = 1.0, *, generator: Any = None) -> Tensor:
        """Fill with random numbers of a normal distribution, and return the tensor."""
        from . import random  # it imports this module

        return self._filled(random.normal_values(self, mean, std, generator))

    def _filled(self, values: Array) -> Tensor:
        filled: Tensor = inplace.copy_(self, Tensor.wrap(values))
        return filled

    # --- as Python sees it

    def contiguous(self, memory_format: Any = contiguous_format) -> Tensor:
        """Return the tensor itself where it is contiguous, else a contiguous copy."""
        check_memory_format(memory_format)
        if self.is_contiguous():
            return self
        copied = rearrangement.clone(self)
        return (
            copied
            if copied.is_contiguous()
            else rearrangement.reshape(rearrangement.flatten(copied), *copied.array.shape)
        )

    def __deepcopy__(self, memo: dict[builtins.int, Any]) -> Tensor:
        """Return a copy of a leaf, with a copy of its gradient."""
        if self.origin is not None:
            raise AutogradError("a computed tensor cannot be copied with its graph; copy its detach()")
        if id(self) not in memo:
            memo[id(self)] = copied = Tensor.wrap(np.array(self.array))
            copied._requires_grad = self._requires_grad
            copied._grad = copy.deepcopy(self._grad, memo)
        found: Tensor = memo[id(self)]
        return found

    def __reduce__(self) -> Any:
        return _restored, (self.array, self._requires_grad)

    def __array_namespace__(self, /, *, api_version: str | None = None) -> ModuleType:
        from . import array_api

        array_api.info.check_version(api_version)
        return array_api

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __reversed__(self) -> Tensor:
        return reordering.flip(self, 0) if self.array.ndim else self

    def __repr__(self) -> str:
        node = self.grad_fn
        name = None if node is None else node.name()
        return tensor_text(self.array, requires_grad=self._requires_grad, grad_fn=name)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.array.ndim == 0 else format(repr(self), spec)


__all__ = ["Node", "Size", "Tensor"]
