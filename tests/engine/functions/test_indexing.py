"""Indexing and gathering with PyTorch's signatures; what holds here holds of PyTorch too."""

import importlib

import numpy as np
import pytest

import gradproof.engine
from gradproof.errors import DtypeError, OutOfRangeError, ShapeError

X = np.arange(24.0).reshape(2, 3, 4)
INDICES = {
    "a list": [1, 0, 1],
    "a list of negative integers": [-1, -2],
    "two arrays": (np.array([0, 1]), np.array([1, 2])),
    "arrays that broadcast": (np.array([[0], [1]]), np.array([0, 2, 2])),
    "an array in the middle": (slice(None), np.array([0, 2]), slice(1, None)),
    "an array behind an ellipsis": (..., np.array([0, -1])),
    "arrays apart": (np.array([0, 1]), slice(None), np.array([1, 2])),
    "neighbours in the middle": (slice(1, None), np.array([[0], [1]]), np.array([1, 2])),
    "a new dimension in front": (None, np.array([0])),
    "a new dimension between": (np.array([0, 1]), None, slice(None), np.array([1, 1])),
    "an integer and an array": (1, np.array([1, 1, 2])),
    "a full mask": X % 3 == 1,
    "a mask of two dimensions": X[..., 0] % 3 == 1,
    "a mask of the second dimension": (slice(None), np.array([True, False, True])),
    "a mask with an array": (np.array([0, 1]), np.array([True, False, True])),
    "a mask in the last dimension": (..., np.array([True, False, False, True])),
    "a mask of nothing": np.zeros((2, 3), bool),
    "an empty list": [],
}


def translated(torch, index):
    """Return an index with tensors in place of arrays."""
    if isinstance(index, tuple):
        return tuple(translated(torch, part) for part in index)
    return torch.tensor(index) if isinstance(index, np.ndarray) else index


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_an_advanced_index_takes_what_numpy_takes_and_sends_cotangents_back(torch, index):
    x = torch.tensor(X, requires_grad=True)
    y = x[translated(torch, index)]
    assert y.tolist() == X[index].tolist()
    ct = np.random.default_rng(0).integers(1, 9, X[index].shape).astype(np.float64)
    y.backward(torch.tensor(ct))
    expected = np.zeros(X.shape)
    np.add.at(expected, index, ct)
    assert x.grad.tolist() == expected.tolist()


def test_an_integer_goes_before_an_array_apart_from_it(torch):
    x = torch.tensor(X)
    assert x[0, :, torch.tensor([1, 2])].tolist() == X[0][:, [1, 2]].tolist()
    assert x[torch.tensor(1), :, torch.tensor([1, 2])].tolist() == X[1][:, [1, 2]].tolist()


@pytest.mark.parametrize("holds", [True, False])
def test_a_mask_without_dimensions_selects_a_number_or_nothing(torch, holds):
    x = torch.tensor(3.0, requires_grad=True)
    chosen = x[torch.tensor(holds)]
    chosen.sum().backward()
    assert (chosen.tolist(), x.grad.item()) == (([3.0], 1.0) if holds else ([], 0.0))
    y = x * 2
    y[torch.tensor(holds)] = 5.0
    assert (y.item(), y.requires_grad) == (5.0 if holds else 6.0, True)


def test_a_truth_value_is_a_mask_without_dimensions(torch):
    x = torch.tensor(X)
    assert x[True].tolist() == X[None].tolist()
    assert x[False].shape == (0, 2, 3, 4)


def test_the_node_is_that_of_an_index(torch):
    x = torch.tensor(X, requires_grad=True)
    assert x[torch.tensor([0, 1]), torch.tensor([1, 2])].grad_fn.name() == "IndexBackward0"


@pytest.mark.parametrize(
    "index", [([0], [3]), (slice(None), [-4]), ([0], [0], [0], [0]), ([True, False, True],)], ids=repr
)
def test_an_index_that_does_not_fit_is_refused(torch, refuses, index):
    refuses(IndexError, lambda: torch.tensor(X)[index])


def test_arrays_that_do_not_broadcast_are_refused():
    with pytest.raises(ShapeError, match="does not fit shape"):
        gradproof.engine.tensor(X)[[0, 1], [0, 1, 2]]


I = [[[0, 1, 0, 1]], [[1, 1, 1, 0]]]  # noqa: E741 - the indices


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda torch, x: x.gather(1, torch.tensor(I)), np.take_along_axis(X, np.array(I), 1)),
        (lambda torch, x: torch.gather(x, 0, torch.tensor(I[:1])), X[[0, 1, 0, 1], 0, range(4)].reshape(1, 1, 4)),
        (lambda torch, x: torch.take_along_dim(x, torch.tensor([[[1], [0], [2]]]), 2), X[:, range(3), [1, 0, 2], None]),
        (lambda torch, x: torch.take_along_dim(x, torch.tensor([5, 0])), [5.0, 0.0]),
        (lambda torch, x: torch.take(x, torch.tensor([[23, -24]])), [[23.0, 0.0]]),
        (lambda torch, x: torch.masked_select(x, torch.tensor([True, False, True, False])), X[..., ::2].ravel()),
        (lambda torch, x: x.masked_fill(torch.tensor([False, True] * 2), -1.0), np.where(np.arange(4) % 2, -1, X)),
        (lambda torch, x: x.index_fill(1, torch.tensor([-1, 0]), 7.0), np.where([[False], [True], [False]], X, 7.0)),
        (lambda torch, x: x[0].scatter(0, torch.tensor([[2, 0, 1, 1]]), 9.0),
         [[0, 9, 2, 3], [4, 5, 9, 9], [9, 9, 10, 11]]),
    ],
)  # fmt: skip
def test_a_function_gives_what_numpy_gives_and_sends_cotangents_back(torch, call, expected):
    x = torch.tensor(X, requires_grad=True)
    y = call(torch, x)
    assert y.tolist() == np.asarray(expected).tolist()
    random = np.random.default_rng(0)
    ct, direction = random.integers(1, 9, np.shape(expected)), random.integers(-9, 9, X.shape)
    y.backward(torch.tensor(ct.astype(np.float64)))
    moved = np.array(call(torch, torch.tensor(X + direction)).tolist())
    assert np.sum(np.array(x.grad.tolist()) * direction) == np.sum(ct * (moved - expected))


def test_what_is_scattered_receives_the_cotangent_of_its_place(torch):
    x, src = (torch.tensor(each, requires_grad=True) for each in (np.zeros((2, 3)), np.ones((1, 2))))
    y = torch.scatter(x, 1, torch.tensor([[2, 0]]), src)
    assert y.tolist() == [[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    y.backward(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=torch.float64))
    assert x.grad.tolist() == [[0.0, 2.0, 0.0], [4.0, 5.0, 6.0]]


def test_of_two_values_for_one_place_the_last_counts_and_receives_the_cotangent():
    torch = gradproof.engine
    x, src = torch.zeros(2, requires_grad=True), torch.tensor([3.0, 4.0, 5.0], requires_grad=True)
    y = torch.scatter(x, 0, torch.tensor([1, 1, 0]), src)
    y.backward(torch.tensor([1.0, 2.0]))
    assert (y.tolist(), src.grad.tolist(), x.grad.tolist()) == ([5.0, 4.0], [0.0, 2.0, 1.0], [0.0, 0.0])


def test_what_is_added_receives_the_cotangent_of_its_place_each_time(torch):
    x, src = (torch.tensor(each, requires_grad=True) for each in ([10.0, 20.0], [1.0, 2.0, 4.0]))
    y = torch.scatter_add(x, 0, torch.tensor([1, 1, 0]), src)
    y.backward(torch.tensor([3.0, 5.0]))
    assert (y.tolist(), x.grad.tolist(), src.grad.tolist()) == ([14.0, 23.0], [3.0, 5.0], [5.0, 5.0, 3.0])


def test_slices_are_added_where_the_index_says(torch):
    x, source = torch.ones(2, 3, requires_grad=True), torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x.index_add(1, torch.tensor([2, 2]), source, alpha=10)
    y.backward(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    assert y.tolist() == [[1.0, 1.0, 31.0], [1.0, 1.0, 71.0]]
    assert source.grad.tolist() == [[30.0, 30.0], [60.0, 60.0]]


@pytest.mark.parametrize(("accumulate", "expected"), [(False, [4.0, 1.0, 1.0, 2.0]), (True, [5.0, 1.0, 1.0, 3.0])])
def test_values_are_put_at_an_index_or_added(torch, accumulate, expected):
    x, values = torch.ones(2, 2, requires_grad=True), torch.tensor([2.0, 4.0], requires_grad=True)
    y = x.index_put((torch.tensor([1, 0]), torch.tensor([1, 0])), values, accumulate=accumulate)
    assert y.flatten().tolist() == expected
    y.sum().backward()
    assert values.grad.tolist() == [1.0, 1.0]
    assert x.grad.tolist() == ([[1.0, 1.0], [1.0, 1.0]] if accumulate else [[0.0, 1.0], [1.0, 0.0]])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda torch: torch.ones(2).gather(0, torch.tensor([2])), OutOfRangeError, "index 2 is out of range"),
        (lambda torch: torch.ones(2).gather(0, torch.tensor([0.0])), DtypeError, "indices are integers, not float32"),
        (lambda torch: torch.ones(2, 2).gather(0, torch.tensor([0])), ShapeError, "must have 2 dimensions"),
        (lambda torch: torch.ones(2, 2).take_along_dim(torch.tensor([[0]] * 3), 1), ShapeError, "do not broadcast"),
        (lambda torch: torch.ones(2).scatter(0, torch.tensor([0]), torch.ones(1).double()), DtypeError, "float64"),
        (lambda torch: torch.ones(2).masked_select(torch.tensor([1, 0])), DtypeError, "a mask is of booleans"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_it_is(call, error, message):
    with pytest.raises(error, match=message):
        call(importlib.import_module("gradproof.engine"))
