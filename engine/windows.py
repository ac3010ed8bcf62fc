"""Windows that slide over the last dimensions of an array: where they lie, and what is in them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradproof.errors import ShapeError

from .variable import Array

Shape = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Windows:
    """Windows over as many dimensions as there are sizes: each entry of ``kernel_size`` counts entries of a window.

    These are ``dilation`` apart; windows start ``stride`` apart. ``padding`` counts the entries that are put before
    and after a dimension.
    """

    kernel_size: Shape
    stride: Shape
    padding: Pairs
    dilation: Shape

    @property
    def rank(self) -> int:
        """The number of dimensions that windows slide over."""
        return len(self.kernel_size)

    @property
    def spans(self) -> Shape:
        """The entries from the first one of a window to its last, both included."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel_size, self.dilation, strict=True))

    def counts(self, sizes: Sequence[int]) -> Shape:
        """Return how many windows lie along each dimension. Raises ``ShapeError`` where there is none."""
        padded = self.padded(sizes)
        for size, span in zip(padded, self.spans, strict=True):
            if size < span:
                raise ShapeError(f"a window of {self.spans} entries does not fit into {padded}, padding included")
        return tuple((n - span) // s + 1 for n, span, s in zip(padded, self.spans, self.stride, strict=True))

    def padded(self, sizes: Sequence[int]) -> Shape:
        """Return sizes with their padding."""
        return tuple(n + before + after for n, (before, after) in zip(sizes, self.padding, strict=True))

    def pad(self, x: Array, value: float) -> Array:
        """Return the array with its padding filled with ``value``."""
        return np.pad(x, ((0, 0),) * (x.ndim - self.rank) + self.padding, constant_values=value)

    def view(self, x: Array, value: float = 0.0) -> Array:
        """Return the windows over the last dimensions: these count windows then, and as many more count entries."""
        self.counts(x.shape[x.ndim - self.rank :])
        axes = tuple(range(x.ndim - self.rank, x.ndim))
        all_of_them = np.lib.stride_tricks.sliding_window_view(self.pad(x, value), self.spans, axis=axes)
        steps = (*self.stride, *self.dilation)
        index: Any = (..., *(slice(None, None, step) for step in steps))
        return all_of_them[index]

    def places(self, counts: Sequence[int]) -> Iterator[tuple[slice, ...]]:
        """Yield for each entry of the windows, in their order, where it lies in the padded dimensions."""
        for place in itertools.product(*map(range, self.kernel_size)):
            starts = [i * d for i, d in zip(place, self.dilation, strict=True)]
            yield tuple(
                slice(start, start + (count - 1) * step + 1, step)
                for start, count, step in zip(starts, counts, self.stride, strict=True)
            )

    def without_padding(self, x: Array) -> Array:
        """Return a padded array without its padding."""
        kept = [slice(before, x.shape[i - self.rank] - after) for i, (before, after) in enumerate(self.padding)]
        index: Any = (..., *kept)
        return x[index]
