"""Gradproof's own engine as a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof import engine
from gradproof.case import Case
from gradproof.engine.op import OPS, Op
from gradproof.engine.variable import Variable
from gradproof.errors import UnknownOpError, nearest
from gradproof.exact import Array
from gradproof.graph import NOTHING_HELD, Graph, Node, lay_out

from .script import engine_script
from .target import Pullback, Run


class EngineTarget:
    """The engine with its vocabulary, or with another one: that is how faults are planted."""

    def __init__(self, ops: Mapping[str, Op] = OPS, name: str = "gradproof") -> None:
        self.name = name
        self._ops = ops

    def forward(
        self,
        graph: Graph,
        inputs: Sequence[Array],
        held: Mapping[int, Array] = NOTHING_HELD,
        disturb: Callable[[Array], Array] | None = None,
    ) -> list[Array]:
        """Return all values by id at other inputs, computed on arrays."""

        def interpret(node: Node, args: list[Array]) -> Array:
            value = np.asarray(self._op(node.op).forward(*args, **node.params))
            return value if disturb is None else disturb(value)

        with np.errstate(all="ignore"):
            return graph.play(interpret, inputs, held=held)

    def play(self, case: Case) -> Run:
        """Run the case on tensors, with a copy of every value and every cotangent."""
        graph = case.graph
        copies: list[Array] = [np.array(each.value) for each in graph.inputs]
        leaves = [_leaf(each.materialise(), each.requires_grad) for each in graph.inputs]
        tensors = graph.play(self._interpret, leaves, lambda _, tensor: copies.append(np.array(tensor.array)))
        pullbacks = tuple(
            self._pull(graph, tensors, tensors[output], ct)
            for output, ct in zip(graph.outputs, case.cotangents, strict=True)
        )
        grads = {leaf: tensors[leaf]._grad for leaf in graph.leaves}
        accumulated = {leaf: np.array(grad.array) for leaf, grad in grads.items() if grad is not None}
        modified = tuple(i for i, copy in enumerate(copies) if copy.tobytes() != tensors[i].array.tobytes())
        return Run(tuple(copies), pullbacks, accumulated, modified)

    def _op(self, name: str) -> Op:
        if name not in self._ops:
            raise UnknownOpError(f"{name!r} is no op of {self.name}{nearest(name, self._ops)}")
        return self._ops[name]

    def _interpret(self, node: Node, args: list[Any]) -> Any:
        if node.grad_enabled:
            return self._op(node.op)(*args, **node.params)
        with engine.no_grad():
            return self._op(node.op)(*args, **node.params)

    def _pull(self, graph: Graph, tensors: list[Any], output: Any, ct: Array) -> Pullback:
        seen = _Observer(tensors)
        if output.edge is not None:
            contiguous = all(each.contiguous for each in graph.inputs)
            cotangent = _leaf(lay_out(ct, contiguous=contiguous), requires_grad=False)
            self._backward(output, cotangent, seen)
        return Pullback(seen.entered, seen.left, seen.gradients)

    def _backward(self, output: Any, ct: Any, observe: Callable[..., None]) -> None:
        engine.autograd.backward(output, ct, retain_graph=True, observe=observe)

    def script(self, case: Case) -> str:
        """Return a program of ``gradproof.engine`` calls that prints the gradients."""
        return engine_script(case)


def _leaf(array: Array, requires_grad: bool) -> Any:
    return engine.from_numpy(array).requires_grad_(requires_grad)


class _Observer:
    """Copies what the sweep shows, by the ids of the graph."""

    def __init__(self, tensors: Sequence[Any]) -> None:
        self._ids = {id(tensor.edge): i for i, tensor in enumerate(tensors) if tensor.edge is not None}
        self.entered: dict[int, Array] = {}
        self.left: dict[int, tuple[Array | None, ...]] = {}
        self.gradients: dict[int, Array] = {}

    def __call__(self, edge: Any, ct: Any, cts: tuple[Any, ...]) -> None:
        value_id = self._ids[id(edge)]
        if isinstance(edge, Variable):
            self.gradients[value_id] = np.array(ct)
        else:
            self.entered[value_id] = np.array(ct)
            self.left[value_id] = tuple(None if part is None else np.array(part) for part in cts)
