"""Dependence: which switching points a gradient may depend on, entry by entry, found without any arithmetic.

A scalar of this domain is the set of switching points that a number may change with. It is found from the structure
alone, and so may be too large and never too small: where two sets have nothing in common, neither have the numbers.
"""

# ruff: noqa: D102 - the methods are those of Domain, and documented there
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.budget import EXACT, Budget, Form
from gradproof.exact import Array
from gradproof.graph import Node

from .balls import Switch
from .domain import Domain, Objects, gather
from .program import Implicit, Move, Shape, Step
from .scalar import ScalarFunction


class Marks:
    """A set of switching points, by the bits of a number. Sums and products depend on all that their operands do."""

    __slots__ = ("bits",)

    def __init__(self, bits: int) -> None:
        self.bits = bits

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Marks):
            return NotImplemented
        if self is NOTHING:
            return other
        together = self.bits | other.bits
        return self if together == self.bits else Marks(together)

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Marks):
            return NotImplemented
        return NOTHING if self is NOTHING or other is NOTHING else self + other


#: The structural zero: what it multiplies adds nothing.
NOTHING = Marks(0)

#: Of a number that no switching point changes.
FREE = Marks(0)


class Dependence(Domain):
    """Arrays of marks. ``switches`` are numbered in their order: bit i stands for the i-th."""

    zero = NOTHING

    def __init__(self, switches: Iterable[Switch], budgets: Mapping[str, Budget]) -> None:
        self._budgets = budgets
        self._marks: dict[tuple[int, tuple[int, ...]], dict[int, Marks]] = {}
        for number, switch in enumerate(switches):
            place = self._marks.setdefault((switch.site, switch.args), {})
            place[switch.entry] = place.get(switch.entry, FREE) + Marks(1 << number)
        self._site = -1
        self._args: tuple[int, ...] = ()

    # --- what comes from outside

    def inputs(self, arrays: Sequence[Array]) -> list[Objects]:
        """Return the marks of the inputs, which depend on nothing."""
        return [np.full(array.shape, FREE, dtype=object) for array in arrays]

    def cotangent(self, array: Array) -> Objects:
        """Return the marks of a given cotangent, whose zeros are structural."""
        marks = np.full(array.shape, FREE, dtype=object)
        marks[array == 0] = NOTHING
        return marks

    # --- the boundaries of an op

    def enter(self, site: int, node: Node, args: list[Any], *, moving: bool) -> list[Any]:  # noqa: ARG002
        """Blend the entries of a matrix where every rounding error is one of the whole."""
        self._site = site
        is_normwise = self._budgets.get(node.op, EXACT).form is Form.NORMWISE
        return list(map(_blended, args)) if is_normwise else args

    def enter_step(self, step: Step) -> None:
        self._args = step.args

    def enter_pullback(self, site: int, node: Node, y: Objects, ct: Objects) -> Objects:  # noqa: ARG002
        self._site = site
        return ct

    # --- the steps

    def apply(self, function: ScalarFunction, args: Sequence[Objects]) -> Objects:  # noqa: ARG002
        return self.add([self._own(args[0].shape), *args])

    def partials(self, function: ScalarFunction, args: Sequence[Objects], wanted: Sequence[bool]) -> list[Any]:
        return [
            self._partial(slope, function, args) if flag else None
            for slope, flag in zip(function.gradient, wanted, strict=True)
        ]

    def _partial(self, slope: Any, function: ScalarFunction, args: Sequence[Objects]) -> Objects:
        used = [arg for symbol, arg in zip(function.symbols, args, strict=True) if symbol in slope.free_symbols]
        return used[0] if slope in function.symbols else self.add([self._own(args[0].shape), *used])

    def _own(self, shape: Shape) -> Objects:
        """Return the marks of the step being worked on."""
        marks = np.full(shape, FREE, dtype=object)
        for entry, each in self._marks.get((self._site, self._args), {}).items():
            marks.flat[entry] = each
        return marks

    def select(self, condition: Objects, a: Objects, b: Objects) -> Objects:
        return self.add([condition, a, b])

    def share(self, condition: Objects, ct: Objects, *, chosen: bool) -> Objects:  # noqa: ARG002
        return self.product(condition, ct)

    def determinant(self, a: Objects) -> Objects:
        return self.total(a, (-2, -1))

    def root(self, step: Implicit, x: Objects) -> Objects:
        return np.full(step.shape, _blended(x).flat[0] if x.size else FREE, dtype=object)

    def inverse(self, a: Objects, step: Implicit, y: Objects) -> Objects:  # noqa: ARG002
        return _blended(a)

    def gather(self, args: Sequence[Objects], step: Move) -> Objects:
        filled: Objects = gather(args, step, FREE)
        return filled


def _blended(marks: Objects) -> Objects:
    """Return an array of which every entry depends on all that any of them does."""
    return np.full(marks.shape, sum(marks.ravel().tolist(), start=FREE), dtype=object)


def dependent_places(marks: Iterable[Objects], switches: Iterable[Switch]) -> dict[Switch, frozenset[int]]:
    """Return, for each switching point, the entries of arrays laid end to end that may depend on it."""
    bits = [each.bits for part in marks for each in part.ravel().tolist()]
    return {
        switch: frozenset(place for place, each in enumerate(bits) if each >> number & 1)
        for number, switch in enumerate(switches)
    }
