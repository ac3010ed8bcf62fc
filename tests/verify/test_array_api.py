"""Programs that follow the array API standard are traced and verified as graphs of ops, with nothing new."""

import numpy as np
import pytest

from gradproof import trace
from gradproof.case import Case
from gradproof.verify.examination import examine
from gradproof.verify.targets.engine import EngineTarget
from gradproof.verify.verdict import Verdict

X = np.array([[0.5, -1.25, 2.0], [0.75, 1.5, -0.25]])
MATRIX = np.array([[2.0, 0.5], [-0.25, 1.5]])


def softmax(x):
    xp = x.__array_namespace__()
    powers = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
    return x * powers / xp.sum(powers, axis=-1, keepdims=True)


def layer_norm(x):
    xp = x.__array_namespace__()
    return x * (x - xp.mean(x, axis=-1, keepdims=True)) / xp.sqrt(xp.var(x, axis=-1, keepdims=True) + 1e-5)


def clipped_power(x):
    xp = x.__array_namespace__()
    return xp.pow(xp.clip(x, 0.25, 1.25), 1.5) + xp.where(x > 0, xp.log1p(xp.abs(x)), xp.sinh(x))


def rearranged(x):
    xp = x.__array_namespace__()
    parts = xp.unstack(xp.concat([xp.flip(x, axis=1), xp.roll(x, 1, axis=0)], axis=1), axis=1)
    return xp.cumulative_sum(xp.stack(parts), axis=0, include_initial=True) * xp.sort(x[:, 0], descending=True)


def statistics(x):
    xp = x.__array_namespace__()
    return xp.std(x, axis=0, correction=1) + xp.vecdot(x[0, :], x[1, :]) + xp.prod(x, axis=1)[0]


def newton_step(a):
    xp = a.__array_namespace__()
    inverse = xp.linalg.inv(a)
    return inverse @ (2.0 * xp.eye(2, dtype=a.dtype) - a @ inverse) + xp.linalg.det(a) * xp.linalg.matrix_norm(a)


@pytest.mark.parametrize(
    ("program", "values"),
    [
        (softmax, X),
        (layer_norm, X),
        (clipped_power, X),
        (rearranged, X),
        (statistics, X),
        (newton_step, MATRIX),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_programs_of_the_standard_are_verified(program, values):
    result = examine(Case.of_ones(trace(program, values)), EngineTarget())
    assert result.verdict is Verdict.VERIFIED, result.culprit
