"""Tensor: the user's handle on a value of the graph, with PyTorch's attributes and methods."""

from __future__ import annotations

import builtins
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, AutogradError, DtypeError, ShapeError, UnsupportedError

from . import autograd, dtypes, functions, ops
from .hooks import Hook, RemovableHandle
from .mode import MODE
from .printing import tensor_text
from .variable import Array, Node, Variable, hooks_of

_COMPARABLE = (Variable, np.ndarray, np.generic, bool, int, float)


class Size(tuple[int, ...]):
    """A shape that prints as PyTorch's does."""

    __slots__ = ()

    def numel(self) -> int:
        """Return the number of entries."""
        return int(np.prod(self))

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"


def _refuse_in_place(name: str) -> Callable[[Tensor, Any], Any]:
    def refuse(*_: Any) -> Any:
        raise UnsupportedError(f"{name} would write in place, which is not supported; write x = x {name[:-1]} y")

    return refuse


class Tensor(Variable):
    """A NumPy array that remembers how it was computed. Make one with :func:`gradproof.engine.tensor`."""

    __slots__ = ()
    __hash__ = object.__hash__

    # --- the graph

    @property
    def requires_grad(self) -> bool:
        """Whether derivatives flow to or through this tensor."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set whether this leaf requires grad, and return it.

        Raises ``DtypeError`` for integers and booleans, ``AutogradError`` on a computed tensor.
        """
        if self.origin is not None and not requires_grad:
            raise AutogradError("only leaves can stop requiring grad; use detach() for a copy outside the graph")
        if requires_grad and self.array.dtype.kind != "f":
            raise DtypeError(f"only floating tensors can require grad, not {self.array.dtype.name}")
        self._requires_grad = bool(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether this tensor was made by the user, and not by a tracked operation."""
        return self.origin is None

    @property
    def retains_grad(self) -> bool:
        """Whether this is a computed tensor whose gradient is kept."""
        hooks = None if self.origin is None else self.origin.hooks
        return hooks is not None and hooks.retain is not None

    def retain_grad(self) -> None:
        """Keep the gradient of this computed tensor in ``grad`` too, as its hooks leave it; a leaf keeps it anyway.

        Raises ``AutogradError`` where the tensor does not require grad.
        """
        self._require_grad("retain_grad()")
        if self.origin is not None:
            autograd.passes.retain_grad(self)

    def register_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(grad)`` with the complete gradient of this tensor; it may return another to take its place.

        Raises ``AutogradError`` where the tensor does not require grad.
        """
        self._require_grad("register_hook()")
        return RemovableHandle(hooks_of(self.origin or self).tensor, hook)

    def register_post_accumulate_grad_hook(self, hook: Hook) -> RemovableHandle:
        """Call ``hook(tensor)`` whenever ``grad`` of this leaf has been added to.

        Raises ``AutogradError`` on a computed tensor, and where the tensor does not require grad.
        """
        self._require_grad("register_post_accumulate_grad_hook()")
        if self.origin is not None:
            raise AutogradError("gradients accumulate in leaves alone; use register_hook() on a computed tensor")
        return RemovableHandle(hooks_of(self).accumulated, hook)

    def _require_grad(self, what: str) -> None:
        if not self._requires_grad:
            raise AutogradError(f"{what} needs a tensor that requires grad; no gradient ever comes to this one")

    @property
    def grad(self) -> Tensor | None:
        """The accumulated gradient of a leaf, or of a tensor that retains it; None before the first backward.

        Elsewhere it warns and gives None.
        """
        if self.origin is not None and not self.retains_grad:
            warnings.warn(
                "grad of a tensor that is not a leaf is read; backward() fills grad of leaves, and after retain_grad()",
                UserWarning,
                stacklevel=2,
            )
        held: Tensor | None = self._grad
        return held

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise DtypeError(f"grad is a tensor or None, not {type(value).__name__}")
            if value.array.shape != self.array.shape or value.array.dtype != self.array.dtype:
                raise ShapeError(
                    f"grad must have shape {self.array.shape} and dtype {self.array.dtype.name}, "
                    f"not {value.array.shape} and {value.array.dtype.name}"
                )
        self._grad = value

    def backward(
        self,
        gradient: Any = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: autograd.passes.Tensors | None = None,
    ) -> None:
        """Add the vector-Jacobian product with ``gradient`` to ``grad`` of the leaves, or of ``inputs`` alone.

        ``gradient`` has this tensor's shape and may be left out for one entry. See :func:`autograd.backward`.
        """
        autograd.backward([self], [gradient], retain_graph, create_graph, inputs)

    @property
    def data(self) -> Tensor:
        """The same memory, outside the graph."""
        return Tensor.wrap(self.array, self.version)

    def zero_(self) -> Tensor:
        """Fill with zeros in place. Raises ``AutogradError`` on a leaf that requires grad while tracking is on."""
        if self.origin is not None:
            raise UnsupportedError(
                "writing in place into a computed tensor is not supported; write to a detached clone"
            )
        if MODE.recorder is not None:
            raise UnsupportedError("zero_() cannot be traced; write x = zeros_like(x)")
        if self._requires_grad and MODE.grad_enabled:
            raise AutogradError("a leaf that requires grad cannot be written in place; do it under no_grad()")
        self.array[...] = 0
        self.mark_written()
        return self

    # --- shape, dtype, values

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

    @property
    def T(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """The tensor with its dimensions reversed."""
        return functions.permute(self, *range(self.ndim - 1, -1, -1))

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size of one dimension."""
        return self.shape if dim is None else self.array.shape[dim]

    def dim(self) -> int:
        """Return the number of dimensions."""
        return self.array.ndim

    def numel(self) -> int:
        """Return the number of entries."""
        return self.array.size

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
        if self._requires_grad:
            raise AutogradError("numpy() of a tensor that requires grad would lose its graph; use detach().numpy()")
        return self.array

    def to(self, dtype: Any) -> Tensor:
        """Return the tensor in another dtype; itself where it has it."""
        target = dtypes.as_numpy(dtype)
        result: Tensor = self if target == self.array.dtype else ops.astype(self, dtype=target.name)
        return result

    def half(self) -> Tensor:
        """Return the tensor in float16."""
        return self.to(dtypes.float16)

    def float(self) -> Tensor:
        """Return the tensor in float32."""
        return self.to(dtypes.float32)

    def double(self) -> Tensor:
        """Return the tensor in float64."""
        return self.to(dtypes.float64)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __len__(self) -> int:
        if not self.array.ndim:
            raise ArgumentError("a tensor without dimensions has no length")
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> bool:
        return bool(np.any(self.array == (value.array if isinstance(value, Variable) else value)))

    def __bool__(self) -> bool:
        if self.array.size != 1:
            raise ArgumentError(f"the truth of {self.array.size} entries is ambiguous; compare one, or use item()")
        return bool(self.array)

    def __float__(self) -> builtins.float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __repr__(self) -> str:
        name = None if self.grad_fn is None else self.grad_fn.name()
        return tensor_text(self.array, requires_grad=self._requires_grad, grad_fn=name)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.array.ndim == 0 else format(repr(self), spec)

    # --- operators

    __add__ = __radd__ = functions.add
    __sub__, __rsub__ = functions.sub, functions.rsub
    __mul__ = __rmul__ = functions.mul
    __truediv__, __rtruediv__ = functions.div, functions.reverse_div
    __pow__, __rpow__ = functions.pow, functions.reverse_pow
    __matmul__, __rmatmul__ = functions.matmul, functions.reverse_matmul
    __neg__, __abs__ = functions.neg, functions.abs
    __lt__, __le__, __gt__, __ge__ = functions.lt, functions.le, functions.gt, functions.ge

    def __eq__(self, other: object) -> Any:
        return functions.eq(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return functions.ne(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    __getitem__ = functions.getitem
    __iadd__, __isub__ = _refuse_in_place("+="), _refuse_in_place("-=")
    __imul__, __itruediv__ = _refuse_in_place("*="), _refuse_in_place("/=")

    # --- methods

    add, sub, mul, div, pow = functions.add, functions.sub, functions.mul, functions.div, functions.pow
    matmul, maximum, minimum = functions.matmul, functions.maximum, functions.minimum
    clamp = clip = functions.clamp
    sign, floor, ceil = functions.sign, functions.floor, functions.ceil
    eq, ne, lt, le, gt, ge = (
        functions.eq, functions.ne, functions.lt, functions.le, functions.gt, functions.ge
    )  # fmt: skip
    neg, square, sqrt, abs = functions.neg, functions.square, functions.sqrt, functions.abs
    exp, expm1, log, log1p = functions.exp, functions.expm1, functions.log, functions.log1p
    sin, cos, tanh = functions.sin, functions.cos, functions.tanh
    atan, atan2, hypot, sinc = functions.atan, functions.atan2, functions.hypot, functions.sinc
    erf, lgamma, digamma = functions.erf, functions.lgamma, functions.digamma
    relu, sigmoid = functions.relu, functions.sigmoid
    softmax, log_softmax = functions.softmax, functions.log_softmax
    sum, mean, max, min = functions.sum, functions.mean, functions.max, functions.min
    prod, cumsum, cumprod = functions.prod, functions.cumsum, functions.cumprod
    var, std, norm, logsumexp = functions.var, functions.std, functions.norm, functions.logsumexp
    sort = functions.sort
    reshape, view, flatten = functions.reshape, functions.reshape, functions.flatten
    squeeze, unsqueeze = functions.squeeze, functions.unsqueeze
    permute, transpose, t = functions.permute, functions.transpose, functions.t
    expand, broadcast_to = functions.expand, functions.broadcast_to
    index_select = functions.index_select
    clone, detach = functions.clone, functions.detach


__all__ = ["Node", "Size", "Tensor"]
