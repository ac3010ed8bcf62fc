"""SymPy expressions compiled to functions of ``arb`` balls.

What ``sympy.diff`` leaves at a kink (``Heaviside``, ``sign``, ``DiracDelta``, the boundary of a ``Piecewise``) becomes
the hull of what holds on its sides, and a mark; it is never one of the values. What has no ball function is an error.
"""

# ruff: noqa: ARG002, N802, N815 - SymPy dispatches printers by the names of its classes
from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

import sympy as sp
from flint import arb
from sympy.printing.printer import Printer

from gradproof.errors import MirrorError

ZERO = arb(0)
ONE = arb(1)
NAN = arb.nan()

#: The hull of 0 and 1.
BETWEEN = arb(0.5, 0.5)

#: Filled by compiled functions: "kink" where no side could be chosen, and "undecided" where more precision might.
marks: set[str] = set()


class Undecided:
    """The answer of a comparison at a tie, between balls that overlap, or one that rounding errors may flip.

    ``value`` is what holds for the true operands, None where that is not known. ``flips`` tells that only the rounding
    errors of an implementation may change it: the derivative exists.
    """

    __slots__ = ("flips", "value")

    def __init__(self, value: bool | None, *, flips: bool = False) -> None:
        self.value = value
        self.flips = flips


def mark_kink(distance: Any) -> None:
    """Mark a kink at ``distance``: a tie where it is exactly zero, else undecided."""
    marks.add("kink")
    if not arb(distance).is_zero():
        marks.add("undecided")


def _compare(a: Any, b: Any, less: bool, tie: bool, more: bool) -> Any:
    difference = a - b
    if difference < 0:
        return less
    if difference > 0:
        return more
    return Undecided(tie if arb(difference).is_zero() else None)


def _negate(answer: Any) -> Any:
    if isinstance(answer, Undecided):
        return Undecided(None if answer.value is None else not answer.value)
    return not answer


def _both(*answers: Any) -> Any:
    if any(answer is False for answer in answers):
        return False
    return Undecided(None) if any(isinstance(answer, Undecided) for answer in answers) else True


def _any(*answers: Any) -> Any:
    return _negate(_both(*map(_negate, answers)))


def _either(answer: Any, a: Callable[[], arb], b: Callable[[], arb]) -> arb:
    """Return a branch of a ``Piecewise``, and the hull of both where the answer is not the same all around."""
    if not isinstance(answer, Undecided):
        return a() if answer else b()
    marks.add("kink")
    if answer.value is None:
        marks.add("undecided")
    return arb(a()).union(arb(b()))


def _step(x: arb) -> arb:
    """Return Heaviside's function, and its hull [0, 1] at a kink."""
    if x > 0:
        return ONE
    if x < 0:
        return ZERO
    if not x.is_finite():
        return NAN
    mark_kink(x)
    return BETWEEN


def _sign(x: arb) -> arb:
    return 2 * _step(x) - 1


def _spike(x: arb) -> arb:
    """Return Dirac's distribution away from its spike, and no number where it may stand."""
    return NAN if x.contains(0) else ZERO


def _integer_power(x: Any, n: int) -> Any:
    """Return ``x^n`` by squaring; balls around 0 stay finite for n >= 0."""
    if n < 0:
        return 1 / _integer_power(x, -n)
    result, square = (x, x) if n & 1 else (ONE, x)
    while n := n >> 1:
        square = square * square
        if n & 1:
            result = square if result is ONE else result * square
    return result


def _power(x: arb, p: arb) -> arb:
    n = p.unique_fmpz() if p.is_exact() and p.is_integer() else None
    if n is not None and abs(n) <= 64:
        return _integer_power(x, int(n))
    return ZERO if x.is_zero() and p > 0 else x**p


def _power_log(x: arb, p: arb) -> arb:
    """Return ``x^p log(x)``, and at 0 its limit for positive p."""
    return ZERO if x.is_zero() and p > 0 else _power(x, p) * x.log()


def _scaled_power(s: arb, x: arb, p: arb) -> arb:
    """Return ``s x^p`` where p depends on s: for s = 0 it vanishes for all x but 0, and so by continuity there."""
    return ZERO if s.is_zero() else s * _power(x, p)


_NAMESPACE = {
    "arb": arb,
    "_any": _any,
    "_both": _both,
    "_compare": _compare,
    "_either": _either,
    "_integer_power": _integer_power,
    "_negate": _negate,
    "_power": _power,
    "_power_log": _power_log,
    "_scaled_power": _scaled_power,
    "_sign": _sign,
    "_spike": _spike,
    "_step": _step,
}


class _BallPrinter(Printer):  # type: ignore[misc]
    """Prints SymPy expressions as Python code over balls; what it does not know is an error."""

    _METHODS = ("exp", "log", "sin", "cos", "tanh", "cosh", "sinh")
    _HELPERS: ClassVar = {"Heaviside": "_step", "sign": "_sign", "DiracDelta": "_spike", "Abs": "abs"}
    #: The answers for less, equal and more.
    _COMPARISONS: ClassVar = {
        sp.Gt: (False, False, True),
        sp.Ge: (False, True, True),
        sp.Lt: (True, False, False),
        sp.Le: (True, True, False),
        sp.Eq: (False, True, False),
        sp.Ne: (True, False, True),
    }

    def emptyPrinter(self, expr: Any) -> str:
        raise MirrorError(f"no ball function for {type(expr).__name__} in {expr}")

    def _ball(self, expr: Any) -> str:
        """Print what must be a ball: SymPy's integers are printed as Python's."""
        return f"arb({self._print(expr)})" if expr.is_number else f"({self._print(expr)})"

    def _print_Symbol(self, expr: Any) -> str:
        return str(expr.name)

    def _print_Integer(self, expr: Any) -> str:
        return str(int(expr))

    def _print_Rational(self, expr: Any) -> str:
        return f"(arb({expr.p}) / {expr.q})"

    def _print_Exp1(self, expr: Any) -> str:
        return "arb(1).exp()"

    def _print_Pi(self, expr: Any) -> str:
        return "arb.pi()"

    def _print_NaN(self, expr: Any) -> str:
        return "arb.nan()"

    # what SymPy answers where no real number is defined
    _print_Infinity = _print_NegativeInfinity = _print_ComplexInfinity = _print_ImaginaryUnit = _print_NaN

    def _print_BooleanTrue(self, expr: Any) -> str:
        return "True"

    def _print_BooleanFalse(self, expr: Any) -> str:
        return "False"

    def _print_Add(self, expr: Any) -> str:
        """Print a sum, with ``exp(x) - 1`` in the form that does not cancel."""
        exponential = next((arg for arg in expr.args if isinstance(arg, sp.exp)), None)
        if exponential is not None and sp.S.NegativeOne in expr.args:
            rest = expr - exponential + 1
            tail = "" if rest == 0 else f" + {self._print(rest)}"
            return f"({self._ball(exponential.args[0])}.expm1(){tail})"
        return "(" + " + ".join(self._print(arg) for arg in expr.args) + ")"

    def _print_Mul(self, expr: Any) -> str:
        special = self._removable(expr)
        if special:
            return special
        factors = [part for arg in expr.args for part in _parts(arg)]
        above = [arg for arg in factors if not _is_divisor(arg) and arg is not sp.S.One]
        sign = "-" if sp.S.NegativeOne in above else ""
        code = " * ".join(self._print(arg) for arg in above if arg is not sp.S.NegativeOne) or "1"
        divisors = "".join(f" / {self._ball(1 / arg)}" for arg in factors if _is_divisor(arg))
        return f"({sign}{code}{divisors})"

    def _removable(self, expr: Any) -> str:
        """Print ``s x^(s+c)`` and ``x^p log(x)``, whose singularity at 0 is none."""
        if len(expr.args) != 2:
            return ""
        power = next((arg for arg in expr.args if isinstance(arg, sp.Pow) and not arg.exp.is_number), None)
        if power is None:
            return ""
        (other,) = (arg for arg in expr.args if arg is not power)
        base, exponent = self._ball(power.base), self._ball(power.exp)
        if other == sp.log(power.base):
            return f"_power_log({base}, {exponent})"
        if other.is_Symbol and power.exp.has(other):
            return f"_scaled_power({self._ball(other)}, {base}, {exponent})"
        return ""

    def _print_Pow(self, expr: Any) -> str:
        base, power = self._ball(expr.base), expr.exp
        if power.is_Rational and power.is_negative:
            return f"(1 / {self._ball(1 / expr)})"
        if power.is_Integer:
            return f"_integer_power({base}, {int(power)})"
        if power == sp.S.Half:
            return f"{base}.sqrt()"
        return f"_power({base}, {self._ball(power)})"

    def _print_Function(self, expr: Any) -> str:
        name = type(expr).__name__
        argument = self._ball(expr.args[0])
        if name in self._METHODS:
            return f"{argument}.{name}()"
        if name in self._HELPERS:
            return f"{self._HELPERS[name]}({argument})"
        return self.emptyPrinter(expr)

    def _print_log(self, expr: Any) -> str:
        """Print a logarithm, with ``log(1 + x)`` and ``log(1/(1 + x))`` in the forms that do not cancel."""
        (argument,) = expr.args
        if isinstance(argument, sp.Pow) and argument.base.is_positive and argument.exp.is_Integer:
            return f"({int(argument.exp)} * {self._print(sp.log(argument.base))})"
        if isinstance(argument, sp.Add) and sp.S.One in argument.args:
            return f"{self._ball(argument - 1)}.log1p()"
        return f"{self._ball(argument)}.log()"

    def _print_Max(self, expr: Any) -> str:
        return self._print_extreme(expr, "max")

    def _print_Min(self, expr: Any) -> str:
        return self._print_extreme(expr, "min")

    def _print_extreme(self, expr: Any, method: str) -> str:
        first, *others = (f"arb({self._print(arg)})" for arg in expr.args)
        return first + "".join(f".{method}({other})" for other in others)

    def _print_Relational(self, expr: Any) -> str:
        answers = self._COMPARISONS[type(expr)]
        return f"_compare({self._print(expr.lhs)}, {self._print(expr.rhs)}, {', '.join(map(str, answers))})"

    def _print_Not(self, expr: Any) -> str:
        return f"_negate({self._print(expr.args[0])})"

    def _print_And(self, expr: Any) -> str:
        return f"_both({', '.join(map(self._print, expr.args))})"

    def _print_Or(self, expr: Any) -> str:
        return f"_any({', '.join(map(self._print, expr.args))})"

    def _print_ITE(self, expr: Any) -> str:
        condition, a, b = map(self._print, expr.args)
        return f"_any(_both({condition}, {a}), _both(_negate({condition}), {b}))"

    def _print_Piecewise(self, expr: Any) -> str:
        code = "arb.nan()"
        for value, condition in reversed(expr.args):
            code = f"_either({self._print(condition)}, lambda: {self._ball(value)}, lambda: {code})"
        return code


def _parts(factor: Any) -> tuple[Any, ...]:
    """Split a fraction, so that multiplying by it is exact before it is divided."""
    if isinstance(factor, sp.Rational) and factor.q != 1:
        return sp.Integer(factor.p), sp.Pow(factor.q, -1, evaluate=False)
    return (factor,)


def _is_divisor(arg: Any) -> bool:
    return isinstance(arg, sp.Pow) and arg.exp.is_Rational and arg.exp.is_negative


@cache
def compile_balls(symbols: tuple[sp.Symbol, ...], expressions: tuple[Any, ...]) -> Callable[..., tuple[Any, ...]]:
    """Return a function of one ball per symbol to a tuple of one ball per expression.

    A condition gives True, False or :class:`Undecided`. Raises ``MirrorError`` where there is no ball function.

    >>> x = sp.Symbol("x", real=True)
    >>> compile_balls((x,), (sp.diff(sp.Abs(x), x),))(arb(-3))
    (-1.00000000000000,)
    """
    shared, printed = _print_shared(expressions)
    return _function(symbols, shared, f"({', '.join(printed)},)")


@cache
def compile_ball(symbols: tuple[sp.Symbol, ...], expression: Any) -> Callable[..., Any]:
    """Return a function of one ball per symbol to the ball of one expression, as :func:`compile_balls` does."""
    shared, (printed,) = _print_shared((expression,))
    return _function(symbols, shared, printed)


def _print_shared(expressions: tuple[Any, ...]) -> tuple[list[str], list[str]]:
    """Print assignments of common subexpressions, and the expressions in terms of them."""
    shared, reduced = sp.cse(expressions, symbols=sp.numbered_symbols("_shared"))
    printer = _BallPrinter()
    lines = [f"    {name} = {printer.doprint(value)}" for name, value in shared]
    return lines, [f"arb({printer.doprint(each)})" if each.is_number else printer.doprint(each) for each in reduced]


def _function(symbols: tuple[sp.Symbol, ...], lines: list[str], result: str) -> Callable[..., Any]:
    names = ", ".join(symbol.name for symbol in symbols)
    code = "\n".join([f"def compiled({names}):", *lines, f"    return {result}"])
    scope: dict[str, Any] = dict(_NAMESPACE)
    exec(code, scope)  # noqa: S102 - the code was printed from an expression just above
    compiled: Callable[..., Any] = scope["compiled"]
    return compiled
