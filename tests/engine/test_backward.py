"""The sweep: its order, what ``observe`` sees, and how cotangents are fitted to their arguments."""

import itertools

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine import backward
from gradproof.engine.backward import fit
from gradproof.engine.variable import Node, Variable


def leaf(*values):
    return torch.tensor(list(values), dtype=torch.float64, requires_grad=True)


def observed(root, ct=None):
    """Run backward and return what ``observe`` saw: (edge, cotangent, cotangents passed on), copied."""
    seen = []

    def observe(edge, ct, cts):
        seen.append((edge, np.array(ct), tuple(None if each is None else np.array(each) for each in cts)))

    torch.autograd.backward(root, ct, observe=observe)
    return seen


def test_observe_sees_each_node_once_with_its_complete_cotangent():
    x = leaf(3.0)
    y = x * x
    fan = [y * float(k) for k in range(1, 5)]
    total = fan[0] + fan[1] + fan[2] + fan[3]
    seen = observed(total.sum())
    edges = [edge for edge, _, _ in seen]
    assert len(set(map(id, edges))) == len(edges) == 10
    cotangent_of_y = next(ct for edge, ct, _ in seen if edge is y.grad_fn)
    assert cotangent_of_y.tolist() == [1.0 + 2.0 + 3.0 + 4.0]


def test_entering_sees_each_cotangent_before_a_rule_can_change_it():
    x = leaf(2.0)
    y = x.sin()
    entered, left = [], []

    def enter(node, ct):
        entered.append((node, ct.item()))
        ct *= 2.0

    def observe(edge, ct, cts):
        left.append((edge, ct.item()))

    torch.autograd.backward(y.exp(), torch.tensor([3.0], dtype=torch.float64), observe=observe, entering=enter)
    assert [node.op.name for node, _ in entered] == ["exp", "sin"]
    assert [ct for _, ct in left[:2]] == [2.0 * ct for _, ct in entered]


def test_observe_sees_leaves_last_with_what_becomes_their_gradient():
    x, z = leaf(2.0), leaf(5.0)
    seen = observed((x * z).sum())
    assert [isinstance(edge, Node) for edge, _, _ in seen] == [True, True, False, False]
    assert {id(edge): ct.tolist() for edge, ct, _ in seen if isinstance(edge, Variable)} == {id(x): [5.0], id(z): [2.0]}


def test_observe_sees_a_cotangent_for_each_tracked_argument_and_none_elsewhere():
    x = leaf(2.0)
    seen = observed((x * torch.tensor([7.0])).sum())
    _, _, cts = next(each for each in seen if each[0].op.name == "multiply")
    assert cts[0].tolist() == [7.0]
    assert cts[1] is None


def test_what_a_node_passes_on_is_already_summed_over_broadcast_axes():
    x = leaf(2.0)
    seen = observed((x * torch.ones(4, 3, 1)).sum())
    _, ct, cts = next(each for each in seen if each[0].op.name == "multiply")
    assert ct.shape == (4, 3, 1)
    assert cts[0].tolist() == [12.0]


def test_nodes_come_newest_first():
    x = leaf(2.0)
    a = x.exp()
    b = a.sin()
    c = a * b + a
    numbers = [edge.sequence for edge, _, _ in observed(c.sum()) if isinstance(edge, Node)]
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize("create_graph", [False, True])
def test_the_cotangent_that_is_passed_in_is_never_written_to(create_graph):
    ct = torch.ones(2, dtype=torch.float64)
    ct.array.flags.writeable = False
    x = leaf(1.0, 2.0)
    y = x + x + x
    torch.autograd.backward([y, y, y], [ct, ct, ct], create_graph=create_graph)
    assert x.grad.tolist() == [9.0, 9.0]
    assert ct.tolist() == [1.0, 1.0]


def test_values_of_the_graph_are_never_written_to():
    arrays = [np.array([0.5, 1.5]), np.array([[2.0], [3.0]])]
    for array in arrays:
        array.flags.writeable = False
    x, z = (torch.from_numpy(array).requires_grad_() for array in arrays)
    y = ((x * z).exp() + x).softmax(0) @ torch.from_numpy(arrays[1])
    y.sum().backward()
    assert arrays[0].tolist() == [0.5, 1.5]
    assert x.grad.shape == (2,)
    assert z.grad.shape == (2, 1)


def test_the_caller_may_track_or_not_and_the_sweep_does_not_change_that():
    x = leaf(1.0)
    y = (x * x).sum()
    with torch.no_grad():
        y.backward()
        assert not torch.is_grad_enabled()
    assert torch.is_grad_enabled()
    assert x.grad.tolist() == [2.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_error_in_the_sweep_leaves_the_mode_as_it_was(create_graph):
    x = leaf(1.0)
    y = x.exp().sum()
    y.backward()
    with pytest.raises(RuntimeError):
        y.backward(create_graph=create_graph)
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(
    ("ct_shape", "shape"),
    [
        ((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), ()), ((4, 2, 3), (1, 3)), ((2, 3), (1, 1)), ((2, 3), (2, 3)),
        ((0, 3), (3,)), ((1, 3), (3,)),
    ],
)  # fmt: skip
def test_fit_is_the_transpose_of_broadcasting(ct_shape, shape):
    ct = np.random.default_rng(0).normal(size=ct_shape)
    x = np.random.default_rng(1).normal(size=shape)
    fitted = fit(ct, shape, np.dtype(np.float64))
    assert fitted.shape == shape
    assert np.sum(fitted * x) == pytest.approx(np.sum(ct * np.broadcast_to(x, ct_shape)), rel=1e-12, abs=1e-12)


def test_infinite_and_undefined_cotangents_pass_through_silently():
    x = leaf(0.0)
    x.sqrt().sum().backward()
    assert x.grad.tolist() == [np.inf]


# --- strong zeros

INF, NAN = float("inf"), float("nan")

#: A function, its argument, and its gradient: each has a branch not taken whose local derivative is infinite or NaN.
TRAPS = {
    "the root of a negative number": (lambda x: torch.where(x > 0, x.sqrt(), 0.0), [-1.0, 4.0], [0.0, 0.25]),
    "the root of zero": (lambda x: torch.where(x > 0, x.sqrt(), 0.0), [0.0, 4.0], [0.0, 0.25]),
    "a power of zero": (lambda x: torch.where(x > 0, x**0.5, x), [0.0, -1.0], [1.0, 1.0]),
    "a logarithm": (lambda x: torch.where(x > 0, x.log(), 0.0), [-1.0, 0.0, 4.0], [0.0, 0.0, 0.25]),
    "a division": (lambda x: torch.where(x != 0, 1 / x, 0.0), [0.0, 4.0], [0.0, -0.0625]),
    "sin(x) / x": (lambda x: torch.where(x != 0, x.sin() / x, 1.0), [0.0], [0.0]),
    "an exponential that overflows": (lambda x: torch.where(x < 9, x.exp(), 0.0), [0.0, 1e3], [1.0, 0.0]),
    "a product with infinity": (lambda x: torch.where(x < 9, x * x.exp(), 0.0), [0.0, 1e3], [1.0, 0.0]),
    "a chain of products": (lambda x: torch.where(x > 1, x * (1 / (x - 1)) * (x - 1).log(), x), [1.0], [1.0]),
    "a broadcast argument": (
        lambda x: torch.where(torch.tensor([True, False]), x / torch.tensor([2.0, 0.0]), 3.0),
        [6.0],
        [0.5],
    ),
    "a row of softmax": (
        lambda x: torch.where(torch.tensor([[True], [False]]), x.softmax(1), 0.0),
        [[0.0, 0.0], [-INF, -INF]],
        [[0.0, 0.0], [0.0, 0.0]],
    ),
    "a mean": (
        lambda x: torch.where(torch.tensor([True, False]), x.sqrt().mean(1), 0.0),
        [[4.0], [0.0]],
        [[0.25], [0.0]],
    ),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize("name", TRAPS)
def test_a_cotangent_of_zero_contributes_zero(name, create_graph):
    function, at, expected = TRAPS[name]
    x = leaf(*at)
    (gradient,) = torch.autograd.grad(function(x).sum(), x, create_graph=create_graph)
    assert gradient.tolist() == expected


@pytest.mark.parametrize(
    ("a", "b", "taken", "by_a", "by_b"),
    [
        ([[1.0, 2.0], [INF, 1.0]], [[1.0], [3.0]], [[1.0], [0.0]], [[1.0, 3.0], [0.0, 0.0]], [[1.0], [2.0]]),
        ([[1.0, 2.0]], [[1.0, NAN], [3.0, INF]], [[1.0, 0.0]], [[1.0, 3.0]], [[1.0, 0.0], [2.0, 0.0]]),
        ([[1.0, 2.0], [INF, 1.0]], [1.0, 3.0], [1.0, 0.0], [[1.0, 3.0], [0.0, 0.0]], [1.0, 2.0]),
        ([1.0, 2.0], [[1.0, NAN], [3.0, INF]], [1.0, 0.0], [1.0, 3.0], [[1.0, 0.0], [2.0, 0.0]]),
        ([1.0, INF], [1.0, 3.0], 0.0, [0.0, 0.0], [0.0, 0.0]),
    ],
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_cotangent_of_zero_contributes_zero_to_a_matrix_product(a, b, taken, by_a, by_b, create_graph):
    left, right = leaf(*a), leaf(*b)
    ct = torch.tensor(taken, dtype=torch.float64)
    found = torch.autograd.grad(left @ right, [left, right], ct, create_graph=create_graph)
    assert [each.tolist() for each in found] == [by_a, by_b]


def test_zeros_are_strong_in_every_order():
    """Of sqrt where it is taken: 1/4, -1/32, 3/256 at 4; of the constant elsewhere 0."""
    x = leaf(-1.0, 4.0)
    y, found = torch.where(x > 0, x.sqrt(), 0.0), []
    for _ in range(3):
        (y,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        found.append(y.tolist())
    assert found == [[0.0, 1 / 4], [0.0, -1 / 32], [0.0, 3 / 256]]


def test_a_cotangent_that_is_not_zero_keeps_its_infinity_and_its_nan():
    x = leaf(0.0, -1.0, 4.0)
    (x.sqrt() * torch.tensor([1.0, 1.0, 0.0])).sum().backward()
    assert x.grad.tolist()[0] == INF
    assert np.isnan(x.grad.tolist()[1])
    assert x.grad.tolist()[2] == 0.0


def test_what_observe_sees_is_free_of_phantoms_too():
    x = leaf(-1.0, 4.0)
    seen = observed(torch.where(x > 0, x.sqrt(), 0.0).sum())
    _, _, (passed_on,) = next(each for each in seen if isinstance(each[0], Node) and each[0].op.name == "sqrt")
    assert passed_on.tolist() == [0.0, 0.25]


def address(array):
    return array.__array_interface__["data"][0]


def test_a_gradient_that_nobody_else_refers_to_is_not_copied():
    arrived = [np.ones(3)]
    before = address(arrived[0])
    kept = backward._own(arrived.pop())
    assert address(kept) == before
    held, base = np.ones(3), np.ones(4)
    assert address(backward._own(held)) != address(held)
    assert address(backward._own(base[:3])) != address(base)
    assert isinstance(backward._own(np.float64(1.0)), np.ndarray)


def test_gradients_share_no_memory_with_anything():
    x, z, given = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True), torch.ones(3)
    (x + z).backward(given)
    arrays = [x.grad.array, z.grad.array, given.array]
    assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(arrays, 2))
    y = x + z
    first, again, inner = torch.autograd.grad(y.sum(), [x, x, y])
    arrays = [first.array, again.array, inner.array]
    assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(arrays, 2))
