"""Scalar functions: a SymPy expression of real symbols, and the partial derivatives that ``sympy.diff`` makes of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, cached_property
from typing import Any

import sympy as sp

from gradproof.errors import MirrorError

from .guarded import ERFCX, guarded
from .whole import Nearest, Truncated

Symbols = tuple[sp.Symbol, ...]


@cache
def _symbols(count: int) -> Symbols:
    return tuple(sp.Symbol(f"a{i}", real=True) for i in range(count))


#: What depends on the side that an argument is on.
_BRANCHES = (
    *(sp.Max, sp.Min, sp.Abs, sp.sign, sp.Heaviside, sp.DiracDelta, sp.Piecewise, sp.floor, sp.ceiling),
    *(Nearest, Truncated),
    sp.Derivative,
)


#: Quotients of more symbols are left as they are: the terms of their numerators would grow as the factorial.
MOST_MULTIPLIED_OUT = 6


class ScalarFunction:
    """A function of ``arity`` real numbers, given by its textbook definition.

    ``plain`` is the same as people write it, where the definition is put so that its derivative does not cancel.

    >>> f = ScalarFunction(lambda a, b: a * sp.exp(b), 2)
    >>> f.gradient
    (exp(a1), a0*exp(a1))
    """

    def __init__(self, definition: Callable[..., Any], arity: int, plain: Callable[..., Any] | None = None) -> None:
        self.definition = definition
        self.arity = arity
        self.plain = plain

    @cached_property
    def symbols(self) -> Symbols:
        """The symbols of the arguments."""
        return _symbols(self.arity)

    @cached_property
    def expression(self) -> Any:
        """The definition, applied to the symbols."""
        return sp.sympify(self.definition(*self.symbols))

    @property
    def is_condition(self) -> bool:
        """Whether the function answers yes or no."""
        return not isinstance(self.expression, sp.Expr)

    @cached_property
    def is_smooth(self) -> bool:
        """Whether no branch is chosen anywhere, in the function and its first two derivatives."""
        derivatives = [self.expression, *self.gradient, *(each for row in self.hessian for each in row)]
        return not any(each.has(*_BRANCHES) for each in derivatives)

    @cached_property
    def is_isometric(self) -> bool:
        """Whether every partial is 1 or -1: errors are passed on as they are."""
        return all(abs(each) == 1 for each in self.gradient)

    @cached_property
    def is_root(self) -> bool:
        """Whether this is the square root."""
        return bool(self.expression == sp.sqrt(self.symbols[0]))

    @cached_property
    def gradient(self) -> tuple[Any, ...]:
        """The partial derivatives."""
        return tuple(_derivative(self.expression, symbol) for symbol in self.symbols)

    @cached_property
    def costly(self) -> tuple[int, ...]:
        """The arguments whose partials are more than a number or an argument."""
        slopes = enumerate(self.gradient)
        return tuple(slot for slot, slope in slopes if not slope.is_number and slope not in self.symbols)

    @cached_property
    def literal_gradient(self) -> tuple[Any, ...]:
        """The partial derivatives with nothing rewritten; None where ``sympy.diff`` leaves no formula."""
        found = (sp.diff(self.expression, symbol) for symbol in self.symbols)
        return tuple(None if each.has(sp.Derivative) else each for each in found)

    def plain_terms(self, slot: int) -> tuple[Any, ...]:
        """Return the terms of a partial derivative of the plain formula, multiplied out; none where there is none."""
        if self.plain is None:
            return ()
        return tuple(sp.Add.make_args(sp.expand(sp.diff(self.plain(*self.symbols), self.symbols[slot]))))

    @cached_property
    def hessian(self) -> tuple[tuple[Any, ...], ...]:
        """The second partial derivatives; the distributions that a kink leaves are kept."""
        return tuple(tuple(_derivative(first, symbol) for symbol in self.symbols) for first in self.gradient)

    @cached_property
    def factored_hessian(self) -> tuple[tuple[Any, ...], ...]:
        """The second partials as products, where exponentials would cancel: ``exp(x)/(1 + exp(x))**2``."""
        return tuple(tuple(map(_factored, row)) for row in self.hessian)

    def __call__(self, *values: Any) -> Any:
        """Return the expression with values in place of the symbols."""
        return self.expression.xreplace(dict(zip(self.symbols, values, strict=True)))


def is_condition(expression: Any) -> bool:
    """Whether an expression answers yes or no. Symbols, which SymPy counts among the booleans, do not."""
    return isinstance(expression, sp.logic.boolalg.Boolean) and not expression.is_Symbol


def _derivative(expression: Any, symbol: sp.Symbol) -> Any:
    """Differentiate, and rewrite what is not defined, or cancels, where the derivative is and does not.

    Powers of one base are joined (``x**y*y/x`` at 0), squares of hyperbolic functions (``1 - tanh(x)**2`` at 300), and
    the two terms of the quotient rule.
    What is left of an integer-valued function stays: the compiler says what it means. And ``sinc`` is differentiated as
    the entire function that it is, since the branches of its derivative cancel around 0.
    """
    derivative = sp.diff(expression.replace(sp.sinc, _entire_sinc), symbol)
    if without_steps(derivative).has(sp.Derivative):
        raise MirrorError(f"sympy.diff leaves the derivative of {expression} by {symbol} unevaluated")
    if derivative.is_rational_function() and len(derivative.free_symbols) <= MOST_MULTIPLIED_OUT:
        return _over_one_denominator(derivative)
    return sp.powsimp(_without_squares_of_tanh(derivative))


def _without_squares_of_tanh(expression: Any) -> Any:
    """Return an expression with ``1/cosh(u)**2`` in place of ``1 - tanh(u)**2``, and of multiples of it.

    ``sympy.trigsimp`` finds that too, after a second or more where u is no symbol.
    """
    squares = {each**2: 1 - 1 / sp.cosh(each.args[0]) ** 2 for each in expression.atoms(sp.tanh)}

    def joined(whole: Any) -> Any:
        other = whole.xreplace(squares)
        return whole if other.is_Add and len(other.args) >= len(whole.args) else other

    return expression.replace(lambda each: each.is_Add and each.has(*squares), joined) if squares else expression


def _over_one_denominator(expression: Any) -> Any:
    """Return a quotient of polynomials whose numerator is multiplied out, so that its terms have cancelled."""
    numerator, denominator = sp.fraction(sp.together(expression))
    return sp.expand(numerator) / denominator


def _factored(expression: Any) -> Any:
    if not expression.has(sp.exp) or expression.has(*_BRANCHES) or guarded(expression).has(ERFCX):
        return expression
    return sp.factor(expression)


def _entire_sinc(z: Any) -> Any:
    """Return ``sin(z) / z`` as a hypergeometric function (DLMF 10.16.9 for the Bessel function of order 1/2)."""
    return sp.hyper((), (sp.Rational(3, 2),), -(z**2) / 4)


def _is_of_a_step(expression: Any) -> bool:
    """Tell whether this is the derivative of an integer-valued function; SymPy's chain rule forgets what is real."""
    if not isinstance(expression, sp.Derivative):
        return False
    reals = {symbol: sp.Dummy(real=True) for symbol in expression.expr.free_symbols}
    return bool(expression.expr.xreplace(reals).is_integer)


def without_steps(derivative: Any) -> Any:
    """Return a derivative away from the jumps of integer-valued functions, which are constant between them.

    What the chain rule substitutes is taken out first: SymPy cannot order substitutions in what has become a number.
    """
    if not derivative.has(sp.Derivative):
        return derivative
    flat = {each: sp.S.Zero for each in derivative.atoms(sp.Subs) if _is_of_a_step(each.expr)}
    return derivative.xreplace(flat).replace(_is_of_a_step, lambda _: sp.S.Zero).doit()
