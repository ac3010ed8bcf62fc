"""Rectifiers: activations in pieces, each with PyTorch's derivative where two of them meet."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import EXACT, correctly_rounded, pointwise

from ..domain import REAL
from ..op import define
from ..shapes import Elementwise
from ..variable import Array, array_of
from .exponential import exp, times_exp
from .selection import where
from .wide import computed_wide, pulled_wide

UNARY = Elementwise(1)


def _elu(x: Array, *, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Array:
    """Return ``scale x`` above 0, else ``scale alpha (exp(input_scale x) - 1)``."""
    below = (scale * alpha) * np.expm1(input_scale * np.minimum(x, 0.0))
    return np.where(x > 0.0, scale * x, below)


def _elu_vjp(ct: Any, y: Any, x: Any, *, alpha: float, scale: float, input_scale: float) -> Any:
    exponent = input_scale * where(array_of(x) > 0.0, 0.0, x)
    below = times_exp(ct * (scale * alpha * input_scale), exp(exponent), exponent)
    return where(array_of(x) > 0.0, scale * ct, below)


elu = define(
    "elu",
    forward=computed_wide(_elu),
    vjp=pulled_wide(_elu_vjp),
    shape=UNARY,
    domain=(REAL,),
    params={"alpha": (1.0, 1.75), "scale": (1.0,), "input_scale": (1.0, 0.5)},
    kinks=((0.0,),),
    budget=pointwise(4),
    node="EluBackward0",
    integers=False,
)

leaky_relu = define(
    "leaky_relu",
    forward=computed_wide(lambda x, *, negative_slope=0.01: np.where(x > 0.0, x, negative_slope * x)),
    vjp=pulled_wide(lambda ct, y, x, *, negative_slope: where(array_of(x) > 0.0, ct, negative_slope * ct)),
    shape=UNARY,
    domain=(REAL,),
    params={"negative_slope": (0.01, 0.25)},
    kinks=((0.0,),),
    budget=pointwise(4),
    node="LeakyReluBackward0",
    integers=False,
)


def _between(x: Any, low: float, high: float) -> Array:
    """Tell which entries lie between two bounds, which are not rounded to the dtype."""
    values = array_of(x).astype(np.float64)
    return np.asarray((values > low) & (values < high))


def _hardtanh_forward(x: Array, *, min: float = -1.0, max: float = 1.0) -> Array:
    return np.asarray(np.clip(x, x.dtype.type(min), x.dtype.type(max)))


def _hardtanh(ct: Any, y: Any, x: Any, *, min: float, max: float) -> Any:
    """Pass ``ct`` on between the bounds, and not at them: PyTorch's convention."""
    return where(_between(x, min, max), ct, 0.0)


hardtanh = define(
    "hardtanh",
    forward=_hardtanh_forward,
    vjp=_hardtanh,
    shape=UNARY,
    domain=(REAL,),
    params={"min": (-1.0, 0.0), "max": (1.0, 6.0)},
    kinks=((-1.0, 0.0, 1.0, 6.0),),
    # a bound that is no number of the dtype is rounded
    budget=correctly_rounded(vjp=0),
    node="HardtanhBackward0",
)

#: Where the hard sigmoid ends, on either side.
_REACH = 3.0

hardsigmoid = define(
    "hardsigmoid",
    forward=computed_wide(lambda x: np.clip(x + _REACH, 0.0, 6.0) / 6.0),
    vjp=lambda ct, y, x: where(_between(x, -_REACH, _REACH), ct / 6.0, 0.0),
    shape=UNARY,
    domain=(REAL,),
    kinks=((-_REACH, _REACH),),
    budget=pointwise(4),
    node="HardsigmoidBackward0",
    integers=False,
)


def _hardswish(x: Array) -> Array:
    """Return ``x (x + 3) / 6`` between -3 and 3, 0 below and x above."""
    inside = np.clip(x, -_REACH, _REACH)
    return np.where(x < _REACH, inside * ((inside + _REACH) / 6.0), x)


hardswish = define(
    "hardswish",
    forward=computed_wide(_hardswish),
    vjp=pulled_wide(
        lambda ct, y, x: where(
            _between(x, -_REACH, _REACH),
            ct * ((2.0 * where(_between(x, -_REACH, _REACH), x, 0.0) + _REACH) / 6.0),
            where(array_of(x) < 0.0, 0.0, ct),
        )
    ),
    shape=UNARY,
    domain=(REAL,),
    kinks=((-_REACH, _REACH),),
    budget=pointwise(4),
    node="HardswishBackward0",
    integers=False,
)

_SHRINK = {"lambd": (0.5, 2.0)}

hardshrink = define(
    "hardshrink",
    forward=lambda x, *, lambd=0.5: np.where(np.abs(x) <= lambd, 0.0, x).astype(x.dtype),
    vjp=lambda ct, y, x, *, lambd: where(np.abs(array_of(x)) <= lambd, 0.0, ct),
    shape=UNARY,
    domain=(REAL,),
    params=_SHRINK,
    kinks=((-2.0, -0.5, 0.5, 2.0),),
    budget=EXACT,
    node="HardshrinkBackward0",
)

softshrink = define(
    "softshrink",
    forward=computed_wide(lambda x, *, lambd=0.5: x - np.clip(x, -lambd, lambd)),
    vjp=lambda ct, y, x, *, lambd: where(np.abs(array_of(x)) <= lambd, 0.0, ct),
    shape=UNARY,
    domain=(REAL,),
    params=_SHRINK,
    kinks=((-2.0, -0.5, 0.5, 2.0),),
    budget=pointwise(4),
    node="SoftshrinkBackward0",
    integers=False,
)

threshold = define(
    "threshold",
    forward=lambda x, *, threshold=0.0, value=0.0: np.where(x > threshold, x, x.dtype.type(value)),
    vjp=lambda ct, y, x, *, threshold, value: where(array_of(x) > threshold, ct, 0.0),
    shape=UNARY,
    domain=(REAL,),
    params={"threshold": (0.0, 0.25), "value": (0.25, -1.0)},
    kinks=((0.0, 0.25),),
    # a value that is no number of the dtype is rounded
    budget=correctly_rounded(vjp=0),
    node="ThresholdBackward0",
)

__all__ = [
    "elu",
    "hardshrink",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "softshrink",
    "threshold",
]
