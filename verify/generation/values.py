"""Values for leaves and cotangents: simple ones to shrink to, and those that are likely to hurt."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gradproof.engine.domain import Domain
from gradproof.exact import Array

#: Simplest first. "counting" is 1, 2, 3, ...; "moderate" has full mantissas around 1; "special" has zeros, kinks, ends
#: of the domain and saturation among them; "near" lies close to kinks and ends; "small" and "large" span many
#: magnitudes, "vast" yet more of both.
STYLES = ("counting", "moderate", "integers", "special", "near", "small", "large", "vast")

#: The same as often as they are to be drawn.
WEIGHTED_STYLES = tuple(
    style for style, weight in zip(STYLES, (1, 3, 2, 3, 2, 2, 3, 1), strict=True) for _ in range(weight)
)

_SPECIAL = (0.0, 0.0, 1.0, -1.0, 20.0, -20.0, 1e-8, 40.0)

#: Binary orders of magnitude, from and to.
_SPANS = {"small": (-36.0, 0.0), "large": (0.0, 9.0), "vast": (-45.0, 45.0)}

#: Uniform numbers, made once: a generator for each leaf would cost more than all else about it.
_UNIFORM = np.random.default_rng(0).random(2**16)
_UNIFORM.flags.writeable = False

#: Of an array so many uniform numbers are used for each entry.
_ROWS = 5


def uniforms(seed: int, count: int) -> Array:
    """Return ``count`` numbers between 0 and 1: a deterministic function of the arguments."""
    start = seed * 7919 % len(_UNIFORM)
    if start + count <= len(_UNIFORM):
        return _UNIFORM[start : start + count]
    return np.take(_UNIFORM, range(start, start + count), mode="wrap")


def fill(style: str, domain: Domain, kinks: Sequence[float], shape: tuple[int, ...], seed: int) -> Array:
    """Return float64 values inside ``domain``: a deterministic function of its arguments."""
    size = math.prod(shape)
    rows = uniforms(seed, _ROWS * size).reshape(_ROWS, size)
    values = _styled(style, domain, kinks, rows)
    if domain.matrices:
        return _of_matrices(domain, values.reshape(shape), rows[4].reshape(shape), is_near=style == "near")
    return _into(domain, values, rows[4]).reshape(shape)


def _styled(style: str, domain: Domain, kinks: Sequence[float], rows: Array) -> Array:
    """Return values of a style, wherever they lie."""
    if style == "counting":
        return np.arange(1.0, rows.shape[1] + 1)
    if style == "integers":
        return np.floor(7.0 * rows[0]) - 3.0
    signs = np.where(rows[1] < 0.5, -1.0, 1.0)
    if style in _SPANS:
        low, high = _SPANS[style]
        # a matrix whose entries span many magnitudes is hardly ever well-conditioned: it is scaled as a whole
        place = rows[0, :1] if domain.matrices else rows[0]
        return signs * np.exp2(low + (high - low) * place) * (1.0 + rows[4] if domain.matrices else 1.0)
    values = signs * (0.3 + 1.7 * rows[0])
    if style == "moderate":
        return values
    points = _points(domain, kinks)
    if style == "near":
        return _one_of(points or (0.0,), rows[3]) + signs * np.exp2(-10.0 - 25.0 * rows[2])
    return np.where(rows[2] < 0.3, _one_of((*_SPECIAL, *points, *points), rows[3]), values)


def _points(domain: Domain, kinks: Sequence[float]) -> tuple[float, ...]:
    """Return the kinks and the finite ends of a domain."""
    return (*kinks, *(end for end in (domain.low, domain.high, *domain.without) if math.isfinite(end)))


def _one_of(points: Sequence[float], uniform: Array) -> Array:
    return np.take(points, (len(points) * uniform).astype(np.int64))


def _of_matrices(domain: Domain, values: Array, uniform: Array, *, is_near: bool) -> Array:
    """Return matrices of a kind: as they come, or near the edge of the kind, else with a larger and graded diagonal."""
    diagonal = np.eye(*values.shape[-2:]) * np.arange(1.0, values.shape[-1] + 1.0)
    if is_near and values.shape[-1] > 1:
        values = np.where(values == 0.0, 1.0, values) + uniform
        apart = np.exp2(-3.0 - 7.0 * uniform[..., :1, 0]) * np.max(np.abs(values))
        values[..., -1, :] = values[..., 0, :] + apart * (2.0 * uniform[..., 0, :] - 1.0)
    while not np.all(domain.contains(values)):
        values = values + (1.0 + np.max(np.abs(values))) * diagonal
    return values


def _into(domain: Domain, values: Array, uniform: Array) -> Array:
    """Move what lies outside the domain into it."""
    if domain.integer:
        values = np.round(values)
    inside = domain.contains(values)
    if inside.all():
        return values
    span = domain.high - domain.low
    if math.isfinite(span):
        values = np.where(inside, values, domain.low + span * (np.abs(values) % 1.0))
    elif domain.low > -math.inf:
        values = np.where(inside, values, domain.low + np.abs(values - domain.low))
    elif domain.high < math.inf:
        values = np.where(inside, values, domain.high - np.abs(values - domain.high))
    fallback = 0.3 + 0.6 * uniform
    if math.isfinite(domain.low):
        safe = domain.low + fallback
    else:
        safe = domain.high - fallback if math.isfinite(domain.high) else fallback + 1.0
    safe = np.ceil(safe) if domain.integer else safe
    return np.where(domain.contains(values), values, safe)
