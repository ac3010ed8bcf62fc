"""The incomplete gamma and beta functions of given parameters, and the reciprocal of the gamma function."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from gradproof.budget import pointwise
from gradproof.errors import ArgumentError

from ..domain import POSITIVE, Domain
from ..op import Function, define
from ..shapes import Elementwise
from ..variable import Array, array_of
from .arithmetic import pow as power
from .exponential import exp, log1p
from .selection import where
from .special import digamma
from .wide import computed_wide, pulled_wide

UNARY = Elementwise(1)

#: From here on Stirling's formula is as good as the gamma function, which overflows.
_LARGE = 100.0


def _checked(name: str, *parameters: float) -> None:
    """Raise ``ArgumentError`` unless all parameters are positive."""
    if not min(parameters) > 0.0:
        raise ArgumentError(f"{name} needs positive parameters, not {', '.join(map(str, parameters))}")


def _stirling(a: float) -> float:
    """Return ``Gamma(a) / (sqrt(2 pi / a) (a/e)^a)`` for large a (DLMF 5.11.3)."""
    return 1.0 + 1.0 / (12.0 * a) + 1.0 / (288.0 * a * a) - 139.0 / (51840.0 * a**3) - 571.0 / (2488320.0 * a**4)


def _kernel(ct: Any, x: Any, a: float) -> Any:
    """Return ``ct x^a exp(-x) / Gamma(a)``: half of it at a time, lest a factor leaves the range of floats."""
    if a <= _LARGE:
        half = power(x, 0.5 * a) * exp(-0.5 * x)
        return ct * half * half / math.gamma(a)
    apart = (x - a) / a
    return ct * exp(a * (log1p(apart) - apart)) * (math.sqrt(a / (2.0 * math.pi)) / _stirling(a))


def _density(ct: Any, x: Any, a: float) -> Any:
    """Return ``ct x^(a-1) exp(-x) / Gamma(a)``, on arrays and on tensors; of a below 1/2 the difference may round."""
    if not 0.5 <= a <= _LARGE:
        return _kernel(ct, x, a) / x
    half = power(x, 0.5 * (a - 1.0)) * exp(-0.5 * x)
    return ct * half * half / math.gamma(a)


def _terms(a: float) -> int:
    """Return how many terms of the series and of the continued fraction are enough on their sides of ``x = a + 1``."""
    return 100 + math.ceil(9.0 * math.sqrt(a))


def _lower_by_series(x: Array, a: float) -> Any:
    """Return P(a, x) by its series (DLMF 8.11.4), whose terms are positive, for x up to a + 1."""
    total = np.ones_like(x)
    for k in range(_terms(a), 0, -1):
        total = 1.0 + total * x / (a + k)
    return _kernel(total / a, x, a)


def _upper_by_fraction(x: Array, a: float) -> Any:
    """Return Q(a, x) by its continued fraction (DLMF 8.9.2), for x from 1 and from a on."""
    tail = np.zeros_like(x)
    for k in range(_terms(a), 0, -1):
        tail = k * (a - k) / (x + (2 * k + 1 - a) + tail)
    return _kernel(1.0 / (x + (1.0 - a) + tail), x, a)


def _gammainc_forward(x: Array, *, a: float) -> Any:
    """Return P(a, x)."""
    _checked("gammainc", a)
    series = _lower_by_series(np.minimum(x, a + 1.0), a)
    return np.where(x <= a + 1.0, series, 1.0 - _upper_by_fraction(np.maximum(x, a + 1.0), a))


def _gammaincc_forward(x: Array, *, a: float) -> Any:
    """Return Q(a, x); for small x, where its series begins with a difference, SciPy's."""
    _checked("gammaincc", a)
    start = max(1.0, a)
    fraction = _upper_by_fraction(np.maximum(x, start), a)
    near = special.gammaincc(a, np.minimum(x, 1.0)) if a < 1.0 else 1.0 - _lower_by_series(np.minimum(x, start), a)
    return np.where(x >= start, fraction, near)


def _gammainc(ct: Any, y: Any, x: Any, *, a: float) -> Any:
    return _density(ct, x, a)


def _gammaincc(ct: Any, y: Any, x: Any, *, a: float) -> Any:
    return -_density(ct, x, a)


def _incomplete(name: str, forward: Callable[..., Any], rule: Callable[..., Any], node: str) -> Function:
    return define(
        name,
        forward=computed_wide(forward),
        vjp=pulled_wide(rule),
        shape=UNARY,
        domain=(POSITIVE,),
        params={"a": (0.25, 1.75, 6.75)},
        budget=pointwise(4),
        node=node,
        lapses={
            "forward": "up to 10 ulp, where many terms or the other function are subtracted from 1",
            "vjp": "where a power of x leaves the range of floats and its product with the cotangent does not",
        },
        integers=False,
    )


gammainc = _incomplete("gammainc", _gammainc_forward, _gammainc, "GammaincBackward0")
gammaincc = _incomplete("gammaincc", _gammaincc_forward, _gammaincc, "GammainccBackward0")


#: Below this the first term of the series is all of the incomplete beta function, of parameters up to thousands.
_FEW = 1e-20


def _betainc_forward(x: Array, *, a: float, b: float) -> Any:
    """Return the regularised incomplete beta function."""
    _checked("betainc", a, b)
    half = np.power(np.minimum(x, _FEW), 0.5 * a)
    return np.where(x < _FEW, half / (a * special.beta(a, b)) * half, special.betainc(a, b, np.maximum(x, _FEW)))


def _betainc(ct: Any, y: Any, x: Any, *, a: float, b: float) -> Any:
    """Return ``ct x^(a-1) (1-x)^(b-1) / B(a, b)``: of 1 - x, which is rounded for small x, by way of ``log1p``."""
    low = array_of(x) < 0.5
    below = exp((b - 1.0) * log1p(-where(low, x, 0.5)))
    above = power(1.0 - where(low, 0.5, x), b - 1.0)
    half = power(x, 0.5 * (a - 1.0))
    return ct / float(special.beta(a, b)) * half * where(low, below, above) * half


betainc = define(
    "betainc",
    forward=computed_wide(_betainc_forward),
    vjp=pulled_wide(_betainc),
    shape=UNARY,
    domain=(Domain(low=0.0, high=1.0),),
    params={"a": (0.75, 3.25), "b": (0.5, 2.5)},
    budget=pointwise(4),
    node="BetaincBackward0",
    lapses={
        "forward": "up to 6 ulp",
        "vjp": "where a power leaves the range of floats and its product with the cotangent does not",
    },
    integers=False,
)

#: Below this the reciprocal is x, to more digits than a float has.
_TINY = 1e-30


def _rgamma(ct: Any, y: Any, x: Any) -> Any:
    """Return ``-ct psi(x) / Gamma(x)``, for tiny x, where the first overflows, ``ct (1 + 2 gamma x)``."""
    tiny = array_of(x) < _TINY
    safe = where(tiny, 1.0, x)
    near = ct * (1.0 + 2.0 * np.euler_gamma * where(tiny, x, 0.0))
    return where(tiny, near, -ct * (digamma(safe) * rgamma(safe)))


rgamma: Function = define(
    "rgamma",
    forward=computed_wide(special.rgamma),
    vjp=pulled_wide(_rgamma),
    shape=UNARY,
    domain=(POSITIVE,),
    budget=pointwise(4),
    node="RgammaBackward0",
    lapses={
        "forward": "for large arguments, where the rounding of the exponent of Stirling's formula is magnified",
        "vjp": "likewise, and near its root at 1.4616",
    },
    integers=False,
)

__all__ = [
    "betainc",
    "gammainc",
    "gammaincc",
    "rgamma",
]
