"""Pooled entries put back, here and in PyTorch, against NumPy."""

import numpy as np
import pytest

RNG = np.random.default_rng(7)
X, CUBE = (RNG.permutation(np.prod(shape)).reshape(shape) / 7.0 for shape in ((1, 2, 5, 4), (1, 2, 3, 4, 3)))


@pytest.mark.parametrize(
    ("rank", "x", "kernel", "stride", "output_size"),
    [
        (1, X[0, :, :, 0], 2, 2, (5,)),
        (2, X, 2, None, (1, 2, 5, 4)),
        (2, X, (3, 2), (2, 2), None),
        (3, CUBE, 2, 1, None),
    ],
)
def test_largest_entries_are_put_back(torch, rank, x, kernel, stride, output_size):
    nn, t = torch.nn.functional, torch.tensor(x, requires_grad=True)
    pool, unpool = getattr(nn, f"max_pool{rank}d"), getattr(nn, f"max_unpool{rank}d")
    values, places = pool(t, kernel, stride, return_indices=True)
    back = unpool(values, places, kernel, stride, output_size=output_size)
    taken = np.zeros((*x.shape[:-rank], int(np.prod(x.shape[-rank:]))))
    np.put_along_axis(taken, places.numpy().reshape(*x.shape[:-rank], -1), 1.0, -1)
    np.testing.assert_array_equal(back.detach().numpy(), x * taken.reshape(x.shape))


def test_an_entry_that_is_put_back_passes_on_its_cotangent(torch):
    x = torch.tensor([[3.0, 5.0]], requires_grad=True)
    y = torch.nn.functional.max_unpool1d(x, torch.tensor([[1, 2]]), 2)
    assert y.tolist() == [[0.0, 3.0, 5.0, 0.0]]
    (y * torch.arange(4.0)).sum().backward()
    assert x.grad.tolist() == [[1.0, 2.0]]


def ask(torch, count=2, **how):
    return torch.nn.functional.max_unpool1d(torch.zeros(1, 2), torch.zeros(1, count, dtype=torch.int64), 2, **how)


@pytest.mark.parametrize("how", [{"count": 1}, {"output_size": (9,)}])
def test_what_does_not_fit_is_refused(torch, refuses, how):
    refuses((RuntimeError, ValueError), lambda: ask(torch, **how))


def test_a_place_beyond_the_end_is_refused(torch, refuses):
    x, places = torch.zeros(1, 1), torch.tensor([[5]])
    refuses((RuntimeError, IndexError), lambda: torch.nn.functional.max_unpool1d(x, places, 2))
