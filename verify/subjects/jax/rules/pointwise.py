"""Pointwise primitives, comparisons, selections and conversions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradproof.engine import Tensor, ops, special, truth
from gradproof.engine.variable import Array, array_of
from gradproof.errors import UnsupportedError
from gradproof.exact import DTYPES

from ...rules import Rule, constant
from .whole import are_equal, as_number, number


def tensor(x: Any) -> Any:
    """Return an operand as a tensor."""
    return Tensor.wrap(x) if isinstance(x, np.ndarray) else x


def _comparison(compare: Callable[..., Any]) -> Rule:
    """Return a comparison. One of a value with itself, or with an infinity, asks for NaN or overflow: it is known."""

    def compared(x: Any, y: Any, **_: Any) -> Any:
        if x is y or _all_are(np.isinf, x) or _all_are(np.isinf, y):
            return getattr(np, compare.__name__)(array_of(x), array_of(y))
        return compare(x, y)

    return compared


def _all_are(test: Callable[[Array], Array], x: Any) -> bool:
    """Tell whether a test holds for all entries of an operand that depends on no leaf."""
    return isinstance(x, np.ndarray) and bool(np.all(test(x)))


def _extremum(op: Callable[..., Any], is_neutral: Callable[[Array], Array]) -> Rule:
    """Return the larger or the smaller of two; what an infinity never exceeds is returned as it is."""

    def rule(x: Any, y: Any, **_: Any) -> Any:
        for each, other in ((x, y), (y, x)):
            if _all_are(is_neutral, each) and each.ndim <= other.ndim:
                return other
        return op(x, y)

    return rule


def of_truths(function: Callable[..., Any]) -> Rule:
    """Return a function of truth values, that JAX has of the bits of integers too."""

    def rule(*operands: Any, axes: Sequence[int] | None = None, **_: Any) -> Any:
        if any(array_of(each).dtype != np.bool_ for each in operands):
            raise UnsupportedError("it is on the bits of integers that depend on the arguments")
        return function(*map(tensor, operands), **({} if axes is None else {"axis": tuple(axes)}))

    return rule


def select_n(which: Any, *cases: Any) -> Any:
    """Return the case that ``which`` names: False and True stand for 0 and 1."""
    if isinstance(which, np.ndarray) and which.size and (which == which.flat[0]).all():
        return cases[int(which.flat[0])]
    if all(array_of(case).dtype == np.bool_ for case in cases):
        return ops.greater(select_n(which, *map(as_number, cases)), number(0.5))
    if array_of(which).dtype == np.bool_:
        return ops.where(which, cases[1], cases[0])
    found = cases[-1]
    for place in reversed(range(len(cases) - 1)):
        found = ops.where(are_equal(which, number(place)), cases[place], found)
    return found


def _convert(x: Any, *, new_dtype: Any, **_: Any) -> Any:
    """Convert floats: those that become integers lose what is behind the point."""
    wanted = np.dtype(new_dtype)
    if wanted.kind in "iu":
        return as_number(ops.trunc(x))
    if wanted.name not in DTYPES:
        raise UnsupportedError(f"it converts to {wanted.name}; the dtypes that are proven are {', '.join(DTYPES)}")
    return ops.not_equal(x, number(0, array_of(x).dtype)) if wanted.kind == "b" else as_number(x, wanted)


def _integer_pow(x: Any, *, y: int, **_: Any) -> Any:
    if y == 2:
        return ops.square(x)
    return ops.reciprocal(x) if y == -1 else ops.pow(x, number(y, array_of(x).dtype))


def _round(x: Any, *, rounding_method: Any) -> Any:
    """Round halves away from zero, or (method 1) to the even number."""
    if int(rounding_method) == 1:
        return ops.round(x)
    whole, one = ops.trunc(x), number(1, array_of(x).dtype)
    is_far = ops.greater_equal(ops.abs(ops.subtract(x, whole)), 0.5 * one)
    return ops.add(whole, ops.where(is_far, ops.sign(x), 0.0 * one))


def _polygamma(order: Any, x: Any) -> Any:
    n = constant(order, "the order")
    if not (n.is_integer() and n >= 0):
        raise UnsupportedError(f"the order is {n}, which is no whole number")
    return ops.polygamma(x, n=int(n)) if n else ops.digamma(x)


def _zeta(s: Any, q: Any) -> Any:
    """Return Hurwitz' zeta function, for a whole number s = n + 1: (-1)^(n+1) polygamma(n, q) / n!."""
    n = constant(s, "the exponent") - 1
    if not (n.is_integer() and n > 0):
        raise UnsupportedError(f"the exponent is {n + 1}, and not a whole number above 1")
    factor = (-1) ** (int(n) + 1) / math.factorial(int(n))
    return ops.multiply(ops.polygamma(q, n=int(n)), number(factor, array_of(q).dtype))


def _parametrised(function: Callable[..., Any]) -> Rule:
    """Return a function whose parameters, all but the last operand, depend on no leaf."""

    def rule(*operands: Any, **_: Any) -> Any:
        if not all(isinstance(each, np.ndarray) for each in operands[:-1]):
            raise UnsupportedError("its parameters depend on the arguments")
        return function(*operands)

    return rule


def _power(x: Any, y: Any, **_: Any) -> Any:
    return ops.pow(x, as_number(y, array_of(x).dtype))


def _plain(op: Callable[..., Any]) -> Rule:
    """Return a rule for an op, without the parameters that ask for an accuracy or a dtype: results are checked."""
    return lambda *operands, **_: op(*operands)


_OPS: dict[str, Callable[..., Any]] = {
    "abs": ops.abs,
    "acos": ops.acos,
    "acosh": ops.acosh,
    "asin": ops.asin,
    "add": ops.add,
    "add_any": ops.add,
    "asinh": ops.asinh,
    "atan": ops.atan,
    "atan2": ops.atan2,
    "atanh": ops.atanh,
    "bessel_i0e": ops.i0e,
    "bessel_i1e": ops.i1e,
    "cbrt": ops.cbrt,
    "ceil": ops.ceil,
    "copy": ops.clone,
    "cos": ops.cos,
    "cosh": ops.cosh,
    "digamma": ops.digamma,
    "div": ops.divide,
    "erf": ops.erf,
    "erf_inv": ops.erfinv,
    "erfc": ops.erfc,
    "exp": ops.exp,
    "exp2": ops.exp2,
    "expm1": ops.expm1,
    "floor": ops.floor,
    "lgamma": ops.gammaln,
    "log": ops.log,
    "log1p": ops.log1p,
    "logistic": ops.sigmoid,
    "mul": ops.multiply,
    "neg": ops.negative,
    "rem": ops.fmod,
    "rsqrt": ops.rsqrt,
    "sign": ops.sign,
    "sin": ops.sin,
    "sinh": ops.sinh,
    "sqrt": ops.sqrt,
    "square": ops.square,
    "stop_gradient": ops.detach,
    "sub": ops.subtract,
    "tan": ops.tan,
    "tanh": ops.tanh,
}

RULES: dict[str, Rule] = {
    **{name: _plain(op) for name, op in _OPS.items()},
    "and": of_truths(truth.logical_and),
    "clamp": lambda low, x, high: ops.minimum(ops.maximum(x, low), high),
    "convert_element_type": _convert,
    "eq": _comparison(ops.equal),
    "eq_to": _comparison(ops.equal),
    "ge": _comparison(ops.greater_equal),
    "gt": _comparison(ops.greater),
    "igamma": _parametrised(special.gammainc),
    "igammac": _parametrised(special.gammaincc),
    "integer_pow": _integer_pow,
    "is_finite": lambda x: np.isfinite(array_of(x)),
    "le": _comparison(ops.less_equal),
    "le_to": _comparison(ops.less_equal),
    "lt": _comparison(ops.less),
    "lt_to": _comparison(ops.less),
    "max": _extremum(ops.maximum, np.isneginf),
    "min": _extremum(ops.minimum, np.isposinf),
    "ne": _comparison(ops.not_equal),
    "not": of_truths(truth.logical_not),
    "or": of_truths(truth.logical_or),
    "polygamma": _polygamma,
    "pow": _power,
    "regularized_incomplete_beta": _parametrised(special.betainc),
    "round": _round,
    "select_n": select_n,
    "xor": of_truths(truth.logical_xor),
    "zeta": _zeta,
}
