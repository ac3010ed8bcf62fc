"""Convolutions and their transposes, and windows as columns of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gradproof.errors import ArgumentError, ShapeError

from ... import ops
from ...variable import array_of
from .sizes import Sizes, both_sides, per_dimension

if TYPE_CHECKING:
    from ...tensor import Tensor


def _channels_added(result: Any, bias: Any, rank: int) -> Any:
    """Return the result with a bias for each channel."""
    return result if bias is None else result + ops.reshape(bias, shape=(-1, *(1,) * rank))


def _padding(padding: Sizes | str, weight: Any, stride: tuple[int, ...], dilation: tuple[int, ...]) -> Any:
    """Return how much is padded before and after each dimension; "same" keeps the sizes."""
    rank = len(stride)
    if not isinstance(padding, str):
        return both_sides(per_dimension(padding, rank, "padding"))
    if padding == "valid":
        return ((0, 0),) * rank
    if padding != "same":
        raise ArgumentError(f"padding is a number for each dimension, same or valid, not {padding!r}")
    if set(stride) != {1}:
        raise ArgumentError(f"padding 'same' needs a stride of 1, not {stride}")
    total = [d * (k - 1) for d, k in zip(dilation, array_of(weight).shape[2:], strict=True)]
    return tuple((each // 2, each - each // 2) for each in total)


def _convolved(
    rank: int, input: Any, weight: Any, bias: Any, stride: Sizes, padding: Any, dilation: Sizes, groups: int
) -> Any:
    steps, apart = per_dimension(stride, rank, "stride", least=1), per_dimension(dilation, rank, "dilation", least=1)
    _check_weight(rank, weight, groups)
    op = (ops.conv1d, ops.conv2d, ops.conv3d)[rank - 1]
    around = _padding(padding, weight, steps, apart)
    result = op(input, weight, stride=steps, padding=around, dilation=apart, groups=groups)
    return _channels_added(result, bias, rank)


def _check_weight(rank: int, weight: Any, groups: int) -> None:
    if array_of(weight).ndim != rank + 2:
        raise ShapeError(f"the weight has {rank + 2} dimensions, not shape {tuple(array_of(weight).shape)}")
    if groups < 1:
        raise ArgumentError(f"there is at least one group, not {groups}")


def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Return the sums of products of a weight (out, in / groups, size) and windows of (batch, in, length), plus a bias.

    The batch may be missing. ``padding`` "same" keeps the length, "valid" is none.
    """
    return _convolved(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Return :func:`conv1d` over two dimensions: a number for each of them is one for both, or two."""
    return _convolved(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Return :func:`conv1d` over three dimensions: a number for each of them is one for all, or three."""
    return _convolved(3, input, weight, bias, stride, padding, dilation, groups)


def _transposed(
    rank: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Sizes,
    padding: Sizes,
    output_padding: Sizes,
    groups: int,
    dilation: Sizes,
) -> Any:
    _check_weight(rank, weight, groups)
    op = (ops.conv_transpose1d, ops.conv_transpose2d, ops.conv_transpose3d)[rank - 1]
    result = op(
        input,
        weight,
        stride=per_dimension(stride, rank, "stride", least=1),
        padding=both_sides(per_dimension(padding, rank, "padding")),
        dilation=per_dimension(dilation, rank, "dilation", least=1),
        output_padding=per_dimension(output_padding, rank, "output_padding"),
        groups=groups,
    )
    return _channels_added(result, bias, rank)


def conv_transpose1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """Return what the transpose of :func:`conv1d` makes of (batch, in, length), for a weight (in, out / groups, size).

    ``output_padding``, less than the stride, is added to the length of the result at its end.
    """
    return _transposed(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """Return :func:`conv_transpose1d` over two dimensions."""
    return _transposed(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes = 0,
    output_padding: Sizes = 0,
    groups: int = 1,
    dilation: Sizes = 1,
) -> Tensor:
    """Return :func:`conv_transpose1d` over three dimensions."""
    return _transposed(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _two_dimensional(kernel_size: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes) -> dict[str, Any]:
    return {
        "kernel_size": per_dimension(kernel_size, 2, "kernel_size", least=1),
        "stride": per_dimension(stride, 2, "stride", least=1),
        "padding": both_sides(per_dimension(padding, 2, "padding")),
        "dilation": per_dimension(dilation, 2, "dilation", least=1),
    }


def unfold(input: Any, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Tensor:
    """Return the windows of (batch, channels, height, width) as columns: (batch, channels * entries, windows)."""
    _check_ndim(input, (3, 4))
    return ops.im2col(input, **_two_dimensional(kernel_size, dilation, padding, stride))


def fold(
    input: Any,
    output_size: Sequence[int],
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """Return columns of windows added into zeros of ``output_size``, from where :func:`unfold` would take them."""
    _check_ndim(input, (2, 3))
    sizes = per_dimension(output_size, 2, "output_size", least=1)
    return ops.col2im(input, output_size=sizes, **_two_dimensional(kernel_size, dilation, padding, stride))


def _check_ndim(input: Any, known: tuple[int, int]) -> None:
    shape = tuple(array_of(input).shape)
    if len(shape) not in known:
        raise ShapeError(f"the input has {known[0]} or {known[1]} dimensions, not shape {shape}")


__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "fold",
    "unfold",
]
