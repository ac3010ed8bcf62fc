"""Memory layouts of a cotangent: the same numbers, as a caller may well hand them over."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from gradproof.case import Case
from gradproof.exact import Array

Layout = Callable[[Array], Array]


def _read_only(ct: Array) -> Array:
    view = ct[...]
    view.flags.writeable = False
    return view


def _strided(ct: Array) -> Array:
    """Return every second entry of the rows of a buffer, NaN in between; what has one entry or none stays as it is.

    Rows have a length of their own, so that they cannot be seen as one.
    """
    if ct.size < 2:
        return np.array(ct)
    view = np.full((*ct.shape[:-1], 2 * ct.shape[-1] + 1), np.nan, ct.dtype)[..., :-1:2]
    view[...] = ct
    return view


def _broadcast(ct: Array) -> Array:
    """Return strides of zero, as the cotangent of a sum has them, in front of NaN; strided where entries differ."""
    if ct.size < 2 or ct.tobytes() != np.full(ct.shape, ct.flat[0]).tobytes():
        return _strided(ct)
    buffer = np.full(ct.size, np.nan, ct.dtype)
    buffer[0] = ct.flat[0]
    return np.broadcast_to(buffer[0:1].reshape(()), ct.shape)


def unusual(ct: Array) -> Array:
    """Return an equal cotangent that is read-only, and not contiguous where it has several entries."""
    return _read_only(_broadcast(ct))


#: The layouts one by one, to tell which one it is that breaks a target.
LAYOUTS: Mapping[str, Layout] = {
    "a read-only cotangent": lambda ct: _read_only(np.array(ct)),
    "a cotangent that is not contiguous": _strided,
    "a cotangent with strides of zero": _broadcast,
    "a read-only cotangent that is not contiguous": unusual,
}


def laid_out(case: Case, layout: Layout = np.array) -> list[Array]:
    """Return cotangents to hand over: copies by default, else in the layout given."""
    return [layout(ct) for ct in case.cotangents]
