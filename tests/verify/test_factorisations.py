"""Verdicts on functions of factors: verified, or undefined where the spectrum is degenerate."""

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.engine.op import OPS
from gradproof.verify import EngineTarget, Verdict, examine
from gradproof.verify.mutants import mutants

S = np.array([[2.0, 1.0, 0.5], [1.0, 3.0, -0.7], [0.5, -0.7, 4.0]])

FUNCTIONS = {
    "cholesky": lambda x: torch.linalg.cholesky(x).exp(),
    "eigh": lambda x: (torch.linalg.eigh(x).eigenvectors * torch.linalg.eigh(x)[0].exp()).sum(),
    "qr": lambda x: torch.linalg.qr(x).Q @ torch.linalg.qr(x).R.exp(),
    "svd": lambda x: torch.linalg.svd(x).U @ torch.linalg.svd(x)[2].exp(),
    "pinv": lambda x: torch.linalg.pinv(x[:, :2]).exp(),
    "lu": lambda x: torch.linalg.lu(x).L @ torch.linalg.lu(x).U.exp(),
    "sqrtm": lambda x: torch.linalg.sqrtm(x).exp(),
    "solve_sylvester": lambda x: torch.linalg.solve_sylvester(x, x[:2, :2].exp(), x[:, 1:]).exp(),
    "slogdet": lambda x: torch.slogdet(x)[1].sin(),
    "nuclear norm": lambda x: torch.linalg.matrix_norm(x[:2], "nuc"),
}


def case_of(function, matrix):
    return Case.of_ones(trace(function, matrix))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=lambda dtype: dtype.__name__)
def test_a_function_of_factors_is_verified(name, dtype):
    assert examine(case_of(FUNCTIONS[name], S.astype(dtype)), EngineTarget()).verdict is Verdict.VERIFIED


@pytest.mark.parametrize("op", [ops.eigvalsh, ops.eigenvectors], ids=lambda op: op.__name__)
@pytest.mark.parametrize("matrix", [np.eye(2), np.diag([1.0, 2.0, 1.0])], ids=str)
def test_a_degenerate_spectrum_has_no_derivative(op, matrix):
    assert examine(case_of(lambda x: op(x), matrix), EngineTarget()).verdict is Verdict.UNDEFINED


@pytest.mark.parametrize("matrix", [np.zeros((2, 2)), np.diag([0.0, 1.0]), np.diag([-1.0, 1.0])], ids=str)
def test_a_root_of_a_matrix_has_no_derivative_at_the_edge(matrix):
    assert examine(case_of(lambda x: ops.sqrtm(x), matrix), EngineTarget()).verdict is Verdict.UNDEFINED


@pytest.mark.parametrize("slot", [0, 1, 2])
def test_a_wrong_rule_of_an_equation_in_matrices_is_found(slot):
    case = Case.of_ones(trace(lambda *args: ops.exp(ops.solve_sylvester(*args)), S, S[:2, :2], S[:, :2]))
    assert examine(case, mutants.wrong_factor("solve_sylvester", slot, 1e-9)).verdict is Verdict.WRONG


@pytest.mark.parametrize(
    "name", ["cholesky", "eigvalsh", "eigenvectors", "svdvals", "orthogonal_factor", "lu_factors", "pinv", "sqrtm"]
)
def test_a_wrong_rule_of_a_factorisation_is_found(name):
    case = case_of(lambda x: ops.exp(OPS[name](x)), S)
    result = examine(case, mutants.wrong_factor(name, 0, 1e-9))
    assert result.verdict is Verdict.WRONG
    assert examine(case, mutants.wrong_sign(name)).verdict is Verdict.WRONG


def test_the_derivative_of_triangular_factors_adds_nothing_that_it_then_subtracts():
    """The usual formula adds 1992 * 19.5 to the cotangent of the corner, and subtracts it again."""
    a = np.array([[0.5379, 19.5], [-0.07477137446403503, 0.2404268980026245]], np.float32)
    ct = np.array([[0.001, 1992.644775390625], [-0.6, 0.01]], np.float32)
    result = examine(Case(trace(ops.lu_factors, a), (ct,)), EngineTarget())
    assert result.verdict is Verdict.VERIFIED
