"""The functions in PyTorch's shape: signatures, conventions, and values against NumPy."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.errors import DtypeError, IndexKindError, OutOfRangeError, ShapeError, UnsupportedError

X = np.arange(6.0).reshape(2, 3)


def x():
    return torch.tensor(X, requires_grad=True)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x: x.sum(0), X.sum(0)),
        (lambda x: x.sum((0, 1), keepdim=True), X.sum((0, 1), keepdims=True)),
        (lambda x: x.sum([0, 1]), X.sum()),
        (lambda x: x.mean(-1, True), X.mean(-1, keepdims=True)),
        (lambda x: x.t(), X.T),
        (lambda x: x.transpose(-1, 0), X.T),
        (lambda x: x.permute(1, 0), X.T),
        (lambda x: x.permute((1, 0)), X.T),
        (lambda x: x.reshape((3, 2)), X.reshape(3, 2)),
        (lambda x: x.reshape(-1, 2), X.reshape(3, 2)),
        (lambda x: x.view(6), X.ravel()),
        (lambda x: x.flatten(), X.ravel()),
        (lambda x: x.unsqueeze(-1), X[..., None]),
        (lambda x: x.unsqueeze(0).squeeze(), X),
        (lambda x: x.unsqueeze(0).squeeze(0), X),
        (lambda x: x.squeeze(0), X),
        (lambda x: x.expand(2, -1, 3), np.broadcast_to(X, (2, 2, 3))),
        (lambda x: torch.broadcast_to(x, (1, 2, 3)), X[None]),
        (lambda x: torch.cat([x, x], dim=-1), np.concatenate([X, X], -1)),
        (lambda x: torch.cat((x, x)), np.concatenate([X, X])),
        (lambda x: x[1], X[1]),
        (lambda x: x[:, 1:], X[:, 1:]),
        (lambda x: x[..., None, 0], X[..., None, 0]),
        (lambda x: x[torch.tensor(1)], X[1]),
        (lambda x: x[np.int64(1)], X[1]),
        (lambda x: x[[1, 0, 1]], X[[1, 0, 1]]),
        (lambda x: x[[-1]], X[[-1]]),
        (lambda x: x[torch.tensor([1, -2])], X[[1, 0]]),
        (lambda x: x.index_select(1, torch.tensor([2, 0])), X[:, [2, 0]]),
        (lambda x: x.cumsum(-1), X.cumsum(-1)),
        (lambda x: x.min(), X.min()),
        (lambda x: x.min(1, keepdim=True).values, X.min(1, keepdims=True)),
        (lambda x: torch.sort(x, 0, descending=True).values, X[::-1]),
        (lambda x: torch.where(x > 2.5, x, -x), np.where(X > 2.5, X, -X)),
    ],
)  # fmt: skip
def test_a_function_gives_what_numpy_gives_and_its_transpose_as_gradient(call, expected):
    argument = x()
    result = call(argument)
    np.testing.assert_allclose(result.detach().numpy(), expected, rtol=1e-15)
    assert result.shape == expected.shape
    ct = np.random.default_rng(0).normal(size=expected.shape)
    direction = np.random.default_rng(1).normal(size=X.shape)
    result.backward(torch.tensor(ct))
    moved = call(torch.tensor(X + 1e-3 * direction)).numpy()
    assert np.sum(argument.grad.numpy() * direction) == pytest.approx(np.sum(ct * (moved - expected)) / 1e-3, rel=1e-9)


def test_max_along_a_dimension_gives_values_and_indices():
    result = torch.tensor([[1.0, 5.0], [7.0, 2.0]]).max(1)
    assert (result.values.tolist(), result.indices.tolist()) == ([5.0, 7.0], [1, 0])
    values, indices = torch.max(torch.tensor([[1.0, 5.0]]), 1, keepdim=True)
    assert (values.tolist(), indices.tolist(), indices.dtype) == ([[5.0]], [[1]], torch.int64)


def test_the_result_of_max_prints_as_in_pytorch():
    assert repr(torch.tensor([1.0, 2.0]).max(0)) == "torch.return_types.max(\nvalues=tensor(2.),\nindices=tensor(1))"


def test_max_of_two_tensors_is_the_larger_of_each_pair():
    assert torch.max(torch.tensor([1.0, 4.0]), torch.tensor([2.0, 3.0])).tolist() == [2.0, 4.0]


def test_mean_of_integers_is_refused_with_what_to_do():
    with pytest.raises(DtypeError, match=r"floating dtype, not int64; convert with \.float\(\)"):
        torch.arange(3).mean()


def test_the_mean_of_nothing_is_nan_without_a_warning():
    assert np.isnan(torch.zeros(0).mean().item())


def test_t_refuses_more_than_two_dimensions():
    with pytest.raises(ShapeError, match="at most two dimensions"):
        torch.ones(1, 1, 1).t()


@pytest.mark.parametrize("index", [[5], [-3], [0, 2]])
def test_a_list_index_out_of_range_is_refused(index):
    with pytest.raises(OutOfRangeError, match="out of range for a dimension"):
        torch.ones(2)[index]


@pytest.mark.parametrize("index", [1.5, "a", ([0], "a"), [0.5], np.float64(1)], ids=repr)
def test_an_index_that_is_not_supported_is_refused_with_what_is(index):
    with pytest.raises(IndexKindError, match="use integers, slices"):
        torch.ones(2, 2)[index]


def test_a_repeated_index_receives_the_sum():
    argument = x()
    argument[[0, 0, 1]].sum().backward()
    assert argument.grad.tolist() == [[2.0, 2.0, 2.0], [1.0, 1.0, 1.0]]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda x: x.prod(), X.prod()),
        (lambda x: torch.prod(x, 1, keepdim=True), X.prod(1, keepdims=True)),
        (lambda x: torch.cumprod(x, dim=0), X.cumprod(0)),
        (lambda x: x.var(), np.var(X, ddof=1)),
        (lambda x: x.var(False), np.var(X)),
        (lambda x: x.var(1, unbiased=False, keepdim=True), np.var(X, 1, keepdims=True)),
        (lambda x: torch.var(x, dim=(0, 1), correction=0), np.var(X)),
        (lambda x: x.std(0), np.std(X, 0, ddof=1)),
        (lambda x: torch.std(x, 1, correction=0), np.std(X, 1)),
        (lambda x: torch.logsumexp(x, (0, 1)), np.log(np.sum(np.exp(X)))),
        (lambda x: x.logsumexp(-1, keepdim=True), np.log(np.sum(np.exp(X), -1, keepdims=True))),
        (lambda x: x.norm(), np.sqrt(55.0)),
        (lambda x: x.norm("fro", dim=1), np.sqrt([5.0, 50.0])),
        (lambda x: torch.linalg.vector_norm(x, 1), 15.0),
        (lambda x: torch.linalg.vector_norm(x, float("inf"), dim=0, keepdim=True), X[1:]),
        (lambda x: torch.linalg.norm(x), np.sqrt(55.0)),
        (lambda x: torch.linalg.norm(x, 1, dim=1), [3.0, 12.0]),
        (lambda x: torch.linalg.det(x[:, 1:]), -3.0),
        (lambda x: torch.linalg.inv(x[:, 1:]), np.array([[5.0, -2.0], [-4.0, 1.0]]) / -3),
        (lambda x: torch.linalg.solve(x[:, 1:], x[:, 0]), [2.0, -1.0]),
    ],
)
def test_products_statistics_norms_and_matrix_functions_follow_pytorchs_signatures(call, expected):
    np.testing.assert_allclose(call(x()).detach().numpy(), expected, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", ["min", "sort"])
def test_values_come_with_the_indices_of_the_first_of_equals(name):
    values, indices = getattr(torch.tensor([2.0, 1.0, 2.0, 1.0]), name)(0)
    assert (values.tolist(), indices.tolist()) == {"min": (1.0, 1), "sort": ([1.0, 1.0, 2.0, 2.0], [1, 3, 0, 2])}[name]


def test_a_descending_sort_keeps_equals_in_order_and_prints_as_pytorch_does():
    found = torch.tensor([1.0, 3.0, 1.0, 3.0]).sort(descending=True)
    assert found.indices.tolist() == [1, 3, 0, 2]
    assert repr(torch.tensor([3.0, 1.0]).sort()) == (
        "torch.return_types.sort(\nvalues=tensor([1., 3.]),\nindices=tensor([1, 0]))"
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: torch.arange(3).var(), DtypeError, "var needs a floating dtype, not int64"),
        (lambda: torch.linalg.norm(torch.ones(2, 2), 3), UnsupportedError, "the matrix norm of order 3"),
        (lambda: torch.ones(2).norm(-3), ValueError, "ord is a positive number, not -3"),
        (
            lambda: torch.linalg.det(torch.ones(2, 3)),
            ShapeError,
            r"last two dimensions of shape \(2, 3\) must be equal",
        ),
        (lambda: torch.linalg.solve(torch.ones(2, 2), torch.ones(3)), ShapeError, "2 rows, but the right-hand side 3"),
    ],
)
def test_what_a_reduction_does_not_take_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
