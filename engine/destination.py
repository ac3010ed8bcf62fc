"""What :meth:`engine.tensor.Tensor.to` is called with, in all forms that PyTorch takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.errors import ParameterError

from . import dtypes
from .device import check_device
from .device import device as the_device
from .variable import Variable


def destination(
    array: np.ndarray[Any, Any], args: tuple[Any, ...], dtype: Any, device: Any, copy: bool
) -> tuple[np.dtype[Any], bool]:
    """Return the dtype asked for, by default that of ``array``, and whether a copy is.

    ``args`` are a dtype, a device, a device and a dtype, or a tensor; ``non_blocking`` and ``copy`` may follow.
    Raises ``ParameterError`` where something is said twice or out of order, ``UnsupportedError`` for another device.
    """
    named = {"dtype": dtype, "device": device}
    places = [arg for arg in args if not isinstance(arg, bool)]
    flags = args[len(places) :]
    if len(flags) > 2 or len(places) > 2 or not all(isinstance(arg, bool) for arg in flags):
        raise ParameterError(f"to() takes a device, a dtype, non_blocking and copy in this order, not {args}")
    for arg in places:
        name = "device" if _is_device(arg) else "dtype"
        if arg is not None and named[name] is not None:
            raise ParameterError(f"to() takes one {name}, not {named[name]!r} and {arg!r}")
        named[name] = named[name] if arg is None else arg
    check_device(named["device"])
    wanted = named["dtype"]
    if isinstance(wanted, Variable):
        wanted = wanted.array.dtype
    return array.dtype if wanted is None else dtypes.as_numpy(wanted), copy or (len(flags) == 2 and flags[1])


def _is_device(arg: Any) -> bool:
    return isinstance(arg, the_device) or (isinstance(arg, str) and not dtypes.is_name(arg))
