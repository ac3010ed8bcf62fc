"""Sums, means, extrema and the like, and softmax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradproof import engine
from gradproof.engine import linalg, ops

from ...rules import Rule


def _sum(x: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    return engine.sum(x, dim or None, keepdim, dtype=dtype)


def _mean(x: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    return engine.mean(x, dim or None, keepdim, dtype=dtype)


def _variance(x: Any, dim: Any = None, correction: Any = 1, keepdim: bool = False) -> Any:
    return engine.var(x, dim or None, keepdim=keepdim, correction=1 if correction is None else correction)


def _deviation(x: Any, dim: Any = None, correction: Any = 1, keepdim: bool = False) -> Any:
    return engine.std(x, dim or None, keepdim=keepdim, correction=1 if correction is None else correction)


def _variance_and_mean(x: Any, dim: Any = None, correction: Any = 1, keepdim: bool = False) -> Any:
    return _variance(x, dim, correction, keepdim), _mean(x, dim, keepdim)


def _over_dims(function: Rule) -> Rule:
    """Return the rule of a reduction for which no dimensions are all of them."""
    return lambda x, dim=(), keepdim=False: function(x, tuple(dim) or None, keepdim)


def _stable_sort(x: Any, stable: bool | None = None, dim: int = -1, descending: bool = False) -> Any:
    return (engine.sort(x, dim, descending)[0],)


def _vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> Any:
    return linalg.vector_norm(x if dtype is None else x.to(dtype), ord, dim, keepdim)


def _nothing(*args: Any, **params: Any) -> Any:
    """Return no result: places of entries are integers that no op computes."""
    return ()


def _values_alone(function: Rule) -> Rule:
    """Return the rule of an operation that returns values and their indices: the values."""
    return lambda *args, **params: (function(*args, **params)[0],)


def softmax(x: Any, dim: int, half_to_float: bool = False) -> Any:
    """Return the softmax, of entries that are not minus infinity: those have no share."""
    counts = x.array != -np.inf
    if counts.all():
        return engine.softmax(x, dim)
    shares = ops.where(counts, engine.softmax(ops.where(counts, x, 0.0), dim), 0.0)
    return shares / engine.sum(shares, dim, keepdim=True)


def _log_softmax(x: Any, dim: int, half_to_float: bool) -> Any:
    return engine.log_softmax(x, dim)


RULES: Mapping[str, Rule] = {
    "all.default all.dim": engine.all,
    "amax.default": _over_dims(engine.amax),
    "amin.default": _over_dims(engine.amin),
    "argmax.default": _nothing,
    "argmin.default": _nothing,
    "any.default any.dim": engine.any,
    "cummax.default": _values_alone(engine.cummax),
    "cummin.default": _values_alone(engine.cummin),
    "cumprod.default": engine.cumprod,
    "cumsum.default": engine.cumsum,
    "kthvalue.default": _values_alone(engine.kthvalue),
    "linalg_vector_norm.default": _vector_norm,
    "logcumsumexp.default": engine.logcumsumexp,
    "logsumexp.default": engine.logsumexp,
    "max.default": engine.max,
    "max.dim": _values_alone(engine.max),
    "mean.default mean.dim": _mean,
    "median.default": engine.median,
    "median.dim": _values_alone(engine.median),
    "min.default": engine.min,
    "min.dim": _values_alone(engine.min),
    "prod.default prod.dim_int": engine.prod,
    "sort.default": _values_alone(engine.sort),
    "sort.stable": _stable_sort,
    "std.correction": _deviation,
    "sum.default sum.dim_IntList": _sum,
    "topk.default": _values_alone(engine.topk),
    "trace.default": engine.trace,
    "var.correction": _variance,
    "var_mean.correction": _variance_and_mean,
    "_log_softmax.default": _log_softmax,
    "_softmax.default": softmax,
}
