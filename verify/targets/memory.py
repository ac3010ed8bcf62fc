"""Which of the arrays that a target hands out share memory, so that writing to one changes another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.array_utils import byte_bounds

from gradproof.exact import Array


@dataclass(frozen=True)
class Alias:
    """The gradient of ``leaf`` shares memory with something.

    ``role`` is "gradient", "value" or "cotangent", with its number in ``other``; "itself" where two entries are one.
    """

    leaf: int
    role: str
    other: int


def aliases(gradients: Mapping[int, Array], values: Sequence[Array], cotangents: Sequence[Array]) -> tuple[Alias, ...]:
    """Return the aliases of live gradients (by leaf) among each other, with the values and with the cotangents.

    What nobody can write to may share memory as it likes.
    """
    return tuple(_aliases(gradients, values, cotangents))


def _aliases(gradients: Mapping[int, Array], values: Sequence[Array], cotangents: Sequence[Array]) -> Iterator[Alias]:
    named = [("gradient", leaf, array) for leaf, array in gradients.items()]
    named += [("value", i, array) for i, array in enumerate(values)]
    named += [("cotangent", i, array) for i, array in enumerate(cotangents)]
    bounds = np.array([byte_bounds(array) for _, _, array in named], dtype=np.uint64).reshape(-1, 2)
    for mine, (leaf, gradient) in enumerate(gradients.items()):
        if _repeats(gradient):
            yield Alias(leaf, "itself", leaf)
        low, high = bounds[mine]
        for place in np.flatnonzero((bounds[:, 0] < high) & (bounds[:, 1] > low)):
            role, other, array = named[place]
            if place > mine and _meet(gradient, array):
                yield Alias(leaf, role, other)


def _repeats(array: Array) -> bool:
    """Tell whether several entries of an array are one place in memory, as broadcasting makes them."""
    return (
        array.size > 1
        and array.flags.writeable
        and any(not step and n > 1 for n, step in zip(array.shape, array.strides, strict=True))
    )


def _meet(a: Array, b: Array) -> bool:
    return (a.flags.writeable or b.flags.writeable) and np.shares_memory(a, b)
