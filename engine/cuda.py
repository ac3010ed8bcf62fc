"""Graphics processors: there are none, so that PyTorch code that asks first runs unchanged."""

from __future__ import annotations


def is_available() -> bool:
    """Return False."""
    return False


def device_count() -> int:
    """Return 0."""
    return 0
