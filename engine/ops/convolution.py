"""Convolutions, as products of matrices of windows, and the rearrangement that makes such matrices.

A convolution is a product with unfolded windows, its transpose the col2im of a product. The rules of either are made of
the other's parts, and so is every derivative.
"""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradproof.budget import EXACT, summation

from ..domain import REAL
from ..op import Function, define
from ..variable import Array
from ..window_shapes import Convolution, Folding, Unfolding
from ..windows import Windows
from .linear_algebra import matmul
from .rearrangement import permute_dims, reshape
from .reduction import sum as sum_

Shape = tuple[int, ...]


def _im2col(x: Array, *, kernel_size: Shape, stride: Shape, padding: Any, dilation: Shape) -> Array:
    """Return the windows over the last dimensions, one in each column, those of one channel below another."""
    windows = Windows(kernel_size, stride, padding, dilation)
    shape = Unfolding().result(x.shape, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation)
    lead, rank = x.ndim - windows.rank, windows.rank
    counts, entries = range(lead, lead + rank), range(lead + rank, lead + 2 * rank)
    return windows.view(x).transpose(*range(lead), *entries, *counts).reshape(shape)


def _col2im(x: Array, *, output_size: Shape, kernel_size: Shape, stride: Shape, padding: Any, dilation: Shape) -> Array:
    """Add windows into zeros of ``output_size``, where ``im2col`` would take them from."""
    windows = Windows(kernel_size, stride, padding, dilation)
    shape = Folding().result(
        x.shape, output_size=output_size, kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation
    )
    counts, lead = windows.counts(output_size), shape[: len(shape) - windows.rank]
    whole = np.zeros((*lead, *windows.padded(output_size)), x.dtype)
    entries = np.moveaxis(x.reshape(*lead, math.prod(kernel_size), *counts), len(lead), 0)
    for entry, place in zip(entries, windows.places(counts), strict=True):
        index: Any = (..., *place)
        whole[index] += entry
    return windows.without_padding(whole)


im2col: Function = define(
    "im2col",
    forward=_im2col,
    vjp=lambda ct, y, x, **how: col2im(ct, output_size=tuple(x.shape[x.ndim - len(how["kernel_size"]) :]), **how),
    shape=Unfolding(),
    domain=(REAL,),
    budget=EXACT,
    node="Im2ColBackward0",
    linear=True,
)

col2im: Function = define(
    "col2im",
    forward=_col2im,
    vjp=lambda ct, y, x, *, output_size, **how: im2col(ct, **how),
    shape=Folding(),
    domain=(REAL,),
    budget=summation(),
    node="Col2ImBackward0",
    linear=True,
)


def _swapped(x: Any) -> Any:
    return permute_dims(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def _of_weight(weight: Any, groups: int) -> Any:
    """Return a weight as one matrix for each group."""
    first = weight.shape[0] // groups
    return reshape(weight, shape=(groups, first, math.prod(weight.shape[1:])))


def _in_groups(x: Any, lead: Shape, groups: int, columns: int) -> Any:
    """Return rows of channels as one matrix for each group."""
    rows = math.prod(x.shape) // max(math.prod(lead) * groups * columns, 1)
    return reshape(x, shape=(*lead, groups, rows, columns))


def _summed_over(product: Any, lead: Shape, shape: Shape) -> Any:
    """Return the sum over examples of products that have the entries of a weight."""
    return reshape(sum_(product, axis=tuple(range(len(lead)))) if lead else product, shape=shape)


def _windows(weight: Any, stride: Shape, padding: Any, dilation: Shape) -> dict[str, Any]:
    return {"kernel_size": tuple(weight.shape[2:]), "stride": stride, "padding": padding, "dilation": dilation}


def _convolved(x: Any, weight: Any, groups: int, shape: Shape, how: dict[str, Any]) -> Any:
    """Return the product of a weight and the windows of ``x``, in ``shape``."""
    rank = len(how["kernel_size"])
    lead, count = tuple(x.shape[: x.ndim - rank - 1]), math.prod(shape[len(shape) - rank :])
    columns = _in_groups(im2col(x, **how), lead, groups, count)
    return reshape(matmul(_of_weight(weight, groups), columns), shape=shape)


def _transposed(x: Any, weight: Any, groups: int, sizes: Shape, how: dict[str, Any]) -> Any:
    """Return the windows that are products of a transposed weight and ``x``, added into dimensions of ``sizes``."""
    rank = len(how["kernel_size"])
    lead, count = tuple(x.shape[: x.ndim - rank - 1]), math.prod(x.shape[x.ndim - rank :])
    products = matmul(_swapped(_of_weight(weight, groups)), _in_groups(x, lead, groups, count))
    rows = math.prod(products.shape[-3:-1])
    return col2im(reshape(products, shape=(*lead, rows, count)), output_size=sizes, **how)


def _by_weight(windowed: Any, other: Any, weight: Any, groups: int, how: dict[str, Any]) -> Any:
    """Return the products of ``other`` with the windows of what it was convolved with, summed over all windows."""
    rank = len(how["kernel_size"])
    lead, count = tuple(other.shape[: other.ndim - rank - 1]), math.prod(other.shape[other.ndim - rank :])
    columns = _in_groups(im2col(windowed, **how), lead, groups, count)
    product = matmul(_in_groups(other, lead, groups, count), _swapped(columns))
    return _summed_over(product, lead, tuple(weight.shape))


def _convolution(rank: int) -> Function:
    """Return the convolution over ``rank`` dimensions: the sum of products of a weight and each window.

    Channels are divided into ``groups``, of which each is convolved with a part of the weight of its own.
    """
    rule = Convolution(rank)

    def forward(x: Array, w: Array, *, stride: Shape, padding: Any, dilation: Shape, groups: int = 1) -> Array:
        how = {"stride": stride, "padding": padding, "dilation": dilation}
        shape = rule.result(x.shape, w.shape, **how, groups=groups)
        return np.asarray(_convolved(x, w, groups, shape, _windows(w, **how)))

    def by_input(ct: Any, y: Any, x: Any, w: Any, *, groups: int, **how: Any) -> Any:
        return _transposed(ct, w, groups, tuple(x.shape[x.ndim - rank :]), _windows(w, **how))

    def by_weight(ct: Any, y: Any, x: Any, w: Any, *, groups: int, **how: Any) -> Any:
        return _by_weight(x, ct, w, groups, _windows(w, **how))

    return define(
        f"conv{rank}d",
        forward=forward,
        vjp=(by_input, by_weight),
        shape=rule,
        domain=(REAL, REAL),
        budget=summation(),
        node="ConvolutionBackward0",
    )


def _transposed_convolution(rank: int) -> Function:
    """Return the transpose of the convolution by its input: what that does to cotangents.

    Sizes that differ by less than the stride are convolved to the same one: ``output_padding`` tells how much is added.
    """
    rule = Convolution(rank, transposed=True)

    def forward(
        x: Array, w: Array, *, stride: Shape, padding: Any, dilation: Shape, output_padding: Shape, groups: int = 1
    ) -> Array:
        how = {"stride": stride, "padding": padding, "dilation": dilation}
        shape = rule.result(x.shape, w.shape, **how, groups=groups, output_padding=output_padding)
        return np.asarray(_transposed(x, w, groups, shape[len(shape) - rank :], _windows(w, **how)))

    def by_input(ct: Any, y: Any, x: Any, w: Any, *, groups: int, output_padding: Shape, **how: Any) -> Any:
        return _convolved(ct, w, groups, tuple(x.shape), _windows(w, **how))

    def by_weight(ct: Any, y: Any, x: Any, w: Any, *, groups: int, output_padding: Shape, **how: Any) -> Any:
        return _by_weight(ct, x, w, groups, _windows(w, **how))

    return define(
        f"conv_transpose{rank}d",
        forward=forward,
        vjp=(by_input, by_weight),
        shape=rule,
        domain=(REAL, REAL),
        budget=summation(),
        node="ConvolutionBackward0",
    )


conv1d, conv2d, conv3d = map(_convolution, (1, 2, 3))
conv_transpose1d, conv_transpose2d, conv_transpose3d = map(_transposed_convolution, (1, 2, 3))

__all__ = [
    "col2im",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "im2col",
]
