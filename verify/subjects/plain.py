"""A function of NumPy arrays, or of the array API's, or of tensors of the engine: how it is traced and called."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradproof.engine.autograd.function import Function
from gradproof.engine.numpy_api import TracedArray, trace_numpy
from gradproof.engine.tensor import Tensor
from gradproof.engine.variable import Variable
from gradproof.errors import TraceError
from gradproof.exact import Array
from gradproof.graph import Graph

from .arguments import Arguments, entries_of, name_of


class PlainFunction:
    """A function and its arguments: NumPy arrays, or tensors of ``gradproof.engine`` where some were handed over."""

    def __init__(self, function: Callable[..., Any], arguments: Arguments) -> None:
        self.name = name_of(function)
        self.arguments = arguments
        self.leaves = arguments.leaves
        self._function = function
        self._are_tensors = any(isinstance(value, Variable) for value in arguments.values)

    def graph(self, functions: dict[str, type[Function]] | None = None) -> Graph:
        """Return the graph of the function: its first inputs are the leaves. Raises ``TraceError``.

        Functions with a derivative of their own that it applies are put into ``functions``, by name.
        """

        def flat(*leaves: Any) -> tuple[Any, ...]:
            returned = self._function(*self.arguments.rebuilt(leaves))
            outputs = flat_outputs(self.name, returned)
            if (stray := next((each for each in outputs if not isinstance(each, Variable)), None)) is not None:
                raise TraceError(f"{self.name} returns {stray!r}, which does not come of its arguments")
            return tuple(outputs)

        inputs = (self._input(leaf.value, leaf.requires_grad) for leaf in self.leaves)
        return trace_numpy(flat, *inputs, functions=functions).cut(keep=len(self.leaves))

    def _input(self, value: Array, requires_grad: bool) -> Any:
        kind = Tensor if self._are_tensors else TracedArray
        made: Any = kind.wrap(np.array(value) if value.flags.c_contiguous else value)
        return made.requires_grad_(requires_grad)

    def forward(self, values: Sequence[Array]) -> list[Array]:
        """Return the outputs at other values of the leaves."""
        outputs = flat_outputs(self.name, self.call(self._function, (), values))
        return [each.array.copy() if isinstance(each, Variable) else np.array(each) for each in outputs]

    def call(self, derivative: Callable[..., Any], leading: Sequence[Array], values: Sequence[Array]) -> Any:
        """Return what a function gives of the arguments with other values, and of further arrays before them."""
        first = [Tensor.wrap(each) for each in leading] if self._are_tensors else leading
        given = [Tensor.wrap(each) for each in values] if self._are_tensors else [_number(each) for each in values]
        return derivative(*first, *self.arguments.rebuilt(given))

    def flattened(self, structure: Any, what: str) -> list[Any]:
        """Return one thing for each leaf, of what is nested as the arguments are. Raises ``DtypeError``."""
        return self.arguments.flattened(structure, what)

    def array(self, value: Any, what: str) -> Array:  # noqa: ARG002 - NumPy has them all
        """Return an array, or a tensor, as an array."""
        return value.array if isinstance(value, Variable) else np.asarray(value)


def _number(value: Array) -> Any:
    """Return what is handed over for a value: one without dimensions is a number, as a NumPy user has it."""
    return value if value.ndim else value[()]


def flat_outputs(name: str, returned: Any) -> list[Any]:
    """Return the floating arrays in what a function returns, however they are nested.

    Raises ``TraceError`` where there is none.
    """
    found = [each for each in entries_of(returned) if _kind(each) == "f"]
    if not found:
        raise TraceError(f"{name} returns {type(returned).__name__}, but what is checked returns floating arrays")
    return found


def _kind(value: Any) -> str:
    if isinstance(value, Variable):
        return value.array.dtype.kind
    return np.asarray(value).dtype.kind if isinstance(value, np.ndarray | np.generic | float) else ""
