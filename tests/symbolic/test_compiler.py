from __future__ import annotations

from typing import Any

import mpmath
import pytest
import sympy as sp
from flint import arb

from gradproof.errors import MirrorError
from gradproof.symbolic.balls import precision
from gradproof.symbolic.compiler import compile_balls
from gradproof.symbolic.switches import Undecided, met, standing_on

x, y = sp.symbols("x y", real=True)

KINK = arb(0, 0.5)


@pytest.fixture(autouse=True)
def _nothing_met():
    met.clear()
    yield
    met.clear()


def at(expression: Any, *values: Any) -> Any:
    return compile_balls((x, y)[: len(values)], (expression,))(*(arb(v) for v in values))[0]


SMOOTH = [
    sp.exp(x) * sp.sin(y) - sp.cos(x) / y,
    sp.tanh(x) ** 3 - sp.Rational(2, 7) * x / y**2,
    -sp.log(1 / (1 + sp.exp(-x))) + sp.sqrt(y) / 3,
    sp.exp(x) - 1 + y,
    sp.log(1 + x**2) ** sp.Rational(3, 2) / sp.sqrt(y),
    x**y * sp.log(x) - y * x ** (y - 1),
    sp.cosh(x) ** -2 + sp.sinh(y) * sp.E + sp.pi,
    sp.Piecewise((x**2, x > y), (y**3, x < -y), (x * y, True)),
    sp.Piecewise((x, sp.And(x > 0, sp.Not(y > 5))), (-x, sp.Or(x < -9, y > 8)), (y, True)),
    sp.Max(x, y, sp.Rational(1, 3)) + sp.Abs(x - y) * sp.sign(y - x) + sp.Heaviside(x - 2 * y),
    sp.exp(sp.Rational(3, 4)) * x + sp.sqrt(2) * sp.log(3) + sp.sin(2),
    -x,
    -sp.sin(x) * -sp.cos(y) * sp.Rational(-5, 3),
    sp.hyper((sp.Rational(3, 2),), (3,), -2 * x) * y,
]


@pytest.mark.parametrize("expression", SMOOTH, ids=str)
@pytest.mark.parametrize("point", [(0.75, 1.5), (2.5, 0.125), (3.0, 0.25)], ids=str)
def test_compiled_balls_enclose_what_mpmath_computes(expression, point):
    with precision(200), mpmath.workprec(260):
        ball = arb(at(expression, *point))
        reference = sp.lambdify((x, y), expression, "mpmath")(*map(mpmath.mpf, point))
        assert ball.rad() < 1e-50
        assert (ball - arb(mpmath.nstr(reference, 70))).abs_lower() < 1e-55
    assert not met


@pytest.mark.parametrize("power", [2, 3, 5])
def test_a_wide_ball_apart_from_zero_is_divided_by(power):
    with precision(128):
        ball = arb(at(sp.cosh(x) ** -power, arb(170, 2)))
        assert ball.is_finite()
        assert ball.contains(1 / arb(168).cosh() ** power)
        assert ball.contains(1 / arb(172).cosh() ** power)
        assert ball.abs_upper() < 2**power / arb(168).cosh() ** power
        assert not arb(at(x**-power, arb(1, 2))).is_finite()


KINKS = [(sp.Heaviside(x), (0, 1)), (sp.sign(x), (-1, 1)), (sp.Piecewise((3, x > 0), (5, True)), (5, 3))]


@pytest.mark.parametrize(("expression", "sides"), KINKS, ids=str)
def test_kinks_give_the_hull_of_their_sides_and_are_met(expression, sides):
    at_tie = at(expression, 0)
    assert [(key, each.exact) for key, each in met.items()] == [("x", True)]
    near = at(expression, arb(0, 1e-9))
    assert [(key, each.exact) for key, each in met.items()] == [("x", False)]
    for ball in (at_tie, near):
        assert all(ball.contains(side) for side in sides)
        assert ball.rad() <= abs(sides[1] - sides[0]) * 0.5001
    met.clear()
    assert at(expression, -1).is_exact()
    assert at(expression, 1).is_exact()
    assert not met


@pytest.mark.parametrize(("expression", "sides"), KINKS, ids=str)
@pytest.mark.parametrize("point", [0, 1, -1, arb(0, 1e-9)], ids=str)
def test_a_side_decides_whatever_the_point(expression, sides, point):
    for side, value in zip((-1, 1), sides, strict=True):
        with standing_on({"x": side}):
            assert at(expression, point) == value
    assert not met


def test_an_expression_and_its_negative_have_one_key():
    with standing_on({"x - y": 1}):
        assert at(sp.Heaviside(x - y), 1, 1) == 1
        assert at(sp.Heaviside(y - x), 1, 1) == 0
        assert at(x > y, 1, 1) is True
        assert at(y >= x, 1, 1) is False
    with standing_on({"x - y": -1}):
        assert at(sp.sign(y - x), 1, 1) == 1
        assert at(sp.DiracDelta(x - y), 1, 1) == 0


def test_keys_see_through_shared_subexpressions():
    difference = sp.exp(x) - y
    compile_balls((x, y), (sp.Heaviside(difference) + difference**2, sp.sign(-difference) * difference))(arb(0), arb(1))
    assert list(met) == ["y - exp(x)"] or list(met) == ["-y + exp(x)"]


def test_a_single_point_that_is_a_branch_decides_for_itself():
    hole = sp.Piecewise((sp.sin(x) / x, sp.Ne(x, 0)), (1, True))
    assert at(hole, 0) == 1
    assert not met
    assert not at(hole, arb(0, 1e-9)).is_finite()
    assert met["x"].sides == (0, 1)


def test_the_spike_of_dirac_has_no_value_where_it_may_stand():
    assert at(sp.DiracDelta(x), 1) == 0
    assert not at(sp.DiracDelta(x), 0).is_finite()
    assert not at(sp.DiracDelta(x), arb(0.25, 0.5)).is_finite()


def test_what_has_no_value_has_no_side_of_a_kink():
    assert not at(sp.Heaviside(sp.log(x)), -1).is_finite()
    assert not met


@pytest.mark.parametrize(
    "expression",
    [
        sp.Derivative(sp.Function("f")(x), x),
        sp.airyai(x),
        sp.zeta(x),
        sp.frac(x),
        sp.Float(0.1) * x,
        sp.Integral(x, x),
    ],
    ids=str,
)
def test_what_has_no_ball_function_is_an_error(expression):
    with pytest.raises(MirrorError, match="no ball function for"):
        compile_balls((x,), (expression,))


@pytest.mark.parametrize(
    ("relation", "less", "tie", "more"),
    [
        (sp.Lt, True, False, False),
        (sp.Le, True, True, False),
        (sp.Gt, False, False, True),
        (sp.Ge, False, True, True),
        (sp.Eq, False, True, False),
        (sp.Ne, True, False, True),
    ],
    ids=str,
)
def test_comparisons_are_decided_only_where_balls_are_apart(relation, less, tie, more):
    condition = relation(x, y)
    assert at(condition, 1, 2) is less
    assert at(condition, 2, 1) is more
    equal = at(condition, 1, 1)
    assert isinstance(equal, Undecided)
    assert equal.value is tie
    overlapping = at(condition, arb(1, 1e-9), 1)
    assert isinstance(overlapping, Undecided)
    assert overlapping.value is None
    assert at(condition, arb.nan(), 1).value is None


def test_three_valued_logic_decides_where_one_side_does():
    both, either = sp.And(x > 0, y > 0), sp.Or(x > 0, y > 0)
    assert at(both, 0, -1) is False
    assert isinstance(at(both, 0, 1), Undecided)
    assert at(either, 0, 1) is True
    assert isinstance(at(either, 0, -1), Undecided)
    chosen = sp.ITE(x > 0, y > 1, y > 2)
    assert (at(chosen, 1, 1.5), at(chosen, -1, 1.5)) == (True, False)


@pytest.mark.parametrize(
    ("expression", "point", "value"),
    [
        (y * x ** (y - 1), (0, 0), 0),
        (y * x ** (y - 1), (0, 1), 1),
        (y * x ** (y - 1), (-3, 2), -6),
        (y * (y - 1) * x ** (y - 2), (0, 0), 0),
        (y * (y - 1) * x ** (y - 2), (0, 1), 0),
        (y * (y - 1) * x ** (y - 2), (0, 2), 2),
        (y * (y - 1) * x ** (y - 2), (0, 3), 0),
        (x**y * sp.log(x), (0, 2), 0),
        (x**y, (0, 0), 1),
        (x**y, (-2, 101), -(2**101)),
        (x**y, (-2, -3), -0.125),
        (x**3, (0, 0), 0),
    ],
    ids=str,
)
def test_powers_are_defined_where_their_limit_is(expression, point, value):
    with precision(128):
        assert at(expression, *point).contains(value)
        assert at(expression, *point).rad() < 1e-9


@pytest.mark.parametrize(
    ("expression", "point"),
    [(x**y, (-2, 0.5)), (x**y, (0, -1)), (1 / x, (0,)), (sp.log(x), (0,)), (1 / sp.sqrt(x), (0,)), (x / y, (0, 0))],
    ids=str,
)
def test_poles_and_points_outside_a_domain_have_no_value(expression, point):
    assert not at(expression, *point).is_finite()


@pytest.mark.parametrize("tiny", [1e-30, -1e-30])
def test_small_arguments_do_not_cancel(tiny):
    for expression in (sp.exp(x) - 1, sp.log(1 + x)):
        assert float(at(expression, tiny)) == pytest.approx(tiny, rel=1e-12)


def test_even_powers_of_balls_around_zero_are_finite():
    assert at(x**4, arb(0, 0.5)).contains(0)
    assert at(x**4, arb(0, 0.5)).abs_upper() < 0.07


@pytest.mark.parametrize("power", [sp.Rational(3, 2), sp.Rational(-3, 2), sp.Rational(1, 3), sp.Integer(200)])
def test_a_power_of_a_ball_with_an_infinite_midpoint_is_no_number(power):
    everything = arb.pos_inf() + arb(0, "inf")
    assert not at(x**power, everything).is_finite()


def test_shared_subexpressions_do_not_collide_with_the_symbols():
    shared = sp.Symbol("x0", real=True)
    found = compile_balls((shared,), (sp.exp(shared) + shared, sp.exp(shared) * 2))(arb(0))
    assert [float(each) for each in found] == [1.0, 2.0]


def test_a_sum_of_numbers_that_several_expressions_share_is_a_ball_too():
    x, shared = sp.Symbol("x", real=True), sp.Add(1, 2, evaluate=False)
    expressions = sp.tanh(shared, evaluate=False) * x, sp.exp(shared, evaluate=False) * x
    hyperbolic, exponential = compile_balls((x,), expressions)(arb(1))
    assert hyperbolic.overlaps(arb(3).tanh())
    assert exponential.overlaps(arb(3).exp())


def test_the_slope_of_kummers_function_stays_narrow_on_wide_balls_far_out():
    """It is exp(-x) I_0(x) at 2x: 1/sqrt(2 pi x) there, and the slope -1/2 of that over x (DLMF 10.40.1)."""
    value = sp.hyper((sp.Rational(1, 2),), (1,), -2 * x)
    at_wide = arb(1e12, 1e5)
    for found, leading in zip(
        compile_balls((x,), (value, sp.diff(value, x)))(at_wide),
        (1 / (2 * arb.pi() * at_wide).sqrt(), -1 / (8 * arb.pi() * at_wide**3).sqrt()),
        strict=True,
    ):
        assert found.rad() < 1e-6 * abs(found)
        assert abs(found - leading) < 1e-6 * abs(leading)


@pytest.mark.parametrize("order", [0, 1, 5])
@pytest.mark.parametrize(("middle", "radius"), [(40.0, 1e-3), (40.0, 4e-14), (500.0, 1e-5), (0.5, 0.1), (2.0, 1.0)])
def test_bessel_functions_of_the_second_kind_stay_narrow_on_wide_balls_far_out(order, middle, radius):
    x = sp.Symbol("x")
    with precision(128):
        function = compile_balls((x,), (sp.bessely(order, x),))
        (found,) = function(arb(middle, radius))
        inside = [arb(middle) + arb(radius) * share for share in (-1, -0.5, 0, 0.3, 1)]
        assert all(found.contains(function(each)[0].mid()) for each in inside)
        assert middle < 40.0 or found.rad() < 2 * radius
