"""Distinct values, counts, and reductions of what goes to one place, here and on PyTorch, against loops in NumPy."""

import numpy as np
import pytest

import gradproof.engine as engine

from .checks import check_linear, check_smooth

RNG = np.random.default_rng(6)
NUMBERS = np.array([[3, 1, 1], [2, 3, 3]])
REDUCTIONS = {"sum": np.sum, "prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}
X, SRC = RNG.permutation(12).reshape(3, 4) / 7.0 + 0.3, RNG.permutation(20).reshape(5, 4) / 9.0 + 0.2
INDEX = np.array([[0, 2, 0, 0], [0, 2, 1, 0], [2, 2, 1, 0], [0, 0, 2, 0], [0, 2, 2, 0]])


def as_lists(found):
    return [each.tolist() for each in (found if isinstance(found, tuple) else (found,))]


@pytest.mark.parametrize("dim", [None, 0, 1, -1])
def test_distinct_entries_or_slices_are_those_of_numpy(torch, dim):
    x = np.concatenate([NUMBERS, NUMBERS[:1]])
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True, axis=dim)
    inverse = inverse.reshape(x.shape if dim is None else -1)
    t = torch.tensor(x)
    assert torch.unique(t, dim=dim).tolist() == t.unique(dim=dim).tolist() == values.tolist()
    both = torch.unique(t, return_inverse=True, return_counts=True, dim=dim)
    assert as_lists(both) == as_lists((values, inverse, counts))


def test_runs_of_equal_entries_or_slices_are_joined(torch):
    x = torch.tensor([[1, 1, 2, 1], [3, 3, 4, 3]])
    assert torch.unique_consecutive(x).tolist() == [1, 2, 1, 3, 4, 3]
    values, inverse, counts = torch.unique_consecutive(x, return_inverse=True, return_counts=True, dim=1)
    assert as_lists((values, inverse, counts)) == [[[1, 2, 1], [3, 4, 3]], [0, 0, 1, 2], [2, 1, 1]]
    _, inverse = torch.unique_consecutive(x, return_inverse=True)
    assert inverse.tolist() == [[0, 0, 1, 2], [3, 3, 4, 5]]
    assert torch.unique_consecutive(torch.tensor([], dtype=torch.int64)).tolist() == []


def test_each_nan_is_a_value_of_its_own(torch):
    x = torch.tensor([float("nan"), 1.0, float("nan")])
    assert torch.unique(x).shape == (3,)
    assert torch.unique_consecutive(torch.tensor([float("nan")] * 2)).shape == (2,)


def test_integers_are_counted(torch):
    places = torch.tensor([3, 0, 3])
    assert torch.bincount(places).tolist() == places.bincount().tolist() == [1, 0, 0, 2]
    assert torch.bincount(places, minlength=6).tolist() == [1, 0, 0, 2, 0, 0]
    weighted = torch.bincount(places, torch.tensor([0.5, 1.0, 0.25]))
    assert weighted.tolist() == [1.0, 0.0, 0.0, 0.75]
    assert torch.bincount(places, torch.tensor([5, 1, 2])).dtype == torch.float64
    assert torch.bincount(torch.tensor([], dtype=torch.int64), minlength=2).tolist() == [0, 0]


def test_the_weights_of_counts_have_a_derivative():
    call = lambda w: engine.bincount(engine.tensor([3, 0, 3]), w, minlength=5)  # noqa: E731
    check_linear(engine, call, np.array([5.0, 1.0, 2.0]), np.array([1.0, 0, 0, 7, 0]))


@pytest.mark.parametrize("ask", [
    lambda torch: torch.bincount(torch.tensor([-1])),
    lambda torch: torch.bincount(torch.tensor([[1]])),
    lambda torch: torch.bincount(torch.tensor([0.5])),
    lambda torch: torch.bincount(torch.tensor([1]), minlength=-1),
    lambda torch: torch.bincount(torch.tensor([1]), torch.ones(2)),
    lambda torch: torch.zeros(3).scatter_reduce(0, torch.tensor([0]), torch.ones(1), "median"),
    lambda torch: torch.zeros(3).index_reduce(0, torch.tensor([0]), torch.ones(1), "sum"),
    lambda torch: torch.zeros(3).scatter_reduce(0, torch.tensor([3]), torch.ones(1), "sum"),
    lambda torch: torch.zeros(3).index_reduce(0, torch.tensor([0, 1]), torch.ones(1), "prod"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(torch, refuses, ask):
    refuses((RuntimeError, IndexError), ask, torch)


def reduced(x, index, src, reduce, include_self):
    """Reduce, along dimension 0, the entries of ``src`` that go to each place."""
    result = x.copy()
    for place in np.ndindex(x.shape):
        members = [src[i, place[1]] for i in range(len(index)) if index[i, place[1]] == place[0]]
        if members:
            result[place] = REDUCTIONS[reduce](members + [x[place]] * include_self)
    return result


@pytest.mark.parametrize("include_self", [True, False], ids=["with itself", "alone"])
@pytest.mark.parametrize("reduce", REDUCTIONS)
def test_reductions_at_places_and_their_derivatives(torch, reduce, include_self):
    index, how = torch.tensor(INDEX), {"reduce": reduce, "include_self": include_self}
    expected = reduced(X, INDEX, SRC, reduce, include_self)
    check_smooth(torch, lambda x: torch.scatter_reduce(x, 0, index, torch.tensor(SRC), **how), X, expected)
    check_smooth(torch, lambda src: torch.tensor(X).scatter_reduce(0, index, src, **how), SRC, expected)
    turned = lambda x: x.T.scatter_reduce(1, index.T, torch.tensor(SRC.T.copy()), **how)  # noqa: E731
    check_smooth(torch, turned, X, expected.T)


def test_there_may_be_fewer_places_than_entries(torch):
    x, index = torch.tensor(X), torch.tensor(INDEX[:4, :3])
    found = x.scatter_reduce(0, index, torch.tensor(SRC), "prod").numpy()
    np.testing.assert_allclose(found[:, :3], reduced(X[:, :3], INDEX[:4, :3], SRC, "prod", True), rtol=1e-14)
    np.testing.assert_array_equal(found[:, 3], X[:, 3])


@pytest.mark.filterwarnings("ignore:index_reduce")
@pytest.mark.parametrize("include_self", [True, False], ids=["with itself", "alone"])
@pytest.mark.parametrize("reduce", [each for each in REDUCTIONS if each != "sum"])
def test_reductions_of_slices_and_their_derivatives(torch, reduce, include_self):
    places = np.array([2, 0, 2, 2, 0])
    expected = reduced(X, np.repeat(places[:, None], 4, 1), SRC, reduce, include_self)
    how = {"reduce": reduce, "include_self": include_self}
    check_smooth(torch, lambda x: x.index_reduce(0, torch.tensor(places), torch.tensor(SRC), **how), X, expected)
    by_source = lambda src: torch.index_reduce(torch.tensor(X), 0, torch.tensor(places), src, **how)  # noqa: E731
    check_smooth(torch, by_source, SRC, expected)


def test_entries_that_tie_share_a_derivative_and_products_with_zeros_keep_theirs(torch):
    x = torch.tensor([2.0, 5.0, 0.0], requires_grad=True)
    src = torch.tensor([2.0, 1.0, 0.0, 4.0], requires_grad=True)
    index = torch.tensor([0, 0, 2, 2])
    torch.scatter_reduce(x, 0, index, src, "amax").sum().backward()
    assert (x.grad.tolist(), src.grad.tolist()) == ([0.5, 1.0, 0.0], [0.5, 0.0, 0.0, 1.0])
    src.grad = None
    torch.scatter_reduce(x.detach() + 2.0, 0, index, src, "prod").sum().backward()
    assert src.grad.tolist() == [4.0, 8.0, 8.0, 0.0]


def test_integers_are_reduced_too(torch):
    x, index, src = torch.tensor([7, -7]), torch.tensor([0, 0, 1]), torch.tensor([3, 1, 2])
    found = {each: torch.scatter_reduce(x, 0, index, src, each).tolist() for each in REDUCTIONS}
    assert found == {"sum": [11, -5], "prod": [21, -14], "mean": [3, -3], "amax": [7, 2], "amin": [1, -7]}


def test_it_may_be_written_in_place(torch):
    x = torch.tensor([1.0, 2.0])
    assert x.scatter_reduce_(0, torch.tensor([0, 0]), torch.tensor([3.0, 5.0]), "prod") is x
    assert x.tolist() == [15.0, 2.0]
