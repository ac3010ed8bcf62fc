"""Functions of a bounded domain, on balls that reach over its end."""

import pytest
from flint import arb

from gradproof.symbolic.bounded import BALL_FUNCTIONS

CASES = [("_asin", arb.asin, 0.5, 1.0), ("_acos", arb.acos, -1.0, -0.5), ("_acosh", arb.acosh, 1.0, 2.0)]


def spanning(low, high):
    return arb(low).union(arb(high))


@pytest.mark.parametrize(("name", "function", "low", "high"), CASES)
def test_a_ball_over_the_end_stands_for_its_part_inside(name, function, low, high):
    end, inside = (low, high) if abs(low) == 1.0 else (high, low)
    beyond = 2 * end - inside / 2
    value = BALL_FUNCTIONS[name](spanning(inside, beyond if name != "_acosh" else 0.5))
    assert value.is_finite()
    assert value.contains(function(arb(end)).mid())
    assert value.contains(function(arb(inside)).mid())
    assert value.rad() < abs(function(arb(inside)) - function(arb(end)))


@pytest.mark.parametrize(("name", "function", "low", "high"), CASES)
def test_inside_it_is_the_function_and_beyond_there_is_no_value(name, function, low, high):
    middle = arb(low + high) / 2
    assert BALL_FUNCTIONS[name](middle).overlaps(function(middle))
    assert BALL_FUNCTIONS[name](middle).rad() < 1e-10
    outside = arb(0.5) if name == "_acosh" else arb(1.5)
    assert not BALL_FUNCTIONS[name](outside).is_finite()
    assert not BALL_FUNCTIONS[name](arb.nan()).is_finite()
