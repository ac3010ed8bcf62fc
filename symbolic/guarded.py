"""Subexpressions that cancel, or have a removable singularity, as functions of their own that do neither.

They are put in before common subexpressions are shared: where the parts of such a form have names, it is not seen.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

#: exp(x) - 1, log(1 + x), 1 + erf(x), the logarithm of its half, exp(x^2) erfc(x), x^p log(x) with its limit at 0, and
#: s x^p where s depends on p.
EXPM1, LOG1P, LOWER_TAIL, LOG_HALF_TAIL, ERFCX, POWER_LOG, SCALED_POWER = (
    sp.Function(name, real=True)
    for name in ("_expm1", "_log1p", "_lower_tail", "_log_half_tail", "_erfcx", "_power_log", "_scaled_power")
)


def guarded(expression: Any) -> Any:
    """Return an expression with such functions in place of what it is made of."""
    return expression.replace(lambda each: isinstance(each, sp.Add | sp.Mul | sp.log), _guard)


def _guard(expression: Any) -> Any:
    if isinstance(expression, sp.Add):
        return _sum(expression)
    return _logarithm(expression) if isinstance(expression, sp.log) else _product(expression)


def _sum(expression: Any) -> Any:
    """Return a sum with ``exp(x) - 1`` and ``1 + erf(x)``, also of -x, in the forms that do not cancel."""
    if not isinstance(expression, sp.Add):
        return expression
    for term in expression.args:
        share, factor = term.as_coeff_Mul()
        if isinstance(factor, sp.erf) and abs(share) in expression.args:
            tail = LOWER_TAIL(sp.sign(share) * factor.args[0])
            return abs(share) * tail + _sum(expression - term - abs(share))
        if isinstance(term, sp.exp) and sp.S.NegativeOne in expression.args:
            return EXPM1(term.args[0]) + _sum(expression - term + 1)
    return expression


def _logarithm(expression: Any) -> Any:
    """Return a logarithm with ``log(1 + x)`` and ``log(1/(1 + x))`` in the forms that do not cancel."""
    (argument,) = expression.args
    if isinstance(argument, sp.Pow) and argument.base.is_positive and argument.exp.is_Integer:
        return argument.exp * _logarithm(sp.log(argument.base))
    if isinstance(argument, sp.Add) and sp.S.One in argument.args:
        return LOG1P(argument - 1)
    if isinstance(argument, sp.Mul) and isinstance(tail := 2 * argument, LOWER_TAIL):
        return LOG_HALF_TAIL(*tail.args)
    return expression


def _product(expression: Any) -> Any:
    """Return ``x^p log(x)`` and ``s(p) x^(p+c)``, s a polynomial, whose singularity at 0 is none where s is 0."""
    expression = _scaled_tail(expression)
    power = next((arg for arg in expression.args if isinstance(arg, sp.Pow) and not arg.exp.is_number), None)
    if power is None:
        return _entropy(expression)
    other = sp.Mul(*(arg for arg in expression.args if arg is not power))
    if other == sp.log(power.base):
        return POWER_LOG(power.base, power.exp)
    is_factor = other.free_symbols and other.free_symbols <= power.exp.free_symbols and other.is_polynomial()
    return SCALED_POWER(other, *power.args) if is_factor else expression


def _scaled_tail(expression: Any) -> Any:
    """Return ``exp(n w^2)`` times the power number n of ``erfc(w)`` or ``1 + erf(-w)`` in a form that stays finite."""
    for power in expression.args:
        tail, n = power.as_base_exp()
        if isinstance(tail, sp.erfc | LOWER_TAIL) and n.is_Integer:
            (w,) = tail.args
            gaussian = sp.exp(n * w**2)
            if gaussian in expression.args:
                scaled = ERFCX(w if isinstance(tail, sp.erfc) else -w) ** n
                return expression / (gaussian * power) * scaled
    return expression


def _entropy(expression: Any) -> Any:
    """Return ``x log(x)``, which is 0 at 0, or its multiple."""
    for each in expression.args:
        if isinstance(each, sp.log) and each.args[0].is_Symbol and each.args[0] in expression.args:
            (base,) = each.args
            return expression / (base * each) * POWER_LOG(base, sp.S.One)
    return expression
