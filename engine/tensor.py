"""Tensor: the user's handle on a value of the graph, with PyTorch's attributes and methods."""

from __future__ import annotations

import builtins
import copy
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradproof.errors import (
    ArgumentError,
    AutogradError,
    DtypeError,
    ShapeError,
)

from . import autograd, dtypes, inplace, ops
from .device import CPU, check_device
from .device import device as the_device
from .dispatch import refresh
from .functions import (
    activation,
    arithmetic,
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
from .functions.arguments import sizes
from .hooks import Hook, RemovableHandle
from .inplace import in_place
from .mode import THREAD
from .printing import tensor_text
from .shapes import normalise_axes
from .variable import INFERENCE, Array, Node, Variable, hooks_of

_COMPARABLE = (Variable, np.ndarray, np.generic, bool, int, float)


class Size(tuple[int, ...]):
    """A shape that prints as PyTorch's does."""

    __slots__ = ()

    def numel(self) -> int:
        """Return the number of entries."""
        return int(np.prod(self))

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"


def _restored(array: Array, requires_grad: builtins.bool) -> Tensor:
    """Return a leaf as it was pickled, without its gradient and its history."""
    tensor: Tensor = Tensor.wrap(array)
    tensor._requires_grad = requires_grad
    return tensor


class Tensor(Variable):
    """A NumPy array that remembers how it was computed. Make one with :func:`gradproof.engine.tensor`."""

    __slots__ = ()
    __hash__ = object.__hash__

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
        if self.requires_grad and self.origin is not None and not requires_grad:
            raise AutogradError("only leaves can stop requiring grad; use detach() for a copy outside the graph")
        if requires_grad and self.array.dtype.kind != "f":
            raise DtypeError(f"only floating tensors can require grad, not {self.array.dtype.name}")
        if requires_grad and self.is_inference() and not THREAD.mode.inference:
            raise AutogradError("a tensor that was made in inference mode cannot require grad; clone() it first")
        self._requires_grad = builtins.bool(requires_grad)
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
    def _version(self) -> int:
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
        return rearrangement.permute(self, *range(self.ndim - 1, -1, -1))

    @property
    def mT(self) -> Tensor:  # noqa: N802 - PyTorch's name
        """The tensor with its last two dimensions exchanged."""
        return rearrangement.transpose(self, -2, -1)

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size of one dimension. Raises ``OutOfRangeError`` where there is no such one."""
        if dim is None:
            return self.shape
        (axis,) = normalise_axes(dim, self.ndim)
        return self.array.shape[axis]

    def dim(self) -> int:
        """Return the number of dimensions."""
        return self.array.ndim

    def numel(self) -> int:
        """Return the number of entries."""
        return self.array.size

    nelement, ndimension = numel, dim

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
    ) -> Tensor:
        """Return the tensor in another dtype: itself where it has it, and no copy is asked for.

        Called with a dtype, a device, both in PyTorch's order, or a tensor that has them.
        """
        for arg in args:
            if isinstance(arg, the_device) or (isinstance(arg, str) and not dtypes.is_name(arg)):
                device = arg
            else:
                dtype = arg.dtype if isinstance(arg, Tensor) else arg
        check_device(device)
        target = self.array.dtype if dtype is None else dtypes.as_numpy(dtype)
        result: Tensor = self if target == self.array.dtype else ops.astype(self, dtype=target.name)
        return rearrangement.clone(self) if copy and result is self else result

    @property
    def device(self) -> the_device:
        """The CPU."""
        return CPU

    def cpu(self) -> Tensor:
        """Return the tensor itself: it is on the CPU."""
        return self

    def type_as(self, other: Tensor) -> Tensor:
        """Return the tensor in the dtype of another."""
        return self.to(other)

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

    def new_tensor(self, data: Any, *, dtype: Any = None, requires_grad: builtins.bool = False) -> Tensor:
        """Return a leaf with a copy of ``data``, by default in this tensor's dtype."""
        values = data.array if isinstance(data, Variable) else data
        made: Tensor = Tensor.wrap(np.array(values, dtype=self._dtype(dtype)))
        return made.requires_grad_(requires_grad)

    def new_full(
        self, size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: builtins.bool = False
    ) -> Tensor:
        """Return a leaf of one value, by default in this tensor's dtype."""
        made: Tensor = Tensor.wrap(np.full(sizes((size,)), fill_value, dtype=self._dtype(dtype)))
        return made.requires_grad_(requires_grad)

    def new_zeros(self, *size: Any, dtype: Any = None, requires_grad: builtins.bool = False) -> Tensor:
        """Return zeros, by default in this tensor's dtype."""
        return self.new_full(sizes(size), 0, dtype=dtype, requires_grad=requires_grad)

    def new_ones(self, *size: Any, dtype: Any = None, requires_grad: builtins.bool = False) -> Tensor:
        """Return ones, by default in this tensor's dtype."""
        return self.new_full(sizes(size), 1, dtype=dtype, requires_grad=requires_grad)

    def _dtype(self, dtype: Any) -> np.dtype[Any]:
        return self.array.dtype if dtype is None else dtypes.as_numpy(dtype)

    # --- memory

    def stride(self, dim: int | None = None) -> Any:
        """Return, for each dimension or for one, how many entries lie between neighbours in memory."""
        strides = tuple(step // self.array.itemsize for step in self.array.strides)
        return strides if dim is None else strides[dim]

    def is_contiguous(self) -> builtins.bool:
        """Tell whether the entries lie in memory row by row, without gaps."""
        return self.array.flags.c_contiguous

    def contiguous(self) -> Tensor:
        """Return the tensor itself where it is contiguous, else a contiguous copy."""
        if self.is_contiguous():
            return self
        copied = rearrangement.clone(self)
        return (
            copied
            if copied.is_contiguous()
            else rearrangement.reshape(rearrangement.flatten(copied), *copied.array.shape)
        )

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

    def is_floating_point(self) -> builtins.bool:
        """Tell whether the dtype is a floating one."""
        return self.array.dtype.kind == "f"

    def is_complex(self) -> builtins.bool:
        """Tell whether the dtype is complex, which none is."""
        return False

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
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

    def __len__(self) -> int:
        if not self.array.ndim:
            raise ArgumentError("a tensor without dimensions has no length")
        return len(self.array)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __contains__(self, value: Any) -> builtins.bool:
        return builtins.bool(np.any(self.array == (value.array if isinstance(value, Variable) else value)))

    def __bool__(self) -> builtins.bool:
        if self.array.size != 1:
            raise ArgumentError(f"the truth of {self.array.size} entries is ambiguous; compare one, or use item()")
        return builtins.bool(self.array)

    def __float__(self) -> builtins.float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

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
    __neg__, __abs__ = arithmetic.neg, selection.abs
    __lt__, __le__, __gt__, __ge__ = selection.lt, selection.le, selection.gt, selection.ge

    def __eq__(self, other: object) -> Any:
        return selection.eq(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return selection.ne(self, other) if isinstance(other, _COMPARABLE) else NotImplemented

    __getitem__ = indexing.getitem
    __setitem__ = inplace.set_item
    __iadd__, __isub__ = in_place(arithmetic.add, "+="), in_place(arithmetic.sub, "-=")
    __imul__, __itruediv__ = in_place(arithmetic.mul, "*="), in_place(arithmetic.div, "/=")
    __ipow__ = in_place(arithmetic.pow, "**=")

    # --- methods

    subtract, multiply, divide, true_divide = arithmetic.sub, arithmetic.mul, arithmetic.div, arithmetic.div
    negative, absolute = arithmetic.neg, selection.abs
    addcmul, addcdiv, lerp = arithmetic.addcmul, arithmetic.addcdiv, arithmetic.lerp
    float_power, xlogy = arithmetic.float_power, entropy.xlogy
    logaddexp, logaddexp2 = logaddexp.logaddexp, logaddexp.logaddexp2
    remainder, fmod = remainder.remainder, remainder.fmod
    fmax, fmin, copysign = selection.fmax, selection.fmin, selection.copysign
    trunc = fix = rounding.trunc
    round, frac = rounding.round, rounding.frac
    add, sub, mul, div, pow = arithmetic.add, arithmetic.sub, arithmetic.mul, arithmetic.div, arithmetic.pow
    matmul, maximum, minimum = linear_algebra.matmul, selection.maximum, selection.minimum
    addmm, addmv, addr = contraction.addmm, contraction.addmv, contraction.addr
    baddbmm, addbmm = contraction.baddbmm, contraction.addbmm
    cholesky_solve = linear_algebra.cholesky_solve
    det, slogdet, logdet = linear_algebra.det, linear_algebra.slogdet, linear_algebra.logdet
    dot, vdot, outer = vector_product.dot, vector_product.vdot, vector_product.outer
    ger, cross = vector_product.ger, vector_product.cross
    inverse, pinverse, matrix_power = linear_algebra.inverse, linear_algebra.pinverse, linear_algebra.matrix_power
    mm, mv, bmm, inner, kron = contraction.mm, contraction.mv, contraction.bmm, contraction.inner, contraction.kron
    clamp = clip = selection.clamp
    sign, floor, ceil = rounding.sign, rounding.floor, rounding.ceil
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

    copy_, fill_, zero_ = inplace.copy_, inplace.fill_, inplace.zero_
    detach_ = inplace.detach_


#: The methods that have a twin, named with an underscore, which writes what they return into the tensor.
_WRITTEN = (
    "abs", "absolute", "acos", "acosh", "add", "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "arccos",
    "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "asin", "asinh", "atan", "atan2", "atanh",
    "baddbmm", "ceil", "clamp", "clip", "copysign", "cos", "cosh", "cumprod", "cumsum", "deg2rad", "digamma", "div",
    "divide", "erf", "exp", "exp2", "expm1", "fix", "floor", "fmod", "frac", "hypot", "index_add", "index_copy",
    "index_fill", "index_put", "lerp", "lgamma", "log", "log10", "log1p", "log2", "masked_fill", "masked_scatter",
    "mul", "multiply", "neg", "negative", "pow", "put", "rad2deg", "reciprocal", "relu", "remainder", "round",
    "rsqrt", "scatter", "scatter_add", "sigmoid", "sign", "sin", "sinc", "sinh", "sqrt", "square", "sub",
    "subtract", "tan", "tanh", "tril", "triu", "true_divide", "trunc", "xlogy",
)  # fmt: skip

for _name in _WRITTEN:
    setattr(Tensor, f"{_name}_", in_place(getattr(Tensor, _name), f"{_name}_()"))


__all__ = ["Node", "Size", "Tensor"]
