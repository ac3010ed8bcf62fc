"""Convolutions, as sums of products over windows."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from gradproof.exact import Array

from ..program import Definition, Term, contract, move, total


def windows_of(x: Array, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Array:
    """Return the windows over the last dimensions of numbered entries, padded with -1.

    These dimensions count windows then, and as many more the entries of each.
    """
    lead = x.ndim - len(kernel_size)
    for i, (entries, step, around, apart) in enumerate(zip(kernel_size, stride, padding, dilation, strict=True)):
        axis = lead + i
        x = np.pad(x, [around if each == axis else (0, 0) for each in range(x.ndim)], constant_values=-1)
        starts = np.arange(0, x.shape[axis] - apart * (entries - 1), step)
        x = np.moveaxis(np.take(x, np.add.outer(starts, apart * np.arange(entries)), axis=axis), axis + 1, -1)
    return x


def _unfold(x: Term, **how: Any) -> Term:
    rank = len(how["kernel_size"])

    def columns(a: Array) -> Array:
        found = windows_of(a, **how)
        (*lead, channels), counts = a.shape[:-rank], found.shape[a.ndim - rank : a.ndim]
        last = found.reshape(*lead, channels, math.prod(counts), math.prod(how["kernel_size"]))
        return np.swapaxes(last, -1, -2).reshape(*lead, -1, math.prod(counts))

    return move(columns, x)


def _fold(x: Term, *, output_size: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any) -> Term:
    """Put each entry of the windows into its own copy of the zeros, and add the copies."""
    rank, places = len(output_size), list(itertools.product(*map(range, kernel_size)))
    sizes = [n + before + after for n, (before, after) in zip(output_size, padding, strict=True)]
    starts = [
        np.arange(0, n - apart * (entries - 1), step)
        for n, entries, step, apart in zip(sizes, kernel_size, stride, dilation, strict=True)
    ]

    def spread(a: Array) -> Array:
        entries = a.reshape(*a.shape[:-2], -1, len(places), *map(len, starts))
        lead = entries.ndim - rank - 1
        copies = np.full((len(places), *entries.shape[:lead], *sizes), -1)
        for i, place in enumerate(places):
            at: Any = np.ix_(*(start + k * apart for start, k, apart in zip(starts, place, dilation, strict=True)))
            copies[i][(..., *at)] = np.take(entries, i, axis=lead)
        kept: Any = [slice(before, n - after) for n, (before, after) in zip(sizes, padding, strict=True)]
        return copies[(..., *kept)]

    return total(move(spread, x), 0)


def _matrices(weight: Term, groups: int) -> Term:
    """Return a weight as one matrix per group."""
    return move(lambda a: a.reshape(groups, a.shape[0] // groups, -1), weight)


def _convolution(x: Term, weight: Term, *, groups: int, **how: Any) -> Term:
    rank = weight.ndim - 2
    columns = _unfold(x, kernel_size=weight.shape[2:], **how)
    counts = windows_of(np.zeros(x.shape, np.intp), weight.shape[2:], **how).shape[x.ndim - rank : x.ndim]
    grouped = move(lambda a: a.reshape(*a.shape[:-2], groups, a.shape[-2] // groups, a.shape[-1]), columns)
    product = contract(_matrices(weight, groups), grouped)
    return move(lambda a: a.reshape(*x.shape[: x.ndim - rank - 1], weight.shape[0], *counts), product)


def _transposed(x: Term, weight: Term, *, groups: int, output_padding: Any, **how: Any) -> Term:
    rank, kernel = weight.ndim - 2, weight.shape[2:]
    lead, sizes = x.shape[: x.ndim - rank - 1], x.shape[x.ndim - rank :]
    grouped = move(lambda a: a.reshape(*lead, groups, -1, math.prod(sizes)), x)
    windows = contract(move(lambda a: np.swapaxes(a, -1, -2), _matrices(weight, groups)), grouped)
    columns = move(lambda a: a.reshape(*lead, -1, math.prod(sizes)), windows)
    output_size = [
        (n - 1) * step + apart * (entries - 1) + 1 - before - after + more
        for n, step, apart, entries, (before, after), more in zip(
            sizes, how["stride"], how["dilation"], kernel, how["padding"], output_padding, strict=True
        )
    ]
    return _fold(columns, output_size=output_size, kernel_size=kernel, **how)


RULES: dict[str, Definition] = {
    "conv1d": _convolution,
    "conv2d": _convolution,
    "conv3d": _convolution,
    "conv_transpose1d": _transposed,
    "conv_transpose2d": _transposed,
    "conv_transpose3d": _transposed,
    "col2im": _fold,
    "im2col": _unfold,
}
