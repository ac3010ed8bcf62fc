"""Derivatives flow through the namespace that ``x.__array_namespace__()`` returns: compared with finite differences."""

import inspect
import math

import numpy as np
import pytest

import gradproof.engine as engine

#: Away from all kinks, ties and ends of domains, entries of a matrix of shape (2, 3).
MATRIX = np.array([[0.3, -0.7, 0.55], [-0.25, 0.8, 0.45]])
SQUARE = np.array([[2.0, 0.3, -0.4], [0.1, 1.5, 0.6], [-0.2, 0.7, 3.0]])

POINTWISE = (
    "abs", "acos", "asin", "asinh", "atan", "atanh", "clip", "conj", "cos", "cosh", "exp", "expm1", "log1p", "negative",
    "positive", "real", "reciprocal", "sin", "sinh", "square", "tan", "tanh",
)  # fmt: skip
ABOVE_0 = ("log", "log2", "log10", "sqrt")
STEPS = ("ceil", "floor", "round", "sign", "trunc")
PAIRS = ("add", "atan2", "divide", "hypot", "logaddexp", "maximum", "minimum", "multiply", "remainder", "subtract")

#: What else is differentiable, with a call on a matrix of shape (2, 3).
CALLS = {
    "acosh": lambda xp, x: xp.acosh(x + 3.0),
    "asarray": lambda xp, x: xp.asarray(x, copy=True) * xp.asarray(x),
    "astype": lambda xp, x: xp.astype(x, xp.float64) * xp.astype(x, xp.float64, copy=False),
    "broadcast_arrays": lambda xp, x: math.prod(xp.broadcast_arrays(x, x[0, :], x[:, :1])),
    "broadcast_to": lambda xp, x: xp.broadcast_to(x, (4, 2, 3)) ** 2,
    "concat": lambda xp, x: xp.concat([x, x * x], axis=None),
    "copysign": lambda xp, x: xp.copysign(x, -x * x),
    "cumulative_prod": lambda xp, x: xp.cumulative_prod(x, axis=1, include_initial=True),
    "cumulative_sum": lambda xp, x: xp.cumulative_sum(x * x, axis=0, include_initial=True),
    "diff": lambda xp, x: xp.diff(x * x, prepend=x[:, :1], append=x, n=2),
    "expand_dims": lambda xp, x: xp.expand_dims(x, axis=-1) * x[0, :],
    "flip": lambda xp, x: xp.flip(x) * x,
    "full": lambda xp, x: xp.full((2, 2), x[0, 0], dtype=xp.float64),
    "full_like": lambda xp, x: xp.full_like(x, x[1, 2]) * x,
    "matmul": lambda xp, x: xp.matmul(x, x.mT),
    "matrix_transpose": lambda xp, x: xp.matrix_transpose(x) @ x,
    "max": lambda xp, x: xp.max(x, axis=(0, 1)) * xp.max(x, axis=1, keepdims=True),
    "mean": lambda xp, x: xp.mean(x * x, axis=(0, 1)),
    "meshgrid": lambda xp, x: math.prod(xp.meshgrid(x[0, :], x[1, :])),
    "min": lambda xp, x: xp.min(x, axis=(-2, -1)) * xp.min(x, axis=0),
    "moveaxis": lambda xp, x: xp.moveaxis(x, 0, -1) @ x,
    "permute_dims": lambda xp, x: xp.permute_dims(x, (1, 0)) @ x,
    "pow": lambda xp, x: xp.pow(x * x, 1.5 + x),
    "prod": lambda xp, x: xp.prod(x, axis=(0, 1)) + xp.prod(x, axis=1),
    "repeat": lambda xp, x: xp.repeat(x, xp.asarray([2, 0, 1]), axis=1) ** 2,
    "reshape": lambda xp, x: xp.reshape(x, (3, 2)) @ x,
    "roll": lambda xp, x: xp.roll(x, 1, axis=(0, 1)) * x,
    "sort": lambda xp, x: xp.sort(x, axis=1, descending=True) * x,
    "squeeze": lambda xp, x: xp.squeeze(xp.expand_dims(x, axis=1), 1) * x,
    "stack": lambda xp, x: xp.stack([x, x * x], axis=1),
    "std": lambda xp, x: xp.std(x, axis=1, correction=1),
    "sum": lambda xp, x: xp.sum(x * x, axis=(0, 1)),
    "take": lambda xp, x: xp.take(x, xp.asarray([2, 2, 0]), axis=1) ** 2,
    "take_along_axis": lambda xp, x: xp.take_along_axis(x, xp.asarray([[0, 2], [1, 1]])) ** 2,
    "tensordot": lambda xp, x: xp.tensordot(x, x, axes=((0,), (0,))),
    "tile": lambda xp, x: xp.tile(x, (2, 2)) ** 2,
    "tril": lambda xp, x: xp.tril(x) @ x.mT,
    "triu": lambda xp, x: xp.triu(x, k=1) @ x.mT,
    "unstack": lambda xp, x: math.prod(xp.unstack(x)),
    "var": lambda xp, x: xp.var(x, axis=(0, 1), correction=0.5),
    "vecdot": lambda xp, x: xp.vecdot(x, x[:1, :] * x),
    "where": lambda xp, x: xp.where(x > 0, x * x, -x),
}
#: The extension, with calls on a square matrix.
LINALG = {
    "cholesky": lambda xp, x: xp.linalg.cholesky(x @ x.mT),
    "cross": lambda xp, x: xp.linalg.cross(x, x[:1, :]),
    "det": lambda xp, x: xp.linalg.det(x),
    "diagonal": lambda xp, x: xp.linalg.diagonal(x, offset=1) ** 2,
    "eigh": lambda xp, x: xp.concat(list(xp.linalg.eigh(x @ x.mT)), axis=None),
    "eigvalsh": lambda xp, x: xp.linalg.eigvalsh(x @ x.mT),
    "inv": lambda xp, x: xp.linalg.inv(x),
    "matmul": lambda xp, x: xp.linalg.matmul(x, x),
    "matrix_norm": lambda xp, x: math.prod(xp.linalg.matrix_norm(x, ord=o) for o in ("fro", "nuc", 1, 2, math.inf)),
    "matrix_power": lambda xp, x: xp.linalg.matrix_power(x, -3),
    "matrix_transpose": lambda xp, x: xp.linalg.matrix_transpose(x) @ x,
    "outer": lambda xp, x: xp.linalg.outer(x[0, :], x[1, :]),
    "pinv": lambda xp, x: xp.linalg.pinv(x[:, :2]),
    "qr": lambda xp, x: xp.concat(list(xp.linalg.qr(x[:, :2])), axis=None),
    "slogdet": lambda xp, x: xp.linalg.slogdet(x).logabsdet,
    "solve": lambda xp, x: xp.linalg.solve(x, x[0, :]),
    "svd": lambda xp, x: xp.concat(list(xp.linalg.svd(x[:, :2], full_matrices=False)), axis=None),
    "svdvals": lambda xp, x: xp.linalg.svdvals(x),
    "tensordot": lambda xp, x: xp.linalg.tensordot(x, x, axes=1),
    "trace": lambda xp, x: xp.linalg.trace(x @ x, offset=1),
    "vecdot": lambda xp, x: xp.linalg.vecdot(x, x),
    "vector_norm": lambda xp, x: math.prod(xp.linalg.vector_norm(x, ord=o, axis=0) for o in (2, 1, 3, -2, math.inf)),
}
#: What is made of sizes and numbers, and functions of integers and booleans: nothing to differentiate.
WITHOUT_REALS = {
    "arange", "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift", "bitwise_xor",
    "can_cast", "empty", "empty_like", "eye", "finfo", "from_dlpack", "iinfo", "imag", "isdtype",
    "linspace", "logical_and", "logical_not", "logical_or", "logical_xor", "ones", "ones_like", "result_type", "zeros",
    "zeros_like",
}  # fmt: skip
#: Functions of real numbers that carry no derivative.
WITHOUT_DERIVATIVE = {
    **{name: (lambda xp, x, name=name: getattr(xp, name)(x)) for name in (
        "all", "any", "argmax", "argmin", "argsort", "count_nonzero", "isfinite", "isinf", "isnan", "signbit",
        "unique_values",
    )},
    **{name: (lambda xp, x, name=name: getattr(xp, name)(x, 0.5)) for name in (
        "equal", "floor_divide", "greater", "greater_equal", "less", "less_equal", "nextafter", "not_equal",
    )},
    "nonzero": lambda xp, x: xp.nonzero(x)[0],
    "searchsorted": lambda xp, x: xp.searchsorted(x[0, :], x),
    "unique_all": lambda xp, x: xp.unique_all(x).counts,
    "unique_counts": lambda xp, x: xp.unique_counts(x).values,
    "unique_inverse": lambda xp, x: xp.unique_inverse(x).inverse_indices,
}  # fmt: skip


def weighted(call, values):
    """Return the sum of the entries of a result, each with its own weight."""
    x = engine.tensor(values, requires_grad=True)
    result = call(x.__array_namespace__(), x)
    weights = np.cos(np.arange(1.0, result.numel() + 1.0)).reshape(tuple(result.shape))
    return x, (result * weights).sum()


def slope(call, values, step=1e-3):
    """Return derivatives by central differences of fourth order."""
    found = np.zeros_like(values)
    for place in np.ndindex(values.shape):
        for weight, steps in ((8.0, 1), (-1.0, 2)):
            shift = np.zeros_like(values)
            shift[place] = steps * step
            rise = weighted(call, values + shift)[1].item() - weighted(call, values - shift)[1].item()
            found[place] += weight * rise / (12.0 * step)
    return found


def check(call, values):
    x, total = weighted(call, values)
    total.backward()
    np.testing.assert_allclose(x.grad.numpy(), slope(call, values), rtol=2e-8, atol=2e-9)


@pytest.mark.parametrize("name", POINTWISE)
def test_functions_of_each_entry(name):
    check(lambda xp, x: getattr(xp, name)(x), MATRIX)


@pytest.mark.parametrize("name", ABOVE_0)
def test_functions_of_positive_entries(name):
    check(lambda xp, x: getattr(xp, name)(x), np.abs(MATRIX))


@pytest.mark.parametrize("name", PAIRS)
def test_functions_of_pairs(name):
    check(lambda xp, x: getattr(xp, name)(x, xp.flip(x) + 0.13) + getattr(xp, name)(1.7, x), MATRIX)


@pytest.mark.parametrize("name", CALLS)
def test_functions_of_arrays(name):
    check(CALLS[name], MATRIX)


@pytest.mark.parametrize("name", LINALG)
def test_functions_of_matrices(name):
    check(LINALG[name], SQUARE)


@pytest.mark.parametrize("name", STEPS)
def test_the_derivative_of_a_step_is_0(name):
    x, total = weighted(lambda xp, x: getattr(xp, name)(x), MATRIX)
    total.backward()
    assert not x.grad.numpy().any()


@pytest.mark.parametrize("name", WITHOUT_DERIVATIVE)
def test_places_and_comparisons_carry_no_derivative(xp, name):
    x = engine.tensor(MATRIX, requires_grad=True)
    assert not WITHOUT_DERIVATIVE[name](xp, x).requires_grad


def test_derivatives_of_bounds_go_where_a_bound_takes_the_place_of_an_entry(xp):
    x, low, high = (engine.tensor(v, requires_grad=True) for v in ([-2.0, 0.5, 3.0], [-1.0, 0.0, 0.0], [1.0, 1.0, 2.0]))
    xp.sum(xp.clip(x, low, high) * xp.asarray([2.0, 3.0, 5.0])).backward()
    assert [each.grad.tolist() for each in (x, low, high)] == [[0.0, 3.0, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 5.0]]


def test_entries_that_tie_share_the_derivative_of_an_extreme_over_several_axes(xp):
    x = engine.tensor([[1.0, 3.0], [3.0, 3.0]], requires_grad=True)
    xp.max(x, axis=(0, 1)).backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0.0, 1 / 3], [1 / 3, 1 / 3]], rtol=1e-6)


def test_second_derivatives_flow_too(xp):
    x = engine.tensor([0.5, -0.25], dtype=engine.float64, requires_grad=True)
    (first,) = engine.autograd.grad(xp.sum(xp.sin(x) * x), [x], create_graph=True)
    (second,) = engine.autograd.grad(xp.sum(first), [x])
    values = np.array([0.5, -0.25])
    np.testing.assert_allclose(second.numpy(), 2.0 * np.cos(values) - values * np.sin(values), rtol=1e-14)


def test_every_function_is_differentiated_or_said_to_have_nothing_to_differentiate(xp, strict):
    known = {*POINTWISE, *ABOVE_0, *STEPS, *PAIRS, *CALLS, *WITHOUT_REALS, *WITHOUT_DERIVATIVE}
    there = {n for n in strict.__all__ if inspect.isfunction(getattr(xp, n, None)) and n != "__array_namespace_info__"}
    assert known == there
    assert {*LINALG, "matrix_rank"} == set(strict.linalg.__all__)
