"""The vocabulary: all ops by name. :func:`engine.op.define` adds one, and the dispatch looks casts up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .op import Op

OPS: dict[str, Op] = {}
