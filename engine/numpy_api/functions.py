"""NumPy's functions of traced arrays, by name, with NumPy's signatures as far as they are traced."""

# ruff: noqa: A001, D103 - the functions are NumPy's, and documented there
from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradproof.errors import GradproofError, TraceError

from .. import linalg, ops, truth
from ..dispatch import is_traced
from ..functions import contraction, differences, einsum, ranking, rearrangement, reordering, splitting, vector_product
from ..shapes import normalise_axes
from ..variable import Variable
from . import decompositions, ufuncs
from .refusals import refuse
from .ufuncs import floating, to_dtype, wrapped

Axis = int | tuple[int, ...] | None


def apply(function: Callable[..., Any], args: Sequence[Any], how: dict[str, Any], like: Variable) -> Any:
    """Return what one of NumPy's functions gives; ``like`` is a traced array of the class to return.

    Raises ``TraceError`` for a function, or an option of one, that is not traced.
    """
    module = function.__module__.removeprefix("numpy").removeprefix(".")
    name = f"{module}.{function.__name__}" if module == "linalg" else function.__name__
    known = FUNCTIONS.get(name)
    if known is None:
        return _of_data(f"numpy.{name}", function, args, how, "write it with other functions")
    given = {key: value for key, value in how.items() if value is not np._NoValue}
    if given.pop("out", None) is not None:
        refuse(f"numpy.{name} writing into an array", "give the result a name of its own")
    try:
        return known(
            *(_traced(each, like) for each in args), **{key: _traced(each, like) for key, each in given.items()}
        )
    except GradproofError:
        raise
    except TypeError as error:
        raise TraceError(f"numpy.{name} is not traced as it is called here: {error}") from error


def _of_data(name: str, function: Callable[..., Any], args: Sequence[Any], how: dict[str, Any], instead: str) -> Any:
    """Return what NumPy itself gives where nothing depends on the inputs of the trace. Raises ``TraceError`` else."""
    if is_traced(*_entries(args), *_entries(tuple(how.values()))):
        refuse(name, instead)
    return function(*map(_plain, args), **{key: _plain(value) for key, value in how.items()})


def _entries(value: Any) -> list[Any]:
    return [each for part in value for each in _entries(part)] if isinstance(value, list | tuple) else [value]


def _plain(value: Any) -> Any:
    """Return constants of the trace as ordinary arrays."""
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value.array if isinstance(value, Variable) else value


def _traced(value: Any, like: Variable) -> Any:
    """Return an array as a constant of the trace, and sequences that hold traced arrays with such ones."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        return wrapped(value, like)
    if isinstance(value, list | tuple) and builtins.any(isinstance(each, Variable) for each in value):
        return type(value)(wrapped(each, like) for each in value)
    return value


def _in(x: Any, dtype: Any) -> Any:
    return x if dtype is None else to_dtype(x, np.dtype(dtype))


def _same(*xs: Any) -> list[Any]:
    """Return arrays in the dtype that they are promoted to."""
    first = next(x for x in xs if isinstance(x, Variable))
    arrays = [wrapped(x, first) for x in xs]
    dtype = np.result_type(*(x.array.dtype for x in arrays))
    return [to_dtype(x, dtype) for x in arrays]


# --- reductions


def sum(a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return ops.sum(_summed(a, dtype), axis=axis, keepdims=keepdims)


def prod(a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return ops.prod(_summed(a, dtype), axis=axis, keepdims=keepdims)


def _summed(a: Any, dtype: Any) -> Any:
    """Return what is summed: integers and truth values in int64."""
    return _in(a, dtype or (None if a.array.dtype.kind == "f" else np.int64))


def mean(a: Any, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Any:
    return ops.mean(floating(_in(a, dtype)), axis=axis, keepdims=keepdims)


def var(
    a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, correction: Any = None
) -> Any:
    lost = ddof if correction is None else correction
    return ops.var(floating(_in(a, dtype)), axis=axis, correction=float(lost), keepdims=keepdims)


def std(
    a: Any, axis: Axis = None, dtype: Any = None, ddof: float = 0, keepdims: bool = False, correction: Any = None
) -> Any:
    lost = ddof if correction is None else correction
    return ops.std(floating(_in(a, dtype)), axis=axis, correction=float(lost), keepdims=keepdims)


def max(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return ops.amax(a, axis=axis, keepdims=keepdims)


def min(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return ops.amin(a, axis=axis, keepdims=keepdims)


def ptp(a: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return ops.subtract(max(a, axis, keepdims), min(a, axis, keepdims))


def cumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return _running(ops.cumulative_sum, _summed(a, dtype), axis)


def cumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return _running(ops.cumulative_prod, _summed(a, dtype), axis)


def _running(op: Callable[..., Any], a: Any, axis: int | None) -> Any:
    return op(ravel(a), axis=0) if axis is None else op(a, axis=axis)


def average(a: Any, axis: Axis = None, weights: Any = None, keepdims: bool = False) -> Any:
    if weights is None:
        return mean(a, axis, keepdims=keepdims)
    a, w = _same(floating(a) if isinstance(a, Variable) else a, weights)
    if w.array.shape != a.array.shape and isinstance(axis, int):
        w = ops.reshape(w, shape=tuple(-1 if i == axis % a.array.ndim else 1 for i in range(a.array.ndim)))
    w = ops.broadcast_to(w, shape=a.array.shape)
    total = ops.sum(ops.multiply(a, w), axis=axis, keepdims=keepdims)
    return ops.divide(total, ops.sum(w, axis=axis, keepdims=keepdims))


def median(a: Any, axis: int | None = None, keepdims: bool = False) -> Any:
    return quantile(a, 0.5, axis, keepdims=keepdims)


def quantile(a: Any, q: Any, axis: int | None = None, *, method: str = "linear", keepdims: bool = False) -> Any:
    return ranking.quantile(floating(a), q, axis, keepdims, interpolation=method)


def percentile(a: Any, q: Any, axis: int | None = None, *, method: str = "linear", keepdims: bool = False) -> Any:
    return quantile(a, np.divide(q, 100.0), axis, method=method, keepdims=keepdims)


def count_nonzero(a: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    held = truth.logical_not(truth.logical_not(a))
    return ops.sum(ops.where(held, wrapped(1.0, a), wrapped(0.0, a)), axis=axis, keepdims=keepdims)


# --- shapes and places


def reshape(a: Any, shape: Any, order: str = "C") -> Any:
    _rows_first(order)
    return ops.reshape(a, shape=(shape,) if isinstance(shape, int) else tuple(shape))


def ravel(a: Any, order: str = "C") -> Any:
    _rows_first(order)
    return ops.reshape(a, shape=(-1,))


def _rows_first(order: str) -> None:
    if order not in ("C", "K", "A"):
        refuse(f"the order {order!r}", "transpose the array")


def transpose(a: Any, axes: Any = None) -> Any:
    n = a.array.ndim
    return ops.permute_dims(a, axes=tuple(range(n))[::-1] if axes is None else normalise_axes(tuple(axes), n))


def squeeze(a: Any, axis: Axis = None) -> Any:
    return ops.squeeze(a, axis=axis)


def expand_dims(a: Any, axis: Axis) -> Any:
    places = (axis,) if isinstance(axis, int) else tuple(axis or ())
    rest, total = iter(a.array.shape), a.array.ndim + len(places)
    new = normalise_axes(places, total)
    return ops.reshape(a, shape=tuple(1 if i in new else next(rest) for i in range(total)))


def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    return ops.repeat(ravel(a), repeats=repeats, axis=0) if axis is None else ops.repeat(a, repeats=repeats, axis=axis)


def tile(A: Any, reps: Any) -> Any:  # noqa: N803 - NumPy's name
    return ops.tile(A, repetitions=(reps,) if isinstance(reps, int) else tuple(reps))


def concatenate(arrays: Sequence[Any], axis: int | None = 0, dtype: Any = None) -> Any:
    parts = [_in(each, dtype) for each in _same(*arrays)]
    return ops.concat(*map(ravel, parts), axis=0) if axis is None else ops.concat(*parts, axis=axis)


def stack(arrays: Sequence[Any], axis: int = 0, dtype: Any = None) -> Any:
    return ops.stack(*(_in(each, dtype) for each in _same(*arrays)), axis=axis)


def hstack(tup: Sequence[Any], dtype: Any = None) -> Any:
    parts = [atleast_1d(each) for each in _same(*tup)]
    return concatenate(parts, 0 if parts[0].array.ndim == 1 else 1, dtype)


def vstack(tup: Sequence[Any], dtype: Any = None) -> Any:
    return concatenate([atleast_2d(each) for each in _same(*tup)], 0, dtype)


def column_stack(tup: Sequence[Any]) -> Any:
    return concatenate([expand_dims(x, 1) if x.array.ndim < 2 else x for x in map(atleast_1d, _same(*tup))], 1)


def dstack(tup: Sequence[Any]) -> Any:
    return concatenate([rearrangement.atleast_3d(each) for each in _same(*tup)], 2)


def atleast_1d(*arys: Any) -> Any:
    return _each(rearrangement.atleast_1d, arys)


def atleast_2d(*arys: Any) -> Any:
    return _each(rearrangement.atleast_2d, arys)


def atleast_3d(*arys: Any) -> Any:
    return _each(rearrangement.atleast_3d, arys)


def _each(function: Callable[[Any], Any], arrays: Sequence[Any]) -> Any:
    return function(arrays[0]) if len(arrays) == 1 else [function(each) for each in arrays]


def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    return list(splitting.tensor_split(ary, _places(indices_or_sections), axis))


def _places(value: Any) -> Any:
    """Return places that are constants as plain integers."""
    return value.tolist() if isinstance(value, Variable | np.ndarray) else value  # type: ignore[union-attr]


def flip(m: Any, axis: Axis = None) -> Any:
    return ops.flip(m, axis=axis)


def roll(a: Any, shift: Any, axis: Axis = None) -> Any:
    shifts = (shift,) * len(axis) if isinstance(shift, int) and isinstance(axis, tuple) else shift
    return ops.roll(a, shift=shifts, axis=axis)


def diag(v: Any, k: int = 0) -> Any:
    return ops.diag_embed(v, offset=k, axis1=-2, axis2=-1) if v.array.ndim == 1 else diagonal(v, k)


def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return ops.diagonal(a, offset=offset, axis1=axis1, axis2=axis2)


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return ops.sum(diagonal(a, offset, axis1, axis2), axis=-1)


def pad(array: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0) -> Any:
    if constant_values:
        refuse("numpy.pad with other constants than 0", "add the constant to the margin, or use numpy.concatenate")
    widths = np.broadcast_to(np.asarray(_places(pad_width)), (array.array.ndim, 2)).tolist()
    return ops.pad(array, widths=tuple(map(tuple, widths)), mode=mode)


def take(a: Any, indices: Any, axis: int | None = None) -> Any:
    places = np.asarray(_places(indices))
    return ravel(a)[places] if axis is None else a[(slice(None),) * (axis % a.array.ndim) + (places,)]


def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    places = np.asarray(_places(indices))
    if axis is None:
        return ops.take_along_axis(ravel(arr), wrapped(places, arr), axis=0)
    (along,) = normalise_axes(axis, arr.array.ndim)
    shape = tuple(places.shape[i] if i == along else n for i, n in enumerate(arr.array.shape))
    return ops.take_along_axis(arr, wrapped(np.broadcast_to(places, shape), arr), axis=along)


# --- choices


def where(condition: Any, x: Any, y: Any) -> Any:
    first = next(each for each in (condition, x, y) if isinstance(each, Variable))
    known = [x, y]
    numbers = [type(each) in (bool, int, float) for each in known]
    kinds = [
        wrapped(each, first).array.dtype if not number else each for each, number in zip(known, numbers, strict=True)
    ]
    dtype = np.result_type(*kinds)
    held = wrapped(condition, first)
    if held.array.dtype != np.bool_:
        held = ops.not_equal(held, wrapped(np.zeros((), held.array.dtype), first))
    return ops.where(held, *(to_dtype(wrapped(each, first), dtype) for each in known))


def clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = a_min if min is None else min, a_max if max is None else max
    if low is not None:
        a = ufuncs.apply(np.maximum, "__call__", (a, low), _first(a, low))
    return a if high is None else ufuncs.apply(np.minimum, "__call__", (a, high), _first(a, high))


def _first(*values: Any) -> Any:
    return next(each for each in values if isinstance(each, Variable))


def around(a: Any, decimals: int = 0) -> Any:
    if decimals:
        refuse("rounding to decimals", "scale, use numpy.rint, and scale back")
    return ops.round(a)


def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Any:  # noqa: ARG001
    return ops.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def sort(a: Any, axis: int | None = -1) -> Any:
    return ops.sort(ravel(a), axis=0) if axis is None else ops.sort(a, axis=axis)


def _of_places(name: str) -> Callable[..., Any]:
    """Return a function that tells places of entries, which is known of constants alone."""

    def found(*args: Any, **how: Any) -> Any:
        what = f"numpy.{name}, which depends on the order of traced values,"
        return _of_data(what, getattr(np, name), args, how, "use numpy.where, max, min or sort")

    return found


# --- products


def dot(a: Any, b: Any) -> Any:
    a, b = _same(a, b)
    if not a.array.ndim or not b.array.ndim:
        return ops.multiply(a, b)
    if b.array.ndim < 3:
        return ops.matmul(a, b)
    return contraction.tensordot(a, b, dims=([a.array.ndim - 1], [b.array.ndim - 2]))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = _same(a, b)
    pairs = axes if isinstance(axes, int) else tuple([each] if isinstance(each, int) else list(each) for each in axes)
    return contraction.tensordot(a, b, dims=pairs)


def outer(a: Any, b: Any) -> Any:
    return vector_product.outer(*map(ravel, _same(a, b)))


def inner(a: Any, b: Any) -> Any:
    return contraction.inner(*_same(a, b))


def vdot(a: Any, b: Any) -> Any:
    return ops.matmul(*map(ravel, _same(a, b)))


def kron(a: Any, b: Any) -> Any:
    return contraction.kron(*_same(a, b))


def cross(a: Any, b: Any, axis: int = -1) -> Any:
    return ops.cross(*_same(a, b), axis=axis)


def einsum_(subscripts: str, *operands: Any, optimize: Any = False) -> Any:  # noqa: ARG001 - how, and not what
    return einsum.einsum(subscripts, *_same(*operands))


def convolve(a: Any, v: Any, mode: str = "full") -> Any:
    return ops.convolve(*_same(a, v), mode=mode)


# --- differences


def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    return differences.diff(a, n, axis, prepend, append)


def gradient(f: Any, *varargs: Any, axis: Axis = None, edge_order: int = 1) -> Any:
    if len(varargs) > 1:
        refuse("numpy.gradient with several spacings", "call it for each axis")
    spacing = varargs[0] if varargs else 1
    found = differences.gradient(f, spacing=spacing, dim=axis, edge_order=edge_order)
    return found[0] if len(found) == 1 else found


def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Any:
    return differences.trapezoid(y, x, dx=dx, dim=axis)


# --- matrices


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord is None and axis is None and x.array.ndim > 1:
        found = linalg.vector_norm(ravel(floating(x)))
        return ops.reshape(found, shape=(1,) * x.array.ndim) if keepdims else found
    return linalg.norm(floating(x), ord, axis, keepdims)


def like(value: float) -> Callable[..., Any]:
    """Return a function that makes an array of one value in the shape of another."""

    def filled(a: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None) -> Any:  # noqa: ARG001
        return a.wrap(np.full(a.array.shape if shape is None else shape, value, dtype or a.array.dtype))

    return filled


def full_like(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    value = to_dtype(wrapped(fill_value, a), np.dtype(dtype or a.array.dtype))
    return ops.clone(ops.broadcast_to(value, shape=a.array.shape))


#: By name: the functions of ``numpy`` and, with that in front, of ``numpy.linalg``.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "all": truth.all,
    "amax": max,
    "amin": min,
    "any": truth.any,
    "append": lambda arr, values, axis=None: concatenate((arr, values), axis),
    "argmax": _of_places("argmax"),
    "argmin": _of_places("argmin"),
    "argsort": _of_places("argsort"),
    "around": around,
    "array_split": split,
    "astype": lambda x, dtype: to_dtype(x, np.dtype(dtype)),
    "atleast_1d": atleast_1d,
    "atleast_2d": atleast_2d,
    "atleast_3d": atleast_3d,
    "average": average,
    "broadcast_arrays": lambda *args: rearrangement.broadcast_tensors(*args),
    "broadcast_to": lambda array, shape: ops.broadcast_to(array, shape=tuple(shape)),
    "clip": clip,
    "column_stack": column_stack,
    "concatenate": concatenate,
    "convolve": convolve,
    "copy": lambda a, order="K": ops.clone(a),
    "count_nonzero": count_nonzero,
    "cross": cross,
    "cumprod": cumprod,
    "cumsum": cumsum,
    "diag": diag,
    "diagonal": diagonal,
    "diff": diff,
    "dot": dot,
    "dsplit": lambda ary, parts: split(ary, parts, 2),
    "dstack": dstack,
    "einsum": einsum_,
    "empty_like": like(0.0),
    "expand_dims": expand_dims,
    "flip": flip,
    "fliplr": lambda m: flip(m, 1),
    "flipud": lambda m: flip(m, 0),
    "full_like": full_like,
    "gradient": gradient,
    "hsplit": lambda ary, parts: split(ary, parts, builtins.min(1, ary.array.ndim - 1)),
    "hstack": hstack,
    "i0": ops.i0,
    "imag": lambda val: ops.multiply(val, 0.0),
    "inner": inner,
    "kron": kron,
    "linalg.cholesky": decompositions.cholesky,
    "linalg.det": lambda a: ops.det(floating(a)),
    "linalg.eigh": decompositions.eigh,
    "linalg.eigvalsh": decompositions.eigvalsh,
    "linalg.inv": lambda a: ops.inv(floating(a)),
    "linalg.matrix_power": lambda a, n: linalg.matrix_power(floating(a), n),
    "linalg.multi_dot": lambda arrays: contraction.multi_dot(_same(*arrays)),
    "linalg.norm": norm,
    "linalg.pinv": lambda a: ops.pinv(floating(a)),
    "linalg.qr": decompositions.qr,
    "linalg.slogdet": lambda a: linalg.slogdet(floating(a)),
    "linalg.solve": lambda a, b: linalg.solve(*map(floating, _same(a, b))),
    "linalg.svd": decompositions.svd,
    "linalg.svdvals": lambda x: ops.svdvals(floating(x)),
    "max": max,
    "mean": mean,
    "median": median,
    "meshgrid": lambda *xi, indexing="xy": rearrangement.meshgrid(*xi, indexing=indexing),
    "min": min,
    "moveaxis": lambda a, source, destination: rearrangement.movedim(a, source, destination),
    "nan_to_num": nan_to_num,
    "nansum": lambda a, axis=None, keepdims=False: sum(
        ops.nan_to_num(a, nan=0.0, posinf=np.inf, neginf=-np.inf), axis, None, keepdims
    ),
    "ndim": lambda a: a.array.ndim,
    "nonzero": _of_places("nonzero"),
    "ones_like": like(1.0),
    "outer": outer,
    "pad": pad,
    "percentile": percentile,
    "prod": prod,
    "ptp": ptp,
    "quantile": quantile,
    "ravel": ravel,
    "real": lambda val: val,
    "repeat": repeat,
    "reshape": reshape,
    "roll": roll,
    "rollaxis": lambda a, axis, start=0: rearrangement.movedim(a, axis, start if start <= axis else start - 1),
    "rot90": lambda m, k=1, axes=(0, 1): reordering.rot90(m, k, axes),
    "round": around,
    "searchsorted": _of_places("searchsorted"),
    "shape": lambda a: a.array.shape,
    "sinc": ops.sinc,
    "size": lambda a, axis=None: a.array.size if axis is None else a.array.shape[axis],
    "sort": sort,
    "split": split,
    "squeeze": squeeze,
    "stack": stack,
    "std": std,
    "sum": sum,
    "swapaxes": lambda a, axis1, axis2: ops.swapaxes(a, axis1=axis1, axis2=axis2),
    "take": take,
    "take_along_axis": take_along_axis,
    "tensordot": tensordot,
    "tile": tile,
    "trace": trace,
    "transpose": transpose,
    "trapezoid": trapezoid,
    "tril": lambda m, k=0: ops.tril(m, k=k),
    "triu": lambda m, k=0: ops.triu(m, k=k),
    "unstack": lambda x, axis=0: splitting.unbind(x, axis),
    "var": var,
    "vdot": vdot,
    "vsplit": lambda ary, parts: split(ary, parts, 0),
    "vstack": vstack,
    "where": where,
    "zeros_like": like(0.0),
}

#: Functions of an array that are methods of it too, where the two have one signature, or nearly so.
METHODS: dict[str, Callable[..., Any]] = {
    **FUNCTIONS,
    "reshape": lambda a, *shape, order="C": reshape(a, shape[0] if len(shape) == 1 else shape, order),
    "transpose": lambda a, *axes: transpose(
        a, None if not axes or axes[0] is None else axes[0] if not isinstance(axes[0], int) else axes
    ),
}
