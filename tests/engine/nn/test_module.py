"""Modules and parameters: the same on this engine and, where it is installed, on PyTorch."""

import copy
import pickle
from collections import OrderedDict

import pytest


@pytest.fixture
def nn(torch):
    return torch.nn


@pytest.fixture
def model(nn):
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Sequential(nn.Linear(4, 2, bias=False), nn.Flatten(0, 1)))


def names_of(pairs):
    return [name for name, _ in pairs]


def test_a_linear_layer(torch, nn):
    layer = nn.Linear(3, 2)
    layer.load_state_dict({"weight": torch.tensor([[1.0, 2, 3], [4, 5, 6]]), "bias": torch.tensor([10.0, 20])})
    assert layer(torch.tensor([[1.0, 1, 1], [0, 1, 0]])).tolist() == [[16, 35], [12, 25]]
    layer(torch.ones(3)).sum().backward()
    assert (layer.weight.grad.tolist(), layer.bias.grad.tolist()) == ([[1, 1, 1], [1, 1, 1]], [1, 1])
    assert nn.Linear(3, 2, bias=False).bias is None
    assert torch.nn.functional.linear(torch.ones(2), torch.ones(3, 2)).tolist() == [2, 2, 2]


def test_the_numbers_a_layer_begins_with_are_bounded(torch, nn):
    weight = nn.Linear(100, 50).weight
    assert (weight.shape, weight.dtype, weight.requires_grad, weight.is_leaf) == ((50, 100), torch.float32, True, True)
    assert 0.09 < weight.abs().max().item() <= 0.1
    assert abs(weight.mean().item()) < 0.01


def test_a_module_finds_what_it_holds(nn, model):
    assert names_of(model.named_parameters()) == ["0.weight", "0.bias", "2.0.weight"]
    assert names_of(model.named_modules()) == ["", "0", "1", "2", "2.0", "2.1"]
    assert names_of(model.named_children()) == ["0", "1", "2"]
    assert (len(model), model[0], len(model[:2])) == (3, next(model.children()), 2)
    assert [parameter.numel() for parameter in model.parameters()] == [12, 4, 8]
    assert names_of(model.named_parameters(recurse=False)) == []


def test_what_is_held_twice_is_found_once(torch, nn):
    class Shared(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(2, 2, bias=False)
            self.second = self.first
            self.shift = nn.Parameter(torch.zeros(2))
            self.alias = self.shift
            self.number = 3

        def forward(self, x):
            return self.second(self.first(x)) + self.alias

    shared = Shared()
    assert sorted(names_of(shared.named_parameters())) == ["first.weight", "shift"]
    assert names_of(shared.named_modules()) == ["", "first"]
    shared(torch.ones(2)).sum().backward()
    assert all(parameter.grad is not None for parameter in shared.parameters())


def test_a_module_acts_on_all_it_holds(torch, model):
    seen = []
    assert model.apply(lambda module: seen.append(type(module).__name__)) is model
    assert seen == ["Linear", "Tanh", "Linear", "Flatten", "Sequential", "Sequential"]
    assert not model.eval().training
    assert all(module.training is False for module in model.modules())
    assert model.train()[2][0].training
    assert {parameter.dtype for parameter in model.double().parameters()} == {torch.float64}
    assert {parameter.dtype for parameter in model.float().parameters()} == {torch.float32}
    model.requires_grad_(False)
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_gradients_are_forgotten_or_zeroed(torch, nn):
    layer = nn.Linear(1, 1, bias=False)
    for set_to_none, expected in ((False, [[0.0]]), (True, None)):
        layer(torch.ones(1)).backward()
        layer.zero_grad(set_to_none=set_to_none)
        grad = layer.weight.grad
        assert (grad if grad is None else grad.tolist()) == expected


def test_a_state_is_saved_and_loaded(torch, nn, model):
    state = copy.deepcopy(model.state_dict())
    assert list(state) == ["0.weight", "0.bias", "2.0.weight"]
    assert not any(value.requires_grad for value in state.values())
    x = torch.ones(1, 3)
    before = model(x).tolist()
    with torch.no_grad():
        model[0].weight.zero_()
    assert model(x).tolist() != before
    model.load_state_dict(state)
    assert model(x).tolist() == before
    assert copy.deepcopy(model)(x).tolist() == before
    assert pickle.loads(pickle.dumps(model))(x).tolist() == before


def test_a_parameter_is_a_leaf_and_what_is_computed_from_it_is_not_one(torch, nn):
    parameter = nn.Parameter(torch.ones(2))
    assert (parameter.requires_grad, parameter.is_leaf, isinstance(parameter, torch.Tensor)) == (True, True, True)
    assert not nn.Parameter(torch.ones(2), requires_grad=False).requires_grad
    for computed in (parameter * 2, 2 - parameter, parameter.sum(), torch.exp(parameter), parameter.detach()):
        assert type(computed) is torch.Tensor
    (parameter * 3).sum().backward()
    assert type(parameter.grad) is torch.Tensor
    assert repr(parameter) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    for copied in (copy.deepcopy(parameter), pickle.loads(pickle.dumps(parameter))):
        assert type(copied) is nn.Parameter
        assert copied.tolist() == [1, 1]
    assert copy.deepcopy(parameter).grad is None


def test_hooks_of_a_parameter_see_plain_tensors(torch, nn):
    seen = []
    parameter = nn.Parameter(torch.ones(2))
    parameter.register_hook(lambda ct: seen.append(type(ct)) or ct * 2)
    parameter.backward(torch.ones(2))
    assert (seen, parameter.grad.tolist()) == ([torch.Tensor], [2, 2])


def test_losses_and_activations(torch, nn):
    x, y = torch.tensor([0.5, -1.0]), torch.tensor([1.0, 0.0])
    functional = torch.nn.functional
    for reduction in ("none", "mean", "sum"):
        found = nn.MSELoss(reduction=reduction)(x, y), nn.BCEWithLogitsLoss(reduction=reduction)(x, y)
        expected = (
            functional.mse_loss(x, y, reduction=reduction),
            functional.binary_cross_entropy_with_logits(x, y, reduction=reduction),
        )
        assert [each.tolist() for each in found] == [each.tolist() for each in expected]
    for module, function in ((nn.ReLU, torch.relu), (nn.Tanh, torch.tanh), (nn.Sigmoid, torch.sigmoid)):
        assert module()(x).tolist() == function(x).tolist()
    assert nn.Flatten()(torch.ones(2, 3, 4)).shape == (2, 12)
    assert nn.Flatten(0, 1)(torch.ones(2, 3, 4)).shape == (6, 4)


def test_a_module_prints_what_it_holds(model):
    assert repr(model) == (
        "Sequential(\n"
        "  (0): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (1): Tanh()\n"
        "  (2): Sequential(\n"
        "    (0): Linear(in_features=4, out_features=2, bias=False)\n"
        "    (1): Flatten(start_dim=0, end_dim=1)\n"
        "  )\n"
        ")"
    )


REFUSED = {
    "what is no module": (TypeError, lambda t: t.nn.Sequential(3)),
    "a module without forward": (NotImplementedError, lambda t: t.nn.Module()(1)),
    "a state with other names": (RuntimeError, lambda t: t.nn.Linear(1, 1).load_state_dict({"weight": t.ones(1, 1)})),
    "a state with other shapes": (
        RuntimeError,
        lambda t: t.nn.Linear(1, 1).load_state_dict({"weight": t.ones(2, 1), "bias": t.ones(1)}),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_pytorch_refuses_is_refused_with_the_same_kind_of_error(what, refuses, torch):
    refuses(*REFUSED[what], torch)


def test_modules_may_be_named_shared_and_sliced(torch, nn):
    layer = nn.Linear(1, 1)
    model = nn.Sequential(layer, nn.ReLU(), layer)
    assert list(model.state_dict()) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert "(2): Linear" in repr(model)
    assert list(model[1:].state_dict()) == ["2.weight", "2.bias"]
    named = nn.Sequential(OrderedDict(first=nn.Linear(1, 2), second=nn.Linear(2, 1)))
    assert names_of(named.named_parameters()) == ["first.weight", "first.bias", "second.weight", "second.bias"]
    assert named(torch.ones(3, 1)).shape == (3, 1)


def test_a_module_may_hold_what_holds_it(nn):
    parent, child = nn.Module(), nn.Linear(1, 1)
    parent.child, child.parent = child, parent
    assert len(list(parent.parameters())) == 2


def test_modules_are_moved(torch, nn):
    layer = nn.Linear(2, 1, device="cpu", dtype=torch.float64)
    state = layer.state_dict()
    for moved in (layer.to("cpu"), layer.to(device="cpu"), layer.double(), layer.cpu(), layer.to(torch.float64)):
        assert moved is layer
    with torch.no_grad():
        layer.weight.zero_()
    assert state["weight"].tolist() == [[0, 0]]
    with pytest.raises(TypeError):
        layer.to(torch.int64)


def test_parameters_have_subclasses(torch, nn):
    class Special(nn.Parameter):
        pass

    special = Special(torch.ones(2))
    assert (type(special), special.requires_grad) == (Special, True)
    (special * 2).sum().backward()
    assert special.grad.tolist() == [2, 2]


@pytest.mark.parametrize(("dims", "shape", "kind"), [((1, -1), (3,), IndexError), ((2, 1), (1, 2, 3), RuntimeError)])
def test_dimensions_that_cannot_be_joined(dims, shape, kind, torch, nn):
    assert nn.Flatten(0)(torch.tensor(1.0)).shape == (1,)
    with pytest.raises(kind):
        nn.Flatten(*dims)(torch.ones(shape))
