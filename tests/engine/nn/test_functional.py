"""Activations and losses in PyTorch's shape."""

import math

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine.nn import functional
from gradproof.errors import ArgumentError, ShapeError

X = np.array([-2.0, 0.0, 3.0])
P = np.array([0.0, 0.25, 1.0])


def naive_cross_entropy(x, p):
    s = 1 / (1 + np.exp(-x))
    return -(p * np.log(s) + (1 - p) * np.log(1 - s))


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize(
    ("loss", "formula"),
    [
        (functional.mse_loss, lambda x, p: (x - p) ** 2),
        (functional.binary_cross_entropy_with_logits, naive_cross_entropy),
    ],
)
def test_a_loss_is_its_formula_reduced(loss, formula, reduction):
    expected = formula(X, P) if reduction == "none" else getattr(np, reduction)(formula(X, P))
    result = loss(torch.tensor(X), torch.tensor(P), reduction=reduction)
    np.testing.assert_allclose(result.numpy(), expected, rtol=1e-14)


@pytest.mark.parametrize("loss", [functional.mse_loss, functional.binary_cross_entropy_with_logits])
def test_a_loss_takes_the_mean_by_default(loss):
    x, p = torch.tensor(X), torch.tensor(P)
    assert loss(x, p).item() == loss(x, p, reduction="mean").item()


@pytest.mark.parametrize("loss", [functional.mse_loss, functional.binary_cross_entropy_with_logits])
def test_a_loss_refuses_other_reductions_and_shapes(loss):
    with pytest.raises(ArgumentError, match="reduction is one of none, mean, sum, not 'max'"):
        loss(torch.ones(2), torch.ones(2), reduction="max")
    with pytest.raises(ShapeError, match=r"one shape, not of \(2,\) and \(3,\)"):
        loss(torch.ones(2), torch.ones(3))


def test_activations_are_their_formulas():
    x = torch.tensor(X)
    np.testing.assert_allclose(functional.softplus(x).numpy(), np.log(1 + np.exp(X)), rtol=1e-14)
    np.testing.assert_allclose(functional.sigmoid(x).numpy(), 1 / (1 + np.exp(-X)), rtol=1e-14)
    np.testing.assert_allclose(functional.tanh(x).numpy(), [math.tanh(value) for value in X], rtol=1e-14)
    np.testing.assert_allclose(functional.softmax(x, dim=0).numpy(), np.exp(X) / np.exp(X).sum(), rtol=1e-14)
    np.testing.assert_allclose(functional.log_softmax(x, 0).numpy(), X - np.log(np.exp(X).sum()), rtol=1e-14)
    assert functional.relu(x).tolist() == [0.0, 0.0, 3.0]


def test_a_loss_in_the_tails_is_finite_and_so_is_its_gradient():
    x = torch.tensor([-1e4, 1e4, -1e4, 1e4], dtype=torch.float64, requires_grad=True)
    loss = functional.binary_cross_entropy_with_logits(x, torch.tensor([0.0, 1.0, 1.0, 0.0]), reduction="none")
    loss.sum().backward()
    assert loss.tolist() == [0.0, 0.0, 1e4, 1e4]
    assert x.grad.tolist() == [0.0, 0.0, -1.0, 1.0]
