"""What all functions share that make tensors: the options that PyTorch's take."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.errors import DtypeError, ParameterError, ShapeError, UnsupportedError

from . import dtypes
from .device import check_device
from .functions.arguments import sizes
from .layout import check_layout, check_memory_format
from .mode import THREAD
from .promotion import default_float
from .tensor import Tensor
from .variable import INFERENCE, UNWRITTEN, Array


def finish(array: Array, requires_grad: Any = False) -> Tensor:
    """Return a leaf around an array. Raises ``DtypeError`` where ``requires_grad`` is no truth value."""
    if not isinstance(requires_grad, bool | None):
        raise DtypeError(f"requires_grad is True or False, not {requires_grad!r}")
    result: Tensor = Tensor.wrap(array, INFERENCE if THREAD.mode.inference else UNWRITTEN)
    return result.requires_grad_() if requires_grad else result


def factory(make: Callable[..., Array]) -> Callable[..., Tensor]:
    """Return the function that wraps what ``make`` makes, and takes the options that have no meaning for an array.

    ``requires_grad``: whether derivatives are asked for; ``device``, ``layout``, ``pin_memory`` and ``memory_format``
    may say what is so anyway. Raises ``UnsupportedError`` for ``out``, and for other devices and layouts.
    """

    @functools.wraps(make)
    def made(
        *args: Any,
        requires_grad: bool = False,
        device: Any = None,
        layout: Any = None,
        pin_memory: bool = False,
        memory_format: Any = None,
        out: Any = None,
        **kwargs: Any,
    ) -> Tensor:
        if out is not None or pin_memory:
            raise UnsupportedError(f"{make.__name__}() has no {'out=' if out is not None else 'pinned memory'} here")
        check_device(device)
        check_layout(layout)
        check_memory_format(memory_format)
        return finish(make(*args, **kwargs), requires_grad)

    return made


def shape_from(args: tuple[Any, ...], size: Any = None, name: str = "size") -> tuple[int, ...]:
    """Return a shape that was passed size by size, as one sequence, or by keyword.

    Raises ``ParameterError`` where there is none, ``DtypeError`` for what is no whole number, ``ShapeError`` below 0.
    """
    if bool(args) == (size is not None):
        raise ParameterError(f"{name} is passed once, as numbers, as a sequence or by keyword")
    shape = sizes((size,) if size is not None else args)
    if any(n < 0 for n in shape):
        raise ShapeError(f"sizes must not be negative, but one of {shape} is")
    return shape


def floating(dtype: Any) -> np.dtype[Any]:
    """Return a dtype, which is the default float where it is None."""
    return default_float() if dtype is None else dtypes.as_numpy(dtype)
