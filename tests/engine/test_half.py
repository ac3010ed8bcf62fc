"""Float16: stored in 11 bits, computed in float32, rounded once."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof import trace
from gradproof.engine.half import rounding_once
from gradproof.engine.op import Variadic
from gradproof.engine.vocabulary import OPS

DIFFERENTIABLE = [pytest.param(op, id=name) for name, op in OPS.items() if isinstance(op.vjp, Variadic) or any(op.vjp)]
#: The most that NumPy's own functions of float16 may differ by from those of float32, rounded.
NEAR = 2


def half(data, **how):
    return torch.tensor(data, dtype=torch.half, **how)


def in_half_and_in_single(op, args, params):
    """Return (result, gradients) of a call in float16, and of the same numbers in float32, rounded at the end."""
    found = []
    for dtype in (np.float16, np.float32):
        tensors = [torch.from_numpy(arg.astype(dtype) if arg.dtype == np.float16 else arg) for arg in args]
        tracked = [
            tensor.requires_grad_()
            for slot, (arg, tensor) in enumerate(zip(args, tensors, strict=True))
            if arg.dtype == np.float16 and op.rule(0 if isinstance(op.vjp, Variadic) else slot) is not None
        ]
        result = op(*tensors, **params)
        ct = np.random.default_rng(3).uniform(0.5, 2, result.shape).astype(np.float16).astype(result.array.dtype)
        cts = torch.autograd.grad(result, tracked, torch.from_numpy(ct))
        found.append([each.array for each in (result, *cts)])
    return found


def ulps(a, b):
    """Return the largest distance of two float16 arrays, in numbers between them; NaN is NaN's neighbour."""
    known = ~(np.isnan(a) & np.isnan(b))
    places = [np.where(x < 0, -1, 1) * np.abs(x).view(np.int16).astype(int) for x in (a[known], b[known])]
    return np.max(np.abs(places[0] - places[1]), initial=0)


@pytest.mark.parametrize("op", DIFFERENTIABLE)
def test_an_op_gives_what_it_gives_in_float32_rounded(op, calls):
    for args, params in calls(op, dtype=np.float16):
        if params.get("dtype") == "float16":
            continue  # in float32 this would round, too
        near, exact = in_half_and_in_single(op, args, params)
        for number, (got, wide) in enumerate(zip(near, exact, strict=True)):
            with np.errstate(over="ignore"):
                rounded = wide if got.dtype != np.float16 else wide.astype(np.float16)
            is_numpy = number == 0 and isinstance(op.forward, np.ufunc)
            assert got.dtype == rounded.dtype
            if got.dtype == np.float16:
                assert ulps(got, rounded) <= (NEAR if is_numpy else 0), (args, params)
            else:
                assert np.array_equal(got, rounded, equal_nan=True)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x.sum(), 60000.0),
        (lambda x: x.mean(), 20000.0),
        (lambda x: (x[:2] * 0 + 300).norm(), 424.25),
        (lambda x: torch.std(x[:2] * torch.tensor([0.0, 1.0], dtype=torch.half)), 42432.0),
        (lambda x: torch.logsumexp(x, 0), 60000.0),
        (lambda x: torch.matmul(x, half([1.0, 1.0, 1.0])), 60000.0),
        (lambda x: torch.cumsum(x, 0)[-1], 60000.0),
        (lambda x: torch.prod(x * half([1.0, 1.0, 2.0**-24])), -np.inf),
    ],
)
def test_nothing_overflows_on_the_way_to_a_number_of_float16(function, expected):
    assert function(half([60000.0, 60000.0, -60000.0])).item() == expected


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: x * 1e6, [np.inf, -np.inf]),
        (lambda x: torch.where(x > 0, x, -1e6), [1.0, -np.inf]),
        (lambda x: torch.clamp(x, min=-2.0, max=1e6), [1.0, -2.0]),
    ],
)
def test_a_number_beyond_float16_is_infinite_in_silence(function, expected):
    assert function(half([1.0, -3.0])).tolist() == expected


def test_a_sum_along_the_first_axis_does_not_round_at_every_step():
    assert torch.ones(4000, 2, dtype=torch.half).sum(0).tolist() == [4000.0, 4000.0]


def test_cotangents_that_meet_are_summed_before_they_are_rounded():
    x = half(1.0, requires_grad=True)
    y = x * 1.0
    parts = y * 40000.0, y * 40000.0, y * -40000.0
    torch.autograd.backward(list(parts))
    assert x.grad.item() == 40000.0
    assert x.grad.dtype == torch.half
    z = half(1.0, requires_grad=True)
    small = z * 1.0
    torch.autograd.backward([small * 1.0, *[small * 2.0**-12] * 4])
    assert z.grad.item() == 1.0 + 2.0**-10


def test_a_sum_of_cotangents_beyond_float16_is_infinite_in_silence():
    x = half(1.0, requires_grad=True)
    (x * 60000.0 + x * 60000.0).backward()
    assert x.grad.item() == np.inf


def test_a_recorded_backward_of_float16_can_be_differentiated_again():
    x = half(2.0, requires_grad=True)
    y = x * 1.0
    (slope,) = torch.autograd.grad(y * 2048.0 + y * y * y, x, create_graph=True)
    assert slope.dtype == torch.half
    assert slope.item() == 2060.0
    (second,) = torch.autograd.grad(slope, x)
    assert (second.item(), second.dtype) == (12.0, torch.half)


def test_the_derivative_of_exp_keeps_the_digits_that_its_result_loses_to_underflow():
    x = half(-15.0, requires_grad=True)
    y = torch.exp(x)
    y.backward(half(1024.0))
    assert y.item() == 5 * 2.0**-24
    assert x.grad.item() == np.float16(1024 * np.exp(-15.0))


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_the_halves_of_a_tie_add_up_to_the_cotangent_also_where_it_is_subnormal(name, dtype):
    odd = np.asarray(123 * np.finfo(dtype).smallest_subnormal)
    x, y = (torch.from_numpy(np.ones((), dtype)).requires_grad_() for _ in range(2))
    for ct, shares in ((odd, {61, 62}), (np.asarray(np.inf, dtype), {np.inf})):
        halves = torch.autograd.grad(OPS[name](x, y), [x, y], torch.from_numpy(ct))
        unit = 1 if np.isinf(ct) else np.finfo(dtype).smallest_subnormal
        assert {float(each.array / unit) for each in halves} == shares


@pytest.mark.parametrize(
    "view", [lambda x: x[1:], lambda x: x.reshape(2, 2), lambda x: x.unsqueeze(0), lambda x: x.detach()]
)
def test_views_of_float16_stay_views(view):
    x = torch.ones(4, dtype=torch.half)
    seen = view(x)
    assert np.shares_memory(seen.array, x.array)
    assert seen.version is x.version


def test_a_trace_of_float16_holds_float16_alone():
    graph = trace(lambda x: torch.softmax(x, 0).sum(), np.ones(2, np.float16))
    assert {graph[i].dtype for i in range(len(graph))} == {"float16"}


def test_a_forward_keeps_its_parameters_and_leaves_other_dtypes_alone():
    assert OPS["sum"].defaults == {"axis": None, "keepdims": False}
    assert OPS["matmul"].defaults == {}
    seen = []
    wrapped = rounding_once(lambda x, y: seen.append((x, y)) or x)
    a, b = np.ones(2, np.float32), np.arange(2)
    assert wrapped(a, b) is a
    assert seen == [(a, b)]
    assert wrapped(np.ones(2, np.float16), b).dtype == np.float16
    assert [each.dtype for each in seen[-1]] == [np.float32, b.dtype]
    assert rounding_once(np.add) is np.add


def test_float16_of_the_other_byte_order_is_float16():
    swapped = np.array([1.0, 3.0], dtype=np.float16).astype(">f2")
    x = torch.from_numpy(swapped).requires_grad_()
    torch.var(x).backward()
    assert x.grad.dtype == torch.half
    assert x.grad.tolist() == [-2.0, 2.0]
