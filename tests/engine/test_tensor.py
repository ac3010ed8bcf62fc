"""The tensor: attributes, methods, operators, conversions. Facts about PyTorch were observed in version 2.13."""

import inspect

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.errors import ArgumentError, AutogradError, DtypeError, GradproofError, ShapeError


def leaf(*values):
    return torch.tensor(list(values), requires_grad=True)


# --- the graph


def test_a_leaf_is_what_the_user_made_and_what_is_not_tracked():
    x = leaf(1.0)
    plain = torch.ones(1)
    assert (x.is_leaf, plain.is_leaf, (plain * 2).is_leaf, (x * 2).is_leaf) == (True, True, True, False)


def test_a_result_requires_grad_where_an_argument_does():
    x, plain = leaf(1.0), torch.ones(1)
    assert (x + plain).requires_grad
    assert not (plain + plain).requires_grad
    assert not (x > 0).requires_grad
    assert not x.detach().requires_grad


@pytest.mark.filterwarnings("ignore:grad of a tensor that is not a leaf")
def test_grad_of_a_result_is_none_and_warns():
    y = leaf(1.0) * 2
    with pytest.warns(UserWarning, match="not a leaf"):
        assert y.grad is None


def test_grad_of_a_leaf_is_none_before_the_first_backward_and_does_not_warn():
    assert leaf(1.0).grad is None


def test_requires_grad_is_set_and_cleared_on_leaves():
    x = torch.ones(2)
    x.requires_grad = True
    assert x.requires_grad
    assert not x.requires_grad_(False).requires_grad


def test_a_result_cannot_stop_requiring_grad():
    with pytest.raises(AutogradError, match=r"only leaves.*use detach\(\)"):
        (leaf(1.0) * 2).requires_grad_(False)


#: (expression, PyTorch's node, the nodes behind it), observed in PyTorch 2.13.
A = "AccumulateGrad"
NODES = [
    ("x + v", "AddBackward0", [A, A]),
    ("x + 1", "AddBackward0", [A, None]),
    ("1 + x", "AddBackward0", [A, None]),
    ("x - v", "SubBackward0", [A, A]),
    ("x - 1", "SubBackward0", [A, None]),
    ("x * v", "MulBackward0", [A, A]),
    ("x * 2", "MulBackward0", [A, None]),
    ("2 * x", "MulBackward0", [A, None]),
    ("x / v", "DivBackward0", [A, A]),
    ("x / 2", "DivBackward0", [A, None]),
    ("-x", "NegBackward0", [A]),
    ("x**2", "PowBackward0", [A]),
    ("x**v", "PowBackward1", [A, A]),
    ("x**s", "PowBackward1", [A, A]),
    ("2**x", "PowBackward2", [A]),
    ("torch.square(x)", "PowBackward0", [A]),
    ("x.pow(2)", "PowBackward0", [A]),
    ("x.sqrt()", "SqrtBackward0", [A]),
    ("x.exp()", "ExpBackward0", [A]),
    ("x.expm1()", "Expm1Backward0", [A]),
    ("x.log()", "LogBackward0", [A]),
    ("x.log1p()", "Log1PBackward0", [A]),
    ("x.sin()", "SinBackward0", [A]),
    ("x.cos()", "CosBackward0", [A]),
    ("x.tanh()", "TanhBackward0", [A]),
    ("abs(x)", "AbsBackward0", [A]),
    ("F.relu(x)", "ReluBackward0", [A]),
    ("x.sigmoid()", "SigmoidBackward0", [A]),
    ("F.softplus(x)", "SoftplusBackward0", [A]),
    ("x.softmax(0)", "SoftmaxBackward0", [A]),
    ("x.log_softmax(1)", "LogSoftmaxBackward0", [A]),
    ("x.sum()", "SumBackward0", [A]),
    ("x.sum(0)", "SumBackward1", [A]),
    ("x.sum((0, 1))", "SumBackward1", [A]),
    ("x.mean()", "MeanBackward0", [A]),
    ("x.mean(1)", "MeanBackward1", [A]),
    ("x.max()", "MaxBackward1", [A]),
    ("x.max(1)[0]", "MaxBackward0", [A]),
    ("torch.maximum(x, v)", "MaximumBackward0", [A, A]),
    ("torch.where(x > 0, x, v)", "WhereBackward0", [A, A]),
    ("torch.where(x > 0, x, 0.0)", "WhereBackward0", [A, None]),
    ("x.reshape(3, 2)", "ViewBackward0", [A]),
    ("x.view(-1)", "ViewBackward0", [A]),
    ("x.flatten()", "ViewBackward0", [A]),
    ("x.permute(1, 0)", "PermuteBackward0", [A]),
    ("x.T", "PermuteBackward0", [A]),
    ("x.expand(2, 2, 3)", "ExpandBackward0", [A]),
    ("torch.broadcast_to(x, (2, 2, 3))", "ExpandBackward0", [A]),
    ("x.unsqueeze(0)", "UnsqueezeBackward0", [A]),
    ("torch.cat([x, x])", "CatBackward0", [A, A]),
    ("x[0]", "SelectBackward0", [A]),
    ("x[0:1]", "SliceBackward0", [A]),
    ("x[:, 0]", "SelectBackward0", [A]),
    ("x[..., 0]", "SelectBackward0", [A]),
    ("x[None]", "UnsqueezeBackward0", [A]),
    ("x[...]", "AliasBackward0", [A]),
    ("x[:]", "SliceBackward0", [A]),
    ("x[:, :]", "AliasBackward0", [A]),
    ("x[0, :]", "SelectBackward0", [A]),
    ("x[:, None]", "UnsqueezeBackward0", [A]),
    ("x.index_select(0, torch.tensor([0, 1]))", "IndexSelectBackward0", [A]),
    ("x @ v", "MvBackward0", [A, A]),
    ("v @ v", "DotBackward0", [A, A]),
    ("x @ x.T", "MmBackward0", [A, "PermuteBackward0"]),
    ("F.mse_loss(x, torch.ones(2, 3))", "MseLossBackward0", [A, None]),
    ("F.binary_cross_entropy_with_logits(x, torch.ones(2, 3))", "BinaryCrossEntropyWithLogitsBackward0", [A, None]),
    ("x.clone()", "CloneBackward0", [A]),
    ("x.double()", "ToCopyBackward0", [A]),
    ("x.double().float()", "ToCopyBackward0", ["ToCopyBackward0"]),
    ("x.half()", "ToCopyBackward0", [A]),
]


@pytest.mark.parametrize(("expression", "node", "behind"), NODES, ids=[row[0] for row in NODES])
def test_nodes_have_the_names_and_edges_they_have_in_pytorch(expression, node, behind):
    names = {
        "torch": torch,
        "F": torch.nn.functional,
        "x": torch.ones(2, 3, requires_grad=True),
        "v": torch.ones(3, requires_grad=True),
        "s": torch.tensor(1.0, requires_grad=True),
    }
    grad_fn = eval(expression, names).grad_fn
    assert grad_fn.name() == type(grad_fn).__name__ == node
    assert [None if each is None else each.name() for each, _ in grad_fn.next_functions] == behind
    assert all(number == 0 for _, number in grad_fn.next_functions)


def test_a_graph_is_walked_down_to_the_accumulators_of_its_leaves():
    x = leaf(1.0)
    node = (x * 2 + 1).grad_fn
    below = node.next_functions[0][0]
    accumulator = below.next_functions[0][0]
    assert (node.name(), below.name(), accumulator.name()) == ("AddBackward0", "MulBackward0", "AccumulateGrad")
    assert accumulator.variable is x
    assert accumulator.next_functions == ()
    assert accumulator is (x + 1).grad_fn.next_functions[0][0]


# --- in place


def test_zero_fills_a_gradient_in_place():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    held = x.grad
    assert held.zero_() is held
    assert x.grad.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: leaf(1.0).zero_(), AutogradError, r"a leaf that requires grad cannot .* no_grad\(\)"),
        (lambda: leaf(1.0).numpy(), AutogradError, r"detach\(\)\.numpy\(\)"),
        (lambda: np.asarray(leaf(1.0)), AutogradError, "would lose its graph"),
        (lambda: torch.ones(2).item(), ArgumentError, r"exactly one entry, but shape \(2,\) has 2"),
        (lambda: bool(torch.ones(2)), ArgumentError, "the truth of 2 entries is ambiguous"),
        (lambda: len(torch.tensor(1.0)), ArgumentError, "without dimensions has no length"),
        (lambda: list(torch.tensor(1.0)), ArgumentError, "without dimensions"),
        (lambda: setattr(leaf(1.0), "grad", torch.ones(2)), ShapeError, r"shape \(1,\) and dtype float32, not \(2,\)"),
        (lambda: setattr(leaf(1.0), "grad", [1.0]), DtypeError, "grad is a tensor or None, not list"),
    ],
)  # fmt: skip
def test_bad_input_gives_one_clear_error(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, GradproofError)


# --- values


def test_detach_and_data_share_memory_but_no_history():
    x = leaf(1.0, 2.0)
    for view in (x.detach(), x.data):
        assert np.shares_memory(view.array, x.array)
        assert (view.requires_grad, view.grad_fn) == (False, None)


def test_clone_copies_and_keeps_history():
    x = leaf(1.0)
    y = x.clone()
    assert not np.shares_memory(y.array, x.array)
    y.sum().backward()
    assert x.grad.tolist() == [1.0]


def test_numbers_come_out_as_python_numbers():
    assert type(torch.tensor(2.5).item()) is float
    assert type(torch.tensor(2).item()) is int
    assert type(torch.tensor(True).item()) is bool
    assert (float(torch.tensor([2.5])), int(torch.tensor(2.9))) == (2.5, 2)
    assert torch.ones(1, 2).tolist() == [[1.0, 1.0]]


def test_truth_is_that_of_the_one_entry():
    assert torch.tensor([3.0])
    assert not torch.tensor([[0]])


def test_shapes_are_those_of_pytorch():
    x = torch.ones(2, 3)
    assert repr(x.shape) == "torch.Size([2, 3])"
    assert x.shape == (2, 3)
    assert (x.size(), x.size(1), x.dim(), x.ndim, x.numel(), len(x), x.shape.numel()) == ((2, 3), 3, 2, 2, 6, 2, 6)
    assert repr(torch.tensor(1.0).shape) == "torch.Size([])"


def test_iteration_gives_tracked_rows():
    x = torch.eye(2, requires_grad=True)
    rows = list(x)
    assert [row.tolist() for row in rows] == [[1.0, 0.0], [0.0, 1.0]]
    assert all(row.requires_grad for row in rows)


def test_membership_compares_entries():
    assert 2 in torch.tensor([1, 2])
    assert 3 not in torch.tensor([1, 2])


def test_tensors_are_keys_by_identity():
    x, y = torch.ones(1), torch.ones(1)
    assert {x: 1, y: 2}[y] == 2


def test_a_comparison_with_something_else_is_false():
    x = torch.ones(1)
    assert (x == None) is False  # noqa: E711 - the operator under test
    assert (x != "text") is True


def test_numpy_reads_a_tensor():
    x = torch.ones(2, dtype=torch.float64)
    assert np.asarray(x) is x.array
    assert np.array(x, dtype=np.float32).dtype == np.float32
    assert np.shares_memory(x.numpy(), x.array)


def test_conversion_returns_the_tensor_itself_where_it_has_the_dtype():
    x = torch.ones(2)
    assert x.float() is x.to(torch.float32) is x
    assert (x.double().dtype, x.to("int64").dtype) == (torch.float64, torch.int64)
    assert x.half().dtype == torch.float16
    assert x.half().half().dtype == torch.float16


@pytest.mark.parametrize(
    ("operator", "numbers"),
    [
        (lambda a, b: a + b, 9.0), (lambda a, b: a - b, 3.0), (lambda a, b: a * b, 18.0), (lambda a, b: a / b, 2.0),
        (lambda a, b: a**b, 216.0), (lambda a, b: -a, -6.0), (lambda a, b: abs(-a), 6.0), (lambda a, b: a < b, False),
        (lambda a, b: a <= b, False), (lambda a, b: a > b, True), (lambda a, b: a >= b, True),
        (lambda a, b: a == b, False), (lambda a, b: a != b, True),
    ],
)  # fmt: skip
def test_operators_work_with_tensors_and_numbers_on_either_side(operator, numbers):
    a, b = torch.tensor(6.0), torch.tensor(3.0)
    assert operator(a, b).item() == numbers
    assert operator(a, 3.0).item() == numbers
    assert torch.as_tensor(operator(6.0, b)).item() == numbers


def test_matmul_takes_arrays_on_either_side():
    x = torch.ones(2, dtype=torch.float64)
    assert (np.eye(2) @ x).tolist() == (x @ np.eye(2)).tolist() == [1.0, 1.0]


def test_methods_are_the_functions_of_the_same_name():
    names = [name for name in dir(torch.Tensor) if not name.startswith("_") and callable(getattr(torch, name, None))]
    assert len(names) > 30
    # dtypes, a class and the tracer have these names
    others = {"bool", "device", "double", "dtype", "float", "half", "int", "layout", "long", "short", "trace"}
    for name in set(names) - others:
        assert inspect.unwrap(getattr(torch.Tensor, name)) is inspect.unwrap(getattr(torch, name)), name


def test_a_tensor_prints_its_history():
    x = torch.tensor([1.0, 2.5], requires_grad=True)
    assert repr(x) == "tensor([1.0000, 2.5000], requires_grad=True)"
    assert repr(x * 2) == "tensor([2., 5.], grad_fn=<MulBackward0>)"
    assert f"{torch.tensor(0.5):.2f}" == "0.50"
    assert f"{x.detach()}" == "tensor([1.0000, 2.5000])"
