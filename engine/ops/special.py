"""Special functions: the error function and the normal distribution, the logarithm of the gamma function."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from gradproof.budget import pointwise
from gradproof.errors import ArgumentError

from ..domain import POSITIVE, REAL
from ..op import Function, define
from ..shapes import Elementwise
from ..variable import Array, array_of
from .exponential import expm1
from .selection import where
from .wide import computed_wide, pulled_wide

UNARY = Elementwise(1)

#: Beyond this magnitude, times any float, the Gaussian is 0.
_FAR = 64.0
#: Multiples of 2^-12 up to 64 have 18 bits, so that their squares are exact.
_GRID = 4096.0
#: Near the logarithm of the smallest normal number.
_SMALL = -700.0


#: Where the normal distribution function is expanded, and its values there, rounded to nearest.
_NODES = -0.25 * np.arange(3, 18)
_AT_NODES = np.array(
    [
        0.2266273523768682,
        0.15865525393145705,
        0.10564977366685525,
        0.06680720126885807,
        0.04005915686381709,
        0.02275013194817921,
        0.012224472655044703,
        0.006209665325776135,
        0.002979763235054557,
        0.0013498980316300946,
        0.000577025042390767,
        0.00023262907903552504,
        8.841728520080387e-05,
        3.1671241833119924e-05,
        1.068852577493442e-05,
    ]
)


def _slopes_at_nodes() -> Array:
    """Return for each node a, lowest first, the coefficients of ``(Phi(a + h) - Phi(a)) / h`` in powers of h.

    They are ``phi(a) (-1)^k He_k(a) / (k + 1)!`` (DLMF 18.5.9), Hermite's polynomials by their recurrence (18.9.1).
    """
    density = np.exp(-0.5 * np.square(_NODES)) / math.sqrt(2.0 * math.pi)
    hermite = [np.ones_like(_NODES), _NODES]
    for k in range(1, 15):
        hermite.append(_NODES * hermite[-1] - k * hermite[-2])
    return np.array([density * (-1.0) ** k * he / math.factorial(k + 1) for k, he in enumerate(hermite)])


_SLOPES_AT_NODES = _slopes_at_nodes()


def _normal_by_series(x: Array) -> Array:
    """Return the normal distribution function of x between -4.3 and -0.7, by its Taylor series at the nearest node.

    There SciPy's ``erfcx`` is off by up to 3.7 ulp. The series adds at most six tenths of the value at a node to it.
    """
    node = np.clip(np.rint(-4.0 * x - 3.0), 0, len(_NODES) - 1).astype(np.intp)
    h = x - _NODES[node]
    total = np.zeros_like(x)
    for slopes in _SLOPES_AT_NODES[::-1]:
        total = total * h + slopes[node]
    return np.asarray(_AT_NODES[node] + total * h)


def gaussian(factor: Any, x: Any, rate: float) -> Any:
    """Return ``factor exp(-rate x^2)`` in float64, for a ``rate`` of 1 or 1/2.

    The rounding of x^2 would cost hundreds of ulp. So x is split into a few leading bits, whose square is exact, and
    the rest, a technique of fdlibm's erf, whose exponential is near 1: its difference from 1 hardly rounds. Where the
    whole may underflow though its product with ``factor`` does not, half of it goes in at a time. The leading bits
    count as constants: the derivative comes from the rest.
    """
    leading = np.rint(np.clip(array_of(x), -_FAR, _FAR) * _GRID) / _GRID
    exponent = -rate * np.square(leading)
    later = np.where(exponent < _SMALL, 0.5 * exponent, 0.0)
    product = np.exp(exponent - later) * (factor + factor * expm1(-rate * ((x - leading) * (x + leading))))
    return product * np.exp(later) if later.any() else product


def lower_tail(factor: Any, x: Array) -> Any:
    """Return ``factor`` times the normal distribution function of x, in float64.

    Below -4.3 through ``erfcx(z) = exp(z^2) erfc(z)``, above -0.7 through ``erf``: there it is the larger half.
    """
    z = -x * math.sqrt(0.5)
    far = gaussian(0.5 * factor * special.erfcx(np.maximum(z, 0.0)), x, 0.5)
    tail = np.asarray(np.where(x < -0.7, far, 0.5 * factor * (1.0 - special.erf(z))))
    between = (x > -4.3) & (x < -0.7)
    tail[between] = (factor * np.ones_like(x))[between] * _normal_by_series(x[between])
    return tail


erf = define(
    "erf",
    forward=computed_wide(special.erf),
    vjp=pulled_wide(lambda ct, y, x: gaussian(ct * (2.0 / math.sqrt(math.pi)), x, 1.0)),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="ErfBackward0",
    integers=False,
)

ndtr = define(
    "ndtr",
    forward=computed_wide(lambda x: lower_tail(1.0, x)),
    vjp=pulled_wide(lambda ct, y, x: gaussian(ct * math.sqrt(0.5 / math.pi), x, 0.5)),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="SpecialNdtrBackward0",
    integers=False,
)


#: So many terms of the zeta function are added here, the smallest first, since SciPy begins with the largest.
_LEADING_TERMS = 6

#: Below this SciPy would add up as many terms as the argument is large: nothing is returned there.
_FAR_BELOW = -1000.0


def _hurwitz_zeta(s: int, x: Array) -> Any:
    """Return ``sum_k (x + k)^-s``, NaN far below zero."""
    x = np.where(x < _FAR_BELOW, np.nan, x)
    total = special.zeta(s, x + _LEADING_TERMS)
    for k in reversed(range(_LEADING_TERMS)):
        total = total + (x + k) ** -float(s)
    return total


def _polygamma_forward(x: Array, *, n: int) -> Array:
    """Return ``(-1)^(n+1) n! zeta(n + 1, x)``, and for large x the leading terms of its expansion (DLMF 5.15.8).

    The zeta function underflows where the whole does not, so the factorial is multiplied in between two powers.
    """
    if n < 1:
        raise ArgumentError(f"polygamma needs an order of at least 1, not {n}; of order 0 it is digamma")
    large = np.maximum(x, 1e8)
    series = 1.0 + n / (2.0 * large) + n * (n + 1) / 12.0 / large / large
    far = math.factorial(n - 1) * series * large ** -(n // 2) * large ** -(n - n // 2)
    size = np.where(x >= 1e8, far, math.factorial(n) * _hurwitz_zeta(n + 1, x))
    return size if n % 2 else -size


_HIGH_POWER = "up to 7 ulp from order 4 on, where a high power magnifies the rounding of x + k"

polygamma: Function = define(
    "polygamma",
    forward=computed_wide(_polygamma_forward),
    vjp=pulled_wide(lambda ct, y, x, *, n: ct * polygamma(x, n=n + 1)),
    shape=UNARY,
    domain=(POSITIVE,),
    params={"n": (1, 2, 3)},
    budget=pointwise(4),
    node="PolygammaBackward0",
    lapses={"forward": _HIGH_POWER, "vjp": _HIGH_POWER},
    integers=False,
)

#: Below this the gamma function is 1/x, and digamma -1/x, to more digits than a float has.
_TINY = 1e-30


def _times_trigamma(ct: Any, x: Any) -> Any:
    """Return ``ct polygamma(1, x)``, for tiny x, where the second may overflow, ``ct / x^2``."""
    tiny = array_of(x) < _TINY
    least = where(tiny, x, 1.0)
    return where(tiny, ct / least / least, ct * polygamma(where(tiny, 1.0, x), n=1))


digamma = define(
    "digamma",
    forward=computed_wide(special.psi),
    vjp=pulled_wide(lambda ct, y, x: _times_trigamma(ct, x)),
    shape=UNARY,
    domain=(POSITIVE,),
    budget=pointwise(4),
    node="DigammaBackward0",
    integers=False,
)


def _gammaln_forward(x: Array) -> Any:
    """Return ``log(Gamma(x))``; for tiny x, where SciPy's overflows, the logarithm of 1/x."""
    return np.where(x < _TINY, -np.log(x), special.gammaln(x))


def _times_digamma(ct: Any, x: Any) -> Any:
    """Return ``ct digamma(x)``, for tiny x, where the second may overflow, ``-ct / x``."""
    tiny = array_of(x) < _TINY
    return where(tiny, -ct / where(tiny, x, 1.0), ct * digamma(where(tiny, 1.0, x)))


gammaln = define(
    "gammaln",
    forward=computed_wide(_gammaln_forward),
    vjp=pulled_wide(lambda ct, y, x: _times_digamma(ct, x)),
    shape=UNARY,
    domain=(POSITIVE,),
    budget=pointwise(4),
    node="LgammaBackward0",
    lapses={"forward": "near its roots at 1 and 2, where its terms cancel"},
    integers=False,
)

__all__ = [
    "digamma",
    "erf",
    "gammaln",
    "ndtr",
    "polygamma",
]
