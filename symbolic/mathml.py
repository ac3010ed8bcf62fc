"""SymPy expressions as presentation MathML, for reading.

SymPy's own printer does not escape names and relations, and prints ``Piecewise`` as a function call.
"""

# ruff: noqa: ARG002, N802 - SymPy dispatches to methods by the names of its classes

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

import sympy as sp
from sympy.printing.printer import Printer

_NAMESPACE = "http://www.w3.org/1998/Math/MathML"
_RELATIONS = {">": ">", ">=": "≥", "<": "<", "<=": "≤", "==": "=", "!=": "≠"}

#: Fractions with a larger denominator come from floats and are shown as such.
_LARGEST_DENOMINATOR = 1000


def mathml(expression: Any) -> str:
    """Return a ``math`` element. Names are escaped; what SymPy calls ``x0_1_2`` is shown as x0 with indices 1, 2.

    >>> mathml(sp.Integer(2))
    '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mn>2</mn></math>'
    """
    root = Element("math", xmlns=_NAMESPACE, display="block")
    root.append(_MathPrinter().doprint(expression))
    return tostring(root, encoding="unicode")


def _token(kind: str, text: str) -> Element:
    element = Element(kind)
    element.text = text
    return element


def _group(kind: str, children: Iterable[Element]) -> Element:
    element = Element(kind)
    element.extend(children)
    return element


def _separated(children: Iterable[Element], sign: str) -> list[Element]:
    result: list[Element] = []
    for child in children:
        result += [_token("mo", sign), child] if result else [child]
    return result


def _fenced(child: Element, left: str = "(", right: str = ")") -> Element:
    return _group("mrow", [_token("mo", left), child, _token("mo", right)])


def _is_negative(expr: Any) -> bool:
    """Tell whether a term is written with a minus: by its number in front alone, since SymPy looks into all factors."""
    return bool(expr.as_coeff_Mul()[0].is_negative)


def _fraction(product: Any) -> tuple[list[Any], list[Any]]:
    """Return the factors of a product above and below the line: by their form, since SymPy asks for all their signs."""
    above, below = [], []
    for factor in product.as_ordered_factors():
        if factor.is_Rational and factor.q != 1 and factor.q <= _LARGEST_DENOMINATOR:
            above.append(sp.Integer(factor.p))
            below.append(sp.Integer(factor.q))
        elif factor.is_Pow and _is_negative(factor.exp):
            below.append(sp.Pow(factor.base, -factor.exp))
        else:
            above.append(factor)
    kept = [factor for factor in above if factor != 1]
    return kept or above[:1], below


class _MathPrinter(Printer):  # type: ignore[misc]
    """Prints to elements."""

    printmethod = "_mathml_element"

    def doprint(self, expr: Any) -> Element:
        return self._print(expr)

    def emptyPrinter(self, expr: Any) -> Element:
        return _token("mtext", str(expr))

    def _print_Symbol(self, expr: Any) -> Element:
        name, *indices = expr.name.split("_")
        if not indices or not all(index.isdigit() for index in indices):
            return _token("mi", expr.name)
        places = _separated([_token("mn", index) for index in indices], ",")
        return _group("msub", [_token("mi", name), _group("mrow", places)])

    def _print_Integer(self, expr: Any) -> Element:
        number = _token("mn", str(abs(int(expr))))
        return number if expr >= 0 else _group("mrow", [_token("mo", "−"), number])

    def _print_Rational(self, expr: Any) -> Element:
        if expr.q > _LARGEST_DENOMINATOR:
            number = _token("mn", repr(abs(float(expr))))
        else:
            number = _group("mfrac", [_token("mn", str(abs(expr.p))), _token("mn", str(expr.q))])
        return number if expr >= 0 else _group("mrow", [_token("mo", "−"), number])

    def _print_Add(self, expr: Any) -> Element:
        row: list[Element] = []
        for term in expr.as_ordered_terms():
            negative = _is_negative(term)
            if row or negative:
                row.append(_token("mo", "−" if negative else "+"))
            row.append(self._print(-term if negative else term))
        return _group("mrow", row)

    def _print_Mul(self, expr: Any) -> Element:
        if _is_negative(expr):
            return _group("mrow", [_token("mo", "−"), self._factor(-expr)])
        above, below = _fraction(expr)
        if below:
            return _group("mfrac", [self._print(sp.Mul(*each, evaluate=False)) for each in (above, below)])
        factors = [self._factor(factor) for factor in above]
        return _group("mrow", _separated(factors, "\N{INVISIBLE TIMES}"))

    def _factor(self, expr: Any) -> Element:
        return _fenced(self._print(expr)) if expr.is_Add or isinstance(expr, sp.Piecewise) else self._print(expr)

    def _print_Pow(self, expr: Any) -> Element:
        if expr.exp == sp.S.Half:
            return _group("msqrt", [self._print(expr.base)])
        if _is_negative(expr.exp):
            return _group("mfrac", [_token("mn", "1"), self._print(1 / expr)])
        simple = expr.base.is_Symbol or (expr.base.is_Integer and expr.base >= 0)
        base = self._print(expr.base)
        return _group("msup", [base if simple else _fenced(base), self._print(expr.exp)])

    def _print_exp(self, expr: Any) -> Element:
        return _group("msup", [_token("mi", "e"), self._print(expr.args[0])])

    def _print_Abs(self, expr: Any) -> Element:
        return _fenced(self._print(expr.args[0]), "|", "|")

    def _print_Heaviside(self, expr: Any) -> Element:
        return self._call("H", expr.args[:1])

    def _print_Max(self, expr: Any) -> Element:
        return self._call("max", expr.args)

    def _print_Min(self, expr: Any) -> Element:
        return self._call("min", expr.args)

    def _print_Pi(self, expr: Any) -> Element:
        return _token("mi", "π")

    def _print_Function(self, expr: Any) -> Element:
        return self._call(type(expr).__name__, expr.args)

    def _call(self, name: str, args: Iterable[Any]) -> Element:
        arguments = _group("mrow", _separated([self._print(arg) for arg in args], ","))
        return _group("mrow", [_token("mi", name), _token("mo", "\N{FUNCTION APPLICATION}"), _fenced(arguments)])

    def _print_Derivative(self, expr: Any) -> Element:
        below = [_group("mrow", [_token("mo", "∂"), self._print(symbol)]) for symbol, _ in expr.variable_count]
        over = _group("mrow", [_token("mo", "∂"), _fenced(self._print(expr.expr))])
        return _group("mfrac", [over, _group("mrow", below)])

    def _print_Piecewise(self, expr: Any) -> Element:
        table = Element("mtable")
        for value, condition in expr.args:
            row = SubElement(table, "mtr")
            row.append(_group("mtd", [self._print(value)]))
            when = (
                [_token("mtext", "otherwise")]
                if condition == sp.true
                else [_token("mtext", "if "), self._print(condition)]
            )
            row.append(_group("mtd", when))
        return _group("mrow", [_token("mo", "{"), table])

    def _print_Relational(self, expr: Any) -> Element:
        sign = _token("mo", _RELATIONS[expr.rel_op])
        return _group("mrow", [self._print(expr.lhs), sign, self._print(expr.rhs)])

    def _print_BooleanTrue(self, expr: Any) -> Element:
        return _token("mtext", "true")

    def _print_BooleanFalse(self, expr: Any) -> Element:
        return _token("mtext", "false")

    def _print_Not(self, expr: Any) -> Element:
        return _group("mrow", [_token("mo", "¬"), _fenced(self._print(expr.args[0]))])

    def _print_MatrixBase(self, expr: Any) -> Element:
        table = Element("mtable")
        for i in range(expr.rows):
            row = SubElement(table, "mtr")
            row.extend(_group("mtd", [self._print(expr[i, j])]) for j in range(expr.cols))
        return _fenced(table, "[", "]")
