"""Rounding towards zero and to nearest: of numbers, of balls, and as steps."""

import math

import pytest
import sympy as sp
from flint import arb

from gradproof.symbolic.compiler import compile_ball
from gradproof.symbolic.whole import Nearest, Truncated

x, y = sp.symbols("x y", real=True)
NUMBERS = [0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 2.4999999999999996, -7.0, 1e17 + 2, -0.25, 3.75]


def spanning(low, high):
    return arb(low).union(arb(high))


@pytest.mark.parametrize(("function", "python"), [(Nearest, round), (Truncated, math.trunc)])
@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_are_rounded_as_in_python(function, python, number):
    assert function(sp.Rational(number)) == python(number)
    value = compile_ball((x,), function(x))(arb(number))
    assert value.is_exact()
    assert value == python(number)


@pytest.mark.parametrize(
    ("function", "low", "high", "expected"),
    [
        (Truncated, -0.9, 0.9, (0, 0)),
        (Truncated, -1.5, 0.5, (-1, 0)),
        (Truncated, 2.1, 2.9, (2, 2)),
        (Nearest, 0.6, 1.4, (1, 1)),
        (Nearest, 0.4, 1.4, (0, 1)),
        (Nearest, -2.6, -1.4, (-3, -1)),
    ],
)
def test_a_ball_gives_the_hull_of_all_values(function, low, high, expected):
    value = compile_ball((x,), function(x))(spanning(low, high))
    assert value.contains(arb(expected[0]))
    assert value.contains(arb(expected[1]))
    assert value.rad() <= (expected[1] - expected[0]) * 0.51


@pytest.mark.parametrize(("function", "jump"), [(Truncated, 2.0), (Nearest, 2.5)])
def test_the_slope_is_zero_but_at_a_jump(function, jump):
    slope = compile_ball((x,), sp.diff(function(x), x))
    assert slope(arb(jump + 0.1)).is_zero()
    assert not slope(arb(jump)).is_finite()


def test_the_slope_of_a_step_of_an_expression():
    slope = compile_ball((x, y), sp.diff(x - y * sp.floor(x / y), y))
    assert slope(arb(7), arb(2)) == -3
    assert not slope(arb(6), arb(2)).is_finite()


def test_what_is_no_number_stays_so():
    assert not compile_ball((x,), Nearest(x))(arb.nan()).is_finite()
