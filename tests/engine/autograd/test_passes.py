"""``backward`` and ``grad``: what accumulates where, what is freed, and what is refused."""

import gc
import weakref

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.errors import AutogradError, DtypeError, GradproofError, ShapeError


def leaf(*values):
    return torch.tensor(list(values), dtype=torch.float64, requires_grad=True)


# --- accumulation


def test_backward_adds_to_what_is_there():
    x = leaf(1.0, 2.0)
    for expected in ([2.0, 4.0], [4.0, 8.0], [6.0, 12.0]):
        (x * x).sum().backward()
        assert x.grad.tolist() == expected


def test_backward_accumulates_into_the_same_tensor():
    x = leaf(1.0)
    (x * 2).sum().backward()
    held = x.grad
    (x * 3).sum().backward()
    assert held is x.grad
    assert held.tolist() == [5.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_opposite_infinities_accumulate_to_nan_in_silence(create_graph):
    x = leaf(1e-200)
    (1 / x).sum().backward(create_graph=create_graph)
    assert x.grad.tolist() == [-np.inf]
    (-1 / x).sum().backward(create_graph=create_graph)
    assert np.isnan(x.grad.tolist()).all()


@pytest.mark.parametrize("create_graph", [False, True])
def test_opposite_infinite_cotangents_of_one_tensor_add_to_nan_in_silence(create_graph):
    x = leaf(1.0)
    cotangents = [torch.tensor([value], dtype=torch.float64) for value in (np.inf, -np.inf)]
    torch.autograd.backward([x, x], cotangents, create_graph=create_graph)
    assert np.isnan(x.grad.tolist()).all()


def test_gradients_of_two_leaves_never_share_memory():
    x, z = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (x + z).backward(torch.ones(2, dtype=torch.float64))
    assert not np.shares_memory(x.grad.numpy(), z.grad.numpy())
    x.grad.zero_()
    assert z.grad.tolist() == [1.0, 1.0]


def test_gradients_of_two_leaves_never_share_memory_with_create_graph_either():
    x, z = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (x + z).backward(torch.ones(2, dtype=torch.float64), create_graph=True)
    assert x.grad is not z.grad
    assert not np.shares_memory(x.grad.array, z.grad.array)


def test_the_gradient_never_shares_memory_with_the_cotangent_that_was_passed_in():
    x = leaf(1.0, 2.0)
    ct = torch.ones(2, dtype=torch.float64)
    x.backward(ct)
    assert not np.shares_memory(x.grad.numpy(), ct.numpy())


def test_results_of_grad_never_share_memory():
    x, z = leaf(1.0, 2.0), leaf(3.0, 4.0)
    ct = torch.ones(2, dtype=torch.float64)
    first, second = torch.autograd.grad(x + z, [x, z], ct)
    assert not np.shares_memory(first.array, second.array)
    assert not np.shares_memory(first.array, ct.array)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_tensor_used_many_times_receives_the_sum(create_graph):
    x = leaf(1.5)
    total = sum((x * float(k) for k in range(1000)), start=torch.zeros(1))
    total.sum().backward(create_graph=create_graph)
    assert x.grad.tolist() == [999 * 1000 / 2]


def test_a_diamond_receives_both_sides():
    x = leaf(3.0)
    y = x * x
    (y * y + y).sum().backward()
    assert x.grad.tolist() == [4 * 3.0**3 + 2 * 3.0]


def test_several_roots_are_swept_together():
    x = leaf(2.0)
    y = x * x
    torch.autograd.backward([y.sum(), (y * x).sum()], [None, torch.tensor(10.0, dtype=torch.float64)])
    assert x.grad.tolist() == [2 * 2.0 + 10 * 3 * 4.0]


def test_a_gradient_may_be_set_by_hand_and_is_then_added_to():
    x = leaf(1.0)
    x.grad = torch.tensor([10.0], dtype=torch.float64)
    (x * 3).sum().backward()
    assert x.grad.tolist() == [13.0]


def test_a_cotangent_of_another_floating_dtype_is_converted():
    x = leaf(1.0, 2.0)
    (x * 2).backward(torch.ones(2))
    assert x.grad.dtype == torch.float64


def test_a_leaf_in_float32_receives_float32_from_a_computation_in_float64():
    x = torch.ones(2, requires_grad=True)
    (x * torch.ones(2, dtype=torch.float64)).sum().backward()
    assert x.grad.dtype == torch.float32


# --- once, twice, not at all


#: Whether PyTorch 2.13 allows a second backward without retain_graph: it does where nothing was saved.
TWICE = {
    "add": (lambda x: (x + 1).sum(), True),
    "reshape": (lambda x: (x - 1).reshape(2, 1).sum(), True),
    "mean": (lambda x: x.mean(), True),
    "transpose": (lambda x: (-x).t().sum(), True),
    "cat": (lambda x: torch.cat([x, x]).sum(), True),
    "getitem": (lambda x: x[0], True),
    "expand": (lambda x: x.expand(3, 2).sum(), True),
    "clone": (lambda x: x.clone().sum(), True),
    "double": (lambda x: x.double().sum(), True),
    "multiply": (lambda x: (x * 2).sum(), False),
    "divide": (lambda x: (x / 2).sum(), False),
    "relu": (lambda x: x.relu().sum(), False),
    "abs": (lambda x: x.abs().sum(), False),
    "where": (lambda x: torch.where(x > 0, x, 0.0).sum(), False),
    "index_select": (lambda x: x.index_select(0, torch.tensor([0])).sum(), False),
    "list index": (lambda x: x[[0]].sum(), False),
}


@pytest.mark.parametrize(("function", "allowed"), TWICE.values(), ids=TWICE)
def test_a_second_backward_is_allowed_where_pytorch_allows_it(function, allowed):
    x = torch.ones(2, requires_grad=True)
    y = function(x)
    y.backward()
    first = x.grad.tolist()
    if not allowed:
        with pytest.raises(AutogradError, match="freed by an earlier backward"):
            y.backward()
        assert x.grad.tolist() == first
        return
    y.backward()
    y.backward(create_graph=True)
    assert x.grad.tolist() == [3 * value for value in first]


def test_the_error_of_a_second_backward_names_the_node():
    x = leaf(1.0)
    y = x.exp().sum()
    y.backward()
    with pytest.raises(RuntimeError, match="ExpBackward0"):
        y.backward()


def test_grad_towards_an_intermediate_result_frees_only_the_way_to_it():
    x = leaf(1.0, 2.0)
    h = x * x
    (ct,) = torch.autograd.grad((h * h).sum(), h)
    assert ct.tolist() == [2.0, 8.0]
    h.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_grad_leaves_the_grad_of_leaves_alone():
    x = leaf(1.0)
    torch.autograd.grad((x * x).sum(), x)
    assert x.grad is None


def test_grad_of_a_result_by_itself_is_the_cotangent():
    y = leaf(1.0).exp().sum()
    (ct,) = torch.autograd.grad(y, y)
    assert ct.item() == 1.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: torch.ones(1).backward(), RuntimeError, "has no grad_fn; set requires_grad=True"),
        (lambda: (leaf(1.0) * 2).detach().backward(), RuntimeError, "does not require grad"),
        (lambda: (leaf(1.0, 2.0) * 2).backward(), RuntimeError, r"needs a scalar, not shape \(2,\).*gradient="),
        (lambda: (leaf(1.0, 2.0) * 2).backward(torch.ones(3)), ValueError, r"has shape \(3,\).*tensor has \(2,\)"),
        (lambda: torch.autograd.backward([leaf(1.0)], [None, None]), ShapeError, "1 tensors need .* cotangents, not 2"),
        (lambda: torch.autograd.grad(leaf(1.0).sum(), leaf(2.0)), RuntimeError, "not depend on input 0.*allow_unused"),
        (lambda: torch.autograd.grad(leaf(1.0).sum(), torch.ones(1)), AutogradError, "input 0 does not require grad"),
        (lambda: torch.tensor([1, 2], requires_grad=True), TypeError, "only floating tensors .* int64"),
        (lambda: torch.ones(2, dtype=torch.bool).requires_grad_(), DtypeError, "only floating tensors .* bool"),
    ],
)  # fmt: skip
def test_bad_input_gives_one_clear_error(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, GradproofError)


def test_an_unused_input_gives_none_where_that_is_allowed():
    x, z = leaf(1.0), leaf(2.0)
    by_x, by_z = torch.autograd.grad(x.sum(), [x, z], allow_unused=True)
    assert by_x.tolist() == [1.0]
    assert by_z is None


# --- writes in place


def test_a_value_that_was_overwritten_is_noticed():
    x = leaf(1.0, 2.0)
    y = (x * x).sum()
    with torch.no_grad():
        x.zero_()
    with pytest.raises(AutogradError, match=r"MulBackward0 .* modified in place"):
        y.backward()


def test_a_result_that_was_overwritten_through_a_view_is_noticed():
    y = leaf(1.0, 2.0).exp()
    y.detach().zero_()
    with pytest.raises(AutogradError, match=r"ExpBackward0 .* modified in place"):
        y.sum().backward()


def test_a_value_that_was_overwritten_before_its_use_does_no_harm():
    x = leaf(1.0, 2.0)
    with torch.no_grad():
        x.zero_()
    (x * x + x).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_linear_op_does_not_mind_since_it_needs_no_value():
    x = leaf(1.0, 2.0)
    y = (x + 1).sum()
    with torch.no_grad():
        x.zero_()
    y.backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_copy_made_by_reshape_has_a_life_of_its_own():
    x = leaf(1.0, 2.0, 3.0, 4.0)
    y = x.reshape(2, 2)
    z = y * y
    with torch.no_grad():
        y.t().reshape(4).zero_()
    z.sum().backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0, 8.0]


# --- higher derivatives, against closed forms


def test_the_hessian_of_a_cubic():
    x = leaf(1.0, 2.0)
    y = (x[0] * x[0] * x[1] + x[1] ** 3).reshape(())
    (gradient,) = torch.autograd.grad(y, x, create_graph=True)
    rows = [torch.autograd.grad(gradient[i], x, retain_graph=True)[0].tolist() for i in range(2)]
    assert gradient.tolist() == [2 * 1 * 2, 1 + 3 * 4]
    assert rows == [[2 * 2, 2 * 1], [2 * 1, 6 * 2]]


def test_the_hessian_of_a_quadratic_form_is_its_matrix_plus_transpose():
    matrix = np.random.default_rng(0).normal(size=(3, 3))
    x = leaf(0.3, -1.0, 2.0)
    y = torch.matmul(x, torch.matmul(torch.tensor(matrix), x))
    (gradient,) = torch.autograd.grad(y, x, create_graph=True)
    rows = [torch.autograd.grad(gradient[i], x, retain_graph=True)[0].tolist() for i in range(3)]
    np.testing.assert_allclose(rows, matrix + matrix.T, rtol=1e-14)


@pytest.mark.parametrize("order", [1, 2, 3, 4, 5])
def test_derivatives_of_any_order_of_the_sine(order):
    x = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    y = x.sin()
    for _ in range(order):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
    assert y.item() == pytest.approx(np.sin(0.7 + order * np.pi / 2), rel=1e-14)


def test_create_graph_gives_a_gradient_that_can_be_differentiated():
    x = leaf(2.0)
    (x**3).sum().backward(create_graph=True)
    assert x.grad.grad_fn is not None
    assert x.grad.tolist() == [12.0]
    assert torch.autograd.grad(x.grad.sum(), x)[0].tolist() == [12.0]


def test_create_graph_keeps_the_graph():
    x = leaf(2.0)
    y = (x**3).sum()
    y.backward(create_graph=True)
    y.backward()
    assert x.grad.tolist() == [24.0]


def test_the_derivative_by_the_cotangent_flows():
    x, v = leaf(1.0, 2.0), leaf(3.0, 4.0)
    (pulled,) = torch.autograd.grad(x * x, x, v, create_graph=True)
    assert torch.autograd.grad(pulled.sum(), v)[0].tolist() == [2.0, 4.0]


def test_the_derivative_by_a_cotangent_of_another_dtype_flows():
    x, v = torch.ones(2, requires_grad=True), leaf(3.0, 4.0)
    (pulled,) = torch.autograd.grad(x * 5, x, v, create_graph=True)
    assert torch.autograd.grad(pulled.sum(), v)[0].tolist() == [5.0, 5.0]


def test_backward_without_create_graph_gives_a_gradient_without_history():
    x = leaf(1.0)
    (x * x).sum().backward()
    assert x.grad.grad_fn is None
    assert not x.grad.requires_grad


# --- memory


def test_backward_frees_intermediate_values():
    x = leaf(1.0, 2.0)
    h = x.exp()
    held = weakref.ref(h.array)
    y = (h * h).sum()
    del h
    assert held() is not None
    y.backward()
    assert held() is None


def test_backward_frees_the_arrays_of_linear_ops_too():
    class Traced(np.ndarray):
        pass

    array = np.ones(1000).view(Traced)
    held = weakref.ref(array)
    h = torch.Tensor.wrap(array)
    x = torch.ones(1000, dtype=torch.float64, requires_grad=True)
    y = (h + x).sum()
    del h, array
    y.backward()
    assert held() is None


def test_a_graph_that_is_dropped_is_freed_at_once():
    gc.disable()
    try:
        x = leaf(1.0)
        h = x.exp()
        held = weakref.ref(h)
        y = (h * 2 + h).sum()
        y.backward(retain_graph=True)
        del h, y
        assert held() is None
    finally:
        gc.enable()


def test_released_nodes_leave_no_reference_cycles():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0)
        y = ((x + 1).reshape(1, 1).t() * 2).sum()
        y.backward()
        del y
        assert gc.collect() == 0
    finally:
        gc.enable()


# --- size


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_chain_of_100_000_nodes_hits_no_recursion_limit(create_graph):
    length = 100_000 if not create_graph else 30_000
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    y = x
    for _ in range(length // 2):
        y = -(y + 1)
    (pulled,) = torch.autograd.grad(y, x, create_graph=create_graph)
    assert pulled.item() == (1.0 if length // 2 % 2 == 0 else -1.0)
    del y, pulled
    gc.collect()
    assert x.grad is None
