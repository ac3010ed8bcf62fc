"""Shape rules, against NumPy's own shapes; that every op agrees with its rule is tested in test_op.py."""

import itertools

import numpy as np
import pytest

from gradproof.engine.shapes import (
    AlongAxis,
    Concatenation,
    Contraction,
    Elementwise,
    Expansion,
    Indexing,
    NewAxis,
    Permutation,
    Reduction,
    Reshape,
    axis_of,
    broadcast,
    normalise_axes,
)
from gradproof.errors import OutOfRangeError, ShapeError

SHAPES = [(), (1,), (3,), (2, 3), (3, 1), (0,), (2, 0), (1, 2, 3), (1, 1, 2, 2)]


@pytest.mark.parametrize(("a", "b"), list(itertools.product(SHAPES, SHAPES)))
def test_broadcast_is_that_of_numpy(a, b):
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ShapeError, match="do not broadcast"):
            broadcast(a, b)
    else:
        assert broadcast(a, b) == expected


@pytest.mark.parametrize("shape", SHAPES)
def test_partners_of_an_elementwise_op_include_fewer_more_and_stretched_dimensions(shape):
    partners = [pair[1] for pair in Elementwise(2).partners(0, shape)]
    assert len(set(partners)) == len(partners)
    assert {shape, ()} <= set(partners)
    assert all(np.broadcast_shapes(shape, other) is not None for other in partners)


@pytest.mark.parametrize(
    ("rule", "shape", "name"),
    [
        (Reduction(), (2, 3), "axis"), (AlongAxis(), (2, 3), "axis"), (NewAxis(), (2, 3), "axis"),
        (Concatenation(), (2, 3), "axis"), (Permutation(), (2, 3, 4), "axes"), (Reshape(), (2, 3), "shape"),
        (Expansion(), (1, 3), "shape"), (Indexing(), (2, 3), "index"),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_every_parameter_that_is_proposed_differs_and_there_are_several(rule, shape, name):
    values = [repr(params) for params in rule.parameters(shape)]
    assert len(values) > 2
    assert len(set(values)) == len(values)
    assert all(name in params for params in rule.parameters(shape))


def test_a_reduction_proposes_no_empty_axis_where_nothing_can_be_reduced():
    axes = [params["axis"] for params in Reduction(empty=False).parameters((2, 0))]
    assert set(axes) == {0, -2}


@pytest.mark.parametrize(("a", "b"), list(itertools.product([(3,), (2, 3), (3, 2), (2, 3, 3), (4, 1, 2, 3)], repeat=2)))
def test_a_contraction_has_the_shape_of_numpys_matmul(a, b):
    try:
        expected = np.matmul(np.zeros(a), np.zeros(b)).shape
    except ValueError:
        with pytest.raises(ShapeError):
            Contraction().result(a, b)
    else:
        assert Contraction().result(a, b) == expected


@pytest.mark.parametrize(("axis", "axes"), [(None, (0, 1, 2)), (1, (1,)), (-1, (2,)), ((0, -1), (0, 2)), ((), ())])
def test_axes_are_counted_from_either_end(axis, axes):
    assert normalise_axes(axis, 3) == axes


def test_axes_out_of_range_or_named_twice_are_refused():
    with pytest.raises(OutOfRangeError, match="axis 3 is out of range for 3 dimensions"):
        normalise_axes(3, 3)
    with pytest.raises(ShapeError, match="names a dimension twice"):
        normalise_axes((0, -3), 3)


def test_an_array_without_dimensions_has_no_axis():
    assert axis_of(np.zeros(()), None) is None
    assert axis_of(np.zeros(2), 0) == 0
    with pytest.raises(IndexError):
        axis_of(np.zeros(()), 0)
