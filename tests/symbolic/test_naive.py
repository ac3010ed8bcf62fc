from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pytest
from scipy import special

from gradproof import trace
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.engine.vocabulary import OPS
from gradproof.graph import Graph, Input, Node
from gradproof.symbolic import RULES, prove, prove_naively, prove_node_naively
from gradproof.symbolic.program import total
from gradproof.symbolic.rules.steps import pointwise as scalar
from gradproof.verify.generation.builder import BLOCK, HEADER, build


class Formula(NamedTuple):
    """An op, and formulas of its value and derivative that people write; ``lossy`` are points where digits are lost."""

    op: Callable
    value: Callable
    derivative: Callable
    lossy: tuple[float, ...]
    reach: float


FORMULAS = {
    "tanh": Formula(ops.tanh, np.tanh, lambda x, y: 1 - y * y, (11.0, 20.0, -20.0), 25),
    "tanh as exponentials": Formula(
        ops.tanh,
        lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
        lambda x, y: 4 / (np.exp(x) + np.exp(-x)) ** 2,
        (1e-9, 3e-7),
        25,
    ),
    "sigmoid": Formula(ops.sigmoid, lambda x: 1 / (1 + np.exp(-x)), lambda x, y: y * (1 - y), (30.0, 39.0), 40),
    "softplus": Formula(
        ops.softplus, lambda x: np.log(1 + np.exp(x)), lambda x, y: np.exp(x) / (1 + np.exp(x)), (-30.0, -45.0), 40
    ),
    "softplus by its result": Formula(
        ops.softplus, lambda x: np.log(1 + np.exp(x)), lambda x, y: 1 - np.exp(-y), (-30.0, -45.0), 40
    ),
    "log1p": Formula(ops.log1p, lambda x: np.log(1 + x), lambda x, y: np.exp(-y), (1e-20, 1e-9, -1e-9), 0.9),
    "expm1": Formula(ops.expm1, lambda x: np.exp(x) - 1, lambda x, y: y + 1, (1e-20, 1e-9, -30.0), 40),
    "i0e": Formula(ops.i0e, special.i0e, lambda x, y: special.i1e(x) - np.sign(x) * y, (20.0, -20.0, 200.0), 300),
    "i1e": Formula(
        ops.i1e, special.i1e, lambda x, y: special.i0e(x) - y * (np.sign(x) + 1 / x), (20.0, -20.0, 200.0), 300
    ),
    "sqrt": Formula(ops.sqrt, np.sqrt, lambda x, y: 0.5 * x**-0.5, (), 0),
}
DTYPES = (np.float32, np.float64)


def points(formula: Formula, dtype: type, rng: np.random.Generator) -> np.ndarray:
    tails = rng.uniform(-formula.reach, formula.reach, 40) if formula.reach else rng.uniform(1e-6, 1e6, 40)
    small = 10.0 ** rng.uniform(-12, -3, 10)
    return np.concatenate([formula.lossy, tails, small]).astype(dtype)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_naive_formula_is_inside_the_naive_tolerance(name, dtype, budgets, rng):
    formula = FORMULAS[name]
    x, ct = points(formula, dtype, rng), rng.uniform(-2, 2, 40).astype(dtype)
    ct = np.resize(ct, x.shape)
    graph = trace(formula.op, x)
    proof = prove_naively(Case(graph, (ct,)), budgets)
    y = formula.value(x)
    assert y.dtype == dtype
    assert proof.values[graph.outputs[0]].admits(y).all()
    assert proof.gradients[0][0].admits(ct * formula.derivative(x, y)).all()


@pytest.mark.parametrize("name", [name for name, formula in FORMULAS.items() if formula.lossy])
def test_what_is_inside_the_naive_tolerance_alone_has_lost_digits(name, budgets):
    formula = FORMULAS[name]
    x = np.array(formula.lossy)
    graph = trace(formula.op, x)
    proof = prove(Case.of_ones(graph), budgets)
    y = formula.value(x)
    value, gradient = proof.values[graph.outputs[0]], proof.gradients[0][0]
    assert not (value.admits(y) & gradient.admits(formula.derivative(x, y))).any()


def test_what_nobody_takes_from_the_result_must_keep_its_digits(budgets):
    x = np.array([1.5707963, 1.57])
    cosine = prove_naively(Case.of_ones(trace(ops.sin, x)), budgets).gradients[0][0]
    assert cosine.admits(np.cos(x)).all()
    assert not cosine.admits(np.sqrt(1 - np.sin(x) ** 2)).any()


def test_the_derivative_of_a_saturated_tanh_may_be_lost_but_not_more(budgets):
    proof = prove_naively(Case.of_ones(trace(ops.tanh, np.array([11.0, 20.0]))), budgets)
    gradient = proof.gradients[0][0]
    assert gradient.admits(np.zeros(2)).tolist() == [False, True]
    assert gradient.admits(gradient.midpoints * (1 + 1e-6)).tolist() == [True, True]
    assert gradient.admits(gradient.midpoints * (1 + 1e-4)).tolist() == [False, True]
    assert not gradient.admits(np.full(2, 1e-13)).any()


def test_what_cancels_in_the_derivative_of_a_scaled_function_may_be_lost_and_no_more(budgets):
    x = np.array([20.0, 200.0])
    gradient = prove_naively(Case.of_ones(trace(ops.i0e, x)), budgets).gradients[0][0]
    assert gradient.admits(gradient.midpoints * (1 + 1e-14)).all()
    assert not gradient.admits(gradient.midpoints * (1 + 2e-12)).any()
    assert not gradient.admits(special.i1e(x)).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_node_has_the_tolerance_of_its_formulas(dtype, budgets):
    x, ct = np.array([17.0, 0.25], dtype), np.array([3.0, -1.0], dtype)
    graph = trace(lambda x: ops.tanh(2.0 * x), np.ones(2, dtype))
    site = graph.outputs[0]
    (cotangent,) = prove_node_naively(graph, site, [x], ct, budgets).cotangents
    y = np.tanh(x)
    assert cotangent.admits(ct * (1 - y * y)).all()
    assert not cotangent.admits(ct * (1 - y * y) * np.array([1, 1 + 1e-3], dtype))[1]


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_sign_may_be_divided_out(dtype, budgets, rng):
    x, ct = rng.normal(size=(2, 100)).astype(dtype)
    graph = trace(ops.abs, x)
    (cotangent,) = prove_node_naively(graph, graph.outputs[0], [x], ct, budgets).cotangents
    divided = ct * x / np.abs(x)
    assert not np.array_equal(divided, ct * np.sign(x))
    assert cotangent.admits(divided).all()
    assert not cotangent.admits(divided * (1 + 4 * np.finfo(dtype).eps)).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_naive_softmax_is_inside(dtype, budgets, rng):
    x, ct = rng.uniform(-40, 40, (20, 5)).astype(dtype), rng.normal(size=(20, 5)).astype(dtype)
    graph = trace(lambda x: ops.softmax(x, axis=1), x)
    proof = prove_naively(Case(graph, (ct,)), budgets)
    e = np.exp(x)
    y = e / e.sum(axis=1, keepdims=True)
    jacobian = np.eye(5, dtype=dtype) * y[:, :, None] - y[:, :, None] * y[:, None, :]
    assert proof.values[graph.outputs[0]].admits(y).all()
    assert proof.gradients[0][0].admits((ct[:, None, :] @ jacobian)[:, 0]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_naive_log_softmax_is_inside(dtype, budgets, rng):
    x, ct = rng.uniform(-40, 40, (20, 5)).astype(dtype), rng.normal(size=(20, 5)).astype(dtype)
    graph = trace(lambda x: ops.log_softmax(x, axis=1), x)
    proof = prove_naively(Case(graph, (ct,)), budgets)
    e = np.exp(x)
    s = e.sum(axis=1, keepdims=True)
    assert proof.values[graph.outputs[0]].admits(x - np.log(s)).all()
    assert proof.gradients[0][0].admits(ct - e / s * ct.sum(axis=1, keepdims=True)).all()


def variance(x):
    """The textbook definition, as a rule of the mirror."""
    n = x.shape[0]
    centred = scalar(lambda a, m: a - m, 2)(x, scalar(lambda s: s / n)(total(x, 0, keepdims=True)))
    return scalar(lambda s: s / n)(total(scalar(lambda d: d**2)(centred), 0))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_variance_by_the_mean_of_the_squares_is_inside(dtype, budgets, rng, monkeypatch):
    monkeypatch.setitem(RULES, "variance of a row", variance)
    centred = {**budgets, "variance of a row": OPS["softmax"].budget}
    x = (1e4 + rng.normal(size=50)).astype(dtype)
    graph = Graph((Input(x, requires_grad=True),), (Node("variance of a row", (0,), {}, (), dtype.__name__),), (1,))
    naive = np.mean(x * x) - np.mean(x) ** 2
    proof = prove_naively(Case.of_ones(graph), centred)
    assert proof.values[1].admits(naive).all()
    assert not prove(Case.of_ones(graph), centred).values[1].admits(naive).any()
    assert proof.values[1].tolerances <= 1e4**2 * 500 * np.finfo(dtype).eps
    assert not proof.gradients[0][0].admits(2 / 50 * (x - np.mean(x)) * dtype(1.5)).all()


def test_an_exact_op_and_a_correctly_rounded_one_have_no_digits_to_lose(budgets):
    graph = trace(lambda a, b: (ops.relu(a), a - b), np.array([1.5, -2.0]), np.array([1.25, 1.0]))
    case = Case.of_ones(graph)
    exact, naive = prove(case, budgets), prove_naively(case, budgets)
    for output in graph.outputs:
        assert naive.values[output].tolerances.tolist() == pytest.approx(exact.values[output].tolerances, rel=1e-12)
    assert naive.gradients[0][0].tolerances.tolist() == [0.0, 0.0]


#: Ops without a derivative of their own, and those that only move entries by it.
UNDERIVED = {name for name, op in OPS.items() if all(rule is None for rule in op.rules(len(op.domain[0])))}
FLAT = {"ceil", "det_sign", "floor", "round", "sign", "trunc"}


@pytest.mark.parametrize("name", sorted(OPS.keys() - UNDERIVED - FLAT))
def test_a_wrong_factor_at_moderate_points_is_outside(name, budgets):
    """Wherever the budget leaves twelve digits, the naive tolerance leaves at least six."""
    seen = 0
    for number in range(80):
        source = random.Random(number)
        case = build((name,), "float64", source.randbytes(HEADER), [source.randbytes(BLOCK)])
        sizes = [np.abs(each.value) for each in case.graph.inputs if each.dtype.startswith("float")]
        if not all(np.all((size >= 0.25) & (size <= 3)) for size in sizes):
            continue
        ordinary, naive = prove(case, budgets), prove_naively(case, budgets)
        if ordinary.switches:
            continue
        for output in range(len(case.graph.outputs)):
            for leaf, proven in ordinary.gradients[output].items():
                size = np.abs(proven.midpoints)
                told = (size > 0) & (proven.tolerances + proven.radii <= 1e-12 * size)
                wrong = proven.midpoints * (1 + 1e-6)
                assert not naive.gradients[output][leaf].admits(wrong)[told].any()
                seen += int(np.sum(told))
    assert seen
