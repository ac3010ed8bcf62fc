"""Axes left out, and axes exchanged."""

from __future__ import annotations

import numpy as np

from ..program import Definition
from .steps import rearranged

RULES: dict[str, Definition] = {
    "squeeze": rearranged(np.squeeze),
    "swapaxes": rearranged(np.swapaxes),
}
