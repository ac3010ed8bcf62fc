"""Exponentials that saturate, as functions of their own that a wide ball does not make useless.

``exp(x)/(1 + exp(x))`` is between 0 and 1; but a ball that holds all of the exponential of a wide ball also holds
negative numbers, and the quotient is unbounded. Monotone functions are evaluated at the ends of a ball.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from flint import arb

from .guarded import EXPM1, LOG1P, guarded

#: 1/(1 + exp(-x)), log(1 + exp(x)) and 1/cosh(x).
LOGISTIC, SOFTPLUS, SECH = (sp.Function(name, real=True) for name in ("_logistic", "_softplus", "_sech"))


def saturating(expression: Any) -> Any:
    """Return an expression with such functions in place of what it is made of."""
    return guarded(expression).replace(lambda each: isinstance(each, sp.Pow | sp.Mul | LOG1P), _saturating)


def _saturating(expression: Any) -> Any:
    if isinstance(expression, sp.Pow):
        return _power(expression)
    return _product(expression) if isinstance(expression, sp.Mul) else _logarithm(expression)


def _power(expression: Any) -> Any:
    """Return ``cosh(w)^-n`` and ``(1 + exp(w))^-n`` as powers of functions that saturate."""
    base, n = expression.base, -expression.exp
    if not (n.is_Integer and n > 0):
        return expression
    if isinstance(base, sp.cosh):
        return SECH(base.args[0]) ** n
    exponent = _exponent_beside_one(base)
    return expression if exponent is None else LOGISTIC(-exponent) ** n


def _exponent_beside_one(expression: Any) -> Any:
    """Return w of ``1 + exp(w)``, None of anything else."""
    if isinstance(expression, sp.Add) and isinstance(other := expression - 1, sp.exp):
        return other.args[0]
    return None


def _product(expression: Any) -> Any:
    """Return a product in which sech and logistic have taken up what grows beside them."""
    for power in expression.args:
        base, n = power.as_base_exp()
        if isinstance(base, SECH | LOGISTIC):
            for other in expression.args:
                bounded, taken = _bounded(base, other)
                if 1 <= taken <= n:
                    return expression / (other * power) * bounded * base ** (n - taken)
    return expression


def _bounded(base: Any, other: Any) -> tuple[Any, Any]:
    """Return the product of ``other`` and a power of ``base`` in bounded functions, and that power; 0 for none."""
    (w,) = base.args
    if isinstance(base, SECH):
        return sp.tanh(w), int(other == sp.sinh(w))
    if other == EXPM1(-w):
        return -sp.tanh(w / 2), 1
    count = -other.args[0] / w if isinstance(other, sp.exp) else sp.S.Zero
    return (LOGISTIC(-w) ** count, count) if count.is_Integer else (None, 0)


def _logarithm(expression: Any) -> Any:
    (argument,) = expression.args
    return SOFTPLUS(argument.args[0]) if isinstance(argument, sp.exp) else expression


def _at_ends(function: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """Return a monotone function of balls that is as narrow as its values at their ends."""
    return lambda x: function(x.lower()).union(function(x.upper())) if x.is_finite() else function(x)


def _sech(x: arb) -> arb:
    """Return ``1/cosh(x)``, which falls with the magnitude of x."""
    return (1 / x.abs_lower().cosh()).union(1 / x.abs_upper().cosh())


BALL_FUNCTIONS: dict[str, Callable[[arb], arb]] = {
    "_logistic": _at_ends(lambda x: 1 / (1 + (-x).exp())),
    "_softplus": _at_ends(lambda x: x.exp().log1p()),
    "_sech": _sech,
}
