"""Hooks and kept gradients: the same scenarios on this engine and, where it is installed, on PyTorch."""

import gc
import weakref

import pytest


@pytest.fixture
def x(torch):
    return torch.tensor([1.0, 2.0], requires_grad=True)


def test_hooks_are_called_in_the_order_of_pytorch(torch, x):
    seen = []

    def see(name, result=None):
        return lambda *args: seen.append((name, *map(plain, args))) or (result and result(*args))

    def plain(arg):
        if isinstance(arg, tuple):
            return tuple(None if each is None else each.tolist() for each in arg)
        return arg.tolist()

    y = x * 2
    y.register_hook(see("first", lambda g: g * 10))
    y.retain_grad()
    y.register_hook(see("second", lambda g: g * 10))
    y.grad_fn.register_prehook(see("before", lambda gs: (gs[0] + 1,)))
    y.grad_fn.register_hook(see("after"))
    x.register_hook(see("leaf", lambda g: g * 2))
    x.register_post_accumulate_grad_hook(lambda t: seen.append(("accumulated", t is x, t.grad.tolist())))
    (y * 3).sum().backward()
    assert seen == [
        ("first", [3.0, 3.0]),
        ("second", [30.0, 30.0]),
        ("before", ([300.0, 300.0],)),
        ("after", ([602.0, 602.0], None), ([301.0, 301.0],)),
        ("leaf", [602.0, 602.0]),
        ("accumulated", True, [1204.0, 1204.0]),
    ]
    assert (y.grad.tolist(), x.grad.tolist()) == ([300.0, 300.0], [1204.0, 1204.0])
    assert (y.retains_grad, x.retains_grad) == (True, False)


def test_what_is_captured_has_passed_the_hooks_of_its_tensor_alone(torch, x):
    seen = []
    y = x * 2
    y.register_hook(lambda g: seen.append("tensor") or g * 10)
    y.retain_grad()
    y.grad_fn.register_prehook(lambda _: seen.append("before"))
    x.register_hook(lambda g: seen.append("leaf") or g * 7)
    x.register_post_accumulate_grad_hook(lambda _: seen.append("accumulated"))
    total = (y * 3).sum()
    (by_y,) = torch.autograd.grad(total, y, retain_graph=True)
    assert (by_y.tolist(), seen) == ([30.0, 30.0], ["tensor"])
    seen.clear()
    (by_x,) = torch.autograd.grad(total, x)
    assert (by_x.tolist(), seen) == ([420.0, 420.0], ["tensor", "before", "leaf"])
    assert (y.grad.tolist(), x.grad) == ([60.0, 60.0], None)


def test_a_hook_that_was_removed_is_not_called(x):
    handle = x.register_hook(lambda g: g * 2)
    handle.remove()
    handle.remove()
    with x.register_hook(lambda g: g * 100):
        pass
    (x * 1).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_hook_may_remove_itself(x):
    handle = x.register_hook(lambda g: handle.remove() or g * 2)
    for expected in (2.0, 3.0):
        (x * 1).sum().backward()
        assert x.grad.tolist() == [expected, expected]


@pytest.mark.filterwarnings("ignore:Using backward")
def test_hooks_see_tensors_that_are_tracked_with_create_graph(x):
    tracked = []
    x.register_hook(lambda g: tracked.append(g.requires_grad))
    (x * x).sum().backward(create_graph=True)
    x.grad = None
    (x * x).sum().backward()
    assert tracked == [True, False]


def test_a_hook_is_part_of_the_graph_with_create_graph(torch, x):
    x.register_hook(lambda g: g * g)
    (first,) = torch.autograd.grad((x * x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    # the hook acts on the second pass too: ((2 x)^2)' = 8 x, squared
    assert (first.tolist(), second.tolist()) == ([4.0, 16.0], [64.0, 256.0])


def test_the_accumulator_of_a_leaf_has_hooks_too(x):
    seen = []
    y = x * 2
    accumulator = y.grad_fn.next_functions[0][0]
    accumulator.register_hook(lambda passed, arrived: seen.append((passed, arrived[0].tolist())))
    accumulator.register_prehook(lambda arrived: (arrived[0] * 5,))
    y.sum().backward()
    assert seen == [((), [10.0, 10.0])]
    assert x.grad.tolist() == [10.0, 10.0]


def test_a_hook_after_a_node_may_replace_what_it_passes_on(x):
    y = x * 2
    y.grad_fn.register_hook(lambda passed, _: (passed[0] * 5, None))
    y.sum().backward()
    assert x.grad.tolist() == [10.0, 10.0]


def test_a_retained_gradient_accumulates(x):
    y = x * 2
    y.retain_grad()
    y.sum().backward(retain_graph=True)
    y.sum().backward()
    assert y.grad.tolist() == [2.0, 2.0]


def test_retaining_does_not_keep_a_tensor_alive(x):
    y = x * 2
    y.retain_grad()
    node, gone = y.grad_fn, weakref.ref(y)
    y.sum().backward()
    del y
    gc.collect()
    assert gone() is None
    assert node.name() == "MulBackward0"


def test_inputs_choose_what_is_filled(torch, x):
    z = torch.ones(2, requires_grad=True)
    y = x * 2
    (y * z).sum().backward(inputs=[y], retain_graph=True)
    assert (y.grad.tolist(), x.grad, z.grad) == ([1.0, 1.0], None, None)
    assert y.retains_grad
    (y * z).sum().backward(inputs=z)
    assert (x.grad, z.grad.tolist()) == (None, [2.0, 4.0])


def test_inputs_that_are_not_reached_stay_as_they_are(torch, x):
    z = torch.ones(2, requires_grad=True)
    (x * 3).sum().backward(inputs=[z])
    assert (x.grad, z.grad) == (None, None)


def test_unused_inputs_give_zeros_where_they_are_asked_for(torch, x):
    z = torch.ones(3, requires_grad=True)
    by_x, by_z = torch.autograd.grad((x * 3).sum(), [x, z], materialize_grads=True)
    assert (by_x.tolist(), by_z.tolist()) == ([3.0, 3.0], [0.0, 0.0, 0.0])


def test_a_batch_of_cotangents_gives_a_batch_of_gradients(torch, x):
    z = torch.ones(2, requires_grad=True)
    y = x * x
    rows, unused = torch.autograd.grad(
        y, [x, z], torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), is_grads_batched=True, allow_unused=True
    )
    assert (rows.tolist(), unused) == ([[2.0, 0.0], [0.0, 4.0], [2.0, 4.0]], None)


def test_a_node_keeps_what_a_user_wants_to_remember(x):
    y = x * 2
    y.grad_fn.metadata["name"] = "doubled"
    assert (y.grad_fn.metadata, x.sum().grad_fn.metadata) == ({"name": "doubled"}, {})


REFUSED = {
    "a hook where no gradient comes": (RuntimeError, lambda torch, _: torch.ones(2).register_hook(lambda g: g)),
    "an accumulation hook where no gradient comes": (
        RuntimeError,
        lambda torch, _: torch.ones(2).register_post_accumulate_grad_hook(lambda t: None),
    ),
    "an accumulation hook of a computed tensor": (
        RuntimeError,
        lambda _, x: (x * 2).register_post_accumulate_grad_hook(lambda t: None),
    ),
    "keeping where no gradient comes": (RuntimeError, lambda torch, _: torch.ones(2).retain_grad()),
    "an empty batch": (
        IndexError,
        lambda torch, x: torch.autograd.grad(x * 1, [x], torch.ones(0, 2), is_grads_batched=True),
    ),
    "no inputs": (RuntimeError, lambda _, x: x.sum().backward(inputs=[])),
    "an input that no gradient comes to": (
        RuntimeError,
        lambda torch, x: x.sum().backward(inputs=[torch.ones(2)]),
    ),
    "zeros for what must be used": (
        ValueError,
        lambda torch, x: torch.autograd.grad(x.sum(), x, allow_unused=False, materialize_grads=True),
    ),
    "a number from a hook": (TypeError, lambda _, x: x.register_hook(lambda _: 3) and (x * 2).sum().backward()),
    "another shape from a hook": (
        RuntimeError,
        lambda torch, x: x.register_hook(lambda _: torch.ones(3)) and (x * 2).sum().backward(),
    ),
    "another dtype from a hook": (
        RuntimeError,
        lambda _, x: x.register_hook(lambda g: g.double()) and (x * 2).sum().backward(),
    ),
    "too many cotangents from a hook": (
        RuntimeError,
        lambda _, x: (y := x * 2).grad_fn.register_hook(lambda passed, _: (passed[0],) * 3) and y.sum().backward(),
    ),
    "a result of an accumulation hook": (
        TypeError,
        lambda _, x: x.register_post_accumulate_grad_hook(lambda _: 3) and (x * 2).sum().backward(),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_pytorch_refuses_is_refused_with_the_same_kind_of_error(what, refuses, torch, x):
    refuses(*REFUSED[what], torch, x)


def test_inputs_may_come_one_by_one(torch, x):
    z = torch.ones(2, requires_grad=True)
    by_x, by_z = torch.autograd.grad((x * z).sum(), iter([x, z]))
    assert (by_x.tolist(), by_z.tolist()) == ([1, 1], [1, 2])
    (x * z).sum().backward(inputs=iter([z]))
    assert (x.grad, z.grad.tolist()) == (None, [1, 2])
