"""Exponentials and logarithms."""

from __future__ import annotations

import numpy as np

from gradproof.budget import pointwise

from ..domain import POSITIVE, REAL, above
from ..op import define
from ..shapes import Elementwise

UNARY = Elementwise(1)

exp = define(
    "exp",
    forward=np.exp,
    vjp=lambda ct, y, x: ct * y,
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
    vjp=lambda ct, y, x: ct * exp(x),
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
