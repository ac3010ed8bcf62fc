"""Arguments as the standard takes them: arrays of certain dtypes, and Python numbers that take the dtype of an array.

The standard promotes dtypes of one kind to the larger one, whatever the number of dimensions, and leaves mixtures of
kinds undefined: they are refused here. The tensors' own operators promote as PyTorch's do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, DtypeError

from .. import dtypes, ops
from ..conversion import number
from ..variable import Variable, untracked

#: Kinds of dtypes as NumPy's letters.
BOOLEAN, INTEGRAL, FLOATING, NUMERIC, ANY = "b", "iu", "f", "iuf", "biuf"
INTEGRAL_OR_BOOLEAN = "biu"

Axis = int | tuple[int, ...] | None

_NAMES = {
    BOOLEAN: "booleans",
    INTEGRAL: "integers",
    FLOATING: "real floats",
    NUMERIC: "numbers",
    ANY: "numbers or booleans",
    INTEGRAL_OR_BOOLEAN: "integers or booleans",
}
_FAMILIES = {"b": "boolean", "i": "integer", "u": "integer", "f": "floating"}
#: The kinds of arrays that a Python number may meet; NumPy's float64 is one. A bool is an int, too, but comes first.
_PARTNERS = ((bool, BOOLEAN), (int, NUMERIC), (float, FLOATING))


def array(function: str, x: Any, kinds: str = ANY) -> Any:
    """Return a tensor as it is. Raises ``DtypeError`` for anything else, and for a dtype of another kind."""
    if not isinstance(x, Variable):
        raise DtypeError(f"{function} takes arrays of {_NAMES[kinds]}, not {type(x).__name__}: {x!r}")
    if x.array.dtype.kind not in kinds:
        raise DtypeError(f"{function} takes arrays of {_NAMES[kinds]}, not {x.array.dtype.name}")
    return x


def promoted(found: Iterable[np.dtype[Any]]) -> np.dtype[Any]:
    """Return the dtype that dtypes of one kind are promoted to. Raises ``DtypeError`` where the kinds are mixed."""
    given = list(found)
    families = {_FAMILIES[dtype.kind] for dtype in given}
    if len(families) != 1:
        names = ", ".join(sorted({dtype.name for dtype in given}))
        raise DtypeError(f"the standard promotes no mixture of kinds, as of {names}; use astype() first")
    return np.result_type(*given)


def fits(value: Any, dtype: np.dtype[Any]) -> bool:
    """Tell whether a Python number may be mixed with an array of this dtype."""
    return next((dtype.kind in kinds for number_type, kinds in _PARTNERS if isinstance(value, number_type)), False)


def cast(x: Any, dtype: np.dtype[Any]) -> Any:
    """Return a tensor in a dtype: itself where it has it."""
    return x if x.array.dtype == dtype else ops.astype(x, dtype=dtype.name)


def arrays(function: str, *xs: Any, kinds: str = ANY) -> list[Any]:
    """Return tensors of one kind in the dtype that they are promoted to. Raises ``ArgumentError`` for no tensors."""
    if not xs:
        raise ArgumentError(f"{function} needs at least one array")
    checked = [array(function, x, kinds) for x in xs]
    dtype = promoted(x.array.dtype for x in checked)
    return [cast(x, dtype) for x in checked]


def pair(function: str, x1: Any, x2: Any, kinds: str = ANY) -> list[Any]:
    """Return two operands in one dtype, of which one may be a Python number; that becomes an array of the other's.

    Raises ``DtypeError`` where the number is of a higher kind than the array, or both are numbers.
    """
    if isinstance(x1, Variable) and isinstance(x2, Variable):
        return arrays(function, x1, x2, kinds=kinds)
    if isinstance(x1, Variable):
        return [array(function, x1, kinds), scalar(function, x2, x1)]
    x = array(function, x2, kinds)
    return [scalar(function, x1, x), x]


def scalar(function: str, value: Any, other: Any) -> Any:
    """Return a Python number as a tensor of the dtype of another."""
    dtype = other.array.dtype
    if not fits(value, dtype):
        raise DtypeError(
            f"{function} takes an array or a Python number that {dtype.name} can hold, not {type(value).__name__}: "
            f"{value!r}"
        )
    return like(other, number(value, dtype))


def bound(function: str, value: Any, x: Any) -> Any:
    """Return a bound, an array of the kind of ``x`` or a Python number, as a tensor of its dtype."""
    if not isinstance(value, Variable):
        return scalar(function, value, x)
    promoted((value.array.dtype, x.array.dtype))
    return cast(value, x.array.dtype)


def like(x: Any, values: Any) -> Any:
    """Return values that carry no derivative as a tensor of the class of another."""
    return untracked(values, x)


def accumulated(x: Any, dtype: Any) -> Any:
    """Return a tensor in the dtype of its sum or product: the one asked for, int64 for integers, else its own."""
    if dtype is not None:
        return cast(x, dtypes.as_numpy(dtype))
    return x if x.array.dtype.kind == "f" else cast(x, np.dtype(np.int64))
