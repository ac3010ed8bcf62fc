"""Reductions over one axis, several, all, and none."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine import ops

X = np.random.default_rng(0).normal(size=(2, 3, 4))


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (-1, 0), ()])
@pytest.mark.parametrize("keepdims", [False, True])
def test_sums_and_means_are_those_of_numpy_and_spread_their_cotangent_evenly(axis, keepdims):
    count = X.size / np.sum(X, axis=axis).size
    for op, formula, share in [(ops.sum, np.sum, 1.0), (ops.mean, np.mean, 1 / count)]:
        x = torch.tensor(X, requires_grad=True)
        result = op(x, axis=axis, keepdims=keepdims)
        np.testing.assert_allclose(result.detach().numpy(), formula(X, axis=axis, keepdims=keepdims), rtol=1e-14)
        result.sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), np.full(X.shape, share), rtol=1e-15)


@pytest.mark.parametrize("axis", [None, 0, 1, -1])
def test_the_maximum_gives_its_cotangent_to_the_largest_entry(axis):
    x = torch.tensor(X, requires_grad=True)
    ops.max(x, axis=axis).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.max(X, axis=axis, keepdims=True) == X)


def test_a_sum_of_nothing_is_zero_and_has_an_empty_gradient():
    x = torch.zeros((0, 3), requires_grad=True)
    total = x.sum()
    total.backward()
    assert total.item() == 0.0
    assert x.grad.shape == (0, 3)


def test_integers_and_booleans_are_summed_as_integers():
    assert torch.tensor([True, True]).sum().item() == 2
    assert torch.tensor([2, 3]).sum().dtype == torch.int64
