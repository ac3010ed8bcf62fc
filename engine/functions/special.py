"""Special functions."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from gradproof.errors import ArgumentError

from .. import ops
from ..variable import array_of, untracked

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


def gammasgn(input: Any) -> Tensor:
    """Return the sign of the gamma function, which carries no derivative; at its poles what SciPy returns."""
    return untracked(special.gammasgn(input.array), input)


def i0(input: Any) -> Tensor:
    """Return the modified Bessel function of the first kind of order 0."""
    return ops.i0(input)


def i1(input: Any) -> Tensor:
    """Return the modified Bessel function of the first kind of order 1."""
    return ops.i1(input)


def iv(v: int, z: Any) -> Tensor:
    """Return the modified Bessel function of the first kind of an order that is a whole number from 0 on."""
    return _of_order((ops.i0, ops.i1), ops.iv, v, z)


def i0e(input: Any) -> Tensor:
    """Return ``exp(-abs(input)) i0(input)``, which does not overflow."""
    return ops.i0e(input)


def i1e(input: Any) -> Tensor:
    """Return ``exp(-abs(input)) i1(input)``, which does not overflow."""
    return ops.i1e(input)


def ive(v: int, z: Any) -> Tensor:
    """Return ``exp(-abs(z)) iv(v, z)``, which does not overflow."""
    return _of_order((ops.i0e, ops.i1e), ops.ive, v, z)


def bessel_j0(input: Any) -> Tensor:
    """Return the Bessel function of the first kind of order 0."""
    return ops.j0(input)


def bessel_j1(input: Any) -> Tensor:
    """Return the Bessel function of the first kind of order 1."""
    return ops.j1(input)


def jn(n: int, x: Any) -> Tensor:
    """Return the Bessel function of the first kind of an order that is a whole number from 0 on."""
    return _of_order((ops.j0, ops.j1), ops.jn, n, x)


def bessel_y0(input: Any) -> Tensor:
    """Return the Bessel function of the second kind of order 0, of positive numbers."""
    return ops.y0(input)


def bessel_y1(input: Any) -> Tensor:
    """Return the Bessel function of the second kind of order 1, of positive numbers."""
    return ops.y1(input)


def yn(n: int, x: Any) -> Tensor:
    """Return the Bessel function of the second kind of an order that is a whole number from 0 on."""
    return _of_order((ops.y0, ops.y1), ops.yn, n, x)


def _of_order(named: tuple[Any, Any], other: Any, n: int, x: Any) -> Tensor:
    """Call the op of the order 0 or 1, or that of all orders."""
    result: Tensor = named[n](x) if n in (0, 1) else other(x, n=n)
    return result


def rgamma(input: Any) -> Tensor:
    """Return ``1 / gamma(input)``, of positive numbers."""
    return ops.rgamma(input)


def gammainc(input: Any, other: Any) -> Tensor:
    """Return the regularised lower incomplete gamma function P of the order ``input`` at ``other``.

    The order carries no derivative, as in PyTorch: ``ArgumentError`` where it asks for one.
    """
    return _for_each(lambda x, a: ops.gammainc(x, a=a), other, input)


def gammaincc(input: Any, other: Any) -> Tensor:
    """Return ``1 - gammainc(input, other)``, exact also where it is small."""
    return _for_each(lambda x, a: ops.gammaincc(x, a=a), other, input)


def betainc(a: Any, b: Any, x: Any) -> Tensor:
    """Return the regularised incomplete beta function, of parameters that carry no derivative."""
    return _for_each(lambda x, a, b: ops.betainc(x, a=a, b=b), x, a, b)


def _for_each(function: Callable[..., Tensor], x: Any, *parameters: Any) -> Tensor:
    """Call a function of fixed parameters once for each set of values that they have, entry by entry."""
    if any(getattr(each, "requires_grad", False) for each in parameters):
        raise ArgumentError("the parameters carry no derivative: detach them")
    arrays = np.broadcast_arrays(*map(array_of, parameters))
    sets = np.unique(np.stack([each.ravel() for each in arrays]), axis=1).T.tolist()
    if len(sets) == 1:
        return ops.broadcast_to(
            function(x, *sets[0]), shape=np.broadcast_shapes(np.shape(array_of(x)), arrays[0].shape)
        )
    result = function(x, *sets[0])
    for values in sets[1:]:
        chosen = np.logical_and.reduce([each == value for each, value in zip(arrays, values, strict=True)])
        result = ops.where(chosen, function(x, *values), result)
    return result


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


igamma, igammac = gammainc, gammaincc


__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "i0",
    "igamma",
    "igammac",
    "lgamma",
    "mvlgamma",
    "polygamma",
]
