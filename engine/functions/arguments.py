"""Arguments in the forms that PyTorch takes."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.errors import DtypeError

from .. import ops
from ..dtypes import as_numpy

Dim = int | Sequence[int] | None


def axes_of(dim: Dim) -> int | tuple[int, ...] | None:
    """Return what an op calls axes: None, an int or a tuple of ints."""
    return dim if dim is None or isinstance(dim, int) else tuple(dim)


def sizes(size: tuple[Any, ...]) -> tuple[int, ...]:
    """Return sizes that were passed one by one or as one sequence."""
    parts = size[0] if len(size) == 1 and not isinstance(size[0], int | np.integer) else size
    try:
        return tuple(operator.index(n) for n in parts)
    except TypeError as error:
        raise DtypeError(f"sizes are integers, one by one or in one sequence, not {parts!r}") from error


def cast(input: Any, dtype: Any) -> Any:
    """Return a tensor in a dtype, as it is where that is None or its own."""
    wanted = input.array.dtype if dtype is None else as_numpy(dtype)
    return input if wanted == input.array.dtype else ops.astype(input, dtype=wanted.name)
