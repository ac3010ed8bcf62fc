"""Differences of neighbours."""

from __future__ import annotations

from ..program import Definition
from .steps import difference, part_of

RULES: dict[str, Definition] = {
    "diff": lambda x, *, axis: difference(part_of(x, axis, slice(1, None)), part_of(x, axis, slice(0, -1))),
}
