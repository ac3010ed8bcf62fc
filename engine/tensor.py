"""Tensor: the user's handle on a value of the graph, with PyTorch's attributes and methods."""

from __future__ import annotations

import builtins
import copy
import math
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

from gradproof.errors import (
    ArgumentError,
    AutogradError,
    DtypeError,
    LengthError,
    NumberRangeError,
    ShapeError,
)

from . import autograd, dtypes, inplace, ops
from .data import array_from, number_from
from .destination import destination
from .device import CPU, check_device
from .device import device as the_device
from .dispatch import refresh
from .functions import (
    activation,
    arithmetic,
    bitwise,
    contraction,
    diagonal,
    differences,
    entropy,
    exponential,
    extremum,
    gathering,
    hyperbolic,
    indexing,
    linear_algebra,
    logaddexp,
    logical,
    matrix_exponential,
    predicates,
    ranking,
    rearrangement,
    rectifier,
    reduction,
    remainder,
    reordering,
    repetition,
    root,
    rounding,
    selection,
    sorting,
    special,
    splitting,
    trigonometric,
    vector_product,
    windows,
)
from .functions import dtype as dtype_functions
from .functions.arguments import sizes, whole
from .functions.operands import tensor_of
from .hooks import Hook, RemovableHandle
from .inplace import in_place
from .layout import check_memory_format, contiguous_format, strided
from .legacy import dtype_named, legacy_array, type_name
from .mode import THREAD
from .printing import tensor_text
from .promotion import default_float
from .shapes import normalise_axes
from .size import Size
from .variable import INFERENCE, Array, Node, Variable, hooks_of

_COMPARABLE = (Variable, np.ndarray, np.generic, bool, int, float)


def _restored(array: Array, requires_grad: builtins.bool) -> Tensor:
    """Return a leaf as it was pickled, without its gradient and its history."""
    tensor: Tensor = Tensor.wrap(array)
    tensor._requires_grad = requires_grad
    return tensor


class Tensor(Variable):
    """A NumPy array that remembers how it was computed. Make one with :func:`gradproof.engine.tensor`."""

    __slots__ = ()
    __hash__ = object.__hash__
    __array_priority__ = 1000

    def __new__(cls, *data: Any) -> Any:
        """Return a tensor of the default float, as PyTorch's oldest constructor does: of one sequence, or of sizes.

        Of a tensor it makes another one of the same memory. Most code is better off with :func:`torch.tensor`.
        """
        if len(data) == 1 and isinstance(data[0], Variable):
            return cls.wrap(data[0].array, data[0].version)
        return cls.wrap(legacy_array(data, default_float()))

    # --- the graph

    @property
    def requires_grad(self) -> builtins.bool:
        """Whether derivatives flow to or through this tensor."""
        refresh(self)
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, value: builtins.bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: builtins.bool = True) -> Tensor:
        """Set whether this leaf requires grad, and return it.

        Raises ``DtypeError`` for integers and booleans, ``AutogradError`` on a computed tensor.
        """
        if not isinstance(requires_grad, builtins.bool):
            raise DtypeError(f"requires_grad is True or False, not {requires_grad!r}")
        if self.requires_grad and self.origin is not None and not requires_grad:
            raise AutogradError("only leaves can stop requiring grad; use detach() for a copy outside the graph")
        if requires_grad and self.array.dtype.kind != "f":
            raise DtypeError(f"only floating tensors can require grad, not {self.array.dtype.name}")
        if requires_grad and self.is_inference() and not THREAD.mode.inference:
            raise AutogradError("a tensor that was made in inference mode cannot require grad; clone() it first")
        self._requires_grad = requires_grad
        return self

    def is_inference(self) -> builtins.bool:
        """Tell whether the tensor was made in inference mode."""
        return self.version is INFERENCE

    @property
    def grad_fn(self) -> Any:
        """The node that computed it; None for a leaf."""
        refresh(self)
        return super().grad_fn

    @property
    def is_leaf(self) -> builtins.bool:
        """Whether this tensor was made by the user, and not by a tracked operation."""
        refresh(self)
        return self.origin is None

    @property
    def _version(self) -> builtins.int:
        """How often the memory has been written to in place. Raises ``AutogradError`` where that is not counted."""
        if self.is_inference():
            raise AutogradError("writes to a tensor that was made in inference mode are not counted")
        return self.version[1]

    @property
    def _base(self) -> Tensor | None:
        """The tensor that this one is a view of."""
        base: Tensor | None = inplace.base_of(self)
        return base

    def _is_view(self) -> builtins.bool:
        return self._base is not None

    @property
    def retains_grad(self) -> builtins.bool:
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
        if not self.requires_grad:
            raise AutogradError(f"{what} needs a tensor that requires grad; no gradient ever comes to this one")

    @property
    def grad(self) -> Tensor | None:
        """The accumulated gradient of a leaf, or of a tensor that retains it; None before the first backward.

        Elsewhere it warns and gives None.
        """
        if not self.is_leaf and not self.retains_grad:
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

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    def backward(
        self,
        gradient: Any = None,
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
        inputs: autograd.passes.Tensors | None = None,
    ) -> None:
        """Add the vector-Jacobian product with ``gradient`` to ``grad`` of the leaves, or of ``inputs`` alone.

        ``gradient`` has this tensor's shape and may be left out for one entry. See :func:`autograd.backward`.
        """
        autograd.backward([self], [gradient], retain_graph, create_graph, inputs)

    @property
    def data(self) -> Tensor:
        """The same memory, outside the graph: what is written through it, no backward knows of."""
        data: Tensor = Tensor.wrap(self.array)
        return data

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor) or value.array.dtype.kind != self.array.dtype.kind:
            raise DtypeError(f"data is a tensor of the same kind, not {type(value).__name__}")
        self.array = value.array

    # --- shape, dtype, values

    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return Size(self.array.shape)

    @property
    def ndim(self) -> builtins.int:
        """The number of dimensions."""
        return self.array.ndim

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype, as PyTorch names it."""
        return dtypes.of(self.array)

    @property
    def T(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """The tensor with its dimensions reversed."""
        return rearrangement.permute(self, *range(self.ndim - 1, -1, -1))

    @property
    def mT(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """The tensor with its last two dimensions exchanged."""
        return rearrangement.transpose(self, -2, -1)

    def size(self, dim: builtins.int | None = None) -> Any:
        """Return the shape, or the size of one dimension. Raises ``OutOfRangeError`` where there is no such one."""
        return self.shape if dim is None else self.array.shape[self._axis(dim)]

    def _axis(self, dim: Any) -> builtins.int:
        return normalise_axes(whole(dim), self.array.ndim)[0]

    def dim(self) -> builtins.int:
        """Return the number of dimensions."""
        return self.array.ndim

    def is_same_size(self, other: Any) -> builtins.bool:
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

    @property
    def device(self) -> the_device:
        """The CPU."""
        return CPU

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

    # --- memory

    def stride(self, dim: Any = None) -> Any:
        """Return, for each dimension or for one, how many entries lie between neighbours in memory."""
        strides = tuple(step // self.array.itemsize for step in self.array.strides)
        return strides if dim is None else strides[self._axis(dim)]

    def storage_offset(self) -> builtins.int:
        """Return how many entries lie in memory in front of the first one of this view."""
        owner = self.array
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        return (self.data_ptr() - owner.ctypes.data) // self.array.itemsize

    def data_ptr(self) -> builtins.int:
        """Return the address of the first entry in memory, 0 where there is none."""
        return self.array.ctypes.data if self.array.size else 0

    def is_contiguous(self, memory_format: Any = contiguous_format) -> builtins.bool:
        """Tell whether the entries lie in memory row by row, without gaps."""
        check_memory_format(memory_format)
        return self.array.flags.c_contiguous

    @property
    def layout(self) -> Any:
        """How entries lie in memory: strided."""
        return strided

    @property
    def is_cpu(self) -> builtins.bool:
        """True: there is no other device."""
        return True

    @property
    def is_cuda(self) -> builtins.bool:
        """False: there is no such device."""
        return False

    @property
    def is_sparse(self) -> builtins.bool:
        """False: there is no such layout."""
        return False

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

    def element_size(self) -> builtins.int:
        """Return the size of an entry in bytes."""
        return self.array.itemsize

    @property
    def itemsize(self) -> builtins.int:
        """The size of an entry in bytes."""
        return self.array.itemsize

    @property
    def nbytes(self) -> builtins.int:
        """The size of all entries in bytes."""
        return self.array.nbytes

    is_floating_point, is_complex = dtype_functions.is_floating_point, dtype_functions.is_complex
    is_signed, is_nonzero = dtype_functions.is_signed, dtype_functions.is_nonzero

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

    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> Array:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __array_namespace__(self, /, *, api_version: str | None = None) -> ModuleType:
        from . import array_api

        array_api.info.check_version(api_version)
        return array_api

    def __dlpack__(
        self, /, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: Any = None
    ) -> Any:
        options = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        return self.numpy().__dlpack__(**{name: option for name, option in options.items() if option is not None})

    def __dlpack_device__(self) -> tuple[builtins.int, builtins.int]:
        return self.array.__dlpack_device__()

    def __len__(self) -> builtins.int:
        if not self.array.ndim:
            raise LengthError("a tensor without dimensions has no length")
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __reversed__(self) -> Tensor:
        return reordering.flip(self, 0) if self.array.ndim else self

    def __contains__(self, value: Any) -> builtins.bool:
        if not isinstance(value, _COMPARABLE):
            raise ArgumentError(f"a tensor contains tensors and numbers, not {value!r}")
        return builtins.bool(selection.eq(self, value).array.any())

    def __bool__(self) -> builtins.bool:
        if self.array.size != 1:
            raise ArgumentError(f"the truth of {self.array.size} entries is ambiguous; compare one, or use item()")
        return builtins.bool(self.array)

    def __float__(self) -> builtins.float:
        return builtins.float(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __int__(self) -> builtins.int:
        value = self.item()
        if isinstance(value, builtins.float) and not math.isfinite(value):
            kind = NumberRangeError if math.isinf(value) else ArgumentError
            raise kind(f"{value} is no whole number")
        return builtins.int(value)

    def __index__(self) -> builtins.int:
        if self.array.size != 1 or self.array.dtype.kind not in "iub":
            raise DtypeError(f"only one integer is an index, not shape {self.array.shape} of {self.array.dtype.name}")
        return builtins.int(self.array.item())

    def __repr__(self) -> str:
        node = self.grad_fn
        name = None if node is None else node.name()
        return tensor_text(self.array, requires_grad=self._requires_grad, grad_fn=name)

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if self.array.ndim == 0 else format(repr(self), spec)

    # --- operators

    __add__ = __radd__ = arithmetic.add
    __sub__, __rsub__ = arithmetic.sub, arithmetic.rsub
    __mul__ = __rmul__ = arithmetic.mul
    __truediv__, __rtruediv__ = arithmetic.div, arithmetic.reverse_div
    __pow__, __rpow__ = arithmetic.pow, arithmetic.reverse_pow
    __matmul__, __rmatmul__ = linear_algebra.matmul, linear_algebra.reverse_matmul
    __mod__, __rmod__ = remainder.remainder, remainder.reverse_remainder
    __pos__, __neg__, __abs__ = arithmetic.positive, arithmetic.neg, selection.abs
    __floordiv__, __rfloordiv__ = remainder.floordiv, remainder.rfloordiv
    __and__, __rand__ = bitwise.and_, bitwise.rand
    __or__, __ror__ = bitwise.or_, bitwise.ror
    __xor__, __rxor__ = bitwise.xor, bitwise.rxor
    __lshift__, __rlshift__ = bitwise.lshift, bitwise.rlshift
    __rshift__, __rrshift__ = bitwise.rshift, bitwise.rrshift
    __invert__ = bitwise.invert
    __lt__, __le__, __gt__, __ge__ = selection.lt, selection.le, selection.gt, selection.ge

    def __eq__(self, other: object) -> Any:
        return selection.eq(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return selection.ne(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    __getitem__ = indexing.getitem
    __setitem__ = inplace.set_item

    def __delitem__(self, index: Any) -> None:
        raise DtypeError("a tensor does not lose entries; index what is to be kept")

    __iadd__, __isub__ = in_place(arithmetic.add, "+="), in_place(arithmetic.sub, "-=")
    __imul__, __itruediv__ = in_place(arithmetic.mul, "*="), in_place(arithmetic.div, "/=")
    __ipow__, __imod__ = in_place(arithmetic.pow, "**="), in_place(remainder.remainder, "%=")
    __ifloordiv__ = in_place(remainder.floor_divide, "//=")
    __iand__, __ior__ = in_place(bitwise.bitwise_and, "&="), in_place(bitwise.bitwise_or, "|=")
    __ixor__ = in_place(bitwise.bitwise_xor, "^=")
    __ilshift__ = in_place(bitwise.bitwise_left_shift, "<<=")
    __irshift__ = in_place(bitwise.bitwise_right_shift, ">>=")

    # --- methods

    subtract, multiply, divide, true_divide = arithmetic.sub, arithmetic.mul, arithmetic.div, arithmetic.div
    negative, absolute = arithmetic.neg, selection.abs
    addcmul, addcdiv, lerp = arithmetic.addcmul, arithmetic.addcdiv, arithmetic.lerp
    float_power, xlogy = arithmetic.float_power, entropy.xlogy
    logaddexp, logaddexp2 = logaddexp.logaddexp, logaddexp.logaddexp2
    remainder, fmod, floor_divide = remainder.remainder, remainder.fmod, remainder.floor_divide
    positive = arithmetic.positive
    bitwise_and, bitwise_or, bitwise_xor = bitwise.bitwise_and, bitwise.bitwise_or, bitwise.bitwise_xor
    bitwise_not = bitwise.bitwise_not
    bitwise_left_shift, bitwise_right_shift = bitwise.bitwise_left_shift, bitwise.bitwise_right_shift
    logical_and, logical_or = logical.logical_and, logical.logical_or
    logical_xor, logical_not = logical.logical_xor, logical.logical_not
    fmax, fmin, copysign = selection.fmax, selection.fmin, selection.copysign
    trunc = fix = rounding.trunc
    round, frac = rounding.round, rounding.frac
    add, sub, mul, div, pow = arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.div, arithmetic.pow
    matmul, maximum, minimum = linear_algebra.matmul, selection.maximum, selection.minimum
    addmm, addmv, addr = contraction.addmm, contraction.addmv, contraction.addr
    baddbmm, addbmm = contraction.baddbmm, contraction.addbmm
    cholesky_solve, cholesky_inverse = linear_algebra.cholesky_solve, linear_algebra.cholesky_inverse
    matrix_exp = matrix_exponential.matrix_exp
    det, slogdet, logdet = linear_algebra.det, linear_algebra.slogdet, linear_algebra.logdet
    dot, vdot, outer = vector_product.dot, vector_product.vdot, vector_product.outer
    ger, cross = vector_product.ger, vector_product.cross
    inverse, pinverse, matrix_power = linear_algebra.inverse, linear_algebra.pinverse, linear_algebra.matrix_power
    mm, mv, bmm, inner, kron = contraction.mm, contraction.mv, contraction.bmm, contraction.inner, contraction.kron
    clamp = clip = selection.clamp
    sign, floor, ceil = rounding.sign, rounding.floor, rounding.ceil
    not_equal, less, less_equal = selection.ne, selection.lt, selection.le
    greater, greater_equal = selection.gt, selection.ge
    eq, ne, lt, le, gt, ge = (
        selection.eq, selection.ne, selection.lt, selection.le, selection.gt, selection.ge
    )  # fmt: skip
    neg, square, sqrt, abs = arithmetic.neg, arithmetic.square, arithmetic.sqrt, selection.abs
    exp, expm1, log, log1p = exponential.exp, exponential.expm1, exponential.log, exponential.log1p
    exp2, log2, log10 = exponential.exp2, exponential.log2, exponential.log10
    reciprocal, rsqrt = root.reciprocal, root.rsqrt
    sin, cos, tan, sinc = trigonometric.sin, trigonometric.cos, trigonometric.tan, trigonometric.sinc
    asin = arcsin = trigonometric.asin
    acos = arccos = trigonometric.acos
    atan = arctan = trigonometric.atan
    atan2 = arctan2 = trigonometric.atan2
    deg2rad, rad2deg, hypot = trigonometric.deg2rad, trigonometric.rad2deg, arithmetic.hypot
    sinh, cosh, tanh = hyperbolic.sinh, hyperbolic.cosh, hyperbolic.tanh
    asinh = arcsinh = hyperbolic.asinh
    acosh = arccosh = hyperbolic.acosh
    atanh = arctanh = hyperbolic.atanh
    erf, lgamma, digamma = special.erf, special.lgamma, special.digamma
    erfc, erfinv, mvlgamma, logit = special.erfc, special.erfinv, special.mvlgamma, activation.logit
    relu, sigmoid, prelu = selection.relu, activation.sigmoid, rectifier.prelu
    hardshrink = rectifier.hardshrink
    softmax, log_softmax = activation.softmax, activation.log_softmax
    sum, mean, max, min = reduction.sum, reduction.mean, sorting.max, sorting.min
    prod, cumsum, cumprod = reduction.prod, reduction.cumsum, reduction.cumprod
    var, std, norm, logsumexp = reduction.var, reduction.std, reduction.norm, activation.logsumexp
    sort, msort, argsort, topk = sorting.sort, ranking.msort, ranking.argsort, ranking.topk
    kthvalue, median, quantile = ranking.kthvalue, ranking.median, ranking.quantile
    argmax, argmin = ranking.argmax, ranking.argmin
    amax, amin, aminmax = extremum.amax, extremum.amin, extremum.aminmax
    cummax, cummin = extremum.cummax, extremum.cummin
    nansum, nanmean, dist, cov = reduction.nansum, reduction.nanmean, reduction.dist, reduction.cov
    diff, logcumsumexp, corrcoef = differences.diff, reduction.logcumsumexp, reduction.corrcoef
    any, all, count_nonzero = predicates.any, predicates.all, predicates.count_nonzero
    nonzero, argwhere, equal = predicates.nonzero, predicates.argwhere, predicates.equal
    isnan, isinf, isfinite = predicates.isnan, predicates.isinf, predicates.isfinite
    isposinf, isneginf = predicates.isposinf, predicates.isneginf
    isclose, allclose = predicates.isclose, predicates.allclose
    reshape, view, flatten = rearrangement.reshape, rearrangement.view, rearrangement.flatten
    view_as, reshape_as, expand_as = (
        rearrangement.reshape_as,
        rearrangement.reshape_as,
        rearrangement.expand_as,
    )
    squeeze, unsqueeze = rearrangement.squeeze, rearrangement.unsqueeze
    ravel, unflatten = rearrangement.ravel, rearrangement.unflatten
    movedim, moveaxis = rearrangement.movedim, rearrangement.moveaxis
    swapaxes, swapdims = rearrangement.swapaxes, rearrangement.swapdims
    flip, fliplr, flipud = reordering.flip, reordering.fliplr, reordering.flipud
    roll, rot90 = reordering.roll, reordering.rot90
    tile, repeat, repeat_interleave = repetition.tile, repetition.repeat, repetition.repeat_interleave
    select, narrow, unbind = splitting.select, splitting.narrow, splitting.unbind
    split, chunk, tensor_split = splitting.split, splitting.chunk, splitting.tensor_split
    hsplit, vsplit, dsplit = splitting.hsplit, splitting.vsplit, splitting.dsplit
    tril, triu, trace = diagonal.tril, diagonal.triu, diagonal.trace
    diag, diagflat, diagonal_scatter = diagonal.diag, diagonal.diagflat, diagonal.diagonal_scatter
    diag_embed, diagonal = diagonal.diag_embed, diagonal.diagonal
    unfold = windows.unfold
    permute, transpose, t = rearrangement.permute, rearrangement.transpose, rearrangement.t
    expand, broadcast_to = rearrangement.expand, rearrangement.broadcast_to
    index_select = indexing.index_select
    gather, take, take_along_dim = gathering.gather, gathering.take, gathering.take_along_dim
    scatter, scatter_add, index_add = gathering.scatter, gathering.scatter_add, gathering.index_add
    index_put, index_fill = gathering.index_put, gathering.index_fill
    masked_fill, masked_select = gathering.masked_fill, gathering.masked_select
    masked_scatter, index_copy, put = gathering.masked_scatter, gathering.index_copy, gathering.put
    select_scatter, slice_scatter = gathering.select_scatter, gathering.slice_scatter
    clone, detach = rearrangement.clone, rearrangement.detach

    # --- in place: these, and a twin of each method of ``_WRITTEN``

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

    copy_, fill_, zero_ = inplace.copy_, inplace.fill_, inplace.zero_
    detach_ = inplace.detach_


#: The methods that have a twin, named with an underscore, which writes what they return into the tensor.
_WRITTEN = (
    "abs", "absolute", "acos", "acosh", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "arccos",
    "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh", "atan", "atan2", "atanh",
    "baddbmm", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "ceil", "clamp", "clip", "copysign", "cos", "cosh", "cumprod", "cumsum", "deg2rad", "digamma",
    "div", "divide", "erf", "exp", "exp2", "expm1", "fix", "floor", "floor_divide", "fmod", "frac", "hypot",
    "index_add", "index_copy", "index_fill", "index_put", "lerp", "lgamma", "log", "log10", "log1p", "log2",
    "logical_and", "logical_not", "logical_or", "logical_xor", "masked_fill", "masked_scatter", "mul", "multiply",
    "neg", "negative", "pow", "put", "rad2deg", "reciprocal", "relu", "remainder", "round", "rsqrt", "scatter",
    "scatter_add", "sigmoid", "sign", "sin", "sinc", "sinh", "sqrt", "square", "sub", "subtract", "tan", "tanh",
    "tril", "triu", "true_divide", "trunc", "xlogy",
)  # fmt: skip

for _name in _WRITTEN:
    setattr(Tensor, f"{_name}_", in_place(getattr(Tensor, _name), f"{_name}_()"))


__all__ = ["Node", "Size", "Tensor"]
