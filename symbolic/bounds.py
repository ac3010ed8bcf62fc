"""Two number systems for bounds on deviations, which are non-negative and rounded up.

Floats are fast on large arrays, and enough wherever all numbers are finite and far from the ends of their range; where
they are not, ``FloatingPointError`` says so, and the sweep is run again on balls, which have no such ends.
"""

# ruff: noqa: D102 - the methods are those of BallBounds, and documented there
from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
from flint import arb, ctx

from gradproof.exact import Array

from .approximate import UP, Approximate, as_floats, floats_above
from .balls import Balls, answer_of, are_same, contract_balls, entrywise, exact_balls, precision
from .deviation import WIDE, curvature_of, saturates, spread_of, variation_of
from .domain import Objects, as_objects, scatter
from .program import Move, Shape
from .scalar import ScalarFunction
from .switches import ONE, ZERO, Undecided


class Bounds(Protocol):
    """Arrays of bounds, and what the rules of the budget sweep do with them."""

    zero: Any

    def number(self, bound: arb) -> Any:
        """Return one bound."""

    def zeros(self, shape: Shape) -> Array:
        """Return the bounds of what is held without error."""

    def held(self, array: Array) -> Approximate:
        """Return an array of numbers, which an implementation holds without error."""

    def same(self, a: Array, b: Array) -> bool:
        """Tell whether two arrays of one shape hold the same bounds."""

    def size(self, a: Approximate) -> Array:
        """Return the magnitudes of the true values."""

    def outer(self, a: Approximate) -> Array:
        """Return the magnitudes of what an implementation may hold: 0 where that is exactly zero."""

    def up(self, bounds: Any, terms: int = 1) -> Array:
        """Return computed bounds as an array, rounded up: each was computed by a few operations and a sum."""

    def widened(self, a: Approximate, relative: Any, least: Any) -> Array:
        """Return the bounds of ``a``, moved by a share of its magnitude and ``least``: 0 where it is exactly zero."""

    def unless_zero(self, outer: Array, bounds: Any) -> Array:
        """Return ``bounds``, 0 where ``outer`` is."""

    def product(self, a: Approximate, b: Approximate, least: Any) -> Array:
        """Return the bound of a product, ``least`` added where neither factor is exactly zero."""

    def contract(self, a: Array, b: Array) -> Array:
        """Return the product of two stacks of matrices of bounds."""

    def scatter(self, bounds: Array, step: Move) -> list[Array]:
        """Add up the bounds of the entries that a rearrangement took from the same place."""

    def largest(self, bounds: Array, axis: int) -> Array:
        """Return the largest bound along an axis, which is kept."""

    def of_balls(self, bounds: Objects) -> Array:
        """Return bounds that have been worked out as balls."""

    def of_answers(self, answers: Objects) -> Array:
        """Return the bounds of the numbers 1 and 0: 1 where it is not known which."""

    def of_choice(self, condition: Objects, value: Objects, a: Approximate, b: Approximate) -> Array:
        """Return the bound of a selection whose true result is ``value``."""

    def of_share(self, condition: Objects, ct: Approximate, *, chosen: bool) -> Array:
        """Return the bound of the part of a cotangent that goes to one branch."""

    def spread(self, function: ScalarFunction, args: Sequence[Approximate], exact: Balls) -> Array:
        """Return how far the value of a function moves with its arguments."""

    def variation(self, function: ScalarFunction, slot: int, args: Sequence[Approximate], exact: Balls) -> Array:
        """Return how far the partial by ``slot`` moves with the arguments."""


class BallBounds:
    """Bounds as balls: their own arithmetic is rigorous, and what is not a number stays one."""

    zero = ZERO

    def number(self, bound: arb) -> arb:
        return bound

    def zeros(self, shape: Shape) -> Objects:
        return np.full(shape, ZERO, dtype=object)

    def held(self, array: Array) -> Approximate:
        return Approximate.exactly(exact_balls(array))

    def same(self, a: Objects, b: Objects) -> bool:
        return are_same(a, b)

    def size(self, a: Approximate) -> Objects:
        return as_objects(np.abs(a.value))

    def outer(self, a: Approximate) -> Objects:
        return as_objects(np.abs(a.value) + a.error)

    def up(self, bounds: Any, terms: int = 1) -> Objects:  # noqa: ARG002 - balls know their own roundings
        return as_objects(bounds)

    def widened(self, a: Approximate, relative: arb, least: arb) -> Objects:
        return as_objects(_widened_error(a.value, a.error, relative, least))

    def unless_zero(self, outer: Objects, bounds: Any) -> Objects:
        result: Objects = _unless_zero(outer, bounds)
        return result

    def product(self, a: Approximate, b: Approximate, least: arb) -> Objects:
        result: Objects = _product_error(a.value, a.error, b.value, b.error, least)
        return result

    def contract(self, a: Objects, b: Objects) -> Objects:
        return contract_balls(a, b)

    def scatter(self, bounds: Objects, step: Move) -> list[Any]:
        return scatter(bounds, step, ZERO)

    def largest(self, bounds: Objects, axis: int) -> Objects:
        return as_objects(_larger.reduce(bounds, axis=axis, keepdims=True, initial=ZERO))

    def of_balls(self, bounds: Objects) -> Objects:
        return bounds

    def of_answers(self, answers: Objects) -> Objects:
        result: Objects = _flip(answers)
        return result

    def of_choice(self, condition: Objects, value: Objects, a: Approximate, b: Approximate) -> Objects:
        result: Objects = _chosen_error(condition, value, a.value, a.error, b.value, b.error)
        return result

    def of_share(self, condition: Objects, ct: Approximate, *, chosen: bool) -> Objects:
        result: Objects = (_share_taken if chosen else _share_left)(condition, ct.value, ct.error)
        return result

    def spread(self, function: ScalarFunction, args: Sequence[Approximate], exact: Balls) -> Objects:  # noqa: ARG002
        return spread_of(function)(*(arg.value for arg in args), *(arg.error for arg in args))

    def variation(self, function: ScalarFunction, slot: int, args: Sequence[Approximate], exact: Balls) -> Objects:
        operands = [*(arg.value for arg in args), *(arg.error for arg in args)]
        return exact.evaluate(variation_of(function, slot), operands, rounded=True)


#: Below this a product of two floats may leave their range.
SMALLEST = 2.0**-500


class FloatBounds:
    """Bounds as floats, for one sweep. To be used where NumPy raises on overflow, underflow and what is no number."""

    zero = 0.0

    def __init__(self) -> None:
        self._curvatures: dict[Any, _Curvature] = {}

    def number(self, bound: arb) -> float:
        number = float(bound.abs_upper()) * UP
        if not (0.0 < number < np.inf or bound.is_zero()):
            raise FloatingPointError("a bound is beyond the floats")
        return number

    def zeros(self, shape: Shape) -> Array:
        return np.zeros(shape)

    def held(self, array: Array) -> Approximate:
        exact = Approximate(exact_balls(array), np.zeros(array.shape))
        if np.isfinite(array).all():
            exact.__dict__["sizes"] = np.abs(array, dtype=np.float64)
        return exact

    def same(self, a: Array, b: Array) -> bool:
        return np.array_equal(a, b)

    def size(self, a: Approximate) -> Array:
        return a.sizes

    def outer(self, a: Approximate) -> Array:
        return self.up(a.sizes + a.error)

    def up(self, bounds: Any, terms: int = 1) -> Array:
        return as_floats(bounds * (1.0 + (terms + 8) * 2.0**-52))

    def widened(self, a: Approximate, relative: float, least: float) -> Array:
        outer = self.outer(a)
        return self.up(self.unless_zero(outer, a.error + relative * outer + least))

    def unless_zero(self, outer: Array, bounds: Any) -> Array:
        return as_floats(bounds * (outer != 0.0))

    def product(self, a: Approximate, b: Approximate, least: float) -> Array:
        a_outer, b_outer = self.outer(a), self.outer(b)
        bound = a.sizes * b.error + b_outer * a.error
        return self.up(bound + least * ((a_outer != 0.0) & (b_outer != 0.0)))

    def contract(self, a: Array, b: Array) -> Array:
        for each in (a, b):
            if not (np.min(each, initial=1.0) or np.min(each, initial=1.0, where=each != 0.0)) >= SMALLEST:
                raise FloatingPointError("a product may be below the floats")
        return self.up(np.matmul(a, b), a.shape[-1])

    def scatter(self, bounds: Array, step: Move) -> list[Array]:
        most = 1 if step.is_injective else int(step.fan_out.max())
        return [self.up(part, most) for part in scatter(bounds, step, 0.0)]

    def largest(self, bounds: Array, axis: int) -> Array:
        return np.max(bounds, axis=axis, keepdims=True, initial=0.0)

    def of_balls(self, bounds: Objects) -> Array:
        return floats_above(bounds)

    def of_answers(self, answers: Objects) -> Array:
        return np.zeros(_decided(answers).shape)

    def of_choice(self, condition: Objects, value: Objects, a: Approximate, b: Approximate) -> Array:  # noqa: ARG002
        return np.where(_decided(condition), a.error, b.error)

    def of_share(self, condition: Objects, ct: Approximate, *, chosen: bool) -> Array:
        return as_floats(ct.error * (_decided(condition) == chosen))

    def spread(self, function: ScalarFunction, args: Sequence[Approximate], exact: Balls) -> Array:
        moved = [slot for slot, arg in enumerate(args) if arg.error.any()]
        if not moved:
            return np.zeros(args[0].shape)
        if function.is_isometric:
            return self.up(sum(arg.error for arg in args))
        if not function.is_smooth:
            return floats_above(spread_of(function)(*operands_of(args)))
        curvature = self._curvature(function, args, exact)
        # by the mean value theorem once more: sup abs(f_j) <= abs(f_j) + sum_i sup abs(f_ji) e_i
        terms = [(self._slope(function, slot, args, exact) + curvature.of(slot)) * args[slot].error for slot in moved]
        return self.up(sum(terms))

    def _slope(self, function: ScalarFunction, slot: int, args: Sequence[Approximate], exact: Balls) -> Array:
        """Return the magnitude of one slope at the true values."""
        slope = function.gradient[slot]
        if slope in function.symbols:
            return args[function.symbols.index(slope)].sizes
        return floats_above(exact.partial(function, slot, [arg.value for arg in args]))

    def variation(self, function: ScalarFunction, slot: int, args: Sequence[Approximate], exact: Balls) -> Array:
        slope = function.gradient[slot]
        if slope in function.symbols:
            return args[function.symbols.index(slope)].error
        if slope.is_number or not any(arg.error.any() for arg in args):
            return np.zeros(args[0].shape)
        if not function.is_smooth:
            return floats_above(exact.evaluate(variation_of(function, slot), operands_of(args), rounded=True))
        return self.up(np.zeros(args[0].shape) + self._curvature(function, args, exact).of(slot))

    def _curvature(self, function: ScalarFunction, args: Sequence[Approximate], exact: Balls) -> _Curvature:
        key = (*exact.place, function)
        known = self._curvatures.get(key)
        if known is None or not known.is_of(args):
            known = self._curvatures[key] = _Curvature(function, args)
        return known


#: Bits enough for what is multiplied by an error.
ROUGH = 64


class _Curvature:
    """The suprema of the second partials of a function over the box that values and errors span."""

    def __init__(self, function: ScalarFunction, args: Sequence[Approximate]) -> None:
        self._args = tuple(args)
        self._errors = [arg.error if arg.error.any() else None for arg in args]
        if saturates(function) and any(np.max(e, initial=0.0) > WIDE for e in self._errors if e is not None):
            raise FloatingPointError("balls know what saturates")
        places, suprema = curvature_of(function)
        operands = [*(arg.value for arg in args), *(arg.error for arg in args)]
        with precision(min(ctx.prec, ROUGH)):
            self._found: dict[tuple[int, int], Objects] = dict(zip(places, suprema(*operands), strict=True))
        self._sizes: dict[tuple[int, int], Array] = {}

    def is_of(self, args: Sequence[Approximate]) -> bool:
        """Whether these are the arguments that it was made for."""
        return all(map(operator.is_, self._args, args))

    def of(self, slot: int) -> Any:
        """Return ``sum_i sup abs(f_ji) e_i``: how far the partial by argument j = ``slot`` moves."""
        places = [(max(slot, i), min(slot, i)) for i in range(len(self._errors))]
        terms = zip(places, self._errors, strict=True)
        return sum(self._size(place) * e for place, e in terms if e is not None and place in self._found)

    def _size(self, place: tuple[int, int]) -> Array:
        if place not in self._sizes:
            self._sizes[place] = floats_above(self._found[place])
        return self._sizes[place]


def operands_of(args: Sequence[Approximate]) -> list[Objects]:
    """Return values and then errors, as balls in either number system."""
    return [*(arg.value for arg in args), *(_as_balls(arg.error) for arg in args)]


def _decided(answers: Objects) -> Array:
    """Return the answers of comparisons. Raises ``FloatingPointError`` where one is open: balls know what follows."""
    flat = answers.ravel().tolist()
    if any(isinstance(answer, Undecided) for answer in flat):
        raise FloatingPointError("a comparison is undecided")
    return np.array(flat, dtype=bool).reshape(answers.shape)


T = TypeVar("T")

#: With fewer entries in the mean array balls are faster: NumPy's cost per array outweighs theirs per entry.
FEW = 24


def in_floats_or_balls(work: Callable[[Bounds], T], sizes: Sequence[int]) -> T:
    """Return what ``work`` does with bounds as floats, or with balls where these are needed, or faster.

    ``sizes`` are the numbers of entries of the arrays at work.
    """
    if sum(sizes) >= FEW * len(sizes):
        try:
            with np.errstate(all="raise"):
                return work(FloatBounds())
        except FloatingPointError:
            pass  # some number is out of their range, or none at all: balls go on
    return work(BallBounds())


def _widened(v: arb, e: arb, relative: arb, least: arb) -> arb:
    outer = abs(v) + e
    return ZERO if outer.is_zero() else e + relative * outer + least


def _error_of_product(v: arb, e: arb, w: arb, d: arb, least: arb) -> arb:
    if (v is ZERO and e.is_zero()) or (w is ZERO and d.is_zero()):
        return ZERO
    bound = abs(v) * d + (abs(w) + d) * e
    exactly_zero = (v.is_zero() and e.is_zero()) or (w.is_zero() and d.is_zero())
    return bound if exactly_zero else bound + least


def _error_of_choice(condition: Any, value: arb, a: arb, a_error: arb, b: arb, b_error: arb) -> arb:
    if isinstance(condition, Undecided) and not condition.firm:
        return abs(a - value).max(abs(b - value)) + a_error.max(b_error)
    return a_error if answer_of(condition) else b_error


def _error_of_share(chosen: bool) -> Callable[[Any, arb, arb], arb]:
    def error(condition: Any, ct: arb, e: arb) -> arb:
        if isinstance(condition, Undecided):
            return abs(ct) + e if condition.flips else e
        return e if condition == chosen else ZERO

    return error


_as_balls = entrywise(arb, 1)
_widened_error = entrywise(_widened, 4)
_unless_zero = entrywise(lambda outer, bound: ZERO if outer.is_zero() else bound, 2)
_larger = np.frompyfunc(lambda a, b: a.max(b), 2, 1)
_flip = entrywise(lambda answer: ONE if isinstance(answer, Undecided) and not answer.firm else ZERO, 1)
_product_error = entrywise(_error_of_product, 5)
_chosen_error = entrywise(_error_of_choice, 6)
_share_taken = entrywise(_error_of_share(True), 3)
_share_left = entrywise(_error_of_share(False), 3)
