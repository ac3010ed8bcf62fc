"""PyTorch's oldest constructors, one for each dtype: ``LongTensor([1, 2])``, ``FloatTensor(2, 3)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .factory import finish
from .legacy import NAMES, legacy_array
from .tensor import Tensor


def _constructor(dtype: str) -> Callable[..., Tensor]:
    def make(*args: Any) -> Tensor:
        return finish(legacy_array(args, np.dtype(dtype)))

    make.__name__ = make.__qualname__ = NAMES[dtype]
    make.__doc__ = f"Return a tensor of {dtype}: of one sequence, or of the sizes of its dimensions."
    return make


HalfTensor, FloatTensor, DoubleTensor = map(_constructor, ("float16", "float32", "float64"))
CharTensor, ShortTensor, IntTensor, LongTensor = map(_constructor, ("int8", "int16", "int32", "int64"))
ByteTensor, BoolTensor = map(_constructor, ("uint8", "bool"))


__all__ = [
    "BoolTensor",
    "ByteTensor",
    "CharTensor",
    "DoubleTensor",
    "FloatTensor",
    "HalfTensor",
    "IntTensor",
    "LongTensor",
    "ShortTensor",
]
