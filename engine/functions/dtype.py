"""Dtypes: what they hold, which comes out of several, and which is the default."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from gradproof.errors import DtypeError

from ..dtypes import DType, of_numpy
from ..promotion import default_float, promoted, result_dtype, set_default_float
from ..variable import Variable

_CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}
_DEFAULT = object()


def _checked(dtype: Any, function: str) -> np.dtype[Any]:
    if not isinstance(dtype, DType):
        raise DtypeError(f"{function} takes a dtype such as torch.float32, not {dtype!r}")
    return dtype.numpy


def get_default_dtype() -> DType:
    """Return the dtype of Python floats, and of tensors made of nothing but sizes."""
    return of_numpy(default_float())


def set_default_dtype(d: DType) -> None:
    """Change the default dtype, in all threads. Raises ``DtypeError`` for what is no floating dtype."""
    dtype = _checked(d, "set_default_dtype")
    if dtype.kind != "f":
        raise DtypeError(f"the default dtype is a floating one, not {d!r}")
    set_default_float(dtype)


def promote_types(type1: DType, type2: DType) -> DType:
    """Return the smallest dtype that is of neither a lower category nor a smaller size than both."""
    return of_numpy(promoted(_checked(type1, "promote_types"), _checked(type2, "promote_types")))


def can_cast(from_: DType, to: DType) -> bool:
    """Tell whether a result in one dtype may be written into another: to none of a lower category."""
    source, target = _checked(from_, "can_cast"), _checked(to, "can_cast")
    return _CATEGORY[source.kind] <= _CATEGORY[target.kind]


def result_type(tensor1: Any, tensor2: Any) -> DType:
    """Return the dtype in which an operation on two tensors or numbers works."""
    values = [each.array if isinstance(each, Variable) else each for each in (tensor1, tensor2)]
    for value in values:
        if not isinstance(value, np.ndarray | bool | int | float):
            raise DtypeError(f"result_type takes tensors and numbers, not {value!r}")
    return of_numpy(result_dtype(values))


def is_tensor(obj: Any) -> bool:
    """Tell whether something is a tensor."""
    return isinstance(obj, Variable)


def _tensor(input: Any, function: str) -> Any:
    if not isinstance(input, Variable):
        raise DtypeError(f"{function} takes a tensor, not {type(input).__name__}")
    return input


def is_floating_point(input: Any) -> bool:
    """Tell whether the dtype of a tensor is a floating one."""
    return bool(_tensor(input, "is_floating_point").array.dtype.kind == "f")


def is_complex(input: Any) -> bool:
    """Tell whether the dtype of a tensor is complex, which none is."""
    _tensor(input, "is_complex")
    return False


def is_signed(input: Any) -> bool:
    """Tell whether the dtype of a tensor has negative numbers."""
    return bool(_tensor(input, "is_signed").array.dtype.kind in "if")


def numel(input: Any) -> int:
    """Return the number of entries."""
    return int(_tensor(input, "numel").array.size)


def is_nonzero(input: Any) -> bool:
    """Tell whether the one entry of a tensor is other than zero."""
    return bool(_tensor(input, "is_nonzero"))


class _Limits:
    """Limits that print as PyTorch's do."""

    bits: int
    dtype: str
    _shown: ClassVar[tuple[str, ...]]

    def __repr__(self) -> str:
        parts = [(name, getattr(self, name)) for name in self._shown]
        shown = [f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}" for name, value in parts]
        return f"{type(self).__name__}({', '.join(shown)})"


class finfo(_Limits):  # noqa: N801 - PyTorch's name
    """The limits of a floating dtype, by default the default one. Raises ``DtypeError`` for others."""

    _shown = ("resolution", "min", "max", "eps", "smallest_normal", "tiny", "dtype")

    def __init__(self, type: Any = _DEFAULT) -> None:
        dtype = default_float() if type is _DEFAULT else _checked(type, "finfo")
        if dtype.kind != "f":
            raise DtypeError(f"finfo takes a floating dtype, not {type!r}; use iinfo")
        limits = np.finfo(dtype)
        self.resolution, self.eps = 10.0**-limits.precision, float(limits.eps)
        self.min, self.max = float(limits.min), float(limits.max)
        self.smallest_normal = self.tiny = float(limits.tiny)
        self.bits, self.dtype = limits.bits, dtype.name


class iinfo(_Limits):  # noqa: N801 - PyTorch's name
    """The limits of an integer dtype. Raises ``DtypeError`` for others."""

    _shown = ("min", "max", "dtype")

    def __init__(self, type: DType) -> None:
        dtype = _checked(type, "iinfo")
        if dtype.kind not in "iu":
            raise DtypeError(f"iinfo takes an integer dtype, not {type!r}; use finfo")
        limits = np.iinfo(dtype)
        self.min, self.max = int(limits.min), int(limits.max)
        self.bits, self.dtype = limits.bits, dtype.name


__all__ = [
    "can_cast",
    "finfo",
    "get_default_dtype",
    "iinfo",
    "is_complex",
    "is_floating_point",
    "is_nonzero",
    "is_signed",
    "is_tensor",
    "numel",
    "promote_types",
    "result_type",
    "set_default_dtype",
]
