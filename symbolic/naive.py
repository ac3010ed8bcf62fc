"""The naive sweep: the budget sweep with the digits that a plain but legitimate formula loses.

It runs after a failure, to tell lost digits from a wrong derivative. Three kinds of formula are admitted, each wherever
it errs more than the budget: the textbook formula and what ``sympy.diff`` makes of it, rounded step by step; a
derivative that reuses the saved result in place of its argument; and a value, or the derivative of a formula that the
mirror puts otherwise, with all products multiplied out.
``docs/tolerance.md`` derives the bounds.
"""

# ruff: noqa: D102 - the methods are those of Domain, and documented there
from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, reduce
from typing import Any

import sympy as sp
from flint import arb
from sympy.functions.elementary.hyperbolic import HyperbolicFunction

from gradproof.budget import Budget, Form
from gradproof.graph import Graph, Node

from .approximate import Approximate
from .balls import entrywise
from .compiler import compile_ball
from .domain import Objects, as_objects
from .expanded import magnitudes
from .rounded import ELEMENTARY, Rounded, evaluate
from .scalar import ScalarFunction
from .switches import ONE, ZERO
from .tolerance import Budgeted, Rounding

#: The forms of ops whose result is one operation, or one sum: there is nothing to formulate otherwise.
PLAIN = frozenset({Form.EXACT, Form.CORRECTLY_ROUNDED, Form.SUMMATION, Form.BACKWARD})

#: A saved result is moved by so many units: its own error, and a rounding or two of the formula that reuses it.
SAVED = ELEMENTARY + 2

#: A sign is exact, but ``ct * x / abs(x)`` is rounded twice.
SIGN = 2

#: A formula that reuses a result undoes steps of the textbook formula: errors like theirs, so many times in all.
UNDOING = 4

#: An interval of arguments is sought by so many halvings or doublings.
MOST_STEPS = 200

#: Its ends are found to one part in so many powers of 2.
BISECTIONS = 8


class Naive(Budgeted):
    """The naive sweep over ``graph`` as a scalar domain."""

    def __init__(self, budgets: Mapping[str, Budget], graph: Graph) -> None:
        super().__init__(budgets)
        self._graph = graph
        self._args: list[Any] = []

    def enter(self, site: int, node: Node, args: list[Any], *, moving: bool) -> list[Any]:
        self._args = args
        return super().enter(site, node, args, moving=moving)

    def leave(self, node: Node, y: Any) -> Any:
        y = super().leave(node, y)
        if not isinstance(y, Approximate) or self._budget.form in PLAIN:
            return y
        terms = magnitudes(self._graph, node, self._args)
        summed = max(math.prod(arg.shape) for arg in self._args) // max(math.prod(y.shape), 1)
        gamma = self._gamma(ELEMENTARY + summed)
        lost = entrywise(lambda m: gamma * m if m.is_finite() else ZERO, 1)
        return Approximate(y.value, _larger(y.error, lost(terms)))

    def apply(self, function: ScalarFunction, args: Sequence[Approximate]) -> Any:
        y = super().apply(function, args)
        if not isinstance(y, Approximate) or self._budget.form in PLAIN:
            return y
        return Approximate(y.value, _larger(y.error, self._stepwise(function, _formulas(function), args)))

    def partials(self, function: ScalarFunction, args: Sequence[Approximate], wanted: Sequence[bool]) -> list[Any]:
        found = super().partials(function, args, wanted)
        if self._budget.form is Form.EXACT:
            return [
                self._moved(partial, SIGN) if partial is not None and _is_sign(function, slot) else partial
                for slot, partial in enumerate(found)
            ]
        return [
            None if partial is None else Approximate(partial.value, self._lost(function, slot, args, partial.error))
            for slot, partial in enumerate(found)
        ]

    def product(self, a: Approximate, b: Approximate) -> Approximate:
        found = super().product(a, b)
        if self._budget.form is Form.EXACT:
            return found
        return self._moved(found, 1) if self._fused else self._rounded(found, 1)

    def _lost(self, function: ScalarFunction, slot: int, args: Sequence[Approximate], error: Objects) -> Objects:
        """Return the largest error of a partial among the admitted formulas."""
        bound = _larger(error, self._stepwise(function, _derivatives(function, slot), args))
        if function.plain is not None:
            magnitude, count = _magnitude_of_terms(function, slot)
            cancelled = entrywise(magnitude, function.arity)(*(arg.value for arg in args))
            bound = _larger(bound, as_objects(error + self._gamma(ELEMENTARY + count) * cancelled))
        if not _reuses_result(function):
            return bound
        exactly = Approximate.exactly(args[0].value)
        saved = self._stepwise(function, _formulas(function), [exactly])
        blur = entrywise(lambda x, e: _blur(function, x, e, self._rounding), 2)
        return _larger(bound, as_objects(error + blur(args[0].value, saved)))

    def _stepwise(self, function: ScalarFunction, formulas: Sequence[Any], args: Sequence[Approximate]) -> Objects:
        """Return the largest error of evaluating one of the formulas step by step."""
        symbols, arity = function.symbols, function.arity
        # between the steps of a fused op underflow would be magnified, as in the budget sweep
        rounding = replace(self._rounding, underflow=ZERO) if self._fused else self._rounding

        def error(*operands: arb) -> arb:
            rounded = dict(zip(symbols, map(Rounded, operands[:arity], operands[arity:]), strict=True))
            bounds = [evaluate(formula, rounded, rounding).error for formula in formulas]
            # what overflows or divides by what may be 0 returns no number, so nothing that could be forgiven
            return largest([bound for bound in bounds if bound.is_finite()])

        operands = [*(arg.value for arg in args), *(arg.error for arg in args)]
        return entrywise(error, 2 * arity)(*operands)


def largest(bounds: Sequence[arb]) -> arb:
    """Return the largest of some bounds, 0 where there is none."""
    return reduce(lambda a, b: a.max(b), bounds, ZERO)


_larger = entrywise(lambda a, b: a.max(b), 2)


@cache
def _formulas(function: ScalarFunction) -> tuple[Any, ...]:
    """Return the textbook formula, and the same with hyperbolic functions as exponentials."""
    return _written_out(function.expression)


@cache
def _derivatives(function: ScalarFunction, slot: int) -> tuple[Any, ...]:
    """Return what ``sympy.diff`` makes of the textbook formula, likewise; nothing where it leaves no formula."""
    derivative = function.literal_gradient[slot]
    return () if derivative is None else _written_out(derivative)


@cache
def _is_sign(function: ScalarFunction, slot: int) -> bool:
    """Tell whether a partial derivative is a sign."""
    derivative = function.literal_gradient[slot]
    return derivative is not None and derivative.has(sp.sign)


@cache
def _magnitude_of_terms(function: ScalarFunction, slot: int) -> tuple[Callable[..., arb], int]:
    """Return the sum of the magnitudes of the terms of a derivative as people write it, and their number.

    Each term is taken for a function of its own, such as ``exp(-abs(x)) I_1(x)``: 0 stands for a sum that is no number.
    """
    terms = function.plain_terms(slot)
    total = compile_ball(function.symbols, sum(map(sp.Abs, terms)))

    def magnitude(*values: arb) -> arb:
        found = arb(total(*values))
        return found.abs_upper() if found.is_finite() else ZERO

    return magnitude, len(terms)


def _written_out(expression: Any) -> tuple[Any, ...]:
    return (expression, expression.rewrite(sp.exp)) if expression.has(HyperbolicFunction) else (expression,)


#: Functions whose derivatives are algebraic functions of themselves.
_EXPONENTIALS = (sp.exp, HyperbolicFunction, sp.tan)


@cache
def _reuses_result(function: ScalarFunction) -> bool:
    """Tell whether people write the derivative as a formula of the result alone.

    They do for powers, and for what knows its argument by exponentials alone. Not for even powers, whose result does
    not tell the side.
    """
    if function.arity != 1:
        return False
    (x,), expression = function.symbols, function.expression
    if isinstance(expression, sp.Pow) and expression.base == x:
        return not expression.exp.is_even
    return x not in expression.replace(lambda each: isinstance(each, _EXPONENTIALS), lambda _: sp.Dummy()).free_symbols


def _blur(function: ScalarFunction, x: arb, error: arb, rounding: Rounding) -> arb:
    """Return how far the derivative ``f'(x)`` may be off where a formula knows f(x) in place of x.

    The saved result is y + d, ``abs(d) <= D = UNDOING e + SAVED u abs(y)``, e the ``error`` of the textbook formula. So
    the formula cannot tell x from any x* of the interval around x on which f stays within D of y, and returns f'(x*).
    That is about ``abs(f''/f') D`` off. Near a critical point of f, where the interval has the half-width
    ``sqrt(2 D / abs(f''))``, it is about ``sqrt(2 abs(f'') D)``.
    """
    value = compile_ball(function.symbols, function.expression)
    slope = compile_ball(function.symbols, function.gradient[0])
    y, here = value(x), slope(x)
    distance = (UNDOING * error + SAVED * rounding.unit * abs(y)).abs_upper()
    if distance.is_zero() or not (distance.is_finite() and here.is_finite()):
        return ZERO
    # in saturation the linear estimate is far beyond what is left of the interval
    start, widest = (distance / abs(here)).mid(), ONE + abs(x).mid()
    step = start if start < widest else widest
    ends = [_end(value, slope, x, distance, signed) for signed in (step, -step)]
    return largest([(slope(end) - here).abs_upper() for end in ends])


def _end(value: Callable[[arb], arb], slope: Callable[[arb], arb], x: arb, distance: arb, step: arb) -> arb:
    """Return an end of the interval around x on which the value stays within ``distance``, a little outwards.

    Where it stays there for ever (in saturation), return a point far out; where the function ends, one inside.
    """
    y = value(x)

    def stays(step: arb) -> bool:
        moved = value(x + step)
        return bool(moved.is_finite() and abs(moved - y) <= distance)

    for _ in range(MOST_STEPS):
        if not stays(step / 2):
            step = step / 2
        elif stays(step):
            step = 2 * step
        else:
            break
    inside, outside = step / 2, step
    for _ in range(BISECTIONS):
        middle = ((inside + outside) / 2).mid()
        inside, outside = (middle, outside) if stays(middle) else (inside, middle)
    return x + outside if slope(x + outside).is_finite() else x + inside
