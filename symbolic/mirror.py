"""The mirror: a graph as SymPy expressions, and its Jacobian in two forms.

The closed form is what ``sympy.diff`` makes of the fully expanded outputs: the definition of truth, and good for
reading. The straight-line form is made by the derivative sweep; its size is linear in the graph.
"""

# ruff: noqa: D102 - the methods are those of Domain, and documented there
from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from gradproof.errors import MirrorError
from gradproof.exact import Array
from gradproof.graph import DETACHING, Graph, Node

from .calls import open_calls
from .derivative import Sweep, one_hot
from .domain import Domain, Objects
from .program import Determinant, Implicit, Shape
from .scalar import ScalarFunction, is_condition, without_steps

#: A SymPy expression; SymPy has no types of its own.
Expression = Any


_NO_FORMULA = (
    "what equations define, or a determinant that is not written out, has no Jacobian as a formula; its values are "
    "proven all the same"
)


class Expressions(Domain):
    """Arrays of SymPy expressions, fully expanded."""

    zero = sp.S.Zero

    def apply(self, function: ScalarFunction, args: Sequence[Objects]) -> Objects:
        try:
            return _over_entries(function, args)
        except TypeError as error:  # SymPy looks at branches that are not taken, and compares what is not real there
            raise MirrorError(f"SymPy finds no closed form: {error}") from error

    def numbers(self, a: Objects) -> Objects:
        return _over_entries(_number_of, [a])

    def select(self, condition: Objects, a: Objects, b: Objects) -> Objects:
        return _over_entries(lambda c, x, y: sp.Piecewise((x, c), (y, True)), [condition, a, b])

    def share(self, condition: Objects, ct: Objects, *, chosen: bool) -> Objects:
        taken = (lambda c: c) if chosen else sp.Not
        return _over_entries(lambda c, t: sp.Piecewise((t, taken(c)), (sp.S.Zero, True)), [condition, ct])

    def partials(self, function: ScalarFunction, args: Sequence[Objects], wanted: Sequence[bool]) -> list[Any]:
        return [
            _over_entries(lambda *values, f=first: f.xreplace(dict(zip(function.symbols, values, strict=True))), args)
            if flag
            else None
            for first, flag in zip(map(without_steps, function.gradient), wanted, strict=True)
        ]

    def determinant(self, a: Objects) -> Objects:
        """Return functions that have no other formula than their name, of all entries of a matrix."""
        found = np.empty((*a.shape[:-2], 1, 1), dtype=object)
        for place in np.ndindex(*a.shape[:-2]):
            found[place] = sp.Function("det", real=True)(*a[place].ravel())
        return found

    def cofactors(self, a: Objects, step: Determinant) -> Objects:  # noqa: ARG002
        raise MirrorError(_NO_FORMULA)

    def root(self, step: Implicit, x: Objects) -> Objects:
        """Return functions that have no other formula than their names, of all entries of x that they depend on."""
        first = len(step.shape) - 1
        found = np.empty(step.shape, dtype=object)
        for place in np.ndindex(*step.shape):
            name = "_".join([step.name, *map(str, place[first - step.numbered :])])
            found[place] = sp.Function(name, real=True)(*x[place[:first]].ravel())
        return found

    def inverse(self, a: Objects, step: Implicit, y: Objects) -> Objects:  # noqa: ARG002
        raise MirrorError(_NO_FORMULA)

    def cotangent(self, array: Array) -> Objects:
        return _over_entries(lambda each: sp.Integer(int(each)), [array])


class Bounded(Expressions):
    """The same, for what is made in reasonable time: entries of at most ``most`` operations, without nested branches.

    Raises ``MirrorError`` for others. SymPy multiplies out the branches inside the conditions of branches.
    """

    def __init__(self, most: int) -> None:
        self._most = most

    def apply(self, function: ScalarFunction, args: Sequence[Objects]) -> Objects:
        entries = [entry for arg in args for entry in arg.ravel().tolist()]
        if function.expression.has(sp.Piecewise) and any(entry.has(sp.Piecewise) for entry in entries):
            raise MirrorError("the closed form would have branches inside the conditions of branches")
        return super().apply(function, args)

    def leave(self, node: Node, y: Objects) -> Objects:
        for entry in y.flat:
            if sp.count_ops(entry) > self._most:
                raise MirrorError(f"the closed form of {node.op} has more than {self._most} operations")
        return y


class Frozen(Expressions):
    """The same, with a symbol in place of every value that no derivative flows through.

    So that ``sympy.diff`` of the outputs holds constant what the graph detaches. ``bindings`` are their meanings.
    """

    def __init__(self) -> None:
        self.bindings: dict[sp.Symbol, Expression] = {}

    def leave(self, node: Node, y: Objects) -> Objects:
        detached = node.op in DETACHING or not node.grad_enabled
        return _over_entries(self._freeze, [y]) if detached and node.dtype.startswith("float") else y

    def _freeze(self, expression: Expression) -> Expression:
        symbol = sp.Dummy("frozen", real=True)
        self.bindings[symbol] = self.thaw(expression)
        return symbol

    def thaw(self, expression: Expression) -> Expression:
        """Return an expression with the meaning of every symbol put back."""
        return expression.xreplace(self.bindings)


class StraightLine(Expressions):
    """The same, with a new symbol for every nonlinear result, every partial and every sum.

    ``bindings`` lists (symbol, expression) in the order in which they must be evaluated.
    """

    def __init__(self) -> None:
        self.bindings: list[tuple[sp.Symbol, Expression]] = []

    def _bound(self, values: Objects) -> Objects:
        """Name every entry that is more than a symbol or a number."""
        return _over_entries(self._bind, [values])

    def _bind(self, expression: Expression) -> Expression:
        if expression.is_Atom or is_condition(expression):
            return expression
        symbol = sp.Symbol(f"t{len(self.bindings)}", real=True)
        self.bindings.append((symbol, expression))
        return symbol

    def apply(self, function: ScalarFunction, args: Sequence[Objects]) -> Objects:
        return self._bound(super().apply(function, args))

    def partials(self, function: ScalarFunction, args: Sequence[Objects], wanted: Sequence[bool]) -> list[Any]:
        found = super().partials(function, args, wanted)
        return [None if part is None else self._bound(part) for part in found]

    def product(self, a: Objects, b: Objects) -> Objects:
        return self._bound(super().product(a, b))

    def add(self, parts: Sequence[Objects]) -> Objects:
        return self._bound(super().add(parts))

    def total(self, a: Objects, axes: tuple[int, ...]) -> Objects:
        return self._bound(super().total(a, axes))

    def contract(self, a: Objects, b: Objects) -> Objects:
        return self._bound(super().contract(a, b))

    def scatter(self, ct: Objects, step: Any) -> list[Objects]:
        return [self._bound(part) for part in super().scatter(ct, step)]

    def select(self, condition: Objects, a: Objects, b: Objects) -> Objects:
        return self._bound(super().select(condition, a, b))

    def share(self, condition: Objects, ct: Objects, *, chosen: bool) -> Objects:
        return self._bound(super().share(condition, ct, chosen=chosen))


def _over_entries(function: Any, arrays: Sequence[Objects]) -> Objects:
    """Apply ``function`` entry by entry to arrays of one shape."""
    result = np.empty(arrays[0].shape, dtype=object)
    for place in np.ndindex(*result.shape):
        result[place] = function(*(array[place] for array in arrays))
    return result


def _number_of(entry: Expression) -> Expression:
    return sp.Piecewise((sp.S.One, entry), (sp.S.Zero, True)) if is_condition(entry) else entry


@dataclass(frozen=True, eq=False)
class Mirror:
    """A graph in SymPy: ``values`` are by id, ``inputs`` the symbols of those that require grad."""

    values: tuple[Objects, ...]
    inputs: dict[int, Objects]


def symbols_of(graph: Graph) -> list[Objects]:
    """Return, for each input, symbols by its position where it requires grad, and exact numbers where it does not."""
    return [
        _symbols(f"x{index}", each.shape) if each.requires_grad else _numbers(each.value)
        for index, each in enumerate(graph.inputs)
    ]


def _symbols(name: str, shape: Shape) -> Objects:
    result = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        result[place] = sp.Symbol("_".join([name, *map(str, place)]), real=True)
    return result


def _numbers(value: Array) -> Objects:
    result = np.empty(value.shape, dtype=object)
    for place in np.ndindex(*value.shape):
        result[place] = _number(value[place].item())
    return result


def _number(value: Any) -> Expression:
    if isinstance(value, bool):
        return sp.true if value else sp.false
    if value != value or value in (float("inf"), float("-inf")):
        raise MirrorError(f"{value} is not a real number, so the symbolic form does not exist")
    return sp.Rational(*float(value).as_integer_ratio()) if isinstance(value, float) else sp.Integer(value)


def mirror(graph: Graph, *, most: int | None = None) -> Mirror:
    """Return the closed form: every value of the graph as an array of SymPy expressions.

    Raises ``MirrorError`` for an op without a definition, a constant that is no real number, or an entry of more than
    ``most`` operations.
    """
    opened = open_calls(graph)
    inputs = symbols_of(opened.graph)
    with _telling_depth():
        sweep = Sweep(opened.graph, Expressions() if most is None else Bounded(most), inputs)
    return Mirror(tuple(sweep.values[i] for i in opened.ids), {leaf: inputs[leaf] for leaf in graph.leaves})


@dataclass(frozen=True, eq=False)
class Jacobian:
    """The Jacobian of one output by one input, output entries as rows.

    ``matrix`` is exact under ``bindings``: (symbol, expression) in order of evaluation, none in closed form.
    """

    matrix: sp.Matrix
    bindings: tuple[tuple[sp.Symbol, Expression], ...]


def jacobian(graph: Graph, output: int = 0, *, closed: bool = True) -> dict[int, Jacobian]:
    """Return the symbolic Jacobian of the output number ``output`` by every input that requires grad, by its id.

    >>> from gradproof.graph import Input, Node
    >>> x = Input(np.array(3.0), requires_grad=True)
    >>> graph = Graph((x,), (Node("square", (0,), {}, (), "float64"),), (1,))
    >>> jacobian(graph)[0].matrix
    Matrix([[2*x0]])
    """
    opened = open_calls(graph).graph
    return _closed(opened, output) if closed else _straight_line(opened, output)


def _closed(graph: Graph, output: int) -> dict[int, Jacobian]:
    with _telling_depth():
        domain, inputs = Frozen(), symbols_of(graph)
        values = Sweep(graph, domain, inputs).values[graph.outputs[output]].ravel()
        return {
            leaf: Jacobian(_matrix(_rows(domain, values, inputs[leaf]), inputs[leaf].size), ()) for leaf in graph.leaves
        }


def _rows(domain: Frozen, values: Objects, x: Objects) -> list[list[Expression]]:
    return [[domain.thaw(_differentiate(value, symbol)) for symbol in x.flat] for value in values]


def _differentiate(expression: Expression, symbol: sp.Symbol) -> Expression:
    """Differentiate. SymPy cannot where it does not know that the argument of ``Abs`` is real, which all values are."""
    if expression.has(AppliedUndef):
        raise MirrorError(_NO_FORMULA)
    derivative = without_steps(sp.diff(expression, symbol))
    if derivative.has(sp.Derivative):
        derivative = without_steps(sp.diff(expression.replace(sp.Abs, lambda u: sp.Max(u, -u)), symbol))
    if derivative.has(sp.Derivative):
        raise MirrorError(f"sympy.diff leaves the derivative of {expression} by {symbol} unevaluated")
    return derivative


@contextlib.contextmanager
def _telling_depth() -> Iterator[None]:
    """Say what to do where SymPy, which is recursive, cannot go as deep as the graph."""
    try:
        yield
    except RecursionError:
        raise MirrorError(
            "the graph nests too deeply for a closed form; jacobian(graph, closed=False) gives straight lines"
        ) from None


def _straight_line(graph: Graph, output: int) -> dict[int, Jacobian]:
    domain = StraightLine()
    sweep = Sweep(graph, domain, symbols_of(graph))
    site = graph.outputs[output]
    shape = graph[site].shape
    rows = [sweep.gradients(site, one_hot(shape, i, sp.S.Zero, sp.S.One)) for i in range(int(np.prod(shape)))]
    bindings = tuple(domain.bindings)
    return {
        leaf: Jacobian(_matrix([_row(graph, leaf, row) for row in rows], _size(graph, leaf)), bindings)
        for leaf in graph.leaves
    }


def _size(graph: Graph, leaf: int) -> int:
    return int(np.prod(graph[leaf].shape))


def _row(graph: Graph, leaf: int, gradients: Any) -> list[Expression]:
    found = gradients.get(leaf)
    return [sp.S.Zero] * _size(graph, leaf) if found is None else list(found.ravel())


def _matrix(rows: list[list[Expression]], columns: int) -> sp.Matrix:
    return sp.Matrix(len(rows), columns, [entry for row in rows for entry in row])
