"""What is worked out when it is asked for, and then remembered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """The items of an iterator, which may be gone through again; it is advanced no further than anybody went."""

    def __init__(self, source: Iterator[T]) -> None:
        self._source = source
        self._found: list[T] = []

    def __iter__(self) -> Iterator[T]:
        place = 0
        while place < len(self._found) or self._advance():
            yield self._found[place]
            place += 1

    def _advance(self) -> bool:
        """Tell whether there is one more."""
        for item in self._source:
            self._found.append(item)
            return True
        return False
