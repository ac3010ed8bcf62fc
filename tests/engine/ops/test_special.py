"""Special functions: identities, far tails, and orders; accuracy is tested in test_accuracy.py."""

import math

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine import ops
from gradproof.errors import ArgumentError

X = np.linspace(0.05, 30, 400)


def slope(function, *at):
    x = torch.tensor(list(at), dtype=torch.float64, requires_grad=True)
    function(x).sum().backward()
    return x.grad.tolist()


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_polygamma_obeys_its_recurrence(n):
    """psi_n(x + 1) = psi_n(x) + (-1)^n n! / x^(n+1) (DLMF 5.15.5)."""
    step = (-1) ** n * math.factorial(n) / X ** (n + 1)
    np.testing.assert_allclose(ops.polygamma(X, n=n), ops.polygamma(X + 1, n=n) - step, rtol=1e-14)


@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_polygamma_has_no_seam_where_the_expansion_takes_over(n):
    """At 1e8 the next terms of the expansion are below 1e-16; both sides are (n-1)!/x^n (1 + n/(2x))."""
    x = np.array([1e8 * (1 - 1e-9), 1e8 * (1 + 1e-9)])
    expected = (-1) ** (n + 1) * math.factorial(n - 1) * x**-n * (1 + n / (2 * x))
    np.testing.assert_allclose(ops.polygamma(x, n=n), expected, rtol=4e-15)


def test_polygamma_does_not_underflow_on_the_way():
    """9! / x^10 at 1e32 is 3.6e-315, where x^-11 is 0."""
    assert ops.polygamma(np.array(1e32), n=10) == pytest.approx(-3.6288e-315, rel=1e-8)


def test_polygamma_of_order_zero_is_refused_by_the_op_and_digamma_to_the_function():
    with pytest.raises(ArgumentError, match="polygamma needs an order of at least 1, not 0"):
        ops.polygamma(torch.ones(1), n=0)
    assert torch.polygamma(0, torch.ones(1)).tolist() == torch.digamma(torch.ones(1)).tolist()


def test_gammaln_is_finite_down_to_the_smallest_number():
    """lgamma(x) = -log(x) - 0.577 x + ... near 0."""
    for x in (5e-324, 1e-310, 1e-200, 0.9e-30, 1.1e-30):
        assert ops.gammaln(np.array(x)) == pytest.approx(-math.log(x), rel=1e-15)


def test_the_logarithm_of_factorials():
    n = np.arange(2.0, 20.0)
    np.testing.assert_allclose(ops.gammaln(n + 1), [math.log(math.factorial(int(k))) for k in n], rtol=1e-15)


def test_the_normal_distribution_is_symmetric_around_one_half():
    np.testing.assert_allclose(ops.ndtr(X) + ops.ndtr(-X), 1, rtol=4e-16)


def test_gelu_and_silu_of_opposite_numbers_differ_by_the_number():
    """x s(x) + x s(-x) = x for a distribution function s that is symmetric."""
    for op in (ops.gelu, ops.silu):
        np.testing.assert_allclose(op(X) - op(-X), X, rtol=1e-15)


@pytest.mark.parametrize("x", [1e30, 1e308])
def test_far_tails_are_flat(x):
    assert slope(torch.nn.functional.gelu, x, -x) == [1.0, 0.0]
    assert slope(torch.nn.functional.silu, x, -x) == [1.0, 0.0]
    assert slope(torch.erf, x, -x) == [0.0, 0.0]
    assert slope(torch.special.ndtr, x, -x) == [0.0, 0.0]


@pytest.mark.parametrize(("op", "params", "x"), [(ops.digamma, {}, 1e-20), (ops.polygamma, {"n": 2}, 1e-10)])
def test_a_slope_beyond_float32_times_a_small_cotangent_is_a_number(op, params, x):
    at = torch.tensor([x], requires_grad=True)
    op(at, **params).backward(torch.tensor([1e-10]))
    # psi^(m)(x) is (-1)^(m+1) m! / x^(m+1) near 0: here 1e40 and 6e40
    order = params.get("n", 0) + 1
    expected = math.factorial(order) / x ** (order + 1) * 1e-10
    assert abs(at.grad.item()) == pytest.approx(expected, rel=1e-6)


def test_polygamma_returns_at_once_far_below_zero():
    found = ops.polygamma(np.array([-1e12 - 0.5, -1e300, -0.5]), n=1)
    assert np.isnan(found[:2]).all()
    # by reflection
    assert found[2] == pytest.approx(math.pi**2 - float(ops.polygamma(np.array(1.5), n=1)))
