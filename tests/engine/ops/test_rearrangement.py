"""Rearrangements and their transposes."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine import ops
from gradproof.errors import OutOfRangeError, ShapeError


@pytest.mark.parametrize("index", [(1,), (slice(1, None), -1), (Ellipsis, None, slice(None, None, -2)), (slice(0, 0),)])
def test_embed_is_the_transpose_of_getitem(index):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 4))
    ct = rng.normal(size=x[index].shape)
    assert np.sum(ops.embed(ct, index=index, shape=(3, 4)) * x) == pytest.approx(np.sum(ct * x[index]), rel=1e-14)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_index_add_is_the_transpose_of_take_also_for_repeated_indices(axis):
    rng = np.random.default_rng(0)
    x, indices = rng.normal(size=(3, 3)), np.array([2, 0, 2, 2])
    taken = ops.take(x, indices, axis=axis)
    ct = rng.normal(size=taken.shape)
    assert np.sum(ops.index_add(ct, indices, axis=axis, size=3) * x) == pytest.approx(np.sum(ct * taken), rel=1e-13)


def test_the_transposes_refuse_what_does_not_fit_instead_of_broadcasting():
    with pytest.raises(ShapeError, match=r"selects \(4,\), not \(1,\)"):
        ops.embed(np.ones(1), index=(0,), shape=(3, 4))
    with pytest.raises(ShapeError, match=r"\(1,\) indices for 2 slices"):
        ops.index_add(np.ones((2, 2)), np.array([0]), axis=0, size=3)


def test_take_needs_indices_in_one_dimension_and_in_range():
    with pytest.raises(ShapeError, match=r"indices have shape \(1, 1\), but must have one dimension"):
        ops.take(torch.ones(3), np.array([[0]]), axis=0)
    with pytest.raises(OutOfRangeError, match="index 3 is out of bounds"):
        ops.take(torch.ones(3), np.array([3]), axis=0)


def test_a_concatenation_gives_each_part_its_slice():
    parts = [torch.ones(n, 2, requires_grad=True) for n in (1, 0, 3)]
    ct = np.arange(8, dtype=np.float32).reshape(4, 2)
    torch.cat(parts).backward(torch.tensor(ct))
    assert [part.grad.tolist() for part in parts] == [ct[:1].tolist(), ct[1:1].tolist(), ct[1:].tolist()]


def test_a_tensor_joined_with_itself_receives_both_slices():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    torch.cat([x, x]).backward(torch.tensor([1.0, 2.0, 10.0, 20.0]))
    assert x.grad.tolist() == [11.0, 22.0]


def test_a_conversion_gives_the_cotangent_the_dtype_of_the_argument():
    x = torch.ones(2, requires_grad=True)
    x.double().sum().backward()
    assert x.grad.dtype == torch.float32
