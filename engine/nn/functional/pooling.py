"""Pooling. A number for each of several dimensions may be one for all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradproof.errors import ArgumentError, ShapeError

from ... import ops
from ...ops.pooling import places_of_maxima
from ...variable import Array, array_of
from ...windows import Pairs, Windows
from .sizes import Sizes, both_sides, per_dimension

if TYPE_CHECKING:
    from ...tensor import Tensor


def windows_over(rank: int, input: Any, sizes: tuple[Any, ...], ceil_mode: bool) -> tuple[Windows, Pairs]:
    """Return the windows, and the padding that was asked for: with ``ceil_mode`` more is put behind.

    The stride is the size of the windows, unless there is one.
    """
    kernel_size, stride, padding, dilation = sizes
    kernel = per_dimension(kernel_size, rank, "kernel_size", least=1)
    steps = per_dimension(kernel if stride is None else stride, rank, "stride", least=1)
    around = both_sides(per_dimension(padding, rank, "padding"))
    apart = per_dimension(dilation, rank, "dilation", least=1)
    if any(2 * before > size for size, (before, _) in zip(kernel, around, strict=True)):
        raise ArgumentError(f"padding is at most half of kernel_size, but they are {padding} and {kernel_size}")
    shape = tuple(array_of(input).shape)
    if len(shape) not in (rank + 1, rank + 2):
        raise ShapeError(f"the input has {rank + 1} or {rank + 2} dimensions, not shape {shape}")
    windows = Windows(kernel, steps, around, apart)
    return (_to_the_end(windows, shape[-rank:]) if ceil_mode else windows), around


def _to_the_end(windows: Windows, sizes: tuple[int, ...]) -> Windows:
    """Return windows with so much padding that the last ones reach the end; they start before it."""
    pairs = []
    for n, padded, span, step, (before, after) in zip(
        sizes, windows.padded(sizes), windows.spans, windows.stride, windows.padding, strict=True
    ):
        last = math.ceil((padded - span) / step) * step
        last -= step * (last >= n + before)
        pairs.append((before, after + max(0, last + span - padded)))
    return Windows(windows.kernel_size, windows.stride, tuple(pairs), windows.dilation)


def _parameters(windows: Windows) -> dict[str, Any]:
    return {
        "kernel_size": windows.kernel_size,
        "stride": windows.stride,
        "padding": windows.padding,
        "dilation": windows.dilation,
    }


def _max_pool(op: Any, rank: int, input: Any, sizes: tuple[Any, ...], ceil_mode: bool, return_indices: bool) -> Any:
    windows, _ = windows_over(rank, input, sizes, ceil_mode)
    result = op(input, **_parameters(windows))
    return (result, _as_tensor(places_of_maxima(array_of(input), windows))) if return_indices else result


def _as_tensor(indices: Array) -> Tensor:
    from ...creation import from_numpy  # imports what this package is a part of

    return from_numpy(indices)


def max_pool1d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return the largest entry of each window of (batch, channels, length), where the batch may be missing.

    With ``return_indices`` also where it lies. With ``ceil_mode`` the last window may reach over the end.
    """
    sizes = (kernel_size, stride, padding, dilation)
    return _max_pool(ops.max_pool1d, 1, input, sizes, ceil_mode, return_indices)


def max_pool2d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return :func:`max_pool1d` over two dimensions, laid end to end in the indices."""
    sizes = (kernel_size, stride, padding, dilation)
    return _max_pool(ops.max_pool2d, 2, input, sizes, ceil_mode, return_indices)


def max_pool3d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """Return :func:`max_pool1d` over three dimensions, laid end to end in the indices."""
    sizes = (kernel_size, stride, padding, dilation)
    return _max_pool(ops.max_pool3d, 3, input, sizes, ceil_mode, return_indices)


def _avg_pool(
    op: Any, rank: int, input: Any, sizes: tuple[Any, ...], ceil_mode: bool, count_padding: bool, divisor: int | None
) -> Any:
    windows, padding = windows_over(rank, input, (*sizes, 1), ceil_mode)
    counted = padding if count_padding else ((0, 0),) * rank
    return op(input, **_parameters(windows), counted=counted, divisor=divisor)


def avg_pool1d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the mean of each window, where ``count_include_pad`` tells whether the zeros of the padding count."""
    sizes = (kernel_size, stride, padding)
    return _avg_pool(ops.avg_pool1d, 1, input, sizes, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return :func:`avg_pool1d` over two dimensions; ``divisor_override`` divides the sums in place of the counts."""
    _check_divisor(divisor_override)
    sizes = (kernel_size, stride, padding)
    return _avg_pool(ops.avg_pool2d, 2, input, sizes, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return :func:`avg_pool1d` over three dimensions; ``divisor_override`` divides the sums in place of the counts."""
    _check_divisor(divisor_override)
    sizes = (kernel_size, stride, padding)
    return _avg_pool(ops.avg_pool3d, 3, input, sizes, ceil_mode, count_include_pad, divisor_override)


def _check_divisor(divisor: int | None) -> None:
    if divisor is not None and divisor == 0:
        raise ArgumentError("divisor_override must not be 0")


def lp_pool1d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Tensor:
    """Return the root of order ``norm_type`` of the sum of the powers of each window."""
    powers = avg_pool1d(ops.pow(input, norm_type), kernel_size, stride, 0, ceil_mode)
    return ops.pow(powers * math.prod(per_dimension(kernel_size, 1, "kernel_size")), 1.0 / norm_type)


def lp_pool2d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Tensor:
    """Return :func:`lp_pool1d` over two dimensions."""
    powers = avg_pool2d(ops.pow(input, norm_type), kernel_size, stride, 0, ceil_mode)
    return ops.pow(powers * math.prod(per_dimension(kernel_size, 2, "kernel_size")), 1.0 / norm_type)


def lp_pool3d(
    input: Any, norm_type: float, kernel_size: Sizes, stride: Sizes | None = None, ceil_mode: bool = False
) -> Tensor:
    """Return :func:`lp_pool1d` over three dimensions."""
    powers = avg_pool3d(ops.pow(input, norm_type), kernel_size, stride, 0, ceil_mode)
    return ops.pow(powers * math.prod(per_dimension(kernel_size, 3, "kernel_size")), 1.0 / norm_type)


def adaptive(op: Any, rank: int, input: Any, output_size: Any) -> Any:
    """Return the last dimensions reduced by ``op`` to ``output_size``, one after the other; None keeps one."""
    wanted = (output_size,) * rank if output_size is None or isinstance(output_size, int) else tuple(output_size)
    if len(wanted) != rank:
        raise ArgumentError(f"output_size is a number, or one for each of {rank} dimensions, not {output_size!r}")
    result = input
    for axis, count in zip(range(-rank, 0), wanted, strict=True):
        if count is not None:
            result = _divided(op, result, axis, count)
    return result


def _divided(op: Any, input: Any, axis: int, count: int) -> Any:
    """Return one entry for each of ``count`` parts of a dimension, which overlap where they cannot be equal."""
    size, rest = input.shape[axis], (slice(None),) * (-1 - axis)
    bounds = [(i * size // count, -(-(i + 1) * size // count)) for i in range(count)]
    parts = [ops.getitem(input, index=(..., slice(low, high), *rest)) for low, high in bounds]
    return ops.concat(*(op(part, axis=axis, keepdims=True) for part in parts), axis=axis)


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Tensor:
    """Return the means of ``output_size`` windows that cover the length."""
    return adaptive(ops.mean, 1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Tensor:
    """Return the means of windows that cover two dimensions."""
    return adaptive(ops.mean, 2, input, output_size)


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Tensor:
    """Return the means of windows that cover three dimensions."""
    return adaptive(ops.mean, 3, input, output_size)


def adaptive_max_pool1d(input: Any, output_size: Any) -> Tensor:
    """Return the largest entries of ``output_size`` windows that cover the length."""
    return adaptive(ops.max, 1, input, output_size)


def adaptive_max_pool2d(input: Any, output_size: Any) -> Tensor:
    """Return the largest entries of windows that cover two dimensions."""
    return adaptive(ops.max, 2, input, output_size)


def adaptive_max_pool3d(input: Any, output_size: Any) -> Tensor:
    """Return the largest entries of windows that cover three dimensions."""
    return adaptive(ops.max, 3, input, output_size)


__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
]
