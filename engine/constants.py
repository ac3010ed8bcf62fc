"""Numbers that PyTorch has by name, and ``newaxis``, which indexes a new dimension."""

from __future__ import annotations

from math import e, inf, nan, pi

newaxis = None

__all__ = ["e", "inf", "nan", "newaxis", "pi"]
