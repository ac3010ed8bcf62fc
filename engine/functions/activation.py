"""Activations, and the logarithm of a sum of exponentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from .arguments import Dim, axes_of

if TYPE_CHECKING:
    from ..tensor import Tensor


def sigmoid(input: Any) -> Tensor:
    """Return ``1 / (1 + exp(-input))``."""
    return ops.sigmoid(input)


def logit(input: Any, eps: float | None = None) -> Tensor:
    """Return ``log(input / (1 - input))``; with ``eps`` the input is first clamped to between that and ``1 - eps``."""
    return ops.logit(input if eps is None else ops.clip(input, min=float(eps), max=1.0 - eps))


def softmax(input: Any, dim: int) -> Tensor:
    """Return the exponentials along ``dim``, divided by their sum."""
    return ops.softmax(input, axis=dim)


def log_softmax(input: Any, dim: int) -> Tensor:
    """Return the logarithm of :func:`softmax`, computed without cancellation."""
    return ops.log_softmax(input, axis=dim)


def logsumexp(input: Any, dim: Dim, keepdim: bool = False) -> Tensor:
    """Return the logarithm of the sum of exponentials over ``dim``, computed without overflow."""
    return ops.logsumexp(input, axis=axes_of(dim), keepdims=keepdim)


__all__ = [
    "log_softmax",
    "logit",
    "logsumexp",
    "sigmoid",
    "softmax",
]
