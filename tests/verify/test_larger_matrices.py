"""Verdicts on functions of matrices that are too large to be written out."""

from __future__ import annotations

import numpy as np
import pytest

import gradproof
from gradproof import trace
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.errors import MirrorError
from gradproof.verify import EngineTarget, examine
from gradproof.verify.mutants.mutants import wrong_factor
from gradproof.verify.verdict import Verdict


def matrices(*shape):
    """Return matrices that are well-conditioned."""
    return 4.0 * np.eye(shape[-1]) + np.random.default_rng(0).normal(size=shape)


FUNCTIONS = {
    "det": lambda a: ops.det(a),
    "inv": lambda a: ops.inv(a),
    "logabsdet": lambda a: ops.logabsdet(a),
    "solve": lambda a: ops.solve(a, np.ones(a.shape[-1], a.dtype)),
    "sign": lambda a: ops.det_sign(a) * ops.logabsdet(a),
    "branches": lambda a: ops.inv(a + ops.relu(a) + ops.where(a > 0.1, a, -a)),
}


def verdict_of(function, *inputs, target=None, order=1):
    case = Case.of_ones(trace(function, *inputs))
    return examine(case.of_second_order() if order == 2 else case, target or EngineTarget()).verdict


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_of_matrices_are_verified_in_every_dtype_and_order(name, dtype, order):
    a = (matrices(2, 4, 4) + 12.0 * np.eye(4)).astype(dtype)
    assert verdict_of(FUNCTIONS[name], a, order=order) is Verdict.VERIFIED


@pytest.mark.parametrize("function", [np.linalg.det, np.linalg.inv, lambda a: np.linalg.solve(a, a + 1.0)])
def test_functions_of_16_by_16_matrices_are_verified(function):
    assert gradproof.check(function, matrices(16, 16)).verdict is Verdict.VERIFIED


@pytest.mark.parametrize("size", [1e-6, 1e-9])
@pytest.mark.parametrize("name", ["det", "inv", "logabsdet", "solve"])
def test_a_small_fault_is_found(name, size):
    function = FUNCTIONS[name]
    assert verdict_of(function, matrices(6, 6), target=wrong_factor(name, size=size)) is Verdict.WRONG


@pytest.mark.parametrize("name", ["inv", "logabsdet", "solve"])
def test_nobody_is_accused_at_a_matrix_that_is_nearly_singular(name):
    a = matrices(4, 4)
    a[3] = a[0]
    a[3, 3] *= 1.0 + 2.0**-50
    assert verdict_of(FUNCTIONS[name], a) is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("rank", [0, 2, 3, 4])
def test_the_determinant_of_a_singular_matrix_is_verified(rank):
    rng = np.random.default_rng(1)
    a = rng.integers(-3, 4, (5, rank)) @ rng.integers(-3, 4, (rank, 5))
    assert verdict_of(FUNCTIONS["det"], a.astype(float)) is Verdict.VERIFIED
    if rank == 4:
        assert verdict_of(FUNCTIONS["det"], a.astype(float), target=wrong_factor("det", size=1e-3)) is Verdict.WRONG


@pytest.mark.parametrize(
    ("name", "scale"), [("logabsdet", 1e200), ("logabsdet", 1e-200), ("inv", 1e140), ("inv", 1e-140)]
)
def test_what_leaves_the_range_of_floats_on_the_way_is_verified(name, scale):
    assert verdict_of(FUNCTIONS[name], matrices(4, 4) * scale) is Verdict.VERIFIED


def test_a_right_hand_side_of_zeros_has_a_solution():
    assert verdict_of(lambda a, b: ops.solve(a, b), matrices(4, 4), np.zeros((4, 2))) is Verdict.VERIFIED


def test_matrices_beyond_the_mirror_are_refused():
    with pytest.raises(MirrorError, match=r"shape \(33, 33\) are too large .* at most 32 x 32"):
        verdict_of(FUNCTIONS["det"], np.eye(33))
