"""The arguments of an op as variables: of one dtype where they are real numbers, and with all static parameters."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import DtypeError, NumberRangeError, ParameterError, nearest

from .mode import THREAD
from .promotion import result_dtype
from .variable import Array, Variable
from .vocabulary import OPS

if TYPE_CHECKING:
    from .op import Op

#: The types of Python numbers.
NUMBERS = frozenset({bool, int, float})
_DOUBLE = np.dtype(np.float64)
#: The dtypes that derivatives have, and those of them that an op computes in.
WIDE = (_DOUBLE, np.dtype(np.float32))
FLOATS = (*WIDE, np.dtype(np.float16))


def number(value: Any, dtype: np.dtype[Any] | None) -> Array:
    """Return a number, or numbers, as an array; one beyond the dtype is infinite, in silence, as in PyTorch."""
    if dtype is _DOUBLE:
        return np.asarray(value, dtype)
    if dtype is not None and dtype.kind in "iu" and type(value) is int:
        return _wrapped(value, dtype)
    return THREAD.mode.run_silent(np.asarray, value, dtype)


def _wrapped(value: int, dtype: np.dtype[Any]) -> Array:
    """Return an integer as an array of an integer dtype, of which it keeps the last bits, as in PyTorch."""
    if not -(2**63) <= value < 2**64:
        raise NumberRangeError(f"an integer has 64 bits, but {value} has more")
    return np.asarray(value % 2**64, np.uint64).astype(dtype)


def to_variables(op: Op, args: tuple[Any, ...], cls: type[Variable]) -> list[Any]:
    """Return the arguments as variables, the real ones of the dtype that they have together.

    Raises ``ParameterError`` for a wrong number of them, ``DtypeError`` for what is no number, array or tensor.
    """
    slots = op.real_slots
    if len(args) < len(slots) or (len(args) > len(slots) and not op.is_variadic):
        raise ParameterError(f"{op.name} takes {len(slots)} arguments, but {len(args)} were given")
    is_real = [slots[min(slot, len(slots) - 1)] for slot in range(len(args))]
    values = [_untyped(arg) for arg in args]
    dtype = result_dtype(itertools.compress(values, is_real), floating=not op.integers)
    return [
        _to_variable(arg, value, dtype if real else None, cls)
        for arg, value, real in zip(args, values, is_real, strict=True)
    ]


def _untyped(arg: Any) -> Any:
    """Return an argument as an array or a Python number; NumPy's scalars count as numbers, as in PyTorch."""
    if isinstance(arg, Variable):
        return arg.array
    if type(arg) in NUMBERS:
        return arg
    if isinstance(arg, np.generic):
        arg = arg.item()
    array = np.asarray(arg)
    if array.dtype.kind not in "fiub" or isinstance(arg, list | tuple):
        raise DtypeError(f"an op takes tensors, arrays and real numbers, not {type(arg).__name__}: {arg!r}")
    return arg if type(arg) in NUMBERS else array


def _to_variable(arg: Any, value: Any, dtype: np.dtype[Any] | None, cls: type[Variable]) -> Any:
    if isinstance(arg, Variable):
        return arg if dtype is None or arg.array.dtype == dtype else OPS["astype"](arg, dtype=dtype.name)
    return cls.wrap(number(value, dtype))


def complete(op: Op, params: dict[str, Any]) -> dict[str, Any]:
    """Return the static parameters with their defaults. Raises ``ParameterError`` for unknown and missing ones."""
    complete = {**op.defaults, **params}
    if len(complete) > len(op.defaults):
        name = next(name for name in params if name not in op.defaults)
        known = f"it has {', '.join(op.defaults)}{nearest(name, op.defaults)}" if op.defaults else "it has none"
        raise ParameterError(f"{op.name} has no parameter {name!r}; {known}")
    for name in op.required:
        if name not in params:
            raise ParameterError(f"{op.name} needs the parameter {name!r}")
    return complete
