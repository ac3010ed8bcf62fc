"""Rectifiers and other activations in pieces, and those made of other functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import ArgumentError, ShapeError

from .. import ops
from ..variable import array_of

if TYPE_CHECKING:
    from ..tensor import Tensor

#: The constants of a self-normalising network (Klambauer et al., 2017, equation 14).
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def elu(input: Any, alpha: float = 1.0) -> Tensor:
    """Return the input where it is positive, elsewhere ``alpha (exp(input) - 1)``."""
    return ops.elu(input, alpha=float(alpha))


def selu(input: Any) -> Tensor:
    """Return :func:`elu` with the constants that keep a mean of 0 and a variance of 1, times another one."""
    return ops.elu(input, alpha=_SELU_ALPHA, scale=_SELU_SCALE)


def celu(input: Any, alpha: float = 1.0) -> Tensor:
    """Return the input where it is positive, elsewhere ``alpha (exp(input / alpha) - 1)``.

    Raises ``ArgumentError`` where ``alpha`` is 0.
    """
    if not alpha:
        raise ArgumentError("celu divides by alpha, which is 0")
    return ops.elu(input, alpha=float(alpha), input_scale=1.0 / alpha)


def leaky_relu(input: Any, negative_slope: float = 0.01) -> Tensor:
    """Return the input where it is positive, elsewhere ``negative_slope`` times it."""
    return ops.leaky_relu(input, negative_slope=float(negative_slope))


def prelu(input: Any, weight: Any) -> Tensor:
    """Return the input where it is positive, elsewhere ``weight`` times it: one number, or one for each channel.

    Channels are the second dimension. Raises ``ShapeError`` where their number is another one.
    """
    size, ndim = array_of(weight).size, array_of(input).ndim
    channels = array_of(input).shape[1] if ndim > 1 else 1
    if size not in (1, channels):
        raise ShapeError(f"prelu takes 1 weight or one for each of {channels} channels, not {size}")
    shape = (1, size, *(1,) * (ndim - 2)) if size > 1 else (1,) * ndim
    return ops.where(ops.greater(input, 0.0), input, ops.multiply(ops.reshape(weight, shape=shape), input))


def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Return the input within two bounds; at them the derivative is taken as 0, unlike that of ``clamp``."""
    if min_val > max_val:
        raise ArgumentError(f"min_val must not be larger than max_val, but {min_val} > {max_val}")
    return ops.hardtanh(input, min=float(min_val), max=float(max_val))


def relu6(input: Any) -> Tensor:
    """Return the input between 0 and 6."""
    return hardtanh(input, 0.0, 6.0)


def hardsigmoid(input: Any) -> Tensor:
    """Return ``relu6(input + 3) / 6``."""
    return ops.hardsigmoid(input)


def hardswish(input: Any) -> Tensor:
    """Return ``input relu6(input + 3) / 6``."""
    return ops.hardswish(input)


def hardshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """Return the input, and 0 where its magnitude is not larger than ``lambd``."""
    return ops.hardshrink(input, lambd=float(lambd))


def softshrink(input: Any, lambd: float = 0.5) -> Tensor:
    """Return the input moved by ``lambd`` towards 0, which it does not cross. Raises ``ArgumentError`` below 0."""
    if lambd < 0:
        raise ArgumentError(f"lambd must not be negative, but is {lambd}")
    return ops.softshrink(input, lambd=float(lambd))


def threshold(input: Any, threshold: float, value: float) -> Tensor:
    """Return the input where it is above ``threshold``, elsewhere ``value``."""
    return ops.threshold(input, threshold=float(threshold), value=float(value))


def mish(input: Any) -> Tensor:
    """Return ``input tanh(log(1 + exp(input)))``."""
    return ops.mish(input)


def softsign(input: Any) -> Tensor:
    """Return ``input / (1 + abs(input))``."""
    return ops.divide(input, ops.add(1.0, ops.abs(input)))


def tanhshrink(input: Any) -> Tensor:
    """Return ``input - tanh(input)``."""
    return ops.subtract(input, ops.tanh(input))


def logsigmoid(input: Any) -> Tensor:
    """Return the logarithm of the sigmoid, faithful in both tails."""
    return ops.negative(ops.softplus(ops.negative(input)))


def softmin(input: Any, dim: int) -> Tensor:
    """Return the softmax of ``-input``."""
    return ops.softmax(ops.negative(input), axis=dim)


def glu(input: Any, dim: int = -1) -> Tensor:
    """Return the first half along ``dim``, times the sigmoid of the second. Raises ``ShapeError`` for an odd size."""
    shape = array_of(input).shape
    if shape[dim] % 2:
        raise ShapeError(f"glu halves dimension {dim}, whose size {shape[dim]} is odd")
    first, second = (_half(input, dim, shape[dim] // 2, start) for start in (0, shape[dim] // 2))
    return ops.multiply(first, ops.sigmoid(second))


def _half(input: Any, dim: int, size: int, start: int) -> Tensor:
    return ops.take(input, np.arange(start, start + size), axis=dim)


__all__ = [
    "celu",
    "prelu",
    "selu",
    "threshold",
]
