"""Products of every rank against the sum that defines them."""

import itertools

import numpy as np
import pytest

import gradproof.engine as torch

SHAPES = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)),
    ((2, 0), (0, 3)), ((0, 3), (3, 2)), ((0, 2, 3), (3, 4)), ((6, 5, 2, 3), (3,)), ((1, 1), (1, 1)),
]  # fmt: skip


def as_stacks(a, b):
    """Return both factors as stacks of matrices."""
    return (a[None] if a.ndim == 1 else a), (b[:, None] if b.ndim == 1 else b)


def formula(a, b):
    """Return sum_k a_ik b_kj by einsum, with the axes of vectors removed."""
    left, right = as_stacks(a, b)
    product = np.einsum("...ik,...kj->...ij", left, right)
    product = product[..., 0] if b.ndim == 1 else product
    return product if a.ndim > 1 else (product[..., 0, :] if b.ndim > 1 else product[..., 0])


@pytest.mark.parametrize(("a_shape", "b_shape"), SHAPES, ids=str)
def test_a_product_is_the_sum_that_defines_it_and_its_vjp_the_transpose(a_shape, b_shape):
    rng = np.random.default_rng(0)
    a, b, da, db = (rng.normal(size=shape) for shape in (a_shape, b_shape, a_shape, b_shape))
    x, y = (torch.tensor(value, requires_grad=True) for value in (a, b))
    product = x @ y
    np.testing.assert_allclose(product.detach().numpy(), formula(a, b), rtol=1e-13, atol=1e-13)
    ct = rng.normal(size=product.shape)
    product.backward(torch.tensor(ct))
    assert (x.grad.shape, y.grad.shape) == (a_shape, b_shape)
    assert np.sum(x.grad.numpy() * da) == pytest.approx(np.sum(ct * formula(da, b)), rel=1e-12, abs=1e-12)
    assert np.sum(y.grad.numpy() * db) == pytest.approx(np.sum(ct * formula(a, db)), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(("flags"), list(itertools.product([True, False], repeat=2)))
def test_only_the_factor_that_requires_grad_gets_one(flags):
    x, y = (torch.ones(2, 2, requires_grad=flag) for flag in flags)
    product = (x @ y).sum()
    assert product.requires_grad is any(flags)
    if any(flags):
        product.backward()
    assert [x.grad is not None, y.grad is not None] == list(flags)
