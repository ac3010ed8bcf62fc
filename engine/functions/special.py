"""Special functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import ops

if TYPE_CHECKING:
    from ..tensor import Tensor


def erf(input: Any) -> Tensor:
    """Return the error function."""
    return ops.erf(input)


def digamma(input: Any) -> Tensor:
    """Return the derivative of :func:`lgamma`, of positive numbers."""
    return ops.digamma(input)


def lgamma(input: Any) -> Tensor:
    """Return the logarithm of the gamma function, of positive numbers."""
    return ops.gammaln(input)


def polygamma(n: int, input: Any) -> Tensor:
    """Return the derivative number ``n`` of :func:`digamma`, of positive numbers."""
    return ops.polygamma(input, n=n) if n else ops.digamma(input)


__all__ = [
    "digamma",
    "erf",
    "lgamma",
    "polygamma",
]
