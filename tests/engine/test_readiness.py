"""When hooks see gradients of leaves, on this engine and, where it is installed, on PyTorch."""

import pytest


@pytest.fixture
def log():
    return []


@pytest.fixture
def leaf(torch, log):
    """A function that makes a leaf whose hooks write their name, and which gradients there are, into the log."""

    def make(name, others=()):
        made = torch.ones(2, requires_grad=True)
        made.register_hook(lambda ct: log.append((name, *(each.grad is not None for each in others))))
        return made

    return make


def watched(tensor, name, log, others=()):
    tensor.register_hook(lambda ct: log.append((name, *(each.grad is not None for each in others))))
    return tensor


def test_a_leaf_is_served_before_the_sweep_goes_on(torch, leaf, log):
    first, second = leaf("first"), leaf("second")
    first.register_post_accumulate_grad_hook(lambda p: log.append("has first"))
    y = watched(torch.exp(first), "y", log, (first, second))
    z = watched(y * second, "z", log, (first, second))
    z.sum().backward()
    assert log == [("z", False, False), ("second",), ("y", False, True), ("first",), "has first"]


def test_a_leaf_waits_for_all_that_use_it(torch, leaf, log):
    p, q, r = leaf("p"), leaf("q"), leaf("r")
    y = watched(p * q, "y", log)
    z = watched(y * r, "z", log)
    u = watched(torch.exp(p), "u", log)
    (z + u).sum().backward()
    assert [name for name, *_ in log] == ["u", "z", "r", "y", "p", "q"]


def test_a_leaf_that_is_used_twice_by_one_operation_is_served_once(torch, leaf, log):
    p = leaf("p")
    (p * p).sum().backward()
    assert (log, p.grad.tolist()) == ([("p",)], [2, 2])


def test_leaves_without_hooks_have_their_gradient_when_hooks_look(torch, log):
    p, q = (torch.ones(2, requires_grad=True) for _ in range(2))
    y = watched(torch.exp(p), "y", log, (p, q))
    (y * q).sum().backward()
    assert log == [("y", False, True)]


def test_layers_are_served_from_the_last_to_the_first(torch, log):
    first, last = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    names = {"first weight": first.weight, "first bias": first.bias, "last weight": last.weight, "last bias": last.bias}
    for name, parameter in names.items():
        watched(parameter, name, log)
    last(torch.tanh(first(torch.ones(3, 2)))).sum().backward()
    assert [name for name, *_ in log] == ["last bias", "last weight", "first bias", "first weight"]


def test_an_optimiser_may_step_within_the_backward_pass(torch):
    p, q = (torch.ones(2, requires_grad=True) for _ in range(2))
    steps = {each: torch.optim.SGD([each], lr=0.5) for each in (p, q)}

    def step(parameter):
        steps[parameter].step()
        steps[parameter].zero_grad()

    for each in (p, q):
        each.register_post_accumulate_grad_hook(step)
    (p * 2 + q * 3).sum().backward()
    assert (p.tolist(), q.tolist(), p.grad, q.grad) == ([0, 0], [-0.5, -0.5], None, None)


def test_roots_that_are_leaves_come_first(torch, leaf, log):
    p, q = leaf("p"), leaf("q")
    u = watched(torch.exp(q), "u", log)
    torch.autograd.backward([p, u], [torch.ones(2), torch.ones(2)])
    assert [name for name, *_ in log] == ["p", "u", "q"]


def test_only_what_leads_to_the_inputs_is_waited_for(torch, leaf, log):
    p, q = leaf("p"), leaf("q")
    y = watched(torch.exp(p), "y", log)
    z = watched(torch.sin(q), "z", log)
    torch.autograd.grad((y * z).sum() + (p * 2).sum(), [q, p])
    assert [name for name, *_ in log] == ["z", "q", "y", "p"]
    log.clear()
    torch.autograd.grad((torch.exp(p) * q).sum(), [p])
    assert [name for name, *_ in log] == ["p"]


@pytest.mark.filterwarnings("ignore:Using backward")
@pytest.mark.parametrize("create_graph", [False, True])
def test_gradients_accumulate_over_passes(torch, leaf, log, create_graph):
    p = leaf("p", ())
    for _ in range(2):
        (p * p).sum().backward(create_graph=create_graph)
    assert (p.grad.tolist(), p.grad.requires_grad, len(log)) == ([4, 4], create_graph, 2)


def test_a_function_that_passes_nothing_on_does_not_hold_a_leaf_up(torch, leaf, log):
    members = {"forward": lambda ctx, a: a * 2, "backward": lambda ctx, ct: None}
    nothing = type("Nothing", (torch.autograd.Function,), {name: staticmethod(each) for name, each in members.items()})
    p = leaf("p")
    (nothing.apply(torch.exp(p)) + p * 3).sum().backward()
    assert (p.grad.tolist(), log) == ([3, 3], [("p",)])


def test_a_failure_in_a_hook_leaves_what_was_complete(torch, log):
    p, q = (torch.ones(2, requires_grad=True) for _ in range(2))
    y = torch.exp(p)

    def fail(ct):
        raise KeyError("here")

    y.register_hook(fail)
    with pytest.raises(KeyError, match="here"):
        (y * q).sum().backward()
    assert (p.grad is None, q.grad is None) == (True, False)
