"""Finite differences: values that are right, and error estimates that can be trusted."""

import numpy as np
import pytest

from gradproof.verify.finite_difference import differences, extrapolate

SMOOTH = {
    "exp": (np.exp, np.exp, 1.3),
    "log near zero": (np.log, lambda x: 1 / x, 1e-5),
    "square far out": (np.square, lambda x: 2 * x, 1e8),
    "sin of 100 x": (lambda x: np.sin(100 * x), lambda x: 100 * np.cos(100 * x), 0.7),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2, -0.4),
    "reciprocal": (lambda x: 1 / x, lambda x: -1 / x**2, -3e-3),
    "at zero": (np.sin, np.cos, 0.0),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_the_error_estimate_holds_and_is_small(name):
    function, derivative, at = SMOOTH[name]
    (found,) = differences(lambda inputs: [function(inputs[0])], [np.array(at)], 0)
    truth = derivative(at)
    assert abs(found.values[0, 0] - truth) <= 10 * found.errors[0, 0]
    assert found.errors[0, 0] <= 1e-5 * abs(truth)


def test_the_jacobian_has_outputs_as_rows():
    a = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    (found,) = differences(lambda inputs: [a @ inputs[0]], [np.array([0.3, -0.2])], 0)
    np.testing.assert_allclose(found.values, a, rtol=1e-9)


def test_float32_is_differenced_with_its_own_rounding():
    x = np.array([0.5, 2.0], dtype=np.float32)
    (found,) = differences(lambda inputs: [np.exp(inputs[0])], [x], 0)
    assert np.all(np.abs(np.diag(found.values) - np.exp(x.astype(np.float64))) <= 10 * np.diag(found.errors))
    assert np.all(np.diag(found.errors) > 1e-9)


def test_a_step_out_of_the_domain_is_left_out():
    with np.errstate(invalid="ignore"):
        (found,) = differences(lambda inputs: [np.sqrt(inputs[0] - 1)], [np.array(1.0 + 1e-4)], 0)
    assert found.values[0, 0] == pytest.approx(50.0, rel=1e-6)


def test_where_nothing_is_finite_it_says_that_it_cannot_tell():
    (found,) = differences(lambda inputs: [np.full_like(inputs[0], np.nan)], [np.array(1.0)], 0)
    assert found.errors[0, 0] == np.inf


def test_an_input_without_entries_has_no_columns():
    (found,) = differences(lambda inputs: [np.zeros(3)], [np.zeros((2, 0))], 0)
    assert found.values.shape == (3, 0)


def test_extrapolation_is_exact_on_even_polynomials_of_the_step():
    steps = 0.5 ** np.arange(1, 5)
    quotients = (7.0 + 3 * steps**2 - 2 * steps**4)[:, np.newaxis]
    value, error = extrapolate(quotients, steps, np.zeros(1))
    assert value[0] == pytest.approx(7.0, rel=1e-13)
    assert error[0] < 1e-10
