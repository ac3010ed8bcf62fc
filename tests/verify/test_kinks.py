from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradproof import trace
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.symbolic import prove
from gradproof.verify.examination import budgets
from gradproof.verify.kinks import judge_jointly
from gradproof.verify.verdict import Verdict


def kink(x):
    return ops.relu(ops.sum(x, axis=0, keepdims=True))


def smooth(x):
    return kink(x) - kink(ops.negative(x))


@pytest.mark.parametrize(
    ("function", "got", "verdict", "own", "asks"),
    [
        (kink, [0.5, 0.5], Verdict.SUBGRADIENT, True, 2),
        (kink, [2.0, 0.0], Verdict.WRONG, None, 0),
        (smooth, [1.0, 1.0], Verdict.VERIFIED, True, 16),
        (smooth, [0.0, 0.0], Verdict.SUBGRADIENT, False, 16),
    ],
    ids=["a subgradient", "a wrong gradient", "the derivative", "a member of the conservative field"],
)
def test_derivatives_beside_a_kink_are_worked_out_until_the_verdict_is_certain(function, got, verdict, own, asks):
    branching = prove(Case.of_ones(trace(function, np.zeros(2))), budgets()).branchings[0]
    assert branching is not None
    asked = []

    def limits():
        for each in branching.limits:
            asked.append(each)
            yield each

    (joint,) = judge_jointly({0: np.asarray(got)}, replace(branching, limits=limits()))
    assert (joint.verdict, joint.own) == (verdict, own)
    assert len(asked) == asks
