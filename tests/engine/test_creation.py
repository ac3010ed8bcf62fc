"""Tensors from data, patterns and chance. Dtypes and values were observed in PyTorch 2.13."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.errors import ArgumentError, DtypeError, GradproofError, NumberRangeError, ParameterError, ShapeError

F, D, I, B = torch.float32, torch.float64, torch.int64, torch.bool  # noqa: E741


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (5, I), (1.5, F), (True, B), ([1, 2], I), ([1, 2.5], F), ([True, 2], I), ([], F), ([[1.0], [2.0]], F),
        (np.float64(1), D), (np.ones(2), D), (np.ones(2, np.float32), F), (np.arange(3), I), (np.array(True), B),
        ([np.float64(1.0)], D), ([np.float32(1.0)], F), ([np.ones(2), np.ones(2)], D),
    ],
    ids=repr,
)  # fmt: skip
def test_python_floats_become_float32_and_what_has_a_dtype_keeps_it(data, dtype):
    assert torch.tensor(data).dtype == dtype
    assert torch.tensor(data).tolist() == np.asarray(data).tolist()


def test_an_explicit_dtype_receives_the_number_itself():
    assert torch.tensor(0.1, dtype=D).item() == 0.1
    assert torch.tensor([0.1, 2], dtype=D).tolist() == [0.1, 2.0]
    assert torch.full((1,), 0.1, dtype=D).item() == 0.1
    assert torch.as_tensor(0.1, dtype=D).item() == 0.1
    assert torch.arange(0, 1, 0.1, dtype=D).tolist()[3] == pytest.approx(0.3, rel=1e-15)


def test_float16_is_made_as_in_pytorch():
    assert repr(torch.arange(0, 1, 0.3, dtype=torch.half)) == (
        "tensor([0.0000, 0.3000, 0.6001, 0.8999], dtype=torch.float16)"
    )
    assert torch.tensor([0.1], dtype=torch.half).tolist() == [0.0999755859375]
    assert torch.tensor([2049, 70000.0], dtype=torch.half).tolist() == [2048.0, np.inf]
    assert torch.tensor(np.ones(2, np.float16)).dtype == torch.float16
    made = [torch.zeros(2, dtype=torch.half), torch.full((2,), 0.1, dtype=torch.half), torch.eye(2, dtype=torch.half)]
    assert all(each.dtype == torch.zeros_like(each).dtype == torch.float16 for each in made)


def test_tensor_copies_and_from_numpy_and_as_tensor_share():
    array = np.zeros(2)
    copied, shared, same = torch.tensor(array), torch.from_numpy(array), torch.as_tensor(array)
    array[0] = 7
    assert (copied.tolist(), shared.tolist(), same.tolist()) == ([0, 0], [7, 0], [7, 0])
    assert torch.as_tensor(shared) is shared


def test_a_copy_of_a_tensor_is_a_leaf():
    x = torch.ones(2, requires_grad=True) * 2
    with pytest.warns(UserWarning, match=r"detach\(\)\.clone\(\)"):
        copy = torch.tensor(x)
    assert copy.is_leaf
    assert not copy.requires_grad
    assert copy.tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ("made", "dtype", "values"),
    [
        (torch.zeros(2), F, [0.0, 0.0]),
        (torch.ones(1, 2), F, [[1.0, 1.0]]),
        (torch.ones((1, 2)), F, [[1.0, 1.0]]),
        (torch.ones(()), F, 1.0),
        (torch.zeros((2, 0)), F, [[], []]),
        (torch.ones(2, dtype=I), I, [1, 1]),
        (torch.eye(2, 3), F, [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        (torch.full((2,), 1), I, [1, 1]),
        (torch.full((2,), 1.5), F, [1.5, 1.5]),
        (torch.full((2,), True), B, [True, True]),
        (torch.arange(5), I, [0, 1, 2, 3, 4]),
        (torch.arange(1, 4), I, [1, 2, 3]),
        (torch.arange(5.0), F, [0.0, 1.0, 2.0, 3.0, 4.0]),
        (torch.arange(1, 0, -0.25), F, [1.0, 0.75, 0.5, 0.25]),
        (torch.arange(0, 1, 0.1), F, np.float32([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]).tolist()),
        (torch.arange(0, 2, 0.3), F, np.float32([0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8]).tolist()),
        (torch.arange(3, dtype=D), D, [0.0, 1.0, 2.0]),
        (torch.zeros_like(torch.ones(2, dtype=D)), D, [0.0, 0.0]),
        (torch.ones_like(torch.zeros(2), dtype=D), D, [1.0, 1.0]),
        (torch.full_like(torch.ones(2, dtype=I), 3), I, [3, 3]),
    ],
)  # fmt: skip
def test_patterns_have_the_values_and_dtype_they_have_in_pytorch(made, dtype, values):
    assert made.dtype == dtype
    assert made.tolist() == values


@pytest.mark.parametrize("make", [torch.zeros, torch.ones, torch.rand, torch.randn, torch.eye])
def test_what_is_made_may_require_grad_and_is_a_leaf(make):
    made = make(3, requires_grad=True)
    assert (made.requires_grad, made.is_leaf, made.grad) == (True, True, None)
    assert not make(3).requires_grad


def test_patterns_after_a_tensor_do_not_inherit_requires_grad():
    x = torch.ones(2, requires_grad=True)
    assert not any(like(x).requires_grad for like in (torch.ones_like, torch.zeros_like, torch.randn_like))


def test_a_seed_gives_the_same_numbers_again():
    torch.manual_seed(3)
    first = torch.randn(4).tolist()
    torch.manual_seed(3)
    assert torch.randn(4).tolist() == first
    assert torch.randn(4).tolist() != first


def test_a_generator_has_a_state_of_its_own():
    first = torch.randn(4, generator=torch.Generator().manual_seed(1))
    torch.manual_seed(9)
    torch.randn(10)
    second = torch.Generator().manual_seed(1)
    assert torch.randn(4, generator=second).tolist() == first.tolist()
    assert second.initial_seed() == 1


def test_normal_numbers_have_mean_0_and_variance_1():
    sample = torch.randn(100_000, dtype=D, generator=torch.Generator()).numpy()
    assert abs(sample.mean()) < 5 / np.sqrt(len(sample))
    assert abs(sample.var() - 1) < 5 * np.sqrt(2 / len(sample))


@pytest.mark.parametrize("dtype", [F, D])
def test_uniform_numbers_lie_below_1(dtype):
    sample = torch.rand(100_000, dtype=dtype, generator=torch.Generator()).numpy()
    assert sample.dtype == dtype.numpy
    assert sample.min() >= 0
    assert sample.max() < 1
    assert abs(sample.mean() - 0.5) < 5 / np.sqrt(12 * len(sample))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: torch.tensor("text"), DtypeError, "real numbers or booleans, not str: 'text'"),
        (lambda: torch.tensor([1j]), DtypeError, "not list"),
        (lambda: torch.tensor([[1], [1, 2]]), ShapeError, "nested sequences .* differ in length"),
        (lambda: torch.tensor(2**63), NumberRangeError, r"below 2\*\*63"),
        (lambda: torch.tensor(np.ones(2, np.uint16)), DtypeError, "uint16 is not supported"),
        (lambda: torch.from_numpy([1.0]), DtypeError, "from_numpy takes a NumPy array, not list"),
        (lambda: torch.arange(), ParameterError, "arange takes end"),
        (lambda: torch.arange(0, 1, 0), ArgumentError, "leads from start to end, but it is 0"),
        (lambda: torch.ones(-1), ShapeError, r"must not be negative, but one of \(-1,\) is"),
        (lambda: torch.tensor([1, 2], requires_grad=True), DtypeError, "only floating tensors .*, not int64"),
        (lambda: torch.ones(2, dtype=I, requires_grad=True), DtypeError, "not int64"),
        (lambda: torch.ones("ab"), DtypeError, "sizes are integers"),
    ],
)  # fmt: skip
def test_bad_input_gives_one_clear_error(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, GradproofError)


def test_a_number_beyond_the_dtype_is_infinite_in_silence():
    assert torch.tensor(1e300).item() == float("inf")
    assert (torch.ones(1) * 1e300).item() == float("inf")
