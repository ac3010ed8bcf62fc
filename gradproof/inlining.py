"""Inlining: a graph with every node that carries a graph replaced by the nodes of that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from .graph import Call, Graph, Input, Node

#: Given what carries a graph, the id of an argument and the argument, returns a node that stands for it inside, or None
#: where it enters as it is.
Entrance = Callable[[Call, int, Input | Node], Node | None]


@dataclass(frozen=True, eq=False)
class Inlined:
    """``ids`` are the values of the original graph in ``graph``, whose inputs are the same, before further ones.

    ``origins`` are the nodes of the original graph that the values of ``graph`` belong to; a constant that a forward
    found elsewhere belongs to the node of that.
    """

    graph: Graph
    ids: tuple[int, ...]
    origins: tuple[int, ...]


def inline(graph: Graph, entrance: Entrance = lambda *_: None) -> Inlined:
    """Return ``graph`` with every node that carries a graph replaced by the nodes of that, to any depth."""
    if not graph.has_calls:
        same = tuple(range(len(graph)))
        return Inlined(graph, same, same)
    build = _Build(entrance)
    ids = [build.add(each, site) for site, each in enumerate(graph.inputs)]
    for site, node in graph.enumerate_nodes():
        ids.append(build.run(node, [ids[arg] for arg in node.args], site))
    order = sorted(range(len(build.values)), key=lambda i: isinstance(build.values[i], Node))
    new_ids = {old: new for new, old in enumerate(order)}
    flat = Graph.assemble(build.values, [ids[output] for output in graph.outputs])
    return Inlined(flat, tuple(new_ids[each] for each in ids), tuple(build.origins[each] for each in order))


class _Build:
    """The values of the graph that is built, in the order in which they are made, and the node that each belongs to."""

    def __init__(self, entrance: Entrance) -> None:
        self.values: list[Input | Node] = []
        self.origins: list[int] = []
        self._entrance = entrance
        #: what was made of a graph: results of one application share it
        self._made: dict[tuple[int, tuple[int, ...], bool], list[int]] = {}

    def add(self, value: Input | Node, origin: int) -> int:
        """Add a value as it is."""
        self.values.append(value)
        self.origins.append(origin)
        return len(self.values) - 1

    def run(self, node: Node, args: Sequence[int], origin: int) -> int:
        """Add a node, or what it stands for, and return the id of its result."""
        if node.call is None:
            return self.add(node.of(tuple(args)), origin)
        key = (id(node.call.graph), tuple(args), node.grad_enabled)
        if key not in self._made:
            self._made[key] = self._inside(node, node.call, args, origin)
        return self._made[key][node.call.output]

    def _inside(self, node: Node, call: Call, args: Sequence[int], origin: int) -> list[int]:
        ids = [self._entered(call, arg, origin) for arg in args]
        ids += [self.add(each, origin) for each in call.graph.inputs[len(args) :]]
        for each in call.graph.nodes:
            inner = each if node.grad_enabled else replace(each, grad_enabled=False)
            ids.append(self.run(inner, [ids[arg] for arg in each.args], origin))
        return ids

    def _entered(self, call: Call, arg: int, origin: int) -> int:
        entered = self._entrance(call, arg, self.values[arg])
        return arg if entered is None else self.add(entered, origin)
