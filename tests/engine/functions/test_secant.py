"""Secants, cosecants, cotangents and their inverses: values and slopes against arithmetic of 40 digits."""

import math

import mpmath
import numpy as np
import pytest

import gradproof.engine as torch

CASES = [
    ("sec", mpmath.sec, [0.3, -2.5]),
    ("csc", mpmath.csc, [0.3, -2.5]),
    ("cot", mpmath.cot, [0.3, -2.5]),
    ("sech", mpmath.sech, [0.0, 0.3, -2.5, 720.0]),
    ("csch", mpmath.csch, [0.3, -2.5, 720.0]),
    ("coth", mpmath.coth, [0.3, -2.5, 30.0]),
    ("arcsec", mpmath.asec, [1.0 + 2.0**-40, 3.0, -1.25, 1e200]),
    ("arccsc", mpmath.acsc, [1.0 + 2.0**-40, 3.0, -1.25, 1e200]),
    ("arccot", mpmath.acot, [0.3, -2.5, 1e-310, 1e200]),
    ("arcsech", mpmath.asech, [1.0 - 2.0**-40, 0.3, 1e-310]),
    ("arccsch", mpmath.acsch, [0.3, -2.5, 1e-100, -1e-310]),
    ("arccoth", mpmath.acoth, [1.0 + 2.0**-40, 3.0, -1.25, 1e100]),
]


@pytest.mark.parametrize(("name", "function", "at"), CASES, ids=[each[0] for each in CASES])
def test_values_and_slopes_are_those_of_the_textbook(name, function, at):
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    value = getattr(torch, name)(x)
    value.sum().backward()
    with mpmath.workdps(700):
        values = [float(function(mpmath.mpf(each))) for each in at]
        slopes = [float(mpmath.diff(function, mpmath.mpf(each))) for each in at]
    least = np.finfo(np.float64).smallest_subnormal
    np.testing.assert_allclose(value.detach().numpy(), values, rtol=1e-14, atol=4 * least)
    np.testing.assert_allclose(x.grad.numpy(), slopes, rtol=1e-14, atol=4 * least)


def test_the_inverse_cotangent_jumps_at_zero_from_below():
    assert torch.arccot(torch.tensor([0.0, -0.0], dtype=torch.float64)).tolist() == [math.pi / 2] * 2
    below = torch.arccot(torch.tensor(-5e-324, dtype=torch.float64)).item()
    assert below == -math.pi / 2
