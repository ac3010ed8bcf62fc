"""Windows that slide along a dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops
from .arguments import whole

if TYPE_CHECKING:
    from ..tensor import Tensor


def unfold(input: Any, dimension: int, size: int, step: int) -> Tensor:
    """Return the windows of ``size`` entries along a dimension, ``step`` apart: their entries in a last dimension."""
    return ops.unfold(input, axis=whole(dimension), size=whole(size, "a size"), step=whole(step, "a step"))


__all__: list[str] = []
