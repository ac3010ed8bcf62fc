"""Windows that slide along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Definition
from .steps import rearranged


def _unfold(a: Any, *, axis: int, size: int, step: int) -> Any:
    """Put side by side what stands ``k`` places further on, for each place ``k`` of a window."""
    count = (a.shape[axis] - size) // step + 1
    starts = np.arange(count) * step
    parts = [np.take(a, starts + k, axis=axis) for k in range(size)]
    return np.stack(parts, axis=-1) if parts else np.empty((*np.take(a, starts * 0, axis=axis).shape, 0), a.dtype)


RULES: dict[str, Definition] = {
    "unfold": rearranged(_unfold),
}
