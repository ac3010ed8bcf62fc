"""Shapes changed in place, on this engine and, where it is installed, on PyTorch."""

import numpy as np
import pytest

import gradproof.engine
from gradproof import trace

TURNS = {
    "t_": ((), (2, 3), (3, 2)),
    "transpose_": ((0, 2), (2, 3, 4), (4, 3, 2)),
    "swapaxes_": ((-1, 0), (2, 3), (3, 2)),
    "swapdims_": ((0, 1), (2, 3), (3, 2)),
    "squeeze_": ((), (1, 2, 1, 3), (2, 3)),
    "squeeze_ 1": ((0,), (1, 2, 1), (2, 1)),
    "squeeze_ 2": (((0, 1),), (1, 2, 1), (2, 1)),
    "unsqueeze_": ((-1,), (2, 3), (2, 3, 1)),
}
ALL = pytest.mark.parametrize("name", TURNS)


def turn(x, name):
    return getattr(x, name.split()[0])(*TURNS[name][0])


def numbers(torch, shape, **how):
    return torch.arange(float(np.prod(shape))).reshape(shape).clone().detach().requires_grad_(**how) + 1.0


@pytest.fixture
def leaf(torch):
    return torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)


@ALL
def test_the_tensor_stays_itself_in_the_same_memory(name, torch):
    x = numbers(torch, TURNS[name][1], requires_grad=False)
    expected = getattr(x, name.split()[0].rstrip("_"))(*TURNS[name][0])
    place, version = x.data_ptr(), x._version
    assert turn(x, name) is x
    assert (tuple(x.shape), x.tolist()) == (TURNS[name][2], expected.tolist())
    assert (x.data_ptr(), x._version - version, x._base, x.is_leaf) == (place, 1, None, True)


@ALL
def test_derivatives_flow_through(name, torch):
    x = numbers(torch, TURNS[name][1], requires_grad=True)
    ct = numbers(torch, TURNS[name][2], requires_grad=False)
    y = x * 2
    turn(y, name)
    (got,) = torch.autograd.grad(y, x, ct)
    other = getattr(x * 2, name.split()[0].rstrip("_"))(*TURNS[name][0])
    (expected,) = torch.autograd.grad(other, x, ct)
    assert got.tolist() == expected.tolist()


@ALL
def test_a_leaf_that_requires_grad_and_views_of_one_are_refused(name, torch, refuses):
    x = torch.ones(TURNS[name][1], requires_grad=True)
    refuses(RuntimeError, turn, x, name)
    refuses(RuntimeError, turn, x.view(TURNS[name][1]), name)
    assert tuple(x.shape) == TURNS[name][1]


def test_turns_that_leave_the_shape_count_as_writes_too(torch):
    x = torch.ones(3)
    x.t_().squeeze_().transpose_(0, 0)
    assert (tuple(x.shape), x._version) == ((3,), 3)


def test_what_does_not_fit_is_refused_and_leaves_the_tensor_alone(torch, refuses):
    x = torch.ones(2, 3, 4)
    for kind, ask, args in (
        (RuntimeError, x.t_, ()),
        (IndexError, x.transpose_, (0, 3)),
        (IndexError, x.unsqueeze_, (4,)),
        (IndexError, x.squeeze_, (3,)),
    ):
        refuses(kind, ask, *args)
    assert (tuple(x.shape), x._version) == ((2, 3, 4), 0)


def test_views_made_before_show_what_they_showed(torch, leaf):
    b = leaf * 2
    row = b[0]
    b.t_()
    assert (row.tolist(), b.tolist()) == ([2, 4, 6], [[2, 8], [4, 10], [6, 12]])
    b.mul_(10)
    assert row.tolist() == [20, 40, 60]
    row.sum().backward()
    assert leaf.grad.tolist() == [[20, 20, 20], [0, 0, 0]]


def test_what_is_written_through_a_view_made_before_arrives(torch, leaf):
    b = leaf * 2
    row = b[0]
    b.t_()
    row.mul_(10)
    assert b.tolist() == [[20, 8], [40, 10], [60, 12]]
    b.sum().backward()
    assert leaf.grad.tolist() == [[20, 20, 20], [2, 2, 2]]


def test_a_view_that_is_turned_stays_a_view_of_its_base(torch, leaf):
    b = leaf * 2
    row = b[1]
    row.unsqueeze_(0)
    assert row._base is b
    row.mul_(3)
    assert b.tolist() == [[2, 4, 6], [24, 30, 36]]
    b.mul_(5)
    assert row.tolist() == [[120, 150, 180]]
    (row.sum() + b.sum()).backward()
    assert leaf.grad.tolist() == [[10, 10, 10], [60, 60, 60]]


def test_turns_between_views_and_writes_in_any_order(torch, leaf):
    b = leaf * 2
    early = b[0]
    b.t_()
    middle = b[:, 1]
    b.unsqueeze_(0).squeeze_(0).t_()
    late = b[0]
    middle.mul_(10)
    late.add_(1)
    early.mul_(2)
    assert b.tolist() == [[6, 10, 14], [80, 100, 120]]
    assert [early.tolist(), middle.tolist(), late.tolist()] == [[6, 10, 14], [80, 100, 120], [6, 10, 14]]
    (b.sum() + early.sum() + middle.sum() + late.sum()).backward()
    assert leaf.grad.tolist() == [[12, 12, 12], [40, 40, 40]]


def test_an_untracked_tensor_may_be_turned_and_written_to_with_tracked_values(torch, leaf):
    b = torch.zeros(3, 2)
    row = b[0]
    with torch.no_grad():
        b.t_()
    b.add_(leaf)
    assert row.tolist() == [1, 4]
    (b * b).sum().backward()
    assert leaf.grad.tolist() == (2 * leaf).tolist()


def test_what_was_kept_for_a_backward_must_not_be_turned(torch, leaf, refuses):
    b = leaf * 2
    y = (b * b).sum()
    b.t_()
    refuses(RuntimeError, y.backward)


def test_a_copy_outside_the_graph_is_turned_alone(torch, leaf):
    outside = leaf.detach()
    outside.t_()
    assert (tuple(outside.shape), tuple(leaf.shape), leaf._version) == ((3, 2), (2, 3), 1)


def test_hooks_see_the_shape_that_they_were_registered_at(torch, leaf):
    seen = []
    b = leaf * 2
    b.register_hook(lambda ct: seen.append(tuple(ct.shape)))
    b.t_()
    b.sum().backward()
    assert seen == [(2, 3)]


def test_after_detaching_in_place_nothing_flows(torch, leaf):
    b = leaf * 2
    b.t_()
    b.detach_()
    b.mul_(2)
    assert (b.requires_grad, b.is_leaf) == (False, True)


def test_a_view_made_without_tracking_is_not_turned_where_operations_are_tracked(torch, leaf, refuses):
    b = leaf * 2
    with torch.no_grad():
        row = b[0]
    refuses(RuntimeError, row.unsqueeze_, 0)


def test_a_tensor_of_inference_mode_is_not_turned_outside(torch, refuses):
    with torch.inference_mode():
        x = torch.ones(2, 3).t_()
    refuses(RuntimeError, x.t_)


@ALL
def test_a_turn_can_be_traced(name):
    def use(x):
        y = x * 2.0
        part = y[0]
        turn(y, name)
        part.mul_(3.0)
        return y * y

    x = np.arange(float(np.prod(TURNS[name][1]))).reshape(TURNS[name][1])
    graph = trace(use, x)
    values = graph.play(
        lambda node, args: np.asarray(gradproof.engine.vocabulary.OPS[node.op](*args, **node.params)),
        [each.value for each in graph.inputs],
    )
    assert values[graph.outputs[0]].tolist() == use(gradproof.engine.tensor(x)).tolist()


def test_without_tracking_what_requires_grad_is_not_turned():
    x = gradproof.engine.ones(2, 3, requires_grad=True)
    with gradproof.engine.no_grad(), pytest.raises(NotImplementedError, match="data"):
        x.t_()
