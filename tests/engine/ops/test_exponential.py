"""Exponentials and logarithms at the edges; accuracy is tested in test_accuracy.py."""

import math

import mpmath
import pytest

import gradproof.engine as torch


@pytest.mark.parametrize(
    ("function", "at", "value", "slope"),
    [
        (torch.exp, 0.0, 1.0, 1.0),
        (torch.exp, -800.0, 0.0, 0.0),
        (torch.expm1, -800.0, -1.0, 0.0),
        (torch.expm1, -50.0, -1.0, math.exp(-50.0)),
        (torch.expm1, 0.0, 0.0, 1.0),
        (torch.log, 1.0, 0.0, 1.0),
        (torch.log, 0.0, -math.inf, math.inf),
        (torch.log1p, 0.0, 0.0, 1.0),
        (torch.log1p, -1.0, -math.inf, math.inf),
    ],
)
def test_values_and_slopes_at_an_edge(function, at, value, slope):
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    y = function(x)
    y.backward()
    assert (y.item(), x.grad.item()) == (value, pytest.approx(slope, rel=1e-15))


@pytest.mark.parametrize("function", [torch.exp, torch.expm1])
def test_the_slope_keeps_its_digits_where_the_exponential_is_subnormal(function):
    x = torch.tensor([-740.0, -1.0, -2000.0], dtype=torch.float64, requires_grad=True)
    function(x).backward(torch.tensor([1e20, 1.0, 1e300], dtype=torch.float64))
    expected = [float(mpmath.exp(-740) * mpmath.mpf(10) ** 20), math.exp(-1.0), 0.0]
    assert x.grad.tolist() == pytest.approx(expected, rel=1e-15, abs=0)


def test_outside_the_domain_there_is_no_number():
    assert all(math.isnan(function(torch.tensor(-2.0)).item()) for function in (torch.log, torch.log1p, torch.sqrt))
