"""The ops with PyTorch's names and signatures. ``Tensor`` takes its methods and operators from here."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, OutOfRangeError, ShapeError, UnsupportedError

from . import ops
from .ops.sorting import order_of
from .promotion import result_dtype
from .shapes import normalise_axes
from .variable import Variable, array_of

if TYPE_CHECKING:
    from .tensor import Tensor

Dim = int | Sequence[int] | None


def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input + alpha other``."""
    return ops.add(input, other if alpha == 1 else ops.multiply(other, alpha))


def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Return ``input - alpha other``."""
    return ops.subtract(input, other if alpha == 1 else ops.multiply(other, alpha))


def mul(input: Any, other: Any) -> Tensor:
    """Return ``input * other``."""
    return ops.multiply(input, other)


def div(input: Any, other: Any) -> Tensor:
    """Return ``input / other``."""
    return ops.divide(input, other)


def pow(input: Any, exponent: Any) -> Tensor:  # noqa: A001
    """Return ``input ** exponent``."""
    return ops.pow(input, exponent)


def rsub(input: Any, other: Any) -> Tensor:
    """Return ``other - input``."""
    return ops.subtract(other, input)


def reverse_div(input: Any, other: Any) -> Tensor:
    """Return ``other / input``."""
    return ops.divide(other, input)


def reverse_pow(input: Any, other: Any) -> Tensor:
    """Return ``other ** input``."""
    return ops.pow(other, input)


def matmul(input: Any, other: Any) -> Tensor:
    """Return the matrix product, with the broadcasting rules of ``numpy.matmul``."""
    return ops.matmul(input, other)


def reverse_matmul(input: Any, other: Any) -> Tensor:
    """Return ``other @ input``."""
    return ops.matmul(other, input)


def maximum(input: Any, other: Any) -> Tensor:
    """Return the larger of each pair."""
    return ops.maximum(input, other)


def minimum(input: Any, other: Any) -> Tensor:
    """Return the smaller of each pair."""
    return ops.minimum(input, other)


def clamp(input: Any, min: Any = None, max: Any = None) -> Tensor:
    """Return the entries within bounds: numbers, or tensors, of which ``max`` wins where they cross.

    A derivative flows to the entries between the bounds and at them, and to a bound that takes an entry's place.
    Raises ``ArgumentError`` where there is no bound.
    """
    if min is None and max is None:
        raise ArgumentError("clamp needs min, max or both, but got neither")
    bounds = {name: bound for name, bound in (("min", min), ("max", max)) if bound is not None}
    if not any(isinstance(bound, Variable) for bound in bounds.values()):
        dtype = result_dtype([array_of(input), *bounds.values()])
        x = input if input.array.dtype == dtype else ops.astype(input, dtype=dtype.name)
        with np.errstate(over="ignore"):
            rounded = {name: dtype.type(bound).item() for name, bound in bounds.items()}
        return ops.clip(x, **rounded)
    raised = input if min is None else ops.where(ops.less(input, min), min, input)
    return raised if max is None else ops.where(ops.greater(raised, max), max, raised)


def eq(input: Any, other: Any) -> Tensor:
    """Return ``input == other``, entry by entry."""
    return ops.equal(input, other)


def ne(input: Any, other: Any) -> Tensor:
    """Return ``input != other``, entry by entry."""
    return ops.not_equal(input, other)


def lt(input: Any, other: Any) -> Tensor:
    """Return ``input < other``, entry by entry."""
    return ops.less(input, other)


def le(input: Any, other: Any) -> Tensor:
    """Return ``input <= other``, entry by entry."""
    return ops.less_equal(input, other)


def gt(input: Any, other: Any) -> Tensor:
    """Return ``input > other``, entry by entry."""
    return ops.greater(input, other)


def ge(input: Any, other: Any) -> Tensor:
    """Return ``input >= other``, entry by entry."""
    return ops.greater_equal(input, other)


def neg(input: Any) -> Tensor:
    """Return ``-input``."""
    return ops.negative(input)


def square(input: Any) -> Tensor:
    """Return the square."""
    return ops.square(input)


def sqrt(input: Any) -> Tensor:
    """Return the square root."""
    return ops.sqrt(input)


def exp(input: Any) -> Tensor:
    """Return the exponential."""
    return ops.exp(input)


def expm1(input: Any) -> Tensor:
    """Return ``exp(input) - 1``, exact also near 0."""
    return ops.expm1(input)


def log(input: Any) -> Tensor:
    """Return the natural logarithm."""
    return ops.log(input)


def log1p(input: Any) -> Tensor:
    """Return ``log(1 + input)``, exact also near 0."""
    return ops.log1p(input)


def sin(input: Any) -> Tensor:
    """Return the sine of radians."""
    return ops.sin(input)


def cos(input: Any) -> Tensor:
    """Return the cosine of radians."""
    return ops.cos(input)


def tanh(input: Any) -> Tensor:
    """Return the hyperbolic tangent."""
    return ops.tanh(input)


def abs(input: Any) -> Tensor:  # noqa: A001
    """Return the absolute value; its derivative at 0 is taken as 0."""
    return ops.abs(input)


def sign(input: Any) -> Tensor:
    """Return the sign: -1, 0 or 1."""
    return ops.sign(input)


def floor(input: Any) -> Tensor:
    """Return the largest integers that are not larger."""
    return ops.floor(input)


def ceil(input: Any) -> Tensor:
    """Return the smallest integers that are not smaller."""
    return ops.ceil(input)


def atan(input: Any) -> Tensor:
    """Return the angle in radians whose tangent is ``input``."""
    return ops.atan(input)


def sinc(input: Any) -> Tensor:
    """Return ``sin(pi x) / (pi x)``, 1 at 0."""
    return ops.sinc(input)


def erf(input: Any) -> Tensor:
    """Return the error function."""
    return ops.erf(input)


def digamma(input: Any) -> Tensor:
    """Return the derivative of :func:`lgamma`, of positive numbers."""
    return ops.digamma(input)


def lgamma(input: Any) -> Tensor:
    """Return the logarithm of the gamma function, of positive numbers."""
    return ops.gammaln(input)


def polygamma(n: int, input: Any) -> Tensor:
    """Return the derivative number ``n`` of :func:`digamma`, of positive numbers."""
    return ops.polygamma(input, n=n) if n else ops.digamma(input)


def atan2(input: Any, other: Any) -> Tensor:
    """Return the angle of the point (``other``, ``input``) in radians."""
    return ops.atan2(input, other)


def hypot(input: Any, other: Any) -> Tensor:
    """Return the hypotenuse, without overflow on the way; its derivative where both are 0 is taken as 0."""
    return ops.hypot(input, other)


def relu(input: Any) -> Tensor:
    """Return ``max(input, 0)``; its derivative at 0 is taken as 0."""
    return ops.relu(input)


def sigmoid(input: Any) -> Tensor:
    """Return ``1 / (1 + exp(-input))``."""
    return ops.sigmoid(input)


def softmax(input: Any, dim: int) -> Tensor:
    """Return the exponentials along ``dim``, divided by their sum."""
    return ops.softmax(input, axis=dim)


def log_softmax(input: Any, dim: int) -> Tensor:
    """Return the logarithm of :func:`softmax`, computed without cancellation."""
    return ops.log_softmax(input, axis=dim)


def where(condition: Any, input: Any, other: Any) -> Tensor:
    """Return ``input`` where the condition holds and ``other`` elsewhere."""
    return ops.where(condition, input, other)


def sum(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:  # noqa: A001
    """Return the sum over ``dim``, over all dimensions where it is None."""
    return ops.sum(input, axis=_axis(dim), keepdims=keepdim)


def mean(input: Any, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return the mean over ``dim``, over all dimensions where it is None. Raises ``DtypeError`` for integers."""
    if input.array.dtype.kind != "f":
        raise DtypeError(f"mean needs a floating dtype, not {input.array.dtype.name}; convert with .float()")
    return ops.mean(input, axis=_axis(dim), keepdims=keepdim)


class _Selection(NamedTuple):
    """Values along a dimension, and where they stand in it; prints as PyTorch's type of this name does."""

    values: Any
    indices: Any

    def __repr__(self) -> str:
        name = type(self).__name__.removesuffix("Result").lower()
        return f"torch.return_types.{name}(\nvalues={self.values!r},\nindices={self.indices!r})"


class MaxResult(_Selection):
    """What ``max(dim)`` returns."""


class MinResult(_Selection):
    """What ``min(dim)`` returns."""


class SortResult(_Selection):
    """What ``sort`` returns."""


def max(input: Any, dim: Any = None, keepdim: bool = False) -> Any:  # noqa: A001
    """Return the largest entry; with ``dim``, the largest values along it and their first indices.

    With a tensor in place of ``dim`` return the larger of each pair.
    """
    if dim is None:
        return ops.max(input)
    if isinstance(dim, Variable):
        return ops.maximum(input, dim)
    values = ops.max(input, axis=dim, keepdims=keepdim)
    return MaxResult(values, _places(input, np.argmax(input.array, axis=dim, keepdims=keepdim)))


def min(input: Any, dim: Any = None, keepdim: bool = False) -> Any:  # noqa: A001
    """Return the smallest entry; with ``dim``, the smallest values along it and their first indices.

    Of two tensors it is their :func:`minimum`.
    """
    if dim is None:
        return ops.min(input)
    if isinstance(dim, Variable):
        return ops.minimum(input, dim)
    values = ops.min(input, axis=dim, keepdims=keepdim)
    return MinResult(values, _places(input, np.argmin(input.array, axis=dim, keepdims=keepdim)))


def sort(
    input: Any,
    dim: int = -1,
    descending: bool = False,
    stable: bool = False,  # noqa: ARG001 - PyTorch has it; here every sort is stable
) -> SortResult:
    """Return the values sorted along ``dim`` and their indices. Equal entries keep their order."""
    values = ops.sort(input, axis=dim, descending=descending)
    return SortResult(values, _places(input, order_of(input.array, dim, descending=descending)))


def _places(input: Any, indices: Any) -> Any:
    return type(input).wrap(np.asarray(indices))


def prod(input: Any, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return the product over ``dim``, of all entries where it is None."""
    return ops.prod(input, axis=dim, keepdims=keepdim)


def cumsum(input: Any, dim: int) -> Tensor:
    """Return the running sums along ``dim``."""
    return ops.cumulative_sum(input, axis=dim)


def cumprod(input: Any, dim: int) -> Tensor:
    """Return the running products along ``dim``."""
    return ops.cumulative_prod(input, axis=dim)


def logsumexp(input: Any, dim: Dim, keepdim: bool = False) -> Tensor:
    """Return the logarithm of the sum of exponentials over ``dim``, computed without overflow."""
    return ops.logsumexp(input, axis=_axis(dim), keepdims=keepdim)


def var(
    input: Any, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Tensor:
    """Return the variance over ``dim``: the mean square deviation, times n / (n - correction).

    The correction is 1, and 0 where ``unbiased`` is False; as in PyTorch, ``var(x, False)`` says that too.
    """
    return _spread(ops.var, input, dim, unbiased, keepdim, correction)


def std(
    input: Any, dim: Dim = None, unbiased: bool = True, keepdim: bool = False, *, correction: float | None = None
) -> Tensor:
    """Return the square root of :func:`var`; its derivative where all entries are equal is taken as 0."""
    return _spread(ops.std, input, dim, unbiased, keepdim, correction)


def _spread(op: Any, input: Any, dim: Dim, unbiased: bool, keepdim: bool, correction: float | None) -> Tensor:
    if isinstance(dim, bool):
        return _spread(op, input, None, dim, keepdim, correction)
    name = op.name
    if input.array.dtype.kind != "f":
        raise DtypeError(f"{name} needs a floating dtype, not {input.array.dtype.name}; convert with .float()")
    used = int(unbiased) if correction is None else correction
    result: Tensor = op(input, axis=_axis(dim), keepdims=keepdim, correction=used)
    return result


def norm(input: Any, p: Any = 2, dim: Dim = None, keepdim: bool = False) -> Tensor:
    """Return the vector norm over ``dim``: ``p`` is 1, 2 ("fro") or inf; its derivative at 0 is taken as 0."""
    return ops.vector_norm(input, axis=_axis(dim), keepdims=keepdim, ord=2 if p == "fro" else p)


def _axis(dim: Dim) -> int | tuple[int, ...] | None:
    return dim if dim is None or isinstance(dim, int) else tuple(dim)


def sizes(size: tuple[Any, ...]) -> tuple[int, ...]:
    """Return sizes that were passed one by one or as one sequence."""
    parts = size[0] if len(size) == 1 and not isinstance(size[0], int | np.integer) else size
    try:
        return tuple(operator.index(n) for n in parts)
    except TypeError as error:
        raise DtypeError(f"sizes are integers, one by one or in one sequence, not {parts!r}") from error


def reshape(input: Any, *shape: Any) -> Tensor:
    """Return the same entries in another shape; one size may be -1."""
    return ops.reshape(input, shape=sizes(shape))


def view(input: Any, *shape: Any) -> Tensor:
    """Return the same entries in another shape and in the same memory; one size may be -1.

    Raises ``ShapeError`` where their order in memory does not admit it.
    """
    result = reshape(input, *shape)
    if input.array.size and not np.shares_memory(result.array, input.array):
        raise ShapeError("the entries do not lie in memory so that a view could have this shape; use reshape()")
    return result


def reshape_as(input: Any, other: Any) -> Tensor:
    """Return the same entries in the shape of another tensor."""
    return ops.reshape(input, shape=other.array.shape)


def flatten(input: Any) -> Tensor:
    """Return the entries in one dimension."""
    return ops.reshape(input, shape=(-1,))


def squeeze(input: Any, dim: int | None = None) -> Tensor:
    """Return the tensor without its dimensions of size one, or without ``dim`` if it is one."""
    shape = input.array.shape
    dropped = normalise_axes(dim, len(shape))
    return ops.reshape(input, shape=tuple(n for i, n in enumerate(shape) if n != 1 or i not in dropped))


def unsqueeze(input: Any, dim: int) -> Tensor:
    """Return the tensor with a dimension of size one put in at ``dim``."""
    return ops.expand_dims(input, axis=dim)


def permute(input: Any, *dims: Any) -> Tensor:
    """Return the tensor with its dimensions in another order."""
    return ops.permute_dims(input, axes=sizes(dims))


def transpose(input: Any, dim0: int, dim1: int) -> Tensor:
    """Return the tensor with two dimensions exchanged."""
    axes = list(range(input.array.ndim))
    first, second = (normalise_axes(dim, len(axes))[0] for dim in (dim0, dim1))
    axes[first], axes[second] = second, first
    return ops.permute_dims(input, axes=tuple(axes))


def t(input: Any) -> Tensor:
    """Return the transpose of a matrix; a vector stays as it is."""
    if input.array.ndim > 2:
        raise ShapeError(f"t() expects at most two dimensions, not shape {input.array.shape}; use transpose or permute")
    return ops.permute_dims(input, axes=tuple(range(input.array.ndim))[::-1])


def expand(input: Any, *shape: Any) -> Tensor:
    """Return the tensor broadcast to ``shape``, where -1 keeps a size."""
    old, new = input.array.shape, sizes(shape)
    skipped = len(new) - len(old)
    kept = tuple(old[i - skipped] if n == -1 and i >= skipped else n for i, n in enumerate(new))
    return ops.broadcast_to(input, shape=kept)


def expand_as(input: Any, other: Any) -> Tensor:
    """Return the tensor broadcast to the shape of another."""
    return ops.broadcast_to(input, shape=other.array.shape)


def broadcast_to(input: Any, shape: Sequence[int]) -> Tensor:
    """Return the tensor broadcast to ``shape``."""
    return expand(input, *shape)


def cat(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Return the tensors joined along ``dim``."""
    if not tensors:
        raise ArgumentError("cat needs at least one tensor, but got none")
    return ops.concat(*tensors, axis=dim)


def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """Return the slices along ``dim`` that the integers of ``index`` name."""
    return ops.take(input, index, axis=dim)


def clone(input: Any) -> Tensor:
    """Return a copy through which derivatives flow."""
    return ops.clone(input)


def detach(input: Any) -> Tensor:
    """Return the same values, in the same memory, cut off from the graph."""
    return ops.detach(input)


def getitem(input: Any, index: Any) -> Tensor:
    """Return ``input[index]`` for a basic index, or for one list or tensor of integers in the first dimension."""
    parts = index if isinstance(index, tuple) else (index,)
    if len(parts) == 1 and _is_integers(parts[0]):
        return ops.take(input, _wrapped(array_of(parts[0]), input.array.shape), axis=0)
    basic = tuple(_basic(part) for part in parts)
    return ops.getitem(input, index=basic)


def _wrapped(integers: Any, shape: Sequence[int]) -> Any:
    """Return indices into the first dimension with negative ones counted from the end."""
    size = shape[0] if shape else 0
    outside = integers[(integers < -size) | (integers >= size)]
    if outside.size:
        raise OutOfRangeError(f"index {outside[0]} is out of range for the first dimension of shape {tuple(shape)}")
    return np.where(integers < 0, integers + size, integers)


def _is_integers(part: Any) -> bool:
    if isinstance(part, Variable):
        part = part.array
    array = np.asarray(part) if isinstance(part, list | np.ndarray) else None
    return array is not None and array.ndim == 1 and array.dtype.kind == "i"


def _basic(part: Any) -> Any:
    if isinstance(part, Variable) and part.array.ndim == 0 and part.array.dtype.kind == "i":
        part = part.array.item()
    if isinstance(part, np.integer):
        part = int(part)
    if part is None or part is Ellipsis or (isinstance(part, int | slice) and not isinstance(part, bool)):
        return part
    raise UnsupportedError(
        f"an index of type {type(part).__name__} is not supported; "
        "use integers, slices, None, '...', or one list of integers in the first dimension"
    )
