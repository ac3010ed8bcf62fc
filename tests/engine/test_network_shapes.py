"""Shape rules of networks: what they refuse and propose; that ops agree with them is tested in test_op.py."""

import pytest

from gradproof.engine.network_shapes import ClassIndices, PerChannel, PerGroup, Rows
from gradproof.engine.window_shapes import Convolution, Folding, Pooling, Unfolding
from gradproof.errors import ShapeError

ONE = {"stride": (1,), "padding": ((0, 0),), "dilation": (1,)}


@pytest.mark.parametrize(
    ("rule", "shapes", "params", "message"),
    [
        (ClassIndices(), ((2, 3), (3,)), {"axis": 1, "reduction": "sum"}, r"have shape \(2,\), not \(3,\)"),
        (ClassIndices(), ((2, 0), (2,)), {"axis": 1, "reduction": "sum"}, "there are no classes along axis 1"),
        (PerGroup(), ((2, 3), (2,), (2,)), {"axis": (-2,)}, r"axes \(-2,\) are not the last ones"),
        (PerGroup(), ((2, 3), (3,), (2,)), {"axis": (-1,)}, r"weight and bias have shape \(3,\), not \(2,\)"),
        (PerChannel(), ((2, 3), (2,), (2,)), {"axis": (0,)}, r"weight and bias have shape \(3,\), not \(2,\)"),
        (PerChannel(), ((2, 3), (3,), (3,)), {"axis": (1,)}, "all but the second"),
        (Rows(), ((), (2,)), {}, "has no rows"),
        (Rows(), ((0, 2), (2,)), {}, "has no rows"),
        (Convolution(1), ((2, 3), (1, 1, 2)), {**ONE, "groups": 1}, r"2 channels in 1 groups do not fit"),
        (Convolution(1), ((2, 3), (2, 2)), {**ONE, "groups": 1}, "the weight 3, but their shapes"),
        (Convolution(1), ((2, 3), (3, 1, 2)), {**ONE, "groups": 2}, r"2 channels in 2 groups do not fit"),
        (
            Convolution(1, transposed=True),
            ((1, 1), (1, 1, 1)),
            {**ONE, "groups": 1, "output_padding": (0,), "padding": ((1, 0),)},
            "of which none may be below 1",
        ),
        (Unfolding(), ((3,),), {**ONE, "kernel_size": (2,)}, "need at least 2"),
        (Folding(), ((3, 2),), {**ONE, "kernel_size": (2,), "output_size": (3,)}, "does not hold"),
        (Pooling(1), ((1, 2),), {**ONE, "kernel_size": (1,), "padding": ((1, 0),)}, "a window lies in the padding"),
    ],
)
def test_what_does_not_fit_is_said(rule, shapes, params, message):
    with pytest.raises(ShapeError, match=message):
        rule.result(*shapes, **params)


@pytest.mark.parametrize(
    ("rule", "shape", "least"),
    [
        (ClassIndices(), (2, 3), 12), (PerGroup(), (2, 3), 2), (Unfolding(), (2, 2, 2), 6), (Folding(), (4, 2), 3),
        (Pooling(1), (1, 3), 3), (Pooling(2, counts=True), (1, 2, 2), 5), (Convolution(1), (2, 3), 3),
        (Convolution(2, transposed=True), (1, 2, 2), 3),
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_every_parameter_that_is_proposed_differs_and_there_are_several(rule, shape, least):
    proposed = [repr(params) for params in rule.parameters(shape)]
    assert len(set(proposed)) == len(proposed) >= least
