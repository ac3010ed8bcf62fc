"""Activations."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gradproof.errors import ArgumentError

from ... import ops
from ...functions.activation import log_softmax, sigmoid, softmax
from ...functions.hyperbolic import tanh
from ...functions.selection import relu

if TYPE_CHECKING:
    from ...tensor import Tensor


def softplus(input: Any) -> Tensor:
    """Return ``log(1 + exp(input))``, faithful in both tails."""
    return ops.softplus(input)


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
    "gelu",
    "log_softmax",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]
