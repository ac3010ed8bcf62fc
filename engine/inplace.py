"""Writing in place: the methods that end in an underscore, ``+=`` and its like, and ``x[i] = v``.

What is written is computed beside the tensor, from stand-ins that keep the old values, and recorded like any op. Then
it goes into the memory, and the tensor takes the place in the graph of what was computed. Where the tensor is a view,
its base becomes the old base with that part overwritten, and all views of it are recorded anew when they are next used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from gradproof.errors import AutogradError, DtypeError, OutOfRangeError, ShapeError, UnsupportedError

from . import ops
from .conversion import NUMBERS
from .dispatch import record, refresh
from .functions.gathering import with_values_at
from .functions.indexing import in_two_steps
from .mode import THREAD
from .ops import astype, reshape, where
from .shapes import expands_to
from .variable import INFERENCE, Array, Node, Variable, View, array_of, hooks_of
from .vocabulary import OPS

_WRITABLE = (Variable, np.ndarray, np.generic, *NUMBERS)


def in_place(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return the method that writes what ``function`` computes into the tensor, and returns it.

    Raises ``AutogradError`` on a leaf that requires grad, or a view of one, while operations are tracked;
    ``ShapeError`` or ``DtypeError`` where the result does not fit.
    """

    def method(tensor: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_noted(tensor, name, *args, *kwargs.values()):
            return _put(tensor, array_of(function(tensor, *args, **kwargs)), name)
        old = _before(tensor)
        others = [_unchanged(arg, tensor, old) for arg in args]
        named = {key: _unchanged(arg, tensor, old) for key, arg in kwargs.items()}
        return _replace(tensor, function(old, *others, **named), name)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Write what :func:`{name.rstrip('_()')}` returns into this tensor, and return it."
    return method


def copy_(tensor: Any, src: Any, non_blocking: bool = False) -> Any:  # noqa: ARG001 - there is nothing to wait for
    """Write ``src``, broadcast and cast, into this tensor, and return it."""
    return _overwrite(tensor, src, "copy_()")


def fill_(tensor: Any, value: Any) -> Any:
    """Write one number into every entry of this tensor, and return it."""
    if (array := _array_of(value, "fill_()")).ndim:
        raise ShapeError(f"fill_() takes one number, not shape {array.shape}")
    return _overwrite(tensor, value, "fill_()")


def zero_(tensor: Any) -> Any:
    """Fill with zeros, and return the tensor."""
    return _overwrite(tensor, 0, "zero_()")


def _overwrite(tensor: Any, src: Any, name: str) -> Any:
    values = _array_of(src, name)
    _check_shape(tensor, values, name)
    if not is_noted(tensor, name, src):
        with np.errstate(all="ignore"):
            return _put(tensor, values.astype(tensor.array.dtype), name)
    source = _unchanged(src, tensor, tensor) if isinstance(src, Variable) else type(tensor).wrap(values)
    # of the old value nothing is left, and no derivative
    return _replace(tensor, where(np.True_, _cast(source, tensor), tensor), name)


def _array_of(value: Any, name: str) -> Array:
    """Return the array of a tensor, an array or a number. Raises ``DtypeError`` for anything else."""
    array = array_of(value) if isinstance(value, _WRITABLE) else None
    if array is None or array.dtype.kind not in "fiub":
        raise DtypeError(f"{name} takes a tensor or a number, not {type(value).__name__}")
    return array


def set_item(tensor: Any, index: Any, value: Any) -> None:
    """Write ``value``, broadcast and cast, into the entries at an index."""
    array = _array_of(value, "x[i] = v")
    is_recorded = is_noted(tensor, "x[i] = v", value)
    view, rest = in_two_steps(tensor, index)
    if not is_recorded:
        _set_plain(view, tuple(rest) or ..., array)
        return
    values = value if isinstance(value, Variable) else type(tensor).wrap(array)
    if rest:
        in_place(partial(_put_at, rest), "x[i] = v")(view, values)
        return
    # as in NumPy, further dimensions of size one in front are dropped
    while values.array.ndim > view.array.ndim and values.array.shape[0] == 1:
        values = reshape(values, shape=values.array.shape[1:])
    _overwrite(view, values, "x[i] = v")


def _put_at(parts: list[Any], tensor: Any, values: Any) -> Any:
    return with_values_at(tensor, parts, _cast(values, tensor))


def _cast(source: Any, tensor: Any) -> Any:
    dtype = tensor.array.dtype
    return source if source.array.dtype == dtype else astype(source, dtype=dtype.name)


def _set_plain(view: Any, places: Any, values: Array) -> None:
    _check_memory(view, "x[i] = v")
    try:
        with np.errstate(all="ignore"):
            view.array[places] = values
    except IndexError as error:
        raise OutOfRangeError(f"there is nothing at this index of shape {view.array.shape}: {error}") from error
    except (ValueError, TypeError) as error:
        raise ShapeError(f"a value of shape {values.shape} does not fit the index: {error}") from error
    view.mark_written()


def detach_(tensor: Any) -> Any:
    """Cut the tensor off from its graph, and return it: it is a leaf then, and requires no grad.

    Raises ``AutogradError`` for a view, whose base would not know of it.
    """
    if base_of(tensor) is not None:
        raise AutogradError("a view cannot be detached in place, since its base is not; use detach()")
    if THREAD.mode.recorder is not None:
        raise UnsupportedError("detach_() cannot be traced; write x = x.detach() in its place")
    # what computed it learns of later writes
    tensor.version = tensor.own_version
    tensor.origin = None
    tensor._requires_grad = False
    if tensor._view is not None and tensor._view.turned:
        tensor._view = None
    return tensor


def base_of(tensor: Any) -> Any:
    """Return the tensor that this one is a view of, and that is a view of none; None where it is no view."""
    base = None
    while _shows_part(tensor._view):
        # what was turned in place is no view of what it was before
        base = base if tensor._view.turned else tensor._view.parent
        tensor = tensor._view.parent
    return base


def _shows_part(view: View | None) -> bool:
    """Tell whether derivatives flow through a view, as they do not through one that is detached."""
    return view is not None and view.op.name != "detach"


def is_noted(tensor: Any, name: str, *others: Any) -> bool:
    """Tell whether a write has to be recorded. Raises ``AutogradError`` where it must not happen."""
    tensors = [tensor, *(each for each in others if isinstance(each, Variable))]
    for each in tensors:
        refresh(each)
    if THREAD.mode.recorder is not None:
        _check_traceable(tensor, name)
    if not THREAD.mode.grad_enabled:
        return THREAD.mode.recorder is not None
    base = base_of(tensor)
    if not any(each._requires_grad for each in tensors) and (base is None or not base._requires_grad):
        return THREAD.mode.recorder is not None
    if tensor._requires_grad and tensor.origin is None:
        of = "" if base is None else "view that is a "
        raise AutogradError(f"a {of}leaf that requires grad cannot be written in place; do it under no_grad()")
    if base is not None:
        if base._requires_grad and base.origin is None:
            raise AutogradError("a view of a leaf that requires grad cannot be written in place; do it under no_grad()")
        _check_views(tensor)
    return True


def _check_views(tensor: Any) -> None:
    while _shows_part(tensor._view):
        if not tensor._view.is_tracked:
            raise AutogradError(
                "a view that was made under no_grad() is written in place where operations are tracked; "
                "make the view and write to it both inside no_grad(), or both outside"
            )
        tensor = tensor._view.parent


def _check_traceable(tensor: Any, name: str) -> None:
    """Refuse to trace what would be no function of values: a write that derivatives do not know of."""
    if tensor._requires_grad and not THREAD.mode.grad_enabled:
        raise UnsupportedError(f"{name} under no_grad() on a tensor that requires grad cannot be traced")
    while (view := tensor._view) is not None:
        if not _shows_part(view):
            raise UnsupportedError(f"{name} on the memory of a detached tensor cannot be traced; clone() it first")
        tensor = view.parent


def _before(tensor: Any) -> Any:
    """Return the tensor as it is before the write."""
    old = tensor.at(tensor.edge, np.array(tensor.array))
    if THREAD.mode.recorder is not None:
        THREAD.mode.recorder.alias(old, tensor)
    return old


def _unchanged(arg: Any, tensor: Any, old: Any) -> Any:
    """Return an argument, or a copy where it lies in the memory that will be written to."""
    if arg is tensor:
        return old
    return _before(arg) if isinstance(arg, Variable) and arg.version is tensor.own_version else arg


def _replace(tensor: Any, result: Any, name: str) -> Any:
    """Write a result into the memory of a tensor, which takes its place in the graph, and tell the base of a view."""
    _check_fit(tensor, result.array, name)
    result = _cast(result, tensor)
    _write(tensor, result.array)
    _take_place(tensor, result)
    tell_base(tensor)
    return tensor


def tell_base(tensor: Any) -> None:
    """Make the base of a view, in whose memory a result is now, the result of that."""
    if not _shows_part(tensor._view):
        return
    # not the tensor itself, which is recorded as a view of its base when it is used
    base, part = tensor, tensor.at(tensor.edge)
    if THREAD.mode.recorder is not None:
        THREAD.mode.recorder.alias(part, tensor)
    while _shows_part(base._view):
        part, base = _whole(base._view, part), base._view.parent
    _take_place(base, part)


def _take_place(tensor: Any, result: Any) -> None:
    """Make a tensor, in whose memory a result is now, the result."""
    if THREAD.mode.recorder is not None:
        THREAD.mode.recorder.alias(tensor, result)
    if not THREAD.mode.grad_enabled:
        return
    old, new = tensor.origin, result.origin
    if isinstance(new, Node):
        new.adopt(tensor)
    if old is not None and old.hooks is not None and old.hooks.retain is not None and new is not None:
        hooks_of(new).retain, old.hooks.retain = old.hooks.retain, None
    tensor.origin, tensor._requires_grad = new, result._requires_grad


def _whole(view: View, part: Any) -> Any:
    """Return what a view is of, in which ``part`` has been written, as the result of that."""
    parent, mode = view.parent, THREAD.mode
    whole = parent.wrap(parent.array, parent.own_version)
    name = view.op.name
    if name == "getitem":
        record(OPS["overwrite"], [parent, part], view.params, whole, mode)
    elif name == "permute_dims":
        axes = tuple(np.argsort([axis % part.array.ndim for axis in view.params["axes"]]).tolist())
        record(view.op, [part], {"axes": axes}, whole, mode)
    elif name in {"reshape", "expand_dims", "broadcast_to"}:
        record(OPS["reshape"], [part], {"shape": parent.array.shape}, whole, mode)
    else:
        numbers = np.arange(parent.array.size).reshape(parent.array.shape)
        places = np.asarray(view.op.forward(numbers, **view.params)).ravel()
        flat = ops.scatter(reshape(parent, shape=(-1,)), places, reshape(part, shape=(-1,)), axis=0)
        return reshape(flat, shape=parent.array.shape)
    return whole


def _put(tensor: Any, values: Array, name: str) -> Any:
    _check_fit(tensor, values, name)
    return _write(tensor, values)


def _write(tensor: Any, values: Array) -> Any:
    tensor.array[...] = values
    tensor.mark_written()
    return tensor


def _check_fit(tensor: Any, values: Array, name: str) -> None:
    _check_shape(tensor, values, name)
    if not np.can_cast(values.dtype, tensor.array.dtype, "same_kind"):
        raise DtypeError(f"{name} computes {values.dtype.name}, which {tensor.array.dtype.name} cannot hold")
    _check_memory(tensor, name)


def check_inference(tensor: Any, name: str) -> None:
    """Raise ``AutogradError`` for a tensor that was made in inference mode, outside of it."""
    if tensor.version is INFERENCE and not THREAD.mode.inference:
        raise AutogradError(f"{name} on a tensor that was made in inference mode works only there; clone() it first")


def _check_memory(tensor: Any, name: str) -> None:
    check_inference(tensor, name)
    array = tensor.array
    if any(size > 1 and not stride for size, stride in zip(array.shape, array.strides, strict=True)):
        raise AutogradError(f"several entries of this tensor are one place in memory; clone() it before {name}")
    if not array.flags.writeable:
        raise AutogradError(f"the memory of this tensor is read-only; clone() it before {name}")


def _check_shape(tensor: Any, values: Array, name: str) -> None:
    if not expands_to(values.shape, tensor.array.shape):
        raise ShapeError(f"{name} computes shape {values.shape}, which does not fit into {tensor.array.shape}")
