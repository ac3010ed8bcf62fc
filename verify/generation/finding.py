"""Settings for Hypothesis where it looks for one example, and simplifies it, rather than for a failing test."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings


def finding(most: int) -> settings:
    """Return settings for ``hypothesis.find``: so many examples at most, none kept for another run, and no deadline."""
    return settings(
        max_examples=most,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
