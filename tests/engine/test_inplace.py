"""Writing in place: the same on this engine and, where it is installed, on PyTorch."""

import pytest

from gradproof import engine
from gradproof.errors import AutogradError


@pytest.fixture
def x(torch):
    return torch.tensor([1.0, 2.0])


@pytest.fixture
def leaf(torch):
    return torch.tensor([1.0, 2.0], requires_grad=True)


METHODS = {
    "add_": (2,), "sub_": (2,), "mul_": (3,), "div_": (4,), "pow_": (2,), "square_": (), "neg_": (), "abs_": (),
    "exp_": (), "log_": (), "sqrt_": (), "tanh_": (), "sin_": (), "cos_": (), "relu_": (), "sigmoid_": (),
    "clamp_": (1.25, 1.75), "clip_": (1.25, 1.75), "clamp_min_": (1.25,), "clamp_max_": (1.25,),
    "floor_": (), "ceil_": (), "round_": (), "trunc_": (), "frac_": (),
    "acosh_": (), "asinh_": (), "atan_": (), "sinh_": (), "cosh_": (), "tan_": (), "exp2_": (), "expm1_": (),
    "log2_": (), "log10_": (), "log1p_": (), "reciprocal_": (), "rsqrt_": (), "sinc_": (), "sign_": (), "erf_": (),
    "lgamma_": (), "digamma_": (), "remainder_": (0.75,), "fmod_": (0.75,), "cumsum_": (0,),
    "nan_to_num_": (), "i0_": (),
    "cumprod_": (0,), "deg2rad_": (), "rad2deg_": (), "fix_": (), "negative_": (), "absolute_": (),
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_a_method_writes_what_the_function_returns(name, x):
    expected = getattr(x.clone(), name.rstrip("_"))(*METHODS[name]).tolist()
    assert getattr(x, name)(*METHODS[name]) is x
    assert x.tolist() == expected


def test_operators_write_in_place(torch, x):
    same = x
    x += 1
    x *= torch.tensor([2.0, 3.0])
    x -= 0.5
    x /= 2
    x **= 2
    assert x is same
    assert x.tolist() == [1.75**2, 4.25**2]


def test_a_factor_may_be_given(torch, x):
    assert x.add_(torch.ones(2), alpha=2).tolist() == [3, 4]
    assert x.sub_(1, alpha=3).tolist() == [0, 1]
    assert torch.add(x, 1, alpha=5).tolist() == [5, 6]


def test_copying_filling_and_zeroing(torch, x):
    assert x.copy_(torch.tensor([5, 6])).tolist() == [5, 6]
    assert x.copy_(torch.tensor(1.0, dtype=torch.float64)).tolist() == [1, 1]
    assert x.fill_(3).tolist() == x.fill_(torch.tensor(3.0)).tolist() == [3, 3]
    assert x.zero_().tolist() == [0, 0]
    assert x.dtype == torch.float32


def test_entries_are_written_by_index(torch):
    y = torch.zeros(2, 3)
    y[0] = 1
    y[:, 1] = torch.tensor([5.0, 6.0])
    y[y > 5] = -1
    y[1, 2] = torch.tensor(9.0)
    y[torch.tensor([0, 1]), torch.tensor([0, 0])] = torch.tensor([7.0, 8.0])
    y[..., -1:] += 1
    assert y.tolist() == [[7, 5, 2], [8, -1, 10]]


def test_a_view_and_its_base_are_the_same_memory(torch):
    base = torch.ones(2, 2)
    row, flat = base[0], base.reshape(4)
    row.mul_(3)
    flat[3] = 5
    assert base.tolist() == [[3, 3], [1, 5]]
    assert (row.tolist(), flat.tolist()) == ([3, 3], [3, 3, 1, 5])


def test_a_leaf_is_written_under_no_grad(torch, leaf):
    same = leaf
    with torch.no_grad():
        leaf -= 0.5
        leaf[0] = 4
        leaf.detach()[1] = 5
    assert leaf is same
    assert (leaf.tolist(), leaf.requires_grad, leaf.is_leaf) == ([4, 5], True, True)


def test_a_descent_by_hand(torch, leaf):
    for _ in range(2):
        (leaf * leaf).sum().backward()
        with torch.no_grad():
            leaf -= 0.25 * leaf.grad
            leaf.grad.zero_()
    assert leaf.tolist() == [0.25, 0.5]


def test_what_the_graph_needs_must_not_have_been_written_to(torch, leaf):
    y = leaf * 2
    z = y * y
    with torch.no_grad():
        y.add_(1)
    with pytest.raises(RuntimeError, match="modified"):
        z.sum().backward()
    linear = (leaf * 3).sum()
    with torch.no_grad():
        leaf.detach()
    linear.backward()
    assert leaf.grad.tolist() == [3, 3]


REFUSED = {
    "a leaf": (RuntimeError, lambda t, x, leaf: leaf.add_(1)),
    "zeroing a leaf": (RuntimeError, lambda t, x, leaf: leaf.zero_()),
    "an entry of a leaf": (RuntimeError, lambda t, x, leaf: leaf.__setitem__(0, 1.0)),
    "another shape": (RuntimeError, lambda t, x, leaf: x.add_(t.ones(3, 2))),
    "copying another shape": (RuntimeError, lambda t, x, leaf: x.copy_(t.ones(3))),
    "fractions into integers": (RuntimeError, lambda t, x, leaf: t.tensor([1, 2]).add_(1.5)),
    "quotients into integers": (RuntimeError, lambda t, x, leaf: t.tensor([1, 2]).div_(2)),
    "several numbers everywhere": (RuntimeError, lambda t, x, leaf: x.fill_(t.ones(2))),
    "a value that does not fit": (RuntimeError, lambda t, x, leaf: x.__setitem__(slice(None), t.ones(3))),
    "an index that there is not": (IndexError, lambda t, x, leaf: x.__setitem__(2, 1.0)),
    "a view that memory does not admit": (RuntimeError, lambda t, x, leaf: t.zeros(2, 3).t().view(-1)),
    "one place for several entries": (RuntimeError, lambda t, x, leaf: t.ones(1).expand(3).add_(1)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_pytorch_refuses_is_refused_with_the_same_kind_of_error(what, refuses, torch, x, leaf):
    refuses(*REFUSED[what], torch, x, leaf)


def test_a_view_of_one_entry_is_the_same_memory(torch):
    x = torch.zeros(3)
    x[0].add_(1)
    x[1].fill_(7)
    last = x[2]
    last += 2
    assert x.tolist() == [1, 7, 2]


def test_a_contiguous_copy_is_other_memory(torch):
    x = torch.arange(6.0)
    copied = x[::2].contiguous()
    assert copied.is_contiguous()
    copied.zero_()
    assert x.tolist() == [0, 1, 2, 3, 4, 5]


def test_data_is_written_without_the_knowledge_of_the_graph(torch, leaf):
    y = leaf**2
    leaf.data *= 2
    y.sum().backward()
    assert leaf.grad.tolist() == [4, 8]
    leaf.data = torch.tensor([5.0, 6.0, 7.0])
    assert (leaf.tolist(), leaf.requires_grad, leaf.is_leaf) == ([5, 6, 7], True, True)
    del leaf.grad
    assert leaf.grad is None


WITH_TENSORS = {
    "atan2_": lambda t, x: x.atan2_(t.tensor([2.0, 3.0])),
    "hypot_": lambda t, x: x.hypot_(t.tensor([2.0, 3.0])),
    "copysign_": lambda t, x: x.copysign_(t.tensor([-2.0, 3.0])),
    "lerp_": lambda t, x: x.lerp_(t.tensor([2.0, 3.0]), 0.5),
    "addcmul_": lambda t, x: x.addcmul_(t.tensor([2.0, 3.0]), t.tensor([5.0, 7.0]), value=2),
    "addcdiv_": lambda t, x: x.addcdiv_(t.tensor([2.0, 3.0]), t.tensor([4.0, 8.0])),
    "addmv_": lambda t, x: x.addmv_(t.ones(2, 2), t.tensor([2.0, 3.0])),
    "masked_fill_": lambda t, x: x.masked_fill_(t.tensor([True, False]), 9.0),
    "index_fill_": lambda t, x: x.index_fill_(0, t.tensor([1]), 9.0),
    "index_add_": lambda t, x: x.index_add_(0, t.tensor([1, 1]), t.tensor([2.0, 3.0])),
    "index_copy_": lambda t, x: x.index_copy_(0, t.tensor([1, 0]), t.tensor([2.0, 3.0])),
    "index_put_": lambda t, x: x.index_put_((t.tensor([1]),), t.tensor(4.0)),
    "scatter_": lambda t, x: x.scatter_(0, t.tensor([1]), t.tensor([4.0])),
    "scatter_add_": lambda t, x: x.scatter_add_(0, t.tensor([1, 1]), t.tensor([4.0, 5.0])),
    "put_": lambda t, x: x.put_(t.tensor([1]), t.tensor([4.0])),
    "xlogy_": lambda t, x: x.xlogy_(t.tensor([1.0, 1.0])),
}
EXPECTED = {
    "atan2_": [0.4636476, 0.5880026], "hypot_": [5**0.5, 13**0.5], "copysign_": [-1, 2], "lerp_": [1.5, 2.5],
    "addcmul_": [21, 44], "addcdiv_": [1.5, 2.375], "addmv_": [6, 7], "masked_fill_": [9, 2], "index_fill_": [1, 9],
    "index_add_": [1, 7], "index_copy_": [3, 2], "index_put_": [1, 4], "scatter_": [1, 4], "scatter_add_": [1, 11],
    "put_": [1, 4], "xlogy_": [0, 0],
}  # fmt: skip


@pytest.mark.parametrize("name", WITH_TENSORS)
def test_a_method_that_takes_tensors_writes_what_its_function_returns(name, torch, x):
    assert WITH_TENSORS[name](torch, x) is x
    assert x.tolist() == pytest.approx(EXPECTED[name], rel=1e-6)


def test_a_write_after_detaching_in_place_is_refused_where_the_value_is_needed(torch):
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    z = (y * y).sum()
    y.detach_()
    y.add_(1.0)
    with pytest.raises(RuntimeError):
        z.backward()


def test_a_rule_that_indexes_what_was_written_to_is_refused():
    a = engine.tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
    factors = engine.ops.lu_factors(a)
    total = factors.sum()
    factors.mul_(2.0)
    with pytest.raises(AutogradError, match="modified in place"):
        total.backward()
