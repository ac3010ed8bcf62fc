"""Writing in place, outside any graph: the methods that end in an underscore, ``+=`` and its like, and ``x[i] = v``.

What the graph has kept of a tensor that is written to is known to be modified by the number of the write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.errors import AutogradError, DtypeError, OutOfRangeError, ShapeError, UnsupportedError

from .mode import MODE, no_grad
from .shapes import expands_to
from .variable import Array, Variable, array_of


def in_place(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return the method that writes what ``function`` computes into the tensor, and returns it.

    Raises ``AutogradError`` on a leaf that requires grad while operations are tracked, ``ShapeError`` or ``DtypeError``
    where the result does not fit.
    """

    def method(tensor: Any, *args: Any, **kwargs: Any) -> Any:
        check_untracked(tensor, name, *args, *kwargs.values())
        with no_grad():
            result = array_of(function(tensor, *args, **kwargs))
        return _put(tensor, result, name)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Write what :func:`{function.__name__}` returns into this tensor, and return it."
    return method


def copy_(tensor: Any, src: Any, non_blocking: bool = False) -> Any:  # noqa: ARG001 - there is nothing to wait for
    """Write ``src``, broadcast and cast, into this tensor, and return it."""
    check_untracked(tensor, "copy_()", src)
    values = array_of(src)
    _check_shape(tensor, values, "copy_()")
    with np.errstate(all="ignore"):
        return _put(tensor, values.astype(tensor.array.dtype), "copy_()")


def fill_(tensor: Any, value: Any) -> Any:
    """Write one number into every entry of this tensor, and return it."""
    if array_of(value).ndim:
        raise ShapeError(f"fill_() takes one number, not shape {array_of(value).shape}")
    return copy_(tensor, value)


def zero_(tensor: Any) -> Any:
    """Fill with zeros, and return the tensor."""
    check_untracked(tensor, "zero_()")
    return _put(tensor, np.zeros((), tensor.array.dtype), "zero_()")


def set_item(tensor: Any, index: Any, value: Any) -> None:
    """Write ``value``, broadcast and cast, into the entries at an index."""
    check_untracked(tensor, "x[i] = v", value)
    places = tuple(map(_plain, index)) if isinstance(index, tuple) else _plain(index)
    _check_memory(tensor, "x[i] = v")
    try:
        with np.errstate(all="ignore"):
            tensor.array[places] = array_of(value)
    except IndexError as error:
        raise OutOfRangeError(f"there is nothing at this index of shape {tensor.array.shape}: {error}") from error
    except ValueError as error:
        raise ShapeError(f"a value of shape {array_of(value).shape} does not fit the index: {error}") from error
    tensor.mark_written()


def check_untracked(tensor: Any, name: str, *others: Any) -> None:
    """Refuse to write where that would have to be tracked, or traced."""
    if MODE.recorder is not None:
        raise UnsupportedError(f"{name} cannot be traced; write x = ... in its place")
    if not MODE.grad_enabled:
        return
    if tensor._requires_grad and tensor.origin is None:
        raise AutogradError("a leaf that requires grad cannot be written in place; do it under no_grad()")
    if any(isinstance(each, Variable) and each._requires_grad for each in (tensor, *others)):
        raise UnsupportedError(
            f"{name} would have to be tracked, which is not supported yet; write x = ... in its place, "
            "or write to a detached clone"
        )


def _put(tensor: Any, values: Array, name: str) -> Any:
    _check_shape(tensor, values, name)
    if not np.can_cast(values.dtype, tensor.array.dtype, "same_kind"):
        raise DtypeError(f"{name} computes {values.dtype.name}, which {tensor.array.dtype.name} cannot hold")
    _check_memory(tensor, name)
    tensor.array[...] = values
    tensor.mark_written()
    return tensor


def _check_memory(tensor: Any, name: str) -> None:
    array = tensor.array
    if any(size > 1 and not stride for size, stride in zip(array.shape, array.strides, strict=True)):
        raise AutogradError(f"several entries of this tensor are one place in memory; clone() it before {name}")
    if not array.flags.writeable:
        raise AutogradError(f"the memory of this tensor is read-only; clone() it before {name}")


def _check_shape(tensor: Any, values: Array, name: str) -> None:
    if not expands_to(values.shape, tensor.array.shape):
        raise ShapeError(f"{name} computes shape {values.shape}, which does not fit into {tensor.array.shape}")


def _plain(index: Any) -> Any:
    return index.array if isinstance(index, Variable) else index
