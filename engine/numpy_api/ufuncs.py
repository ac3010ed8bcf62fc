"""NumPy's and SciPy's universal functions of traced arrays, with NumPy's promotion of dtypes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import ops, truth
from ..functions import bitwise, remainder, trigonometric
from ..variable import Array, Variable
from .refusals import refuse

Function = Callable[..., Any]

#: The ops of the same name.
_SAME = (
    "cbrt", "ceil", "copysign", "cos", "cosh", "divide", "equal", "exp", "exp2", "expm1", "floor", "fmax", "fmin",
    "fmod", "greater", "greater_equal", "hypot", "less", "less_equal", "log", "log10", "log1p", "log2", "logaddexp",
    "logaddexp2", "matmul", "maximum", "minimum", "multiply", "negative", "not_equal", "reciprocal", "remainder",
    "sign", "sin", "sinh", "sqrt", "square", "subtract", "add", "tan", "tanh", "trunc", "vecdot",
)  # fmt: skip


def _on_truths(of_truths: Function, of_bits: Function) -> Function:
    """Return what acts on truth values in one way and on the bits of integers in another."""
    return lambda *args: (of_truths if args[0].array.dtype == np.bool_ else of_bits)(*args)


#: By the name of a universal function of NumPy: what computes it.
NUMPY: dict[str, Function] = {
    **{name: getattr(ops, name) for name in _SAME},
    "absolute": ops.abs,
    "fabs": ops.abs,
    "arccos": ops.acos,
    "arccosh": ops.acosh,
    "arcsin": ops.asin,
    "arcsinh": ops.asinh,
    "arctan": ops.atan,
    "arctan2": ops.atan2,
    "arctanh": ops.atanh,
    "bitwise_and": _on_truths(truth.logical_and, bitwise.bitwise_and),
    "bitwise_or": _on_truths(truth.logical_or, bitwise.bitwise_or),
    "bitwise_xor": _on_truths(truth.logical_xor, bitwise.bitwise_xor),
    "conjugate": ops.clone,
    "deg2rad": trigonometric.deg2rad,
    "degrees": trigonometric.rad2deg,
    "float_power": ops.pow,
    "floor_divide": remainder.floor_quotient,
    "heaviside": lambda x, at: ops.where(x == 0.0, at, ops.astype(x > 0.0, dtype=x.array.dtype.name)),
    "invert": _on_truths(truth.logical_not, bitwise.bitwise_not),
    "isfinite": truth.isfinite,
    "isinf": truth.isinf,
    "isnan": truth.isnan,
    "left_shift": bitwise.bitwise_left_shift,
    "logical_and": truth.logical_and,
    "logical_not": truth.logical_not,
    "logical_or": truth.logical_or,
    "logical_xor": truth.logical_xor,
    "matvec": lambda a, x: ops.squeeze(ops.matmul(a, ops.expand_dims(x, axis=-1)), axis=-1),
    "positive": ops.clone,
    "power": ops.pow,
    "rad2deg": trigonometric.rad2deg,
    "radians": trigonometric.deg2rad,
    "right_shift": bitwise.bitwise_right_shift,
    "rint": ops.round,
    "signbit": truth.signbit,
    "vecmat": lambda x, a: ops.squeeze(ops.matmul(ops.expand_dims(x, axis=-2), a), axis=-2),
}

#: By the name of a universal function of ``scipy.special``: what computes it.
SCIPY: dict[str, Function] = {
    "beta": lambda a, b: ops.exp(_betaln(a, b)),
    "betainc": lambda a, b, x: ops.betainc(x, a=_fixed(a), b=_fixed(b)),
    "betaln": lambda a, b: _betaln(a, b),
    "digamma": ops.digamma,
    "entr": ops.entr,
    "erf": ops.erf,
    "erfc": ops.erfc,
    "erfcinv": ops.erfcinv,
    "erfcx": ops.erfcx,
    "erfinv": ops.erfinv,
    "exp2": ops.exp2,
    "expit": ops.sigmoid,
    "expm1": ops.expm1,
    "gamma": ops.gamma,
    "gammainc": lambda a, x: ops.gammainc(x, a=_fixed(a)),
    "gammaincc": lambda a, x: ops.gammaincc(x, a=_fixed(a)),
    "gammaln": ops.gammaln,
    "i0": ops.i0,
    "i0e": ops.i0e,
    "i1": ops.i1,
    "i1e": ops.i1e,
    "j0": ops.j0,
    "j1": ops.j1,
    "kl_div": lambda x, y: ops.rel_entr(x, y) - x + y,
    "log1p": ops.log1p,
    "log_expit": lambda x: -ops.softplus(-x),
    "log_ndtr": ops.log_ndtr,
    "logit": ops.logit,
    "ndtr": ops.ndtr,
    "ndtri": ops.ndtri,
    "psi": ops.digamma,
    "rel_entr": ops.rel_entr,
    "rgamma": ops.rgamma,
    "xlog1py": ops.xlog1py,
    "xlogy": ops.xlogy,
    "y0": ops.y0,
    "y1": ops.y1,
}

_REDUCTIONS: dict[str, Function] = {
    "add": ops.sum,
    "multiply": ops.prod,
    "maximum": ops.amax,
    "minimum": ops.amin,
    "logaddexp": ops.logsumexp,
    "logical_and": truth.all,
    "logical_or": truth.any,
}
_ACCUMULATIONS: dict[str, Function] = {
    "add": ops.cumulative_sum,
    "multiply": ops.cumulative_prod,
    "maximum": ops.cumulative_max,
    "minimum": ops.cumulative_min,
}


def _fixed(parameter: Any) -> float:
    """Return a parameter by which there is no derivative. Raises ``TraceError`` where it is no constant number."""
    if parameter.array.ndim:
        refuse("an incomplete function with an array of parameters", "call it for each")
    return float(parameter)


def _betaln(a: Any, b: Any) -> Any:
    return ops.gammaln(a) + ops.gammaln(b) - ops.gammaln(a + b)


def apply(ufunc: np.ufunc, method: str, inputs: Sequence[Any], like: Variable, **how: Any) -> Any:
    """Return what a universal function or one of its methods gives; ``like`` is a traced array of the class to return.

    Raises ``TraceError`` for what cannot be traced: writing into an array, masks, what has no counterpart.
    """
    if how.pop("out", None) is not None:
        refuse(f"numpy.{ufunc.__name__} writing into an array", "give the result a name of its own")
    if method == "__call__":
        return _call(ufunc, inputs, like, how)
    if method == "outer":
        first, second = (wrapped(each, like) for each in inputs)
        spread = ops.reshape(first, shape=first.array.shape + (1,) * second.array.ndim)
        return _call(ufunc, (spread, second), like, how)
    known = {"reduce": _REDUCTIONS, "accumulate": _ACCUMULATIONS}.get(method, {}).get(ufunc.__name__)
    if known is None:
        refuse(f"numpy.{ufunc.__name__}.{method}", "write it with other functions")
    x = wrapped(inputs[0], like)
    options = {"axis": 0, **({"keepdims": False} if method == "reduce" else {}), **_plain(ufunc, how)}
    return known(x, **options)


def _plain(ufunc: np.ufunc, how: dict[str, Any]) -> dict[str, Any]:
    """Return options without those that say what holds anyway. Raises ``TraceError`` for others."""
    given = {name: value for name, value in how.items() if value is not None and value is not np._NoValue}
    for name in ("initial", "where", "casting", "subok", "order", "axes", "signature"):
        if name in given and given[name] is not True:
            refuse(f"the option {name} of numpy.{ufunc.__name__}", "write it with numpy.where")
        given.pop(name, None)
    return given


def _call(ufunc: np.ufunc, inputs: Sequence[Any], like: Variable, how: dict[str, Any]) -> Any:
    options = _plain(ufunc, how)
    asked = options.pop("dtype", None)
    found = NUMPY.get(ufunc.__name__) if _is_numpys(ufunc) else SCIPY.get(ufunc.__name__)
    if found is None or options:
        source = "numpy" if _is_numpys(ufunc) else "scipy.special"
        unknown = f" with {', '.join(options)}" if found else ""
        refuse(f"{source}.{ufunc.__name__}{unknown}", "write it with other functions")
    result = found(*(_as(each, dtype, like) for each, dtype in zip(inputs, _resolved(ufunc, inputs), strict=False)))
    return result if asked is None else to_dtype(result, np.dtype(asked))


def _is_numpys(ufunc: np.ufunc) -> bool:
    return getattr(np, ufunc.__name__, None) is ufunc


def _resolved(ufunc: np.ufunc, inputs: Sequence[Any]) -> Sequence[np.dtype[Any]]:
    """Return the dtypes in which the arguments are taken: Python numbers have none of their own."""
    kinds = [type(each) if type(each) in (bool, int, float) else _dtype_of(each) for each in inputs]
    return ufunc.resolve_dtypes((*kinds, *[None] * ufunc.nout))


def _dtype_of(value: Any) -> np.dtype[Any]:
    return value.array.dtype if isinstance(value, Variable) else np.asarray(value).dtype


def _as(value: Any, dtype: np.dtype[Any], like: Variable) -> Any:
    """Return an argument in a dtype; what is no traced array is a constant."""
    return to_dtype(value, dtype) if isinstance(value, Variable) else like.wrap(np.asarray(value, dtype))


def to_dtype(x: Any, dtype: np.dtype[Any]) -> Any:
    """Return a traced array in a dtype: itself where it has it."""
    return x if x.array.dtype == dtype else ops.astype(x, dtype=dtype.name)


def floating(x: Any) -> Any:
    """Return a traced array that floats: integers and truth values as float64."""
    return x if x.array.dtype.kind == "f" else ops.astype(x, dtype="float64")


def wrapped(value: Any, like: Variable) -> Any:
    """Return a traced array as it is; another array, or a number, as a constant of the class of ``like``."""
    if isinstance(value, Variable):
        return value
    array: Array = np.asarray(value)
    return like.wrap(array)
