"""Choices: even, in order of the bytes, and the first of all where the bytes have ended."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.verify.generation.choices import FEW, Choices


@pytest.mark.parametrize("count", [2, 3, 7, 16, 64, 65, 75, 1000])
def test_all_choices_are_about_as_likely(count):
    width = 1 if count <= FEW else 2
    found = Counter(Choices(each.to_bytes(width)).below(count) for each in range(256**width))
    assert set(found) == set(range(count))
    assert max(found.values()) - min(found.values()) <= 1


@given(st.binary(min_size=2, max_size=2), st.binary(min_size=2, max_size=2), st.integers(1, 1000))
def test_a_smaller_text_makes_no_later_choice(a, b, count):
    smaller, larger = sorted([a, b])
    assert Choices(smaller).below(count) <= Choices(larger).below(count)


def test_where_the_bytes_have_ended_the_first_choice_is_made():
    choices = Choices(b"\xff")
    assert [choices.below(4) for _ in range(3)] == [3, 0, 0]
    assert Choices(b"").pick("xyz") == "x"


def test_what_is_no_choice_takes_no_byte():
    choices = Choices(b"\xff")
    assert choices.pick(["only"]) == "only"
    assert choices.below(4) == 3
