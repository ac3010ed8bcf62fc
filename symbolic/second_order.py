"""Second derivatives: the sweep over dual balls, and the tolerance of a backward that was recorded as a graph.

A dual ball is a value and its tangent, the derivative along one direction of the inputs. Swept over dual balls, the
oracle's own gradient has its own derivative as tangent: a product of the Hessian with the direction (Pearlmutter,
*Neural Computation* 6(1), 1994). Linear steps act on tangents as on values, products have two terms, and the partials
of partials come from ``sympy.diff``: no derivative is written down, and no recorded backward is seen.
"""

# ruff: noqa: ARG002, D102 - the methods are those of Domain, and documented there
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from flint import arb

from gradproof.budget import Budget, Form
from gradproof.case import Case
from gradproof.exact import Array
from gradproof.graph import DETACHING, NOTHING_HELD, Graph, Node

from .approximate import Approximate
from .balls import Balls, cotangent_balls, entrywise, exact_balls, precision
from .bounds import Bounds
from .calls import Opened
from .compiler import compile_ball
from .derivative import Sweep, run, slope_of
from .domain import Domain, Objects, as_objects
from .oracle import MOST_BITS, START_BITS, Proof, closed, prove_within
from .program import Implicit, Move, Shape, Step
from .proven import Proven
from .scalar import ScalarFunction
from .switches import ZERO
from .tolerance import ROUNDINGS, Budgeted, Rounding


@dataclass(frozen=True, eq=False)
class Dual:
    """Values and their tangents, entry by entry."""

    value: Objects
    tangent: Objects

    @classmethod
    def constant(cls, value: Objects) -> Dual:
        """Return values that do not move: their tangents are structurally zero."""
        return cls(value, np.full(value.shape, ZERO, dtype=object))

    @property
    def shape(self) -> Shape:
        """The shape of both arrays."""
        return self.value.shape

    @property
    def moves(self) -> bool:
        """Whether any tangent is more than the structural zero."""
        return any(each is not ZERO for each in self.tangent.ravel().tolist())


class Duals(Domain):
    """Arrays of dual balls. Notes and switching points are those of the exact sweep inside it."""

    zero = ZERO

    def __init__(self) -> None:
        self.exact = Balls()

    # --- the boundaries of an op

    def enter(self, site: int, node: Node, args: list[Any], *, moving: bool) -> list[Any]:
        return self.exact.enter(site, node, args, moving=moving)

    def enter_step(self, step: Step) -> None:
        self.exact.enter_step(step)

    def leave(self, node: Node, y: Any) -> Any:
        is_held = node.op in DETACHING or not node.grad_enabled
        return Dual.constant(y.value) if is_held and isinstance(y, Dual) else y

    def enter_pullback(self, site: int, node: Node, y: Dual, ct: Dual) -> Dual:
        self.exact.enter_pullback(site, node, y.value, ct.value)
        return ct

    # --- the nonlinear step

    def numbers(self, a: Any) -> Dual:
        return a if isinstance(a, Dual) else Dual.constant(self.exact.numbers(a))

    def apply(self, function: ScalarFunction, args: Sequence[Dual]) -> Any:
        values = [arg.value for arg in args]
        result = self.exact.apply(function, values)
        if function.is_condition:
            return result
        moving = [arg.moves for arg in args]
        partials = self.exact.partials(function, values, moving) if any(moving) else [None] * len(args)
        terms = [
            self.exact.product(partial, arg.tangent)
            for partial, arg in zip(partials, args, strict=True)
            if partial is not None
        ]
        return Dual(result, self.exact.add(terms)) if terms else Dual.constant(result)

    def partials(self, function: ScalarFunction, args: Sequence[Dual], wanted: Sequence[bool]) -> list[Any]:
        found = self.exact.partials(function, [arg.value for arg in args], wanted)
        return [
            None if value is None else Dual(value, self._tangent_of_partial(function, slot, args))
            for slot, value in enumerate(found)
        ]

    def _tangent_of_partial(self, function: ScalarFunction, slot: int, args: Sequence[Dual]) -> Objects:
        values, terms = [arg.value for arg in args], []
        for other, arg in enumerate(args):
            if function.hessian[slot][other] != 0 and arg.moves:
                second = self.exact.evaluate(_second_partial(function, slot, other), values)
                terms.append(self.exact.product(second, arg.tangent))
        if not all(each.is_finite() for term in terms for each in term.ravel().tolist()):
            self.exact.note("singular")
        return self.exact.add(terms) if terms else Dual.constant(values[0]).tangent

    def product(self, a: Dual, b: Dual) -> Dual:
        return self._bilinear(self.exact.product, a, b)

    def _bilinear(self, multiply: Callable[[Objects, Objects], Objects], a: Dual, b: Dual) -> Dual:
        terms = [multiply(a.tangent, b.value)] if a.moves else []
        terms += [multiply(a.value, b.tangent)] if b.moves else []
        value = multiply(a.value, b.value)
        return Dual(value, self.exact.add(terms)) if terms else Dual.constant(value)

    # --- the linear steps

    def add(self, parts: Sequence[Dual]) -> Dual:
        return Dual(self.exact.add([part.value for part in parts]), self.exact.add([part.tangent for part in parts]))

    def total(self, a: Dual, axes: tuple[int, ...]) -> Dual:
        return Dual(self.exact.total(a.value, axes), self.exact.total(a.tangent, axes))

    def spread(self, a: Dual, shape: Shape) -> Dual:
        return Dual(np.broadcast_to(a.value, shape), np.broadcast_to(a.tangent, shape))

    def gather(self, args: Sequence[Any], step: Move) -> Any:
        if not isinstance(args[0], Dual):
            return self.exact.gather(args, step)
        return Dual(
            self.exact.gather([arg.value for arg in args], step), self.exact.gather([arg.tangent for arg in args], step)
        )

    def scatter(self, ct: Dual, step: Move) -> list[Any]:
        parts = zip(self.exact.scatter(ct.value, step), self.exact.scatter(ct.tangent, step), strict=True)
        return [Dual(value, tangent) for value, tangent in parts]

    def contract(self, a: Dual, b: Dual) -> Dual:
        return self._bilinear(self.exact.contract, a, b)

    def determinant(self, a: Dual) -> Dual:
        """Return determinants, which are linear in each row: their tangents have a term for each."""
        value = self.exact.determinant(a.value)
        if not a.moves:
            return Dual.constant(value)
        rows = np.eye(a.shape[-1], dtype=bool)[..., np.newaxis]
        terms = [self.exact.determinant(np.where(row, a.tangent, a.value)) for row in rows]
        return Dual(value, self.exact.add(terms))

    def root(self, step: Implicit, x: Dual) -> Dual:
        """Return the root, whose tangent is ``-F_y^-1 F_x`` times that of x: the implicit function theorem."""
        y = Dual.constant(self.exact.root(step, x.value))
        if not x.moves:
            return y
        pushed = run(step.residual, self, [x, y])[step.residual.result].tangent[..., np.newaxis]
        inverse = self.exact.inverse(slope_of(step, self.exact, x.value, y.value, {}), step, y.value)
        return Dual(y.value, self.exact.contract(inverse, pushed)[..., 0])

    def inverse(self, a: Dual, step: Implicit, y: Dual) -> Dual:
        inverse = Dual.constant(self.exact.inverse(a.value, step, y.value))
        moved = self.contract(self.contract(inverse, a), inverse)
        return Dual(inverse.value, as_objects(_opposite(moved.tangent)))

    def cotangent(self, array: Array) -> Dual:
        return Dual.constant(cotangent_balls(array))

    def swap(self, a: Dual) -> Dual:
        return Dual(self.exact.swap(a.value), self.exact.swap(a.tangent))

    def select(self, condition: Any, a: Dual, b: Dual) -> Dual:
        return Dual(self.exact.select(condition, a.value, b.value), self.exact.select(condition, a.tangent, b.tangent))

    def share(self, condition: Any, ct: Dual, *, chosen: bool) -> Dual:
        return Dual(
            self.exact.share(condition, ct.value, chosen=chosen), self.exact.share(condition, ct.tangent, chosen=chosen)
        )


_opposite = entrywise(lambda each: each if each is ZERO else -each, 1)


@cache
def _second_partial(function: ScalarFunction, slot: int, other: int) -> Callable[..., Any]:
    return entrywise(compile_ball(function.symbols, function.hessian[slot][other]), function.arity)


#: Output number, the leaf whose gradient is differentiated, and the leaf that it is differentiated by.
Block = tuple[int, int, int]

#: Stands for the cotangent of the output in place of a leaf: a gradient depends on it too, and is linear in it.
COTANGENT = -1


def second_derivatives(case: Case, bits: int) -> tuple[dict[Block, Objects], dict[int, set[str]]]:
    """Enclose, for each output and each leaf, the gradient of the leaf's gradient times its direction.

    By the leaves it is the tangent of their gradients, since Hessians are symmetric; by the cotangent it is the tangent
    of the output. A block that no path leads to is missing. Returns also what made an enclosure wide or empty, by node.
    """
    graph = case.graph
    blocks: dict[Block, Objects] = {}
    notes: dict[int, set[str]] = {}
    with precision(bits):
        cotangents = [Dual.constant(cotangent_balls(ct)) for ct in case.cotangents]
        for leaf, direction in zip(graph.leaves, case.directions, strict=True):
            domain = Duals()
            sweep = Sweep(graph, domain, _inputs(graph, leaf, direction))
            for number, (output, ct) in enumerate(zip(graph.outputs, cotangents, strict=True)):
                for other, gradient in sweep.gradients(output, ct).items():
                    blocks[number, leaf, other] = gradient.tangent
                if graph.tracked[output]:
                    blocks[number, leaf, COTANGENT] = sweep.values[output].tangent
            for site, reasons in domain.exact.notes.items():
                notes.setdefault(site, set()).update(reasons)
    return blocks, notes


def _inputs(graph: Graph, moved: int, direction: Array) -> list[Any]:
    """Return the inputs as dual balls, that of one leaf with a direction as its tangent."""
    balls = [exact_balls(each.value) for each in graph.inputs]
    inputs: list[Any] = [
        ball if each.dtype == "bool" else Dual.constant(ball) for ball, each in zip(balls, graph.inputs, strict=True)
    ]
    inputs[moved] = Dual(balls[moved], cotangent_balls(direction))
    return inputs


class Captured(Budgeted):
    """The budget sweep over a recorded backward, whose captured constants have been computed with rounding errors.

    ``rounded`` maps such an input to the number of units by which it may be off: those that the op admits in whose VJP
    rule it was captured. Short numbers, as counts and powers of two are, are exact, and what is rounded correctly is
    exact where the true result is a number of the dtype: rules that scale rest on that. Ties of comparisons are decided
    as IEEE 754 decides them: which formula a rule takes is no branch of the function.

    ``moved`` maps inputs to the number of units by which they may be off, short or not: a backward error.
    """

    def __init__(
        self,
        budgets: Mapping[str, Budget],
        graph: Graph,
        rounded: Mapping[int, float],
        moved: Mapping[int, float],
        bounds: Bounds | None = None,
    ) -> None:
        super().__init__(budgets, bounds=bounds)
        self._graph = graph
        self._rounded_inputs = rounded
        self._moved_inputs = moved

    def enter(self, site: int, node: Node, args: list[Any], *, moving: bool) -> list[Any]:
        known = [self._captured(arg_id, arg) for arg_id, arg in zip(node.args, args, strict=True)]
        return super().enter(site, node, known, moving=False)

    def _captured(self, arg_id: int, arg: Any) -> Any:
        dtype, is_moved = self._graph[arg_id].dtype, arg_id in self._moved_inputs
        size = self._moved_inputs[arg_id] if is_moved else self._rounded_inputs.get(arg_id, 0.0)
        if not size or dtype not in ROUNDINGS:
            return arg
        error = self._bounds.up(self._bounds.number(size * ROUNDINGS[dtype].unit) * self._bounds.outer(arg))
        return arg.widened(error if is_moved else np.where(_is_short(arg.value).astype(bool), arg.error, error))

    def leave(self, node: Node, y: Any) -> Any:
        left = super().leave(node, y)
        if self._budget.form is not Form.CORRECTLY_ROUNDED or not isinstance(y, Approximate):
            return left
        is_exact = _is_zero(y.error).astype(bool) & _is_number(y.value, ROUNDINGS[node.dtype]).astype(bool)
        return left.widened(np.where(is_exact, y.error, left.error))


#: Captured constants of so few binary digits are taken to be exact.
SHORT = 12


def _is_short_ball(v: arb) -> bool:
    return bool(v.is_exact() and v.is_finite() and int(v.man_exp()[0]).bit_length() <= SHORT)


def _is_number_ball(v: arb, rounding: Rounding) -> bool:
    """Tell whether a ball is exactly a number of the dtype that rounds like this."""
    if not (v.is_exact() and v.is_finite()):
        return False
    mantissa, exponent = v.man_exp()
    digits, least = -rounding.unit.man_exp()[1], rounding.underflow.man_exp()[1]
    is_fine = int(mantissa).bit_length() <= digits and (exponent >= least or not mantissa)
    return bool(is_fine and abs(v) < rounding.overflow)


_is_zero = entrywise(lambda error: bool(error == 0), 1)
_is_short = entrywise(_is_short_ball, 1)
_is_number = entrywise(_is_number_ball, 2)


def prove_recorded(
    case: Case, budgets: Mapping[str, Budget], rounded: Mapping[int, float], moved: Mapping[int, float] = NOTHING_HELD
) -> Proof:
    """Prove a recorded backward, its kinks as hulls. What is captured ``rounded`` may be off by so many units.

    So may the inputs that are ``moved``, whatever their values.
    """
    opened = Opened(case, budgets)
    graph, known = opened.inlined.graph, opened.budgets
    return closed(opened, prove_within(opened.case, lambda bounds: Captured(known, graph, rounded, moved, bounds)))


@dataclass(frozen=True, eq=False)
class SecondOrderProof:
    """What is proven of a case of second order: a block for each output, leaf and leaf, of which some are missing.

    ``notes`` name, by node of the case's graph, what left an enclosure wide or empty.
    """

    blocks: Mapping[Block, Proven]
    notes: Mapping[int, frozenset[str]]
    bits: int


def prove_second_order(case: Case, tolerances: Mapping[Block, Array]) -> SecondOrderProof:
    """Enclose the second derivatives of ``case`` far within given tolerances, as far as precision helps.

    A block without a tolerance must be exactly zero.
    """
    bits = START_BITS
    proof = _prove_second_order_at(case, tolerances, bits)
    while not all(each.is_sharp for each in proof.blocks.values()) and bits < MOST_BITS:
        bits *= 4
        earlier, proof = proof, _prove_second_order_at(case, tolerances, bits)
        if not any(proof.blocks[key].gains_on(earlier.blocks[key]) for key in proof.blocks):
            break
    return proof


def _prove_second_order_at(case: Case, tolerances: Mapping[Block, Array], bits: int) -> SecondOrderProof:
    opened = Opened(case, {})
    found, notes = second_derivatives(opened.case, bits)
    blocks = {}
    for key, enclosure in found.items():
        tolerance = tolerances.get(key)
        vanishes = all(each.is_zero() for each in enclosure.ravel().tolist())
        blocks[key] = Proven(
            enclosure, np.zeros(enclosure.shape) if tolerance is None else tolerance, structural=vanishes
        )
    return SecondOrderProof(blocks, opened.notes({site: frozenset(each) for site, each in notes.items()}), bits)
