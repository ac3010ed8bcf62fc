"""The budget sweep: balls that carry, beside the true value, how far a sound implementation may be from it.

Every op may commit the rounding errors of its budget and no others; ``docs/tolerance.md`` derives the rules. They are
written once, for bounds in either of two number systems (``bounds.py``).
"""

# ruff: noqa: D102 - the methods are those of Domain, and documented there
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from flint import arb

from gradproof.budget import EXACT, Budget, Form
from gradproof.exact import Array
from gradproof.graph import Node

from .approximate import Approximate
from .balls import Balls, Kind, Switch, are_same, cotangent_balls, entrywise, exact_balls
from .bounds import BallBounds, Bounds, operands_of
from .deviation import answers_of
from .domain import Domain, Objects, as_objects, gather
from .implicit import equilibrating, root_moves, sizes_of, solution_moves
from .matrices import determinant_moves, inverse_moves
from .program import Implicit, Move, Root, Shape, Step
from .scalar import ScalarFunction
from .switches import ZERO


@dataclass(frozen=True)
class Rounding:
    """The unit roundoff of a dtype, its smallest positive number, and the power of 2 above its largest, as balls.

    ``flushed`` is the smallest number that is not taken for zero, where smaller ones are; else 0.
    """

    unit: arb
    underflow: arb
    overflow: arb
    flushed: arb = ZERO


_TWO = arb(2)
ROUNDINGS = {
    "float64": Rounding(_TWO**-53, _TWO**-1074, _TWO**1024),
    "float32": Rounding(_TWO**-24, _TWO**-149, _TWO**128),
    "float16": Rounding(_TWO**-11, _TWO**-24, _TWO**16),
}
EXACTLY = Rounding(ZERO, ZERO, arb.pos_inf())
_NORMAL = {"float64": _TWO**-1022, "float32": _TWO**-126, "float16": _TWO**-14}
#: Of a target that flushes subnormal numbers to zero.
_FLUSHING = {name: replace(each, underflow=_NORMAL[name], flushed=_NORMAL[name]) for name, each in ROUNDINGS.items()}


class Budgeted(Domain):
    """The budget sweep as a scalar domain. Notes, switches and sides are those of the exact sweep inside it."""

    zero = ZERO

    def __init__(
        self,
        budgets: Mapping[str, Budget],
        sides: Mapping[Switch, int] = MappingProxyType({}),
        bounds: Bounds | None = None,
    ) -> None:
        self.exact = Balls(sides)
        self._bounds: Bounds = BallBounds() if bounds is None else bounds
        self._budgets = budgets
        flushes = any(each.flushes for each in budgets.values())
        self._roundings = _FLUSHING if flushes else ROUNDINGS
        self._budget = EXACT
        #: the budget of each op, at the sizes of its arguments
        self._sized: dict[int, Budget] = {}
        self._rounding = EXACTLY
        #: the op whose value is being found, -1 where it is a derivative
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

    def stand_on(self, sides: Mapping[Switch, int]) -> None:
        """Take the given sides of switching points from now on, and no others."""
        self.exact.stand_on(sides)

    # --- what comes from outside

    def inputs(self, arrays: Sequence[Array]) -> list[Any]:
        """Return the exact values of the inputs."""
        return [exact_balls(array) if array.dtype == np.bool_ else self._bounds.held(array) for array in arrays]

    def cotangent(self, array: Array) -> Approximate:
        """Return a given cotangent, which an implementation holds without error."""
        return Approximate(cotangent_balls(array), self._bounds.zeros(array.shape))

    def same(self, a: Any, b: Any) -> bool:
        if not (isinstance(a, Approximate) and isinstance(b, Approximate)):
            return a is b
        return a is b or (are_same(a.value, b.value) and self._bounds.same(a.error, b.error))

    # --- the boundaries of an op

    def enter(self, site: int, node: Node, args: list[Any], *, moving: bool) -> list[Any]:
        self.exact.enter(site, node, args, moving=moving)
        self._sized[site] = self._budgets.get(node.op, EXACT).at([arg.shape for arg in args], node.params)
        self._begin(site, node)
        self._site = site
        self._steps[site] = 0
        sizes = [self._budget.arguments[min(slot, len(self._budget.arguments) - 1)] for slot in range(len(args))]
        moved = self._moved_by_norm if self._budget.form is Form.NORMWISE else self._moved
        together = self._budget.jointly
        args = [self._flushed(arg) for arg in args]
        return [*self._moved_jointly(args[:together], sizes), *map(moved, args[together:], sizes[together:])]

    def enter_step(self, step: Step) -> None:
        self.exact.enter_step(step)

    def leave(self, node: Node, y: Any) -> Any:  # noqa: ARG002
        return self._flushed(self._rounded(self._moved_by_norm(y, self._budget.whole), self._budget.forward))

    def enter_pullback(self, site: int, node: Node, y: Approximate, ct: Approximate) -> Approximate:
        """Move the cotangent by the roundings of the VJP, so that they act on every term of the sums that follow."""
        self.exact.enter_pullback(site, node, y.value, ct.value)
        self._begin(site, node)
        self._site = -1
        self._fused = self._steps[site] > 1
        return self._flushed(self._moved(ct, self._budget.vjp))

    def leave_pullback(self, ct: Approximate, node: Node, dtype: str) -> Approximate:
        if self._fused:
            ct = self._underflowed(ct)
        if self._budget.form is Form.BACKWARD:
            # another algorithm may lose to underflow what is smaller than any normal number
            normal = self._rounding.underflow / (2 * self._rounding.unit)
            ct = self._widened(ct, self._bounds.zero, self._bounds.number(normal))
        ct = self._flushed(ct)
        if dtype == node.dtype:
            return ct
        self._rounding = self._roundings[dtype]
        return self._rounded(ct, 1)

    def join(self, parts: Sequence[Approximate], dtype: str) -> Approximate:
        self._rounding = self._roundings[dtype]
        return self.add(parts)

    def _begin(self, site: int, node: Node) -> None:
        self._budget = self._sized[site]
        self._rounding = self._roundings.get(node.dtype, EXACTLY)

    def _relative(self, size: float) -> Any:
        """Return ``size`` units, and where a size counts the roundings of many entries, what so many compound to."""
        compound = self._budget.form in (Form.PRODUCT, Form.CENTRED)
        return self._gamma(size) if compound else self._bounds.number(size * self._rounding.unit)

    def _least(self, count: float) -> Any:
        """Return ``count`` underflow units."""
        return self._bounds.number(count * self._rounding.underflow)

    def _moved(self, a: Any, size: float) -> Any:
        """Admit a relative perturbation of ``size`` units."""
        return self._widened(a, self._relative(size), self._bounds.zero) if size else a

    def _widened(self, a: Any, relative: Any, least: Any) -> Any:
        return a.widened(self._bounds.widened(a, relative, least)) if isinstance(a, Approximate) else a

    def _moved_by_norm(self, a: Any, size: float) -> Any:
        """Admit a perturbation of every entry by ``size`` units of the largest entry of its matrix."""
        if not size or not isinstance(a, Approximate):
            return a
        return self._moved_by(a, size, self._bounds.largest(self._bounds.largest(self._bounds.outer(a), -1), -2))

    def _moved_jointly(self, args: list[Any], sizes: list[float]) -> list[Any]:
        """Admit perturbations of every entry by so many units of the largest entry of all arguments."""
        if not args:
            return args
        largest = self._bounds.largest(np.concatenate([self._bounds.outer(arg).ravel() for arg in args]), 0)
        return [self._moved_by(arg, size, largest) for arg, size in zip(args, sizes, strict=False)]

    def _moved_by(self, a: Any, size: float, largest: Any) -> Any:
        return a.widened(self._bounds.up(a.error + self._relative(size) * largest))

    def _underflowed(self, ct: Approximate) -> Any:
        """Admit the underflow of a fused VJP at its end: between its steps it would be magnified."""
        return self._widened(ct, self._bounds.zero, self._least(self._budget.vjp))

    def _flushed(self, a: Any) -> Any:
        """Admit that each number that may be below the smallest normal one is taken for zero, where a target does."""
        least = self._rounding.flushed
        if least.is_zero() or not isinstance(a, Approximate):
            return a
        widened = self._widened(a, self._bounds.zero, self._bounds.number(least))
        small = _may_be_below(a.value, a.error, least).astype(bool)
        return a.widened(np.where(small, widened.error, a.error))

    def _flushed_terms(self, count: int) -> Any:
        """Return what a sum of so many terms may be off by because these, or partial sums, were taken for zero."""
        return self._bounds.number(2 * count * self._rounding.flushed)

    def _rounded(self, a: Any, size: float) -> Any:
        """Admit ``size`` roundings, each also by the underflow unit, of what is not exactly zero."""
        return self._widened(a, self._relative(size), self._least(size)) if size else a

    # --- the nonlinear step

    def numbers(self, a: Any) -> Approximate:
        if isinstance(a, Approximate):
            return a
        return Approximate(self.exact.numbers(a), self._bounds.of_answers(a))

    def apply(self, function: ScalarFunction, args: Sequence[Approximate]) -> Any:
        values = self.exact.apply(function, [arg.value for arg in args])
        if function.is_condition:
            return self.exact.answer(answers_of(function), [values, *operands_of(args)])
        self._count_step()
        spread = self._bounds.spread(function, args, self.exact)
        if self._budget.form is Form.CENTRED and function.is_root and spread.dtype == object:
            spread = _spread_of_root(spread, args[0].value, args[0].error)
        return Approximate(values, spread)

    def _count_step(self) -> None:
        self._steps[self._site] = self._steps.get(self._site, 0) + 1

    def partials(self, function: ScalarFunction, args: Sequence[Approximate], wanted: Sequence[bool]) -> list[Any]:
        values = self.exact.partials(function, [arg.value for arg in args], wanted)
        return [
            None if value is None else Approximate(value, self._bounds.variation(function, slot, args, self.exact))
            for slot, value in enumerate(values)
        ]

    def product(self, a: Approximate, b: Approximate) -> Approximate:
        least = self._least(0 if self._fused else self._budget.vjp)
        return self._shared(Approximate(self.exact.product(a.value, b.value), self._bounds.product(a, b, least)))

    def _shared(self, part: Approximate) -> Approximate:
        """Admit the underflow of a share at the entries that stand on a side: a target may give a part to each side."""
        entries = list(self.exact.standing)
        if not entries:
            return part
        error = np.array(part.error)
        error.flat[entries] = _with_underflow(part.value.flat[entries], error.flat[entries], self._least(1))
        return part.widened(error)

    # --- the linear steps

    def _gamma(self, roundings: float) -> Any:
        n = roundings * self._rounding.unit
        return self._bounds.number(n / (1 - n) if n < 1 else arb.pos_inf())

    def _summed(self, a: Array, axes: tuple[int, ...]) -> Any:
        return np.sum(a, axis=axes, keepdims=True, initial=self._bounds.zero)

    def add(self, parts: Sequence[Approximate]) -> Approximate:
        if len(parts) == 1:
            return parts[0]
        value = self.exact.add([part.value for part in parts])
        outer: Any = sum(map(self._bounds.outer, parts))
        error = sum(part.error for part in parts) + self._gamma(len(parts) - 1) * outer
        error = error + self._bounds.unless_zero(outer, self._flushed_terms(len(parts)))
        return Approximate(value, self._bounds.up(error, len(parts)))

    def total(self, a: Approximate, axes: tuple[int, ...]) -> Approximate:
        value, error = self.exact.total(a.value, axes), self._summed(a.error, axes)
        count = math.prod(a.shape[axis] for axis in axes)
        if count > 1:
            outer = self._summed(self._bounds.outer(a), axes)
            error = error + self._gamma(count - 1) * outer + self._bounds.unless_zero(outer, self._flushed_terms(count))
        return Approximate(value, self._bounds.up(error, count))

    def spread(self, a: Approximate, shape: Shape) -> Approximate:
        return a.moved(lambda entries: np.broadcast_to(entries, shape))

    def gather(self, args: Sequence[Any], step: Move) -> Any:
        if not isinstance(args[0], Approximate):
            return self.exact.gather(args, step)
        if len(args) == 1 and step.is_filled:
            return args[0].moved(lambda entries: entries.ravel()[step.index].reshape(step.shape))
        errors = gather([arg.error for arg in args], step, self._bounds.zero)
        return Approximate(self.exact.gather([arg.value for arg in args], step), errors)

    def scatter(self, ct: Approximate, step: Move) -> list[Any]:
        values, errors = self.exact.scatter(ct.value, step), self._bounds.scatter(ct.error, step)
        if not step.is_injective:
            counts = np.split(step.fan_out, step.starts[1:-1])
            outers = self._bounds.scatter(self._bounds.outer(ct), step)
            errors = [
                self._bounds.up(e + self._gammas(n.reshape(e.shape), e.dtype) * outer)
                for e, outer, n in zip(errors, outers, counts, strict=True)
            ]
        return [Approximate(v, e) for v, e in zip(values, errors, strict=True)]

    def _gammas(self, counts: Array, dtype: Any) -> Array:
        known = {n: self._gamma(max(n - 1, 0)) for n in np.unique(counts).tolist()}
        gammas = np.empty(counts.shape, dtype=dtype)
        gammas.ravel()[:] = [known[n] for n in counts.ravel().tolist()]
        return gammas

    def contract(self, a: Approximate, b: Approximate) -> Approximate:
        bounds, terms = self._bounds, a.shape[-1]
        a_outer, b_outer = bounds.outer(a), bounds.outer(b)
        moved = bounds.contract(bounds.size(a), b.error) + bounds.contract(a.error, b_outer)
        outer = bounds.contract(a_outer, b_outer)
        widened = moved + self._gamma(terms) * outer + self._least(terms)
        return Approximate(self.exact.contract(a.value, b.value), bounds.up(bounds.unless_zero(outer, widened)))

    def determinant(self, a: Approximate) -> Approximate:
        self._count_step()
        value, error = operands_of([a])
        return Approximate(self.exact.determinant(value), self._bounds.of_balls(determinant_moves(value, error)))

    # --- the roots of equations

    def root(self, step: Implicit, x: Approximate) -> Approximate:
        y = self.exact.root(step, x.value)
        if self._bounds.same(x.error, self._bounds.zeros(x.shape)):
            return Approximate(y, self._bounds.zeros(y.shape))
        value, error = operands_of([x])
        moves = (
            root_moves(step, value, error, y, Balls)
            if isinstance(step, Root)
            else solution_moves(step, value, error, y, Balls)
        )
        return Approximate(y, self._bounds.of_balls(moves))

    def inverse(self, a: Approximate, step: Implicit, y: Approximate) -> Approximate:
        """Invert the Jacobian of equations, moved as matrices of such an op are, but each entry in its own units.

        That of linear equations consists of entries of such a matrix, which have been moved.
        """
        value, error = operands_of([a])
        inverse = self.exact.inverse(value, step, y.value)
        if isinstance(step, Root):
            largest = equilibrating(value, sizes_of(step, y.value))
            error = as_objects(error + self._budget.arguments[0] * self._rounding.unit * largest)
        return Approximate(inverse, self._bounds.of_balls(inverse_moves(inverse, error)))

    def swap(self, a: Approximate) -> Approximate:
        return a.moved(lambda entries: np.swapaxes(entries, -1, -2))

    def select(self, condition: Objects, a: Approximate, b: Approximate) -> Approximate:
        value = self.exact.select(condition, a.value, b.value)
        return Approximate(value, self._bounds.of_choice(condition, value, a, b))

    def share(self, condition: Objects, ct: Approximate, *, chosen: bool) -> Approximate:
        value = self.exact.share(condition, ct.value, chosen=chosen)
        return Approximate(value, self._bounds.of_share(condition, ct, chosen=chosen))


_with_underflow = entrywise(lambda v, e, least: e if v.is_zero() else e + least, 3)

_may_be_below = entrywise(lambda v, e, least: not abs(v).abs_lower() - e > least, 3)

#: How far the root of a sum of squares moves, which no rounding makes negative: also where its slope is infinite.
_spread_of_root = entrywise(lambda bound, v, e: bound if bound.is_finite() else (v + e).abs_upper().sqrt(), 3)
