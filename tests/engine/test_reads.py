"""What the rules of an op read: found in their code, and true of every op."""

import functools

import numpy as np
import pytest

from gradproof.engine.reads import Reads, reads_of
from gradproof.engine.vocabulary import OPS
from gradproof.errors import GradproofError

DIFFERENTIABLE = [op for op in OPS.values() if any(op.rules(1))]


def wrapped(rule):
    @functools.wraps(rule)
    def pull(*args, **params):
        return rule(*args, **params)

    return pull


@pytest.mark.parametrize(
    ("rules", "count", "expected"),
    [
        ([lambda ct, y, x: ct], 1, Reads((False,), False)),
        ([lambda ct, y, x: ct * y], 1, Reads((False,), True)),
        ([lambda ct, y, x: ct.reshape(x.shape)], 1, Reads((False,), False)),
        ([lambda ct, y, x: ct.astype(x.dtype) * x.ndim], 1, Reads((False,), False)),
        ([lambda ct, y, x: ct * x.sum()], 1, Reads((True,), False)),
        ([lambda ct, y, x: (x.shape, x)], 1, Reads((True,), False)),
        ([lambda ct, y, a, b: ct * b, None], 2, Reads((False, True), False)),
        ([lambda ct, y, a, b: ct * b, lambda ct, y, a, b: ct * a], 2, Reads((True, True), False)),
        ([lambda ct, y, *xs: ct], 3, Reads((False, False, False), False)),
        ([lambda ct, y, *xs: ct * xs[1]], 3, Reads((True, True, True), False)),
        ([lambda ct, y, x: lambda: x], 1, Reads((True,), False)),
        ([functools.partial(lambda slot, ct, y, x: ct * x, 0)], 1, Reads((True,), False)),
        ([wrapped(lambda ct, y, x: ct)], 1, Reads((True,), True)),
        ([None], 1, Reads((False,), False)),
    ],
)
def test_what_is_loaded_counts_as_read_but_for_shape_and_dtype(rules, count, expected):
    assert reads_of(rules, count) == expected


def test_some_ops_read_what_they_must():
    assert OPS["multiply"].reads == Reads((True, True), False)
    assert OPS["sqrt"].reads == Reads((False,), True)
    assert OPS["where"].reads == Reads((True, False, False), False)
    assert OPS["sum"].reads == OPS["concat"].reads == Reads((False,), False)
    assert list(OPS["concat"].reads.args_of(3)) == [False, False, False]


class Unreadable:
    """Has the shape and dtype of a value, and no values."""

    def __init__(self, value):
        self.shape, self.dtype, self.ndim = value.shape, value.dtype, value.ndim

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("a value was read that no rule reads")


@pytest.mark.parametrize("op", DIFFERENTIABLE, ids=lambda op: op.name)
def test_no_rule_reads_what_its_code_does_not_show(op, calls):
    for args, params in calls(op)[:6]:
        try:
            y = np.asarray(op(*args, **params))
        except GradproofError:
            continue
        given = [
            arg if is_read else Unreadable(arg) for arg, is_read in zip(args, op.reads.args_of(len(args)), strict=True)
        ]
        for rule in op.rules(len(args)):
            if rule is not None:
                rule(np.ones_like(y), y if op.reads.result else Unreadable(y), *given, **params)
