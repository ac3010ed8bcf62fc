"""Exponentials that saturate: the same functions as before, with bounds that stay narrow over wide boxes."""

import numpy as np
import pytest
import sympy as sp
from flint import arb

from gradproof import Case, trace
from gradproof.engine import ops
from gradproof.symbolic import prove
from gradproof.symbolic.compiler import compile_ball
from gradproof.symbolic.deviation import saturates
from gradproof.symbolic.guarded import guarded
from gradproof.symbolic.saturating import saturating
from gradproof.symbolic.scalar import ScalarFunction


def logistic(x):
    return 1 / (1 + sp.exp(-x))


FUNCTIONS = {
    "tanh": ScalarFunction(sp.tanh, 1),
    "sigmoid": ScalarFunction(logistic, 1),
    "silu": ScalarFunction(lambda x: x * logistic(x), 1),
    "softplus": ScalarFunction(lambda x: sp.log(1 + sp.exp(x)), 1),
    "cross-entropy": ScalarFunction(lambda x, p: -(p * sp.log(logistic(x)) + (1 - p) * sp.log(logistic(-x))), 2),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_slopes_and_curvatures_keep_their_values(name, rng):
    function = FUNCTIONS[name]
    assert saturates(function)
    forms = [*function.gradient, *(each for row in function.hessian for each in row)]
    factored = [*function.gradient, *(each for row in function.factored_hessian for each in row)]
    for form, product in zip(forms, factored, strict=True):
        plain = compile_ball(function.symbols, form)
        others = [compile_ball(function.symbols, each) for each in (product, saturating(form), saturating(product))]
        for point in rng.normal(scale=5, size=(10, function.arity)):
            here = [arb(each) for each in point]
            assert all((plain(*here) - other(*here)).abs_upper() < 1e-12 for other in others)


def test_what_does_not_saturate_stays_as_it_is():
    x = sp.Symbol("x", real=True)
    for expression in (sp.exp(x) * (1 + sp.exp(x)), x**-2, sp.sinh(x) / x, sp.sin(x) / sp.cos(x)):
        assert saturating(expression) == guarded(expression)
    growing = sp.exp(3 * x) / (1 + sp.exp(x)) ** 2
    assert compile_ball((x,), saturating(growing))(arb(2)).overlaps(compile_ball((x,), growing)(arb(2)))
    assert not saturates(ScalarFunction(sp.exp, 1))


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "silu", "softplus"])
@pytest.mark.parametrize(
    ("dtype", "near", "far"), [("float16", 30, 6e4), ("float32", 200, 1e30), ("float64", 900, 1e300)]
)
@pytest.mark.parametrize("sign", [-1, 1])
def test_far_out_a_slope_is_as_certain_as_where_it_saturates(name, dtype, near, far, sign, budgets):
    points = np.array([sign * near, sign * far], dtype)
    gradient = prove(Case.of_ones(trace(getattr(ops, name), points)), budgets).gradients[0][0]
    assert gradient.tolerances[1] <= 1.01 * gradient.tolerances[0] + 2 * np.finfo(dtype).smallest_subnormal
    limit = float(sign > 0 and name in {"silu", "softplus"})
    assert gradient.admits(np.full(2, limit, dtype)).all()


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_the_slope_of_a_cross_entropy_is_certain_at_any_logit(dtype, budgets):
    logits, labels = np.array([-4e4, -30.0, 30.0, 4e4], dtype), np.array([0.25, 0.25, 0.75, 0.75], dtype)
    graph = trace(lambda x, p: ops.binary_cross_entropy_with_logits(x, p, reduction="none"), logits, labels)
    proof = prove(Case.of_ones(graph), budgets)
    assert np.all(proof.gradients[0][0].tolerances <= 16 * np.finfo(dtype).eps)
    assert proof.gradients[0][0].admits(np.array([-0.25, -0.25, 0.25, 0.25], dtype)).all()
