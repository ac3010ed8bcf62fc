"""Comparisons and selections: the ops whose derivative jumps."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import EXACT, correctly_rounded

from ..domain import BOOLEAN, NONZERO, REAL
from ..op import Function, define
from ..shapes import Elementwise
from ..variable import Array, array_of

UNARY, BINARY = Elementwise(1), Elementwise(2)


def _comparison(name: str, forward: Any) -> Function:
    return define(name, forward=forward, shape=BINARY, domain=(REAL, REAL), budget=EXACT, node="", ties=True)


equal = _comparison("equal", np.equal)
not_equal = _comparison("not_equal", np.not_equal)
less = _comparison("less", np.less)
less_equal = _comparison("less_equal", np.less_equal)
greater = _comparison("greater", np.greater)
greater_equal = _comparison("greater_equal", np.greater_equal)

where: Function = define(
    "where",
    forward=lambda condition, a, b: np.where(condition, a, b),
    vjp=(None, lambda ct, y, c, a, b: where(c, ct, 0.0), lambda ct, y, c, a, b: where(c, 0.0, ct)),
    shape=Elementwise(3),
    domain=(BOOLEAN, REAL, REAL),
    budget=EXACT,
    node="WhereBackward0",
)

abs = define(  # noqa: A001 - the array API's name
    "abs",
    forward=np.abs,
    vjp=lambda ct, y, x: where(x > 0.0, ct, where(x < 0.0, -ct, 0.0)),
    shape=UNARY,
    domain=(REAL,),
    kinks=((0.0,),),
    budget=EXACT,
    node="AbsBackward0",
)


def _copysign(ct: Any, y: Any, a: Any, b: Any) -> Any:
    """Return ``ct`` with the sign that a is multiplied by, and 0 where a is 0, as for ``abs``."""
    turned = np.signbit(array_of(a)) != np.signbit(array_of(b))
    return where(array_of(a) == 0.0, 0.0, where(turned, -ct, ct))


copysign = define(
    "copysign",
    forward=np.copysign,
    vjp=(_copysign, lambda ct, y, a, b: where(np.False_, ct, 0.0)),
    shape=BINARY,
    # the sign of a zero is seen, but no sign of a real number
    domain=(REAL, NONZERO),
    kinks=((0.0,), (0.0,)),
    budget=EXACT,
    node="CopysignBackward0",
    integers=False,
)

relu = define(
    "relu",
    forward=lambda x: np.maximum(x, 0),
    vjp=lambda ct, y, x: where(y > 0.0, ct, 0.0),
    shape=UNARY,
    domain=(REAL,),
    kinks=((0.0,),),
    budget=EXACT,
    node="ReluBackward0",
)


def _larger(ct: Any, this: Any, other: Any, *, half: Any) -> Any:
    """Return the share of ``ct`` that goes to ``this``: all, nothing, or ``half`` at a tie, as in PyTorch."""
    return where(this > other, ct, where(this == other, half, 0.0))


def _rest(ct: Any) -> Any:
    """Return the other half: of a subnormal number another one, so that both add up to ``ct``."""
    half = 0.5 * ct
    return where(array_of(half) == array_of(ct), half, ct - half)


maximum = define(
    "maximum",
    forward=np.maximum,
    vjp=(
        lambda ct, y, a, b: _larger(ct, a, b, half=0.5 * ct),
        lambda ct, y, a, b: _larger(ct, b, a, half=_rest(ct)),
    ),
    shape=BINARY,
    domain=(REAL, REAL),
    ties=True,
    budget=EXACT,
    node="MaximumBackward0",
)

minimum = define(
    "minimum",
    forward=np.minimum,
    vjp=(
        lambda ct, y, a, b: _larger(ct, b, a, half=0.5 * ct),
        lambda ct, y, a, b: _larger(ct, a, b, half=_rest(ct)),
    ),
    shape=BINARY,
    domain=(REAL, REAL),
    ties=True,
    budget=EXACT,
    node="MinimumBackward0",
)


def _unless_nan(ct: Any, other: Any, share: Any) -> Any:
    """Return ``ct`` where the other argument is NaN, and so was passed over, elsewhere ``share``."""
    return where(np.isnan(array_of(other)), ct, share)


fmax = define(
    "fmax",
    forward=np.fmax,
    vjp=(
        lambda ct, y, a, b: _unless_nan(ct, b, _larger(ct, a, b, half=0.5 * ct)),
        lambda ct, y, a, b: _unless_nan(ct, a, _larger(ct, b, a, half=_rest(ct))),
    ),
    shape=BINARY,
    domain=(REAL, REAL),
    ties=True,
    budget=EXACT,
    node="FmaxBackward0",
)

fmin = define(
    "fmin",
    forward=np.fmin,
    vjp=(
        lambda ct, y, a, b: _unless_nan(ct, b, _larger(ct, b, a, half=0.5 * ct)),
        lambda ct, y, a, b: _unless_nan(ct, a, _larger(ct, a, b, half=_rest(ct))),
    ),
    shape=BINARY,
    domain=(REAL, REAL),
    ties=True,
    budget=EXACT,
    node="FminBackward0",
)


def _nan_to_num_forward(
    x: Array, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Array:
    """Return x with numbers in place of NaN and infinities, by default 0 and the ends of the range of its dtype."""
    return np.asarray(np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf))


nan_to_num = define(
    "nan_to_num",
    forward=_nan_to_num_forward,
    vjp=lambda ct, y, x, **replacements: where(np.isfinite(array_of(x)), ct, 0.0),
    shape=UNARY,
    domain=(REAL,),
    params={"nan": (0.0,), "posinf": (None, 1.0), "neginf": (None,)},
    budget=EXACT,
    node="NanToNumBackward0",
)

Bound = float | None


def _clip_forward(x: Array, *, min: Bound = None, max: Bound = None) -> Array:
    """Return x within bounds, which are rounded to its dtype; where they cross, ``max`` wins."""
    y = np.array(x)
    if min is not None:
        y = np.maximum(y, min)
    return y if max is None else np.minimum(y, max)


def _clip(ct: Any, y: Any, x: Any, *, min: Bound, max: Bound) -> Any:
    """Pass ``ct`` on between the bounds, and not at them: PyTorch's convention. They are compared unrounded."""
    values = array_of(x).astype(np.float64)
    inside = np.full(values.shape, True)
    if min is not None:
        inside &= values > min
    if max is not None:
        inside &= values < max
    return where(inside, ct, 0.0)


clip = define(
    "clip",
    forward=_clip_forward,
    vjp=_clip,
    shape=UNARY,
    domain=(REAL,),
    params={"min": (-1.0, None), "max": (0.5, None)},
    kinks=((-1.0, 0.5),),
    # a bound that is no number of the dtype is rounded
    budget=correctly_rounded(vjp=0),
    node="ClampBackward1",
)

__all__ = [
    "abs",
    "clip",
    "copysign",
    "equal",
    "fmax",
    "fmin",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "maximum",
    "minimum",
    "nan_to_num",
    "not_equal",
    "relu",
    "where",
]
