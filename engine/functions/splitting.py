"""Parts of a tensor along a dimension."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, OutOfRangeError, ShapeError

from .. import ops
from ..shapes import normalise_axes
from ..variable import Variable, array_of
from .arguments import whole

if TYPE_CHECKING:
    from ..tensor import Tensor


def _axis(input: Any, dim: int) -> int:
    return normalise_axes(whole(dim), input.array.ndim)[0]


def _part(input: Any, dim: int, part: Any) -> Tensor:
    return ops.getitem(input, index=(slice(None),) * _axis(input, dim) + (part,))


def select(input: Any, dim: int, index: int) -> Tensor:
    """Return the slice with this number along ``dim``, without that dimension."""
    return _part(input, dim, whole(index, "an index"))


def narrow(input: Any, dim: int, start: int, length: int) -> Tensor:
    """Return ``length`` slices along ``dim`` from ``start`` on, which may count from the end."""
    size, first = input.array.shape[_axis(input, dim)], whole(start, "a start")
    length = whole(length, "a length")
    first += size if first < 0 else 0
    if not 0 <= first <= first + length <= size:
        raise OutOfRangeError(f"{length} slices from {start} on are not within a dimension of size {size}")
    return _part(input, dim, slice(first, first + length))


def unbind(input: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return all slices along ``dim``, without that dimension."""
    return tuple(select(input, dim, i) for i in range(input.array.shape[_axis(input, dim)]))


def _between(input: Any, dim: int, cuts: Sequence[int]) -> tuple[Tensor, ...]:
    return tuple(_part(input, dim, slice(start, stop)) for start, stop in itertools.pairwise(cuts))


def split(input: Any, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Return parts of one size along ``dim``, of which the last may be smaller, or of the sizes that are listed."""
    size = input.array.shape[_axis(input, dim)]
    if not isinstance(split_size_or_sections, list | tuple):
        step = whole(split_size_or_sections, "the size of a part")
        if step < 1 and (step < 0 or size):
            raise ArgumentError(f"the size of a part is a positive integer, not {step}")
        count = max(-(-size // step), 1) if step else 1
        return _between(input, dim, [min(i * step, size) for i in range(count + 1)])
    sections = [whole(n, "the size of a part") for n in split_size_or_sections]
    if sum(sections) != size or any(n < 0 for n in sections):
        raise ShapeError(f"parts of sizes {sections} do not make up a dimension of size {size}")
    return _between(input, dim, np.cumsum([0, *sections]).tolist())


def chunk(input: Any, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Return at most so many parts of equal size along ``dim``, of which the last may be smaller."""
    chunks = whole(chunks, "the number of chunks")
    if chunks < 1:
        raise ArgumentError(f"the number of chunks is a positive integer, not {chunks}")
    size = input.array.shape[_axis(input, dim)]
    return split(input, -(-size // chunks), dim) if size else (input,) * chunks


def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Return so many parts along ``dim``, the first ones larger by one where they must differ, or cut at indices."""
    size = input.array.shape[_axis(input, dim)]
    where = indices_or_sections
    if not isinstance(where, list | tuple) and not (isinstance(where, Variable) and where.array.ndim):
        cuts = whole(where, "the number of sections")
        if cuts < 1:
            raise ArgumentError(f"the number of sections is a positive integer, not {cuts}")
        least, larger = divmod(size, cuts)
        return _between(input, dim, [i * least + min(i, larger) for i in range(cuts + 1)])
    places = [whole(each, "an index") for each in (array_of(where) if isinstance(where, Variable) else where)]
    return tuple(_part(input, dim, slice(*each)) for each in itertools.pairwise([0, *places, size]))


def hsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Return parts along dimension 1, of a vector along its only one."""
    return tensor_split(input, indices_or_sections, 0 if input.array.ndim == 1 else 1)


def vsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Return parts along dimension 0."""
    return tensor_split(input, indices_or_sections, 0)


def dsplit(input: Any, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """Return parts along dimension 2."""
    return tensor_split(input, indices_or_sections, 2)


__all__ = [
    "chunk",
    "dsplit",
    "hsplit",
    "narrow",
    "select",
    "split",
    "tensor_split",
    "unbind",
    "vsplit",
]
