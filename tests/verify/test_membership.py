"""Convex combinations, told apart to the last place."""

import itertools

import numpy as np
import pytest
from flint import arb

from gradproof.symbolic.approximate import Approximate
from gradproof.verify.membership import is_combination


def member(*values, tolerance=0.0):
    balls = np.empty(len(values), dtype=object)
    balls[:] = [arb(value) for value in values]
    errors = np.empty(len(values), dtype=object)
    errors[:] = [arb(tolerance)] * len(values)
    return Approximate(balls, errors)


SIMPLEX = [member(1, 0, 0), member(0, 1, 0), member(0, 0, 1)]


@pytest.mark.parametrize(
    ("values", "inside"),
    [
        ([1, 0, 0], True),
        ([0.5, 0.5, 0], True),
        ([0.25, 0.25, 0.5], True),
        ([0, 0, 0], False),
        ([1, 1, 0], False),
        ([0.5, 0.5 + 2**-52, 0], False),
        ([1 + 2**-52, -(2**-52), 0], False),
        ([2, -1, 0], False),
    ],
)
def test_a_point_of_the_simplex_is_a_combination_of_its_corners_and_no_other_is(values, inside):
    assert is_combination(np.array(values, dtype=np.float64), SIMPLEX) is inside


@pytest.mark.parametrize("scale", [1e-300, 1e-8, 1.0, 1e150, 1e300])
def test_the_scale_does_not_matter(scale):
    ends = [member(0, scale), member(scale, 0)]
    assert is_combination(np.array([scale / 2, scale / 2]), ends)
    assert not is_combination(np.array([scale, scale]), ends)
    assert not is_combination(np.array([0.0, 0.0]), ends)


def test_entries_of_very_different_scales_are_each_tested_at_their_own():
    ends = [member(0, 1e-200), member(1e200, 0)]
    assert is_combination(np.array([5e199, 5e-201]), ends)
    assert not is_combination(np.array([5e199, 1e-200]), ends)


def test_each_entry_may_be_off_by_its_tolerance():
    ends = [member(0, 1, tolerance=1e-15), member(1, 0, tolerance=1e-15)]
    assert is_combination(np.array([0.5, 0.5 + 1e-15]), ends)
    assert not is_combination(np.array([0.5, 0.5 + 1e-14]), ends)


def test_members_that_repeat_or_depend_on_each_other_are_no_obstacle():
    square = [member(0, 0), member(1, 0), member(0, 1), member(1, 1), member(1, 1), member(0.5, 0.5)]
    for inside in ([0.5, 0.5], [0.25, 0.75], [1, 1], [0, 0], [1, 0.5]):
        assert is_combination(np.array(inside, dtype=float), square)
    for outside in ([1, 1 + 2**-50], [-(2.0**-50), 0], [0.5, 1.5]):
        assert not is_combination(np.array(outside, dtype=float), square)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_half_of_an_odd_subnormal_number_is_rounded(dtype):
    least = float(np.finfo(dtype).smallest_subnormal)
    ends = [member(123 * least, 0.0), member(0.0, 123 * least)]
    assert is_combination(np.array([62 * least, 62 * least], dtype), ends)
    assert not is_combination(np.array([64 * least, 64 * least], dtype), ends)


def test_one_member_is_compared_alone():
    assert is_combination(np.array([3.0]), [member(3.0)])
    assert not is_combination(np.array([3.0 + 2**-51]), [member(3.0)])


@pytest.mark.parametrize("dimensions", [1, 2, 5, 9])
def test_combinations_drawn_at_random_are_found_and_points_pushed_out_are_not(dimensions):
    random = np.random.default_rng(dimensions)
    corners = random.integers(-8, 9, (2**dimensions, dimensions)).astype(float)
    members = [member(*corner) for corner in corners]
    for _ in range(5):
        # weights that are exact in binary
        counts = random.multinomial(64, np.full(len(corners), 1 / len(corners)))
        assert is_combination(counts @ corners / 64, members)
        direction = random.standard_normal(dimensions)
        farthest = corners[np.argmax(corners @ direction)]
        assert not is_combination(farthest + 2.0**-40 * direction, members)


def test_entries_that_are_all_within_their_tolerance_do_not_spoil_the_weights():
    """Their midpoints are noise: relative to each other they say anything."""
    ends = [member(1e-38, 3e-38, 17.0, tolerance=2.0), member(4e-38, 12e-38, 0, tolerance=2.0)]
    assert is_combination(np.array([0.0, 0.0, 8.5]), ends)
    assert not is_combination(np.array([0.0, 0.0, 23.0]), ends)


def test_an_entry_with_a_wide_tolerance_does_not_outweigh_a_sharp_one():
    """In the first the members differ by a 10^-10th, which is 500 tolerances, in the second within its tolerance."""
    first, second = 5e-11, 5e-11 * (1 + 1e-10)
    members = [sharp_and_wide(first, 1.0), sharp_and_wide(second, 1.0 - 1e-5)]
    for value in (first, second):
        assert is_combination(np.array([value, 1.0]), members)
        assert is_combination(np.array([value, 1.0 + 1e-5]), members)
        assert is_combination(np.array([value, 1.0 - 2e-5]), members)
    assert not is_combination(np.array([5e-11 * (1 - 1e-10), 1.0]), members)


def sharp_and_wide(sharp, wide):
    both = member(sharp, wide)
    both.error[:] = [arb(1e-23), arb(1e-3)]
    return both


def test_of_a_thousand_members_the_few_that_carry_weight_are_found():
    cube = [member(*corner) for corner in itertools.product((-1.0, 1.0), repeat=10)]
    inside = np.array([0.75, -0.5, 0.25, 1.0, -1.0, 0.0, 0.5, 0.125, -0.875, 0.375])
    assert is_combination(inside, cube)
    assert not is_combination(inside + np.eye(10)[3] * 2.0**-52, cube)
