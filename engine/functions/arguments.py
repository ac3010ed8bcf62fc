"""Arguments in the forms that PyTorch takes."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.errors import DtypeError

from .. import ops
from ..dtypes import as_numpy
from ..variable import Variable

Dim = int | Sequence[int] | None


def axes_of(dim: Dim) -> int | tuple[int, ...] | None:
    """Return what an op calls axes: None, an int or a tuple of ints."""
    return dim if dim is None or isinstance(dim, int) else tuple(dim)


def sizes(size: tuple[Any, ...]) -> tuple[int, ...]:
    """Return sizes that were passed one by one or as one sequence."""
    parts = size[0] if len(size) == 1 and not _is_whole(size[0]) else size
    try:
        if any(isinstance(n, bool) for n in parts):
            raise TypeError("a boolean is no size")
        return tuple(operator.index(n) for n in parts)
    except TypeError as error:
        raise DtypeError(f"sizes are integers, one by one or in one sequence, not {parts!r}") from error


def _is_whole(size: Any) -> bool:
    return isinstance(size, int | np.integer) or (isinstance(size, Variable) and not size.array.ndim)


def accumulated(input: Any, dtype: Any) -> Any:
    """Return a tensor in the dtype of its sum: that asked for, int64 for unsigned integers, else its own."""
    return cast(input, np.int64 if dtype is None and input.array.dtype.kind == "u" else dtype)


def cast(input: Any, dtype: Any) -> Any:
    """Return a tensor in a dtype, as it is where that is None or its own."""
    wanted = input.array.dtype if dtype is None else as_numpy(dtype)
    return input if wanted == input.array.dtype else ops.astype(input, dtype=wanted.name)
