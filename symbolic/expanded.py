"""The terms of a value that a formula with all products multiplied out would add.

``E[x^2] - E[x]^2`` for the mean of ``(x - E[x])^2`` adds terms of the size of ``E[x]^2``, and commits their errors.
"""

# ruff: noqa: D102 - the method is that of Domain, and documented there
from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from flint import arb

from gradproof.graph import Graph, Node

from .approximate import Approximate
from .balls import entrywise
from .compiler import compile_ball, compile_balls
from .derivative import run
from .domain import Objects
from .program import lower
from .rules import RULES
from .scalar import ScalarFunction
from .switches import ZERO
from .tolerance import Budgeted


class Expanded(Budgeted):
    """Values with, in place of an error, a bound on the sum of the magnitudes of the terms that they expand to.

    Through linear steps and polynomials such bounds travel as errors do. Any other function f takes what its argument
    expands to as a number, whose errors it passes on: ``abs(f) + sum_j abs(f_j) m_j``.
    """

    def __init__(self) -> None:
        super().__init__({})

    def apply(self, function: ScalarFunction, args: Sequence[Approximate]) -> Any:
        if function.is_condition or function.expression.is_polynomial(*function.symbols):
            return super().apply(function, args)
        values = self.exact.apply(function, [arg.value for arg in args])
        operands = [*(arg.value for arg in args), *(arg.error for arg in args)]
        return Approximate(values, entrywise(_passed_on(function), 2 * function.arity)(*operands))

    def determinant(self, a: Approximate) -> Approximate:
        """Take determinants for numbers: nobody multiplies out what is not written out."""
        value = self.exact.determinant(a.value)
        return Approximate(value, _size(value, ZERO))


def magnitudes(graph: Graph, node: Node, args: Sequence[Any]) -> Objects:
    """Return, for each entry of the result of ``node``, the sum of the magnitudes of the terms that it expands to."""
    program = lower(graph, node, RULES)
    start = [
        Approximate(arg.value, _size(arg.value, arg.error)) if isinstance(arg, Approximate) else arg for arg in args
    ]
    terms = run(program, Expanded(), start)[program.result]
    return terms.error


_size = entrywise(lambda v, e: abs(v) + e, 2)


@cache
def _passed_on(function: ScalarFunction) -> Callable[..., arb]:
    arity = function.arity
    value = compile_ball(function.symbols, function.expression)
    slopes = compile_balls(function.symbols, function.gradient)

    def passed_on(*operands: arb) -> arb:
        values, terms = operands[:arity], operands[arity:]
        parts = (ZERO if m.is_zero() else abs(slope) * m for slope, m in zip(slopes(*values), terms, strict=True))
        return sum(parts, start=abs(arb(value(*values))))

    return passed_on
