"""Choices read from bytes: what Hypothesis draws and shrinks, many choices to a draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

#: Choices among more than this many take two bytes, so that each is about as likely as the others.
FEW = 64


class Choices:
    """A sequence of choices. A smaller byte makes an earlier choice; where the bytes have ended the first is made.

    >>> choices = Choices(bytes([255, 0, 0]))
    >>> choices.below(6), choices.pick("abc"), choices.below(1000), choices.below(3)
    (5, 'a', 0, 0)
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def below(self, count: int) -> int:
        """Return a number from 0 to ``count`` - 1."""
        if count == 1:
            return 0
        width = 1 if count <= FEW else 2
        read = int.from_bytes(self._data[self._at : self._at + width].ljust(width, b"\0"))
        self._at += width
        return read * count >> 8 * width

    def pick(self, options: Sequence[T]) -> T:
        """Return one of several."""
        return options[self.below(len(options))]
