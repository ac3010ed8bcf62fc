"""How far a scalar function moves when its arguments do: the mean value theorem, evaluated on balls.

``docs/tolerance.md`` derives the bounds. All of them are functions of the values and then of the errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, reduce
from typing import Any

import numpy as np
import sympy as sp
from flint import arb

from .balls import entrywise
from .compiler import compile_ball, compile_balls
from .domain import Objects, as_objects
from .guarded import guarded
from .saturating import saturating
from .scalar import ScalarFunction
from .switches import ZERO, Undecided, met


def widen(value: arb, error: arb) -> arb:
    """Return the ball that holds ``value`` and everything within ``error`` of it."""
    return value if error.is_zero() else arb(value, error)


def _weigh(slope: arb, error: arb) -> arb:
    """Return ``abs(slope) error``; what is not moved adds nothing, however steep."""
    return ZERO if error.is_zero() else abs(slope) * error


@cache
def spread_of(function: ScalarFunction) -> Callable[..., Objects]:
    """Return the bound ``sum_j sup abs(f_j) e_j`` on how far ``f`` moves, else its own range."""
    arity = function.arity
    if function.is_isometric:
        return lambda *operands: as_objects(sum(operands[arity:]))
    return entrywise(_mean_value_or_range(function, _spread_by(function), function.expression), 2 * arity)


def _mean_value_or_range(function: ScalarFunction, weighted: Callable[..., arb], expression: Any) -> Callable[..., arb]:
    """Return how far an expression moves: ``weighted``, by the mean value theorem, else by its own range.

    The range is what bounds a step function, whose slope is no number where it may jump, and what goes over from one
    piece to another, of which the slopes do not tell whether it jumps there.
    """
    arity, value = function.arity, compile_ball(function.symbols, expression)
    has_pieces = expression.has(sp.Piecewise)

    def bound(*operands: arb) -> arb:
        if all(map(arb.is_zero, operands[arity:])):  # at a tie the range is that of both sides
            return ZERO
        found = weighted(*operands)
        if found.is_finite() and not has_pieces:
            return found
        earlier = dict(met)
        met.clear()
        span = 2 * value(*map(widen, operands[:arity], operands[arity:])).rad()
        is_whole = found.is_finite() and not met
        met.update(earlier)
        return found if is_whole else span

    return bound


#: Boxes from here on are wide: there, exponentials that saturate need functions of their own.
WIDE = 2.0**-6


@cache
def saturates(function: ScalarFunction) -> bool:
    """Tell whether slopes or curvatures contain exponentials that saturate."""
    slopes = [*function.gradient, *(each for row in function.hessian for each in row)]
    return any(saturating(slope) != guarded(slope) for slope in slopes)


def _spread_by(function: ScalarFunction) -> Callable[..., arb]:
    """Return the bound on how far the function moves, by its slopes."""
    return _by_width(function, _weighted(function, function.gradient), [function.gradient])


def _variation_by(function: ScalarFunction, slot: int) -> Callable[..., arb]:
    """Return the bound on how far a partial moves, by its own partials."""
    places = [(max(slot, i), min(slot, i)) for i in range(function.arity)]
    factored, literal = (
        [hessian[j][i] for j, i in places] for hessian in (function.factored_hessian, function.hessian)
    )
    return _by_width(function, _weighted(function, factored), [factored, literal])


def _by_width(
    function: ScalarFunction, narrow: Callable[..., arb], forms: Sequence[Sequence[Any]]
) -> Callable[..., arb]:
    """Return a bound that is, over wide boxes, the least of what the ``forms`` of the slopes give as they saturate."""
    if not saturates(function):
        return narrow
    wide = [_weighted(function, map(saturating, slopes)) for slopes in forms]

    def weighted(*operands: arb) -> arb:
        if not any(error > WIDE for error in operands[function.arity :]):
            return narrow(*operands)
        bounds = [each(*operands).abs_upper() for each in wide]
        return reduce(arb.min, filter(arb.is_finite, bounds), arb.pos_inf())

    return weighted


def _weighted(function: ScalarFunction, slopes: Iterable[Any]) -> Callable[..., arb]:
    """Return ``sum_j sup abs(slope_j) e_j`` of values and errors, over the box that they span."""
    arity = function.arity
    if arity == 1:
        slope = compile_ball(function.symbols, *slopes)
        return lambda v, e: ZERO if e.is_zero() else abs(slope(arb(v, e))) * e
    compiled = compile_balls(function.symbols, tuple(slopes))

    def weighted(*operands: arb) -> arb:
        values, errors = operands[:arity], operands[arity:]
        if all(map(arb.is_zero, errors)):
            return ZERO
        return sum(map(_weigh, compiled(*map(widen, values, errors)), errors), start=ZERO)

    return weighted


@cache
def variation_of(function: ScalarFunction, slot: int) -> Callable[..., Objects]:
    """Return a bound on how far the partial by ``slot`` moves: by the mean value theorem, else by its own range."""
    arity, slope = function.arity, function.gradient[slot]
    if slope.is_number:
        return lambda *operands: np.full(np.shape(operands[0]), ZERO, dtype=object)
    if slope in function.symbols:
        own = arity + function.symbols.index(slope)
        return lambda *operands: operands[own]
    return entrywise(_mean_value_or_range(function, _variation_by(function, slot), slope), 2 * arity)


@cache
def answers_of(function: ScalarFunction) -> Callable[..., Objects]:
    """Return a function that keeps an answer where it holds for all admitted operands, else says that it may flip."""
    arity = function.arity
    compiled = compile_ball(function.symbols, function.expression)

    def answer(known: Any, *operands: arb) -> Any:
        values, errors = operands[:arity], operands[arity:]
        is_exact = all(e.is_zero() for e in errors)
        if isinstance(known, Undecided):
            return Undecided(known.value, known.meetings, firm=is_exact and known.value is not None)
        if is_exact:
            return known
        widened = compiled(*map(widen, values, errors))
        return Undecided(known, widened.meetings, flips=True) if isinstance(widened, Undecided) else known

    return entrywise(answer, 1 + 2 * arity)


@cache
def curvature_of(function: ScalarFunction) -> tuple[tuple[tuple[int, int], ...], Callable[..., tuple[Objects, ...]]]:
    """Return the places (j, i), i <= j, of the second partials that are not 0, and a function to them over a box.

    It takes values as balls and errors as floats, and returns one array for each place.
    """
    arity = function.arity
    hessian = function.factored_hessian
    places = tuple((j, i) for j in range(arity) for i in range(j + 1) if hessian[j][i] != 0)
    if not places:
        return (), lambda *_: ()
    if arity == 1:
        only = compile_ball(function.symbols, hessian[0][0])
        second = entrywise(lambda value, error: only(arb(value, error)), 2)
        return places, lambda *operands: (second(*operands),)
    compiled = compile_balls(function.symbols, tuple(hessian[j][i] for j, i in places))
    if len(places) > 1:
        return places, entrywise(lambda *each: compiled(*map(arb, each[:arity], each[arity:])), 2 * arity, len(places))
    single = entrywise(lambda *each: compiled(*map(arb, each[:arity], each[arity:]))[0], 2 * arity)
    return places, lambda *operands: (single(*operands),)
