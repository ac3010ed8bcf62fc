"""Bessel functions of integer order, and modified ones, which may be scaled."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from scipy import special

from gradproof.budget import pointwise
from gradproof.errors import ArgumentError

from ..domain import POSITIVE, REAL
from ..op import Function, define
from ..shapes import Elementwise
from ..variable import Array, array_of
from .arithmetic import sqrt
from .exponential import exp
from .linear_algebra import matmul
from .rearrangement import expand_dims
from .selection import where
from .wide import computed_wide, pulled_wide

UNARY = Elementwise(1)
#: The orders that are generated.
ORDERS = (0, 1, 2, 3)


def _checked(n: int) -> None:
    """Raise ``ArgumentError`` where the order is negative."""
    if n < 0:
        raise ArgumentError(f"a Bessel function is meant for orders from 0 on here, not {n}")


def _far_from(n: int) -> float:
    """Return from where on the asymptotic expansions have all digits."""
    return max(30.0, 2.0 * n * n)


@cache
def _asymptotic(n: int) -> tuple[float, ...]:
    """Return the coefficients ``a_k(n)`` of the asymptotic expansions (DLMF 10.17.1)."""
    found = [1.0]
    for k in range(1, 24):
        found.append(found[-1] * (4 * n * n - (2 * k - 1) ** 2) / (8 * k))
    return tuple(found)


def _polynomial(coefficients: tuple[float, ...], x: Any) -> Any:
    """Return a polynomial, the coefficients from the constant one on."""
    total: Any = coefficients[-1]
    for each in reversed(coefficients[:-1]):
        total = total * x + each
    return total


def _series(x: Array, n: int, sign: float) -> Any:
    """Return ``sum_k (sign x^2/4)^k / (k! (n+1)_k)`` (DLMF 10.2.2 and 10.25.2)."""
    square = sign * np.square(0.5 * x)
    total = np.ones_like(x)
    for k in range(20 + math.ceil(3.0 * float(np.max(x, initial=0.0))), 0, -1):
        total = 1.0 + total * square / (k * (n + k))
    return total


def _leading(x: Array, n: int) -> Any:
    """Return ``(x/2)^n / n!``."""
    return np.power(0.5 * x, n) / math.factorial(n)


# --- modified functions


@cache
def _nodes(n: int) -> tuple[tuple[float, float], ...]:
    """Return ``1 - cos(t)`` and weights of the trapezoidal rule for ``1/pi int exp(x cos t) cos(n t) dt`` on [0, pi].

    What contributes least comes first.
    """
    half = 4 * math.ceil(math.sqrt(_far_from(n))) + 16
    angles = [math.pi * j / half for j in range(half, -1, -1)]
    weights = [(1.0 if 0 < j < half else 0.5) / half for j in range(half, -1, -1)]
    return tuple(
        (2.0 * math.sin(0.5 * t) ** 2, weight * math.cos(n * t)) for t, weight in zip(angles, weights, strict=True)
    )


def _scaled(x: Array, n: int) -> Any:
    """Return ``exp(-x) I_n(x)`` of x from 0 on: by series, integral (DLMF 10.32.3) and expansion (10.40.1)."""
    near, far = x < max(2.0, 0.5 * n * n), x > _far_from(n)
    low = np.where(near, x, 0.0)
    value = _leading(low, n) * _series(low, n, 1.0) * np.exp(-low)
    between = np.where(near | far, 2.0, x)
    integral = sum(weight * np.exp(-between * lack) for lack, weight in _nodes(n))
    high = np.where(far, x, 100.0 + 2.0 * n * n)
    expansion = _polynomial(_asymptotic(n), -1.0 / high) / np.sqrt(high) / math.sqrt(2.0 * math.pi)
    return np.where(near, value, np.where(far, expansion, integral))


def _ive_forward(x: Array, *, n: int) -> Any:
    """Return ``exp(-abs(x)) I_n(x)``."""
    _checked(n)
    return _signed(_scaled(np.abs(x), n), x, n)


def _ive_slope(ct: Any, x: Any, n: int) -> Any:
    """Return ``ct`` times the derivative of ``exp(-abs(x)) I_n(x)``, and at 0, where it may jump, the mean of both.

    Near 0 by its neighbours (DLMF 10.29.1). Farther out the difference would cancel: there the integral and the
    expansion are differentiated.
    """
    values = array_of(x)
    near, far = np.abs(values) < 0.5 * n, np.abs(values) > _far_from(n)
    size = where(values < 0.0, -x, x)
    between = where(near | far, 2.0, size)
    lacks, weights = np.array(_nodes(n)).T
    integral = matmul(exp(expand_dims(between, axis=-1) * -lacks), lacks * weights)
    high = where(far, size, _far_from(n))
    moments = tuple((k + 0.5) / math.sqrt(2.0 * math.pi) * a for k, a in enumerate(_asymptotic(n)))
    slope = where(far, ct * _polynomial(moments, -1.0 / high) / high / sqrt(high), ct * integral)
    slope = -slope if n % 2 else where(values > 0.0, -slope, where(values < 0.0, slope, 0.0 * slope))
    if not near.any():
        return slope
    low = where(near, x, 0.0)
    neighbours = 0.5 * (_ie(low, n - 1) + _ie(low, n + 1)) - np.sign(values) * _ie(low, n)
    return where(near, ct * neighbours, slope)


def _signed(value: Any, x: Any, parity: int) -> Any:
    """Return a function of ``abs(x)`` continued to negative x: as an even function, or as an odd one."""
    return value * np.where(array_of(x) < 0.0, -1.0, 1.0) if parity % 2 else value


def _iv_forward(x: Array, *, n: int) -> Any:
    """Return ``I_n(x)``."""
    _checked(n)
    size = np.abs(x)
    half = np.exp(0.5 * np.minimum(size, 2e3))
    return _signed(_scaled(size, n) * half * half, x, n)


def _iv_slope(ct: Any, x: Any, n: int) -> Any:
    """Return ``ct I_n'(x)``, the mean of its neighbours (DLMF 10.29.1)."""
    return ct * _i(x, 1) if n == 0 else ct * (0.5 * (_i(x, n - 1) + _i(x, n + 1)))


# --- ordinary functions


def _hankel(x: Array, n: int) -> tuple[Any, Any]:
    """Return J_n and Y_n of large x by Hankel's expansions (DLMF 10.17.3 and 10.17.4).

    The phase is reduced with the sine and cosine of x itself, which are exact also far out.
    """
    coefficients, inverse = _asymptotic(n), 1.0 / x
    square = -np.square(inverse)
    even, odd = _polynomial(coefficients[::2], square), inverse * _polynomial(coefficients[1::2], square)
    sine, cosine = np.sin(x), np.cos(x)
    shifted = [(cosine + sine, sine - cosine), (sine - cosine, -sine - cosine)][n % 2]
    sign = (1.0, 1.0, -1.0, -1.0)[n % 4]
    scale = sign / np.sqrt(x) / math.sqrt(math.pi)
    cosine, sine = shifted
    return scale * (cosine * even - sine * odd), scale * (sine * even + cosine * odd)


def _jv_forward(x: Array, *, n: int) -> Any:
    """Return ``J_n(x)``."""
    _checked(n)
    size = np.abs(x)
    near, far = np.square(size) < 2.0 * (n + 1), size > _far_from(n)
    low = np.where(near, size, 0.0)
    between = np.where(near | far, 2.0, size)
    value = {0: special.j0, 1: special.j1}.get(n, partial(special.jv, n))(between)
    value = np.where(near, _leading(low, n) * _series(low, n, -1.0), value)
    return _signed(np.where(far, _hankel(np.where(far, size, 100.0), n)[0], value), x, n)


def _jv_slope(ct: Any, x: Any, n: int) -> Any:
    """Return ``ct J_n'(x)`` (DLMF 10.6.1)."""
    return -ct * _j(x, 1) if n == 0 else ct * (0.5 * (_j(x, n - 1) - _j(x, n + 1)))


#: Where Y_0 is expanded, and ``Y_0`` and ``Y_0'`` there: SciPy's loses digits up to 5.
_CENTRES = (2.5, 3.5, 4.5)
_AT_CENTRES = (
    (0.4980703596152319, -0.1459181379667858),
    (0.1890219439208265, -0.41018841788751187),
    (-0.19470500862950454, -0.3009973230696546),
)


@cache
def _taylor(place: int) -> tuple[float, ...]:
    """Return the Taylor coefficients of Y_0 at a centre c, by Bessel's equation ``x y'' + y' + x y = 0``."""
    c, found = _CENTRES[place], list(_AT_CENTRES[place])
    for k in range(26):
        earlier = found[k - 1] if k else 0.0
        found.append(-((k + 1) ** 2 * found[k + 1] + c * found[k] + earlier) / (c * (k + 2) * (k + 1)))
    return tuple(found)


def _y0(x: Array) -> Any:
    """Return ``Y_0`` of moderate x."""
    value = np.asarray(special.y0(x))
    for place, centre in enumerate(_CENTRES):
        value = np.where(np.abs(x - centre) <= 0.5, _polynomial(_taylor(place), x - centre), value)
    return value


#: Below this the first term (DLMF 10.7.4) is all.
_LEAST = 1e-10


def _yn_forward(x: Array, *, n: int) -> Any:
    """Return ``Y_n(x)``: by recurrence (DLMF 10.6.1), which is stable upwards, or by Hankel's expansion."""
    _checked(n)
    far = x > _far_from(n)
    near = np.where(far | ((n > 0) & (x < _LEAST)), 2.0, x)
    earlier, value = _y0(near), special.y1(near)
    for k in range(1, n):
        earlier, value = value, 2.0 * k / near * value - earlier
    value = np.where(far, _hankel(np.where(far, x, 100.0), n)[1], value if n else earlier)
    if n == 0:
        return value
    least = np.minimum(x, _LEAST)
    leading = (-2.0 * math.factorial(n - 1) / math.pi) / least * np.power(2.0 / least, n - 1)
    return np.where(x < _LEAST, leading, value)


def _yn_slope(ct: Any, x: Any, n: int) -> Any:
    """Return ``ct Y_n'(x)`` (DLMF 10.6.1)."""
    if n == 0:
        return -ct * _y(x, 1)
    tiny = array_of(x) < _LEAST
    safe = where(tiny, 1.0, x)
    least = where(tiny, x, 1.0)
    value = ct * (0.5 * (_y(safe, n - 1) - _y(safe, n + 1)))
    return where(tiny, -n * (ct * _y(least, n) / least), value) if tiny.any() else value


# --- ops


def _of_order(name: str, forward: Callable[..., Any], slope: Callable[..., Any], node: str, **facts: Any) -> Function:
    """Define an op with the order as a static parameter."""
    return define(
        name,
        forward=computed_wide(forward),
        vjp=pulled_wide(lambda ct, y, x, *, n: slope(ct, x, n)),
        shape=UNARY,
        params={"n": ORDERS[2:]},
        budget=pointwise(4),
        node=node,
        integers=False,
        **facts,
    )


def _named(
    name: str, n: int, forward: Callable[..., Any], slope: Callable[..., Any], node: str, **facts: Any
) -> Function:
    """Define an op of order 0 or 1, which has a name of its own."""
    return define(
        name,
        forward=computed_wide(lambda x: forward(x, n=n)),
        vjp=pulled_wide(lambda ct, y, x: slope(ct, x, n)),
        shape=UNARY,
        budget=pointwise(4),
        node=node,
        integers=False,
        **facts,
    )


_ZEROS = {"forward": "near its zeros", "vjp": "near the zeros of its derivative"}
_MODIFIED = {
    "forward": "from order 2 on, where the roundings of many terms add up",
    "vjp": "where the slope leaves the range of floats and its product with the cotangent does not",
}
_SCALED = {"forward": _MODIFIED["forward"], "vjp": "near its root, and likewise from order 2 on"}
_ANYWHERE: dict[str, Any] = {"domain": (REAL,)}
_POSITIVE: dict[str, Any] = {"domain": (POSITIVE,), "lapses": _ZEROS}

i0 = _named("i0", 0, _iv_forward, _iv_slope, "I0Backward0", lapses={"vjp": _MODIFIED["vjp"]}, **_ANYWHERE)
i1 = _named("i1", 1, _iv_forward, _iv_slope, "SpecialI1Backward0", lapses={"vjp": _MODIFIED["vjp"]}, **_ANYWHERE)
iv = _of_order("iv", _iv_forward, _iv_slope, "IvBackward0", lapses=_MODIFIED, **_ANYWHERE)
i0e = _named("i0e", 0, _ive_forward, _ive_slope, "SpecialI0EBackward0", kinks=((0.0,),), **_ANYWHERE)
i1e = _named("i1e", 1, _ive_forward, _ive_slope, "SpecialI1EBackward0", lapses=_SCALED, **_ANYWHERE)
ive = _of_order("ive", _ive_forward, _ive_slope, "IveBackward0", lapses=_SCALED, **_ANYWHERE)
j0 = _named("j0", 0, _jv_forward, _jv_slope, "SpecialBesselJ0Backward0", lapses=_ZEROS, **_ANYWHERE)
j1 = _named("j1", 1, _jv_forward, _jv_slope, "SpecialBesselJ1Backward0", lapses=_ZEROS, **_ANYWHERE)
jn = _of_order("jn", _jv_forward, _jv_slope, "JnBackward0", lapses=_ZEROS, **_ANYWHERE)
y0 = _named("y0", 0, _yn_forward, _yn_slope, "SpecialBesselY0Backward0", **_POSITIVE)
y1 = _named("y1", 1, _yn_forward, _yn_slope, "SpecialBesselY1Backward0", **_POSITIVE)
yn = _of_order("yn", _yn_forward, _yn_slope, "YnBackward0", **_POSITIVE)


def _i(x: Any, n: int) -> Any:
    return (i0, i1)[n](x) if n < 2 else iv(x, n=n)


def _ie(x: Any, n: int) -> Any:
    return (i0e, i1e)[n](x) if n < 2 else ive(x, n=n)


def _j(x: Any, n: int) -> Any:
    return (j0, j1)[n](x) if n < 2 else jn(x, n=n)


def _y(x: Any, n: int) -> Any:
    return (y0, y1)[n](x) if n < 2 else yn(x, n=n)


__all__ = [
    "i0",
    "i0e",
    "i1",
    "i1e",
    "iv",
    "ive",
    "j0",
    "j1",
    "jn",
    "y0",
    "y1",
    "yn",
]
