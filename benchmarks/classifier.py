"""The network that is measured at two sizes: one hidden tanh layer and binary cross-entropy, parameters at random."""

from __future__ import annotations

import numpy as np

from gradproof import Case, trace
from gradproof import engine as gp

Arrays = list[np.ndarray]


def data(sizes: tuple[int, int, int], batch: int) -> tuple[np.ndarray, np.ndarray, Arrays]:
    """Return inputs, labels, and the weights and biases of both layers."""
    inputs, hidden, outputs = sizes
    random = np.random.default_rng(0)
    x, y = random.standard_normal((batch, inputs)), random.integers(0, 2, (batch, outputs)).astype(np.float64)
    shapes = ((inputs, hidden), (hidden,), (hidden, outputs), (outputs,))
    return x, y, [random.standard_normal(shape) / np.sqrt(shape[0]) for shape in shapes]


def classifier(sizes: tuple[int, int, int], batch: int) -> Case:
    """Return the gradient of the loss by all parameters as a case."""
    x, y, parameters = data(sizes, batch)

    def loss(w1, b1, w2, b2):
        logits = gp.tanh(gp.tensor(x) @ w1 + b1) @ w2 + b2
        return gp.nn.functional.binary_cross_entropy_with_logits(logits, gp.tensor(y))

    return Case.of_ones(trace(loss, *parameters))
