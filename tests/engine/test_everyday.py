"""Devices, conversions, copies and the like: the same on this engine and, where it is installed, on PyTorch."""

import copy
import pickle

import numpy as np
import pytest


@pytest.fixture
def x(torch):
    return torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)


FACTORIES = {
    "zeros": lambda t, **how: t.zeros(2, 3, **how),
    "ones": lambda t, **how: t.ones((2, 3), **how),
    "empty": lambda t, **how: t.empty(2, 3, **how),
    "full": lambda t, **how: t.full((2, 3), 1.5, **how),
    "eye": lambda t, **how: t.eye(3, **how),
    "arange": lambda t, **how: t.arange(3.0, **how),
    "linspace": lambda t, **how: t.linspace(0.0, 1.0, 5, **how),
    "tensor": lambda t, **how: t.tensor([1.0, 2.0], **how),
    "asarray": lambda t, **how: t.asarray([1.0, 2.0], **how),
    "rand": lambda t, **how: t.rand(2, generator=t.Generator(device="cpu"), **how),
    "randn": lambda t, **how: t.randn(2, generator=t.Generator(), **how),
    **{
        name: lambda t, name=name, **how: getattr(t, name)(t.ones(2, 3), **how)
        for name in ("zeros_like", "ones_like", "empty_like", "rand_like", "randn_like")
    },
    "full_like": lambda t, **how: t.full_like(t.ones(2, 3), 1.5, **how),
}


@pytest.mark.parametrize("name", FACTORIES)
def test_every_factory_takes_what_pytorch_code_passes(name, torch):
    made = FACTORIES[name](torch, dtype=torch.float64, requires_grad=True, device="cpu")
    assert (made.dtype, made.requires_grad, made.is_leaf) == (torch.float64, True, True)
    assert made.device == torch.device("cpu")
    plain = FACTORIES[name](torch, device=torch.device("cpu"))
    assert (plain.dtype, plain.requires_grad, plain.shape) == (torch.float32, False, made.shape)


def test_numbers_at_equal_distances(torch):
    assert torch.linspace(0, 1, 5).tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert torch.linspace(0, 1, 0).shape == (0,)


def test_a_device_has_a_name(torch):
    device = torch.device("cpu")
    assert (str(device), repr(device), device.type, device.index) == ("cpu", "device(type='cpu')", "cpu", None)
    assert repr(torch.device("cpu", 0)) == repr(torch.device("cpu:0")) == "device(type='cpu', index=0)"
    assert (device == torch.device("cpu"), device == "cpu", device == torch.device("cpu", 0)) == (True, False, False)
    assert hash(device) == hash(torch.device("cpu"))


def test_a_tensor_is_moved_only_where_that_changes_something(torch, x):
    assert all(same is x for same in (x.to("cpu"), x.to(torch.device("cpu")), x.to(torch.float32), x.cpu(), x.float()))
    double = torch.zeros(1, dtype=torch.float64)
    changed = (x.to(torch.float64), x.to("cpu", torch.float64), x.to(double), x.to(dtype=torch.float64), x.double())
    assert all(each.dtype == torch.float64 for each in (*changed, x.type_as(double)))
    assert x.to(torch.float32, copy=True) is not x
    (x.to(torch.float64) ** 2).sum().backward()
    assert x.grad.tolist() == [[2, 4, 6], [8, 10, 12]]
    assert (x.long().dtype, x.bool().dtype, x.long().requires_grad) == (torch.int64, torch.bool, False)


def test_what_is_known_of_the_memory(torch, x):
    assert (x.stride(), x.t().stride(), x.stride(0)) == ((3, 1), (1, 3), 3)
    assert (x.is_contiguous(), x.t().is_contiguous(), x.t().contiguous().is_contiguous()) == (True, False, True)
    assert x.contiguous() is x
    assert x.t().contiguous().tolist() == x.t().tolist()
    assert (x.element_size(), x.itemsize, x.nbytes, x.nelement(), x.ndimension()) == (4, 4, 24, 6, 2)
    assert (x.is_floating_point(), x.is_complex(), x.long().is_floating_point()) == (True, False, False)
    assert (x.size(-1), x.size(dim=0), x.mT.shape, torch.ones(4, 2, 3).mT.shape) == (3, 2, (3, 2), (4, 3, 2))


def test_shapes_of_others(torch, x):
    assert x.view_as(torch.ones(3, 2)).shape == x.reshape_as(torch.ones(3, 2)).shape == (3, 2)
    assert x[0].expand_as(x).tolist() == [[1, 2, 3], [1, 2, 3]]


def test_tensors_of_the_same_kind(torch):
    x = torch.ones(2, dtype=torch.float64)
    made = (x.new_zeros(2, 3), x.new_ones((2, 3)), x.new_full((2, 3), 7), x.new_tensor([[1, 2, 3]] * 2))
    assert all((each.dtype, each.shape, each.requires_grad) == (torch.float64, (2, 3), False) for each in made)
    assert [each.sum().item() for each in made] == [0, 6, 42, 12]
    assert x.new_zeros(2, dtype=torch.float32, requires_grad=True).requires_grad


def test_a_leaf_is_copied_with_its_gradient(torch, x):
    (x * x).sum().backward()
    copied = copy.deepcopy({"first": x, "second": x})
    first = copied["first"]
    assert first is copied["second"]
    assert (first is x, first.requires_grad, first.is_leaf) == (False, True, True)
    assert first.grad is not x.grad
    assert (first.tolist(), first.grad.tolist()) == (x.tolist(), x.grad.tolist())
    assert not np.shares_memory(first.detach().numpy(), x.detach().numpy())


def test_a_tensor_is_pickled_without_gradient_and_history(torch, x):
    (x * x).sum().backward()
    for tensor in (x, x * 2):
        loaded = pickle.loads(pickle.dumps(tensor))
        assert loaded.tolist() == tensor.tolist()
        assert (loaded.requires_grad, loaded.is_leaf, loaded.grad) == (True, True, None)


REFUSED = {
    "random integers of a continuous distribution": (RuntimeError, lambda t, x: t.rand(3, dtype=t.int64)),
    "such as these": (RuntimeError, lambda t, x: t.randn(3, dtype=t.int64)),
    "a device without a number": (RuntimeError, lambda t, x: t.device("cpu:x")),
    "a tensor elsewhere": (RuntimeError, lambda t, x: t.as_tensor(x, device="gpu")),
    "a device that there is not": (RuntimeError, lambda t, x: t.zeros(2, device="gpu")),
    "moving there": (RuntimeError, lambda t, x: x.to("gpu")),
    "a dimension that there is not": (IndexError, lambda t, x: x.size(2)),
    "a copy of a computed tensor": (RuntimeError, lambda t, x: copy.deepcopy(x * 2)),
    "a negative number of steps": (RuntimeError, lambda t, x: t.linspace(0, 1, -1)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_pytorch_refuses_is_refused_with_the_same_kind_of_error(what, refuses, torch, x):
    refuses(*REFUSED[what], torch, x)
