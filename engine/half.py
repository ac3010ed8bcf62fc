"""Float16 is a format for storage: what an op computes is computed in float32 and rounded once.

A float32 has 24 bits, more than twice the 11 of a float16 and two: sums, products, quotients and roots that are rounded
to both come out as if they had been rounded once (Figueroa, *SIGNUM Newsletter* 30(3), 1995). Squares and reciprocals
of all float16 numbers are within its range, so that nothing overflows on the way to a result that float16 can hold.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

HALF = np.dtype(np.float16)
SINGLE = np.dtype(np.float32)

#: The size of an entry, which is asked for at every op: faster than the dtype. Of others int16 has it alone.
BYTES = 2


def rounding_once(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Return a forward that computes with float16 arrays as such an op must: in float32, rounded at the end.

    NumPy's elementwise ufuncs do so by themselves.
    """
    if isinstance(forward, np.ufunc) and forward.signature is None:
        return forward

    def compute(*args: Any, **params: Any) -> Any:
        if getattr(args[0], "itemsize", None) != BYTES or args[0].dtype != HALF:
            return forward(*args, **params)
        wide = [arg.astype(SINGLE) if arg.dtype == HALF else arg for arg in args]
        return np.asarray(forward(*wide, **params)).astype(HALF)

    # the signature tells the static parameters, of which a ufunc has none
    rounding = compute if isinstance(forward, np.ufunc) else functools.wraps(forward)(compute)
    rounding.rounds = rounding, forward  # type: ignore[attr-defined]
    return rounding


def in_other_dtypes(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Return what a forward is in all dtypes but float16. What wraps it, and took over its attributes, is itself."""
    rounding, other = getattr(forward, "rounds", (None, forward))
    return other if rounding is forward else forward
