"""Windows that slide along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Definition
from .steps import rearranged


def _unfold(a: Any, *, axis: int, size: int, step: int) -> Any:
    """Put side by side what stands ``k`` places further on, for each place ``k`` of a window."""
    place = axis % a.ndim
    count = (a.shape[place] - size) // step + 1
    if not size:
        return np.empty((*a.shape[:place], count, *a.shape[place + 1 :], 0), a.dtype)
    return np.stack([np.take(a, np.arange(count) * step + k, axis=place) for k in range(size)], axis=-1)


RULES: dict[str, Definition] = {
    "unfold": rearranged(_unfold),
}
