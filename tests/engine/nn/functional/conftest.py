"""Functions of networks against formulas in NumPy: their values, and gradients by differences of the formula."""

import numpy as np
import pytest

STEP = 1e-5


def slopes(formula, arrays, slot, weights):
    """Return the derivatives of the weighted formula by every entry of one array, by central differences."""
    found = np.zeros(arrays[slot].shape)
    for place in np.ndindex(found.shape):
        ends = []
        for step in (STEP, -STEP):
            moved = [np.array(array) for array in arrays]
            moved[slot][place] += step
            ends.append(np.sum(weights * formula(*moved)))
        found[place] = (ends[0] - ends[1]) / (2 * STEP)
    return found


@pytest.fixture
def agrees(torch):
    """A function that asserts that a call on tensors has the values of a formula on arrays, and its slopes."""

    def check(call, formula, *arrays):
        tensors = [torch.tensor(array, requires_grad=True) for array in arrays]
        y = call(torch, *tensors)
        expected = np.asarray(formula(*arrays))
        assert tuple(y.shape) == expected.shape
        np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-11, atol=1e-12)
        weights = np.random.default_rng(5).uniform(0.5, 1.5, expected.shape)
        y.backward(torch.tensor(weights))
        for slot, each in enumerate(tensors):
            np.testing.assert_allclose(
                each.grad.numpy(), slopes(formula, arrays, slot, weights), rtol=1e-6, atol=1e-7, err_msg=f"slot {slot}"
            )

    return check
