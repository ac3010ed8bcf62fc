"""Signs of eigenvectors and their like, which a matrix leaves free: as another routine has them where it is traced."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import ops
from .variable import Array, array_of


def aligned(known: Array, columns: Any, *others: Any) -> list[Any]:
    """Return matrices, each column with the sign by which that of the first matrix points where the ``known`` one does.

    The signs are constants of a trace: they are right around the point of the trace, until the other routine jumps.
    """
    towards = np.sum(array_of(columns) * known, axis=-2, keepdims=True)
    signs = np.where(towards < 0, -1, 1).astype(known.dtype)
    return [ops.multiply(each, signs) for each in (columns, *others)]
