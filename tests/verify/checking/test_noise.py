"""What tells lost digits from a mistake."""

import numpy as np
import pytest

import gradproof
from gradproof.verify import Verdict
from gradproof.verify.checking import noise


def logistic(x):
    return 1.0 / (1.0 + np.exp(-x))


def slope(ct, x):
    y = logistic(x)
    return ct * y * (1.0 - y)


@pytest.fixture
def proven(monkeypatch):
    """The cases near by that were proven."""
    cases = []

    def prove(case, budgets):
        cases.append(case)
        return gradproof.symbolic.prove(case, budgets)

    monkeypatch.setattr(noise, "prove", prove)
    return cases


# one entry has lost digits at each, and its errors at the first 16 points are nearly of one sign by chance
@pytest.mark.parametrize(
    "x",
    [
        [2.952596477915874, 11.612395349647985, 5.932800230154062],
        [11.478508914407413, 9.794125599981713],
        [2.2266649349061334, 2.7788661534581554, 13.879521644708962, 1.3783685356887707],
    ],
)
def test_lost_digits_that_few_points_do_not_tell_are_told_by_more(x, proven):
    assert gradproof.check(logistic, np.array(x), vjp=slope).verdict is Verdict.INACCURATE
    assert len(proven) > 16


def test_lost_digits_are_told_at_few_points(proven):
    assert gradproof.check(logistic, np.array([8.0, 9.0, 10.0]), vjp=slope).verdict is Verdict.INACCURATE
    assert len(proven) <= 8


@pytest.mark.parametrize("factor", [1.0 + 1e-9, 0.5, 0.0])
def test_a_mistake_is_told_at_few_points(factor, proven):
    def wrong(ct, x):
        return slope(ct, x) * np.where(x > 2.0, factor, 1.0)

    assert gradproof.check(logistic, np.array([1.0, 3.0]), vjp=wrong).verdict is Verdict.WRONG
    assert len(proven) <= 16


def softplus(x):
    return np.log1p(np.exp(x))


def softplus_slope(ct, x):
    return ct * (1.0 - 1.0 / (1.0 + np.exp(x)))


@pytest.mark.parametrize(
    ("function", "vjp", "x"),
    [(logistic, slope, 40.0), (softplus, softplus_slope, -40.0), (softplus, softplus_slope, -700.0)],
)
def test_what_has_vanished_by_cancellation_has_lost_its_digits(function, vjp, x, proven):
    assert gradproof.check(function, np.array([x]), vjp=vjp).verdict is Verdict.INACCURATE
    assert len(proven) <= 12
