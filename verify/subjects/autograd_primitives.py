"""HIPS autograd's primitives in terms of ``gradproof.engine``: what each computes. Never a derivative.

They are NumPy's and SciPy's functions, by their full names, and a few of its own. A rule takes what the function takes.
Operands that depend on a leaf are tensors, all others what the user wrote.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradproof import engine
from gradproof.engine import Tensor, linalg, ops, special
from gradproof.engine.functions.indexing import getitem
from gradproof.engine.variable import array_of
from gradproof.errors import UnsupportedError

from .primitives.pointwise import POINTWISE, as_number, constant, is_one
from .rules import Rule


def tensor(x: Any) -> Any:
    """Return an operand as a tensor."""
    return x if isinstance(x, Tensor) else Tensor.wrap(np.array(x))


def _tensors(function: Callable[..., Any], count: int = 1) -> Rule:
    """Return a function whose first operands are tensors."""
    return lambda *args, **named: function(*map(tensor, args[:count]), *args[count:], **named)


def _reduction(op: Callable[..., Any], named: dict[str, str] | None = None) -> Rule:
    """Return a reduction with NumPy's parameters; ``named`` are further ones, by what the op calls them."""
    known = {"keepdims": "keepdims", **(named or {})}

    def rule(x: Any, axis: Any = None, dtype: Any = None, **params: Any) -> Any:
        unknown = sorted(params.keys() - known.keys())
        if unknown or dtype is not None:
            raise UnsupportedError(f"{', '.join(unknown) or 'dtype'} is not supported here")
        return op(tensor(x), axis=axis, **{known[name]: value for name, value in params.items()})

    return rule


def _of_truths(op: Callable[..., Any]) -> Rule:
    return lambda x, axis=None, keepdims=False: is_one(op(as_number(x), axis=axis, keepdims=keepdims))


def _scan(op: Callable[..., Any]) -> Rule:
    def rule(x: Any, axis: int | None = None) -> Any:
        return op(_flat(x), axis=0) if axis is None else op(x, axis=axis)

    return rule


def _flat(x: Any) -> Any:
    return ops.reshape(x, shape=(-1,))


def _in_c_order(order: str | None) -> None:
    if order not in (None, "C"):
        raise UnsupportedError(f"entries are laid out in order {order!r}; only 'C' is supported")


def _reshape(x: Any, shape: Any, order: str | None = None) -> Any:
    _in_c_order(order)
    return ops.reshape(x, shape=tuple(np.atleast_1d(shape).tolist()))


def _ravel(x: Any, order: str | None = None) -> Any:
    _in_c_order(order)
    return _flat(x)


def _transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    return ops.permute_dims(x, axes=tuple(range(x.ndim))[::-1] if axes is None else tuple(axes))


def _split(x: Any, parts: Any, axis: int = 0) -> list[Any]:
    """Split at places, or into so many parts, of which the first ones may be larger by one."""
    pieces = np.array_split(np.arange(x.shape[axis]), parts)
    return [ops.take(x, piece, axis=axis) for piece in pieces]


def _pad(x: Any, width: Any, mode: str = "constant", constant_values: Any = 0) -> Any:
    if np.any(constant_values):
        raise UnsupportedError(f"padding with {constant_values} is not supported; add it to padding with zeros")
    widths = np.broadcast_to(np.asarray(width), (x.ndim, 2))
    return ops.pad(x, widths=tuple(map(tuple, widths.tolist())), mode=mode)


def _roll(x: Any, shift: Any, axis: Any = None) -> Any:
    return engine.roll(x, shift, axis)


def _diag(x: Any, k: int = 0) -> Any:
    return engine.diag(x, k)


def _repeat(x: Any, repeats: Any, axis: int | None = None) -> Any:
    places = np.repeat(np.arange(x.array.size if axis is None else x.shape[axis]), repeats)
    return ops.take(_flat(x), places, axis=0) if axis is None else ops.take(x, places, axis=axis)


def _concatenate(axis: int | None, *parts: Any) -> Any:
    if axis is None:
        return ops.concat(*map(_flat, map(tensor, parts)), axis=0)
    return ops.concat(*parts, axis=axis)


def _array(args: Any, named: Any, *parts: Any) -> Any:
    if args or named:
        raise UnsupportedError("array takes no dtype or other parameters here")
    return ops.stack(*map(tensor, parts), axis=0)


def _copied(args: Any, named: Any, x: Any) -> Any:
    """Return an array of an array or a number; ``ndmin`` puts dimensions in front."""
    if args or named.keys() - {"ndmin"}:
        raise UnsupportedError("array takes no dtype or other parameters here")
    missing = max(named.get("ndmin", 0) - x.ndim, 0)
    return ops.reshape(x, shape=(*(1,) * missing, *x.shape)) if missing else ops.clone(x)


def _power(x: Any, exponent: Any) -> Any:
    return ops.square(x) if isinstance(exponent, int) and exponent == 2 else ops.pow(x, exponent)


def _clip(x: Any, low: Any, high: Any) -> Any:
    raised = x if low is None else ops.maximum(x, low)
    return raised if high is None else ops.minimum(raised, high)


def _where(condition: Any, a: Any, b: Any) -> Any:
    """Choose between two operands in the dtype that NumPy gives them."""
    dtype = np.result_type(*(each.array if isinstance(each, Tensor) else each for each in (a, b)))
    return ops.where(condition, *(each if isinstance(each, Tensor) else np.asarray(each, dtype) for each in (a, b)))


def _full(shape: Any, value: Any, dtype: Any = None) -> Any:
    if dtype is not None:
        raise UnsupportedError("full takes no dtype here")
    return ops.broadcast_to(value, shape=tuple(np.atleast_1d(shape).tolist()))


def _dot(a: Any, b: Any) -> Any:
    """Multiply numbers; else along the last dimension of one and the last but one, or the only one, of the other."""
    a, b = tensor(a), tensor(b)
    if not a.ndim or not b.ndim:
        return ops.multiply(a, b)
    return engine.tensordot(a, b, ([-1], [max(b.ndim - 2, 0)]))


def _einsum(*operands: Any) -> Any:
    equation, *arrays = operands
    if not isinstance(equation, str):
        raise UnsupportedError("einsum with lists of labels is not supported; write an equation")
    return engine.einsum(equation, *map(tensor, arrays))


def _norm(x: Any, ord: Any = None, axis: Any = None) -> Any:
    if ord is None and axis is None:
        return linalg.norm(_flat(x))
    return linalg.norm(x, ord, axis)


def _eigh(a: Any, UPLO: str = "L") -> tuple[Any, Any]:  # noqa: N803 - NumPy's name
    values, vectors = np.linalg.eigh(a.array, UPLO)  # type: ignore[call-overload]
    ours = ops.eigenvectors(a)
    signs = np.where(np.sum(ours.array * vectors, axis=-2, keepdims=True) < 0, -1, 1)
    return ops.eigvalsh(a), ops.multiply(ours, signs.astype(values.dtype))


def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return ops.svdvals(a)
    if full_matrices and a.shape[-1] != a.shape[-2]:
        raise UnsupportedError("svd asks for vectors that the matrix does not determine; use full_matrices=False")
    ours, known = ops.left_singular_vectors(a), np.linalg.svd(a.array, full_matrices=False)[0]
    signs = np.where(np.sum(ours.array * known, axis=-2, keepdims=True) < 0, -1, 1).astype(known.dtype)
    right = ops.swapaxes(ops.multiply(ops.right_singular_vectors(a), signs), axis1=-2, axis2=-1)
    return ops.multiply(ours, signs), ops.svdvals(a), right


def _solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, **_: Any
) -> Any:
    is_turned = trans not in (0, "N")
    matrix = ops.swapaxes(a, axis1=-2, axis2=-1) if is_turned else a
    found = linalg.solve_triangular(
        tensor(matrix),
        tensor(b) if np.ndim(array_of(b)) > 1 else ops.expand_dims(tensor(b), axis=-1),
        upper=bool(lower) == is_turned,
        unitriangular=unit_diagonal,
    )
    return found if np.ndim(array_of(b)) > 1 else ops.squeeze(found, axis=-1)


def _of_order(function: Callable[..., Any]) -> Rule:
    """Return a function whose first operand is an order: a whole number."""
    return lambda n, x: function(int(constant(np.asarray(n), "the order")), x)


def _polygamma(n: int, x: Any) -> Any:
    return ops.polygamma(x, n=n) if n else ops.digamma(x)


def _logsumexp(x: Any, axis: Any = None, b: Any = None, keepdims: bool = False) -> Any:
    if b is not None:
        raise UnsupportedError("logsumexp with weights is not supported; add their logarithms")
    return ops.logsumexp(x, axis=axis, keepdims=keepdims)


def _standardised(function: Callable[[Any], Any], *, density: bool = False, log: bool = False) -> Rule:
    """Return a function of the standard normal distribution for others; a density is divided by the scale."""

    def rule(x: Any, loc: Any = 0.0, scale: Any = 1.0) -> Any:
        found = function(ops.divide(ops.subtract(tensor(x), loc), scale))
        if not density:
            return found
        return ops.subtract(found, ops.log(tensor(scale))) if log else ops.divide(found, scale)

    return rule


def _log_density(z: Any) -> Any:
    return ops.subtract(ops.multiply(ops.square(z), -0.5), 0.5 * math.log(2 * math.pi))


def _parametrised(function: Callable[..., Any]) -> Rule:
    """Return a function whose parameters, all but the last operand, depend on no leaf."""

    def rule(*operands: Any) -> Any:
        if any(isinstance(each, Tensor) for each in operands[:-1]):
            raise UnsupportedError("its parameters depend on the arguments")
        return function(*map(np.asarray, operands[:-1]), operands[-1])

    return rule


_DEGREES = math.pi / 180.0

_NUMPY: dict[str, Rule] = {
    "absolute": ops.abs,
    "add": ops.add,
    "all": _of_truths(ops.prod),
    "amax": _reduction(ops.amax),
    "amin": _reduction(ops.amin),
    "any": _of_truths(ops.sum),
    "arccos": ops.acos,
    "arccosh": ops.acosh,
    "arcsin": ops.asin,
    "arcsinh": ops.asinh,
    "arctan": ops.atan,
    "arctan2": ops.atan2,
    "arctanh": ops.atanh,
    "array_split": _split,
    "atleast_1d": engine.atleast_1d,
    "atleast_2d": engine.atleast_2d,
    "broadcast_to": lambda x, shape: ops.broadcast_to(x, shape=tuple(np.atleast_1d(shape).tolist())),
    "cbrt": ops.cbrt,
    "ceil": ops.ceil,
    "clip": _clip,
    "conjugate": ops.clone,
    "cos": ops.cos,
    "cosh": ops.cosh,
    "cross": lambda a, b, axis=-1: ops.cross(a, b, axis=axis),
    "cumsum": _scan(ops.cumulative_sum),
    "deg2rad": lambda x: ops.multiply(x, _DEGREES),
    "degrees": lambda x: ops.divide(x, _DEGREES),
    "diag": _diag,
    "diagonal": lambda x, offset=0, axis1=0, axis2=1: ops.diagonal(x, offset=offset, axis1=axis1, axis2=axis2),
    "diff": lambda x, n=1, axis=-1: engine.diff(x, n, axis),
    "divide": ops.divide,
    "dot": _dot,
    "einsum": _einsum,
    "equal": POINTWISE["eq"],
    "exp": ops.exp,
    "exp2": ops.exp2,
    "expand_dims": lambda x, axis: ops.expand_dims(x, axis=axis),
    "expm1": ops.expm1,
    "fabs": ops.abs,
    "fix": ops.trunc,
    "flip": lambda x, axis=None: ops.flip(x, axis=axis),
    "fliplr": lambda x: ops.flip(x, axis=1),
    "flipud": lambda x: ops.flip(x, axis=0),
    "floor": ops.floor,
    "fmax": ops.fmax,
    "fmin": ops.fmin,
    "full": _full,
    "greater": POINTWISE["gt"],
    "greater_equal": POINTWISE["ge"],
    "hypot": ops.hypot,
    "inner": _tensors(engine.inner, 2),
    "kron": _tensors(engine.kron, 2),
    "less": POINTWISE["lt"],
    "less_equal": POINTWISE["le"],
    "log": ops.log,
    "log10": ops.log10,
    "log1p": ops.log1p,
    "log2": ops.log2,
    "logaddexp": ops.logaddexp,
    "logaddexp2": ops.logaddexp2,
    "logical_and": POINTWISE["and"],
    "logical_not": POINTWISE["not"],
    "logical_or": POINTWISE["or"],
    "logical_xor": POINTWISE["xor"],
    "matmul": ops.matmul,
    "max": _reduction(ops.amax),
    "maximum": ops.maximum,
    "mean": _reduction(ops.mean),
    "min": _reduction(ops.amin),
    "minimum": ops.minimum,
    "moveaxis": engine.moveaxis,
    "multiply": ops.multiply,
    "nan_to_num": ops.nan_to_num,
    "negative": ops.negative,
    "not_equal": POINTWISE["ne"],
    "outer": lambda a, b: ops.outer(_flat(tensor(a)), _flat(tensor(b))),
    "pad": _pad,
    "power": _power,
    "prod": _reduction(ops.prod),
    "rad2deg": lambda x: ops.divide(x, _DEGREES),
    "radians": lambda x: ops.multiply(x, _DEGREES),
    "ravel": _ravel,
    "real": ops.clone,
    "reciprocal": ops.reciprocal,
    "remainder": ops.remainder,
    "repeat": _repeat,
    "reshape": _reshape,
    "rint": ops.round,
    "roll": _roll,
    "rot90": lambda x, k=1, axes=(0, 1): engine.rot90(x, k, axes),
    "round": lambda x, decimals=0: engine.round(x, decimals=decimals),
    "sign": ops.sign,
    "sin": ops.sin,
    "sinc": ops.sinc,
    "sinh": ops.sinh,
    "sort": lambda x, axis=-1: ops.sort(x, axis=axis),
    "split": _split,
    "sqrt": ops.sqrt,
    "square": ops.square,
    "squeeze": lambda x, axis=None: ops.squeeze(x, axis=axis),
    "std": _reduction(ops.std, {"ddof": "correction"}),
    "subtract": ops.subtract,
    "sum": _reduction(ops.sum),
    "swapaxes": lambda x, axis1, axis2: ops.swapaxes(x, axis1=axis1, axis2=axis2),
    "tan": ops.tan,
    "tanh": ops.tanh,
    "tensordot": _tensors(engine.tensordot, 2),
    "tile": lambda x, reps: ops.tile(x, repetitions=tuple(np.atleast_1d(reps).tolist())),
    "trace": lambda x, offset=0: ops.trace(x, offset=offset),
    "transpose": _transpose,
    "tril": lambda x, k=0: ops.tril(x, k=k),
    "triu": lambda x, k=0: ops.triu(x, k=k),
    "trunc": ops.trunc,
    "var": _reduction(ops.var, {"ddof": "correction"}),
    "where": _where,
}

_LINALG: dict[str, Rule] = {
    "cholesky": ops.cholesky,
    "det": ops.det,
    "eigh": _eigh,
    "inv": ops.inv,
    "norm": _norm,
    "pinv": ops.pinv,
    "slogdet": lambda a: (ops.det_sign(a), ops.logabsdet(a)),
    "solve": ops.solve,
    "svd": _svd,
}

_SPECIAL: dict[str, Rule] = {
    "beta": _tensors(special.beta, 2),
    "betainc": _parametrised(special.betainc),
    "betaln": _tensors(special.betaln, 2),
    "erf": ops.erf,
    "erfc": ops.erfc,
    "erfcinv": ops.erfcinv,
    "erfinv": ops.erfinv,
    "expit": ops.sigmoid,
    "gamma": ops.gamma,
    "gammainc": _parametrised(special.gammainc),
    "gammaincc": _parametrised(special.gammaincc),
    "gammaln": ops.gammaln,
    "i0": ops.i0,
    "i1": ops.i1,
    "iv": _of_order(special.iv),
    "ive": _of_order(special.ive),
    "j0": ops.j0,
    "j1": ops.j1,
    "jv": _of_order(special.jn),
    "logit": ops.logit,
    "logsumexp": _logsumexp,
    "multigammaln": special.multigammaln,
    "polygamma": _of_order(_polygamma),
    "psi": ops.digamma,
    "rgamma": ops.rgamma,
    "y0": ops.y0,
    "y1": ops.y1,
    "yn": _of_order(special.yn),
}

_NORMAL: dict[str, Rule] = {
    "cdf": _standardised(ops.ndtr),
    "logcdf": _standardised(ops.log_ndtr),
    "logpdf": _standardised(_log_density, density=True, log=True),
    "logsf": _standardised(lambda z: ops.log_ndtr(ops.negative(z))),
    "pdf": _standardised(lambda z: ops.exp(_log_density(z)), density=True),
    "sf": _standardised(lambda z: ops.ndtr(ops.negative(z))),
}

PRIMITIVES: dict[str, Rule] = {
    **{f"numpy.{name}": rule for name, rule in _NUMPY.items()},
    **{f"numpy.linalg.{name}": rule for name, rule in _LINALG.items()},
    **{f"scipy.special.{name}": rule for name, rule in _SPECIAL.items()},
    **{f"scipy.stats.norm.{name}": rule for name, rule in _NORMAL.items()},
    "scipy.linalg.solve_triangular": _solve_triangular,
    "scipy.linalg.sqrtm": lambda a: ops.sqrtm(a),
    "autograd.__getitem__": getitem,
    "autograd._array_from_scalar_or_array": _copied,
    "autograd.array_from_args": _array,
    "autograd.concatenate_args": _concatenate,
    "autograd.container_take": lambda container, place: container[place],
}
