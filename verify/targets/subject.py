"""A subject as a target: its function is one node of the graph, or one for each of its outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from gradproof.case import Case
from gradproof.errors import UnsupportedError
from gradproof.exact import Array
from gradproof.graph import DETACHING, NOTHING_HELD, Call, Graph, Input, Node

from ..subjects.subject import Blocks, Subject
from .batch import is_batch
from .engine import EngineTarget
from .library import accumulated
from .memory import aliases
from .script import numbers_script
from .target import Pullback, Recorded, Run


def graph_of(subject: Subject) -> Graph:
    """Return the graph of a subject: its leaves, and a node for each output, which carries the graph of the forward.

    Raises ``TraceError`` where there is none.
    """
    inner = subject.graph()
    inputs = tuple(
        Input(each.value, each.requires_grad and each.value.dtype.kind == "f", each.value.flags.c_contiguous)
        for each in subject.leaves
    )
    args = tuple(range(len(inputs)))
    nodes = tuple(
        Node(subject.name, args, {}, inner[output].shape, inner[output].dtype, True, Call(inner, result))
        for result, output in enumerate(inner.outputs)
    )
    return Graph(inputs, nodes, tuple(len(inputs) + result for result in range(len(nodes))))


class SubjectTarget:
    """Runs the function of a subject, and has its derivative pull cotangents back."""

    def __init__(self, subject: Subject) -> None:
        self.name = subject.library
        self.subject = subject
        self._inside = EngineTarget()

    def forward(
        self,
        graph: Graph,
        inputs: Sequence[Array],
        held: Mapping[int, Array] = NOTHING_HELD,
        disturb: Callable[[Array], Array] | None = None,
    ) -> list[Array]:
        """Return all values by id at other inputs, or at many points at once: the outputs are those of the function.

        What it computes on the way is not seen, and stands here as our own engine computes it; so do the outputs of a
        graph that detaches, where a value is held that the function does not hold.
        """
        values = self._inside.forward(graph, inputs, held, disturb)
        if any(node.op in DETACHING for node in graph.nodes):
            return values
        undisturbed = None if disturb is None else self._inside.forward(graph, inputs, held)
        points = {len(each) for each, known in zip(inputs, graph.inputs, strict=True) if is_batch(each, known.shape)}
        with np.errstate(all="ignore"):
            outputs = self._at_points(graph, inputs, points.pop()) if points else self._at(inputs)
            for site, value in zip(graph.outputs, outputs, strict=True):
                if site >= len(inputs):
                    moved = 0.0 if undisturbed is None else values[site] - undisturbed[site]
                    values[site] = np.asarray(value + np.where(np.isfinite(moved), moved, 0.0), value.dtype)
        return values

    def _at(self, inputs: Sequence[Array]) -> list[Array]:
        return self.subject.forward([np.array(each) for each in inputs[: len(self.subject.leaves)]])

    def _at_points(self, graph: Graph, inputs: Sequence[Array], points: int) -> list[Array]:
        batches = [is_batch(each, known.shape) for each, known in zip(inputs, graph.inputs, strict=True)]
        found = [
            self._at([each[point] if batch else each for each, batch in zip(inputs, batches, strict=True)])
            for point in range(points)
        ]
        return [np.stack(each) for each in zip(*found, strict=True)]

    def play(self, case: Case, cotangents: Sequence[Array] | None = None) -> Run:
        """Run the function, and pull each cotangent back."""
        graph, count = case.graph, len(case.graph.inputs)
        handed = [np.array(ct) for ct in case.cotangents] if cotangents is None else cotangents
        values = [each.materialise() for each in graph.inputs]
        with np.errstate(all="ignore"):
            outputs = self.subject.forward(values)
            pullbacks = tuple(
                self._pull(graph, values, output - count, ct) for output, ct in zip(graph.outputs, handed, strict=True)
            )
        copies = (*(np.array(each.value) for each in graph.inputs), *outputs)
        grads = accumulated(pullbacks)
        modified = tuple(i for i, value in enumerate(values) if value.tobytes() != graph.inputs[i].value.tobytes())
        return Run(copies, pullbacks, grads, modified, aliases=aliases(grads, values, handed))

    def _pull(self, graph: Graph, values: Sequence[Array], number: int, ct: Array) -> Pullback:
        entered, site = np.array(ct), len(values) + number
        gradients = self.subject.pull_back(values, number, ct)
        found = {leaf: each for leaf in graph.leaves if (each := gradients[leaf]) is not None}
        spoilt = (site,) if entered.tobytes() != ct.tobytes() else ()
        if not graph.tracked[site]:
            return Pullback({}, {}, found, spoilt)
        left = tuple(found.get(leaf) for leaf in range(len(values)))
        return Pullback({site: entered}, {site: left}, found, spoilt)

    def pull_back_twice(self, case: Case, number: int) -> Blocks:
        """Return the derivatives of the gradients of one output, each along the direction of its leaf."""
        values = [each.materialise() for each in case.graph.inputs]
        directions = dict(zip(case.graph.leaves, case.directions, strict=True))
        with np.errstate(all="ignore"):
            return self.subject.pull_back_twice(values, number, np.array(case.cotangents[number]), directions)

    def record(self, case: Case) -> Recorded:  # noqa: ARG002 - as of all targets
        """Raise ``UnsupportedError``: what a function does inside is not seen."""
        raise UnsupportedError(f"the backward of {self.subject.name} cannot be recorded")

    def script(self, case: Case) -> str:
        """Return the numbers that the function and its derivative were handed, as Python: they cannot be printed."""
        return numbers_script(case)
