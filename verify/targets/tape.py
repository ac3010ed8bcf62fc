"""The engine's forward and backward as one graph, for derivatives of second order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradproof.engine.tracing import GraphRecorder
from gradproof.engine.variable import Edge, Variable
from gradproof.exact import Array
from gradproof.graph import Graph, Input, Node

from .applications import arrivals
from .target import Step


class Tape(GraphRecorder):
    """Records a forward pass and backward passes with ``create_graph``, with a copy of every value as it was made.

    What a VJP rule computes on arrays, and then uses, becomes an input: a captured constant.
    """

    def __init__(self) -> None:
        super().__init__()
        self.copies: list[Array] = []
        self._made_by: dict[int, int] = {}
        self._looked_at = 0

    def _add(self, variable: Variable, value: Input | Node) -> int:
        self.copies.append(np.array(variable.array))
        return super()._add(variable, value)

    def id_of(self, variable: Variable) -> int:
        """Return the id of a tensor. The sweep wraps results anew: they are known by their place in the graph."""
        if id(variable) not in self._ids and variable.origin is not None:
            known = self.id_at(variable.origin)
            if known is not None:
                return known
        return super().id_of(variable)

    def id_at(self, edge: Edge) -> int | None:
        """Return the id of the result of a node, or of one of its results; None where it was not recorded."""
        for position in range(self._looked_at, len(self._held)):
            made_by = self._held[position].origin
            if made_by is not None:
                self._made_by[id(made_by)] = position
        self._looked_at = len(self._held)
        return self._made_by.get(id(edge))

    def recorded_at(self, edge: Edge) -> int:
        """Return the id of a result that was recorded."""
        found = self.id_at(edge)
        assert found is not None
        return found

    @property
    def size(self) -> int:
        """How many values were recorded."""
        return len(self._values)

    def is_sum_of(self, position: int, parts: set[int]) -> bool:
        """Tell whether a value is the sum of two of ``parts``."""
        value = self._values[position]
        return isinstance(value, Node) and value.op == "add" and parts.issuperset(value.args)

    def order(self) -> list[int]:
        """Return the values in the order of the ids that they have in the graph."""
        return sorted(range(self.size), key=lambda i: isinstance(self._values[i], Node))

    def arranged(self, outputs: Sequence[Variable]) -> tuple[Graph, list[Variable], tuple[Array, ...]]:
        """Return the graph, the tensors by id, and the copies of their values by id."""
        graph, order = self.graph(outputs), self.order()
        return graph, [self._held[i] for i in order], tuple(self.copies[i] for i in order)


class FirstPass:
    """Notes the steps of one backward pass while they are recorded: an observer of the sweep."""

    def __init__(self, tape: Tape, ct: Variable) -> None:
        self._tape = tape
        self._parts = {tape.id_of(ct)}
        self._start = tape.size
        self.steps: list[Step] = []

    def __call__(self, edge: Any, ct: Any, cts: tuple[Any, ...]) -> None:
        """Take note of one step; the sums that the sweep made before it belong to no rule."""
        if isinstance(edge, Variable):
            return
        tape = self._tape
        start, stop = self._start, tape.size
        while start < stop and tape.is_sum_of(start, self._parts):
            self._parts.add(start)
            start += 1
        left = tuple(None if part is None else tape.id_of(part) for part in cts)
        arrived = [(tape.recorded_at(each), tape.id_of(part)) for each, part in arrivals(edge, ct)]
        first, made = min(arrived), frozenset(range(start, stop))
        self.steps += [Step(*each, left if each == first else (None,) * len(left), made) for each in arrived]
        self._parts.update(part for part in left if part is not None)
        self._start = tape.size

    def renumbered(self, new_ids: Sequence[int]) -> tuple[Step, ...]:
        """Return the steps by the ids that the values have in the graph."""
        return tuple(
            Step(
                new_ids[step.site],
                new_ids[step.entered],
                tuple(None if part is None else new_ids[part] for part in step.left),
                frozenset(new_ids[each] for each in step.made),
            )
            for step in self.steps
        )
