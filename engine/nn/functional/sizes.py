"""Sizes of windows in the forms that PyTorch takes: one number for all dimensions, or one for each."""

from __future__ import annotations

from collections.abc import Sequence

from gradproof.errors import ArgumentError

Sizes = int | Sequence[int]


def per_dimension(sizes: Sizes, rank: int, name: str, *, least: int = 0) -> tuple[int, ...]:
    """Return a number for each of ``rank`` dimensions. Raises ``ArgumentError`` where one is below ``least``."""
    given = (sizes,) if isinstance(sizes, int) else tuple(sizes)
    found = given * rank if len(given) == 1 else given
    if len(found) != rank or any(not isinstance(size, int) for size in found):
        raise ArgumentError(f"{name} is a whole number, or one for each of {rank} dimensions, not {sizes!r}")
    if min(found) < least:
        raise ArgumentError(f"{name} must not be below {least}, but is {sizes}")
    return found


def both_sides(padding: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Return the padding before and after each dimension, where it is the same."""
    return tuple((each, each) for each in padding)
