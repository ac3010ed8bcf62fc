"""Which points a search tries."""

import numpy as np
from hypothesis import find

from gradproof.verify.search import points_near
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
