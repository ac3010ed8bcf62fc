"""Verdicts at sums, products and norms where a naive rule or a naive tolerance goes wrong."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gradproof import trace
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.symbolic import prove_sum
from gradproof.verify import EngineTarget, examine
from gradproof.verify.examination import CaseResult
from gradproof.verify.mutants.mutants import wrong_factor
from gradproof.verify.verdict import Verdict


def result_of(function: Any, *inputs: Any, target: EngineTarget | None = None) -> CaseResult:
    graph = trace(function, *(np.asarray(each) for each in inputs))
    return examine(Case.of_ones(graph), target or EngineTarget(), finite_differences=False)


def gradient_of(result: CaseResult) -> list[float]:
    got = result.pairs[0].got
    assert got is not None
    return list(got.tolist())


@pytest.mark.parametrize("x", [[0.0, -40.0], [-math.log(2), -math.log(2)], [-1e-17, -45.0], [700.0, 800.0, -900.0]])
def test_logsumexp_is_verified_also_where_it_is_near_zero(x):
    assert result_of(lambda x: ops.logsumexp(x), x).verdict is Verdict.VERIFIED


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1.0, 1e200, 1e300])
def test_a_norm_is_verified_at_every_magnitude(scale):
    result = result_of(lambda x: ops.vector_norm(x), np.array([3.0, -4.0, 12.0]) * scale)
    assert result.verdict is Verdict.VERIFIED
    np.testing.assert_allclose(gradient_of(result), np.array([3, -4, 12]) / 13, rtol=1e-15)


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
