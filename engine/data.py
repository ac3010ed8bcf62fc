"""What Python, NumPy and tensors hold, as arrays."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, NumberRangeError, RaggedError, ShapeError

from . import dtypes
from .promotion import default_float, promoted
from .variable import Array, Variable


def array_from(data: Any, dtype: Any = None) -> Array:
    """Return data as an array of ``dtype``, without a copy where that is possible.

    By default what has a dtype keeps it, and Python floats become the default float. Raises ``RaggedError`` for rows
    of unequal length, ``DtypeError`` for what is no number, ``NumberRangeError`` for one that ``dtype`` cannot hold.
    """
    array = _array(data)
    wanted = _own_dtype(data, array) if dtype is None else dtypes.as_numpy(dtype)
    if wanted.kind in "iu" and not hasattr(data, "dtype"):
        _check_range(array, wanted)
    with np.errstate(over="ignore", invalid="ignore"):
        return array.astype(wanted, copy=False)


def _array(data: Any) -> Array:
    if isinstance(data, Variable):
        array: Array = data.array
        return array
    try:
        array = np.asarray(_without_tensors(data))
    except ValueError as error:
        if isinstance(error, ArgumentError):
            raise
        raise RaggedError("the nested sequences of a tensor differ in length; all rows must be equally long") from error
    if array.dtype.kind == "O" and all(isinstance(each, int) for each in array.flat):
        raise NumberRangeError(f"no dtype holds all integers of {data!r}")
    if array.dtype.kind not in "fiub":
        raise DtypeError(f"a tensor holds real numbers or booleans, not {type(data).__name__}: {data!r}")
    if array.dtype == np.uint64:
        raise NumberRangeError(f"the integers of a tensor are below 2**63, but the largest is {array.max()}")
    return array


def _without_tensors(data: Any) -> Any:
    """Return nested sequences with NumPy's scalars in place of the tensors in them."""
    if isinstance(data, list | tuple):
        return [_without_tensors(each) for each in data]
    if not isinstance(data, Variable):
        return data
    if data.array.size != 1:
        raise ArgumentError(f"the tensors in a sequence have one entry each, not shape {data.array.shape}; use stack()")
    return data.array.reshape(())[()]


def _own_dtype(data: Any, array: Array) -> np.dtype[Any]:
    if array.dtype.kind != "f":
        return dtypes.as_numpy(array.dtype)
    found = default_float()
    for i, dtype in enumerate(_dtypes_in(data)):
        found = promoted(found, dtype) if i else dtype
    return dtypes.as_numpy(found)


def _dtypes_in(data: Any) -> Iterator[np.dtype[Any]]:
    if isinstance(data, list | tuple):
        for each in data:
            yield from _dtypes_in(each)
    elif isinstance(data, Variable):
        yield data.array.dtype
    elif hasattr(data, "dtype"):
        yield data.dtype
    else:
        yield np.dtype(type(data)) if type(data) in (bool, int) else default_float()


def _check_range(array: Array, dtype: np.dtype[Any]) -> None:
    """Refuse numbers beyond a dtype; negative ones of an unsigned dtype count from its end, as in PyTorch."""
    limits = np.iinfo(dtype)
    low = -limits.max if dtype.kind == "u" else limits.min
    # NaN lies nowhere; 2**63 as a float is beyond int64, though that converts its maximum to it
    high = float(limits.max) + 1 if array.dtype.kind == "f" else limits.max
    fits = (array >= low) & ((array < high) if array.dtype.kind == "f" else (array <= high))
    if not np.all(fits):
        raise NumberRangeError(f"{np.asarray(array)[~fits][0]} is beyond {dtype.name}: {limits.min} to {limits.max}")


def number_from(value: Any, name: str) -> Any:
    """Return a number, or the one entry of a tensor without dimensions. Raises ``DtypeError`` for anything else."""
    if isinstance(value, Variable):
        value = value.array
    if isinstance(value, np.ndarray | np.generic) and not value.ndim:
        value = value.item()
    if not isinstance(value, bool | int | float):
        raise DtypeError(f"{name} is a number, not {value!r}")
    return value


def count_from(value: Any, name: str) -> int:
    """Return a whole number. Raises ``DtypeError`` for anything else, ``ShapeError`` below 0."""
    if isinstance(value, bool):
        raise DtypeError(f"{name} is a whole number, not {value!r}")
    try:
        count = operator.index(value)
    except TypeError as error:
        raise DtypeError(f"{name} is a whole number, not {value!r}") from error
    if count < 0:
        raise ShapeError(f"{name} must not be negative, but is {count}")
    return count


def finite_from(value: Any, name: str) -> Any:
    """Return a finite number. Raises ``ArgumentError`` for infinity and NaN."""
    found = number_from(value, name)
    if not math.isfinite(found):
        raise ArgumentError(f"{name} must be finite, but is {found}")
    return found
