"""Every function of NumPy and SciPy that is traced, beside itself: a graph is played where it was not traced."""

import functools

import numpy as np
import pytest
import scipy.special as sp

from gradproof import trace
from gradproof.engine.numpy_api import TracedArray, functions, ufuncs
from gradproof.verify.targets.engine import EngineTarget

UNARY = [
    "absolute", "arctan", "arcsinh", "cbrt", "ceil", "conjugate", "cos", "cosh", "deg2rad", "degrees", "exp", "exp2",
    "expm1", "fabs", "floor", "isfinite", "isinf", "isnan", "negative", "positive", "rad2deg", "radians", "reciprocal",
    "rint", "sign", "signbit", "sin", "sinh", "square", "tan", "tanh", "trunc", "logical_not",
]  # fmt: skip
POSITIVE = ["log", "log10", "log1p", "log2", "sqrt"]
INSIDE = ["arccos", "arcsin", "arctanh"]
BINARY = [
    "add", "arctan2", "copysign", "divide", "equal", "fmax", "fmin", "fmod", "greater", "greater_equal", "heaviside",
    "hypot", "less", "less_equal", "logaddexp", "logaddexp2", "logical_and", "logical_or", "logical_xor", "maximum",
    "minimum", "multiply", "not_equal", "remainder", "subtract", "vecdot",
]  # fmt: skip
BITS = ["bitwise_and", "bitwise_or", "bitwise_xor"]
WHOLE = ["left_shift", "right_shift"]


def applied(names, use, module=np):
    """Return an example for each name: what ``use`` does with the function and two arrays."""
    return {name: functools.partial(use, getattr(module, name)) for name in names}


NUMPY = {
    **applied(UNARY, lambda f, x, y: f(x)),
    **applied(POSITIVE, lambda f, x, y: f(np.abs(x) + 0.1)),
    **applied(INSIDE, lambda f, x, y: f(np.tanh(x))),
    **applied(BINARY, lambda f, x, y: f(x, y)),
    **applied(BITS, lambda f, x, y: np.where(f(x > 0.0, y > 0.0), x, y)),
    **applied(WHOLE, lambda f, x, y: x * f(np.arange(4), 1)),
    "arccosh": lambda x, y: np.arccosh(np.abs(x) + 1.5),
    "float_power": lambda x, y: np.float_power(np.abs(x) + 0.5, y),
    "floor_divide": lambda x, y: x // y,
    "invert": lambda x, y: np.where(~(x > 0.0), x, y),
    "matmul": lambda x, y: x @ y.T,
    "matvec": lambda x, y: np.matvec(x, y[0]),
    "power": lambda x, y: (np.abs(x) + 0.5) ** y,
    "vecmat": lambda x, y: np.vecmat(x[:, 0], y),
}

PLAIN = [
    "erf", "erfc", "erfcx", "exp2", "expit", "expm1", "i0", "i0e", "i1", "i1e", "j0", "j1", "log_expit", "log_ndtr",
    "ndtr",
]  # fmt: skip
SCIPY = {
    "beta": lambda x, y: sp.beta(np.abs(x) + 0.5, np.abs(y) + 0.5),
    "betainc": lambda x, y: sp.betainc(1.5, 2.5, sp.expit(x)),
    "betaln": lambda x, y: sp.betaln(np.abs(x) + 0.5, np.abs(y) + 0.5),
    "digamma": lambda x, y: sp.digamma(np.abs(x) + 0.5),
    "entr": lambda x, y: sp.entr(np.abs(x)),
    "erfcinv": lambda x, y: sp.erfcinv(2.0 * sp.expit(x)),
    "erfinv": lambda x, y: sp.erfinv(np.tanh(x)),
    "gamma": lambda x, y: sp.gamma(np.abs(x) + 0.5),
    "gammainc": lambda x, y: sp.gammainc(1.5, np.abs(x) + 0.5),
    "gammaincc": lambda x, y: sp.gammaincc(1.5, np.abs(x) + 0.5),
    "gammaln": lambda x, y: sp.gammaln(np.abs(x) + 0.5),
    "kl_div": lambda x, y: sp.kl_div(np.abs(x) + 0.5, np.abs(y) + 0.5),
    "log1p": lambda x, y: sp.log1p(np.abs(x)),
    "logit": lambda x, y: sp.logit(sp.expit(x)),
    "ndtri": lambda x, y: sp.ndtri(sp.expit(x)),
    "psi": lambda x, y: sp.psi(np.abs(x) + 0.5),
    "rel_entr": lambda x, y: sp.rel_entr(np.abs(x) + 0.5, np.abs(y) + 0.5),
    "rgamma": lambda x, y: sp.rgamma(np.abs(x) + 0.5),
    "xlog1py": lambda x, y: sp.xlog1py(x, np.abs(y)),
    "xlogy": lambda x, y: sp.xlogy(x, np.abs(y) + 0.1),
    "y0": lambda x, y: sp.y0(np.abs(x) + 0.5),
    "y1": lambda x, y: sp.y1(np.abs(x) + 0.5),
    **applied(PLAIN, lambda f, x, y: f(x), sp),
}


def square(x):
    """A matrix far from singular, and positive definite."""
    return x.T @ x + 3.0 * np.eye(4)


FUNCTIONS = {
    "all": lambda x, y: np.where(np.all(x > -0.5, axis=0), x[0], y[0]),
    "amax": lambda x, y: np.amax(x, axis=1),
    "amin": lambda x, y: np.amin(x, axis=(0, 1), keepdims=True),
    "any": lambda x, y: np.where(np.any(x > 0.5, axis=0), x[0], y[0]),
    "append": lambda x, y: np.append(x, y),
    "around": lambda x, y: np.around(x),
    "array_split": lambda x, y: np.array_split(x, 2, axis=1)[1],
    "astype": lambda x, y: np.astype(x, np.float32),
    "atleast_1d": lambda x, y: np.atleast_1d(x[0, 0]),
    "atleast_2d": lambda x, y: np.atleast_2d(x[0]),
    "atleast_3d": lambda x, y: np.atleast_3d(x),
    "average": lambda x, y: np.average(x, axis=1, weights=np.arange(1.0, 5.0)),
    "broadcast_arrays": lambda x, y: np.broadcast_arrays(x, y[0])[1],
    "broadcast_to": lambda x, y: np.broadcast_to(x[0], (2, 4)),
    "clip": lambda x, y: np.clip(x, -0.5, y),
    "column_stack": lambda x, y: np.column_stack((x, y[:, 0])),
    "concatenate": lambda x, y: np.concatenate([x, y, np.ones((3, 1))], axis=1),
    "convolve": lambda x, y: np.convolve(x[0], y[0, :3], mode="same"),
    "copy": lambda x, y: np.copy(x),
    "count_nonzero": lambda x, y: np.count_nonzero(x > 0.0, axis=0) * x,
    "cross": lambda x, y: np.cross(x[:, :3], y[:, :3]),
    "cumprod": lambda x, y: np.cumprod(x, axis=1),
    "cumsum": lambda x, y: np.cumsum(x),
    "diag": lambda x, y: np.diag(np.diag(x @ y.T), 1),
    "diagonal": lambda x, y: np.diagonal(x, 1),
    "diff": lambda x, y: np.diff(x, axis=0),
    "dot": lambda x, y: np.dot(x, y.T),
    "dsplit": lambda x, y: np.dsplit(x.reshape(1, 3, 4), 2)[1],
    "dstack": lambda x, y: np.dstack((x, y)),
    "einsum": lambda x, y: np.einsum("ij,kj->ik", x, y),
    "empty_like": lambda x, y: np.empty_like(x) * 0.0 + x,
    "expand_dims": lambda x, y: np.expand_dims(x, (0, 2)),
    "flip": lambda x, y: np.flip(x, 1),
    "fliplr": lambda x, y: np.fliplr(x),
    "flipud": lambda x, y: np.flipud(x),
    "full_like": lambda x, y: np.full_like(x, y[0, 0]),
    "gradient": lambda x, y: np.gradient(x, 0.5, axis=1),
    "hsplit": lambda x, y: np.hsplit(x, 2)[1],
    "hstack": lambda x, y: np.hstack((x, y)),
    "i0": lambda x, y: np.i0(x),
    "imag": lambda x, y: np.imag(x) + x,
    "inner": lambda x, y: np.inner(x, y),
    "kron": lambda x, y: np.kron(x, y),
    "linalg.cholesky": lambda x, y: np.linalg.cholesky(square(x)),
    "linalg.det": lambda x, y: np.linalg.det(square(x)),
    "linalg.eigh": lambda x, y: np.linalg.eigh(square(x))[0],
    "linalg.eigvalsh": lambda x, y: np.linalg.eigvalsh(square(x)),
    "linalg.inv": lambda x, y: np.linalg.inv(square(x)),
    "linalg.matrix_power": lambda x, y: np.linalg.matrix_power(square(x), 3),
    "linalg.multi_dot": lambda x, y: np.linalg.multi_dot([x, y.T, x]),
    "linalg.norm": lambda x, y: np.linalg.norm(x) + np.linalg.norm(y, axis=1),
    "linalg.pinv": lambda x, y: np.linalg.pinv(x),
    "linalg.qr": lambda x, y: np.abs(np.linalg.qr(x.T)[1]),
    "linalg.slogdet": lambda x, y: np.linalg.slogdet(square(x))[1],
    "linalg.solve": lambda x, y: np.linalg.solve(square(x), y.T),
    "linalg.svd": lambda x, y: np.linalg.svd(x, full_matrices=False)[1],
    "linalg.svdvals": lambda x, y: np.linalg.svdvals(x),
    "max": lambda x, y: np.max(x),
    "mean": lambda x, y: np.mean(x, axis=0),
    "median": lambda x, y: np.median(x, axis=1),
    "meshgrid": lambda x, y: np.meshgrid(x[0], y[0])[1],
    "min": lambda x, y: np.min(x, axis=-1),
    "moveaxis": lambda x, y: np.moveaxis(x, 0, 1),
    "nan_to_num": lambda x, y: np.nan_to_num(x),
    "nansum": lambda x, y: np.nansum(x, axis=0),
    "ndim": lambda x, y: x * np.ndim(x),
    "ones_like": lambda x, y: np.ones_like(x) + x,
    "outer": lambda x, y: np.outer(x[0], y[0]),
    "pad": lambda x, y: np.pad(np.pad(x, ((1, 0), (2, 1))), 1, mode="edge"),
    "percentile": lambda x, y: np.percentile(x, 30.0, axis=1),
    "prod": lambda x, y: np.prod(x, axis=0),
    "ptp": lambda x, y: np.ptp(x, axis=1),
    "quantile": lambda x, y: np.quantile(x, 0.3),
    "ravel": lambda x, y: np.ravel(x),
    "real": lambda x, y: np.real(x),
    "repeat": lambda x, y: np.repeat(x, 2, axis=1),
    "reshape": lambda x, y: np.reshape(x, (2, -1)),
    "roll": lambda x, y: np.roll(x, 1, axis=0),
    "rollaxis": lambda x, y: np.rollaxis(x, 1),
    "rot90": lambda x, y: np.rot90(x),
    "round": lambda x, y: np.round(x),
    "shape": lambda x, y: x * np.shape(x)[1],
    "sinc": lambda x, y: np.sinc(x),
    "size": lambda x, y: x * np.size(x, 0),
    "sort": lambda x, y: np.sort(x, axis=0),
    "split": lambda x, y: np.split(x, [1, 3], axis=1)[1],
    "squeeze": lambda x, y: np.squeeze(x[:1]),
    "stack": lambda x, y: np.stack([x, y], axis=1),
    "std": lambda x, y: np.std(x, axis=0, ddof=1),
    "sum": lambda x, y: np.sum(x > 0.0) + np.sum(x, axis=1),
    "swapaxes": lambda x, y: np.swapaxes(x, 0, 1),
    "take": lambda x, y: np.take(x, [2, 0, 2], axis=1),
    "take_along_axis": lambda x, y: np.take_along_axis(x, np.array([[1, 0, 3, 2]]), axis=1),
    "tensordot": lambda x, y: np.tensordot(x, y, axes=([1], [1])),
    "tile": lambda x, y: np.tile(x, (2, 1)),
    "trace": lambda x, y: np.trace(x, 1),
    "transpose": lambda x, y: np.transpose(x),
    "trapezoid": lambda x, y: np.trapezoid(x, dx=0.5),
    "tril": lambda x, y: np.tril(x, -1),
    "triu": lambda x, y: np.triu(x, 1),
    "unstack": lambda x, y: np.unstack(x)[1],
    "var": lambda x, y: np.var(x, axis=1),
    "vdot": lambda x, y: np.vdot(x, y),
    "vsplit": lambda x, y: np.vsplit(x, [1])[1],
    "vstack": lambda x, y: np.vstack((x, y[0])),
    "where": lambda x, y: np.where(x > y, x, 0.0),
    "zeros_like": lambda x, y: np.zeros_like(x) + y,
}
#: What depends on the order of values is refused.
REFUSED = {"argmax", "argmin", "argsort", "nonzero", "searchsorted"}

METHODS = {
    "all": lambda x, y: np.where((x > -9.0).all(), x, y),
    "any": lambda x, y: np.where((x > 0.0).any(axis=0), x, y),
    "astype": lambda x, y: x.astype(np.float32),
    "clip": lambda x, y: x.clip(-0.5, 0.5),
    "copy": lambda x, y: x.copy(),
    "cumsum": lambda x, y: x.cumsum(axis=0),
    "cumprod": lambda x, y: x.cumprod(1),
    "diagonal": lambda x, y: x.diagonal(),
    "dot": lambda x, y: x.dot(y.T),
    "flatten": lambda x, y: x.flatten(),
    "getitem": lambda x, y: x[::-1, [0, 2]] + x[1, ..., None][:2].sum(),
    "in place": lambda x, y: changed(x),
    "max": lambda x, y: x.max(axis=0),
    "mean": lambda x, y: x.mean(axis=0, keepdims=True),
    "min": lambda x, y: x.min(),
    "prod": lambda x, y: x.prod(axis=1),
    "ravel": lambda x, y: x.ravel(),
    "repeat": lambda x, y: x.repeat(2),
    "reshape": lambda x, y: x.reshape(4, 3) + x.reshape((4, -1)),
    "round": lambda x, y: x.round(),
    "shape": lambda x, y: x * x.shape[0] * x.size * x.ndim,
    "sort": lambda x, y: np.sort(x),
    "squeeze": lambda x, y: x[:1].squeeze(0),
    "std": lambda x, y: x.std(ddof=1),
    "sum": lambda x, y: x.sum(axis=-1),
    "swapaxes": lambda x, y: x.swapaxes(0, 1),
    "T": lambda x, y: x.T @ y,
    "take": lambda x, y: x.take([0, 5]),
    "trace": lambda x, y: x.trace(),
    "transpose": lambda x, y: x.transpose() + x.transpose(1, 0) + x.transpose((1, 0)),
    "var": lambda x, y: x.var(axis=0),
    "reduce": lambda x, y: np.add.reduce(x) + np.multiply.reduce(x) + np.maximum.reduce(x) + np.minimum.reduce(x),
    "reduce by logaddexp": lambda x, y: np.logaddexp.reduce(x, axis=1),
    "reduce truth": lambda x, y: np.where(np.logical_and.reduce(x > -1.0) & np.logical_or.reduce(x > 1.0), x, y),
    "accumulate": lambda x, y: np.add.accumulate(x) + np.multiply.accumulate(x, axis=1),
    "accumulate extremes": lambda x, y: np.maximum.accumulate(x) + np.minimum.accumulate(x),
    "outer": lambda x, y: np.subtract.outer(x[0], y[0]),
}


def changed(x):
    z = np.zeros_like(x)
    z[0] = x[1]
    z[1:, ::2] += x[1:, ::2] ** 2
    z *= 3
    return z


def check(function, dtype):
    random = np.random.default_rng(1)
    first, second = (random.standard_normal((2, 3, 4)).astype(dtype) for _ in range(2))
    graph = trace(function, *first, like=TracedArray)
    constants = [each.value for each in graph.inputs[2:]]
    with np.errstate(all="ignore"):
        (found,) = (EngineTarget().forward(graph, [*second, *constants])[output] for output in graph.outputs)
        expected = np.asarray(function(*second))
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    unit = np.finfo(dtype).eps
    scale = np.max(np.abs(expected), initial=0.0)
    np.testing.assert_allclose(found, expected, rtol=64 * unit, atol=64 * unit * scale)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", NUMPY)
def test_a_universal_function_of_numpy(name, dtype):
    check(NUMPY[name], dtype)


@pytest.mark.parametrize("name", SCIPY)
def test_a_universal_function_of_scipy(name):
    check(SCIPY[name], "float64")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_of_numpy(name, dtype):
    check(FUNCTIONS[name], dtype)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_or_an_operator(name):
    check(METHODS[name], "float64")


def test_every_row_of_the_tables_has_an_example():
    assert NUMPY.keys() == ufuncs.NUMPY.keys()
    assert SCIPY.keys() == ufuncs.SCIPY.keys()
    assert FUNCTIONS.keys() | REFUSED == functions.FUNCTIONS.keys()
