"""Tensors from data and from patterns."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, ParameterError, UnsupportedError

from . import dtypes
from .data import array_from, count_from, finite_from, number_from
from .device import check_device
from .factory import factory, finish, floating, shape_from
from .promotion import result_dtype
from .tensor import Tensor
from .variable import Array, Variable


@factory
def tensor(data: Any, *, dtype: Any = None) -> Array:
    """Return a leaf with a copy of ``data``: a number, nested sequences or an array.

    Python floats become the default float, NumPy arrays keep their dtype.

    >>> tensor([1.0, 2.5])
    tensor([1.0000, 2.5000])
    """
    if isinstance(data, Variable):
        warnings.warn("to copy a tensor, use its detach().clone() in place of torch.tensor()", stacklevel=3)
    return np.array(array_from(data, dtype))


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ``data`` as a tensor, without a copy where that is possible."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    check_device(device)
    return finish(array_from(data, dtype))


@factory
def asarray(obj: Any, *, dtype: Any = None, copy: bool | None = None) -> Array:
    """Return ``obj`` as a leaf, which shares its memory where that is possible and no copy is asked for.

    Raises ``ArgumentError`` where a copy is forbidden and needed.
    """
    array = array_from(obj, dtype)
    own = obj.array if isinstance(obj, Variable) else obj
    if copy is False and not (isinstance(own, np.ndarray) and np.may_share_memory(array, own)):
        raise ArgumentError(
            f"asarray cannot give {type(obj).__name__} as a tensor of {array.dtype.name} without a copy"
        )
    return np.array(array) if copy else array


def from_numpy(array: Array) -> Tensor:
    """Return a tensor that shares the memory of ``array``."""
    if not isinstance(array, np.ndarray):
        raise DtypeError(f"from_numpy takes a NumPy array, not {type(array).__name__}")
    dtypes.as_numpy(array.dtype)
    return finish(array)


@factory
def scalar_tensor(s: Any, *, dtype: Any = None) -> Array:
    """Return a number as a tensor without dimensions, by default of the default float."""
    return array_from(number_from(s, "s"), floating(dtype))


@factory
def zeros(*args: Any, size: Any = None, dtype: Any = None) -> Array:
    """Return zeros."""
    return np.zeros(shape_from(args, size), floating(dtype))


@factory
def ones(*args: Any, size: Any = None, dtype: Any = None) -> Array:
    """Return ones."""
    return np.ones(shape_from(args, size), floating(dtype))


@factory
def empty(*args: Any, size: Any = None, dtype: Any = None) -> Array:
    """Return a tensor that nobody has filled. Here it is zeros, so that two equal programs compute the same."""
    return np.zeros(shape_from(args, size), floating(dtype))


@factory
def full(size: Any, fill_value: Any, *, dtype: Any = None) -> Array:
    """Return a tensor of one value, by default in the dtype of that."""
    if isinstance(size, int):
        raise DtypeError(f"full takes the size as a sequence, not {size!r}")
    return np.full(shape_from((size,)), array_from(number_from(fill_value, "fill_value"), dtype))


@factory
def linspace(start: Any, end: Any, steps: int, *, dtype: Any = None) -> Array:
    """Return ``steps`` numbers from ``start`` to ``end``, both included, at equal distances."""
    return _equidistant(start, end, steps, floating(dtype))


@factory
def logspace(start: Any, end: Any, steps: int, base: float = 10.0, *, dtype: Any = None) -> Array:
    """Return ``base`` to the power of ``steps`` exponents from ``start`` to ``end`` at equal distances."""
    exponents = _equidistant(start, end, steps, np.dtype(np.float64))
    with np.errstate(over="ignore", invalid="ignore"):
        return np.power(float(number_from(base, "base")), exponents).astype(floating(dtype))


def _equidistant(start: Any, end: Any, steps: Any, dtype: np.dtype[Any]) -> Array:
    first, last, count = number_from(start, "start"), number_from(end, "end"), count_from(steps, "steps")
    if dtype.kind == "f" or count < 2:
        return np.linspace(first, last, count, dtype=dtype)
    # from both ends, as PyTorch truncates integers
    steps_before = (last - first) / (count - 1) * np.arange(count)
    near_start = np.arange(count) < count // 2
    return np.where(near_start, first + steps_before, last - steps_before[::-1]).astype(dtype)


@factory
def eye(n: int, m: int | None = None, *, dtype: Any = None) -> Array:
    """Return the identity matrix."""
    rows = count_from(n, "n")
    return np.eye(rows, rows if m is None else count_from(m, "m"), dtype=floating(dtype))


@factory
def arange(*bounds: Any, start: Any = None, end: Any = None, step: Any = None, dtype: Any = None) -> Array:
    """Return ``start, start + step, ...`` below ``end``: called with (end), (start, end) or (start, end, step).

    Raises ``ArgumentError`` where the step leads away from the end.
    """
    first, last, by = _bounds(bounds, {"start": start, "end": end, "step": step})
    if by == 0 or (last - first) / by < 0:
        raise ArgumentError(f"the step of arange leads from start to end, but it is {by} from {first} to {last}")
    wanted = result_dtype([first, last, by]) if dtype is None else dtypes.as_numpy(dtype)
    if wanted.kind == "b" and dtype is not None:
        raise UnsupportedError("arange has no booleans")
    is_whole = all(isinstance(each, int) for each in (first, last, by))
    count = -((first - last) // by) if is_whole else math.ceil((last - first) / by)
    if wanted.kind != "f":
        first, by, wanted = int(first), int(by), np.dtype(np.int64) if wanted.kind == "b" else wanted
    with np.errstate(over="ignore"):
        return (first + by * np.arange(count)).astype(wanted)


def _bounds(bounds: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
    """Return start, end and step as finite numbers."""
    names = ["end"] if len(bounds) == 1 and named["end"] is None else ["start", "end", "step"]
    given = {name: value for name, value in named.items() if value is not None}
    if len(bounds) > 3 or given.keys() & set(names[: len(bounds)]):
        raise ParameterError(f"arange takes start, end and step once, not {(*bounds, *given.items())}")
    given |= dict(zip(names, bounds, strict=False))
    if "end" not in given:
        raise ParameterError("arange takes end, or start and end, or start, end and step, but it got no end")
    return [finite_from(given.get(name, default), name) for name, default in (("start", 0), ("end", 0), ("step", 1))]


@factory
def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64) -> Array:
    """Return the places in a matrix of this size on and below a diagonal: one row of rows, one of columns."""
    mask = np.tri(count_from(row, "row"), count_from(col, "col"), offset, dtype=bool)
    return np.stack(np.nonzero(mask)).astype(dtypes.as_numpy(dtype))


@factory
def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64) -> Array:
    """Return the places in a matrix of this size on and above a diagonal: one row of rows, one of columns."""
    mask = ~np.tri(count_from(row, "row"), count_from(col, "col"), offset - 1, dtype=bool)
    return np.stack(np.nonzero(mask)).astype(dtypes.as_numpy(dtype))


def like(input: Any, dtype: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape and the dtype of ``input``, unless there is another. Raises ``DtypeError`` for no tensor."""
    if not isinstance(input, Variable):
        raise DtypeError(f"the functions that end in _like take a tensor, not {type(input).__name__}")
    return input.array.shape, input.array.dtype if dtype is None else dtypes.as_numpy(dtype)


@factory
def zeros_like(input: Any, *, dtype: Any = None) -> Array:
    """Return zeros of the shape and dtype of ``input``."""
    return np.zeros(*like(input, dtype))


@factory
def ones_like(input: Any, *, dtype: Any = None) -> Array:
    """Return ones of the shape and dtype of ``input``."""
    return np.ones(*like(input, dtype))


@factory
def empty_like(input: Any, *, dtype: Any = None) -> Array:
    """Return a tensor that nobody has filled, in the shape and dtype of ``input``: see :func:`empty`."""
    return np.zeros(*like(input, dtype))


@factory
def full_like(input: Any, fill_value: Any, *, dtype: Any = None) -> Array:
    """Return one value in the shape and dtype of ``input``."""
    shape, wanted = like(input, dtype)
    return np.full(shape, array_from(number_from(fill_value, "fill_value"), wanted))


__all__ = [
    "arange",
    "as_tensor",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "logspace",
    "ones",
    "ones_like",
    "scalar_tensor",
    "tensor",
    "tril_indices",
    "triu_indices",
    "zeros",
    "zeros_like",
]
