"""Activations and losses with PyTorch's signatures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradproof.errors import ArgumentError

from .. import ops
from ..functions.activation import log_softmax, sigmoid, softmax
from ..functions.hyperbolic import tanh
from ..functions.linear_algebra import matmul
from ..functions.rectifier import (
    celu,
    elu,
    glu,
    hardshrink,
    hardsigmoid,
    hardswish,
    hardtanh,
    leaky_relu,
    logsigmoid,
    mish,
    prelu,
    relu6,
    selu,
    softmin,
    softshrink,
    softsign,
    tanhshrink,
    threshold,
)
from ..functions.selection import relu

if TYPE_CHECKING:
    from ..tensor import Tensor

_REDUCTIONS = ("none", "mean", "sum")


def softplus(input: Any, beta: float = 1.0, threshold: float = 20.0) -> Tensor:  # noqa: ARG001 - see below
    """Return ``log(1 + exp(beta input)) / beta``, faithful in both tails.

    It needs no ``threshold`` on ``beta input``, beyond which PyTorch returns the input.
    """
    return ops.softplus(input) if beta == 1.0 else ops.divide(ops.softplus(ops.multiply(input, beta)), beta)


def gelu(input: Any, approximate: str = "none") -> Tensor:
    """Return ``input`` times the normal distribution function, or with "tanh" PyTorch's approximation of it.

    That is ``x s(2 u)`` with ``u = sqrt(2 / pi) (x + 0.044715 x^3)``, where ``1 + tanh(u)`` would cancel.
    """
    if approximate == "none":
        return ops.gelu(input)
    if approximate != "tanh":
        raise ArgumentError(f"approximate is none or tanh, not {approximate!r}")
    return input * ops.sigmoid((input + 0.044715 * input**3) * math.sqrt(8 / math.pi))


def silu(input: Any) -> Tensor:
    """Return ``input`` times its sigmoid."""
    return ops.silu(input)


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """Return ``input W^T + b`` for a weight of shape (out, in)."""
    product = matmul(input, weight.t())
    return product if bias is None else product + bias


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """Return the squared differences, their mean or their sum."""
    return ops.mse_loss(input, target, reduction=_checked(reduction))


def binary_cross_entropy_with_logits(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """Return ``-(p log s(x) + (1 - p) log(1 - s(x)))`` for logits x and probabilities p, its mean or its sum."""
    return ops.binary_cross_entropy_with_logits(input, target, reduction=_checked(reduction))


def _checked(reduction: str) -> str:
    if reduction not in _REDUCTIONS:
        raise ArgumentError(f"reduction is one of {', '.join(_REDUCTIONS)}, not {reduction!r}")
    return reduction


__all__ = [
    "binary_cross_entropy_with_logits",
    "celu",
    "elu",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "mish",
    "mse_loss",
    "prelu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
    "threshold",
]
