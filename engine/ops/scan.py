"""Running functions along an axis that no running sum or product gives without a loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import pointwise

from ..domain import REAL
from ..op import define
from ..shapes import AlongAxis, axis_of
from ..variable import Array
from .exponential import exp, times_exp
from .extremum import places_of_running
from .rearrangement import expand_dims
from .reduction import sum as sum_
from .rows import from_rows, to_rows
from .selection import where


def _logcumsumexp(x: Array, *, axis: int) -> Array:
    """Return the logarithms of running sums ``1 + r`` of terms that are scaled by the largest, itself left out of r.

    All pairs of entries are worked on at once: a scale that runs along would round at each of them.
    """
    rows = to_rows(x, axis_of(x, axis))
    largest = np.maximum.accumulate(rows, axis=-1)
    is_other = np.tri(rows.shape[-1], dtype=np.bool_) & (
        places_of_running(rows, largest, -1)[..., np.newaxis] != np.arange(rows.shape[-1])
    )
    # later entries are larger than the largest so far, and left out
    differences = np.minimum(rows[..., np.newaxis, :] - largest[..., np.newaxis], 0)
    rest = np.sum(np.exp(differences), axis=-1, where=is_other)
    return np.asarray(from_rows(np.where(np.isfinite(largest), largest + np.log1p(rest), largest), x.shape, axis))


def _logcumsumexp_vjp(ct: Any, y: Any, x: Any, *, axis: int) -> Any:
    """Return for each entry ``sum_j ct_j exp(x - y_j)`` over the places j from its own on."""
    seen = np.tri(x.shape[axis], dtype=np.bool_)
    entries, results, cts = (to_rows(each, axis) for each in (x, y, ct))
    exponents = where(seen, expand_dims(entries, axis=-2) - expand_dims(results, axis=-1), 0.0)
    shares = times_exp(expand_dims(cts, axis=-1), exp(exponents), exponents)
    return from_rows(sum_(where(seen, shares, 0.0), axis=-2), x.shape, axis)


logcumsumexp = define(
    "logcumsumexp",
    forward=_logcumsumexp,
    vjp=_logcumsumexp_vjp,
    shape=AlongAxis(),
    domain=(REAL,),
    budget=pointwise(4),
    node="LogcumsumexpBackward0",
    integers=False,
)

__all__ = [
    "logcumsumexp",
]
