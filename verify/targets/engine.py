"""Gradproof's own engine as a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof import engine
from gradproof.case import Case
from gradproof.engine.autograd.function import Function
from gradproof.engine.mode import recording
from gradproof.engine.op import Op
from gradproof.engine.variable import Variable
from gradproof.engine.vocabulary import OPS
from gradproof.errors import UnknownOpError, nearest
from gradproof.exact import Array
from gradproof.graph import NOTHING_HELD, Graph, Node

from .applications import Applications, arrivals
from .batch import forward_batch, is_batch
from .memory import aliases
from .script import engine_script
from .tape import FirstPass, Tape
from .target import Pullback, Recorded, Run


class EngineTarget:
    """The engine with its vocabulary, or with another one: that is how faults are planted.

    ``functions`` are classes of the user's own, with the derivatives that are on trial.
    """

    def __init__(
        self, ops: Mapping[str, Op] = OPS, name: str = "gradproof", functions: Sequence[type[Function]] = ()
    ) -> None:
        self.name = name
        self._ops = ops
        self._functions = {each.__name__: each for each in functions}

    def forward(
        self,
        graph: Graph,
        inputs: Sequence[Array],
        held: Mapping[int, Array] = NOTHING_HELD,
        disturb: Callable[[Array], Array] | None = None,
    ) -> list[Array]:
        """Return all values by id at other inputs, or at many points at once, computed on arrays.

        Of a node that carries a graph, that is played.
        """

        def interpret(node: Node, args: list[Array]) -> Array:
            if node.call is not None:
                inner = node.call.graph
                constants = [each.value for each in inner.inputs[len(args) :]]
                return self.forward(inner, [*args, *constants], disturb=disturb)[node.call.output]
            op, shapes = self._op(node.op), [graph[arg].shape for arg in node.args]
            if any(map(is_batch, args, shapes)):
                value = forward_batch(op, node, args, shapes)
            else:
                value = np.asarray(op.forward(*args, **node.params))
            return value if disturb is None else disturb(value)

        with np.errstate(all="ignore"):
            return graph.play(interpret, inputs, held=held)

    def play(self, case: Case, cotangents: Sequence[Array] | None = None) -> Run:
        """Run the case on tensors, with a copy of every value and every cotangent."""
        graph = case.graph
        handed = [np.array(ct) for ct in case.cotangents] if cotangents is None else cotangents
        copies: list[Array] = [np.array(each.value) for each in graph.inputs]
        leaves = [_leaf(each.materialise(), each.requires_grad) for each in graph.inputs]
        tensors = graph.play(self._interpreter(), leaves, lambda _, tensor: copies.append(np.array(tensor.array)))
        pullbacks = tuple(self._pull(tensors, output, ct) for output, ct in zip(graph.outputs, handed, strict=True))
        return _run(graph, tensors, tuple(copies), pullbacks, handed)

    def record(self, case: Case) -> Recorded:
        """Run a case of second order: ``grad`` with ``create_graph``, then backward from each gradient."""
        graph, tape = case.graph, Tape()
        inputs = [_leaf(each.materialise(), each.requires_grad) for each in graph.inputs]
        cotangents = [_leaf(np.array(ct), requires_grad=True) for ct in case.cotangents]
        for each in (*inputs, *cotangents):
            tape.add_input(each)
        with recording(tape):
            tensors = graph.play(self._interpreter(), inputs)
            found = [
                self._record_pass(tape, tensors[output], ct, [tensors[leaf] for leaf in graph.leaves])
                for output, ct in zip(graph.outputs, cotangents, strict=True)
            ]
        named = [
            ((number, leaf), gradient, direction)
            for number, (gradients, _) in enumerate(found)
            for leaf, gradient, direction in zip(graph.leaves, gradients, case.directions, strict=True)
            if gradient is not None
        ]
        recorded, held, copies = tape.arranged([gradient for _, gradient, _ in named])
        directions = [np.array(direction) for *_, direction in named]
        pullbacks = tuple(
            self._pull(held, output, direction) for output, direction in zip(recorded.outputs, directions, strict=True)
        )
        new_ids = np.argsort(tape.order()).tolist()
        labelled = recorded.labelled([each.label for each in graph.inputs])
        return Recorded(
            Case(labelled, tuple(np.array(direction) for direction in directions)),
            _run(recorded, held, copies, pullbacks, directions),
            tuple(new_ids[tape.id_of(each)] for each in tensors),
            tuple(new_ids[tape.id_of(each)] for each in cotangents),
            tuple(block for block, *_ in named),
            tuple(() if seen is None else seen.renumbered(new_ids) for _, seen in found),
        )

    def _record_pass(
        self, tape: Tape, output: Any, ct: Any, leaves: Sequence[Any]
    ) -> tuple[tuple[Any, ...], FirstPass | None]:
        """Pull back with ``create_graph``: a gradient for each leaf, None where the output does not depend on it."""
        if output.edge is None:
            return (None,) * len(leaves), None
        seen = FirstPass(tape, ct)
        return self._grad(output, leaves, ct, seen), seen

    def _grad(self, output: Any, leaves: Sequence[Any], ct: Any, observe: Callable[..., None]) -> tuple[Any, ...]:
        return engine.autograd.grad(output, leaves, ct, create_graph=True, allow_unused=True, observe=observe)

    def _op(self, name: str) -> Op:
        if name not in self._ops:
            raise UnknownOpError(f"{name!r} is no op of {self.name}{nearest(name, self._ops)}")
        return self._ops[name]

    def _interpreter(self) -> Callable[[Node, list[Any]], Any]:
        """Return what gives nodes their meaning in one run."""
        applications = Applications(self._functions)

        def interpret(node: Node, args: list[Any]) -> Any:
            return self._interpret(node, args) if node.call is None else applications.result(node, node.call, args)

        return interpret

    def _interpret(self, node: Node, args: list[Any]) -> Any:
        if node.grad_enabled:
            return self._op(node.op)(*args, **node.params)
        with engine.no_grad():
            return self._op(node.op)(*args, **node.params)

    def _pull(self, tensors: list[Any], output: int, ct: Array) -> Pullback:
        seen = _Observer(tensors)
        root = tensors[output]
        if root.edge is not None:
            handed = _leaf(ct, requires_grad=False)
            engine.autograd.backward(root, handed, retain_graph=True, observe=seen, entering=seen.enter)
        return Pullback(seen.entered, seen.left, seen.gradients, tuple(seen.spoilt))

    def script(self, case: Case) -> str:
        """Return a program of ``gradproof.engine`` calls that prints the gradients."""
        return engine_script(case)


def _run(
    graph: Graph,
    tensors: Sequence[Any],
    copies: tuple[Array, ...],
    pullbacks: tuple[Pullback, ...],
    handed: Sequence[Array],
) -> Run:
    """Return the run, with what was accumulated, what no longer is as it was, and what shares memory."""
    values = [tensor.array for tensor in tensors]
    grads = {leaf: tensors[leaf]._grad.array for leaf in graph.leaves if tensors[leaf]._grad is not None}
    return Run(
        copies,
        pullbacks,
        {leaf: np.array(grad) for leaf, grad in grads.items()},
        modified=tuple(i for i, copy in enumerate(copies) if copy.tobytes() != values[i].tobytes()),
        untracked=tuple(i for i, tensor in enumerate(tensors) if tensor.edge is None),
        aliases=aliases(grads, values, handed),
    )


def _leaf(array: Array, requires_grad: bool) -> Any:
    return engine.from_numpy(array).requires_grad_(requires_grad)


class _Observer:
    """Copies what the sweep shows, by the ids of the graph."""

    def __init__(self, tensors: Sequence[Any]) -> None:
        self._ids = {id(tensor.edge): i for i, tensor in enumerate(tensors) if tensor.edge is not None}
        self.entered: dict[int, Array] = {}
        self.left: dict[int, tuple[Array | None, ...]] = {}
        self.gradients: dict[int, Array] = {}
        self.spoilt: list[int] = []

    def enter(self, node: Any, ct: Any) -> None:
        """Keep the cotangent of a node, or of each of its results, as it was before its rules saw it."""
        self.entered.update((self._ids[id(edge)], np.array(part)) for edge, part in arrivals(node, ct))

    def __call__(self, edge: Any, ct: Any, cts: Sequence[Any]) -> None:
        if isinstance(edge, Variable):
            self.gradients[self._ids[id(edge)]] = np.array(ct)
            return
        arrived = {self._ids[id(each)]: part for each, part in arrivals(edge, ct)}
        self.left.update(dict.fromkeys(arrived, (None,) * len(cts)))
        self.left[min(arrived)] = tuple(None if part is None else np.array(part) for part in cts)
        self.spoilt += [each for each, part in arrived.items() if self.entered[each].tobytes() != part.tobytes()]
