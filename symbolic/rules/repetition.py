"""Entries several times over."""

from __future__ import annotations

import numpy as np

from ..program import Definition
from .steps import rearranged

RULES: dict[str, Definition] = {
    "repeat": rearranged(lambda x, *, repeats, axis: np.repeat(x, np.array(repeats, np.int64), axis)),
    "tile": rearranged(lambda x, *, repetitions: np.tile(x, repetitions)),
}
