"""SymPy expressions compiled to functions of ``arb`` balls.

Conditions, and what ``sympy.diff`` leaves of a kink, are printed with the key of their switching point
(``switches.py``). What has no ball function is an error.
"""

# ruff: noqa: ARG002, N802, N815 - SymPy dispatches printers by the names of its classes
from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

import sympy as sp
from flint import acb, arb, ctx
from sympy.printing.printer import Printer

from gradproof.errors import MirrorError

from . import bounded, saturating, whole
from .guarded import guarded
from .switches import BETWEEN, FUNCTIONS, NAN, ONE, ZERO, unsettled


def _integer_power(x: Any, n: int) -> Any:
    """Return ``x^n`` by squaring; balls around 0 stay finite for n >= 0."""
    if n == 2:
        return x * x
    if n < 0:
        return 1 / _integer_power(x, -n)
    result, square = (x, x) if n & 1 else (ONE, x)
    while n := n >> 1:
        square = square * square
        if n & 1:
            result = square if result is ONE else result * square
    return result


def _divisor_power(x: arb, n: int) -> arb:
    """Return ``x^n`` to divide by: of a wide ball that is apart from 0 the hull of its ends' powers, which is too."""
    power = _integer_power(x, n)
    if power != 0 or x.contains(0):
        return power
    return _integer_power(x.lower(), n).union(_integer_power(x.upper(), n))


def _power(x: arb, p: arb) -> arb:
    if not x.is_finite():
        # a positive power of a ball whose midpoint and radius are infinite crashes FLINT
        return NAN
    n = p.unique_fmpz() if p.is_exact() and p.is_integer() else None
    if n is not None and abs(n) <= 64:
        return _integer_power(x, int(n))
    return arb(0) if x.is_zero() and p > 0 else x**p


def _power_log(x: arb, p: arb) -> arb:
    """Return ``x^p log(x)``, and at 0 its limit for positive p."""
    return arb(0) if x.is_zero() and p > 0 else _power(x, p) * x.log()


def _scaled_power(s: arb, x: arb, p: arb) -> arb:
    """Return ``s x^p`` where s depends on p: for s = 0 it vanishes for all x but 0, and so by continuity there."""
    return arb(0) if s.is_zero() else s * _power(x, p)


def _step_from(x: arb, at_zero: int) -> arb:
    """Return Heaviside's function with its value at 0, which a definition gives; ``_step`` is that of a derivative."""
    if x.is_zero():
        return arb(at_zero)
    if x > 0:
        return ONE
    if x < 0:
        return ZERO
    return BETWEEN if x.is_finite() else NAN


def _rounded(x: arb, method: Callable[[arb], arb]) -> arb:
    """Return ``floor`` or ``ceil``; of a ball that holds a jump the hull of the two values, or of all."""
    value = method(x)
    if value.is_exact():
        return value
    unsettled.add(method.__name__)
    return method(x.lower()).union(method(x.upper()))


#: Nearer to a point than any float is to another.
_NEAR = arb(2) ** -(1 << 14)


def _flat(function: Callable[[arb], arb], x: arb) -> arb:
    """Return the derivative of an integer-valued function: 0 where it is constant all around x, else no number.

    What takes integers alone is constant wherever it is continuous.
    """
    around = function(x + arb(0, x.abs_upper() * arb(2) ** -ctx.prec + _NEAR))
    return ZERO if around.is_exact() else NAN


def _polygamma(n: int, x: arb) -> arb:
    if n == 0:
        return x.digamma()
    return acb(x).polygamma(n).real if x > 0 else NAN


def _entire_bessel(n: int, z: arb) -> arb:
    """Return ``0F1(; n + 3/2; z) = (2n + 1)!! j_n(s) / s^n`` with ``s = 2 sqrt(-z)`` (DLMF 10.16.9 and 10.47.3).

    Near 0 by its series, which is useless on wide balls far out; there by the recurrence of the spherical Bessel
    functions (10.51.1).
    """
    if not z < -1:
        return z.hypgeom_0f1(arb(2 * n + 3) / 2)
    s = 2 * (-z).sqrt()
    sine, cosine = s.sin_cos()
    earlier, value = cosine / s, sine / s
    for k in range(n):
        earlier, value = value, (2 * k + 1) * value / s - earlier
    return value * math.prod(range(1, 2 * n + 2, 2)) / s**n


def _kummer(a: arb, b: arb, z: arb) -> arb:
    """Return ``1F1(a; b; z)`` with ``b > a > 0``, which rises (DLMF 13.4.1): of a wide ball from its ends."""
    if not z.is_finite():
        return NAN
    return z.lower().hypgeom_1f1(a, b).union(z.upper().hypgeom_1f1(a, b))


def _erfcx(x: arb) -> arb:
    """Return ``exp(x^2) erfc(x)``, which falls: of a wide ball from its ends."""
    if not x.is_finite():
        return NAN
    low, high = ((end * end).exp() * end.erfc() for end in (x.lower(), x.upper()))
    return low.union(high)


def _log_half_tail(w: arb) -> arb:
    """Return ``log((1 + erf(w))/2)``, which rises: of a wide ball from its ends."""
    if not w.is_finite():
        return NAN
    ends = (w.lower(), w.upper())
    low, high = ((-end.erfc() / 2).log1p() if end > 0 else ((-end).erfc() / 2).log() for end in ends)
    return low.union(high)


def _bessel_y(x: arb, n: arb) -> arb:
    """Return ``Y_n(x)``: of a wide ball from its middle, where that is narrower, since FLINT widens it by ``exp(x)``.

    The slope is ``(Y_{n-1} - Y_{n+1}) / 2`` (DLMF 10.6.1).
    """
    found = _bessel_y_anew(x, n)
    if x.is_exact() or not x > 0:
        return found
    slope = (_modulus(x.lower(), n - 1) + _modulus(x.lower(), n + 1)) / 2
    centred = _bessel_y_anew(x.mid(), n) + arb(0, 1) * x.rad() * slope
    return centred if not found.is_finite() or centred.rad() < found.rad() else found


def _bessel_y_anew(x: arb, n: arb) -> arb:
    """Return FLINT's ``Y_n(x)``, for integer n a limit, in which it loses two thirds of the digits."""
    with ctx.workprec(3 * ctx.prec):
        value = x.bessel_y(n)
    return +value


def _modulus(x: arb, n: arb) -> arb:
    """Return ``sqrt(J_n(x)^2 + Y_n(x)^2)``, which falls for x > 0 (DLMF 10.9.30), and so bounds ``Y_n`` from x on."""
    return (x.bessel_j(n) ** 2 + _bessel_y_anew(x, n) ** 2).sqrt()


_NAMESPACE: dict[str, Any] = {
    **FUNCTIONS,
    **bounded.BALL_FUNCTIONS,
    **saturating.BALL_FUNCTIONS,
    **whole.BALL_FUNCTIONS,
    "arb": arb,
    "_bessel_y": _bessel_y,
    "_divisor_power": _divisor_power,
    "_erfcx": _erfcx,
    "_entire_bessel": _entire_bessel,
    "_expm1": arb.expm1,
    "_flat": _flat,
    "_kummer": _kummer,
    "_log1p": arb.log1p,
    "_log_half_tail": _log_half_tail,
    "_lower_tail": lambda x: (-x).erfc(),
    "_polygamma": _polygamma,
    "_rounded": _rounded,
    "_step_from": _step_from,
    "_integer_power": _integer_power,
    "_power": _power,
    "_power_log": _power_log,
    "_scaled_power": _scaled_power,
}


class _BallPrinter(Printer):  # type: ignore[misc]
    """Prints SymPy expressions as Python code over balls; what it does not know is an error."""

    _METHODS = (
        *("exp", "log", "sin", "cos", "tan", "atan", "tanh", "cosh", "sinh", "asinh", "atanh"),
        *("erf", "erfc", "erfcinv", "erfinv", "gamma"),
    )
    #: Printed as calls of what stands in the namespace.
    _CALLS: ClassVar = {
        "acos": "_acos",
        "acosh": "_acosh",
        "asin": "_asin",
        "Nearest": "_nearest",
        "Truncated": "_truncated",
    }
    _SWITCHES: ClassVar = {"sign": "_sign", "DiracDelta": "_spike"}
    #: The answers for less, equal and more.
    _COMPARISONS: ClassVar = {
        sp.Gt: (False, False, True),
        sp.Ge: (False, True, True),
        sp.Lt: (True, False, False),
        sp.Le: (True, True, False),
        sp.Eq: (False, True, False),
        sp.Ne: (True, False, True),
    }

    def __init__(self, shared: Mapping[sp.Symbol, Any]) -> None:
        super().__init__()
        self._shared = shared

    def _key(self, expr: Any) -> str:
        """Print the key of the switching point at ``expr`` = 0, and its sign: one key for ``expr`` and ``-expr``."""
        whole = sp.expand(expr.xreplace(self._shared))
        negative = whole.could_extract_minus_sign()
        return f"{str(-whole if negative else whole)!r}, {-1 if negative else 1}"

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
        return "(" + " + ".join(self._print(arg) for arg in expr.args) + ")"

    def _print_Mul(self, expr: Any) -> str:
        factors = [part for arg in expr.args for part in _parts(arg)]
        above = [arg for arg in factors if not _is_divisor(arg) and arg is not sp.S.One]
        sign = "-" if sp.S.NegativeOne in above else ""
        code = " * ".join(self._print(arg) for arg in above if arg is not sp.S.NegativeOne) or "1"
        divisors = "".join(f" / {self._divisor(arg)}" for arg in factors if _is_divisor(arg))
        return f"({sign}{code}{divisors})"

    def _print_Pow(self, expr: Any) -> str:
        base, power = self._ball(expr.base), expr.exp
        if power.is_Rational and power.is_negative:
            return f"(1 / {self._divisor(expr)})"
        if power.is_Integer:
            return f"_integer_power({base}, {int(power)})"
        if power == sp.S.Half:
            return f"{base}.sqrt()"
        return f"_power({base}, {self._ball(power)})"

    def _divisor(self, expr: Any) -> str:
        """Print the reciprocal of a power with a negative exponent, to divide by."""
        base, n = expr.base, -expr.exp
        return f"_divisor_power({self._ball(base)}, {int(n)})" if n.is_Integer and n > 1 else self._ball(1 / expr)

    def _print_Function(self, expr: Any) -> str:
        name = type(expr).__name__
        argument = self._ball(expr.args[0])
        if name in self._METHODS:
            return f"{argument}.{name}()"
        if name in self._CALLS:
            return f"{self._CALLS[name]}({argument})"
        if name in self._SWITCHES:
            return f"{self._SWITCHES[name]}({argument}, {self._key(expr.args[0])})"
        if name == "Abs":
            return f"abs({argument})"
        return self.emptyPrinter(expr)

    def _print_AppliedUndef(self, expr: Any) -> str:
        """Print one of the functions that stand for forms that cancel or are undefined."""
        return f"{expr.func.__name__}({', '.join(map(self._ball, expr.args))})"

    def _print_Heaviside(self, expr: Any) -> str:
        argument, at_zero = self._ball(expr.args[0]), expr.args[1]
        if at_zero.is_Integer:
            return f"_step_from({argument}, {int(at_zero)})"
        return f"_step({argument}, {self._key(expr.args[0])})"

    def _print_floor(self, expr: Any) -> str:
        return f"_rounded({self._ball(expr.args[0])}, arb.floor)"

    def _print_ceiling(self, expr: Any) -> str:
        return f"_rounded({self._ball(expr.args[0])}, arb.ceil)"

    def _print_Derivative(self, expr: Any) -> str:
        """Print what ``sympy.diff`` leaves of an integer-valued function of one variable."""
        (symbol,) = expr.variables[:1]
        if expr.expr.is_integer and expr.expr.free_symbols == {symbol}:
            return f"_flat(lambda {symbol.name}: {self._print(expr.expr)}, {symbol.name})"
        return self.emptyPrinter(expr)

    def _print_Subs(self, expr: Any) -> str:
        """Print the same of such a function of an expression."""
        (symbol, *_), (point, *_) = expr.variables, expr.point
        # SymPy's chain rule forgets that its symbol is real
        real = sp.Symbol(symbol.name, real=True)
        inner = expr.expr.xreplace({symbol: real})
        if isinstance(inner, sp.Derivative) and inner.expr.is_integer and inner.expr.free_symbols == {real}:
            return f"_flat(lambda {real.name}: {self._print(inner.expr)}, {self._ball(point)})"
        return self.emptyPrinter(expr)

    def _print_sinc(self, expr: Any) -> str:
        return f"{self._ball(expr.args[0] / sp.pi)}.sinc_pi()"

    def _print_hyper(self, expr: Any) -> str:
        """Print Kummer's function, and the entire functions that ``sinc`` and its derivatives are."""
        if len(expr.ap) == len(expr.bq) == 1:
            return f"_kummer({', '.join(map(self._ball, (*expr.ap, *expr.bq, expr.argument)))})"
        order = sum(expr.bq) - sp.Rational(3, 2)
        if expr.ap or len(expr.bq) != 1 or not (order.is_Integer and order >= 0):
            return self.emptyPrinter(expr)
        return f"_entire_bessel({int(order)}, {self._ball(expr.argument)})"

    def _print_besseli(self, expr: Any) -> str:
        return f"{self._ball(expr.args[1])}.bessel_i({self._ball(expr.args[0])})"

    def _print_besselj(self, expr: Any) -> str:
        return f"{self._ball(expr.args[1])}.bessel_j({self._ball(expr.args[0])})"

    def _print_bessely(self, expr: Any) -> str:
        return f"_bessel_y({self._ball(expr.args[1])}, {self._ball(expr.args[0])})"

    def _print_lowergamma(self, expr: Any) -> str:
        return f"{self._ball(expr.args[1])}.gamma_lower({self._ball(expr.args[0])})"

    def _print_uppergamma(self, expr: Any) -> str:
        return f"{self._ball(expr.args[1])}.gamma_upper({self._ball(expr.args[0])})"

    def _print_betainc_regularized(self, expr: Any) -> str:
        a, b, low, x = expr.args
        if low != 0:
            return self.emptyPrinter(expr)
        return f"{self._ball(x)}.beta_lower({self._ball(a)}, {self._ball(b)}, 1)"

    def _print_beta(self, expr: Any) -> str:
        a, b = map(self._ball, expr.args)
        return f"({a}.gamma() * {b}.gamma() / ({a} + {b}).gamma())"

    def _print_loggamma(self, expr: Any) -> str:
        return f"{self._ball(expr.args[0])}.lgamma()"

    def _print_polygamma(self, expr: Any) -> str:
        return f"_polygamma({int(expr.args[0])}, {self._ball(expr.args[1])})"

    def _print_Max(self, expr: Any) -> str:
        return self._print_extreme(expr, "max")

    def _print_Min(self, expr: Any) -> str:
        return self._print_extreme(expr, "min")

    def _print_extreme(self, expr: Any, method: str) -> str:
        first, *others = (f"arb({self._print(arg)})" for arg in expr.args)
        return first + "".join(f".{method}({other})" for other in others)

    def _print_Relational(self, expr: Any) -> str:
        answers = self._COMPARISONS[type(expr)]
        sides = (0, 1) if isinstance(expr, sp.Eq | sp.Ne) else (-1, 1)
        key = self._key(expr.lhs - expr.rhs)
        return f"_compare({self._print(expr.lhs)}, {self._print(expr.rhs)}, {answers}, {key}, {sides})"

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

    A condition gives True, False or ``Undecided``. Raises ``MirrorError`` where there is no ball function.

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
    shared, reduced = sp.cse([guarded(each) for each in expressions], symbols=sp.numbered_symbols("_shared"))
    page = _Page([*(value for _, value in shared), *reduced])
    for name, value in shared:
        page.assign(name, value)
    return page.lines, [page.code(each) for each in reduced]


#: What gives two functions of one argument for little more than the price of one.
_TWINS = {"sin_cos": (sp.sin, sp.cos), "sinh_cosh": (sp.sinh, sp.cosh)}


class _Page:
    """Lines of code, in which the twins among ``expressions`` are computed together, before they are needed."""

    def __init__(self, expressions: Sequence[Any]) -> None:
        self.lines: list[str] = []
        self._meanings: dict[sp.Symbol, Any] = {}
        self._printer = _BallPrinter(self._meanings)
        self._twins = dict(_twins(expressions))
        self._named: dict[Any, sp.Symbol] = {}

    def assign(self, name: sp.Symbol, value: Any) -> None:
        """Add the line that gives ``value`` a name."""
        self.lines.append(f"    {name} = {self.code(value)}")
        self._meanings[name] = value.xreplace(self._meanings)

    def code(self, value: Any) -> str:
        """Return the code of a value, which may need lines before it."""
        if value.is_number:
            return f"arb({self._printer.doprint(value)})"
        for pair, method in self._twins.items():
            if pair[0] not in self._named and value.has(*pair):
                self._name(pair, method)
        return str(self._printer.doprint(value.xreplace(self._named)))

    def _name(self, pair: tuple[Any, Any], method: str) -> None:
        names = [sp.Symbol(f"_{type(each).__name__}{len(self._named)}", real=True) for each in pair]
        argument = self._printer.doprint(pair[0].args[0])
        self.lines.append(f"    {names[0]}, {names[1]} = {argument}.{method}()")
        for name, each in zip(names, pair, strict=True):
            self._named[each], self._meanings[name] = name, each.xreplace(self._meanings)


def _twins(expressions: Sequence[Any]) -> Iterator[tuple[tuple[Any, Any], str]]:
    """Yield pairs of functions of the same symbol that both occur, with the method that computes them together."""
    for method, (sine, cosine) in _TWINS.items():
        found = set().union(*(expression.atoms(sine, cosine) for expression in expressions))
        for each in sorted(found, key=str):
            pair = each, cosine(each.args[0])
            if isinstance(each, sine) and each.args[0].is_Symbol and pair[1] in found:
                yield pair, method


def _function(symbols: tuple[sp.Symbol, ...], lines: list[str], result: str) -> Callable[..., Any]:
    names = ", ".join(symbol.name for symbol in symbols)
    code = "\n".join([f"def compiled({names}):", *lines, f"    return {result}"])
    scope: dict[str, Any] = dict(_NAMESPACE)
    exec(code, scope)  # noqa: S102 - the code was printed from an expression just above
    compiled: Callable[..., Any] = scope["compiled"]
    return compiled
