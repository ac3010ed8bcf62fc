"""Activations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradproof.errors import ArgumentError

from ... import ops
from ...functions.activation import log_softmax, sigmoid, softmax
from ...functions.hyperbolic import tanh
from ...functions.rectifier import (
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
from ...functions.selection import relu

if TYPE_CHECKING:
    from ...tensor import Tensor


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


__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "log_softmax",
    "logsigmoid",
    "mish",
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
