"""Sorting, as a network of pairs."""

from __future__ import annotations

from collections.abc import Iterator

from ..program import Definition, Term
from .steps import joined, larger, slices_of, smaller


def _comparators(size: int) -> Iterator[tuple[int, int]]:
    """Yield the comparisons of Batcher's network (Knuth, *The Art of Computer Programming* 3, algorithm 5.2.2M)."""
    widest = 1 << max((size - 1).bit_length() - 1, 0)
    width = widest
    while width:
        reach, distance, residue = widest, width, 0
        while True:
            yield from ((i, i + distance) for i in range(size - distance) if i & width == residue)
            if reach == width:
                break
            distance, reach, residue = reach - width, reach // 2, width
        width //= 2


def in_order(x: Term, *, axis: int, descending: bool) -> Term:
    """Sort by a network of pairs, of which each puts the smaller of two entries first."""
    lanes = slices_of(x, axis)
    for i, j in _comparators(len(lanes)):
        lanes[i], lanes[j] = smaller(lanes[i], lanes[j]), larger(lanes[i], lanes[j])
    return joined(lanes[::-1] if descending else lanes, axis)


RULES: dict[str, Definition] = {
    "sort": in_order,
}
