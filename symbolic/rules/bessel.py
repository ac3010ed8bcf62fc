"""Bessel functions of integer order, and modified ones."""

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


RULES: dict[str, Definition] = {
    "i0": _of_order(sp.besseli, 0),
    "i1": _of_order(sp.besseli, 1),
    "iv": lambda x, *, n: _of_order(sp.besseli, n)(x),
    "j0": _of_order(sp.besselj, 0),
    "j1": _of_order(sp.besselj, 1),
    "jn": lambda x, *, n: _of_order(sp.besselj, n)(x),
    "y0": _of_order(sp.bessely, 0),
    "y1": _of_order(sp.bessely, 1),
    "yn": lambda x, *, n: _of_order(sp.bessely, n)(x),
}
