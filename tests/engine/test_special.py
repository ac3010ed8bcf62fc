"""Special functions with parameters that carry no derivative, here and on PyTorch."""

from functools import partial

import mpmath
import numpy as np
import pytest
from scipy import special

import gradproof.engine as engine
from gradproof.errors import ArgumentError

mpmath.mp.dps = 40

CASES = [("gammainc", 0), ("gammaincc", 1)]


def regularised(name, a, x):
    bounds = (0, x) if name == "gammainc" else (x, mpmath.inf)
    return mpmath.gammainc(a, *bounds, regularized=True)


@pytest.mark.parametrize(("name", "sign"), CASES)
def test_an_incomplete_gamma_function_of_many_orders_and_its_slope(torch, name, sign):
    orders, at = [0.5, 2.0, 30.0, 200.0], [0.25, 3.0, 20.0, 230.0]
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    value = getattr(torch.special, name)(torch.tensor(orders, dtype=torch.float64), x)
    expected = [float(regularised(name, a, each)) for a, each in zip(orders, at, strict=True)]
    np.testing.assert_allclose(value.detach().numpy(), expected, rtol=1e-13)
    value.sum().backward()
    density = [
        float(mpmath.mpf(t) ** (a - 1) * mpmath.exp(-t) / mpmath.gamma(a)) for a, t in zip(orders, at, strict=True)
    ]
    np.testing.assert_allclose(x.grad.numpy(), (-1.0) ** sign * np.array(density), rtol=1e-12)


def test_orders_and_points_broadcast(torch):
    x = torch.tensor([0.5, 1.5, 3.0], dtype=torch.float64)
    for a in ([[2.0], [3.0]], [[2.0]], [[2.0], [2.0]]):
        value = torch.special.gammainc(torch.tensor(a, dtype=torch.float64), x)
        assert value.shape == (len(a), 3)
        assert value[-1, 1].item() == pytest.approx(float(regularised("gammainc", a[-1][0], 1.5)), rel=1e-14)


def test_the_incomplete_beta_function_and_its_slope():
    x = engine.tensor([0.2, 0.9], dtype=engine.float64, requires_grad=True)
    value = engine.special.betainc(engine.tensor([2.0, 0.5], dtype=engine.float64), 1.5, x)
    at = [(2.0, 0.2), (0.5, 0.9)]
    expected = [float(mpmath.betainc(a, 1.5, 0, t, regularized=True)) for a, t in at]
    np.testing.assert_allclose(value.detach().numpy(), expected, rtol=1e-14)
    value.sum().backward()
    slopes = [float(mpmath.mpf(t) ** (a - 1) * mpmath.sqrt(1 - mpmath.mpf(t)) / mpmath.beta(a, 1.5)) for a, t in at]
    np.testing.assert_allclose(x.grad.numpy(), slopes, rtol=1e-14)


def test_a_parameter_that_asks_for_a_derivative_is_refused():
    a = engine.tensor(2.0, requires_grad=True)
    with pytest.raises(ArgumentError, match="carry no derivative"):
        engine.special.gammainc(a, engine.tensor(1.0))


def test_a_parameter_that_is_not_positive_is_refused():
    with pytest.raises(ArgumentError, match=r"positive parameters, not -1\.0"):
        engine.special.gammainc(-1.0, engine.tensor(1.0))


def scaled(n, x):
    return mpmath.exp(-abs(x)) * mpmath.besseli(n, x)


BESSEL = [
    ("jn", ("bessel_j0", "bessel_j1"), mpmath.besselj),
    ("yn", ("bessel_y0", "bessel_y1"), mpmath.bessely),
    ("iv", ("i0", "i1"), mpmath.besseli),
    ("ive", ("i0e", "i1e"), lambda n, x, derivative=0: mpmath.diff(partial(scaled, n), x, derivative)),
]


@pytest.mark.parametrize(("name", "named", "function"), BESSEL, ids=[each[0] for each in BESSEL])
@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_a_bessel_function_and_its_slope(name, named, function, n):
    at = [0.3, 4.5, 12.0, 80.0]
    x = engine.tensor(at, dtype=engine.float64, requires_grad=True)
    value = getattr(engine.special, name)(n, x)
    np.testing.assert_allclose(value.detach().numpy(), [float(function(n, t)) for t in at], rtol=1e-12)
    value.sum().backward()
    slopes = [float(function(n, t, derivative=1)) for t in at]
    np.testing.assert_allclose(x.grad.numpy(), slopes, rtol=1e-12)
    if n < 2:
        np.testing.assert_array_equal(getattr(engine.special, named[n])(x.detach()).numpy(), value.detach().numpy())


def test_an_order_below_zero_is_refused():
    with pytest.raises(ArgumentError, match="orders from 0 on"):
        engine.special.jn(-1, engine.tensor(1.0))


def erfcinv(x):
    return mpmath.erfinv(1 - x)


@pytest.mark.parametrize(
    ("name", "function"), [("erfcinv", erfcinv), ("rgamma", mpmath.rgamma)], ids=["erfcinv", "rgamma"]
)
@pytest.mark.parametrize("at", [0.3, 1.75])
def test_a_function_that_pytorch_has_not_and_its_slope(name, function, at):
    x = engine.tensor(at, dtype=engine.float64, requires_grad=True)
    value = getattr(engine.special, name)(x)
    value.backward()
    assert value.item() == pytest.approx(float(function(mpmath.mpf(at))), rel=1e-14)
    assert x.grad.item() == pytest.approx(float(mpmath.diff(function, mpmath.mpf(at))), rel=1e-14)


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_a_scaled_bessel_function_is_finite_where_the_exponential_is_not(n):
    at = [-1e300, -800.0, 800.0, 1e300]
    x = engine.tensor(at, dtype=engine.float64, requires_grad=True)
    value = engine.special.ive(n, x)
    # exp(-x) I_n(x) and its derivative are 1/sqrt(2 pi x) and -1/2 of that over x, but for 1 + O(1/x) (DLMF 10.40.1)
    sign, size = np.sign(at) ** n, np.abs(at)
    leading = sign / np.sqrt(2.0 * np.pi * size)
    np.testing.assert_allclose(value.detach().numpy(), leading, rtol=(4 * n * n + 1) / 6400 * 1.1)
    value.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), -0.5 * leading / at, rtol=(4 * n * n + 1) / 6400 * 3.5)


def test_the_slope_of_a_scaled_bessel_function_at_zero(torch):
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    (torch.special.i0e(x) + 3.0 * torch.special.i1e(x)).sum().backward()
    # a tip, whose slopes -1 and 1 are halved, and three times 1/2
    assert x.grad.item() == 1.5


def test_the_sign_of_the_gamma_function_carries_no_derivative():
    at = [0.5, -0.5, -1.5, 3.0]
    sign = engine.special.gammasgn(engine.tensor(at, requires_grad=True))
    assert sign.tolist() == [1.0, -1.0, 1.0, 1.0] == special.gammasgn(at).tolist()
    assert not sign.requires_grad
