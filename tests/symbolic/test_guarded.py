import pytest
import sympy as sp
from flint import arb, ctx

from gradproof.symbolic.compiler import compile_balls
from gradproof.symbolic.guarded import guarded

x, p = sp.symbols("x p", real=True)


@pytest.mark.parametrize(
    "expression",
    [sp.exp(x) - 1, sp.log(1 + x), sp.log(1 + sp.exp(-x)), sp.log(1 / (1 + sp.exp(x))), (1 + sp.erf(-x)) / 2],
    ids=str,
)
def test_what_cancels_keeps_its_digits_also_beside_expressions_that_share_its_parts(expression):
    shared = (expression, expression**2, sp.exp(x), sp.exp(-x), sp.erf(-x), 1 + x)
    point = sp.Rational(1, 2**100) if expression.subs(x, 0) == 0 else sp.Integer(10)
    ctx.prec = 128
    try:
        found = compile_balls((x,), shared)(arb(point.p) / point.q)[0]
        assert found.rel_accuracy_bits() > 90
        assert found.overlaps(arb(str(sp.N(expression.subs(x, point), 60, maxn=400)), abs(found) * arb(2) ** -90))
    finally:
        ctx.prec = 53


def test_a_removable_singularity_is_removed_also_beside_an_expression_that_shares_its_parts():
    value, slope = compile_balls((x, p), (x**p, sp.diff(x**p, p)))(arb(0), arb(2.5))
    assert value.is_zero()
    assert slope.is_zero()


def test_an_expression_with_none_of_these_forms_stays_as_it_is():
    for expression in (x + p, x * p, sp.log(x), sp.exp(x) + 1, sp.sin(x) * sp.exp(p)):
        assert guarded(expression) == expression


def test_twins_are_computed_together_and_right():
    sine, cosine, product = compile_balls((x,), (sp.sin(x), sp.cos(x), sp.sinh(x) * sp.cosh(x)))(arb(1.5))
    assert (sine**2 + cosine**2).overlaps(arb(1))
    assert product.overlaps(arb(3).sinh() / 2)
    assert sine.overlaps(arb(1.5).sin())
