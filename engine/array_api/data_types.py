"""Dtypes: those that there are, what they hold, and which comes out of several."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError

from .. import ops
from ..device import check_device
from ..dtypes import DType, as_numpy, bool_, of_numpy
from ..dtypes import float32 as float32
from ..dtypes import float64 as float64
from ..dtypes import int8 as int8
from ..dtypes import int16 as int16
from ..dtypes import int32 as int32
from ..dtypes import int64 as int64
from ..dtypes import uint8 as uint8
from ..variable import Variable
from .arguments import array, fits, promoted

if TYPE_CHECKING:
    from ..tensor import Tensor

bool = bool_  # noqa: A001 - the standard's name

#: The kinds that the standard names, each with NumPy's letters.
KINDS = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}


@dataclass(frozen=True)
class FloatingLimits:
    """What a floating dtype can represent: its size in bits, and limits as Python floats."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: DType


@dataclass(frozen=True)
class IntegerLimits:
    """What an integer dtype can represent: its size in bits, and limits as Python integers."""

    bits: int
    max: int
    min: int
    dtype: DType


def astype(x: Tensor, dtype: DType, /, *, copy: builtins.bool = True, device: Any = None) -> Tensor:
    """Return an array in a dtype: a copy, unless it has it and none is asked for."""
    check_device(device)
    wanted = as_numpy(dtype)
    if array("astype", x).array.dtype == wanted:
        return ops.clone(x) if copy else x
    return ops.astype(x, dtype=wanted.name)


def can_cast(from_: DType | Tensor, to: DType, /) -> builtins.bool:
    """Tell whether a dtype, or that of an array, is promoted to another one when both meet."""
    source, target = _dtype("can_cast", from_), _dtype("can_cast", to)
    try:
        return promoted((source, target)) == target
    except DtypeError:
        return False


def finfo(type: DType | Tensor, /) -> FloatingLimits:
    """Return the limits of a floating dtype, or of that of an array. Raises ``DtypeError`` for others."""
    dtype = _dtype("finfo", type)
    if dtype.kind != "f":
        raise DtypeError(f"finfo takes a floating dtype, not {dtype.name}; use iinfo")
    limits = np.finfo(dtype)
    return FloatingLimits(
        limits.bits,
        float(limits.eps),
        float(limits.max),
        float(limits.min),
        float(limits.smallest_normal),
        of_numpy(dtype),
    )


def iinfo(type: DType | Tensor, /) -> IntegerLimits:
    """Return the limits of an integer dtype, or of that of an array. Raises ``DtypeError`` for others."""
    dtype = _dtype("iinfo", type)
    if dtype.kind not in "iu":
        raise DtypeError(f"iinfo takes an integer dtype, not {dtype.name}; use finfo")
    limits = np.iinfo(dtype)
    return IntegerLimits(limits.bits, int(limits.max), int(limits.min), of_numpy(dtype))


def isdtype(dtype: DType, kind: DType | str | tuple[DType | str, ...]) -> builtins.bool:
    """Tell whether a dtype is another one, of a kind that the standard names, or one of several of these.

    Raises ``ArgumentError`` for a kind that there is not.
    """
    if isinstance(kind, tuple):
        return any(isdtype(dtype, each) for each in kind)
    if not isinstance(kind, str):
        return _dtype("isdtype", dtype) == _dtype("isdtype", kind)
    if kind not in KINDS:
        raise ArgumentError(f"the kinds of dtypes are {', '.join(KINDS)}, not {kind!r}")
    return _dtype("isdtype", dtype).kind in KINDS[kind]


def result_type(*arrays_and_dtypes: Tensor | DType | float) -> DType:
    """Return the dtype of an operation on arrays, dtypes and Python numbers, of which one at least is no number.

    Raises ``DtypeError`` for mixtures of kinds, which the standard leaves undefined.
    """
    numbers = [each for each in arrays_and_dtypes if isinstance(each, int | float)]
    others = [_dtype("result_type", each) for each in arrays_and_dtypes if not isinstance(each, int | float)]
    if not others:
        raise ArgumentError("result_type needs an array or a dtype: Python numbers take the dtype of what they meet")
    dtype = promoted(others)
    for each in numbers:
        if not fits(each, dtype):
            raise DtypeError(f"the standard promotes no {type(each).__name__} with {dtype.name}; use astype() first")
    return of_numpy(dtype)


def _dtype(function: str, source: Any) -> np.dtype[Any]:
    if isinstance(source, Variable):
        return source.array.dtype
    if isinstance(source, np.dtype):
        return as_numpy(source)
    if not isinstance(source, DType):
        raise DtypeError(f"{function} takes arrays and dtypes of this namespace, not {source!r}")
    return source.numpy


__all__ = [
    "astype",
    "bool",
    "can_cast",
    "finfo",
    "float32",
    "float64",
    "iinfo",
    "int8",
    "int16",
    "int32",
    "int64",
    "isdtype",
    "result_type",
    "uint8",
]
