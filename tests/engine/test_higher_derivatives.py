"""Derivatives 1 to 4, by differentiating gradients again, against SymPy's derivatives evaluated by mpmath."""

import functools

import mpmath
import numpy as np
import pytest
import sympy as sp

import gradproof.engine as torch
from gradproof.engine import ops

X = sp.Symbol("x", real=True)
POINTS = (0.0, 0.7, -1.3)
TARGET = 0.3
HIGHEST = 4


def power(exponent):
    return lambda x: ops.pow(x, exponent), X ** sp.Rational(exponent)


def cross_entropy(x):
    target = torch.full_like(x, TARGET)
    return ops.binary_cross_entropy_with_logits(x, target, reduction="none")


#: The op, its textbook definition, and the points at which all its derivatives exist.
FUNCTIONS = {
    "tanh": (ops.tanh, sp.tanh(X), POINTS),
    "sigmoid": (ops.sigmoid, 1 / (1 + sp.exp(-X)), POINTS),
    "softplus": (ops.softplus, sp.log(1 + sp.exp(X)), POINTS),
    "binary_cross_entropy_with_logits": (cross_entropy, sp.log(1 + sp.exp(X)) - sp.Rational(TARGET) * X, POINTS),
    "exp": (ops.exp, sp.exp(X), POINTS),
    "log1p": (ops.log1p, sp.log(1 + X), (0.0, 0.7)),
    "sin": (ops.sin, sp.sin(X), POINTS),
    "erf": (ops.erf, sp.erf(X), POINTS),
    "ndtr": (ops.ndtr, (1 + sp.erf(X / sp.sqrt(2))) / 2, POINTS),
    "gelu": (ops.gelu, X * (1 + sp.erf(X / sp.sqrt(2))) / 2, POINTS),
    "silu": (ops.silu, X / (1 + sp.exp(-X)), POINTS),
    "atan": (ops.atan, sp.atan(X), POINTS),
    "sinc": (ops.sinc, sp.sin(sp.pi * X) / (sp.pi * X), (0.7, -1.3)),
    "hypot": (lambda x: ops.hypot(x, torch.full_like(x, 0.5)), sp.sqrt(X**2 + sp.Rational(1, 4)), POINTS),
    "atan2 by y": (lambda y: ops.atan2(y, torch.full_like(y, 0.5)), sp.atan2(X, sp.Rational(1, 2)), POINTS),
    "atan2 by x": (lambda x: ops.atan2(torch.full_like(x, 0.5), x), sp.atan2(sp.Rational(1, 2), X), POINTS),
    "gammaln": (ops.gammaln, sp.loggamma(X), (0.7, 2.5)),
    "digamma": (ops.digamma, sp.digamma(X), (0.7, 2.5)),
    "polygamma": (lambda x: ops.polygamma(x, n=2), sp.polygamma(2, X), (0.7, 2.5)),
    "pow 0": (*power(0), POINTS),
    "pow 1": (*power(1), POINTS),
    "pow 2": (*power(2), POINTS),
    "pow 3": (*power(3), POINTS),
    "pow 5": (*power(5), POINTS),
    "pow -2": (*power(-2), (0.7, -1.3)),
    "pow 2.5": (*power(2.5), (0.7,)),
}
CASES = [(name, at) for name, (_, _, points) in FUNCTIONS.items() for at in points]


@functools.cache
def truth(name, at):
    """Return derivatives 1 to 4 at a float, to 40 digits and then rounded."""
    with mpmath.workdps(40):
        derivatives = [sp.lambdify(X, sp.diff(FUNCTIONS[name][1], X, n), "mpmath") for n in range(1, HIGHEST + 1)]
        return [float(derivative(mpmath.mpf(at))) for derivative in derivatives]


def derivatives(function, x):
    """Return derivatives 1 to 4 of a function that works entry by entry."""
    found, y = [], function(x)
    for _ in range(HIGHEST):
        (y,) = torch.autograd.grad(y, x, torch.ones_like(y), create_graph=True)
        found.append(y.detach().numpy())
    return found


@pytest.mark.parametrize(("name", "at"), CASES)
def test_derivatives_one_to_four_are_those_of_sympy(name, at):
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    np.testing.assert_allclose(derivatives(FUNCTIONS[name][0], x), truth(name, at), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("x", [0.0, 1e-300, 1e-9, 0.03, 0.3, 0.499])
def test_the_derivatives_of_sinc_around_its_removable_singularity(x):
    """sinc(x) = sum_k (-1)^k (pi x)^(2k) / (2k + 1)!, differentiated term by term in 40 digits."""
    with mpmath.workdps(40):
        expected = [
            float(
                mpmath.nsum(
                    lambda k, n=n: (-1) ** int(k) * mpmath.pi ** (2 * k) / mpmath.factorial(2 * k + 1)
                    * mpmath.ff(2 * k, n) * mpmath.mpf(x) ** max(int(2 * k) - n, 0),
                    [0, 40],
                )
            )
            for n in range(1, HIGHEST + 1)
        ]  # fmt: skip
    at = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    np.testing.assert_allclose(derivatives(ops.sinc, at), expected, rtol=1e-13, atol=1e-300)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_array_has_the_derivatives_of_its_entries(name):
    """Branches are taken entry by entry, not for the array as a whole."""
    function, _, points = FUNCTIONS[name]
    x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
    expected = np.transpose([truth(name, at) for at in points])
    np.testing.assert_allclose(derivatives(function, x), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    ("name", "order", "value"), [("tanh", 3, -2.0), ("sigmoid", 3, -1 / 8), ("softplus", 4, -1 / 8)]
)
@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_the_expansion_around_zero(name, order, value, zero):
    """tanh x = x - x^3/3 + ..., and sigmoid x = 1/2 + x/4 - x^3/48 + ..., the derivative of softplus."""
    x = torch.tensor(zero, dtype=torch.float64, requires_grad=True)
    assert derivatives(FUNCTIONS[name][0], x)[order - 1] == pytest.approx(value, rel=1e-14)


def test_a_zero_beside_a_nan_keeps_its_own_derivative():
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    ct = torch.tensor([float("nan"), 0.0], requires_grad=True)
    (gradient,) = torch.autograd.grad(x.relu(), x, ct, create_graph=True)
    (by_ct,) = torch.autograd.grad(gradient[1], ct)
    assert by_ct.tolist() == [0, 1]
