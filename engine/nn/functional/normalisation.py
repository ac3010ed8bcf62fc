"""Normalisations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError

from ... import ops
from ...variable import Array, array_of

if TYPE_CHECKING:
    from ...tensor import Tensor


def _or_constant(factor: Any, value: float, shape: tuple[int, ...], input: Any) -> Any:
    """Return a weight or bias, or what stands for none."""
    return np.full(shape, value, array_of(input).dtype) if factor is None else factor


def layer_norm(
    input: Any, normalized_shape: Sequence[int], weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Tensor:
    """Return ``(x - mean) / sqrt(variance + eps) * weight + bias``, over the last dimensions.

    ``normalized_shape`` is the shape of these dimensions, and of weight and bias.
    """
    shape = _last_shape(input, normalized_shape)
    weight, bias = _or_constant(weight, 1.0, shape, input), _or_constant(bias, 0.0, shape, input)
    return ops.layer_norm(input, weight, bias, axis=tuple(range(-len(shape), 0)), eps=float(eps))


def rms_norm(input: Any, normalized_shape: Sequence[int], weight: Any = None, eps: float | None = None) -> Tensor:
    """Return ``x / sqrt(mean square + eps) * weight``, over the last dimensions; ``eps`` None is that of the dtype."""
    shape = _last_shape(input, normalized_shape)
    least = float(np.finfo(array_of(input).dtype).eps) if eps is None else float(eps)
    weight = _or_constant(weight, 1.0, shape, input)
    return ops.rms_norm(input, weight, axis=tuple(range(-len(shape), 0)), eps=least)


def _last_shape(input: Any, normalized_shape: Sequence[int]) -> tuple[int, ...]:
    shape, whole = tuple(normalized_shape), tuple(array_of(input).shape)
    if not shape or whole[-len(shape) :] != shape:
        raise ShapeError(f"the last dimensions of shape {whole} are not those of normalized_shape {shape}")
    return shape


def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Return ``(x - mean) / sqrt(variance + eps) * weight + bias`` for each channel, in dimension 1.

    Mean and variance are the running ones, or when ``training`` those of the batch: then the running ones, if given,
    are moved towards them by the share ``momentum``. The running variance is the unbiased one.
    """
    if not training:
        return _by_running(input, running_mean, running_var, weight, bias, eps)
    values = array_of(input)
    axis, channels = (0, *range(2, values.ndim)), values.shape[1:2]
    if values.size <= values.shape[1]:
        raise ArgumentError(f"training needs more than one value per channel, but shape {values.shape} has no more")
    _move_running(running_mean, running_var, ops.mean(values, axis=axis), _unbiased(values, axis), momentum)
    weight, bias = _or_constant(weight, 1.0, channels, input), _or_constant(bias, 0.0, channels, input)
    return ops.batch_norm(input, weight, bias, axis=axis, eps=float(eps))


def _unbiased(values: Array, axis: tuple[int, ...]) -> Any:
    return ops.var(values, axis=axis, correction=1)


def _move_running(running_mean: Any, running_var: Any, mean: Any, var: Any, momentum: float) -> None:
    """Write into running statistics, where there are some, what they become."""
    for running, now in ((running_mean, mean), (running_var, var)):
        if running is not None:
            running.copy_((1.0 - momentum) * array_of(running) + momentum * now)


def _by_running(input: Any, mean: Any, var: Any, weight: Any, bias: Any, eps: float) -> Any:
    if mean is None or var is None:
        raise ArgumentError("without statistics of the input, running_mean and running_var are needed")
    return _affine((input - _across(mean, input)) / ops.sqrt(_across(var, input) + eps), weight, bias)


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    """Multiply each channel by its weight and add its bias, where there are such."""
    if weight is not None:
        x = x * _across(weight, x)
    return x if bias is None else x + _across(bias, x)


def _across(per_channel: Any, x: Any) -> Any:
    """Return one value per channel in a shape that broadcasts to ``x``, with channels in dimension 1."""
    return ops.reshape(per_channel, shape=(-1, *(1,) * (x.ndim - 2)))


def _grouped(input: Any, rows: int, eps: float) -> Any:
    """Return the input standardised in ``rows`` equal parts of each example."""
    shape = tuple(array_of(input).shape)
    parts = ops.reshape(input, shape=(shape[0], rows, -1))
    return ops.reshape(layer_norm(parts, (parts.shape[-1],), eps=eps), shape=shape)


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Tensor:
    """Return the input standardised in groups of channels of each example, times weight plus bias by channel."""
    if input.shape[1] % num_groups:
        raise ShapeError(f"{input.shape[1]} channels cannot be divided into {num_groups} equal groups")
    return _affine(_grouped(input, num_groups, eps), weight, bias)


def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Return the input standardised in each channel of each example, times weight plus bias by channel.

    Running statistics are used as in :func:`batch_norm`; they are moved towards the mean over examples.
    """
    if not use_input_stats:
        return _by_running(input, running_mean, running_var, weight, bias, eps)
    values = array_of(input)
    axis = tuple(range(2, values.ndim))
    if values[0, 0].size <= 1:
        raise ArgumentError(f"more than one value per channel is needed, but shape {values.shape} has no more")
    mean, var = (each.mean(axis=0) for each in (ops.mean(values, axis=axis), _unbiased(values, axis)))
    _move_running(running_mean, running_var, mean, var, momentum)
    return _affine(_grouped(input, values.shape[1], eps), weight, bias)


def local_response_norm(input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Return ``x / (k + alpha m)^beta``, m the mean square of ``size`` neighbouring channels, beyond the last one 0."""
    squares = ops.square(input)
    shape = tuple(array_of(input).shape)
    before, after = (np.zeros((shape[0], n, *shape[2:]), array_of(input).dtype) for n in (size // 2, (size - 1) // 2))
    padded = ops.concat(before, squares, after, axis=1)
    neighbours = [ops.getitem(padded, index=(slice(None), slice(i, i + shape[1]))) for i in range(size)]
    total = neighbours[0]
    for each in neighbours[1:]:
        total = total + each
    return input / ops.pow(k + total * (alpha / size), beta)


__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "rms_norm",
]
