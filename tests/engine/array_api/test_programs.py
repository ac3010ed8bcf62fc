"""Programs that know nothing of this engine, only the standard, run and are differentiated."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

import gradproof.engine as engine


def namespace_of(x):
    return x.__array_namespace__(api_version="2024.12")


def softmax(x, axis=-1):
    xp = namespace_of(x)
    powers = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return powers / xp.sum(powers, axis=axis, keepdims=True)


def layer_norm(x, weight, bias, eps=1e-5):
    xp = namespace_of(x)
    deviations = x - xp.mean(x, axis=-1, keepdims=True)
    return deviations / xp.sqrt(xp.var(x, axis=-1, keepdims=True) + eps) * weight + bias


def newton_root(x, steps=6):
    """Return the cube root by Newton's method."""
    xp = namespace_of(x)
    root = xp.ones_like(x)
    for _ in range(steps):
        root = root - (xp.pow(root, 3) - x) / (3 * xp.square(root))
    return root


def minimum_of_quadratic(a, b):
    """Return the minimum of ``x a x / 2 - b x``."""
    xp = namespace_of(a)
    x = xp.linalg.solve(a, b)
    return xp.vecdot(x, xp.matmul(a, x)) / 2 - xp.vecdot(b, x)


def test_softmax_has_the_gradient_of_the_textbook():
    values = np.array([[1.0, -2.0, 0.5], [100.0, 101.0, 99.0]])
    x = engine.tensor(values, requires_grad=True)
    softmax(x)[:, 0].sum().backward()
    shares = np.exp(values - values.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(x.grad.numpy(), shares[:, :1] * (np.eye(3)[0] - shares), rtol=1e-13)


def test_layer_norm_agrees_with_the_function_of_the_engine():
    values = np.random.default_rng(0).normal(size=(3, 5))
    weight, bias = np.linspace(0.5, 1.5, 5), np.linspace(-1.0, 1.0, 5)
    ours, theirs = ([engine.tensor(v, requires_grad=True) for v in (values, weight, bias)] for _ in range(2))
    cotangent = engine.tensor(np.cos(np.arange(15.0)).reshape(3, 5))
    layer_norm(*ours).backward(cotangent)
    engine.nn.functional.layer_norm(theirs[0], (5,), theirs[1], theirs[2]).backward(cotangent)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one.grad.numpy(), other.grad.numpy(), rtol=1e-11, atol=1e-13)


def test_the_derivative_of_newtons_iteration_is_that_of_the_root():
    x = engine.tensor([0.5, 2.0, 8.0], dtype=engine.float64, requires_grad=True)
    root = newton_root(x, steps=10)
    root.sum().backward()
    np.testing.assert_allclose(root.detach().numpy(), np.cbrt([0.5, 2.0, 8.0]), rtol=1e-14)
    np.testing.assert_allclose(x.grad.numpy(), np.cbrt([0.5, 2.0, 8.0]) ** -2 / 3, rtol=1e-12)


def test_the_derivative_of_a_minimum_is_minus_the_place_where_it_is():
    a = np.array([[3.0, 1.0], [1.0, 2.0]])
    b = engine.tensor([1.0, -2.0], dtype=engine.float64, requires_grad=True)
    minimum_of_quadratic(engine.tensor(a), b).backward()
    np.testing.assert_allclose(b.grad.numpy(), -np.linalg.solve(a, [1.0, -2.0]), rtol=1e-14)


@pytest.mark.parametrize("program", [softmax, newton_root])
def test_the_same_program_gives_the_same_values_in_the_reference_library(strict, program):
    values = np.array([[0.5, 2.0, 1.0], [3.0, 0.25, 1.5]])
    expected = np.asarray(program(strict.asarray(values))._array)
    np.testing.assert_allclose(program(engine.tensor(values)).numpy(), expected, rtol=1e-14)


#: SciPy asks arrays for their namespace where the environment says so when it is imported. Its log_softmax writes into
#: a maximum that the backward needs, which is refused as in PyTorch.
SCIPY = """
import json
import scipy.integrate, scipy.optimize, scipy.special, scipy.stats
import gradproof.engine as engine

def derivative(function, *values):
    tensors = [engine.tensor(each, dtype=engine.float64, requires_grad=True) for each in values]
    result = function(*tensors)
    assert isinstance(result, engine.Tensor), type(result)
    result.sum().backward()
    return result.tolist(), [each.grad.tolist() for each in tensors]

x, y = [0.5, -1.0, 2.0], [0.2, 1.0, 3.0]
print(json.dumps({
    "logsumexp": derivative(scipy.special.logsumexp, x),
    "softmax": derivative(lambda x: scipy.special.softmax(x)[0], x),
    "gmean": derivative(scipy.stats.gmean, y),
    "hmean": derivative(scipy.stats.hmean, y),
    "moment": derivative(lambda y: scipy.stats.moment(y, 2), y),
    "trapezoid": derivative(scipy.integrate.trapezoid, x, y),
    "rosen": derivative(scipy.optimize.rosen, x),
    "rosen_der": derivative(lambda x: scipy.optimize.rosen_der(x)[0], x),
}))
"""


@pytest.fixture(scope="module")
def scipys():
    """The values and derivatives of functions of SciPy."""
    environment = {**os.environ, "SCIPY_ARRAY_API": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run([sys.executable, "-c", SCIPY], env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def expected_of_scipy():
    """Return values and derivatives from the textbook."""
    x, y = np.array([0.5, -1.0, 2.0]), np.array([0.2, 1.0, 3.0])
    shares = np.exp(x) / np.exp(x).sum()
    geometric, harmonic = np.prod(y) ** (1 / 3), 3 / np.sum(1 / y)
    steps = np.diff(y)
    slopes = [-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 0, 200 * (x[2] - x[1] ** 2)]
    slopes[1] = 200 * (x[1] - x[0] ** 2) - 400 * x[1] * (x[2] - x[1] ** 2) - 2 * (1 - x[1])
    return {
        "logsumexp": (np.log(np.exp(x).sum()), [shares]),
        "softmax": (shares[0], [shares[0] * (np.eye(3)[0] - shares)]),
        "gmean": (geometric, [geometric / (3 * y)]),
        "hmean": (harmonic, [harmonic**2 / (3 * y**2)]),
        "moment": (np.var(y), [2 / 3 * (y - y.mean())]),
        "trapezoid": (
            np.sum(steps * (x[1:] + x[:-1]) / 2),
            [[steps[0] / 2, steps.sum() / 2, steps[1] / 2], [-(x[0] + x[1]) / 2, (x[0] - x[2]) / 2, (x[1] + x[2]) / 2]],
        ),
        "rosen": (np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2), [slopes]),
        "rosen_der": (slopes[0], [[1200 * x[0] ** 2 - 400 * x[1] + 2, -400 * x[0], 0.0]]),
    }


@pytest.mark.parametrize("name", expected_of_scipy())
def test_functions_of_scipy_are_differentiated(scipys, name):
    value, derivatives = expected_of_scipy()[name]
    np.testing.assert_allclose(scipys[name][0], value, rtol=1e-13)
    np.testing.assert_allclose(scipys[name][1], derivatives, rtol=1e-12, atol=1e-13)
