"""Arguments in the forms that PyTorch takes."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from gradproof.errors import DtypeError, OutOfRangeError, ParameterError

from .. import ops
from ..dtypes import as_numpy
from ..shapes import normalise_axes
from ..variable import Variable

Dim = int | Sequence[int] | None


def axes_of(dim: Dim) -> int | tuple[int, ...] | None:
    """Return what an op calls axes: None, an int or a tuple of ints."""
    if dim is None:
        return dim
    return tuple(map(whole, dim)) if isinstance(dim, list | tuple) else whole(dim)


Function = TypeVar("Function", bound=Callable[..., Any])
_NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim"}


def numpy_names(function: Function) -> Function:
    """Return a function that takes ``axis`` and ``keepdims`` too, NumPy's names, as PyTorch's functions do."""

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not kwargs.keys().isdisjoint(_NUMPY_NAMES):
            renamed = {_NUMPY_NAMES.get(name, name): value for name, value in kwargs.items()}
            if len(renamed) < len(kwargs):
                raise ParameterError(f"{function.__name__} takes dim or axis, keepdim or keepdims, but not both")
            kwargs = renamed
        return function(*args, **kwargs)

    return call  # type: ignore[return-value]


def filled_axis(input: Any, dim: Any) -> int | None:
    """Return a dimension that has entries to choose from; None stands for all of them.

    Raises ``OutOfRangeError`` where there is none.
    """
    shape = input.array.shape
    axis = None if dim is None else normalise_axes(whole(dim), max(1, len(shape)))[0]
    if 0 in (shape if axis is None else shape[axis : axis + 1]):
        raise OutOfRangeError(f"there is nothing to choose from along dim={dim} of shape {tuple(shape)}")
    return axis


def whole(number: Any, what: str = "a dimension") -> int:
    """Return a whole number, which a tensor of one integer is too. Raises ``DtypeError`` for anything else."""
    if isinstance(number, Variable) and not number.array.ndim and number.array.dtype.kind in "iu":
        return int(number.array)
    if isinstance(number, bool) or not isinstance(number, int | np.integer):
        raise DtypeError(f"{what} is a whole number, not {number!r}")
    return int(number)


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
