from __future__ import annotations

import pytest
import sympy as sp

from gradproof.errors import MirrorError
from gradproof.symbolic.scalar import ScalarFunction, is_condition, without_steps
from gradproof.symbolic.whole import Nearest, Truncated

a, b = sp.symbols("a0 a1", real=True)


@pytest.mark.parametrize(
    ("definition", "slope"),
    [
        (sp.tanh, 1 - sp.tanh(a) ** 2),
        (sp.sin, sp.cos(a)),
        (lambda x: sp.log(1 + x), 1 / (1 + a)),
        (sp.sqrt, 1 / (2 * sp.sqrt(a))),
    ],
    ids=["tanh", "sin", "log1p", "sqrt"],
)
def test_the_partials_are_the_textbook_s(definition, slope):
    (found,) = ScalarFunction(definition, 1).gradient
    assert sp.simplify(found - slope) == 0


def test_powers_of_one_base_are_joined():
    by_base, by_exponent = ScalarFunction(lambda x, p: x**p, 2).gradient
    assert by_base == b * a ** (b - 1)
    assert by_exponent == a**b * sp.log(a)


def test_the_slope_of_tanh_does_not_cancel_in_saturation():
    (slope,) = ScalarFunction(sp.tanh, 1).gradient
    assert not slope.has(sp.Add)


def test_second_partials_keep_the_distribution_at_a_kink():
    assert ScalarFunction(sp.Abs, 1).hessian == ((2 * sp.DiracDelta(a),),)


def test_a_derivative_that_sympy_does_not_know_is_an_error():
    with pytest.raises(MirrorError, match="unevaluated"):
        _ = ScalarFunction(sp.Function("f"), 1).gradient


def test_conditions_are_told_from_numbers():
    assert ScalarFunction(sp.Gt, 2).is_condition
    assert not ScalarFunction(lambda x: x, 1).is_condition
    assert is_condition(sp.true)
    assert is_condition(sp.And(a > 0, b > 0))


def test_a_function_is_applied_by_substitution():
    assert ScalarFunction(lambda x, y: x - y, 2)(b, a) == b - a


def test_nested_steps_are_flat():
    """SymPy itself cannot multiply two substitutions in a constant: it compares their points by ``>``."""
    nested = sp.floor(b * sp.floor(a * b))
    assert without_steps(sp.diff(nested + a * b, a)) == b
    assert without_steps(sp.diff(Nearest(b * Truncated(a * b)) * a, a)) == Nearest(b * Truncated(a * b))
