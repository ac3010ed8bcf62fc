"""Roots of equations, enclosed: of what is only defined by equations, such as the eigenvectors of a matrix.

A float approximation is refined by Newton's method. That it has a root beside it, and only one, is then proven by
Krawczyk's operator: where ``K(Y) = y - C F(y) + (I - C F_y(Y)) (Y - y)`` lies in the inside of the box Y around y, Y
has exactly one root, and it lies in K(Y), for every argument x of a box X over which F is evaluated (Krawczyk,
*Computing* 4, 1969; Rump, *Acta Numerica* 19, 2010, section 13).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from flint import arb, arb_mat, ctx

from gradproof.exact import Array

from .derivative import run, slope_of
from .domain import Domain, Objects, as_objects
from .program import Root

#: The domain of balls, of which every evaluation takes a new one.
BallDomain = Callable[[], Domain]

#: A box is made wider by so many times what was not inside it, so often.
WIDER, MOST_WIDENINGS = 2, 8

_NAN = arb.nan()
_mid = np.frompyfunc(arb.mid, 1, 1)
_upper = np.frompyfunc(arb.abs_upper, 1, 1)
_radius = np.frompyfunc(arb.rad, 1, 1)
_around = np.frompyfunc(arb, 2, 1)
_larger = np.frompyfunc(arb.max, 2, 1)
_over = np.frompyfunc(lambda a, b: arb(0) if a.is_zero() else a / b, 2, 1)
_inside = np.frompyfunc(lambda small, large: bool(small < large), 2, 1)


def enclose_root(step: Root, x: Objects, balls: BallDomain) -> Objects:
    """Return a ball around the root at each entry of a stack, NaN where none is proven to be the one that is meant."""
    y, inverse = _refined(step, as_objects(_mid(x)), balls)
    return _proven(step, x, y, inverse, balls)[0]


def root_moves(step: Root, x: Objects, errors: Objects, y: Objects, balls: BallDomain) -> Objects:
    """Return how far the enclosed root ``y`` moves where x does by ``errors``; infinity where none is proven."""
    middle = as_objects(_mid(y))
    inverse = as_objects(_mid(inverse_balls(slope_of(step, balls(), x, middle, {}))))
    _, bound = _proven(step, as_objects(_around(x, errors)), middle, inverse, balls)
    return as_objects(bound + _radius(y))


def inverse_balls(a: Objects) -> Objects:
    """Return the inverse of each matrix of a stack, NaN where none is proven to be regular."""
    result = np.full(a.shape, _NAN, dtype=object)
    size = a.shape[-1]
    for place in np.ndindex(*a.shape[:-2]):
        try:
            inverse = arb_mat(size, size, a[place].ravel().tolist()).inv()
        except ZeroDivisionError:
            continue  # flint's way of saying that the matrices of the ball may be singular
        result[place] = np.fromiter(inverse.entries(), object, size**2).reshape(size, size)
    return result


def inverse_moves(inverse: Objects, errors: Objects) -> Objects:
    """Return how far the entries of an inverse C move where those of the matrix do by ``errors``: infinity if too far.

    The inverse of a matrix moved by D is ``C - C D C + C D C D C - ...``, and ``abs(C) abs(D)`` has a norm r < 1.
    """
    moved = np.empty(inverse.shape, dtype=object)
    size = inverse.shape[-1]
    for place in np.ndindex(*inverse.shape[:-2]):
        c, d = (arb_mat(size, size, list(map(abs, each[place].ravel().tolist()))) for each in (inverse, errors))
        once = c * d
        norm = max((sum(row, start=arb(0)).abs_upper() for row in once.tolist()), key=float)
        first = np.array((once * c).tolist(), dtype=object)
        further = norm / (1 - norm) * max((e.abs_upper() for e in first.ravel()), key=float)
        moved[place] = first + further if norm < 1 else arb.pos_inf()
    return moved


def equilibrating(a: Objects) -> Objects:
    """Return ``r_i c_j``, with the least ``c_j`` for which no entry is larger, and ``r_i`` the largest of its row.

    Rows are the equations and columns the unknowns: in whatever units either are, these are the same as the entry's.
    """
    sizes: Objects = as_objects(_upper(a))
    rows = as_objects(_larger.reduce(sizes, axis=-1, keepdims=True))
    columns = _larger.reduce(as_objects(_over(sizes, rows)), axis=-2, keepdims=True)
    return as_objects(rows * columns)


def _refined(step: Root, x: Objects, balls: BallDomain) -> tuple[Objects, Objects]:
    """Return an approximate root, refined to the working precision, and an approximate inverse of ``-F_y`` there."""
    y = _guess(step, x)
    for _ in range(2 + ctx.prec.bit_length()):
        inverse = as_objects(_mid(inverse_balls(slope_of(step, balls(), x, y, {}))))
        change = _times(balls, inverse, _residual(step, x, y, balls))
        y = as_objects(_mid(y + change))
        if np.all(_is_small(change)):
            break
    return y, inverse


def _is_small(change: Objects) -> Array:
    """Tell of each entry of the stack whether it is a root after this change, or never will be."""
    enough = arb(2) ** -(ctx.prec // 2 + 4)
    return np.frompyfunc(lambda each: not each.is_finite() or bool(abs(each) < enough), 1, 1)(change)


def _guess(step: Root, x: Objects) -> Objects:
    floats = np.array(list(map(float, x.ravel().tolist()))).reshape(x.shape)
    entry_axes = tuple(range(len(step.shape) - 1, x.ndim))
    known = np.isfinite(floats).all(axis=entry_axes)
    with np.errstate(all="ignore"):
        found = step.equations.guess(np.where(np.expand_dims(known, entry_axes), floats, 0.0))
    return as_objects(np.frompyfunc(arb, 1, 1)(np.where(known[..., np.newaxis], found, math.nan)))


def _residual(step: Root, x: Objects, y: Objects, balls: BallDomain) -> Objects:
    value: Objects = run(step.residual, balls(), [x, y])[step.residual.result]
    return value


def _times(balls: BallDomain, a: Objects, x: Objects) -> Objects:
    """Return the product of each matrix of a stack and a vector."""
    product: Objects = balls().contract(a, x[..., np.newaxis])[..., 0]
    return product


def _proven(step: Root, x: Objects, y: Objects, inverse: Objects, balls: BallDomain) -> tuple[Objects, Objects]:
    """Return balls around ``y`` that hold one root for all of ``x``, and their radii; NaN and infinity for none."""
    radii, proven = _krawczyk(step, x, y, inverse, balls)
    enclosed = as_objects(_around(y, radii))
    chosen = step.equations.chooses(enclosed) & proven
    enclosed[~chosen] = _NAN
    radii[~chosen] = arb.pos_inf()
    return enclosed, radii


def _krawczyk(step: Root, x: Objects, y: Objects, inverse: Objects, balls: BallDomain) -> tuple[Objects, Array]:
    """Return radii around ``y``, and for each entry of the stack whether they are proven to hold one root."""
    first: Objects = as_objects(_upper(_times(balls, inverse, _residual(step, x, y, balls))))
    unit = np.frompyfunc(arb, 1, 1)(np.eye(step.shape[-1]))
    least = arb(2) ** (8 - ctx.prec)
    radii: Objects = as_objects(first * WIDER + least)
    result, proven = np.array(radii), np.zeros(step.shape[:-1], dtype=bool)
    for _ in range(MOST_WIDENINGS):
        slope = slope_of(step, balls(), x, as_objects(_around(y, radii)), {})
        rest: Objects = as_objects(_upper(unit - balls().contract(inverse, slope)))
        image: Objects = as_objects(_upper(first + _times(balls, rest, radii)))
        inside = np.all(_inside(image, radii).astype(bool), axis=-1)
        result[inside & ~proven] = image[inside & ~proven]
        proven |= inside
        if proven.all():
            break
        radii = as_objects(_upper(image * WIDER + least))
    return result, proven
