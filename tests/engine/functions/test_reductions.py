"""Reductions, order, differences and predicates, beside NumPy's; what holds here holds of PyTorch too."""

import math

import numpy as np
import pytest

import gradproof.engine
from gradproof.errors import ArgumentError, OutOfRangeError, ShapeError

from .checks import check_linear, check_smooth

M = np.array([[3.0, 1.25, 4.0, 1.5], [5.0, 9.0, 2.0, 6.0], [5.5, 3.5, 5.75, 8.0]])
V = M[1]
PLACES = np.array([0.0, 1.0, 3.0, 4.5])
NAN, INF = math.nan, math.inf
GAPS = [[1.0, NAN, 2.0], [NAN, NAN, NAN], [4.0, 5.0, 9.0]]


def numbers(torch, values):
    return torch.tensor(np.array(values))


LINEAR = [
    ("nansum", M, lambda torch, x: x.nansum(1), M.sum(1)),
    ("nansum with gaps", V, lambda torch, x: (x + numbers(torch, [0, NAN, 0, NAN])).nansum(), 7.0),
    ("diff", M, lambda torch, x: x.diff(), np.diff(M)),
    ("second diff", M, lambda torch, x: torch.diff(x, 2, 0), np.diff(M, 2, 0)),
    ("diff with more", M, lambda torch, x: x.diff(prepend=x[:, :1], append=x[:, :2]),
     np.diff(M, prepend=M[:, :1], append=M[:, :2])),
    ("diff of order 0", V, lambda torch, x: x.diff(0), V),
]  # fmt: skip

SMOOTH = [
    ("amax", M, lambda torch, x: x.amax(), 9.0),
    ("amax of two", M[None], lambda torch, x: x.amax((0, 2), True), M[None].max((0, 2), keepdims=True)),
    ("amin", M, lambda torch, x: torch.amin(x, 0), M.min(0)),
    ("aminmax", M, lambda torch, x: tuple(torch.aminmax(x, dim=1)), (M.min(1), M.max(1))),
    ("cummax", M, lambda torch, x: x.cummax(1).values, np.maximum.accumulate(M, 1)),
    ("cummin", M, lambda torch, x: torch.cummin(x, 0).values, np.minimum.accumulate(M, 0)),
    ("logcumsumexp", M, lambda torch, x: torch.logcumsumexp(x, 1), np.log(np.cumsum(np.exp(M), 1))),
    ("topk", M, lambda torch, x: x.topk(2).values, np.sort(M)[:, :1:-1]),
    ("topk of the smallest", M, lambda torch, x: torch.topk(x, 2, 0, largest=False).values, np.sort(M, 0)[:2]),
    ("kthvalue", M, lambda torch, x: x.kthvalue(2, keepdim=True).values, np.sort(M)[:, 1:2]),
    ("median", M, lambda torch, x: x.median(), 4.0),
    ("median of rows", M, lambda torch, x: x.median(1).values, [1.5, 5.0, 5.5]),
    ("quantile", M, lambda torch, x: torch.quantile(x, 0.3), np.quantile(M, 0.3)),
    ("quantiles", M, lambda torch, x: x.quantile(numbers(torch, [0.1, 0.5]), 1), np.quantile(M, [0.1, 0.5], 1)),
    ("quantile kept", M, lambda torch, x: x.quantile(0.25, 0, True), np.quantile(M, 0.25, 0, keepdims=True)),
    *((f"quantile {how}", M, lambda torch, x, how=how: x.quantile(0.4, dim=1, interpolation=how),
       np.quantile(M, 0.4, 1, method=how)) for how in ("lower", "higher", "nearest", "midpoint")),
    ("msort", M, lambda torch, x: torch.msort(x), np.sort(M, 0)),
    ("trapezoid", M, lambda torch, x: torch.trapezoid(x, dx=2), np.trapezoid(M, dx=2)),
    ("trapezoid at places", M, lambda torch, x: torch.trapezoid(x, numbers(torch, PLACES)), np.trapezoid(M, PLACES)),
    ("trapezoid of rows", M, lambda torch, x: torch.trapz(x, numbers(torch, PLACES[:3]), dim=0),
     np.trapezoid(M, PLACES[:3], axis=0)),
    ("trapezoid over itself", V, lambda torch, x: torch.trapezoid(x, x * x), np.trapezoid(V, V * V)),
    ("cumulative_trapezoid", V, lambda torch, x: torch.cumulative_trapezoid(x), [7.0, 12.5, 16.5]),
    ("gradient", M, lambda torch, x: tuple(torch.gradient(x)), tuple(np.gradient(M))),
    ("gradient of one", M, lambda torch, x: torch.gradient(x, spacing=2.0, dim=1)[0], np.gradient(M, 2.0, axis=1)),
    ("gradient of order 2", M, lambda torch, x: torch.gradient(x, dim=1, edge_order=2)[0],
     np.gradient(M, axis=1, edge_order=2)),
    ("gradient at places", V, lambda torch, x: torch.gradient(x, spacing=(numbers(torch, PLACES),), edge_order=2)[0],
     np.gradient(V, PLACES, edge_order=2)),
    ("nanmean", M, lambda torch, x: x.nanmean(0, True), M.mean(0, keepdims=True)),
    ("var_mean", M, lambda torch, x: torch.var_mean(x, 1), (M.var(1, ddof=1), M.mean(1))),
    ("std_mean", M, lambda torch, x: torch.std_mean(x, 0, unbiased=False, keepdim=True),
     (M.std(0, keepdims=True), M.mean(0, keepdims=True))),
    *((f"norm {p}", M, lambda torch, x, p=p: x.norm(p, 1), np.linalg.norm(M, p, 1)) for p in (3, 1.5, 0.5, -INF)),
    ("vector_norm", M, lambda torch, x: torch.linalg.vector_norm(x, 4, dim=(0, 1)), np.sum(M**4) ** 0.25),
    ("dist", V, lambda torch, x: torch.dist(x, x * x, 3), np.linalg.norm(V - V * V, 3)),
    ("cdist", M, lambda torch, x: torch.cdist(x, x[:2] + 1), np.linalg.norm(M[:, None] - M[:2] - 1, axis=-1)),
    ("cov", M, lambda torch, x: torch.cov(x), np.cov(M)),
    ("corrcoef", M, lambda torch, x: torch.corrcoef(x), np.corrcoef(M)),
    ("sum in another dtype", M, lambda torch, x: x.sum(0, dtype=torch.float64), M.sum(0)),
    ("cov of a vector", V, lambda torch, x: x.cov(correction=0), np.cov(V, ddof=0)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "call", "expected"), [case[1:] for case in LINEAR], ids=[case[0] for case in LINEAR]
)
def test_a_linear_function_gives_what_numpy_gives_and_its_transpose_as_gradient(torch, values, call, expected):
    check_linear(torch, lambda x: call(torch, x), values, expected)


@pytest.mark.parametrize(
    ("values", "call", "expected"), [case[1:] for case in SMOOTH], ids=[case[0] for case in SMOOTH]
)
def test_a_function_gives_what_numpy_gives_and_its_slope_as_gradient(torch, values, call, expected):
    check_smooth(torch, lambda x: call(torch, x), values, expected)


@pytest.mark.parametrize("name", ["amax", "amin"])
def test_ties_share_a_cotangent(torch, name):
    x = torch.tensor([[2.0, 1.0, 2.0], [1.0, 1.0, 1.0]], requires_grad=True)
    getattr(x, name)(1).backward(torch.tensor([6.0, 3.0]))
    assert x.grad.tolist() == ([[3.0, 0.0, 3.0]] if name == "amax" else [[0.0, 6.0, 0.0]]) + [[1.0, 1.0, 1.0]]


@pytest.mark.parametrize("name", ["cummax", "cummin"])
def test_the_latest_of_equal_entries_is_the_running_one_also_for_nan(torch, name):
    x = torch.tensor([1.0, 1.0, NAN, 1.0], requires_grad=True)
    values, places = getattr(torch, name)(x, 0)
    assert places.tolist() == [0, 1, 2, 2]
    assert np.array_equal(values.tolist(), [1.0, 1.0, NAN, NAN], equal_nan=True)
    values.backward(torch.tensor([1.0, 2.0, 4.0, 8.0]))
    assert x.grad.tolist() == [1.0, 2.0, 12.0, 0.0]


def test_a_tie_in_the_middle_is_shared_over_all_entries_and_taken_by_one_along_a_dimension(torch):
    x = torch.tensor([1.0, 2.0, 2.0, 3.0], requires_grad=True)
    (whole,), (along,) = (torch.autograd.grad(y, x) for y in (x.median(), x.median(0).values))
    assert (whole.tolist(), along.tolist()) == ([0.0, 0.5, 0.5, 0.0], [0.0, 1.0, 0.0, 0.0])
    assert torch.tensor(4.0).median(0).indices.item() == 0


def test_values_come_with_where_they_stand(torch):
    assert torch.tensor(M).topk(2).indices.tolist() == [[2, 0], [1, 3], [3, 2]]
    assert torch.tensor(M).kthvalue(3, 0).indices.tolist() == [2, 1, 2, 2]
    assert torch.tensor(M).median(1).indices.tolist() == [3, 0, 0]
    assert repr(torch.tensor([1.0, 2.0]).topk(1)) == (
        "torch.return_types.topk(\nvalues=tensor([2.]),\nindices=tensor([1]))"
    )


def test_among_nan_there_is_no_median_and_no_quantile(torch):
    x = torch.tensor(GAPS)
    values, places = x.median(1)
    assert np.array_equal(values.tolist(), [NAN, NAN, 5.0], equal_nan=True)
    assert places.tolist() == [1, 0, 1]
    assert math.isnan(x.median().item())
    assert np.array_equal(x.quantile(0.5, dim=1).tolist(), [NAN, NAN, 5.0], equal_nan=True)


def test_nan_is_left_out_and_receives_no_derivative(torch):
    x = torch.tensor(GAPS, requires_grad=True)
    y = x.nanmean(1)
    assert np.array_equal(y.tolist(), [1.5, NAN, 6.0], equal_nan=True)
    y[::2].sum().backward()
    assert x.grad[0].tolist() == [0.5, 0.0, 0.5]
    assert x.nansum().item() == 21.0


ANSWERS = [
    (lambda torch, x: torch.argmax(x), 4 + 1),
    (lambda torch, x: x.argmax(0, keepdim=True), np.argmax(M, 0, keepdims=True)),
    (lambda torch, x: x.argmin(1), np.argmin(M, 1)),
    (lambda torch, x: torch.argsort(x, 0), np.argsort(M, 0)),
    (lambda torch, x: x.argsort(descending=True), np.argsort(-M)),
    (lambda torch, x: torch.searchsorted(torch.tensor([1.5, 4.0, 6.0]).double(), x), np.searchsorted([1.5, 4, 6], M)),
    (lambda torch, x: torch.searchsorted(torch.tensor([[1, 3], [2, 4]]), torch.tensor([[3], [3]]), side="right"),
     [[2], [1]]),
    (lambda torch, x: torch.bucketize(x[0], torch.tensor([1.25, 3.5]), right=True), [1, 1, 2, 1]),
    (lambda torch, x: (x > 5).any(), True),
    (lambda torch, x: (x > 3).all(1, keepdim=True), [[False], [False], [True]]),
    (lambda torch, x: torch.count_nonzero(x > 3, 1), [1, 3, 4]),
    (lambda torch, x: torch.nonzero(x > 5.5), [[1, 1], [1, 3], [2, 2], [2, 3]]),
    (lambda torch, x: torch.argwhere(x[0] > 3), [[2]]),
    (lambda torch, x: torch.nonzero(x > 8, as_tuple=True)[1], [1]),
    (lambda torch, x: torch.where(x > 5.6)[0], [1, 1, 2, 2]),
    (lambda torch, x: torch.isin(x[0], torch.tensor([4.0, 3.0]).double()), [True, False, True, False]),
    (lambda torch, x: torch.tensor([1.0, INF, -INF, NAN]).isinf(), [False, True, True, False]),
    (lambda torch, x: torch.isposinf(torch.tensor([1.0, INF, -INF, NAN])), [False, True, False, False]),
    (lambda torch, x: torch.isneginf(torch.tensor([1.0, INF, -INF, NAN])), [False, False, True, False]),
    (lambda torch, x: torch.tensor([1.0, INF, -INF, NAN]).isfinite(), [True, False, False, False]),
    (lambda torch, x: torch.tensor([1.0, INF, -INF, NAN]).isnan(), [False, False, False, True]),
    (lambda torch, x: torch.isclose(x[0], x[0] + torch.tensor([0, 1e-9, 1, 1e-9]).double()), [True, True, False, True]),
]  # fmt: skip


@pytest.mark.parametrize(("call", "expected"), ANSWERS)
def test_a_question_gets_the_answer_that_numpy_gives(torch, call, expected):
    assert call(torch, torch.tensor(M)).tolist() == np.asarray(expected).tolist()


def test_tensors_are_compared_as_a_whole(torch):
    x, y = torch.tensor([1.0, NAN]), torch.tensor([1.0 + 1e-7, NAN])
    assert (torch.equal(x[:1], x[:1].clone()), torch.equal(x, x[:1]), torch.equal(x, x.clone())) == (True, False, False)
    assert (torch.allclose(x[:1], y[:1]), torch.allclose(x, y)) == (True, False)
    assert torch.allclose(x, y, equal_nan=True)


@pytest.mark.parametrize("p", [3, 1.5])
def test_a_norm_neither_overflows_nor_loses_its_digits(p):
    torch = gradproof.engine
    for scale in (1e-300, 1.0, 1e300):
        x = torch.tensor([3.0 * scale, -4.0 * scale, 0.0], dtype=torch.float64, requires_grad=True)
        y = x.norm(p)
        norm = (3.0**p + 4.0**p) ** (1 / p)
        assert y.item() == pytest.approx(scale * norm, rel=1e-15)
        y.backward()
        assert x.grad.tolist() == pytest.approx([(3 / norm) ** (p - 1), -((4 / norm) ** (p - 1)), 0.0], rel=1e-14)


def test_the_norm_of_order_0_counts_entries(torch):
    assert torch.tensor([[1.0, 0.0, -2.0], [0.0, 0.0, 3.0]]).norm(0, 1).tolist() == [2.0, 1.0]


def test_the_norm_of_zeros_has_the_derivative_zero_and_of_nothing_is_zero(torch):
    x = torch.zeros(2, requires_grad=True)
    x.norm(3).backward()
    assert x.grad.tolist() == [0.0, 0.0]
    assert torch.zeros(0).norm(3).item() == 0.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda torch: torch.ones(2).topk(3), ShapeError, "from 0 to 2"),
        (lambda torch: torch.ones(2).kthvalue(0), ShapeError, "from 1 to 2"),
        (lambda torch: torch.ones(2).quantile(1.5), ArgumentError, "from 0 to 1"),
        (lambda torch: torch.ones(2).quantile(0.5, interpolation="cubic"), ArgumentError, "'cubic'"),
        (lambda torch: torch.zeros(0).quantile(0.5), ShapeError, "has no entries"),
        (lambda torch: torch.gradient(torch.ones(2), edge_order=2), ShapeError, "2 entries .* too few"),
        (lambda torch: torch.gradient(torch.ones(2), spacing=[1, 2]), ArgumentError, "2 spacings for 1"),
        (lambda torch: torch.trapezoid(torch.ones(3), torch.ones(2)), ShapeError, "no places for the 3 entries"),
        (lambda torch: torch.ones(2).diff(-1), ArgumentError, "not negative, but -1"),
        (lambda torch: torch.searchsorted(torch.ones(2, 2), torch.ones(2)), ShapeError, "the first sizes differ"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call(gradproof.engine)


def test_a_median_without_nan_takes_the_lower_of_two_middles(torch):
    x = torch.tensor([[math.nan, 4.0, 1.0], [2.0, math.nan, math.nan], [math.nan] * 3], requires_grad=True)
    values, places = x.nanmedian(1)
    assert (values[:2].tolist(), places[:2].tolist()) == ([1.0, 2.0], [2, 0])
    assert math.isnan(values[2].item())
    assert torch.nanmedian(x, 1, True).values.shape == (3, 1)
    (values[:2].sum() + 3.0 * x.nanmedian()).backward()
    assert x.grad.tolist() == [[0.0, 0.0, 1.0], [4.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    assert math.isnan(torch.nanmedian(torch.tensor([math.nan])).item())
    assert torch.nanmedian(torch.tensor(4.0), 0).indices.item() == 0


def test_a_partition_is_one_that_numpy_might_return():
    x = np.random.default_rng(0).permutation(12).reshape(3, 4) / 3.0
    for kth, axis in ((1, -1), (-2, 1), (0, 0), ((0, 2), 0)):
        t = gradproof.engine.tensor(x, requires_grad=True)
        found = gradproof.engine.partition(t, kth, axis)
        first, *_ = np.atleast_1d(kth)
        known = np.partition(x, kth, axis)
        np.testing.assert_array_equal(np.take(found.detach().numpy(), first, axis), np.take(known, first, axis))
        np.testing.assert_array_equal(np.sort(known, axis), found.detach().numpy())
        found.square().sum().backward()
        np.testing.assert_allclose(t.grad.numpy(), 2.0 * x, rtol=1e-15)
    with pytest.raises(OutOfRangeError, match="kth is 4, but there are 4 entries"):
        gradproof.engine.partition(gradproof.engine.tensor(x), 4)
