"""Products with logarithms, of which entropies are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def xlogy(input: Any, other: Any) -> Tensor:
    """Return ``input log(other)``, 0 where ``input`` is 0."""
    return ops.xlogy(input, other)


def xlog1py(input: Any, other: Any) -> Tensor:
    """Return ``input log(1 + other)``, 0 where ``input`` is 0."""
    return ops.xlog1py(input, other)


def entr(input: Any) -> Tensor:
    """Return ``-input log(input)``, of 0 it is 0, and of negative numbers minus infinity."""
    return ops.entr(input)


def rel_entr(input: Any, other: Any) -> Tensor:
    """Return ``input log(input / other)`` of positive numbers."""
    return ops.rel_entr(input, other)


__all__ = ["xlogy"]
