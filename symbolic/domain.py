"""What the linear steps do, in any scalar domain: arrays of Python objects that know ``+`` and ``*``.

The derivative sweep calls these methods alone. SymPy expressions and balls are scalars of a domain each.
"""

# ruff: noqa: ARG002 - the hooks of the base do nothing
from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradproof.exact import Array
from gradproof.graph import Node

from .program import Determinant, Implicit, Move, Shape, Step
from .scalar import ScalarFunction

Objects = NDArray[np.object_]


def as_objects(value: Any) -> Objects:
    """Return an array of objects: NumPy turns those without dimensions into scalars at every step."""
    if isinstance(value, np.ndarray):
        return value
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def gather(args: Sequence[Any], step: Move, zero: Any) -> Any:
    """Return the entries of ``args`` that ``step`` names, ``zero`` where it names none."""
    if step.is_reshape:
        return args[0].reshape(step.shape)
    flat = np.concatenate([*(arg.ravel() for arg in args), np.array([zero], dtype=args[0].dtype)])
    return flat[step.index].reshape(step.shape)


def scatter(ct: Any, step: Move, zero: Any) -> list[Any]:
    """Add each entry of ``ct`` to where ``step`` took it from, one array for each argument of ``step``."""
    if step.is_reshape:
        return [ct.reshape(step.sizes[0])]
    whole = np.full(step.starts[-1] + 1, zero, dtype=ct.dtype)
    if step.is_injective:
        whole[step.index] = ct.ravel()
    else:
        np.add.at(whole, step.index, ct.ravel())
    return [
        whole[start : start + math.prod(size)].reshape(size)
        for start, size in zip(step.starts, step.sizes, strict=False)
    ]


class Domain:
    """Arrays of scalars; ``zero`` is the scalar that is structurally zero.

    The hooks at the end mark the boundaries of an op; a domain that knows rounding errors widens there.
    """

    zero: Any = 0

    def apply(self, function: ScalarFunction, args: Sequence[Any]) -> Any:
        """Return the values of ``function``."""
        raise NotImplementedError

    def partials(self, function: ScalarFunction, args: Sequence[Any], wanted: Sequence[bool]) -> list[Any]:
        """Return the partial derivatives by the wanted arguments, None for the others."""
        raise NotImplementedError

    def numbers(self, a: Any) -> Any:
        """Return conditions as the numbers 1 and 0, and numbers as they are."""
        return a

    def select(self, condition: Any, a: Any, b: Any) -> Any:
        """Return ``a`` where the condition holds, else ``b``."""
        raise NotImplementedError

    def share(self, condition: Any, ct: Any, *, chosen: bool) -> Any:
        """Return the part of ``ct`` that goes to the branch taken where the condition is ``chosen``."""
        raise NotImplementedError

    def product(self, a: Any, b: Any) -> Any:
        """Return the entrywise product."""
        return as_objects(a * b)

    def add(self, parts: Sequence[Any]) -> Any:
        """Return the sum of arrays of one shape."""
        return as_objects(sum(parts[1:], start=parts[0]))

    def total(self, a: Any, axes: tuple[int, ...]) -> Any:
        """Return the sum over axes, kept with size one."""
        return as_objects(np.sum(a, axis=axes, keepdims=True, initial=self.zero))

    def spread(self, a: Any, shape: Shape) -> Any:
        """Return ``a`` broadcast to ``shape``."""
        return np.broadcast_to(a, shape)

    def gather(self, args: Sequence[Any], step: Move) -> Any:
        """Return the entries that ``step`` names."""
        return gather(args, step, self.zero)

    def scatter(self, ct: Any, step: Move) -> list[Any]:
        """Add each entry of ``ct`` to where ``step`` took it from: the transpose of :meth:`gather`."""
        return scatter(ct, step, self.zero)

    def contract(self, a: Any, b: Any) -> Any:
        """Return the product of two stacks of matrices."""
        return np.matmul(a, b) if a.shape[-1] else np.full((*a.shape[:-1], b.shape[-1]), self.zero, dtype=object)

    def determinant(self, a: Any) -> Any:
        """Return the determinant of each matrix of a stack, as a matrix of one entry."""
        raise NotImplementedError

    def cofactors(self, a: Any, step: Determinant) -> Any:
        """Return what determinants multiply each entry by: the determinants with a unit vector in place of its row."""
        minors = self.gather([a, self.cotangent(np.ones(()))], step.minors)
        return self.gather([self.determinant(minors)], step.by_entry)

    def swap(self, a: Any) -> Any:
        """Return a stack of transposed matrices."""
        return np.swapaxes(a, -1, -2)

    def root(self, step: Implicit, x: Any) -> Any:
        """Return the root of equations at ``x``."""
        raise NotImplementedError

    def inverse(self, a: Any, step: Implicit, y: Any) -> Any:
        """Return the inverses of a stack of Jacobians of the equations of ``step``, by their unknowns ``y``."""
        raise NotImplementedError

    def cotangent(self, array: Array) -> Any:
        """Return a given cotangent, whose zeros are structural."""
        raise NotImplementedError

    def same(self, a: Any, b: Any) -> bool:
        """Whether two arrays are known to hold the same scalars."""
        return a is b

    def enter(self, site: int, node: Node, args: list[Any], *, moving: bool) -> list[Any]:
        """Begin the op at ``site``; ``moving`` says whether a tracked path leads into it."""
        return args

    def enter_step(self, step: Step) -> None:
        """Begin one step of the op, forward or backward."""

    def leave(self, node: Node, y: Any) -> Any:
        """End the op with its result."""
        return y

    def enter_pullback(self, site: int, node: Node, y: Any, ct: Any) -> Any:
        """Begin the VJP of the op at ``site`` with its result and the cotangent of it."""
        return ct

    def leave_pullback(self, ct: Any, node: Node, dtype: str) -> Any:
        """End the VJP of the op with the cotangent of one argument, which has the given dtype."""
        return ct

    def join(self, parts: Sequence[Any], dtype: str) -> Any:
        """Add the cotangents that the consumers of one value return."""
        return self.add(parts)
