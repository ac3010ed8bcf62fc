"""PyTorch's names for the dtypes, over NumPy's."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.errors import DtypeError


@dataclass(frozen=True)
class DType:
    """A dtype that prints as PyTorch's does and compares equal to itself, and to the same one of NumPy."""

    name: str

    @property
    def numpy(self) -> np.dtype[Any]:
        """The NumPy dtype."""
        return np.dtype(self.name)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The same: NumPy takes what has a ``dtype`` for one, and finds it equal to its own."""
        return self.numpy

    @property
    def is_floating_point(self) -> builtins.bool:
        """Tell whether tensors of this dtype can require grad."""
        return self.numpy.kind == "f"

    @property
    def is_complex(self) -> builtins.bool:
        """Tell whether the dtype is complex, which none is."""
        return False

    @property
    def is_signed(self) -> builtins.bool:
        """Tell whether the dtype has negative numbers."""
        return self.numpy.kind in "if"

    @property
    def itemsize(self) -> builtins.int:
        """The size of an entry in bytes."""
        return self.numpy.itemsize

    def __repr__(self) -> str:
        return f"torch.{self.name}"


float16 = DType("float16")
float32 = DType("float32")
float64 = DType("float64")
int8 = DType("int8")
int16 = DType("int16")
int32 = DType("int32")
int64 = DType("int64")
uint8 = DType("uint8")
bool_ = DType("bool")

#: PyTorch's other names for them, and for their class.
bool = bool_  # noqa: A001
half, float, double = float16, float32, float64  # noqa: A001
short, int, long = int16, int32, int64  # noqa: A001
dtype = DType

_BY_NAME = {each.name: each for each in (float16, float32, float64, int8, int16, int32, int64, uint8, bool_)}


def of(array: Any) -> DType:
    """Return the dtype of an array."""
    return _BY_NAME[array.dtype.name]


def of_numpy(dtype: np.dtype[Any]) -> DType:
    """Return the dtype for one of NumPy's that tensors can have."""
    return _BY_NAME[dtype.name]


def is_name(name: str) -> builtins.bool:
    """Tell whether a dtype has this name."""
    return name in _BY_NAME


def as_numpy(dtype: Any) -> np.dtype[Any]:
    """Return the NumPy dtype that ``dtype`` (one of ours, of NumPy's, a name or a Python type) stands for.

    Raises ``DtypeError`` where tensors cannot have it.
    """
    try:
        name = dtype.name if isinstance(dtype, DType) else np.dtype(dtype).name
    except TypeError as error:
        raise DtypeError(f"{dtype!r} is no dtype of NumPy; tensors have one of {', '.join(_BY_NAME)}") from error
    if name not in _BY_NAME:
        raise DtypeError(f"dtype {name} is not supported; tensors have one of {', '.join(_BY_NAME)}")
    return np.dtype(name)


__all__ = [
    "DType",
    "bool",
    "double",
    "dtype",
    "float",
    "float16",
    "float32",
    "float64",
    "half",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "long",
    "short",
    "uint8",
]
