"""The dtype of a result, by PyTorch's rules.

Arguments fall into three ranks: tensors with dimensions, tensors without, and Python numbers. A lower rank
changes the result's dtype only where its category (boolean < integer < floating) is higher.
Source: the section "Type promotion" of the PyTorch documentation of ``torch.dtype``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

DEFAULT_INTEGER = np.dtype(np.int64)
BOOLEAN = np.dtype(np.bool_)

_NUMBER_DTYPES = {bool: BOOLEAN, int: DEFAULT_INTEGER, float: np.dtype(np.float32)}
_CATEGORY = {"b": 0, "u": 1, "i": 1, "f": 2}


def default_float() -> np.dtype[Any]:
    """Return the dtype of Python floats, and of what is made of nothing but sizes."""
    return _NUMBER_DTYPES[float]


def set_default_float(dtype: np.dtype[Any]) -> None:
    """Change the dtype of Python floats, in all threads."""
    _NUMBER_DTYPES[float] = dtype


def result_dtype(values: Iterable[Any], *, floating: bool = False) -> np.dtype[Any]:
    """Return the dtype that an operation on ``values`` (arrays or Python numbers) works in.

    With ``floating``, integers and booleans become the default float.

    >>> result_dtype([np.ones(3, np.float32), 1.5]).name
    'float32'
    >>> result_dtype([np.ones(3, np.int64), 1.5]).name
    'float32'
    """
    ranks: list[np.dtype[Any] | None] = [None, None, None]
    for value in values:
        rank, dtype = _rank(value)
        held = ranks[rank]
        ranks[rank] = dtype if held is None else promoted(held, dtype)
    result = BOOLEAN
    for dtype in reversed(ranks):
        if dtype is not None and _CATEGORY[dtype.kind] >= _CATEGORY[result.kind]:
            result = dtype
    return default_float() if floating and result.kind != "f" else result


def promoted(a: np.dtype[Any], b: np.dtype[Any]) -> np.dtype[Any]:
    """Return the wider of two dtypes; of an integer and a float the float, where NumPy would widen it."""
    if _CATEGORY[a.kind] == _CATEGORY[b.kind]:
        return np.promote_types(a, b)
    return a if _CATEGORY[a.kind] > _CATEGORY[b.kind] else b


def _rank(value: Any) -> tuple[int, np.dtype[Any]]:
    number = _NUMBER_DTYPES.get(type(value))
    if number is not None:
        return 2, number
    return (0 if value.ndim else 1), value.dtype
