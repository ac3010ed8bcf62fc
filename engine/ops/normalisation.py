"""Normalisations: entries of a group less their mean, over their spread, times a weight."""

# ruff: noqa: ARG001 - all VJP rules take the same arguments

from __future__ import annotations

from typing import Any

import numpy as np

from gradproof.budget import centred, pointwise

from ..domain import REAL
from ..network_shapes import PerChannel, PerGroup
from ..op import Function, define
from ..variable import Array, array_of
from .arithmetic import sqrt, square
from .rearrangement import reshape
from .reduction import mean
from .reduction import sum as sum_
from .rows import from_rows, to_rows
from .scaling import largest_exponent, shifted
from .statistics import about_mean

Axes = tuple[int, ...]


def _scaled(rows: Any, eps: float) -> tuple[Any, Array, Array]:
    """Return large rows divided by powers of two, ``eps`` divided by their squares, and the exponents."""
    exponents = np.maximum(largest_exponent(rows), 0)
    return shifted(rows, -exponents), np.ldexp(array_of(rows).dtype.type(eps), -2 * exponents), exponents


def _over_spread(rows: Any, eps: Array) -> tuple[Any, Any]:
    """Return rows divided by the root of their mean square plus ``eps``, and the inverse of the root."""
    inverse = 1.0 / sqrt(mean(square(rows), axis=-1, keepdims=True) + eps)
    return rows * inverse, inverse


def _standardised(x: Any, axis: Axes, eps: float) -> Any:
    rows, least, _ = _scaled(to_rows(x, axis), eps)
    return from_rows(_over_spread(about_mean(rows), least)[0], x.shape, axis)


def _pulled_through_spread(ct: Any, whitened: Any, inverse: Any, exponents: Array) -> Any:
    """Return the cotangent of rows that were divided by their spread."""
    return shifted(inverse * (ct - whitened * mean(ct * whitened, axis=-1, keepdims=True)), -exponents)


def _by_input(ct: Any, x: Any, axis: Axes, eps: float) -> Any:
    """Return the cotangent of what was standardised: less its mean, and less its component along the result."""
    rows, least, exponents = _scaled(to_rows(x, axis), eps)
    whitened, inverse = _over_spread(about_mean(rows), least)
    pulled = to_rows(ct, axis)
    pulled = pulled - mean(pulled, axis=-1, keepdims=True)
    return from_rows(_pulled_through_spread(pulled, whitened, inverse, exponents), x.shape, axis)


def _layer_norm(x: Array, weight: Array, bias: Array, *, axis: Axes, eps: float = 1e-5) -> Array:
    PerGroup().result(x.shape, weight.shape, bias.shape, axis=axis)
    return np.asarray(_standardised(x, axis, eps) * weight + bias)


layer_norm: Function = define(
    "layer_norm",
    forward=_layer_norm,
    vjp=(
        lambda ct, y, x, weight, bias, *, axis, eps: _by_input(ct * weight, x, axis, eps),
        lambda ct, y, x, weight, bias, *, axis, eps: ct * _standardised(x, axis, eps),
        lambda ct, y, x, weight, bias, *, axis, eps: ct,
    ),
    shape=PerGroup(),
    domain=(REAL, REAL, REAL),
    params={"eps": (1e-5, 0.5)},
    budget=centred(forward=4, vjp=8),
    node="NativeLayerNormBackward0",
    integers=False,
)


def _across(per_channel: Any, x: Any) -> Any:
    """Return one value per channel in a shape that broadcasts to ``x``."""
    return reshape(per_channel, shape=(-1, *(1,) * (x.ndim - 2)))


def _batch_norm(x: Array, weight: Array, bias: Array, *, axis: Axes, eps: float = 1e-5) -> Array:
    PerChannel().result(x.shape, weight.shape, bias.shape, axis=axis)
    return np.asarray(_standardised(x, axis, eps) * _across(weight, x) + _across(bias, x))


batch_norm: Function = define(
    "batch_norm",
    forward=_batch_norm,
    vjp=(
        lambda ct, y, x, weight, bias, *, axis, eps: _by_input(ct * _across(weight, x), x, axis, eps),
        lambda ct, y, x, weight, bias, *, axis, eps: sum_(ct * _standardised(x, axis, eps), axis=axis),
        lambda ct, y, x, weight, bias, *, axis, eps: sum_(ct, axis=axis),
    ),
    shape=PerChannel(),
    domain=(REAL, REAL, REAL),
    params={"eps": (1e-5, 0.5)},
    budget=centred(forward=4, vjp=8),
    node="NativeBatchNormBackward0",
    integers=False,
)


def _to_unit(x: Any, axis: Axes, eps: float) -> Any:
    rows, least, _ = _scaled(to_rows(x, axis), eps)
    return from_rows(_over_spread(rows, least)[0], x.shape, axis)


def _rms_norm(x: Array, weight: Array, *, axis: Axes, eps: float = 1e-5) -> Array:
    PerGroup(factors=1).result(x.shape, weight.shape, axis=axis)
    return np.asarray(_to_unit(x, axis, eps) * weight)


def _rms_norm_input(ct: Any, y: Any, x: Any, weight: Any, *, axis: Axes, eps: float) -> Any:
    rows, least, exponents = _scaled(to_rows(x, axis), eps)
    pulled = _pulled_through_spread(to_rows(ct * weight, axis), *_over_spread(rows, least), exponents)
    return from_rows(pulled, x.shape, axis)


rms_norm: Function = define(
    "rms_norm",
    forward=_rms_norm,
    vjp=(_rms_norm_input, lambda ct, y, x, weight, *, axis, eps: ct * _to_unit(x, axis, eps)),
    shape=PerGroup(factors=1),
    domain=(REAL, REAL),
    params={"eps": (1e-5, 0.5)},
    budget=pointwise(4),
    node="MulBackward0",
    integers=False,
)

__all__ = [
    "batch_norm",
    "layer_norm",
    "rms_norm",
]
