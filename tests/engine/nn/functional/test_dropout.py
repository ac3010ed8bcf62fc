"""Dropout, here and in PyTorch; a given mask is ours alone."""

import numpy as np
import pytest

import gradproof.engine
from gradproof.errors import ArgumentError, ShapeError


def test_what_stays_is_magnified_and_so_is_its_gradient(torch):
    torch.manual_seed(0)
    x = torch.ones(2000, requires_grad=True)
    y = torch.nn.functional.dropout(x, 0.2)
    y.sum().backward()
    assert set(y.tolist()) == {0.0, 1.25}
    assert y.tolist() == x.grad.tolist()
    assert 0.75 < np.mean(np.asarray(y.tolist()) > 0.0) < 0.85


def test_outside_of_training_everything_stays(torch):
    x = torch.ones(3)
    assert torch.nn.functional.dropout(x, 0.9, training=False).tolist() == [1.0, 1.0, 1.0]
    assert torch.nn.functional.dropout(x, 1.0).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(("function", "shape"), [("dropout1d", (20, 10, 2)), ("dropout2d", (20, 10, 2, 3))])
def test_channels_are_left_out_as_a_whole(torch, function, shape):
    torch.manual_seed(0)
    y = getattr(torch.nn.functional, function)(torch.ones(*shape), 0.5).numpy()
    kinds = {tuple(channel.ravel()) for channel in y.reshape(200, -1)}
    assert kinds == {(value,) * (y.size // 200) for value in (0.0, 2.0)}


def test_the_generator_decides(torch):
    x, drawn = torch.ones(50), []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(torch.nn.functional.dropout(x).tolist())
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_mask_tells_what_stays():
    torch = gradproof.engine
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = torch.nn.functional.dropout(x, 0.5, mask=torch.tensor([True, False, True]))
    y.sum().backward()
    assert y.tolist() == [2.0, 0.0, 6.0]
    assert x.grad.tolist() == [2.0, 0.0, 2.0]


def test_what_is_no_probability_or_mask_is_refused():
    x = gradproof.engine.ones(3)
    with pytest.raises(ArgumentError, match=r"p is a probability, not 1\.5"):
        gradproof.engine.nn.functional.dropout(x, 1.5)
    with pytest.raises(ShapeError, match=r"a mask of shape \(2,\) does not broadcast to \(3,\)"):
        gradproof.engine.nn.functional.dropout(x, mask=np.ones(2))
