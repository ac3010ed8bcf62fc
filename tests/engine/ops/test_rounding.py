"""Step functions: their values are NumPy's, their derivative 0, also for cotangents that are not finite."""

import numpy as np
import pytest

import gradproof.engine as torch

X = [-1.5, -1.0, -0.0, 0.0, 0.5, 2.0]


@pytest.mark.parametrize("name", ["floor", "ceil", "sign"])
def test_values_are_those_of_numpy_and_gradients_zero(name):
    x = torch.tensor(X, requires_grad=True)
    y = getattr(torch, name)(x)
    assert y.tolist() == getattr(np, name)(X).tolist()
    y.backward(torch.tensor([1.0, -2.0, np.inf, np.nan, 0.0, 3.0]))
    assert x.grad.tolist() == [0.0] * 6
