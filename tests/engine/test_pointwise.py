"""Pointwise functions under PyTorch's names: values and slopes against arithmetic of 40 digits, here and on PyTorch."""

import mpmath
import numpy as np
import pytest

import gradproof.engine as engine

mpmath.mp.dps = 40

#: PyTorch's name, the textbook function, and points: numbers, or one tuple of arguments each.
FUNCTIONS = [
    ("tan", mpmath.tan, [0.5, -1.2, 40.0]),
    ("asin", mpmath.asin, [0.5, -0.99, 0.0]),
    ("acos", mpmath.acos, [0.5, -0.99, 0.0]),
    ("sinh", mpmath.sinh, [0.5, -3.0, 0.0]),
    ("cosh", mpmath.cosh, [0.5, -3.0]),
    ("tanh", mpmath.tanh, [0.5, -3.0]),
    ("asinh", mpmath.asinh, [0.5, -30.0]),
    ("acosh", mpmath.acosh, [1.5, 30.0]),
    ("atanh", mpmath.atanh, [0.5, -0.99]),
    ("exp2", lambda x: mpmath.power(2, x), [0.5, -3.0]),
    ("log2", lambda x: mpmath.log(x, 2), [0.5, 3.0]),
    ("log10", mpmath.log10, [0.5, 300.0]),
    ("reciprocal", lambda x: 1 / x, [0.5, -3.0]),
    ("rsqrt", lambda x: 1 / mpmath.sqrt(x), [0.5, 3.0]),
    ("deg2rad", mpmath.radians, [90.0, -1.0]),
    ("rad2deg", mpmath.degrees, [1.0, -0.1]),
]
#: Other names of the same functions.
ALIASES = {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
}
#: Those that are no methods of a tensor: names with a dot, and these.
NO_METHODS = ()


def found(torch, path):
    for name in path.split("."):
        torch = getattr(torch, name)
    return torch


def derivatives(torch, function, point):
    """Return the value at a point, and the slopes by all arguments."""
    args = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in np.atleast_1d(point)]
    y = function(*args)
    return y.item(), [each.item() for each in torch.autograd.grad(y, args)]


def expected(function, point):
    at = [mpmath.mpf(float(x)) for x in np.atleast_1d(point)]
    orders = np.eye(len(at), dtype=int).tolist()
    slopes = [mpmath.diff(function, tuple(at), tuple(order)) for order in orders]
    return float(function(*at)), [float(slope) for slope in slopes]


CASES = [
    pytest.param(name, function, point, id=f"{name}-{point}")
    for name, function, points in FUNCTIONS
    for point in points
]


@pytest.mark.parametrize(("name", "reference", "point"), CASES)
def test_values_and_slopes_are_those_of_the_textbook(torch, name, reference, point):
    value, slopes = expected(reference, point)
    got, got_slopes = derivatives(torch, found(torch, name), point)
    assert got == pytest.approx(value, rel=1e-12, abs=1e-300)
    assert got_slopes == pytest.approx(slopes, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("name", [name for name, _, _ in FUNCTIONS if "." not in name and name not in NO_METHODS])
def test_a_tensor_has_the_function_as_a_method(torch, name):
    point = next(points[0] for other, _, points in FUNCTIONS if other == name)
    x, *others = [torch.tensor(each, dtype=torch.float64) for each in np.atleast_1d(point)]
    assert getattr(x, name)(*others).item() == getattr(torch, name)(x, *others).item()


@pytest.mark.parametrize("alias", ALIASES)
def test_other_names_mean_the_same(torch, alias):
    args = [torch.tensor(1.0)] * (2 if alias.endswith("2") else 1)
    for holder in (torch, torch.Tensor):
        assert getattr(holder, alias)(*args).item() == getattr(holder, ALIASES[alias])(*args).item()


@pytest.mark.parametrize("x", [-27.0, 2.0, 1e-300, -1e300, 5e-324])
def test_the_cube_root_is_real(x):
    exact = mpmath.cbrt(abs(mpmath.mpf(x)))
    value, (slope,) = derivatives(engine, engine.cbrt, x)
    assert value == pytest.approx(float(mpmath.sign(x) * exact), rel=4e-16)
    assert slope == pytest.approx(float(1 / (3 * exact**2)), rel=1e-15)


def test_roots_and_reciprocals_at_the_edges():
    assert engine.cbrt(engine.tensor([0.0, -0.0, np.inf, -np.inf])).tolist() == [0.0, 0.0, np.inf, -np.inf]
    assert engine.reciprocal(engine.tensor([0.0, np.inf])).tolist() == [np.inf, 0.0]
    assert engine.rsqrt(engine.tensor([0.0, np.inf])).tolist() == [np.inf, 0.0]


def test_integers_become_floats():
    for name in ("tan", "sinh", "exp2", "log2", "reciprocal", "rsqrt"):
        assert getattr(engine, name)(engine.tensor([1, 2])).dtype is engine.float32
