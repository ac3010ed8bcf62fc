from __future__ import annotations

import numpy as np
import pytest
from flint import arb

from gradproof.symbolic.approximate import Approximate
from gradproof.symbolic.balls import Kind, Switch
from gradproof.symbolic.joint_sweeps import Question, answers

SWITCHES = [Switch(site=1, args=(0,), entry=i, key="k", sides=(-1, 1)) for i in range(4)]
KINDS = dict.fromkeys(SWITCHES, Kind.TIE)


class Pull:
    """Entry i holds the side of switch i, 0 where none is taken; every call is counted."""

    def __init__(self):
        self.calls = 0

    def __call__(self, sides):
        self.calls += 1
        return Approximate.exactly(np.array([arb(sides.get(switch, 0)) for switch in SWITCHES], dtype=object))


def question(*numbers, kinds=KINDS, reach=None):
    return Question.of([SWITCHES[i] for i in numbers], kinds, reach or {s: frozenset({s.entry}) for s in SWITCHES})


def entries(results, *places):
    return [tuple(int(float(each.value[place])) for place in places) for each in results]


def test_questions_of_different_entries_are_answered_together():
    pull = Pull()
    first, second, third = answers(pull, [question(0), question(1), question(2, 3)])
    assert pull.calls == 4
    assert entries(first, 0) == entries(second, 1) == [(-1,), (1,)]
    assert entries(third, 2, 3) == [(-1, -1), (-1, 1), (1, -1), (1, 1)]


def test_questions_of_a_common_entry_are_answered_one_by_one():
    pull = Pull()
    reach = {switch: frozenset({0}) for switch in SWITCHES}
    found = answers(pull, [question(i, reach=reach) for i in range(4)])
    assert pull.calls == 8
    assert [entries(each, 0, 1, 2, 3)[0][i] for i, each in enumerate(found)] == [-1] * 4
    assert all(sum(map(abs, row)) == 1 for each in found for row in entries(each, 0, 1, 2, 3))


@pytest.mark.parametrize("kind", [Kind.OPEN, Kind.FLIP])
def test_ties_are_not_asked_about_together_with_what_may_be_none(kind):
    pull = Pull()
    answers(pull, [question(0), question(1, kinds=KINDS | {SWITCHES[1]: kind})])
    assert pull.calls == 4
