"""Optimisers: steps worked out by hand, on this engine and, where it is installed, on PyTorch."""

import pytest


@pytest.fixture
def x(torch):
    return torch.tensor(1.0, dtype=torch.float64, requires_grad=True)


#: Two steps from 1 on x^2/2, whose slope is x.
STEPS = {
    "plain": (lambda t, p: t.optim.SGD(p, lr=0.1), 0.9, 0.81),
    # the sum of slopes: 1, then 0.9 * 1 + 0.8 * 0.9
    "momentum": (lambda t, p: t.optim.SGD(p, lr=0.1, momentum=0.9, dampening=0.2), 0.9, 0.9 - 0.1 * 1.62),
    # the sum of slopes: 1, then 0.9 + 0.81; the slope and 0.9 times the sum are descended
    "Nesterov": (lambda t, p: t.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True), 0.81, 0.81 - 0.1 * 2.349),
    "decay": (lambda t, p: t.optim.SGD(p, lr=0.1, weight_decay=0.3), 0.87, 0.87 * 0.87),
    "ascent": (lambda t, p: t.optim.SGD(p, lr=0.1, maximize=True), 1.1, 1.21),
    # the first step has the length lr; then means (0.09 + 0.09) / 0.19 and (0.000999 + 0.00081) / 0.001999
    "Adam": (
        lambda t, p: t.optim.Adam(p, lr=0.1, eps=0),
        0.9,
        0.9 - 0.1 * (0.18 / 0.19) / (0.001809 / 0.001999) ** 0.5,
    ),
    # the same with means (0.25 + 0.45) / 0.75 and the larger of 0.5 and 0.25 + 0.5 * 0.81, over 0.75
    "AMSGrad": (
        lambda t, p: t.optim.Adam(p, lr=0.1, betas=(0.5, 0.5), eps=0, amsgrad=True),
        0.9,
        0.9 - 0.1 * (0.7 / 0.75) / (0.655 / 0.75) ** 0.5,
    ),
}


@pytest.mark.parametrize("name", STEPS)
def test_two_steps(name, torch, x):
    make, *expected = STEPS[name]
    optimiser = make(torch, [x])
    for value in expected:
        optimiser.zero_grad()
        (x * x / 2).backward()
        optimiser.step()
        assert x.item() == pytest.approx(value, rel=1e-12)


def test_a_step_is_outside_the_graph(torch, x):
    optimiser = torch.optim.SGD([x], lr=0.1)
    y = x * x
    y.backward(retain_graph=True)
    optimiser.step()
    assert (x.requires_grad, x.is_leaf, x.grad_fn) == (True, True, None)
    with pytest.raises(RuntimeError, match=r"in-?\s?place"):
        y.backward()


def test_what_has_no_gradient_stays(torch, x):
    other = torch.ones(2, requires_grad=True)
    optimiser = torch.optim.Adam([x, other])
    x.backward()
    optimiser.step()
    assert other.tolist() == [1, 1]


def test_groups_have_settings_of_their_own(torch, x):
    other = torch.tensor(1.0, requires_grad=True)
    optimiser = torch.optim.SGD([{"params": [x]}, {"params": [other], "lr": 0.5}], lr=0.1)
    (x + other).backward()
    optimiser.step()
    assert (x.item(), other.item()) == (0.9, 0.5)
    assert [group["lr"] for group in optimiser.param_groups] == [0.1, 0.5]
    optimiser.param_groups[0]["lr"] = 1.0
    optimiser.step()
    assert x.item() == pytest.approx(-0.1)


def test_a_closure_computes_the_loss_again(torch, x):
    optimiser = torch.optim.SGD([x], lr=0.1)

    def closure():
        optimiser.zero_grad()
        loss = x * x / 2
        loss.backward()
        return loss

    with torch.no_grad():
        assert optimiser.step(closure).item() == 0.5
    assert x.item() == 0.9


def test_gradients_are_forgotten_or_zeroed(torch, x):
    optimiser = torch.optim.SGD([x], lr=0.1)
    x.backward()
    optimiser.zero_grad(set_to_none=False)
    assert x.grad.item() == 0
    optimiser.zero_grad()
    assert x.grad is None


def test_a_network_learns(torch):
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1), torch.nn.Flatten(0, 1))
    inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    exclusive = torch.tensor([0.0, 1.0, 1.0, 0.0])
    loss_of = torch.nn.BCEWithLogitsLoss()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(200):
        loss = loss_of(model(inputs), exclusive)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.02
    assert ((model(inputs) > 0).tolist()) == [False, True, True, False]


REFUSED = {
    "nothing to optimise": (ValueError, lambda t, x: t.optim.SGD([], lr=0.1)),
    "one tensor": (TypeError, lambda t, x: t.optim.SGD(x, lr=0.1)),
    "a number": (TypeError, lambda t, x: t.optim.SGD([x, 3], lr=0.1)),
    "a computed tensor": (ValueError, lambda t, x: t.optim.SGD([x * 2], lr=0.1)),
    "a parameter in two groups": (ValueError, lambda t, x: t.optim.SGD([{"params": [x]}, {"params": [x]}], lr=0.1)),
    "a negative momentum": (ValueError, lambda t, x: t.optim.SGD([x], lr=0.1, momentum=-1)),
    "a negative eps": (ValueError, lambda t, x: t.optim.Adam([x], eps=-1)),
    "a negative rate": (ValueError, lambda t, x: t.optim.SGD([x], lr=-0.1)),
    "a negative decay": (ValueError, lambda t, x: t.optim.Adam([x], weight_decay=-0.1)),
    "Nesterov's momentum without a momentum": (ValueError, lambda t, x: t.optim.SGD([x], lr=0.1, nesterov=True)),
    "betas of 1": (ValueError, lambda t, x: t.optim.Adam([x], betas=(1.0, 0.9))),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_pytorch_refuses_is_refused_with_the_same_kind_of_error(what, refuses, torch, x):
    refuses(*REFUSED[what], torch, x)


def test_a_group_may_be_one_tensor(torch):
    w = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([{"params": w}], lr=0.1)
    assert optimiser.state[w] == {}
    (w * 3).sum().backward()
    held = w.grad
    optimiser.step()
    assert w.tolist() == pytest.approx([0.7, 0.7])
    optimiser.zero_grad(set_to_none=False)
    assert (w.grad is held, held.tolist()) == (True, [0, 0])
