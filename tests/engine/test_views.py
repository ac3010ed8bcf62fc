"""Tracked writes in place, and views that know their base: the same here and, where it is installed, on PyTorch."""

import numpy as np
import pytest

import gradproof.engine


@pytest.fixture
def leaf(torch):
    return torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)


@pytest.fixture
def other(torch):
    return torch.tensor([2.0, -1.0, 0.5], dtype=torch.float64, requires_grad=True)


def gradients(torch, loss, *leaves):
    """The gradients of a scalar, as lists: None becomes zeros."""
    return [each.tolist() for each in torch.autograd.grad(loss, leaves, materialize_grads=True)]


def a_factor(t, x, y):
    z = x * 1
    z.mul_(y)
    return z


def a_power_then_a_quotient(t, x, y):
    z = x * y
    z **= 2
    z /= y
    return z


def a_result_that_is_replaced(t, x, y):
    z = x.exp() * 1
    z.add_(y).mul_(2)
    return z


def a_row(t, x, y):
    z = x * 1
    z[0] = y[1] * 3
    z[1:] *= y[:2]
    return z


def a_constant_with_tracked_rows(t, x, y):
    z = t.zeros(2, 3, dtype=t.float64)
    z[0] = x
    z[1] = y
    z[:, 0] = 7.0
    return z


def a_view_of_a_view(t, x, y):
    z = (x * 1).reshape(3, 1)
    z[1:].t()[0, 1:].mul_(y[0])
    return z


def another_view_of_the_same(t, x, y):
    z = x * 1
    head, tail = z[:2], z[1:]
    head.mul_(y[:2])
    return tail * 2


def a_view_after_a_write_to_its_base(t, x, y):
    z = x * 1
    view = z.reshape(1, 3)
    z.mul_(y)
    return view * view


def copies_and_fills(t, x, y):
    z = x * y
    z[:2].copy_(y[2])
    z[2:].fill_(x[0])
    return z


def rows_by_number(t, x, y):
    z = t.zeros(3, 2, dtype=t.float64)
    z[t.tensor([2, 0])] = t.stack([x[:2], y[:2]])
    z[1, [0, 1]] = x[1:]
    return z


def what_a_mask_selects(t, x, y):
    z = x * y
    z[t.tensor([True, False, True])] = y[0]
    return z


def a_column_by_number(t, x, y):
    z = (x * 1).reshape(3, 1).repeat(1, 2)
    z[1:, [1]] = (y[:2] * 2).reshape(2, 1)
    return z


def a_diagonal(t, x, y):
    z = t.outer(x, y)
    z.diagonal().mul_(x)
    return z


def zeros(t, x, y):
    z = x * y
    z.zero_()
    return z + x


def what_is_clamped(t, x, y):
    return (x * 1).clamp_(1.5, 2.5)


def a_sum_with_a_factor(t, x, y):
    return (x * 1).add_(y, alpha=3).sub_(x, alpha=2)


#: What comes out for x = (1, 2, 3) and y = (2, -1, 1/2), and the gradients of its sum by both.
EXPECTED = {
    a_factor: ([2, -2, 1.5], [2, -1, 0.5], [1, 2, 3]),
    a_power_then_a_quotient: ([2, -4, 4.5], [4, -4, 3], [1, 4, 9]),
    a_row: ([-3, 4, -3], [0, 2, -1], [2, 6, 0]),
    a_constant_with_tracked_rows: ([[7, 2, 3], [7, -1, 0.5]], [0, 1, 1], [0, 1, 1]),
    a_view_of_a_view: ([[1], [2], [6]], [1, 1, 2], [3, 0, 0]),
    another_view_of_the_same: ([-4, 6], [0, -2, 2], [0, 4, 0]),
    a_view_after_a_write_to_its_base: ([[4, 4, 2.25]], [8, 4, 1.5], [4, -8, 9]),
    copies_and_fills: ([0.5, 0.5, 1], [1, 0, 0], [0, 0, 2]),
    zeros: ([1, 2, 3], [1, 1, 1], [0, 0, 0]),
    a_diagonal: (
        [[2, -1, 0.5], [4, -4, 1], [6, -3, 4.5]],
        [-1 + 0.5 + 4, 2 + 0.5 - 4, 2 - 1 + 3],
        [1 + 2 + 3, 1 + 4 + 3, 1 + 2 + 9],
    ),
    rows_by_number: ([[2, -1], [2, 3], [1, 2]], [1, 2, 1], [1, 1, 0]),
    what_a_mask_selects: ([2, -2, 2], [0, -1, 0], [2, 2, 0]),
    a_column_by_number: ([[1, 1], [2, 4], [3, -2]], [2, 1, 1], [2, 2, 0]),
    what_is_clamped: ([1.5, 2, 2.5], [0, 1, 0], [0, 0, 0]),
    a_sum_with_a_factor: ([5, -5, -1.5], [-1, -1, -1], [3, 3, 3]),
}


@pytest.mark.parametrize("write", EXPECTED, ids=lambda write: write.__name__)
def test_a_tracked_write_gives_the_derivative_of_what_was_written(write, torch, leaf, other):
    values, by_leaf, by_other = EXPECTED[write]
    result = write(torch, leaf, other)
    assert result.tolist() == values
    assert gradients(torch, result.sum(), leaf, other) == [by_leaf, by_other]


@pytest.mark.parametrize("write", [a_factor, a_power_then_a_quotient, a_row, a_view_after_a_write_to_its_base])
def test_second_derivatives_go_through_writes(write, torch, leaf, other):
    (slope,) = torch.autograd.grad((write(torch, leaf, other) ** 2).sum(), leaf, create_graph=True)
    step = 1e-5
    for i in range(3):
        (row,) = torch.autograd.grad(slope[i], leaf, retain_graph=True)
        ends = []
        for sign in (1, -1):
            moved = leaf.detach().clone()
            moved[i] += sign * step
            moved.requires_grad_()
            ends.append(torch.autograd.grad((write(torch, moved, other) ** 2).sum(), moved)[0])
        assert row.tolist() == pytest.approx(((ends[0] - ends[1]) / (2 * step)).tolist(), rel=1e-6, abs=1e-6)


def test_the_graph_shows_the_write(torch, leaf, other):
    z = leaf * 1
    before = z.grad_fn
    assert z.mul_(other) is z
    assert z.grad_fn.name() == "MulBackward0"
    assert z.grad_fn.next_functions[0][0] is before
    z[0] = 5.0
    assert type(z.grad_fn).__name__ == "CopySlices"
    assert (z._version, z.is_leaf, z.requires_grad) == (2, False, True)


def test_a_view_knows_its_base(torch, leaf):
    z = leaf * 1
    view = z[1:][0]
    assert view._base is z
    assert view._is_view()
    assert (z._base, z._is_view(), z.detach()._is_view(), z.clone()._base) == (None, False, False, None)
    view.add_(1)
    assert (z._version, view._version, z.detach()._version, z.data._version) == (1, 1, 1, 0)


def test_a_view_of_what_becomes_tracked_is_tracked(torch, leaf):
    z = torch.zeros(3, dtype=torch.float64)
    written, other = z[:2], z[1:]
    written.copy_(leaf[:2])
    assert (z.requires_grad, written.requires_grad, other.requires_grad) == (True, True, True)
    assert (z.is_leaf, other.is_leaf) == (False, False)
    assert gradients(torch, other.sum(), leaf) == [[0, 1, 0]]


def test_hooks_stay_at_what_they_were_registered_at(torch, leaf):
    z = leaf * 1
    seen = []
    z.register_hook(lambda ct: seen.append(("old", ct.tolist())))
    z.mul_(2)
    z.register_hook(lambda ct: seen.append(("new", ct.tolist())))
    z.sum().backward()
    assert seen == [("new", [1, 1, 1]), ("old", [2, 2, 2])]


def test_the_gradient_that_is_retained_is_that_of_the_latest_value(torch, leaf):
    z = leaf * 1
    z.retain_grad()
    z.mul_(3)
    z[:2].mul_(5)
    z.sum().backward()
    assert (z.grad.tolist(), leaf.grad.tolist()) == ([1, 1, 1], [15, 15, 3])


def test_writes_under_no_grad_leave_the_place_in_the_graph(torch, leaf):
    z = leaf * 1
    node = z.grad_fn
    with torch.no_grad():
        z.add_(1)
        leaf.mul_(2)
    assert z.grad_fn is node
    assert (leaf.tolist(), leaf.is_leaf, leaf.requires_grad) == ([2, 4, 6], True, True)
    z.sum().backward()
    assert leaf.grad.tolist() == [1, 1, 1]


#: An argument, or a result, that is written to and that the derivative does not need.
HARMLESS = {
    "a term": lambda t, x: (t.ones(3, dtype=t.float64), lambda c: x + c),
    "the argument of exp": lambda t, x: (x * 1, lambda z: z.exp()),
    "the argument of sqrt": lambda t, x: (x * 1, lambda z: z.sqrt()),
    "the argument of a sum": lambda t, x: (x * 1, lambda z: z.sum()),
    "the argument of a mean": lambda t, x: (x * 1, lambda z: z.mean()),
    "what a constant multiplies": lambda t, x: (x * 1, lambda z: z * 3.0),
    "what is divided": lambda t, x: (x * 1, lambda z: z / 3.0),
    "what is copied": lambda t, x: (x * 1, lambda z: z.clone()),
    "what is joined": lambda t, x: (x * 1, lambda z: t.cat([z, z])),
}


@pytest.mark.parametrize("what", HARMLESS)
def test_what_the_derivative_does_not_need_may_be_written_to(what, torch, leaf):
    argument, use = HARMLESS[what](torch, leaf)
    expected = gradients(torch, use(leaf * 1 if argument.requires_grad else argument).sum(), leaf)
    result = use(argument)
    argument.mul_(2)
    assert gradients(torch, result.sum(), leaf) == expected


NEEDED = {
    "a factor": lambda t, x: (t.ones(3, dtype=t.float64), lambda c: x * c),
    "the argument of sin": lambda t, x: (x * 1, lambda z: z.sin()),
    "the argument of log": lambda t, x: (x * 1, lambda z: z.log()),
    "both factors": lambda t, x: (x * 1, lambda z: z * z),
    "a matrix": lambda t, x: (t.ones(3, 3, dtype=t.float64), lambda m: m @ x),
    "through a view": lambda t, x: (x * 1, lambda z: z[:2].sin()),
    "a row that the next one was computed from": lambda t, x: (x * 1, lambda z: z.__setitem__(0, z[1] * z[2]) or z),
    "a detached twin": lambda t, x: (x.detach().clone(), lambda c: x * c.detach()),
}


@pytest.mark.parametrize("what", NEEDED)
def test_a_write_to_what_the_derivative_needs_is_found(what, refuses, torch, leaf):
    argument, use = NEEDED[what](torch, leaf)
    result = use(argument).sum()
    argument.mul_(2)
    refuses(RuntimeError, result.backward)


def test_a_write_to_a_saved_result_is_found(refuses, torch, leaf):
    result = leaf.exp()
    result.add_(1)
    refuses(RuntimeError, result.sum().backward)
    result = leaf.exp()
    result.detach().zero_()
    refuses(RuntimeError, result.sum().backward)


def test_data_is_written_without_the_knowledge_of_the_graph(torch, leaf):
    factor = torch.ones(3, dtype=torch.float64)
    result = leaf * factor
    factor.data.zero_()
    result.sum().backward()
    assert leaf.grad.tolist() == [0, 0, 0]


def test_detaching_in_place(torch, leaf):
    z = leaf * 2
    assert z.detach_() is z
    assert (z.is_leaf, z.requires_grad, z.grad_fn) == (True, False, None)
    assert leaf.detach_() is leaf
    assert not leaf.requires_grad


def _no_grad_view(t, x):
    z = x * 1
    with t.no_grad():
        view = z[:2]
    return z, view


def _inference(t, make):
    with t.inference_mode():
        return make()


REFUSED = {
    "a leaf": lambda t, x: x.mul_(2),
    "a view of a leaf": lambda t, x: x[:2].mul_(2),
    "an entry of a leaf": lambda t, x: x.__setitem__(0, 1.0),
    "a leaf that is a view": lambda t, x: t.zeros(3)[:1].requires_grad_().mul_(2),
    "a view of a view of a leaf": lambda t, x: x[:2].reshape(2, 1).zero_(),
    "a view that was not tracked": lambda t, x: _no_grad_view(t, x)[1].mul_(2),
    "an expanded tensor": lambda t, x: (x * 1).expand(2, 3).add_(1),
    "fractions in integers": lambda t, x: t.zeros(3, dtype=t.int64).add_(x),
    "another shape": lambda t, x: (x * 1).add_(t.ones(2, 3)),
    "detaching a view": lambda t, x: (x * 1)[:2].detach_(),
    "what was made in inference mode": lambda t, x: _inference(t, lambda: t.ones(3)).add_(1),
    "saving what was made in inference mode": lambda t, x: x * _inference(t, lambda: t.ones(3).double()),
    "a leaf that was made in inference mode": lambda t, x: _inference(t, lambda: t.ones(3)).requires_grad_(),
    "counting writes in inference mode": lambda t, x: _inference(t, lambda: t.ones(3))._version,
    "a view that was made in inference mode": lambda t, x: _inference(t, lambda: (x * 1)[:2]).add_(x[0]),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_pytorch_refuses_is_refused_with_the_same_kind_of_error(what, refuses, torch, leaf):
    refuses(RuntimeError, REFUSED[what], torch, leaf)


def test_a_view_that_was_not_tracked_is_not_used_after_its_base_was_written(refuses, torch, leaf):
    z, view = _no_grad_view(torch, leaf)
    z.mul_(2)
    refuses(RuntimeError, lambda: view.grad_fn)


def test_inference_mode(torch, leaf):
    assert not torch.is_inference_mode_enabled()
    with torch.inference_mode():
        assert torch.is_inference_mode_enabled()
        assert not torch.is_grad_enabled()
        made, view = leaf * 2, leaf[0]
        made.add_(1)
        with torch.inference_mode(False):
            normal = leaf * 2
    assert (made.requires_grad, made.is_inference(), made.tolist()) == (False, True, [3, 5, 7])
    assert (view.is_inference(), leaf.is_inference(), normal.is_inference()) == (False, False, False)
    assert (normal.requires_grad, torch.is_inference_mode_enabled(), torch.is_grad_enabled()) == (True, False, True)
    assert (made[0].is_inference(), (made + 1).is_inference(), made.clone().is_inference()) == (True, False, False)
    assert gradients(torch, (leaf + made).sum(), leaf) == [[1, 1, 1]]


def test_inference_mode_decorates(torch, leaf):
    @torch.inference_mode()
    def with_parentheses():
        return (leaf * 2).is_inference()

    @torch.inference_mode
    def without():
        return (leaf * 2).is_inference()

    assert with_parentheses()
    assert without()
    assert not (leaf * 2).is_inference()


def test_writes_in_inference_mode_to_a_normal_tensor_are_counted(torch, leaf):
    z = leaf * 1
    with torch.inference_mode():
        z.add_(1)
        leaf.zero_()
    assert (z._version, leaf.tolist(), z.grad_fn.name()) == (1, [0, 0, 0], "MulBackward0")


# What PyTorch refuses, or trips over, is right here.


def our_leaf():
    return gradproof.engine.tensor([1.0, 2.0, 3.0], dtype=gradproof.engine.float64, requires_grad=True)


def test_a_tensor_may_be_multiplied_in_place_by_itself():
    x = our_leaf()
    z = x * 1
    z.mul_(z).mul_(z[:1])
    assert z.tolist() == [1, 4, 9]
    assert gradients(gradproof.engine, z.sum(), x) == [[4 + 2 * (4 + 9), 4, 6]]


def test_a_view_of_what_becomes_tracked_may_be_written_to():
    x = our_leaf()
    z = gradproof.engine.zeros(3, dtype=gradproof.engine.float64)
    view = z[1:]
    z.copy_(x)
    view.mul_(x[:2])
    assert z.tolist() == [1, 2, 6]
    assert gradients(gradproof.engine, z.sum(), x) == [[3, 4 + 0, 2]]


def test_what_was_used_before_it_was_detached_in_place_keeps_its_derivatives():
    x = our_leaf()
    z = x * 2
    w = z.sin()
    z.detach_()
    (slope,) = gradproof.engine.autograd.grad(w.sum(), x, create_graph=True)
    (curvature,) = gradients(gradproof.engine, slope.sum(), x)
    assert curvature == pytest.approx((-4 * np.sin([2.0, 4.0, 6.0])).tolist())


def test_a_leaf_that_is_used_and_then_requires_no_grad_is_still_differentiated_by():
    x = our_leaf()
    z = (x * x).sum()
    x.requires_grad_(False)
    (slope,) = gradproof.engine.autograd.grad(z, our_leaf(), allow_unused=True, retain_graph=True)
    assert slope is None
    z.backward()
    assert x.grad.tolist() == [2, 4, 6]
