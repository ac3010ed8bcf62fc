"""Values as canonical JSON that comes back bit for bit: floats in hexadecimal, keys sorted, no spaces."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Callable, Mapping
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import GraphFormatError

Array = NDArray[Any]
Param = None | bool | int | float | str | slice | EllipsisType | tuple["Param", ...]

DTYPES = ("bool", "int64", "float16", "float32", "float64")


@functools.cache
def name_of(dtype: np.dtype[Any]) -> str:
    """Return the name of a dtype, which NumPy puts together anew each time."""
    return str(dtype.name)


def canonical(data: Any) -> str:
    """Return the one JSON text of ``data``."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(data: Any) -> str:
    """Return a short name of ``data`` that depends on its content alone: 16 hexadecimal digits of BLAKE2b.

    >>> digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    True
    """
    return hashlib.blake2b(canonical(data).encode(), digest_size=8).hexdigest()


def as_param(value: Any) -> Param:
    """Return a static parameter in its plain form: NumPy's scalars as Python's, lists as tuples.

    Raises ``GraphFormatError`` for what is no parameter.

    >>> as_param([np.int64(2), slice(np.int64(1), None)])
    (2, slice(1, None, None))
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is Ellipsis or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, slice):
        return slice(*(as_param(part) for part in (value.start, value.stop, value.step)))
    if isinstance(value, tuple | list):
        return tuple(as_param(item) for item in value)
    raise GraphFormatError(
        f"a static parameter is a number, text, slice or tuple, not {type(value).__name__}: {value!r}"
    )


def encode_array(array: Array) -> dict[str, Any]:
    """Write an array as a dict of dtype, shape and flat data in C order. Of a NaN, sign and payload are not kept.

    >>> encode_array(np.array([1.0, -0.0]))
    {'dtype': 'float64', 'shape': [2], 'data': ['0x1.0000000000000p+0', '-0x0.0p+0']}
    """
    flat: list[Any] = array.ravel().tolist()
    floating = np.issubdtype(array.dtype, np.floating)
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "data": [value.hex() for value in flat] if floating else flat,
    }


def decode_array(data: Mapping[str, Any]) -> Array:
    """Read what :func:`encode_array` wrote. Raises ``GraphFormatError`` where it is not that."""
    dtype, shape = data["dtype"], tuple(data["shape"])
    if dtype not in DTYPES:
        raise GraphFormatError(f"dtype {dtype!r} is none of {', '.join(DTYPES)}")
    if not all(type(size) is int and size >= 0 for size in shape):
        raise GraphFormatError(f"{shape} is no shape")
    read: Callable[[Any], Any] = float.fromhex if dtype.startswith("float") else _reader(dtype)
    values = [read(value) for value in data["data"]]
    with np.errstate(over="ignore"):
        array = np.array(values, dtype=dtype)
    for value, kept in zip(values, array.tolist(), strict=True):
        if kept != value and value == value:
            raise GraphFormatError(f"{value!r} is no {dtype}")
    return array.reshape(shape)


def _reader(dtype: str) -> Callable[[Any], Any]:
    kind = bool if dtype == "bool" else int

    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise GraphFormatError(f"{value!r} is no {dtype}")
        return value

    return read


def encode_param(value: Param) -> Any:
    """Write a static parameter: JSON's own kinds as they are, the others as a one-key object."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, slice):
        return {"slice": [value.start, value.stop, value.step]}
    if isinstance(value, tuple):
        return {"tuple": [encode_param(item) for item in value]}
    return {"ellipsis": True}


def decode_param(data: Any) -> Param:
    """Read what :func:`encode_param` wrote."""
    if not isinstance(data, dict):
        if data is None or isinstance(data, bool | int | str):
            return data
        raise GraphFormatError(f"{data!r} is no parameter value")
    ((kind, value),) = data.items()
    if kind == "float":
        return float.fromhex(value)
    if kind == "slice":
        return slice(*value)
    if kind == "tuple":
        return tuple(decode_param(item) for item in value)
    if kind == "ellipsis":
        return Ellipsis
    raise GraphFormatError(f"{kind!r} is no kind of parameter")
