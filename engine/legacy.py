"""PyTorch's oldest constructors: what their arguments mean, and the names of the types."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError, ShapeError

from . import dtypes
from .data import array_from
from .functions.arguments import sizes
from .variable import Array, Variable

#: The names of the types of tensors, by the names of their dtypes.
NAMES = {
    "float16": "HalfTensor",
    "float32": "FloatTensor",
    "float64": "DoubleTensor",
    "int8": "CharTensor",
    "int16": "ShortTensor",
    "int32": "IntTensor",
    "int64": "LongTensor",
    "uint8": "ByteTensor",
    "bool": "BoolTensor",
}


def legacy_array(args: tuple[Any, ...], dtype: np.dtype[Any]) -> Array:
    """Return the values of one sequence, or an array of a shape: sizes one by one, or a ``Size``.

    Raises ``DtypeError`` for anything else: one number is no tensor without dimensions here.
    """
    if not args:
        return np.zeros(0, dtype)
    (first, *rest) = args
    if rest or isinstance(first, int | np.integer) or hasattr(first, "numel"):
        shape = sizes(args)
        if any(n < 0 for n in shape):
            raise ShapeError(f"sizes must not be negative, but one of {shape} is")
        return np.zeros(shape, dtype)
    if not isinstance(first, list | tuple | np.ndarray):
        raise DtypeError(f"a tensor is made of sizes or of a sequence here, not of {first!r}; use torch.tensor()")
    return np.array(array_from(first, dtype))


def type_name(dtype: np.dtype[Any]) -> str:
    """Return PyTorch's name of the type of tensors of a dtype."""
    return f"torch.{NAMES[dtype.name]}"


def dtype_named(name: Any) -> Any:
    """Return the dtype of a type by its name, anything else as it is. Raises ``ArgumentError`` for other names."""
    if isinstance(name, Variable | np.ndarray):
        raise DtypeError("a type is a dtype, or the name of a type of tensors")
    if not isinstance(name, str):
        return name
    for dtype, known in NAMES.items():
        if name == f"torch.{known}":
            return dtypes.as_numpy(dtype)
    raise ArgumentError(f"a type of tensors is named torch.FloatTensor or the like, not {name!r}")
