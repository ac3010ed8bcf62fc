"""Textbook expressions evaluated step by step, with a bound on the rounding errors of every step.

What a plain program would compute: each elementary operation of an expression is rounded on its own, and nothing is
rewritten into a form that loses fewer digits. The bounds are running ones (Higham, *Accuracy and Stability of Numerical
Algorithms*, section 3.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

import sympy as sp
from flint import arb

from .compiler import compile_ball
from .switches import ONE, ZERO
from .tolerance import Rounding

#: An elementary function may be off by so many units of roundoff, relatively: 4 ulp.
ELEMENTARY = 8

#: Functions of their last argument: those before it are numbers.
_ORDERED = (
    *(sp.polygamma, sp.lowergamma, sp.uppergamma, sp.betainc_regularized),
    *(sp.besseli, sp.besselj, sp.bessely, sp.hyper),
)


@dataclass(frozen=True)
class Rounded:
    """A true value and a bound on the error of a computed one."""

    value: arb
    error: arb

    @property
    def is_exactly_zero(self) -> bool:
        """Whether every implementation holds a zero here."""
        return bool(self.value.is_zero() and self.error.is_zero())

    @property
    def widened(self) -> arb:
        """A ball that holds the true value and every computed one."""
        return self.value if self.error.is_zero() else self.value + arb(0, self.error)

    @property
    def magnitude(self) -> arb:
        """A bound on the computed value."""
        return abs(self.value) + self.error


def evaluate(expression: Any, operands: Mapping[sp.Symbol, Rounded], rounding: Rounding) -> Rounded:
    """Evaluate ``expression`` literally, rounding after every elementary operation.

    Raises ``MirrorError`` where a function has no ball function.
    """
    if expression.is_Symbol:
        return operands[expression]
    if expression.is_number:
        return _constant(expression, rounding)
    if isinstance(expression, sp.Piecewise):
        return _piecewise(expression, operands, rounding)
    if isinstance(expression, _ORDERED):
        *orders, argument = expression.args
        return _elementary(partial(expression.func, *orders), [evaluate(argument, operands, rounding)], rounding)
    args = [evaluate(arg, operands, rounding) for arg in expression.args]
    if isinstance(expression, sp.Add):
        return _sum(args, rounding)
    if isinstance(expression, sp.Mul):
        return reduce(lambda a, b: _product(a, b, rounding), args)
    return _elementary(expression.func, args, rounding)


def _constant(expression: Any, rounding: Rounding) -> Rounded:
    value = arb(compile_ball((), expression)())
    exact = expression.is_Integer or (expression.is_Rational and expression.q & (expression.q - 1) == 0)
    return Rounded(value, ZERO if exact else rounding.unit * abs(value))


def _sum(terms: Sequence[Rounded], rounding: Rounding) -> Rounded:
    """Add in any order: ``(n - 1) u`` times the sum of the magnitudes, to which every order keeps (section 4.2)."""
    n = (len(terms) - 1) * rounding.unit
    value = sum((term.value for term in terms), start=ZERO)
    error = sum((term.error for term in terms), start=ZERO)
    return Rounded(value, error + n / (1 - n) * sum((term.magnitude for term in terms), start=ZERO))


def _product(a: Rounded, b: Rounded, rounding: Rounding) -> Rounded:
    if a.is_exactly_zero or b.is_exactly_zero:
        return Rounded(ZERO, ZERO)
    moved = abs(a.value) * b.error + b.magnitude * a.error
    if a.value in (ONE, -ONE) or b.value in (ONE, -ONE):
        return Rounded(a.value * b.value, moved)
    return Rounded(a.value * b.value, moved + rounding.unit * a.magnitude * b.magnitude + rounding.underflow)


def _elementary(function: Any, args: Sequence[Rounded], rounding: Rounding) -> Rounded:
    """Apply one function: what the errors of its arguments do to it, and its own.

    A power with a negative exponent is 0 where its base overflows. What overflows otherwise has no bound.
    """
    compiled = _compiled(function, len(args))
    value = arb(compiled(*(arg.value for arg in args)))
    if function is sp.Pow and not args[0].magnitude < rounding.overflow and args[1].value < 0:
        return Rounded(value, abs(value) * (1 + ELEMENTARY * rounding.unit))
    if not abs(value) < rounding.overflow:
        return Rounded(value, arb.pos_inf())
    moved = ZERO
    if any(not arg.error.is_zero() for arg in args):
        moved = (arb(compiled(*(arg.widened for arg in args))) - value).abs_upper()
    if value.is_zero() and moved.is_zero():
        return Rounded(value, moved)
    error = moved + ELEMENTARY * rounding.unit * (abs(value) + moved) + rounding.underflow
    return Rounded(value, error)


def _compiled(function: Any, arity: int) -> Any:
    symbols = tuple(sp.Symbol(f"x{i}", real=True) for i in range(arity))
    options = {} if isinstance(function, partial) else {"evaluate": False}
    return compile_ball(symbols, function(*symbols, **options))


def _piecewise(expression: Any, operands: Mapping[sp.Symbol, Rounded], rounding: Rounding) -> Rounded:
    """Take the branch that holds, with the distance to every other one that rounding errors may take."""
    symbols = tuple(operands)
    values, widened = [each.value for each in operands.values()], [each.widened for each in operands.values()]
    branches: list[Rounded] = []
    settled = False
    for branch, condition in expression.args:
        holds = compile_ball(symbols, condition)
        may_hold, does_hold = holds(*widened), holds(*values)
        if may_hold is False:
            continue
        each = evaluate(branch, operands, rounding)
        if does_hold is True and not settled:
            branches.insert(0, each)
            settled = True
        else:
            branches.append(each)
        if may_hold is True:
            break
    if not branches:
        return Rounded(arb.nan(), arb.nan())
    chosen = branches[0]
    error = reduce(
        lambda bound, each: bound.max((each.value - chosen.value).abs_upper() + each.error), branches, chosen.error
    )
    return Rounded(chosen.value, error)
