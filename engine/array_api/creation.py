"""Arrays from data, from sizes and from patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, ShapeError

from .. import creation, ops
from ..device import check_device
from ..dtypes import as_numpy
from ..functions import rearrangement
from ..functions.arguments import sizes
from ..variable import Variable
from .arguments import array, cast
from .manipulation import stack

if TYPE_CHECKING:
    from ..tensor import Tensor

Shape = int | tuple[int, ...]


def arange(
    start: float, /, stop: float | None = None, step: float = 1, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """Return ``start, start + step, ...`` before ``stop``, and from 0 to ``start`` where there is no stop.

    It is empty where the step leads away from the stop.
    """
    first, last = (0, start) if stop is None else (start, stop)
    end = last if (last - first) * step >= 0 else first + (last - last)
    return creation.arange(first, end, step, dtype=dtype, device=device)


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Tensor:
    """Return an array, a number, nested sequences or a buffer as an array, which shares its memory where it can.

    Of arrays, and of sequences of arrays, the graph goes on. Raises ``ArgumentError`` where a copy is needed and
    forbidden by ``copy=False``.
    """
    if copy is not False and isinstance(obj, list | tuple) and _holds_arrays(obj):
        return stack([asarray(each, dtype=dtype, device=device) for each in obj])
    if not isinstance(obj, Variable):
        return creation.asarray(obj, dtype=dtype, device=device, copy=copy)
    if copy is False and dtype is not None and as_numpy(dtype) != obj.array.dtype:
        raise ArgumentError(f"an array of {obj.array.dtype.name} cannot be one of {dtype} without a copy")
    return obj.to(dtype=dtype, device=device, copy=bool(copy))  # type: ignore[attr-defined]


def _holds_arrays(obj: Any) -> bool:
    if isinstance(obj, list | tuple):
        return any(_holds_arrays(each) for each in obj)
    return isinstance(obj, Variable)


def empty(shape: Shape, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return an array that nobody has filled: zeros, so that two equal programs compute the same."""
    return creation.empty(sizes((shape,)), dtype=dtype, device=device)


def empty_like(x: Tensor, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return an array that nobody has filled, of the shape and dtype of another."""
    return creation.empty_like(x, dtype=dtype, device=device)


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Any = None) -> Tensor:
    """Return a matrix with ones on the diagonal ``k`` and zeros elsewhere."""
    check_device(device)
    made = creation.zeros((n_rows, n_rows if n_cols is None else n_cols), dtype=dtype).array
    return creation.from_numpy(np.eye(made.shape[0], made.shape[1], k, made.dtype))


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """Return the array of another library that hands it on by DLPack, in the same memory unless a copy is asked for."""
    check_device(device)
    shared = np.from_dlpack(x)
    return creation.from_numpy(np.array(shared) if copy else shared)


def full(shape: Shape, fill_value: float | Tensor, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return an array of one value, by default in the default dtype of its kind.

    The standard has it a Python number; an array without dimensions, whose derivative goes on, is welcome too.
    """
    if isinstance(fill_value, Variable):
        return _filled("full", sizes((shape,)), fill_value, fill_value.array.dtype if dtype is None else dtype, device)
    return creation.full(sizes((shape,)), _number("full", fill_value), dtype=dtype, device=device)


def full_like(x: Tensor, /, fill_value: float | Tensor, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return one value, as :func:`full` takes it, in the shape and dtype of another array."""
    if isinstance(fill_value, Variable):
        dtype = array("full_like", x).array.dtype if dtype is None else dtype
        return _filled("full_like", x.array.shape, fill_value, dtype, device)
    return creation.full_like(x, _number("full_like", fill_value), dtype=dtype, device=device)


def _filled(function: str, shape: tuple[int, ...], value: Any, dtype: Any, device: Any) -> Tensor:
    """Return an array filled with one that has no dimensions, whose derivative is the sum of all entries'."""
    check_device(device)
    if value.array.ndim:
        raise ShapeError(f"{function} fills with one number, not with shape {value.array.shape}")
    return ops.clone(ops.broadcast_to(cast(value, as_numpy(dtype)), shape=shape))


def _number(function: str, value: Any) -> Any:
    if not isinstance(value, int | float):
        raise DtypeError(f"{function} takes a real number to fill with, not {type(value).__name__}: {value!r}")
    return value


def linspace(
    start: float, stop: float, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: bool = True
) -> Tensor:
    """Return ``num`` numbers from ``start`` to ``stop`` at equal distances, without the last where not ``endpoint``."""
    if endpoint:
        return creation.linspace(start, stop, num, dtype=dtype, device=device)
    return creation.linspace(start, stop, num + 1, dtype=dtype, device=device)[:-1]


def meshgrid(*arrays: Tensor, indexing: str = "xy") -> tuple[Tensor, ...]:
    """Return the coordinates of a grid: with "xy" the first vector runs along the columns, with "ij" along the rows."""
    return rearrangement.meshgrid(*[array("meshgrid", x) for x in arrays], indexing=indexing)


def ones(shape: Shape, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ones."""
    return creation.ones(sizes((shape,)), dtype=dtype, device=device)


def ones_like(x: Tensor, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return ones of the shape and dtype of another array."""
    return creation.ones_like(x, dtype=dtype, device=device)


def tril(x: Tensor, /, *, k: int = 0) -> Tensor:
    """Return matrices with zeros above the diagonal ``k``."""
    return ops.tril(array("tril", x), k=k)


def triu(x: Tensor, /, *, k: int = 0) -> Tensor:
    """Return matrices with zeros below the diagonal ``k``."""
    return ops.triu(array("triu", x), k=k)


def zeros(shape: Shape, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return zeros."""
    return creation.zeros(sizes((shape,)), dtype=dtype, device=device)


def zeros_like(x: Tensor, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Return zeros of the shape and dtype of another array."""
    return creation.zeros_like(x, dtype=dtype, device=device)


__all__ = [
    "arange",
    "asarray",
    "empty",
    "empty_like",
    "eye",
    "from_dlpack",
    "full",
    "full_like",
    "linspace",
    "meshgrid",
    "ones",
    "ones_like",
    "tril",
    "triu",
    "zeros",
    "zeros_like",
]
