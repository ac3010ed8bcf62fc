"""Entries in another order along axes."""

from __future__ import annotations

import numpy as np

from ..program import Definition
from .steps import rearranged

RULES: dict[str, Definition] = {
    "flip": rearranged(np.flip),
    "roll": rearranged(np.roll),
}
