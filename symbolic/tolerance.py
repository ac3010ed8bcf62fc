"""The budget sweep: balls that carry, beside the true value, how far a sound implementation may be from it.

Every op may commit the rounding errors of its budget and no others; ``docs/tolerance.md`` derives the rules. The
deviation is itself a ball, so that its own arithmetic is rigorous and has no exponent range to leave.
"""

# ruff: noqa: ARG002, D102 - the methods are those of Domain, and documented there
from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from flint import arb

from gradproof.budget import EXACT, Budget, Form
from gradproof.exact import Array
from gradproof.graph import Node

from .balls import Balls, Kind, Switch, contract_balls, entrywise, exact_balls
from .compiler import compile_ball, compile_balls
from .domain import Domain, Objects, as_objects
from .program import Move, Shape, Step
from .scalar import ScalarFunction
from .switches import ONE, ZERO, Undecided


@dataclass(frozen=True)
class Rounding:
    """The unit roundoff of a dtype, its smallest positive number, and the power of 2 above its largest, as balls."""

    unit: arb
    underflow: arb
    overflow: arb


_TWO = arb(2)
ROUNDINGS = {
    "float64": Rounding(_TWO**-53, _TWO**-1074, _TWO**1024),
    "float32": Rounding(_TWO**-24, _TWO**-149, _TWO**128),
}
EXACTLY = Rounding(ZERO, ZERO, arb.pos_inf())


@dataclass(frozen=True, eq=False)
class Approximate:
    """True values and, entry by entry, a bound on the deviation of an implementation that honours the budgets."""

    value: Objects
    error: Objects

    @classmethod
    def exactly(cls, value: Objects) -> Approximate:
        """Return values that an implementation holds without error."""
        return cls(value, np.full(value.shape, ZERO, dtype=object))

    @property
    def shape(self) -> Shape:
        """The shape of both arrays."""
        return self.value.shape

    @property
    def is_sharp(self) -> Array:
        """Tell for each entry whether its enclosure is far narrower than the bound, or exact."""
        return is_sharp(self.value, upper(self.error)).astype(bool)


#: An enclosure must be this many times narrower than the tolerance.
MARGIN = 1024


def _sharpness(value: arb, tolerance: arb) -> bool:
    if not (value.is_finite() and tolerance.is_finite()):
        return False
    # where the tolerance tells nothing, as in a chaotic recurrence, the value itself must still be known
    is_vague = value.rad() > 1 and not value.rad() < abs(value.mid())
    return bool(value.is_exact() or (MARGIN * value.rad() <= tolerance and not is_vague))


upper = entrywise(lambda error: error.abs_upper(), 1)
is_sharp = entrywise(_sharpness, 2)
is_finite = entrywise(lambda ball: ball.is_finite(), 1)


def inputs_of(arrays: Sequence[Array]) -> list[Any]:
    """Return the exact values of the inputs."""
    return [
        exact_balls(array) if array.dtype == np.bool_ else Approximate.exactly(exact_balls(array)) for array in arrays
    ]


class Budgeted(Domain):
    """The budget sweep as a scalar domain. Notes, switches and sides are those of the exact sweep inside it."""

    zero = ZERO

    def __init__(self, budgets: Mapping[str, Budget], sides: Mapping[Switch, int] = MappingProxyType({})) -> None:
        self.exact = Balls(sides)
        self._budgets = budgets
        self._budget = EXACT
        #: the budget of each op, at the sizes of its arguments
        self._sized: dict[int, Budget] = {}
        self._rounding = EXACTLY
        self._site = -1
        #: how many nonlinear steps each op has; with more than one it is fused
        self._steps: dict[int, int] = {}
        self._fused = False

    @property
    def notes(self) -> dict[int, set[str]]:
        """What made enclosures wide or empty, by node."""
        return self.exact.notes

    @property
    def switches(self) -> dict[Switch, Kind]:
        """The switching points that were met, also those that rounding errors alone may reach."""
        return self.exact.switches

    @property
    def undecided(self) -> bool:
        """Whether more precision may decide on which side of a switching point a value is."""
        return self.exact.undecided

    # --- the boundaries of an op

    def enter(self, site: int, node: Node, args: list[Any], *, moving: bool) -> list[Any]:
        self.exact.enter(site, node, args, moving=moving)
        self._sized[site] = self._budgets.get(node.op, EXACT).at(args[0].shape, node.params)
        self._begin(site, node)
        self._site = site
        sizes = self._budget.arguments
        moved = self._moved_by_norm if self._budget.form is Form.NORMWISE else self._moved
        return [moved(arg, sizes[min(slot, len(sizes) - 1)]) for slot, arg in enumerate(args)]

    def enter_step(self, step: Step) -> None:
        self.exact.enter_step(step)

    def leave(self, node: Node, y: Any) -> Any:
        return self._rounded(y, self._budget.forward)

    def enter_pullback(self, site: int, node: Node, y: Approximate, ct: Approximate) -> Approximate:
        """Move the cotangent by the roundings of the VJP, so that they act on every term of the sums that follow."""
        self.exact.enter_pullback(site, node, y.value, ct.value)
        self._begin(site, node)
        self._fused = self._steps.get(site, 0) > 1
        return self._moved(ct, self._budget.vjp)

    def leave_pullback(self, ct: Approximate, node: Node, dtype: str) -> Approximate:
        if self._fused:
            ct = self._underflowed(ct)
        if dtype == node.dtype:
            return ct
        self._rounding = ROUNDINGS[dtype]
        return self._rounded(ct, 1)

    def join(self, parts: Sequence[Approximate], dtype: str) -> Approximate:
        self._rounding = ROUNDINGS[dtype]
        return self.add(parts)

    def _begin(self, site: int, node: Node) -> None:
        self._budget = self._sized[site]
        self._rounding = ROUNDINGS.get(node.dtype, EXACTLY)

    def _relative(self, size: float) -> arb:
        """Return ``size`` units, and where a size counts the roundings of many entries, what so many compound to."""
        compound = self._budget.form in (Form.PRODUCT, Form.CENTRED)
        return self._gamma(size) if compound else size * self._rounding.unit

    def _moved(self, a: Any, size: float) -> Any:
        """Admit a relative perturbation of ``size`` units."""
        if not size or not isinstance(a, Approximate):
            return a
        relative = self._relative(size)
        return Approximate(a.value, entrywise(lambda v, e: e + relative * (abs(v) + e), 2)(a.value, a.error))

    def _moved_by_norm(self, a: Any, size: float) -> Any:
        """Admit a perturbation of every entry by ``size`` units of the largest row sum of its matrix."""
        if not size or not isinstance(a, Approximate):
            return a
        rows = self.exact.total(as_objects(np.abs(a.value) + a.error), (a.error.ndim - 1,))
        largest = _larger.reduce(rows, axis=-2, keepdims=True, initial=ZERO)
        return Approximate(a.value, as_objects(a.error + size * self._rounding.unit * largest))

    def _underflowed(self, ct: Approximate) -> Approximate:
        """Admit the underflow of a fused VJP at its end: between its steps it would be magnified."""
        least = self._budget.vjp * self._rounding.underflow
        widen = entrywise(lambda v, e: e if v.is_zero() and e.is_zero() else e + least, 2)
        return Approximate(ct.value, widen(ct.value, ct.error))

    def _rounded(self, a: Any, size: float) -> Any:
        """Admit ``size`` roundings, each also by the underflow unit, of what is not exactly zero."""
        if not size or not isinstance(a, Approximate):
            return a
        unit, least = self._relative(size), size * self._rounding.underflow

        def widen(v: arb, e: arb) -> arb:
            return ZERO if v.is_zero() and e.is_zero() else e + unit * (abs(v) + e) + least

        return Approximate(a.value, entrywise(widen, 2)(a.value, a.error))

    # --- the nonlinear step

    def numbers(self, a: Any) -> Approximate:
        if isinstance(a, Approximate):
            return a
        return Approximate(self.exact.numbers(a), _flip(a))

    def apply(self, function: ScalarFunction, args: Sequence[Approximate]) -> Any:
        values = self.exact.apply(function, [arg.value for arg in args])
        operands = [*(arg.value for arg in args), *(arg.error for arg in args)]
        if function.is_condition:
            return self.exact.answer(_answers(function), [values, *operands])
        self._steps[self._site] = self._steps.get(self._site, 0) + 1
        return Approximate(values, _spread_of(function)(*operands))

    def partials(self, function: ScalarFunction, args: Sequence[Approximate], wanted: Sequence[bool]) -> list[Any]:
        values = self.exact.partials(function, [arg.value for arg in args], wanted)
        operands = [*(arg.value for arg in args), *(arg.error for arg in args)]
        return [
            None
            if value is None
            else Approximate(value, self.exact.evaluate(_variation_of(function, slot), operands, rounded=True))
            for slot, value in enumerate(values)
        ]

    def product(self, a: Approximate, b: Approximate) -> Approximate:
        least = ZERO if self._fused else self._budget.vjp * self._rounding.underflow

        def error(v: arb, e: arb, w: arb, d: arb) -> arb:
            if (v is ZERO and e.is_zero()) or (w is ZERO and d.is_zero()):
                return ZERO
            bound = abs(v) * d + (abs(w) + d) * e
            exactly_zero = (v.is_zero() and e.is_zero()) or (w.is_zero() and d.is_zero())
            return bound if exactly_zero else bound + least

        values = self.exact.product(a.value, b.value)
        return Approximate(values, entrywise(error, 4)(a.value, a.error, b.value, b.error))

    # --- the linear steps

    def _gamma(self, roundings: float) -> arb:
        n = roundings * self._rounding.unit
        return n / (1 - n) if n < 1 else arb.pos_inf()

    def add(self, parts: Sequence[Approximate]) -> Approximate:
        if len(parts) == 1:
            return parts[0]
        gamma = self._gamma(len(parts) - 1)
        value = self.exact.add([part.value for part in parts])
        error = super().add([part.error for part in parts])
        magnitude = super().add([as_objects(np.abs(part.value)) for part in parts])
        return Approximate(value, as_objects(error + gamma * (magnitude + error)))

    def total(self, a: Approximate, axes: tuple[int, ...]) -> Approximate:
        value, error = self.exact.total(a.value, axes), super().total(a.error, axes)
        count = math.prod(a.shape[axis] for axis in axes)
        if count > 1:
            magnitude = super().total(as_objects(np.abs(a.value)), axes)
            error = as_objects(error + self._gamma(count - 1) * (magnitude + error))
        return Approximate(value, error)

    def spread(self, a: Approximate, shape: Shape) -> Approximate:
        return Approximate(np.broadcast_to(a.value, shape), np.broadcast_to(a.error, shape))

    def gather(self, args: Sequence[Any], step: Move) -> Any:
        if not isinstance(args[0], Approximate):
            return self.exact.gather(args, step)
        return Approximate(
            self.exact.gather([arg.value for arg in args], step), self.exact.gather([arg.error for arg in args], step)
        )

    def scatter(self, ct: Approximate, step: Move) -> list[Any]:
        values, errors = self.exact.scatter(ct.value, step), super().scatter(ct.error, step)
        if not step.is_injective:
            magnitudes = super().scatter(as_objects(np.abs(ct.value)), step)
            counts = np.split(step.fan_out, step.starts[1:-1])
            errors = [
                as_objects(e + self._gammas(n.reshape(e.shape)) * (m + e))
                for e, m, n in zip(errors, magnitudes, counts, strict=True)
            ]
        return [Approximate(v, e) for v, e in zip(values, errors, strict=True)]

    def _gammas(self, counts: Array) -> Objects:
        known = {n: self._gamma(max(n - 1, 0)) for n in np.unique(counts).tolist()}
        gammas = np.empty(counts.shape, dtype=object)
        gammas.ravel()[:] = [known[n] for n in counts.ravel().tolist()]
        return gammas

    def contract(self, a: Approximate, b: Approximate) -> Approximate:
        terms = a.shape[-1]
        left, right = as_objects(np.abs(a.value)), as_objects(np.abs(b.value))
        outer = as_objects(right + b.error)
        moved = contract_balls(left, b.error) + contract_balls(a.error, outer)
        magnitude = contract_balls(as_objects(left + a.error), outer)
        gamma, least = self._gamma(terms), terms * self._rounding.underflow

        def widen(e: arb, m: arb) -> arb:
            return e if m.is_zero() else e + gamma * m + least

        return Approximate(self.exact.contract(a.value, b.value), entrywise(widen, 2)(moved, magnitude))

    def swap(self, a: Approximate) -> Approximate:
        return Approximate(np.swapaxes(a.value, -1, -2), np.swapaxes(a.error, -1, -2))

    def select(self, condition: Objects, a: Approximate, b: Approximate) -> Approximate:
        value = self.exact.select(condition, a.value, b.value)
        return Approximate(value, _chosen_error(condition, value, a.value, a.error, b.value, b.error))

    def share(self, condition: Objects, ct: Approximate, *, chosen: bool) -> Approximate:
        value = self.exact.share(condition, ct.value, chosen=chosen)
        return Approximate(value, (_share_taken if chosen else _share_left)(condition, ct.value, ct.error))


def _widen(value: arb, error: arb) -> arb:
    return value if error.is_zero() else value + arb(0, error)


def _weigh(slope: arb, error: arb) -> arb:
    """Return ``abs(slope) error``; what is not moved adds nothing, however steep."""
    return ZERO if error.is_zero() else abs(slope) * error


@cache
def _spread_of(function: ScalarFunction) -> Callable[..., Objects]:
    """Return the bound ``sum_j sup abs(f_j) e_j`` on how far ``f`` moves (mean value theorem), else its own range.

    The range is what bounds a step function, whose slope is no number where it may jump.
    """
    arity, gradient = function.arity, function.gradient
    if all(abs(each) == 1 for each in gradient):
        return lambda *operands: as_objects(sum(operands[arity:]))
    weighted, value = _weighted(function, gradient), compile_ball(function.symbols, function.expression)

    def spread(*operands: arb) -> arb:
        bound = weighted(*operands)
        return bound if bound.is_finite() else 2 * value(*map(_widen, operands[:arity], operands[arity:])).rad()

    return entrywise(spread, 2 * arity)


def _weighted(function: ScalarFunction, slopes: Sequence[Any]) -> Callable[..., arb]:
    """Return ``sum_j sup abs(slope_j) e_j`` of values and errors, over the box that they span."""
    arity = function.arity
    if arity == 1:
        slope = compile_ball(function.symbols, slopes[0])
        return lambda v, e: ZERO if e.is_zero() else abs(slope(v + arb(0, e))) * e
    compiled = compile_balls(function.symbols, tuple(slopes))

    def weighted(*operands: arb) -> arb:
        values, errors = operands[:arity], operands[arity:]
        if all(e.is_zero() for e in errors):
            return ZERO
        return sum(map(_weigh, compiled(*map(_widen, values, errors)), errors), start=ZERO)

    return weighted


@cache
def _variation_of(function: ScalarFunction, slot: int) -> Callable[..., Objects]:
    """Return a bound on how far the partial by ``slot`` moves: by the mean value theorem, else by its own range."""
    arity, slope = function.arity, function.gradient[slot]
    if slope.is_number:
        return lambda *operands: np.full(np.shape(operands[0]), ZERO, dtype=object)
    partial = compile_ball(function.symbols, slope)
    weighted = _weighted(function, function.hessian[slot])

    def variation(*operands: arb) -> arb:
        bound = weighted(*operands)
        return bound if bound.is_finite() else 2 * partial(*map(_widen, operands[:arity], operands[arity:])).rad()

    if slope in function.symbols:
        own = arity + function.symbols.index(slope)
        return lambda *operands: operands[own]
    return entrywise(variation, 2 * arity)


@cache
def _answers(function: ScalarFunction) -> Callable[..., Objects]:
    """Return a function that keeps an answer where it holds for all admitted operands, else says that it may flip."""
    arity = function.arity
    compiled = compile_ball(function.symbols, function.expression)

    def answer(known: Any, *operands: arb) -> Any:
        values, errors = operands[:arity], operands[arity:]
        if isinstance(known, Undecided) or all(e.is_zero() for e in errors):
            return known
        widened = compiled(*map(_widen, values, errors))
        return Undecided(known, widened.meetings, flips=True) if isinstance(widened, Undecided) else known

    return entrywise(answer, 1 + 2 * arity)


def _error_of_choice(condition: Any, value: arb, a: arb, a_error: arb, b: arb, b_error: arb) -> arb:
    if isinstance(condition, Undecided):
        return abs(a - value).max(abs(b - value)) + a_error.max(b_error)
    return a_error if condition else b_error


def _error_of_share(chosen: bool) -> Callable[[Any, arb, arb], arb]:
    def error(condition: Any, ct: arb, e: arb) -> arb:
        if isinstance(condition, Undecided):
            return abs(ct) + e if condition.flips else e
        return e if condition == chosen else ZERO

    return error


_larger = np.frompyfunc(lambda a, b: a.max(b), 2, 1)
_flip = entrywise(lambda answer: ONE if isinstance(answer, Undecided) else ZERO, 1)
_chosen_error = entrywise(_error_of_choice, 6)
_share_taken = entrywise(_error_of_share(True), 3)
_share_left = entrywise(_error_of_share(False), 3)
