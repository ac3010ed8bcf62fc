"""A PyTorch function as a subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from gradproof.errors import AutogradError, TraceError
from gradproof.exact import Array
from gradproof.graph import Graph
from gradproof.symbolic import COTANGENT

from ..arguments import name_of
from ..subject import Blocks
from .arguments import Arguments
from .arrays import array_of, floating, tensor_of
from .operations import schema_of
from .tracing import traced


class TorchSubject:
    """A function of tensors, or a module, whose derivative PyTorch's autograd gives.

    ``args`` may be nested in tuples, lists and dicts, among values of any kind. The leaves are the parameters of a
    module, then the tensors among the arguments; those require grad that ask for it, or all floating ones where none
    does; integers and booleans are constants of the graph. Outputs are the floating tensors in what is returned. Runs
    are repeatable: buffers of a module are not written to, nor are the arguments, nor is any ``grad``.

    Raises ``DtypeError`` for tensors of a dtype that NumPy does not have, ``UnsupportedError`` for those on a device
    other than the CPU.
    """

    library = "PyTorch"

    def __init__(self, function: Callable[..., Any], args: Sequence[Any]) -> None:
        schema = schema_of(function)
        self.name = name_of(function) if schema is None else schema.name
        self._arguments = Arguments(function, args)
        self.leaves = self._arguments.leaves

    def graph(self) -> Graph:
        """Return the forward as a graph of ops of the vocabulary, at the leaves.

        Raises ``TraceError`` where an operation has no rule, where the function reads entries of what depends on its
        arguments, where it draws random numbers, and where it returns no floating tensor.
        """
        values = [each.value for each in self.leaves]
        outputs = self.forward([value.copy() for value in values])  # what it raises itself is no fault of the trace
        graph = traced(self._outputs, self.name, values, [each.requires_grad for each in self.leaves])
        for number, (output, expected) in enumerate(zip(graph.outputs[: len(outputs)], outputs, strict=True)):
            found = graph[output]
            if (found.shape, found.dtype) != (expected.shape, expected.dtype.name):
                raise TraceError(
                    f"in the trace of {self.name} output {number} has shape {found.shape} and {found.dtype}, but the "
                    f"function returns shape {expected.shape} and {expected.dtype}; mend the rule of an operation"
                )
        return graph

    def forward(self, values: Sequence[Array]) -> list[Array]:
        """Return the outputs at other values of the leaves."""
        return [array_of(each) for each in self._outputs(self._tensors(values))]

    def pull_back(self, values: Sequence[Array], number: int, ct: Array) -> list[Array | None]:
        """Return what ``torch.autograd.grad`` gives for each leaf, None where nothing arrives."""
        tensors = self._tensors(values)
        gradients = _gradients(self._outputs(tensors)[number], tensors, tensor_of(ct))
        return [None if each is None else array_of(each) for each in gradients]

    def pull_back_twice(
        self, values: Sequence[Array], number: int, ct: Array, directions: Mapping[int, Array]
    ) -> Blocks:
        """Differentiate each gradient again, along the direction that is given for its leaf, by the leaves and ``ct``.

        Raises ``AutogradError`` where the derivative cannot be differentiated.
        """
        tensors, cotangent = self._tensors(values), tensor_of(ct).requires_grad_()
        gradients = _gradients(self._outputs(tensors)[number], tensors, cotangent, create_graph=True)
        wanted = [*tensors, cotangent]
        blocks: dict[tuple[int, int], Array | None] = {}
        for leaf, direction in directions.items():
            found = _second(gradients[leaf], wanted, tensor_of(direction), self.name)
            for other, each in zip([*range(len(tensors)), COTANGENT], found, strict=True):
                blocks[leaf, other] = None if each is None else array_of(each)
        return blocks

    def call(self, derivative: Callable[..., Any], leading: Sequence[Array], values: Sequence[Array]) -> Any:
        """Return what a function gives of the arguments with other values, and of further arrays before them.

        A dict of the parameters of a module, where it has some, is the first argument. No tensor requires grad.
        """
        return derivative(*map(tensor_of, leading), *self._arguments.rebuilt([tensor_of(each) for each in values]))

    def flattened(self, structure: Any, what: str) -> list[Any]:
        """Return one thing for each leaf, of what is nested as the arguments are. Raises ``DtypeError``."""
        return self._arguments.flattened(structure, what)

    def array(self, value: Any, what: str) -> Array:
        """Return a tensor, or an array, as an array. Raises ``DtypeError`` or ``UnsupportedError``."""
        return array_of(value, what) if isinstance(value, torch.Tensor) else np.asarray(value)

    def _tensors(self, values: Sequence[Array]) -> list[torch.Tensor]:
        pairs = zip(values, self.leaves, strict=True)
        return [tensor_of(value).requires_grad_(leaf.requires_grad) for value, leaf in pairs]

    def _outputs(self, tensors: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        with torch.enable_grad():
            returned = self._arguments.call(tensors)
        found = floating(returned)
        if not found:
            raise TraceError(f"{self.name} returned no floating tensor, but {type(returned).__name__}: {returned!r}")
        return found


def _gradients(
    output: torch.Tensor, tensors: Sequence[torch.Tensor], ct: torch.Tensor, *, create_graph: bool = False
) -> list[torch.Tensor | None]:
    """Return the gradient by each tensor, None where nothing arrives and where it requires no grad."""
    tracked = [each for each in tensors if each.requires_grad]
    if not (output.requires_grad and tracked):
        return [None] * len(tensors)
    found = iter(torch.autograd.grad(output, tracked, ct, True, create_graph, allow_unused=True))
    return [next(found) if each.requires_grad else None for each in tensors]


def _second(
    gradient: torch.Tensor | None, tensors: Sequence[torch.Tensor], direction: torch.Tensor, name: str
) -> list[torch.Tensor | None]:
    if gradient is None:
        return [None] * len(tensors)
    if _refuses(gradient):
        raise AutogradError(f"the derivative of {name} cannot be differentiated: it is marked once_differentiable")
    return _gradients(gradient, tensors, direction)


def _refuses(gradient: torch.Tensor) -> bool:
    """Tell whether a node on the way says that it has no derivative; autograd passes over it where nothing is below."""
    seen, found = set(), [gradient.grad_fn]
    while found:
        node = found.pop()
        if node is None or node in seen:
            continue
        if node.name().endswith("Error"):
            return True
        seen.add(node)
        found += [each for each, _ in node.next_functions]
    return False
