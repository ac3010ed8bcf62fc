"""Which points a search tries."""

import random

import numpy as np
import pytest
from hypothesis import find, settings

import gradproof
from gradproof.verify import Verdict
from gradproof.verify.checking.result import ELSEWHERE
from gradproof.verify.checking.search import points_near
from gradproof.verify.subjects.subject import Leaf


def test_what_is_not_differentiated_by_stays_as_it_is():
    leaves = [
        Leaf("x", np.array([1.5, 2.0]), True),
        Leaf("weight", np.array([3.0]), False),
        Leaf("places", np.array([0, 1]), False),
        Leaf("mask", np.array([True]), False),
    ]
    moved = find(points_near(leaves), lambda values: not np.array_equal(values[0], leaves[0].value))
    for value, leaf in zip(moved[1:], leaves[1:], strict=True):
        np.testing.assert_array_equal(value, leaf.value)
        assert value.dtype == leaf.value.dtype


def test_points_shrink_towards_the_one_that_was_given():
    leaf = Leaf("x", np.array([1.5, 2.0]), True)
    (value,) = find(points_near([leaf]), lambda values: True)
    np.testing.assert_array_equal(value, leaf.value)


def test_symmetric_matrices_stay_symmetric():
    leaf = Leaf("a", np.array([[2.0, 1.0], [1.0, 3.0]]), True)
    (value,) = find(points_near([leaf]), lambda values: not np.array_equal(values[0], leaf.value))
    np.testing.assert_array_equal(value, value.T)


PLACES = {
    "large": lambda x: np.max(np.abs(x)) > 1e6,
    "small": lambda x: np.any((x != 0.0) & (np.abs(x) < 1e-6)),
    "of a large sum": lambda x: np.sum(x) > 1e3,
    "zero": lambda x: np.any(x == 0.0),
    "all negative": lambda x: np.all(x < 0.0),
    "of one sign turned": lambda x: x[2] < 0.0 and np.all(np.delete(x, 2) > 0.0),
    "of integers": lambda x: np.all(x == np.round(x)),
    "with a tie": lambda x: x[0] == x[1] and not np.all(x == x[0]),
    "of equal entries": lambda x: np.all(x == x[0]),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_points_reach_places_of_many_kinds(place, dtype):
    leaf = Leaf("x", np.array([0.7, 1.9, 0.4, 1.2], dtype), True)
    few = settings(max_examples=200, database=None, deadline=None)
    options = {"settings": few, "random": random.Random(0)}
    (value,) = find(points_near([leaf]), lambda values: bool(PLACES[place](values[0])), **options)
    assert value.dtype == dtype
    assert np.all(np.isfinite(value))


@pytest.mark.parametrize("given", [1.0, 6e4])
def test_points_stay_finite_in_float16(given):
    leaf = Leaf("x", np.full(3, given, np.float16), True)
    values = []
    find(points_near([leaf]), lambda drawn: values.append(drawn[0]) or len(values) > 80)
    assert all(np.all(np.isfinite(each)) for each in values)
    assert len({each.tobytes() for each in values}) > 40


def test_a_mistake_far_away_is_found_and_told_at_a_power_of_ten():
    def wrong(x):
        return np.where(x > 1e4, 1.001, 1.0) * x

    result = gradproof.check(lambda x: np.sum(x * x / 2), np.array([0.71, 1.93]), gradient=wrong, points=60)
    assert result.verdict is Verdict.WRONG
    assert sorted(result.leaves[0].value.tolist())[-1] == 1e5


def corner(a):
    """Entry 0, 0 of the upper factor: the norm of the first column, whose sign LAPACK takes from entry 0, 0."""
    return np.linalg.qr(a)[1][0, 0]


def corner_by_hand(a):
    found = np.zeros_like(a)
    found[:, 0] = np.linalg.qr(a)[0][:, 0]
    return found


def test_points_where_the_function_is_not_what_was_traced_tell_nothing_and_are_counted():
    a = np.array([[1.0, 2.0], [0.5, -1.0]])
    result = gradproof.check(corner, a, gradient=corner_by_hand, points=30)
    assert result.verdict is Verdict.VERIFIED
    count = result.refused.count(ELSEWHERE)
    assert 0 < count < 30
    assert f"at {count} of them the function is not what was traced, and nothing is told" in str(result)


def test_a_derivative_that_is_wrong_far_away_is_found_among_them():
    def wrong(a):
        return corner_by_hand(a) * (1.0 if a[1, 1] < 0.0 else 1.001)

    result = gradproof.check(corner, np.array([[1.0, 2.0], [0.5, -1.0]]), gradient=wrong, points=60)
    assert result.verdict is Verdict.WRONG
    assert result.leaves[0].value[1, 1] >= 0.0
