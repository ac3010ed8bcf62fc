"""Roots of equations, enclosed: of what is only defined by equations, such as the eigenvectors of a matrix.

A float approximation is refined by Newton's method. That it has a root beside it, and only one, is then proven by
Krawczyk's operator: where ``K(Y) = y - C F(y) + (I - C F_y(Y)) (Y - y)`` lies in the inside of the box Y around y, Y
has exactly one root, and it lies in K(Y), for every argument x of a box X over which F is evaluated (Krawczyk,
*Computing* 4, 1969; Rump, *Acta Numerica* 19, 2010, section 13).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from flint import arb, ctx

from gradproof.exact import Array

from .derivative import run, slope_of
from .domain import Domain, Objects, as_objects
from .matrices import inverse_balls, inverse_moves
from .program import Implicit, Root, Solution

#: The domain of balls, of which every evaluation takes a new one.
BallDomain = Callable[[], Domain]

#: A box is made wider by so many times what was not inside it, so often.
WIDER, MOST_WIDENINGS = 2, 8

_NAN = arb.nan()
_mid = np.frompyfunc(arb.mid, 1, 1)
_upper = np.frompyfunc(arb.abs_upper, 1, 1)
_radius = np.frompyfunc(arb.rad, 1, 1)
_around = np.frompyfunc(arb, 2, 1)
_inside = np.frompyfunc(lambda small, large: bool(small < large), 2, 1)


def enclose_root(step: Root, x: Objects, balls: BallDomain) -> Objects:
    """Return a ball around the root at each entry of a stack, NaN where none is proven to be the one that is meant."""
    return _proven(step, x, _refined(step, as_objects(_mid(x)), balls), balls)[0]


def root_moves(step: Root, x: Objects, errors: Objects, y: Objects, balls: BallDomain) -> Objects:
    """Return how far the enclosed root ``y`` moves where x does by ``errors``; infinity where none is proven."""
    middle = _Approximation.at(step, x, as_objects(_mid(y)), balls)
    return as_objects(_proven(step, as_objects(_around(x, errors)), middle, balls)[1] + _radius(y))


def enclose_solution(step: Solution, x: Objects, balls: BallDomain) -> Objects:
    """Return the solution of linear equations at each entry of a stack, NaN where none is proven to be the only one."""
    nothing = np.full(step.shape, arb(0), dtype=object)
    slope = slope_of(step, balls(), x, nothing, {})
    return _times(balls, inverse_balls(slope), _residual(step, x, nothing, balls))


def solution_moves(step: Solution, x: Objects, errors: Objects, y: Objects, balls: BallDomain) -> Objects:
    """Return how far the enclosed solution ``y`` moves where x does by ``errors``; infinity where it may be any.

    Where the equations have been moved, and ``-F_y`` with the inverse C by D with them, y leaves the residual r, and is
    off by ``(C^-1 + D)^-1 r``.
    """
    moved = as_objects(_around(x, errors))
    slope = slope_of(step, balls(), moved, y, {})
    inverse = inverse_balls(as_objects(_mid(slope)))
    largest = as_objects(abs(inverse) + inverse_moves(inverse, as_objects(_radius(slope))))
    return as_objects(_upper(_times(balls, largest, as_objects(_upper(_residual(step, moved, y, balls))))))


def sizes_of(step: Root, y: Objects) -> Objects:
    """Return how large the unknowns are, each in its own units, given what they are."""
    floats = np.array(list(map(float, y.ravel().tolist()))).reshape(y.shape)
    return as_objects(np.frompyfunc(arb, 1, 1)(step.equations.sizes(np.abs(floats))))


def equilibrating(slope: Objects, sizes: Objects) -> Objects:
    """Return how large each entry of a Jacobian may be, given its row and the ``sizes`` of the unknowns.

    Row i, times the sizes s, is an equation's own size: entry (i, j) is at most that, divided by s_j.
    """
    rows = np.matmul(abs(slope), sizes[..., np.newaxis])
    return as_objects(rows / sizes[..., np.newaxis, :])


@dataclass(frozen=True, eq=False)
class _Approximation:
    """An approximate root, an approximate inverse of ``-F_y`` there, and sizes of the unknowns in their own units."""

    y: Objects
    inverse: Objects
    sizes: Objects

    @classmethod
    def at(cls, step: Root, x: Objects, y: Objects, balls: BallDomain) -> _Approximation:
        """Invert ``-F_y`` at an approximate root."""
        slope = slope_of(step, balls(), x, y, {})
        inverse = as_objects(_mid(inverse_balls(slope)))
        return cls(y, inverse, sizes_of(step, y))


def _refined(step: Root, x: Objects, balls: BallDomain) -> _Approximation:
    """Return an approximate root, refined to the working precision."""
    y = _guess(step, x)
    for _ in range(2 + ctx.prec.bit_length()):
        found = _Approximation.at(step, x, y, balls)
        change = _times(balls, found.inverse, _residual(step, x, y, balls))
        y = as_objects(_mid(y + change))
        if np.all(_is_small(change, found.sizes)):
            break
    return replace(found, y=y)


def _is_small_change(change: arb, size: arb) -> bool:
    """Tell whether an unknown is as good as it gets after this change, or never will be."""
    return not change.is_finite() or bool(abs(change) <= size * arb(2) ** -(ctx.prec // 2 + 4))


_is_small = np.frompyfunc(_is_small_change, 2, 1)


def _guess(step: Root, x: Objects) -> Objects:
    floats = np.array(list(map(float, x.ravel().tolist()))).reshape(x.shape)
    entry_axes = tuple(range(len(step.shape) - 1, x.ndim))
    known = np.isfinite(floats).all(axis=entry_axes)
    with np.errstate(all="ignore"):
        found = step.equations.guess(np.where(np.expand_dims(known, entry_axes), floats, 0.0))
    return as_objects(np.frompyfunc(arb, 1, 1)(np.where(known[..., np.newaxis], found, math.nan)))


def _residual(step: Implicit, x: Objects, y: Objects, balls: BallDomain) -> Objects:
    value: Objects = run(step.residual, balls(), [x, y])[step.residual.result]
    return value


def _times(balls: BallDomain, a: Objects, x: Objects) -> Objects:
    """Return the product of each matrix of a stack and a vector."""
    product: Objects = balls().contract(a, x[..., np.newaxis])[..., 0]
    return product


def _proven(step: Root, x: Objects, near: _Approximation, balls: BallDomain) -> tuple[Objects, Objects]:
    """Return balls that hold one root near for all of ``x``, and their radii; NaN and infinity for none."""
    radii, proven = _krawczyk(step, x, near, balls)
    enclosed = as_objects(_around(near.y, radii))
    chosen = step.equations.chooses(enclosed) & proven
    enclosed[~chosen] = _NAN
    radii[~chosen] = arb.pos_inf()
    return enclosed, radii


def _krawczyk(step: Root, x: Objects, near: _Approximation, balls: BallDomain) -> tuple[Objects, Array]:
    """Return radii around an approximate root, and for each entry of the stack whether they are proven to hold one."""
    first: Objects = as_objects(_upper(_times(balls, near.inverse, _residual(step, x, near.y, balls))))
    unit = np.frompyfunc(arb, 1, 1)(np.eye(step.shape[-1]))
    least = near.sizes * arb(2) ** (8 - ctx.prec)
    radii: Objects = as_objects(_upper(first * WIDER + least))
    result, proven = np.array(radii), np.zeros(step.shape[:-1], dtype=bool)
    for _ in range(MOST_WIDENINGS):
        slope = slope_of(step, balls(), x, as_objects(_around(near.y, radii)), {})
        rest: Objects = as_objects(_upper(unit - balls().contract(near.inverse, slope)))
        image: Objects = as_objects(_upper(first + _times(balls, rest, radii)))
        inside = np.all(_inside(image, radii).astype(bool), axis=-1)
        result[inside & ~proven] = image[inside & ~proven]
        proven |= inside
        if proven.all():
            break
        radii = as_objects(_upper(image * WIDER + least))
    return result, proven
