"""Circular and hyperbolic functions."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import pointwise

from ..domain import REAL
from ..op import Op, define
from ..shapes import Elementwise
from .arithmetic import square
from .exponential import exp
from .selection import where

UNARY = Elementwise(1)

sin = define(
    "sin",
    forward=np.sin,
    vjp=lambda ct, y, x: ct * cos(x),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="SinBackward0",
    integers=False,
)

cos: Op = define(
    "cos",
    forward=np.cos,
    vjp=lambda ct, y, x: -ct * sin(x),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="CosBackward0",
    integers=False,
)


def _tanh(ct: Any, y: Any, x: Any) -> Any:
    """Return ``ct sech(x)^2`` as ``4t / (1 + t)^2`` with ``t = exp(-2 abs(x))``: ``1 - y*y`` is 0 in saturation.

    Both branches of the magnitude are smooth at 0, where ``abs`` has no derivative to differentiate again.
    """
    t = exp(2.0 * where(x > 0.0, -x, x))
    return ct * (4.0 * t / square(1.0 + t))


tanh = define(
    "tanh",
    forward=np.tanh,
    vjp=_tanh,
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="TanhBackward0",
    integers=False,
)
