"""Evaluation in ball arithmetic: arrays of ``arb`` balls as a scalar domain of the derivative sweep.

A ball is a midpoint and a radius of arbitrary precision, proven to contain the true value (Johansson, "Arb", IEEE
Transactions on Computers 66(8), 2017).
"""

# ruff: noqa: ARG002, D102 - the methods are those of Domain, and documented there
from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from gradproof.exact import Array
from gradproof.graph import Node

from .compiler import BETWEEN, ONE, ZERO, Undecided, compile_ball, mark_kink, marks
from .domain import Domain, Objects, as_objects
from .scalar import ScalarFunction


@contextlib.contextmanager
def precision(bits: int) -> Iterator[None]:
    """Set the working precision, which is one per process, until the block ends."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def entrywise(function: Callable[..., Any], count: int, results: int = 1) -> Callable[..., Any]:
    """Return ``function`` over arrays of objects."""
    ufunc = np.frompyfunc(function, count, results)
    if results > 1:
        return lambda *arrays: tuple(map(as_objects, ufunc(*arrays)))
    return lambda *arrays: as_objects(ufunc(*arrays))


def exact_balls(array: Array) -> Objects:
    """Return the exact binary values of an array as balls; booleans stay what they are."""
    values = array.ravel().tolist()
    objects = np.empty(len(values), dtype=object)
    objects[:] = values if array.dtype == np.bool_ else list(map(arb, values))
    return objects.reshape(array.shape)


class Balls(Domain):
    """Arrays of balls: every operation encloses the true result.

    ``notes`` collects, by node, what made an enclosure wide or empty: "kink" or "singular". ``undecided`` tells that
    balls overlapped where the true values may be apart: more precision may decide.
    """

    zero = ZERO

    def __init__(self) -> None:
        self.notes: dict[int, set[str]] = {}
        self.undecided = False
        self._site = -1
        self._moving = True
        self._outside: set[int] = set()

    def enter(self, site: int, node: Node, args: list[Any], *, moving: bool) -> list[Any]:
        self._site, self._moving = site, moving
        return args

    def enter_pullback(self, site: int, node: Node, y: Objects, ct: Objects) -> Objects:
        self._site = site
        if site in self._outside and np.any(_is_undefined(y, ct)):
            self.note("singular")
        return ct

    def note(self, reason: str) -> None:
        """Remember that ``reason`` holds at the node being worked on."""
        self.notes.setdefault(self._site, set()).add(reason)

    def note_marks(self) -> None:
        """Note what compiled functions have marked."""
        if marks:
            self.note("kink")
            self.undecided |= "undecided" in marks
            marks.clear()

    def numbers(self, a: Objects) -> Objects:
        return _as_numbers(a) if a.size and isinstance(a.flat[0], bool | Undecided) else a

    def apply(self, function: ScalarFunction, args: Sequence[Objects]) -> Objects:
        values: Objects = _evaluator(function)(*args)
        if function.is_condition:
            return values if self._moving else _settled(values)
        if not _all_finite(values) and all(map(_all_finite, args)):
            self._outside.add(self._site)
        return values

    def partials(self, function: ScalarFunction, args: Sequence[Objects], wanted: Sequence[bool]) -> list[Any]:
        marks.clear()
        found = [_slope(function, slot)(*args) if flag else None for slot, flag in enumerate(wanted)]
        self.note_marks()
        if not all(_all_finite(each) for each in found if each is not None):
            self.note("singular")
        return found

    def select(self, condition: Objects, a: Objects, b: Objects) -> Objects:
        values: Objects = _choose(condition, a, b)
        return values

    def share(self, condition: Objects, ct: Objects, *, chosen: bool) -> Objects:
        marks.clear()
        shared: Objects = (_share_taken if chosen else _share_left)(condition, ct)
        self.note_marks()
        return shared

    def contract(self, a: Objects, b: Objects) -> Objects:
        return contract_balls(a, b)


def contract_balls(a: Objects, b: Objects) -> Objects:
    """Return the product of two stacks of matrices of balls."""
    (*stack, m, k), n = a.shape, b.shape[-1]
    if not k:
        return np.full((*stack, m, n), ZERO, dtype=object)
    result = np.empty((*stack, m, n), dtype=object)
    for place in np.ndindex(*stack):
        left = arb_mat(m, k, a[place].ravel().tolist())
        right = arb_mat(k, n, b[place].ravel().tolist())
        result[place] = np.array((left * right).entries(), dtype=object).reshape(m, n)
    return result


@cache
def _evaluator(function: ScalarFunction) -> Callable[..., Any]:
    return entrywise(compile_ball(function.symbols, function.expression), function.arity)


@cache
def _slope(function: ScalarFunction, slot: int) -> Callable[..., Any]:
    return entrywise(compile_ball(function.symbols, function.gradient[slot]), function.arity)


def _all_finite(balls: Objects) -> bool:
    return all(ball.is_finite() for ball in balls.ravel().tolist())


def _decided(answer: Any) -> Any:
    """Decide a tie between values that no derivative is taken by: they are data."""
    return answer.value if isinstance(answer, Undecided) and answer.value is not None else answer


def _known(answer: Any) -> bool | None:
    return answer.value if isinstance(answer, Undecided) else answer


def _number(answer: Any) -> arb:
    known = _known(answer)
    return BETWEEN if known is None else (ONE if known else ZERO)


def _chosen(condition: Any, a: arb, b: arb) -> arb:
    known = _known(condition)
    return a.union(b) if known is None else (a if known else b)


def _sharing(chosen: bool) -> Callable[[Any, arb], arb]:
    """Return the pullback of a selection to one branch: all of ``ct``, nothing, or anything between at a tie."""

    def share(condition: Any, ct: arb) -> arb:
        if not isinstance(condition, Undecided):
            return ct if condition == chosen else ZERO
        if condition.flips:
            marks.add("kink")
            return ct if condition.value == chosen else ZERO
        mark_kink(ZERO if condition.value is not None else BETWEEN)
        return ct * BETWEEN

    return share


#: The answers of comparisons as True, False, and None where none can be given.
known_answer = entrywise(_known, 1)
_is_undefined = entrywise(lambda y, ct: not y.is_finite() and not ct.is_zero(), 2)
_settled = entrywise(_decided, 1)
_as_numbers = entrywise(_number, 1)
_choose = entrywise(_chosen, 3)
_share_taken = entrywise(_sharing(True), 2)
_share_left = entrywise(_sharing(False), 2)
