from __future__ import annotations

import pytest

from gradproof.budget import EXACT, Budget, Form, centred, correctly_rounded, normwise, pointwise, product, summation


def test_a_pointwise_budget_counts_two_units_to_the_ulp():
    assert pointwise(4) == Budget(Form.POINTWISE, forward=8, vjp=8, arguments=(8,))


def test_an_argument_that_is_not_moved_has_no_backward_error():
    assert pointwise(1.5, moved=(True, False)).arguments == (3, 0)
    assert normwise(4, forward=2, vjp=4, moved=(True, False)).arguments == (4, 0)


def test_a_correctly_rounded_result_is_within_one_unit():
    assert correctly_rounded(vjp=3) == Budget(Form.CORRECTLY_ROUNDED, forward=1, vjp=3, arguments=(0,))


def test_exact_and_summation_admit_no_rounding_of_their_own():
    assert Budget(Form.EXACT, forward=0, vjp=0, arguments=(0,)) == EXACT
    assert summation() == Budget(Form.SUMMATION)
    assert summation(forward=2, vjp=1).forward == 2


@pytest.mark.parametrize(
    ("axis", "factors"), [(None, 24), (0, 2), (-1, 4), ((0, 2), 8), ((), 1)], ids=lambda each: str(each)
)
def test_a_product_takes_a_rounding_for_every_factor_along_its_axes(axis, factors):
    sized = product(vjp=2).at([(2, 3, 4)], {"axis": axis})
    assert (sized.forward, sized.vjp, sized.arguments) == (factors, 2 * factors, (0,))


def test_a_centred_op_moves_its_entries_by_a_rounding_for_every_one_of_them():
    sized = centred(forward=4, vjp=6).at([(2, 3, 4)], {"axis": (0, 1), "keepdims": True})
    assert (sized.forward, sized.vjp, sized.arguments) == (4, 6, (6,))


@pytest.mark.parametrize("shape", [(5, 3, 3), (5, 3, 2), (2, 3)])
def test_a_matrix_is_moved_in_proportion_to_its_larger_size(shape):
    sized = normwise(4, forward=2, vjp=3, moved=(True, False), whole=2).at([shape, (3, 9)], {})
    assert (sized.forward, sized.vjp, sized.arguments, sized.whole) == (2, 3, (12, 0), 6)


@pytest.mark.parametrize("budget", [EXACT, correctly_rounded(vjp=2), pointwise(4), summation(vjp=1)], ids=str)
def test_the_other_forms_have_one_size_for_all_calls(budget):
    assert budget.at([(2, 3)], {"axis": 0}) == budget


@pytest.mark.parametrize(
    ("budget", "text"),
    [
        (EXACT, "exact"),
        (correctly_rounded(vjp=0), "correctly rounded"),
        (correctly_rounded(vjp=1), "correctly rounded; VJP 1 u"),
        (pointwise(4), "pointwise, 4 ulp"),
        (pointwise(4, moved=(True, False)), "pointwise, 4 ulp; argument 1 not moved"),
        (summation(), "summation"),
        (summation(forward=2, vjp=3), "summation; result 2 u; VJP 3 u"),
        (product(), "product, γ(n); VJP γ(2n)"),
        (centred(forward=4, vjp=8), "centred, γ(n); result 4 u; VJP 8 u"),
        (normwise(4, forward=2, vjp=4), "normwise, 4n u max|A|; result 2 u; VJP 4 u"),
        (normwise(4, forward=2, vjp=4, jointly=2), "normwise, 4n u max|A, B|; result 2 u; VJP 4 u"),
        (normwise(4, forward=2, vjp=4, whole=3), "normwise, 4n u max|A|, result 3n u max|Y|; result 2 u; VJP 4 u"),
    ],
    ids=str,
)
def test_a_budget_reads_as_in_the_table_of_ops(budget, text):
    assert str(budget) == text
