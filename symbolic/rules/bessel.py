"""Bessel functions of integer order, and modified ones, which may be scaled."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import sympy as sp

from ..program import Definition
from .steps import pointwise


@cache
def _of_order(function: Callable[..., Any], n: int) -> Definition:
    return pointwise(lambda x: function(n, x))


@cache
def _scaled_of_order(n: int) -> Definition:
    return pointwise(lambda x: _scaled(n, x), plain=lambda x: sp.exp(-sp.Abs(x)) * sp.besseli(n, x))


def _scaled(n: int, x: Any) -> Any:
    """Return ``exp(-abs(x)) I_n(x)`` as Kummer's function (DLMF 10.39.5).

    Of a product with the exponential the derivative would be a difference of what is nearly equal far out.
    """
    half, factor = n + sp.Rational(1, 2), (x / 2) ** n / sp.factorial(n)
    right, left = (factor * sp.hyper((half,), (2 * n + 1,), side * 2 * x) for side in (-1, 1))
    return sp.Piecewise((right, x >= 0), (left, True))


RULES: dict[str, Definition] = {
    "i0": _of_order(sp.besseli, 0),
    "i0e": _scaled_of_order(0),
    "i1": _of_order(sp.besseli, 1),
    "i1e": _scaled_of_order(1),
    "iv": lambda x, *, n: _of_order(sp.besseli, n)(x),
    "ive": lambda x, *, n: _scaled_of_order(n)(x),
    "j0": _of_order(sp.besselj, 0),
    "j1": _of_order(sp.besselj, 1),
    "jn": lambda x, *, n: _of_order(sp.besselj, n)(x),
    "y0": _of_order(sp.bessely, 0),
    "y1": _of_order(sp.bessely, 1),
    "yn": lambda x, *, n: _of_order(sp.bessely, n)(x),
}
