from __future__ import annotations

import pytest

from gradproof.budget import EXACT, Budget, Form, correctly_rounded, pointwise, summation


def test_a_pointwise_budget_counts_two_units_to_the_ulp():
    assert pointwise(4) == Budget(Form.POINTWISE, forward=8, vjp=8, arguments=(8,))


def test_an_argument_that_is_not_moved_has_no_backward_error():
    assert pointwise(1.5, moved=(True, False)).arguments == (3, 0)


def test_a_correctly_rounded_result_is_within_one_unit():
    assert correctly_rounded(vjp=3) == Budget(Form.CORRECTLY_ROUNDED, forward=1, vjp=3, arguments=(0,))


def test_exact_and_summation_admit_no_rounding_of_their_own():
    assert Budget(Form.EXACT, forward=0, vjp=0, arguments=(0,)) == EXACT
    assert summation() == Budget(Form.SUMMATION)
    assert summation(forward=2, vjp=1).forward == 2


@pytest.mark.parametrize(
    ("budget", "text"),
    [
        (EXACT, "exact"),
        (correctly_rounded(vjp=1), "correctly rounded"),
        (pointwise(4), "pointwise, 4 ulp"),
        (summation(), "summation"),
    ],
    ids=str,
)
def test_a_budget_reads_as_in_the_table_of_ops(budget, text):
    assert str(budget) == text
