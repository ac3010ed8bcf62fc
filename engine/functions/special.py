"""Special functions."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

from gradproof.errors import ArgumentError

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


def erfc(input: Any) -> Tensor:
    """Return ``1 - erf(input)``, exact also where it is small."""
    return ops.erfc(input)


def erfinv(input: Any) -> Tensor:
    """Return the number whose error function is ``input``."""
    return ops.erfinv(input)


def erfcinv(input: Any) -> Tensor:
    """Return the number whose complementary error function is ``input``."""
    return ops.erfcinv(input)


def erfcx(input: Any) -> Tensor:
    """Return ``exp(input^2) erfc(input)``."""
    return ops.erfcx(input)


def log_ndtr(input: Any) -> Tensor:
    """Return the logarithm of :func:`ndtr`, exact also where that underflows."""
    return ops.log_ndtr(input)


def ndtr(input: Any) -> Tensor:
    """Return the distribution function of the standard normal distribution."""
    return ops.ndtr(input)


def ndtri(input: Any) -> Tensor:
    """Return the number at which :func:`ndtr` is ``input``."""
    return ops.ndtri(input)


def gamma(input: Any) -> Tensor:
    """Return the gamma function, of positive numbers."""
    return ops.gamma(input)


def betaln(a: Any, b: Any) -> Tensor:
    """Return the logarithm of :func:`beta`."""
    return ops.subtract(ops.add(ops.gammaln(a), ops.gammaln(b)), ops.gammaln(ops.add(a, b)))


def beta(a: Any, b: Any) -> Tensor:
    """Return ``gamma(a) gamma(b) / gamma(a + b)`` of positive numbers."""
    return ops.exp(betaln(a, b))


def mvlgamma(input: Any, p: int) -> Tensor:
    """Return the logarithm of the gamma function of ``p`` dimensions, of numbers above ``(p - 1) / 2``.

    That is ``p (p - 1) / 4 log(pi) + sum_k lgamma(input - k / 2)`` over the p dimensions (DLMF 35.3.4).
    Raises ``ArgumentError`` where p is not positive.
    """
    if p < 1:
        raise ArgumentError(f"mvlgamma needs at least one dimension, not {p}")
    terms = [ops.gammaln(ops.subtract(input, 0.5 * k)) for k in range(p)]
    return ops.add(functools.reduce(ops.add, terms), 0.25 * p * (p - 1) * math.log(math.pi))


__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "lgamma",
    "mvlgamma",
    "polygamma",
]
