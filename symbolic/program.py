"""The small language that textbook definitions are written in, and what an op is lowered to.

There are eight kinds of step. ``Apply`` is nonlinear and works entry by entry; ``Move``, ``Total`` and ``Contract``
are linear or bilinear; ``Determinant`` is linear in each row; ``Select`` is linear in its branches. A derivative needs
nothing else: the partials of the first come from ``sympy.diff``, and the others are pulled back by their transpose.
``Root`` and ``Solution`` are functions that equations define, which are steps themselves; their derivative comes from
that of the equations, by the implicit function theorem.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradproof.errors import MirrorError
from gradproof.exact import Array
from gradproof.graph import Graph, Input, Node

from .scalar import ScalarFunction

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Apply:
    """A scalar function, entry by entry, of arguments of one shape."""

    function: ScalarFunction
    args: tuple[int, ...]
    shape: Shape


@dataclass(frozen=True, eq=False)
class Move:
    """Entry ``i`` of the result is entry ``index[i]`` of the arguments laid end to end; -1 stands for zero."""

    args: tuple[int, ...]
    index: Array
    sizes: tuple[Shape, ...]
    shape: Shape

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Where each argument starts when they are laid end to end, and where the last one ends."""
        return (0, *itertools.accumulate(math.prod(size) for size in self.sizes))

    @cached_property
    def fan_out(self) -> Array:
        """How often each entry of the arguments is used."""
        return np.bincount(self.index[self.index >= 0], minlength=self.starts[-1])

    @cached_property
    def is_filled(self) -> bool:
        """Whether every entry of the result is one of the arguments."""
        return bool(np.all(self.index >= 0))

    @cached_property
    def is_reshape(self) -> bool:
        """Whether the entries of one argument stay in their order, each used once."""
        whole = len(self.args) == 1 and self.index.size == self.starts[-1]
        return whole and bool(np.array_equal(self.index, np.arange(self.index.size)))

    @cached_property
    def is_injective(self) -> bool:
        """Whether no entry is used twice."""
        return not self.fan_out.size or int(self.fan_out.max()) <= 1


@dataclass(frozen=True, eq=False)
class Total:
    """The sum over ``axes``, which are kept with size one."""

    args: tuple[int, ...]
    axes: tuple[int, ...]
    source: Shape
    shape: Shape


@dataclass(frozen=True, eq=False)
class Contract:
    """The product of two stacks of matrices of equal length."""

    args: tuple[int, ...]
    shape: Shape


@dataclass(frozen=True, eq=False)
class Determinant:
    """The determinant of each matrix of a stack, as a matrix of one entry."""

    args: tuple[int, ...]
    source: Shape
    shape: Shape

    @cached_property
    def minors(self) -> Move:
        """What replaces the row and the column of each entry by unit vectors, given the matrices and a one.

        The determinants of the results are what the determinant, linear in each row, multiplies the entries by.
        """
        *stack, size, _ = self.source
        one = math.prod(self.source)
        entries = np.arange(one).reshape(*stack, 1, 1, size, size)
        row, column = (np.eye(size, dtype=bool).reshape(shape) for shape in ((size, 1, size, 1), (1, size, 1, size)))
        index = np.where(row & column, one, np.where(row | column, -1, entries))
        return Move((0, 1), index.ravel(), (self.source, ()), index.shape)

    @cached_property
    def by_entry(self) -> Move:
        """What makes matrices of the determinants of the minors."""
        shape = (*self.source, 1, 1)
        return Move((0,), np.arange(math.prod(shape)), (shape,), self.source)


@dataclass(frozen=True, eq=False)
class Select:
    """The second argument where the first holds, else the third."""

    args: tuple[int, ...]
    shape: Shape


#: F of equations ``F(x, y) = 0``: a definition in the terms x and y.
Residual = Callable[["Term", "Term"], "Term"]


@dataclass(frozen=True, eq=False)
class Equations:
    """Equations ``F(x, y) = 0`` that define y as a function of x, with as many entries of F as of y.

    ``residual`` is F: a definition in two terms, each with the dimensions of a stack in front; y and F have one more.
    ``guess`` returns approximations of y from approximations of x: floats, NaN where it knows none. What it finds is
    proven to be a root, and the only one nearby. ``chooses`` tells, given a stack of enclosed roots as balls, of which
    it is proven that they are the roots that are meant: it answers for each. ``sizes`` returns how large the unknowns
    are, each in its own units and not 0, given their magnitudes as floats. ``numbered``: the last dimension of the
    stack numbers the roots for one x.
    """

    name: str
    residual: Residual
    guess: Callable[[Array], Array]
    chooses: Callable[[Array], Array]
    sizes: Callable[[Array], Array]
    numbered: bool = False


@dataclass(frozen=True, eq=False)
class _Defined:
    """What equations ``F(x, y) = 0`` define: y, as a function of the one argument x.

    ``residual`` is F, with the slots x and y; ``repeated`` is the same of as many copies of both as there are unknowns.
    ``numbered``: the last dimension of the stack numbers the roots for one x.
    """

    name: str
    numbered: bool
    residual: Program
    repeated: Program
    args: tuple[int, ...]
    shape: Shape

    @cached_property
    def rows(self) -> Move:
        """What makes matrices of the copies of arrays like y, each of which is a row."""
        source = (self.shape[-1], *self.shape)
        index = np.moveaxis(np.arange(math.prod(source)).reshape(source), 0, -2)
        return Move((0,), index.ravel(), (source,), index.shape)

    @cached_property
    def as_row(self) -> Move:
        """What makes matrices with one row of an array like y."""
        return Move((0,), np.arange(math.prod(self.shape)), (self.shape,), (*self.shape[:-1], 1, self.shape[-1]))


@dataclass(frozen=True, eq=False)
class Root(_Defined):
    """The root of equations that is meant."""

    equations: Equations


@dataclass(frozen=True, eq=False)
class Solution(_Defined):
    """The root of equations that are linear in y, up to what depends on x alone: the only one where F_y is regular."""


#: Steps that equations define.
Implicit = Root | Solution

Step = Apply | Move | Total | Contract | Determinant | Select | Implicit


@dataclass(frozen=True, eq=False)
class Program:
    """An op, lowered: slots 0 to ``arity - 1`` hold the arguments, each step fills the next; ``result`` is a slot."""

    arity: int
    steps: tuple[Step, ...]
    result: int
    shape: Shape


class Term:
    """A value inside a definition: its slot and shape. Adding a step gives the next.

    ``integers`` are the entries of an argument that is an input of integers.
    """

    def __init__(self, steps: list[Step], slot: int, shape: Shape, offset: int, integers: Array | None = None) -> None:
        self._steps = steps
        self.slot = slot
        self.shape = shape
        self._offset = offset
        self._integers = integers

    @property
    def integers(self) -> Array:
        """The entries, which must be known before the graph runs."""
        if self._integers is None:
            raise MirrorError("the mirror needs indices as an input of integers, not computed ones")
        return self._integers

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    def then(self, step: Step) -> Term:
        """Add a step and return its result."""
        self._steps.append(step)
        return Term(self._steps, self._offset + len(self._steps) - 1, step.shape, self._offset)


def apply(function: ScalarFunction, *terms: Term) -> Term:
    """Apply a scalar function to terms that broadcast together."""
    shape = np.broadcast_shapes(*(term.shape for term in terms))
    args = tuple(_spread(term, shape).slot for term in terms)
    return terms[0].then(Apply(function, args, shape))


def _spread(term: Term, shape: Shape) -> Term:
    return term if term.shape == shape else move(lambda x: np.broadcast_to(x, shape), term)


def move(rearrange: Callable[..., Array], *terms: Term) -> Term:
    """Rearrange entries as the NumPy function ``rearrange`` does; where it puts -1, there will be zero."""
    starts = np.cumsum([0, *(math.prod(term.shape) for term in terms)]).tolist()
    numbered = [
        np.arange(start, stop).reshape(term.shape) for term, start, stop in zip(terms, starts, starts[1:], strict=False)
    ]
    index = np.asarray(rearrange(*numbered), dtype=np.intp)
    args = tuple(term.slot for term in terms)
    return terms[0].then(Move(args, index.ravel(), tuple(term.shape for term in terms), index.shape))


def total(x: Term, axis: int | Sequence[int] | None = None, *, keepdims: bool = False) -> Term:
    """Sum over axes."""
    axes = tuple(range(x.ndim)) if axis is None else tuple(a % x.ndim for a in np.atleast_1d(axis).tolist())
    kept = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    summed = x.then(Total((x.slot,), axes, x.shape, kept))
    if keepdims or not axes:
        return summed
    rest = tuple(n for i, n in enumerate(x.shape) if i not in axes)
    return move(lambda s: s.reshape(rest), summed)


def contract(a: Term, b: Term) -> Term:
    """Multiply vectors, matrices or stacks of matrices, as ``numpy.matmul`` does."""
    left = move(lambda x: x[np.newaxis], a) if a.ndim == 1 else a
    right = move(lambda x: x[:, np.newaxis], b) if b.ndim == 1 else b
    stack = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    left, right = (_spread(x, (*stack, *x.shape[-2:])) for x in (left, right))
    product = left.then(Contract((left.slot, right.slot), (*stack, left.shape[-2], right.shape[-1])))
    dropped = tuple([i for i, x in ((-2, a), (-1, b)) if x.ndim == 1])
    return move(lambda x: np.squeeze(x, axis=dropped), product) if dropped else product


def determinant(x: Term) -> Term:
    """Return the determinant of each matrix of a stack."""
    found = x.then(Determinant((x.slot,), x.shape, (*x.shape[:-2], 1, 1)))
    return move(lambda d: d[..., 0, 0], found)


def select(condition: Term, a: Term, b: Term) -> Term:
    """Choose between two terms by a condition, all broadcast together."""
    shape = np.broadcast_shapes(condition.shape, a.shape, b.shape)
    args = tuple(_spread(term, shape).slot for term in (condition, a, b))
    return condition.then(Select(args, shape))


def root(equations: Equations, x: Term, unknowns: int, ndim: int = 0) -> Term:
    """Return the root of equations in so many unknowns, for each entry of a stack; the last dimension are the unknowns.

    Entries of the stack have ``ndim`` dimensions.
    """
    lowered = _lower_equations(equations.name, equations.residual, x, unknowns, ndim)
    return x.then(Root(equations.name, equations.numbered, *lowered, (x.slot,), lowered[0].shape, equations))


def solution(name: str, residual: Residual, x: Term, unknowns: int, ndim: int = 0, *, numbered: bool = False) -> Term:
    """Return the root of equations that are linear in the unknowns, likewise; ``residual`` is as in ``Equations``."""
    lowered = _lower_equations(name, residual, x, unknowns, ndim)
    return x.then(Solution(name, numbered, *lowered, (x.slot,), lowered[0].shape))


def _lower_equations(name: str, residual: Residual, x: Term, unknowns: int, ndim: int) -> tuple[Program, Program]:
    """Return F, and F of as many copies as there are unknowns."""
    shape = (*x.shape[: x.ndim - ndim], unknowns)
    once = _lower_residual(name, residual, x.shape, shape)
    return once, _lower_residual(name, residual, (unknowns, *x.shape), (unknowns, *shape))


def _lower_residual(name: str, residual: Residual, x: Shape, y: Shape) -> Program:
    steps: list[Step] = []
    result = residual(*(Term(steps, slot, shape, 2) for slot, shape in enumerate((x, y))))
    if result.shape != y:
        raise MirrorError(f"{name} has equations of shape {result.shape} for unknowns of shape {y}")
    return Program(2, tuple(steps), result.slot, y)


#: A textbook definition: terms and static parameters to a term.
Definition = Callable[..., Term]

_programs: dict[Any, Program] = {}


def lower(graph: Graph, node: Node, definitions: Mapping[str, Definition]) -> Program:
    """Return the steps of one node.

    Raises ``MirrorError`` where the op has no definition, or the definition does not fit the arguments.
    """
    integers = [_integers(graph[arg]) for arg in node.args]
    shapes = tuple(graph[arg].shape for arg in node.args)
    key = (node.op, node.params_key, shapes, tuple(None if each is None else each.tobytes() for each in integers))
    program = _programs.get(key)
    if program is None:
        program = _programs[key] = _lower(definitions, node, shapes, integers)
    return program


def _integers(argument: Input | Node) -> Array | None:
    return argument.value if isinstance(argument, Input) and argument.value.dtype == np.int64 else None


def _lower(
    definitions: Mapping[str, Definition], node: Node, shapes: Sequence[Shape], integers: Sequence[Array | None]
) -> Program:
    if node.op not in definitions:
        raise MirrorError(f'{node.op} has no mirror; add  "{node.op}": ...  to symbolic/rules/')
    steps: list[Step] = []
    arity = len(shapes)
    terms = [
        Term(steps, slot, shape, arity, known) for slot, (shape, known) in enumerate(zip(shapes, integers, strict=True))
    ]
    try:
        result = definitions[node.op](*terms, **node.params)
    except (TypeError, ValueError, IndexError) as error:
        call = ", ".join([*map(str, shapes), *(f"{name}={value!r}" for name, value in node.params.items())])
        raise MirrorError(f"{node.op}({call}) does not fit its definition: {error}") from error
    return Program(arity, tuple(steps), result.slot, result.shape)
