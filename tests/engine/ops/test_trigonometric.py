"""Circular and hyperbolic functions; accuracy is tested in test_accuracy.py."""

import math

import pytest

import gradproof.engine as torch


@pytest.mark.parametrize(
    ("function", "at", "value", "slope"),
    [
        (torch.sin, 0.0, 0.0, 1.0),
        (torch.cos, 0.0, 1.0, 0.0),
        (torch.tanh, 0.0, 0.0, 1.0),
        (torch.tanh, 1000.0, 1.0, 0.0),
        (torch.tanh, -20.0, -1.0, 4 * math.exp(-40.0)),
        (torch.sin, 1.0, math.sin(1.0), math.cos(1.0)),
    ],
)
def test_values_and_slopes(function, at, value, slope):
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    y = function(x)
    y.backward()
    assert (y.item(), x.grad.item()) == pytest.approx((value, slope), rel=1e-15)


def test_sine_and_cosine_lie_on_the_circle_also_far_out():
    x = torch.tensor([1e5, 1e15, 1e300], dtype=torch.float64)
    assert (x.sin() ** 2 + x.cos() ** 2).tolist() == pytest.approx([1.0] * 3, rel=1e-15)
