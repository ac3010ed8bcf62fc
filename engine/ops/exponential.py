"""Exponentials and logarithms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradproof.budget import pointwise

from ..domain import POSITIVE, REAL, above
from ..op import Function, define
from ..shapes import Elementwise
from ..variable import array_of
from .scaling import are_normal, is_lost
from .selection import where
from .wide import computed_wide

UNARY = Elementwise(1)

_LOG2 = math.log(2.0)


def times_exp(factor: Any, e: Any, x: Any) -> Any:
    """Return ``factor e`` with ``e = exp(x)``, which is taken in two factors where it underflows or overflows."""
    if are_normal(e):
        return factor * e
    lost = is_lost(e)
    root = exp(0.5 * where(lost, x, 0.0))
    return where(lost, root * (factor * root), factor * e)


exp: Function = define(
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


def _times_exp2(ct: Any, y: Any, x: Any) -> Any:
    """Return ``ct log(2) 2^x``; where the power is out of range, and the whole may not be, by two factors."""
    factor = ct * _LOG2
    lost = is_lost(y)
    if not lost.any():
        return factor * y
    root = exp2(0.5 * where(lost, x, 0.0))
    return where(lost, root * (factor * root), factor * where(lost, 1.0, y))


exp2: Function = define(
    "exp2",
    forward=computed_wide(np.exp2),
    vjp=_times_exp2,
    shape=UNARY,
    domain=(REAL,),
    budget=pointwise(4),
    node="Exp2Backward0",
    integers=False,
)


def _logarithm(name: str, forward: Any, base: float, node: str) -> Function:
    """Define a logarithm to a base between 2 and 16, whose VJP is ``ct / x / log(base)``.

    A quarter of the quotient is taken where it could overflow though the whole does not.
    """
    inverse = 1.0 / math.log(base)

    def rule(ct: Any, y: Any, x: Any) -> Any:  # noqa: ARG001 - all VJP rules take the same arguments
        near = array_of(x) < 1.0
        return ct / where(near, 4.0 * x, x) * np.where(near, 4.0 * inverse, inverse).astype(array_of(x).dtype)

    return define(
        name,
        forward=computed_wide(forward),
        vjp=rule,
        shape=UNARY,
        domain=(POSITIVE,),
        budget=pointwise(4),
        node=node,
        integers=False,
    )


log2 = _logarithm("log2", np.log2, 2.0, "Log2Backward0")
log10 = _logarithm("log10", np.log10, 10.0, "Log10Backward0")

__all__ = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
]
