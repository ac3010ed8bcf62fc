"""The page of a check: what a reader finds on it."""

import numpy as np
import pytest

import gradproof
from gradproof.reports import render_html
from gradproof.verify.checking.record import record_check

W, X = np.array([[0.5, -1.0], [2.0, 0.25]]), np.array([0.5, -1.5])


def layer(params, x):
    return np.tanh(x @ params["w"])


def layer_vjp(ct, params, x):
    inner = ct * (1.0 - np.tanh(x @ params["w"]) ** 2)
    return {"w": np.outer(x, inner)}, params["w"] @ inner * np.array([1.0, 1.001])


def logistic(x):
    return np.sum(1.0 / (1.0 + np.exp(-x)))


def logistic_slope(x):
    y = 1.0 / (1.0 + np.exp(-x))
    return y * (1.0 - y)


def relu(x):
    return np.sum(np.maximum(x, 0.0))


def gap(x):
    return np.sum(np.sqrt(x**2 + 1.0) - x)


def recorded(*args, **options):
    return record_check(gradproof.check(*args, **options), "2026-01-01")


@pytest.fixture(scope="module")
def wrong():
    return recorded(layer, {"w": W}, X, vjp=layer_vjp)


def test_inputs_have_the_names_of_the_arguments(wrong):
    detail = wrong.cases[0].detail
    assert [each.id for each in detail.vertices] == ["params['w']", "x", "v2"]
    assert detail.vertices[2].label == "layer(params['w'], x)"
    assert [each.input for each in detail.matrices] == ["params['w']", "x"]
    assert "∂v2/∂x" in [each.title for each in detail.formulas]
    text = {each.title: each.text for each in detail.formulas}["v2"]
    assert "x[0]*params['w'][0, 0]" in text or "params['w'][0, 0]*x[0]" in text


def test_names_of_our_own_engine_are_those_of_the_arguments_too():
    detail = recorded(layer, {"w": W}, X).cases[0].detail
    assert [each.id for each in detail.vertices][:2] == ["params['w']", "x"]
    assert "x0 = torch.from_numpy(" in detail.reproducer  # a program, which needs identifiers


def test_names_are_kept_in_the_recorded_backward_of_second_order():
    detail = recorded(layer, {"w": W}, X, order=2).cases[0].detail
    assert [each.id for each in detail.vertices][:2] == ["params['w']", "x"]
    assert {each.input for each in detail.matrices} >= {"params['w']", "x"}


def test_the_cotangent_is_told_and_handed_over(wrong):
    (ct,) = gradproof.check(layer, {"w": W}, X, vjp=layer_vjp).cotangents
    assert f"In vᵀJ of v2 the cotangent v is {ct.tolist()}." in wrong.cases[0].detail.notes


def test_the_numbers_to_paste_are_the_arguments_and_give_what_is_told(wrong):
    detail, scope = wrong.cases[0].detail, {}
    exec(detail.reproducer, scope)
    np.testing.assert_array_equal(scope["arguments"]["params['w']"], W)
    np.testing.assert_array_equal(scope["arguments"]["x"], X)
    _, by_x = layer_vjp(scope["cotangents"][0], {"w": W}, X)
    assert f"# the gradient of v2 by x[1] is {by_x[1].item()!r}, but" in detail.reproducer


def test_no_command_is_told_that_does_not_put_the_check_again(wrong):
    assert wrong.cases[0].detail.replay == ""  # its arguments are nested
    replay = recorded(logistic, X, gradient=lambda x: x).cases[0].detail.replay
    assert replay == ""  # a lambda has no name to import it by


def test_the_diagnosis_is_that_of_the_outcome(wrong):
    found = gradproof.check(layer, {"w": W}, X, vjp=layer_vjp)
    assert wrong.cases[0].diagnosis == found.diagnosis


@pytest.mark.parametrize(
    ("args", "gradient"), [((relu, np.array([0.0, 1.0])), np.sign), ((gap, np.array([1e8])), np.zeros_like)]
)
def test_ulps_are_told_only_where_they_say_something(args, gradient):
    case = recorded(*args, gradient=gradient).cases[0]
    assert case.worst_ulps is None
    assert case.detail.matrices[0].ulps[-1][0] == "–"


def test_the_worst_error_is_that_of_the_derivative(wrong):
    assert 0.99e-3 * 2**52 < wrong.cases[0].worst_ulps < 1.01e-3 * 2**53  # a share of 1e-3, by the size of a unit
    case = recorded(logistic, np.array([20.0]), gradient=logistic_slope).cases[0]
    assert case.worst_ulps > 1e6
    assert case.detail.vertices[-1].verdict == "INACCURATE"


def test_rows_of_a_jacobian_are_told_apart():
    made = recorded(np.multiply.outer, X, X, jacobian=lambda x, y: (np.zeros((2, 2, 2)), np.zeros((2, 2, 2))))
    titles = [each.title for each in made.cases]
    assert titles[1] == "outer: output[0, 1] of its Jacobian"
    assert made.ops == []  # it has the name of an op, and is none


def test_the_page_of_a_check_has_no_empty_parts(wrong):
    page = render_html(wrong)
    assert "What was not covered" not in page
    assert "Operations" not in page
    assert "10 derivative entries" not in page
    assert "6 derivative entries were compared" in page
    assert "recorded no parts" not in page
