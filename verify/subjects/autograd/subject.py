"""Functions of HIPS autograd as subjects: its reverse mode is on trial, with every ``defvjp`` of the user's own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from autograd.differential_operators import make_vjp
from autograd.tracer import getval

from gradproof.exact import Array
from gradproof.graph import Graph
from gradproof.symbolic import COTANGENT

from ..arguments import Arguments, entries_of, name_of
from ..subject import Blocks, Leaf
from .tracing import traced


class AutogradSubject:
    """A function of HIPS autograd at its arguments: arrays and numbers, also in lists, tuples and dictionaries.

    Leaves are NumPy's arrays and scalars among them, and Python floats; those of a floating dtype require grad. All
    else is handed to the function as it is. Outputs are the floating arrays and numbers in what it returns.
    Raises ``DtypeError`` for a leaf of a dtype that cannot be proven.
    """

    library = "autograd"

    def __init__(self, function: Callable[..., Any], args: Sequence[Any]) -> None:
        self.name = name_of(function)
        self._function = function
        plain = getattr(function, "fun", function)  # of a primitive its function, which has names
        self._arguments = Arguments.of(plain, args)
        self.leaves: tuple[Leaf, ...] = self._arguments.leaves

    def graph(self) -> Graph:
        """Return the forward as a graph, at the leaves. Leaves of integers and truth values are constants in it."""
        return traced(self._outputs, self.name, self._handed(), self.leaves)

    def forward(self, values: Sequence[Array]) -> list[Array]:
        """Return the outputs at other values of the leaves."""
        return [np.array(each) for each in self._outputs(self._handed(values))]

    def pull_back(self, values: Sequence[Array], number: int, ct: Array) -> list[Array | None]:
        """Return the gradient by each floating leaf of output ``number`` with the cotangent ``ct``; None for others."""
        arguments = self._handed(values)
        return [
            np.array(_pulled(self._output(number), place, arguments, ct[()])) if leaf.requires_grad else None
            for place, leaf in enumerate(self.leaves)
        ]

    def pull_back_twice(
        self, values: Sequence[Array], number: int, ct: Array, directions: Mapping[int, Array]
    ) -> Blocks:
        """Differentiate each gradient again, along the direction that is given for its leaf."""
        arguments = [*self._handed(values), ct[()]]
        others = [place for place, leaf in enumerate(self.leaves) if leaf.requires_grad]
        blocks: dict[tuple[int, int], Array | None] = {}
        for first, direction in directions.items():

            def gradient(*both: Any, first: int = first) -> Any:
                return _pulled(self._output(number), first, both[:-1], both[-1])

            for second in (*others, COTANGENT):
                block = _pulled(gradient, second % len(arguments), arguments, direction[()])
                blocks[first, second] = np.array(block)
        return blocks

    def call(self, derivative: Callable[..., Any], leading: Sequence[Array], values: Sequence[Array]) -> Any:
        """Return what a function gives of the arguments with other values, and of further arrays before them."""
        return derivative(*leading, *self._arguments.rebuilt(self._handed(values)))

    def flattened(self, structure: Any, what: str) -> list[Any]:
        """Return one thing for each leaf, of what is nested as the arguments are. Raises ``DtypeError``."""
        return self._arguments.flattened(structure, what)

    def array(self, value: Any, what: str) -> Array:  # noqa: ARG002 - NumPy has them all
        """Return an array as it is, and anything else as an array."""
        return np.asarray(value)

    def _handed(self, values: Sequence[Array] | None = None) -> list[Any]:
        """Return values of the leaves, by default their own, as the function got them."""
        given = [leaf.value for leaf in self.leaves] if values is None else values
        return [_like(known, value) for known, value in zip(self._arguments.values, given, strict=True)]

    def _output(self, number: int) -> Callable[..., Any]:
        return lambda *leaves: self._outputs(leaves)[number]

    def _outputs(self, leaves: Sequence[Any]) -> list[Any]:
        returned = self._function(*self._arguments.rebuilt(leaves))
        return [each for each in entries_of(returned) if _is_floating(each)]


def _pulled(function: Callable[..., Any], place: int, arguments: Sequence[Any], ct: Any) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Output seems independent of input", UserWarning)
        pull, _ = make_vjp(function, place)(*arguments)
        return pull(ct)


def _is_floating(value: Any) -> bool:
    plain = getval(value)
    return type(plain) is float or (isinstance(plain, np.ndarray | np.generic) and plain.dtype.kind == "f")


def _like(known: Any, value: Array) -> Any:
    """Return a value of a leaf as the function got it: a float, a scalar of NumPy, or an array of its dtype."""
    if isinstance(known, np.ndarray):
        return value.astype(known.dtype, copy=False)
    return float(value) if type(known) is float else known.dtype.type(value)
