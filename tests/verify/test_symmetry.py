"""Values for symmetric matrices are symmetric."""

import numpy as np
import pytest

from gradproof.verify.symmetry import symmetric_as

VALUE = np.arange(9.0).reshape(3, 3)


def test_of_symmetric_matrices_the_lower_triangle_is_kept():
    expected = [[0.0, 3.0, 6.0], [3.0, 4.0, 7.0], [6.0, 7.0, 8.0]]
    np.testing.assert_array_equal(symmetric_as(np.eye(3), VALUE), expected)
    stack = np.stack([np.eye(3), np.ones((3, 3))])
    np.testing.assert_array_equal(symmetric_as(stack, np.stack([VALUE, VALUE])), [expected, expected])
    assert symmetric_as(np.eye(3, dtype=np.float32), VALUE.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("given", [VALUE, np.ones((2, 3)), np.ones(3), np.array(1.0)])
def test_other_values_stay_as_they_are(given):
    value = np.arange(float(given.size)).reshape(given.shape)
    np.testing.assert_array_equal(symmetric_as(given, value), value)
