"""When the gradient of a leaf is complete: after the last of the nodes that pass something on to it.

PyTorch adds to ``grad`` of a leaf then, before it goes on to the next node. Who looks is a hook.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set

from .variable import Edge, Node, Output, Variable


class Readiness:
    """Counts the edges to each leaf over which nothing has come yet, of the nodes that a sweep will meet."""

    def __init__(self, roots: Iterable[Edge], needed: Set[Edge] | None) -> None:
        self._missing: Counter[Edge] = Counter()
        seen: set[Edge] = set()
        stack = [edge.node if isinstance(edge, Output) else edge for edge in roots]
        while stack:
            node = stack.pop()
            if node in seen or not isinstance(node, Node):
                continue
            seen.add(node)
            if needed is not None and needed.isdisjoint(node.edges):
                continue
            for edge in node.edges:
                if isinstance(edge, Variable):
                    self._missing[edge] += 1
                elif edge is not None:
                    stack.append(edge.node if isinstance(edge, Output) else edge)

    def at_start(self, roots: Iterable[Edge]) -> list[Edge]:
        """Return the roots that are leaves to which no node passes anything on."""
        return [edge for edge in dict.fromkeys(roots) if isinstance(edge, Variable) and not self._missing[edge]]

    def after(self, node: Node) -> list[Edge]:
        """Return the leaves that are complete now that a node has passed on what it has, in the order of its edges."""
        complete: list[Edge] = []
        for edge in node.edges:
            if isinstance(edge, Variable):
                self._missing[edge] -= 1
                if not self._missing[edge]:
                    complete.append(edge)
        return complete
