"""Narrow dtypes by way of float64: what is computed there and rounded once is as good as the narrow dtype can be."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..variable import Array, array_of
from .rearrangement import astype

WIDE = np.dtype(np.float64)


def computed_wide(forward: Callable[..., Any]) -> Callable[..., Any]:
    """Return a forward of arrays of one dtype that computes in float64 and rounds its result."""

    def compute(*arrays: Array, **params: Any) -> Any:
        dtype = arrays[0].dtype
        if dtype == WIDE:
            return forward(*arrays, **params)
        return forward(*[array.astype(WIDE, copy=False) for array in arrays], **params).astype(dtype, copy=False)

    # the signature tells the static parameters, of which a ufunc has none
    return compute if isinstance(forward, np.ufunc) else functools.wraps(forward)(compute)


def pulled_wide(rule: Callable[..., Any]) -> Callable[..., Any]:
    """Return a VJP rule that computes in float64 and rounds its result; it works on arrays and on tensors."""

    @functools.wraps(rule)
    def pull(ct: Any, y: Any, *args: Any, **params: Any) -> Any:
        dtype = array_of(y).dtype
        if dtype == WIDE:
            return rule(ct, y, *args, **params)
        wide = [astype(each, dtype=WIDE.name) for each in (ct, y, *args)]
        return astype(rule(*wide, **params), dtype=dtype.name)

    return pull
