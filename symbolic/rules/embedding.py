"""Embeddings."""

from __future__ import annotations

import numpy as np

from ..program import Definition, move

RULES: dict[str, Definition] = {
    "embedding": lambda weight, indices: move(lambda a: np.take(a, indices.integers, axis=0), weight),
}
