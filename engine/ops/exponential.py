"""Exponentials and logarithms."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import pointwise

from ..domain import POSITIVE, REAL, above
from ..op import Op, define
from ..shapes import Elementwise
from .scaling import are_normal, is_lost
from .selection import where

UNARY = Elementwise(1)


def times_exp(factor: Any, e: Any, x: Any) -> Any:
    """Return ``factor e`` with ``e = exp(x)``, which is taken in two factors where it underflows or overflows."""
    if are_normal(e):
        return factor * e
    lost = is_lost(e)
    root = exp(0.5 * where(lost, x, 0.0))
    return where(lost, root * (factor * root), factor * e)


exp: Op = define(
    "exp",
    forward=np.exp,
    vjp=times_exp,
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="ExpBackward0",
    integers=False,
)

expm1 = define(
    "expm1",
    forward=np.expm1,
    # y + 1 would lose every digit for large negative x
    vjp=lambda ct, y, x: times_exp(ct, exp(x), x),
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="Expm1Backward0",
    integers=False,
)

log = define(
    "log",
    forward=np.log,
    vjp=lambda ct, y, x: ct / x,
    shape=UNARY,
    domain=(POSITIVE,),
    budget=pointwise(4),
    node="LogBackward0",
    integers=False,
)

log1p = define(
    "log1p",
    forward=np.log1p,
    vjp=lambda ct, y, x: ct / (1.0 + x),
    shape=UNARY,
    domain=(above(-1.0),),
    budget=pointwise(4),
    node="Log1PBackward0",
    integers=False,
)

__all__ = [
    "exp",
    "expm1",
    "log",
    "log1p",
]
