"""Conventions at kinks and ties, as observed in PyTorch 2.14, and what selections do with the values they leave out."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.errors import ArgumentError


def gradients(function, *values):
    leaves = [torch.tensor(value, requires_grad=True) for value in values]
    function(*leaves).sum().backward()
    return [leaf.grad.tolist() for leaf in leaves]


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (torch.abs, [[-2.0, -0.0, 0.0, 3.0]], [[-1.0, 0.0, 0.0, 1.0]]),
        (torch.relu, [[-2.0, -0.0, 0.0, 3.0]], [[0.0, 0.0, 0.0, 1.0]]),
        (torch.maximum, [[1.0, 2.0], [1.0, 3.0]], [[0.5, 0.0], [0.5, 1.0]]),
        (torch.minimum, [[1.0, 2.0], [1.0, 3.0]], [[0.5, 1.0], [0.5, 0.0]]),
        (lambda x: x.clamp(min=0.1), [[0.1, 0.0, 1.0]], [[0.0, 0.0, 1.0]]),
        (lambda x: x.clamp(max=0.1), [[0.1, 0.0, 1.0]], [[0.0, 1.0, 0.0]]),
        (lambda x: x.clamp(2, 1), [[0.0, 1.5, 3.0]], [[0.0, 0.0, 0.0]]),
        (torch.clamp, [[0.0, 5.0], [3.0, 3.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]]),
        (torch.hypot, [[0.0, 3.0], [0.0, 4.0]], [[0.0, 0.6000000238418579], [0.0, 0.800000011920929]]),
        (torch.max, [[1.0, 5.0, 5.0]], [[0.0, 0.5, 0.5]]),
        (lambda x: x.max(0).values, [[1.0, 5.0, 5.0]], [[0.0, 1.0, 0.0]]),
        (lambda x: x.max(1).values, [[[1.0, 1.0], [2.0, 3.0]]], [[[1.0, 0.0], [0.0, 1.0]]]),
    ],
)
def test_a_tie_is_resolved_as_in_pytorch(function, values, expected):
    assert gradients(function, *values) == expected


@pytest.mark.parametrize(
    ("function", "values", "expected"),
    [
        (lambda x: x.clamp(0, 1), [[-1.0, 0.0, 0.5, 1.0, 2.0]], [[0.0, 0.0, 1.0, 0.0, 0.0]]),
        (lambda x: x.clamp(min=0), [[-1.0, 0.0, 2.0]], [[0.0, 0.0, 1.0]]),
        (lambda x: x.clamp_max(1), [[-1.0, 1.0, 2.0]], [[1.0, 0.0, 0.0]]),
        (lambda x, low: x.clamp(min=low), [[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]], [[0.0, 0.5, 1.0], [1.0, 0.5, 0.0]]),
        (lambda x, high: x.clamp_max(high), [[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]], [[1.0, 0.5, 0.0], [0.0, 0.5, 1.0]]),
        (lambda x, low, high: x.clamp(low, high), [[3.0], [2.0], [1.0]], [[0.0], [0.0], [1.0]]),
        (lambda x, low, high: x.clamp(low, high), [[2.0], [1.0], [2.0]], [[0.5], [0.0], [0.5]]),
        (torch.nn.functional.hardtanh, [[-1.0, 0.0, 1.0]], [[0.0, 1.0, 0.0]]),
        (torch.nn.functional.relu6, [[0.0, 1.0, 6.0]], [[0.0, 1.0, 0.0]]),
    ],
)
def test_a_bound_that_is_met_takes_the_share_that_it_takes_in_pytorch(function, values, expected):
    assert gradients(function, *values) == expected


def test_a_bound_that_is_no_number_of_the_dtype_is_compared_unrounded_by_the_op():
    """In float32 0.1 is rounded up: that number lies above the bound."""
    x = torch.tensor([0.1], requires_grad=True)
    assert np.float64(x.detach().numpy()[0]) > 0.1
    torch.ops.clip(x, max=0.1).sum().backward()
    assert x.grad.tolist() == [0.0]


def test_clamp_needs_a_bound_and_promotes_as_pytorch():
    with pytest.raises(ArgumentError, match="clamp needs min, max or both"):
        torch.ones(2).clamp()
    assert torch.tensor([1, 2, 3]).clamp(0, 1.5).tolist() == [1.0, 1.5, 1.5]
    assert torch.tensor([1, 2, 3]).clamp(2).dtype == torch.int64
    assert torch.ops.clip(np.array([1.0, 5.0])).tolist() == [1.0, 5.0]


def test_where_passes_nothing_to_the_side_that_was_not_taken():
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    torch.where(x > 0, x * 3, torch.zeros(2)).sum().backward()
    assert x.grad.tolist() == [0.0, 3.0]


@pytest.mark.parametrize("name", ["eq", "ne", "lt", "le", "gt", "ge"])
def test_comparisons_are_those_of_numpy_and_carry_no_derivative(name):
    a, b = np.array([1.0, 2.0, 3.0, np.nan]), np.array([2.0, 2.0, 2.0, np.nan])
    ufunc = {
        "eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal
    }[name]  # fmt: skip
    result = getattr(torch, name)(torch.tensor(a, requires_grad=True), torch.tensor(b))
    assert result.tolist() == ufunc(a, b).tolist()
    assert (result.dtype, result.requires_grad) == (torch.bool, False)
