from __future__ import annotations

import itertools

from gradproof.symbolic.remembered import Remembered


def counted(drawn):
    for number in range(5):
        drawn.append(number)
        yield number


def test_no_more_is_worked_out_than_was_asked_for():
    drawn: list[int] = []
    numbers = Remembered(counted(drawn))
    assert not drawn
    assert list(itertools.islice(numbers, 2)) == [0, 1]
    assert drawn == [0, 1]


def test_what_was_worked_out_is_remembered():
    drawn: list[int] = []
    numbers = Remembered(counted(drawn))
    first, second = iter(numbers), iter(numbers)
    assert [next(first), next(second), next(second), next(first)] == [0, 0, 1, 1]
    assert list(numbers) == list(numbers) == drawn == [0, 1, 2, 3, 4]
    assert list(first) == list(second) == [2, 3, 4]
