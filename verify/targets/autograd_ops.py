"""The ops in HIPS autograd's spelling: what it computes, and which calls it lacks. No derivative is written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import autograd.numpy as np
import autograd.scipy.special
import autograd.scipy.stats
from autograd.tracer import getval

from .spelling import Call

OPS: Mapping[str, Callable[..., Any]] = {
    # arithmetic
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "negative": np.negative,
    "square": np.square,
    "sqrt": np.sqrt,
    "pow": np.power,
    "reciprocal": np.reciprocal,
    "remainder": np.remainder,
    # exponentials and logarithms
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "logaddexp": np.logaddexp,
    "logaddexp2": np.logaddexp2,
    "logsumexp": autograd.scipy.special.logsumexp,
    # trigonometric and hyperbolic functions
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinc": np.sinc,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    # special functions
    "erf": autograd.scipy.special.erf,
    "erfc": autograd.scipy.special.erfc,
    "erfinv": autograd.scipy.special.erfinv,
    "erfcinv": autograd.scipy.special.erfcinv,
    "ndtr": autograd.scipy.stats.norm.cdf,
    "log_ndtr": autograd.scipy.stats.norm.logcdf,
    "gamma": autograd.scipy.special.gamma,
    "gammaln": autograd.scipy.special.gammaln,
    "rgamma": autograd.scipy.special.rgamma,
    "digamma": autograd.scipy.special.digamma,
    "polygamma": lambda x, *, n: autograd.scipy.special.polygamma(n, x),
    "gammainc": lambda x, *, a: autograd.scipy.special.gammainc(a, x),
    "gammaincc": lambda x, *, a: autograd.scipy.special.gammaincc(a, x),
    "betainc": lambda x, *, a, b: autograd.scipy.special.betainc(a, b, x),
    "i0": autograd.scipy.special.i0,
    "i1": autograd.scipy.special.i1,
    "iv": lambda x, *, n: autograd.scipy.special.iv(n, x),
    "ive": lambda x, *, n: autograd.scipy.special.ive(n, x),
    "j0": autograd.scipy.special.j0,
    "j1": autograd.scipy.special.j1,
    "jn": lambda x, *, n: autograd.scipy.special.jn(n, x),
    "y0": autograd.scipy.special.y0,
    "y1": autograd.scipy.special.y1,
    "yn": lambda x, *, n: autograd.scipy.special.yn(n, x),
    "logit": autograd.scipy.special.logit,
    "sigmoid": autograd.scipy.special.expit,
    # selection, comparison and rounding
    "equal": np.equal,
    "not_equal": np.not_equal,
    "less": np.less,
    "less_equal": np.less_equal,
    "greater": np.greater,
    "greater_equal": np.greater_equal,
    "where": np.where,
    "abs": np.abs,
    "sign": np.sign,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "fmax": np.fmax,
    "fmin": np.fmin,
    "clip": lambda x, *, min, max: np.clip(x, min, max),
    "nan_to_num": lambda x, *, nan, posinf, neginf: np.nan_to_num(x),
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "round": np.round,
    # reductions and scans
    "sum": lambda x, *, axis, keepdims: np.sum(x, axis, keepdims=keepdims),
    "mean": lambda x, *, axis, keepdims: np.mean(x, axis, keepdims=keepdims),
    "var": lambda x, *, axis, keepdims, correction: np.var(x, axis, ddof=correction, keepdims=keepdims),
    "std": lambda x, *, axis, keepdims, correction: np.std(x, axis, ddof=correction, keepdims=keepdims),
    "prod": lambda x, *, axis, keepdims: np.prod(x, axis, keepdims=keepdims),
    "max": lambda x, *, axis, keepdims: np.max(x, axis, keepdims=keepdims),
    "min": lambda x, *, axis, keepdims: np.min(x, axis, keepdims=keepdims),
    "amax": lambda x, *, axis, keepdims: np.amax(x, axis, keepdims=keepdims),
    "amin": lambda x, *, axis, keepdims: np.amin(x, axis, keepdims=keepdims),
    "vector_norm": lambda x, *, axis, keepdims, ord: np.linalg.norm(x, ord, axis),
    "p_norm": lambda x, *, axis, keepdims, ord: np.linalg.norm(x, ord, axis),
    "cumulative_sum": lambda x, *, axis: np.cumsum(x, axis),
    "diff": lambda x, *, axis: np.diff(x, axis=axis),
    "sort": lambda x, *, axis, descending: np.sort(x),
    # rearrangement
    "reshape": lambda x, *, shape: np.reshape(x, shape),
    "permute_dims": lambda x, *, axes: np.transpose(x, axes),
    "broadcast_to": lambda x, *, shape: np.broadcast_to(x, shape),
    "expand_dims": lambda x, *, axis: np.expand_dims(x, axis),
    "squeeze": lambda x, *, axis: np.squeeze(x, axis),
    "swapaxes": lambda x, *, axis1, axis2: np.swapaxes(x, axis1, axis2),
    "roll": lambda x, *, shift, axis: np.roll(x, shift, axis),
    "tile": lambda x, *, repetitions: np.tile(x, repetitions),
    "repeat": lambda x, *, repeats, axis: np.repeat(x, repeats, axis),
    "concat": lambda *xs, axis: np.concatenate(xs, axis),
    "stack": lambda *xs, axis: np.stack(xs, axis),
    "getitem": lambda x, *, index: x[index],
    "tril": lambda x, *, k: np.tril(x, k),
    "triu": lambda x, *, k: np.triu(x, k),
    "trace": lambda x, *, offset: np.trace(x, offset),
    "pad": lambda x, *, widths, mode: np.pad(x, widths, mode),
    "astype": lambda x, *, dtype: x.astype(dtype),
    "clone": np.array,
    "detach": getval,
    # gathering and scattering
    "embedding": lambda weight, indices: weight[indices],
    # products and linear algebra
    "matmul": np.matmul,
    "outer": np.outer,
    "cross": lambda a, b, *, axis: np.cross(a, b, axis, axis, axis),
    "det": np.linalg.det,
    "logabsdet": lambda a: np.linalg.slogdet(a)[1],
    "inv": np.linalg.inv,
    "pinv": np.linalg.pinv,
    "solve": np.linalg.solve,
    "cholesky": lambda a: np.linalg.cholesky(0.5 * a + 0.5 * np.swapaxes(a, -1, -2)),
    "eigvalsh": lambda a: np.linalg.eigh(0.5 * a + 0.5 * np.swapaxes(a, -1, -2))[0],
    "svdvals": lambda a: np.linalg.svd(a, compute_uv=False),
}


def _are_unlike(call: Call) -> bool:
    """Tell whether arguments differ in shape: some derivatives are not summed over what was broadcast."""
    return len(set(call.shapes)) > 1


def _is_no_vector_norm(call: Call) -> bool:
    """Tell whether a norm is of all entries of what is no vector, or over several axes, or keeps axes."""
    axis = call.params["axis"]
    return (len(call.shapes[0]) != 1 if axis is None else isinstance(axis, tuple)) or bool(call.params["keepdims"])


def _are_no_vectors(call: Call) -> bool:
    return any(len(shape) != 1 for shape in call.shapes)


#: The calls of an op that HIPS autograd does not have, or cannot differentiate: it raises.
LACKS: Mapping[str, Callable[[Call], bool]] = {
    "broadcast_to": lambda call: len(call.shapes[0]) != len(call.params["shape"]),
    "cross": _are_unlike,
    "where": _are_unlike,
    "solve": lambda call: call.shapes[0][:-2] != call.shapes[1][:-2],
    "outer": _are_no_vectors,
    "sort": lambda call: len(call.shapes[0]) != 1 or bool(call.params["descending"]),
    "logsumexp": lambda call: call.shapes[0] == (),
    "vector_norm": _is_no_vector_norm,
    "p_norm": _is_no_vector_norm,
    "pad": lambda call: call.params["mode"] != "constant",
    "repeat": lambda call: not isinstance(call.params["repeats"], int),
    "roll": lambda call: not isinstance(call.params["shift"], int),
    "trace": lambda call: len(call.shapes[0]) != 2,
    "nan_to_num": lambda call: call.params["posinf"] is not None,
}
