from __future__ import annotations

import contextlib

import numpy as np
import pytest
import sympy as sp
from flint import arb, ctx

from gradproof.graph import Node
from gradproof.symbolic.balls import (
    Balls,
    Kind,
    Switch,
    contract_balls,
    cotangent_balls,
    exact_balls,
    known_answer,
    precision,
)
from gradproof.symbolic.domain import Domain
from gradproof.symbolic.program import Apply
from gradproof.symbolic.scalar import ScalarFunction
from gradproof.symbolic.switches import ZERO, Undecided


def objects(*values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def test_the_precision_is_put_back_also_after_an_error():
    before = ctx.prec
    with contextlib.suppress(KeyError), precision(777):
        assert ctx.prec == 777
        raise KeyError
    assert ctx.prec == before


@pytest.mark.parametrize("shapes", [((2, 3), (3, 4)), ((5, 2, 3), (5, 3, 1)), ((2, 2, 1, 70), (2, 2, 70, 2))], ids=str)
def test_a_contraction_encloses_the_scalar_sums(shapes, rng):
    a, b = (rng.normal(size=shape) * 10.0 ** rng.integers(-200, 200, size=shape) for shape in shapes)
    with precision(128):
        fast, plain = contract_balls(exact_balls(a), exact_balls(b)), Domain().contract(exact_balls(a), exact_balls(b))
        scale = np.matmul(abs(exact_balls(a)), abs(exact_balls(b)))
        for one, other, size in zip(fast.flat, plain.flat, scale.flat, strict=True):
            assert one.overlaps(other)
            assert max(one.rad(), other.rad()) <= 1e-30 * size


def test_a_contraction_over_an_empty_axis_is_exactly_zero():
    assert contract_balls(np.empty((2, 0), dtype=object), np.empty((0, 1), dtype=object)).tolist() == [[arb(0)]] * 2
    assert contract_balls(np.empty((0, 3), dtype=object), exact_balls(np.ones((3, 2)))).shape == (0, 2)


@pytest.mark.parametrize("value", [0.1, 5e-324, -1.7976931348623157e308, 2.0**53 + 2])
def test_inputs_are_taken_at_their_exact_binary_values(value):
    with precision(20):
        (ball,) = exact_balls(np.array([value]))
        assert ball.is_exact()
    assert float(ball) == value
    assert exact_balls(np.array([True, False])).tolist() == [True, False]
    assert exact_balls(np.array(value)).shape == ()


NODE = Node("where", (), {}, (), "float64")


def test_a_tie_takes_its_own_branch_and_shares_the_cotangent():
    domain = Balls()
    domain.enter(5, NODE, [], moving=True)
    tie = objects(Undecided(False), True, False)
    a, b, ct = (exact_balls(np.full(3, each)) for each in (1.0, 2.0, 4.0))
    assert domain.select(tie, a, b).tolist() == [2.0, 1.0, 2.0]
    taken, left = (domain.share(tie, ct, chosen=chosen) for chosen in (True, False))
    assert taken[0].contains(0)
    assert taken[0].contains(4)
    assert (taken[1:].tolist(), left[1:].tolist()) == ([4.0, 0.0], [0.0, 4.0])
    assert domain.notes == {5: {"kink"}}


def test_an_unknown_answer_gives_the_union_of_the_branches():
    domain = Balls()
    (union,) = domain.select(objects(Undecided(None)), objects(arb(1)), objects(arb(2)))
    assert union.contains(1)
    assert union.contains(2)
    assert domain.share(objects(Undecided(None)), objects(arb(1)), chosen=True)[0].contains(0)


def test_an_answer_that_only_rounding_can_flip_leaves_the_true_derivative():
    domain = Balls()
    domain.enter(3, NODE, [], moving=True)
    assert domain.share(objects(Undecided(True, flips=True)), objects(arb(4)), chosen=True).tolist() == [4]
    assert domain.share(objects(Undecided(True, flips=True)), objects(arb(4)), chosen=False).tolist() == [0]
    assert domain.notes == {3: {"kink"}}


def compare(one, other, *, moving, sides=()):
    domain = Balls(dict(sides))
    domain.enter(0, NODE, [], moving=moving)
    domain.enter_step(Apply(AT_LEAST, (0, 1), (1,)))
    (answer,) = domain.apply(AT_LEAST, [objects(one), objects(other)])
    return domain, answer


AT_LEAST = ScalarFunction(lambda a, b: a >= b, 2)


def test_ties_between_data_are_decided_and_those_between_variables_are_switching_points():
    domain, answer = compare(arb(1), arb(1), moving=False)
    assert (answer, domain.switches) == (True, {})
    domain, answer = compare(arb(1), arb(1), moving=True)
    assert isinstance(answer, Undecided)
    assert domain.switches == {Switch(0, (0, 1), 0, "a0 - a1", (-1, 1), compares=True): Kind.TIE}
    assert not domain.undecided
    assert known_answer(objects(Undecided(True), Undecided(None), False)).tolist() == [True, None, False]


def test_overlapping_balls_may_be_decided_by_more_precision():
    domain, _ = compare(arb(1, 1e-9), arb(1), moving=True)
    assert list(domain.switches.values()) == [Kind.OPEN]
    assert domain.undecided


@pytest.mark.parametrize(("side", "answer"), [(1, True), (-1, False)])
def test_a_comparison_stands_on_the_side_that_is_given(side, answer):
    switch = Switch(0, (0, 1), 0, "a0 - a1", (-1, 1))
    domain, found = compare(arb(1), arb(1), moving=True, sides={switch: side}.items())
    assert (found, domain.switches) == (answer, {})


def test_a_kink_is_met_at_its_entry_and_the_side_decides_there_alone():
    relu = ScalarFunction(lambda x: sp.Max(x, 0), 1)
    points = objects(arb(-1), arb(0), arb(2))
    domain = Balls()
    domain.enter_step(Apply(relu, (0,), (3,)))
    (slopes,) = domain.partials(relu, [points], [True])
    assert (slopes[0], slopes[2]) == (0, 1)
    assert slopes[1].contains(0)
    assert slopes[1].contains(1)
    (switch,) = domain.switches
    assert (switch.entry, switch.key) == (1, "a0")
    for side, slope in ((-1, 0), (1, 1)):
        domain = Balls({switch: side})
        domain.enter_step(Apply(relu, (0,), (3,)))
        assert domain.partials(relu, [points], [True])[0].tolist() == [0, slope, 1]


def test_the_structural_zero_absorbs_what_is_not_finite_and_survives_sums():
    domain = Balls()
    infinite, one = arb.nan(), arb(1)
    (first, second) = domain.product(objects(ZERO, one), objects(infinite, infinite))
    assert first is ZERO
    assert not second.is_finite()
    assert not domain.product(objects(arb(0)), objects(infinite))[0].is_finite()
    assert domain.add([objects(ZERO), objects(ZERO)])[0] is ZERO
    assert domain.total(objects(ZERO, ZERO), (0,))[0] is ZERO
    assert domain.total(objects(ZERO, arb(0)), (0,))[0] is not ZERO
    row = domain.contract(objects(ZERO, ZERO).reshape(1, 2), exact_balls(np.eye(2)))
    assert all(each is ZERO for each in row.flat)
    assert all(each is ZERO for each in cotangent_balls(np.zeros(2)))


def test_answers_count_as_zero_and_one():
    zero, one, both = Balls().numbers(objects(False, Undecided(True), Undecided(None)))
    assert (zero, one) == (0, 1)
    assert both.contains(0)
    assert both.contains(1)
    numbers = objects(arb(3))
    assert Balls().numbers(numbers) is numbers
