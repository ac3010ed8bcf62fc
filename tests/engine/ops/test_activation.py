"""Identities of softmax and its logarithm, and their behaviour in the tails."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine import ops

HUGE = np.array([[1e300, -1e300, 0.0], [-1e4, 1e4, 1e4], [700.0, -745.0, 0.0]])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_sums_to_one_and_its_gradient_to_zero(axis):
    x = torch.randn(4, 5, dtype=torch.float64, generator=torch.Generator(), requires_grad=True)
    y = x.softmax(axis)
    np.testing.assert_allclose(y.detach().numpy().sum(axis), 1, rtol=1e-15)
    (y * torch.randn(4, 5, dtype=torch.float64)).sum().backward()
    np.testing.assert_allclose(x.grad.numpy().sum(axis), 0, atol=1e-15)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softplus", "sigmoid", "tanh"])
def test_huge_arguments_give_finite_values_and_gradients(name):
    params = {"axis": 1} if "softmax" in name else {}
    x = torch.tensor(HUGE / 2, requires_grad=True)
    y = getattr(ops, name)(x, **params)
    y.backward(torch.ones(3, 3, dtype=torch.float64))
    assert np.isfinite(y.detach().numpy()).all()
    assert np.isfinite(x.grad.numpy()).all()


def test_log_softmax_is_the_logarithm_of_softmax():
    x = torch.tensor([[0.1, 2.0, -3.0]], dtype=torch.float64)
    np.testing.assert_allclose(x.log_softmax(1).numpy(), np.log(x.softmax(1).numpy()), rtol=1e-14)


def test_sigmoid_is_symmetric():
    x = np.linspace(-800, 800, 1001)
    np.testing.assert_allclose(ops.sigmoid(x) + ops.sigmoid(-x), 1, rtol=1e-15)


def test_softplus_is_its_argument_plus_its_mirror_image():
    x = np.linspace(-30, 30, 1001)
    np.testing.assert_allclose(ops.softplus(x) - ops.softplus(-x), x, atol=1e-14)
