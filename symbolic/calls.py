"""Functions of the user's own, as the oracle sees them: the graph of their forward, and nothing of their backward.

Such a backward need not follow the forward op by op. So where an argument enters, the oracle admits what any other
algorithm may commit, as a backward error: ``SIZE`` roundings of each argument and each cotangent for every op of the
forward. To first order the gradient g may then be off by ``k u (abs(g_i) + sum_j abs(H_ij x_j))`` besides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from gradproof.budget import Budget, Form
from gradproof.case import Case
from gradproof.graph import Call, Graph, Input, Node
from gradproof.inlining import Inlined, inline

if TYPE_CHECKING:
    from .balls import Kind, Switch

#: The op that stands where an argument enters the graph of a forward. Its value is the argument.
ENTRANCE = "entrance"

#: Roundings of an elementary operation: 4 ulp, as most ops admit.
SIZE = 8

BUDGET = Budget(Form.BACKWARD, vjp=SIZE, arguments=(SIZE,))


@dataclass(frozen=True)
class Opened:
    """A case with the graphs that its nodes carry in place of these, and the budgets that it needs."""

    asked: Case
    known: Mapping[str, Budget]

    @cached_property
    def inlined(self) -> Inlined:
        """The graph."""
        return open_calls(self.asked.graph)

    @cached_property
    def case(self) -> Case:
        """The case."""
        return Case(self.inlined.graph, self.asked.cotangents, self.asked.directions)

    @cached_property
    def budgets(self) -> dict[str, Budget]:
        """The budgets."""
        return with_entrance(self.known)

    def notes(self, notes: Mapping[int, frozenset[str]]) -> dict[int, frozenset[str]]:
        """Return notes by node of the case that was asked for."""
        found: dict[int, frozenset[str]] = {}
        for site, reasons in notes.items():
            origin = self.inlined.origins[site]
            found[origin] = found.get(origin, frozenset()) | reasons
        return found

    def switches(self, switches: Mapping[Switch, Kind]) -> dict[Switch, Kind]:
        """Return switching points by node of the case that was asked for."""
        return {replace(switch, site=self.inlined.origins[switch.site]): kind for switch, kind in switches.items()}


def open_calls(graph: Graph) -> Inlined:
    """Return a graph with the graphs that its nodes carry in place of these."""
    return inline(graph, _entrance)


def with_entrance(budgets: Mapping[str, Budget]) -> dict[str, Budget]:
    """Return budgets of ops, and that of an entrance."""
    return {**budgets, ENTRANCE: BUDGET}


def _entrance(call: Call, arg: int, value: Input | Node) -> Node | None:
    """Return the entrance of an argument. Integers and truth values are exact, and enter as they are."""
    if not value.dtype.startswith("float"):
        return None
    return Node(ENTRANCE, (arg,), {"operations": max(_operations(call.graph), 1)}, value.shape, value.dtype)


def vjp_roundings(call: Call) -> float:
    """Return how many roundings each cotangent of a function of the user's own may take."""
    return float(SIZE * max(_operations(call.graph), 1))


def _operations(graph: Graph) -> int:
    return sum(1 if node.call is None else _operations(node.call.graph) for node in graph.nodes)
