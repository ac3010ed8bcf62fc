"""The two computations of PyTorch's autograd tutorial, as cases."""

from __future__ import annotations

import numpy as np

from gradproof import engine as torch
from gradproof import trace
from gradproof.case import Case
from gradproof.engine import Generator, Tensor


def one_layer_network() -> Case:
    """Return the loss of one linear layer with binary cross-entropy, by its weights and biases."""
    generator = Generator().manual_seed(0)
    w = torch.randn(5, 3, generator=generator, requires_grad=True)
    b = torch.randn(3, generator=generator, requires_grad=True)

    def loss(x: Tensor, y: Tensor, w: Tensor, b: Tensor) -> Tensor:
        return torch.nn.functional.binary_cross_entropy_with_logits(torch.matmul(x, w) + b, y)

    return Case.of_ones(trace(loss, torch.ones(5), torch.zeros(3), w, b))


def shifted_square() -> Case:
    """Return ``(inp + 1)^2`` at the identity matrix, pulled back with ones."""
    return Case.of_ones(trace(lambda inp: (inp + 1).pow(2), np.eye(5, dtype=np.float32)))


def tutorial_cases() -> dict[str, Case]:
    """Return the cases by their titles."""
    return {
        "Tutorial: one layer with binary cross-entropy": one_layer_network(),
        "Tutorial: (inp + 1) squared at the identity": shifted_square(),
    }
