"""Linear and bilinear maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...functions.linear_algebra import matmul

if TYPE_CHECKING:
    from ...tensor import Tensor


def linear(input: Any, weight: Any, bias: Any = None) -> Tensor:
    """Return ``input W^T + b`` for a weight of shape (out, in)."""
    product = matmul(input, weight.t())
    return product if bias is None else product + bias


def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Tensor:
    """Return ``input1^T W_k input2 + b_k`` for each k, for a weight of shape (k, in1, in2)."""
    rows = input1.reshape(-1, input1.shape[-1])
    products = matmul(rows, weight) * input2.reshape(-1, input2.shape[-1])
    sums = products.sum(-1).transpose(0, 1)
    result: Tensor = sums.reshape(*input1.shape[:-1], weight.shape[0])
    return result if bias is None else result + bias


__all__ = [
    "bilinear",
    "linear",
]
