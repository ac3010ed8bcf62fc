"""Vectors that a matrix leaves free take the signs of known ones."""

import numpy as np

from gradproof.engine import from_numpy, ops
from gradproof.engine.signs import aligned


def test_columns_point_where_known_ones_do():
    random = np.random.default_rng(0)
    columns, other = random.normal(size=(2, 5, 3)), random.normal(size=(2, 4, 3))
    signs = np.array([[[1.0, -1.0, 1.0]], [[-1.0, -1.0, 1.0]]])
    known = columns * signs + 0.01 * random.normal(size=columns.shape)
    first, second = aligned(known, from_numpy(columns), from_numpy(other))
    np.testing.assert_array_equal(first.array, columns * signs)
    np.testing.assert_array_equal(second.array, other * signs)


def test_derivatives_flow_through():
    x = from_numpy(np.array([[1.0, 2.0], [3.0, 4.0]])).requires_grad_()
    (turned,) = aligned(np.array([[-1.0, 1.0], [-1.0, 1.0]]), x)
    ops.sum(turned).backward()
    np.testing.assert_array_equal(x.grad.array, [[-1.0, 1.0], [-1.0, 1.0]])
