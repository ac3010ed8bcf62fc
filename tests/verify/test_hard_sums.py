"""Verdicts at sums, products and norms where a naive rule or a naive tolerance goes wrong."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gradproof.case import Case
from gradproof.engine import ops, trace
from gradproof.symbolic import prove_sum
from gradproof.verify import EngineTarget, examine
from gradproof.verify.examine import CaseResult
from gradproof.verify.mutants import mutate_vjp, wrong_factor
from gradproof.verify.verdict import Verdict


def result_of(function: Any, *inputs: Any, target: EngineTarget | None = None) -> CaseResult:
    graph = trace(function, *(np.asarray(each) for each in inputs))
    return examine(Case.of_ones(graph), target or EngineTarget(), finite_differences=False)


def gradient_of(result: CaseResult) -> list[float]:
    got = result.pairs[0].got
    assert got is not None
    return list(got.tolist())


def test_a_softmax_that_saturates_is_verified():
    x = [0.1, -300.3, -500.7]
    result = result_of(lambda x: ops.softmax(x, axis=0)[1], x)
    assert result.verdict is Verdict.VERIFIED
    # s_1 (1 - s_1) to first order, s_1 = exp(-300.4)
    assert gradient_of(result)[1] == pytest.approx(math.exp(-300.3 - 0.1), rel=1e-12)


def test_the_gradient_of_a_sum_of_a_softmax_is_zero_by_cancellation_and_verified():
    result = result_of(lambda x: ops.sum(ops.softmax(x, axis=0)), [0.3, -1.2, 2.5])
    assert result.verdict is Verdict.VERIFIED
    assert np.max(np.abs(gradient_of(result))) < 1e-15
    assert all(ball.contains(0) for ball in result.pairs[0].proven.enclosure)


@pytest.mark.parametrize(("dtype", "mean", "spread"), [(np.float64, 1e8, 1.0), (np.float32, 1e4, 1e3)])
@pytest.mark.parametrize("name", ["var", "std"])
def test_a_variance_about_a_large_mean_is_verified(name, dtype, mean, spread):
    x = (mean + spread * np.random.default_rng(3).normal(size=20)).astype(dtype)
    assert result_of(lambda x: getattr(ops, name)(x), x).verdict is Verdict.VERIFIED


def test_a_variance_whose_differences_may_be_a_percent_off_is_left_open():
    """A mean of twenty numbers of 1e4, in float32, may be off by gamma_20 1e4 = 0.01; the spread is 1."""
    x = (1e4 + np.random.default_rng(3).normal(size=20)).astype(np.float32)
    result = result_of(lambda x: ops.var(x), x)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert not result.broken


def test_a_naive_variance_about_a_large_mean_is_wrong():
    """The mean of the squares less the square of the mean loses all digits; its VJP subtracts what is as large."""

    def change(rule: Any) -> Any:
        return lambda ct, y, x, **_: ct * 2.0 * (x - np.float64(np.float32(x.mean()))) / x.size

    x = 1e8 + np.random.default_rng(3).normal(size=20)
    result = result_of(lambda x: ops.var(x), x, target=mutate_vjp("var", 0, change))
    assert result.verdict is Verdict.WRONG
    assert result.culprit == "var"


@pytest.mark.parametrize("zeros", [(), (1,), (1, 3), (0, 1, 2, 3)])
@pytest.mark.parametrize("name", ["prod", "cumulative_prod"])
def test_products_with_zeros_are_verified(name, zeros):
    x = np.array([2.0, -3.0, 0.5, 7.0])
    x[list(zeros)] = 0.0
    params = {"axis": 0}
    assert result_of(lambda x: getattr(ops, name)(x, **params), x).verdict is Verdict.VERIFIED


def test_a_product_that_divides_by_a_zero_is_wrong():
    def change(rule: Any) -> Any:
        return lambda ct, y, x, **_: ct * y / x

    x = [2.0, 0.0, 5.0]
    result = result_of(lambda x: ops.prod(x), x, target=mutate_vjp("prod", 0, change))
    assert result.verdict is Verdict.WRONG
    assert result.culprit == "prod"


@pytest.mark.parametrize("x", [[0.0, -40.0], [-math.log(2), -math.log(2)], [-1e-17, -45.0], [700.0, 800.0, -900.0]])
def test_logsumexp_is_verified_also_where_it_is_near_zero(x):
    assert result_of(lambda x: ops.logsumexp(x), x).verdict is Verdict.VERIFIED


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1.0, 1e200, 1e300])
def test_a_norm_is_verified_at_every_magnitude(scale):
    result = result_of(lambda x: ops.vector_norm(x), np.array([3.0, -4.0, 12.0]) * scale)
    assert result.verdict is Verdict.VERIFIED
    np.testing.assert_allclose(gradient_of(result), np.array([3, -4, 12]) / 13, rtol=1e-15)


def test_zero_is_one_of_the_derivatives_of_a_norm_at_its_tip():
    result = result_of(lambda x: ops.vector_norm(x), [0.0, 0.0])
    assert result.verdict is Verdict.SUBGRADIENT
    assert result.culprit == "vector_norm"
    assert gradient_of(result) == [0.0, 0.0]


def test_a_sort_with_a_tie_has_several_derivatives_unless_they_are_weighted_equally():
    weights = np.array([1.0, 2.0, 5.0])
    assert result_of(lambda x: ops.sort(x, axis=0) * weights, [3.0, 1.0, 2.0]).verdict is Verdict.VERIFIED
    assert result_of(lambda x: ops.sort(x, axis=0) * weights, [3.0, 1.0, 3.0]).verdict is Verdict.SUBGRADIENT
    assert result_of(lambda x: ops.sort(x, axis=0), [3.0, 1.0, 3.0]).verdict is Verdict.VERIFIED


def test_a_fan_out_of_a_thousand_is_verified():
    def function(x: Any) -> Any:
        total = ops.multiply(x, 0.0)
        for i in range(1000):
            total = ops.add(total, ops.multiply(x, 1.0 / (i + 1)))
        return total

    result = result_of(function, 1.5)
    assert result.verdict is Verdict.VERIFIED
    assert gradient_of_scalar(result) == pytest.approx(math.fsum(1.0 / (i + 1) for i in range(1000)), rel=1e-14)


def gradient_of_scalar(result: CaseResult) -> float:
    got = result.pairs[0].got
    assert got is not None
    return float(got)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_an_unbroadcast_sum_over_many_entries_is_proven_within_the_summation_bound(dtype):
    """Ten thousand balls; the bound is gamma_(n-1) times the sum of the magnitudes."""
    terms = np.random.default_rng(21).normal(size=10_000).astype(dtype)
    proven = prove_sum(list(terms))
    u = float(np.finfo(dtype).eps) / 2
    gamma = 9_999 * u / (1 - 9_999 * u)
    assert proven.tolerances == pytest.approx(gamma * math.fsum(np.abs(terms.astype(np.float64))), rel=1e-12)
    assert proven.admits(np.asarray(np.sum(terms)))
    assert proven.admits(np.asarray(np.cumsum(terms)[-1]))
    assert not proven.admits(np.asarray(np.sum(terms) + 2 * proven.tolerances).astype(dtype))


@pytest.mark.parametrize("name", ["det", "inv"])
def test_functions_of_nearly_singular_matrices_are_verified_and_a_fault_in_them_is_not(name):
    a = np.array([[2.0, 1.0, 0.0], [4.0, 2.0 + 1e-2, 0.0], [1.0, 3.0, 5.0]])
    assert result_of(lambda a: getattr(ops, name)(a), a).verdict is Verdict.VERIFIED
    faulty = result_of(lambda a: getattr(ops, name)(a), a, target=wrong_factor(name, size=1e-6))
    assert faulty.verdict is Verdict.WRONG


def test_a_matrix_beyond_the_mirror_says_so():
    from gradproof.errors import MirrorError

    with pytest.raises(MirrorError, match=r"shape \(4, 4\) are too large .* at most 3 x 3"):
        result_of(lambda a: ops.det(a), np.eye(4))
