"""What targets have in common that are libraries of their own: the ops are spelled as the library does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

import numpy as np

from gradproof.budget import Budget
from gradproof.case import Case
from gradproof.errors import UnsupportedError
from gradproof.exact import Array
from gradproof.graph import NOTHING_HELD, Graph, Node

from .batch import is_batch
from .spelling import Function, Spelling
from .target import Pullback, Recorded


class LibraryTarget(ABC):
    """A library on trial. ``ops`` are functions that take the place of those in its table: how faults are planted.

    Cases raise ``UnsupportedError`` where the library lacks a call of one of their ops.
    """

    #: As it is called here, and by the registry of Python packages.
    name: str

    #: Of ops whose accuracy on this library is known to differ from the vocabulary's.
    budgets: Mapping[str, Budget] = MappingProxyType({})

    def __init__(self, spelling: Spelling, ops: Mapping[str, Function] | None = None) -> None:
        self._spelling = spelling.having(ops or {})

    @property
    def ops(self) -> frozenset[str]:
        """The ops that the library has."""
        return frozenset(self._spelling.ops)

    @property
    def versions(self) -> dict[str, str]:
        """The version of the library."""
        return {self.name: version(self.name)}

    def forward(
        self,
        graph: Graph,
        inputs: Sequence[Array],
        held: Mapping[int, Array] = NOTHING_HELD,
        disturb: Callable[[Array], Array] | None = None,
    ) -> list[Array]:
        """Return all values by id at other inputs, or at many points at once where the library can do that.

        Raises ``UnsupportedError`` where it cannot.
        """
        self._spelling.check(graph)

        def interpret(node: Node, args: list[Array]) -> Array:
            batches = [is_batch(arg, graph[i].shape) for arg, i in zip(args, node.args, strict=True)]
            value = self._compute(node, args, batches)
            return value if disturb is None else disturb(value)

        return graph.play(interpret, inputs, held=held)

    @abstractmethod
    def _compute(self, node: Node, args: Sequence[Array], batches: Sequence[bool]) -> Array:
        """Return the result of a node, of arguments of which some are batches: values at many points."""

    def record(self, case: Case) -> Recorded:  # noqa: ARG002 - as of all targets
        """Raise ``UnsupportedError``: the backward of another library is no graph of our ops."""
        raise UnsupportedError(f"second derivatives of {self.name} cannot be verified yet; ask for order 1")

    def script(self, case: Case) -> str:
        """Return a program of calls of the library that prints the gradients."""
        plain = replace(case, graph=case.graph.unlabelled())
        lines = [*self._head(), "", *self._spelling.definitions(plain.graph)]
        return "\n".join([*lines, *self._body(plain)]) + "\n"

    @abstractmethod
    def _head(self) -> list[str]:
        """Return the imports of a program."""

    @abstractmethod
    def _body(self, case: Case) -> list[str]:
        """Return the statements that run a case and print its gradients."""

    def _call_text(self, graph: Graph, node: Node) -> str:
        return self._spelling.call_text(node, [graph.name(arg) for arg in node.args])


def accumulated(pullbacks: Sequence[Pullback]) -> dict[int, Array]:
    """Return, by leaf, the sum of what arrived in all passes: of targets that keep no such sum."""
    total: dict[int, Array] = {}
    for pullback in pullbacks:
        for leaf, gradient in pullback.gradients.items():
            total[leaf] = np.add(total[leaf], gradient) if leaf in total else np.array(gradient)
    return total


def flowing(
    graph: Graph,
    output: int,
    gradients: Mapping[int, Array],
    entered: Mapping[int, Array],
    left: Mapping[tuple[int, int], Array],
) -> Pullback:
    """Return what flowed back from an output, of a library to which nothing and zeros are the same.

    ``left`` is by node and argument.
    """
    reached = graph.reached_from(output)

    def flown(value_id: int, ct: Array | None) -> Array | None:
        if ct is not None and (value_id in reached or np.any(ct)):
            return ct
        return np.zeros(graph[value_id].shape, graph[value_id].dtype) if value_id in reached else None

    arrived = {site: ct for site, _ in graph.enumerate_nodes() if (ct := flown(site, entered.get(site))) is not None}
    return Pullback(
        arrived,
        {
            site: tuple(
                flown(arg, left.get((site, slot)))
                for slot, arg in enumerate(graph.nodes[site - len(graph.inputs)].args)
            )
            for site in arrived
        },
        {leaf: ct for leaf in graph.leaves if (ct := flown(leaf, gradients.get(leaf))) is not None},
    )


def array_text(value: Array, make: str, dtype: str) -> str:
    """Return the call that makes an array bit for bit: ``repr`` of a float is exact."""
    entries: Any = value.tolist()
    text = repr(entries).replace("nan", "float('nan')").replace("inf", "float('inf')")
    made = f"{make}({text}, dtype={dtype})"
    return made if value.size else f"{made}.reshape({value.shape})"
