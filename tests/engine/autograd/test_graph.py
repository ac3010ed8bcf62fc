"""Hooks of saved tensors: the same here and, where it is installed, on PyTorch."""

import pytest


@pytest.fixture
def leaf(torch):
    return torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)


def test_what_is_saved_goes_through_the_hooks(torch, leaf):
    packed, unpacked = [], []

    def pack(tensor):
        packed.append(tensor.tolist())
        return tensor.tolist()

    def unpack(values):
        unpacked.append(values)
        return torch.tensor(values, dtype=torch.float64)

    with torch.autograd.graph.saved_tensors_hooks(pack, unpack):
        z = leaf.sin() + leaf
    assert (packed, unpacked) == ([[1, 2, 3]], [])
    outside = leaf.sin()
    (z + outside).sum().backward()
    assert (packed, unpacked) == ([[1, 2, 3]], [[1, 2, 3]])
    assert leaf.grad.tolist() == pytest.approx((2 * torch.cos(leaf) + 1).tolist(), rel=1e-15)


def test_what_comes_back_is_what_the_rules_are_called_with(torch, leaf):
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, lambda tensor: tensor * 10):
        z = leaf * leaf
    assert torch.autograd.grad(z.sum(), leaf)[0].tolist() == [20, 40, 60]


def test_the_innermost_hooks_count(torch, leaf):
    hooks = torch.autograd.graph.saved_tensors_hooks
    with hooks(lambda tensor: tensor, lambda tensor: tensor * 10):
        with hooks(lambda tensor: tensor, lambda tensor: tensor * 100):
            inner = leaf * leaf
        outer = leaf * leaf
    assert torch.autograd.grad(inner.sum(), leaf)[0].tolist() == [200, 400, 600]
    assert torch.autograd.grad(outer.sum(), leaf)[0].tolist() == [20, 40, 60]


def test_second_derivatives_go_through_the_hooks(torch, leaf):
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor.clone(), lambda tensor: tensor):
        z = (leaf * leaf).sum()
        (slope,) = torch.autograd.grad(z, leaf, create_graph=True)
    assert torch.autograd.grad(slope.sum(), leaf)[0].tolist() == [2, 2, 2]


def test_what_is_packed_may_be_written_to(torch, leaf):
    factor = torch.ones(3, dtype=torch.float64)
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor.tolist(), lambda v: torch.tensor(v).double()):
        z = leaf * factor
    factor.zero_()
    z.sum().backward()
    assert leaf.grad.tolist() == [1, 1, 1]


def test_an_unpack_hook_that_returns_something_else_is_refused(refuses, torch, leaf):
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: tensor, lambda tensor: "text"):
        z = leaf.sin()
    refuses((RuntimeError, TypeError), z.sum().backward)


def test_saving_on_the_cpu_changes_nothing_here(torch, leaf):
    with torch.autograd.graph.save_on_cpu():
        z = leaf * leaf
    z.sum().backward()
    assert leaf.grad.tolist() == [2, 4, 6]


def test_a_write_that_nobody_noticed_can_be_told(refuses, torch, leaf):
    factor = torch.ones(3, dtype=torch.float64)
    z = (leaf * factor).sum()
    torch.autograd.graph.increment_version(factor)
    assert factor._version == 1
    refuses(RuntimeError, z.backward)
