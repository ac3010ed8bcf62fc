"""Losses in closed form."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine import ops

X, P = np.array([[-2.0, 0.5], [1.0, 30.0]]), np.array([[0.0, 0.25], [1.0, 0.5]])


@pytest.mark.parametrize(("reduction", "share"), [("none", 1.0), ("sum", 1.0), ("mean", 0.25)])
def test_the_gradients_of_a_loss_are_those_of_its_formula(reduction, share):
    for op, by_x, by_p in [
        (ops.mse_loss, 2 * (X - P), 2 * (P - X)),
        (ops.binary_cross_entropy_with_logits, 1 / (1 + np.exp(-X)) - P, -X),
    ]:
        x, p = (torch.tensor(value, requires_grad=True) for value in (X, P))
        op(x, p, reduction=reduction).sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), share * by_x, rtol=1e-14)
        np.testing.assert_allclose(p.grad.numpy(), share * by_p, rtol=1e-14)


def test_a_loss_of_integers_is_floating():
    assert ops.mse_loss(torch.tensor([1]), torch.tensor([3])).item() == 4.0
    assert ops.mse_loss(torch.tensor([1]), torch.tensor([3])).dtype == torch.float32
