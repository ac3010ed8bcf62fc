"""HIPS autograd's primitives in terms of ``gradproof.engine``: what each computes. Never a derivative.

Most are functions of NumPy or SciPy that traced arrays have themselves. The others are here, by their full names: those
that convert what they are handed, and autograd's own. A rule takes what the function takes; operands that depend on a
leaf are traced arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradproof.engine import linalg, ops, special
from gradproof.engine.numpy_api import TracedArray
from gradproof.errors import UnsupportedError

from ..rules import Rule, constant


def operand(x: Any) -> Any:
    """Return an operand as a traced array."""
    return x if isinstance(x, TracedArray) else TracedArray.wrap(np.array(x))


def _array(args: Any, named: Any, *parts: Any) -> Any:
    if args or named:
        raise UnsupportedError("an array is made in another dtype or layout; convert it with astype")
    return np.stack([operand(part) for part in parts])


def _copied(args: Any, named: Any, x: Any) -> Any:
    """Return a copy of an array; ``ndmin`` puts dimensions in front."""
    if args or named.keys() - {"ndmin"}:
        raise UnsupportedError("an array is made in another dtype or layout; convert it with astype")
    missing = max(named.get("ndmin", 0) - x.ndim, 0)
    return np.reshape(x, (*(1,) * missing, *x.shape)) if missing else ops.clone(x)


def _full(shape: Any, value: Any, dtype: Any = None) -> Any:
    filled = np.broadcast_to(value, tuple(np.atleast_1d(shape).tolist()))
    return filled if dtype is None else filled.astype(dtype)


def _solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, **_: Any
) -> Any:
    """Solve with one triangle of a matrix; options that say how, and change nothing, are taken."""
    is_turned, sides = trans not in (0, "N"), operand(b)
    matrix = np.swapaxes(operand(a), -1, -2) if is_turned else operand(a)
    columns = sides if sides.ndim > 1 else sides[:, None]
    found = linalg.solve_triangular(matrix, columns, upper=bool(lower) == is_turned, unitriangular=unit_diagonal)
    return found if sides.ndim > 1 else found[:, 0]


def _of_order(function: Callable[..., Any]) -> Rule:
    """Return a function whose first operand is an order: a whole number."""
    return lambda n, x: function(int(constant(np.asarray(n), "the order")), x)


def _logsumexp(x: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    if b is not None:
        raise UnsupportedError("it has weights; add their logarithms in place of those")
    return ops.logsumexp(x, axis=axis, keepdims=keepdims)


def _standardised(function: Callable[[Any], Any]) -> Rule:
    """Return a function of the standard normal distribution for any other."""
    return lambda x, loc=0.0, scale=1.0: function((operand(x) - loc) / scale)


def _log_density(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
    return ((operand(x) - loc) / scale) ** 2 * -0.5 - 0.5 * math.log(2 * math.pi) - np.log(operand(scale))


RULES: dict[str, Rule] = {
    "autograd._array_from_scalar_or_array": _copied,
    "autograd.array_from_args": _array,
    "autograd.concatenate_args": lambda axis, *parts: np.concatenate([operand(part) for part in parts], axis),
    "numpy.fix": ops.trunc,
    "numpy.full": _full,
    "scipy.linalg.solve_triangular": _solve_triangular,
    "scipy.linalg.sqrtm": ops.sqrtm,
    "scipy.special.iv": _of_order(special.iv),
    "scipy.special.ive": _of_order(special.ive),
    "scipy.special.jv": _of_order(special.jn),
    "scipy.special.logsumexp": _logsumexp,
    "scipy.special.multigammaln": special.multigammaln,
    "scipy.special.polygamma": _of_order(special.polygamma),
    "scipy.special.yn": _of_order(special.yn),
    "scipy.stats.norm.cdf": _standardised(ops.ndtr),
    "scipy.stats.norm.logcdf": _standardised(ops.log_ndtr),
    "scipy.stats.norm.logpdf": _log_density,
    "scipy.stats.norm.logsf": _standardised(lambda z: ops.log_ndtr(-z)),
    "scipy.stats.norm.pdf": lambda *args: ops.exp(_log_density(*args)),
    "scipy.stats.norm.sf": _standardised(lambda z: ops.ndtr(-z)),
}
