"""Sweeps that stand on sides of switching points: what no side changes is worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradproof.budget import Budget
from gradproof.graph import Graph

from .balls import Switch
from .derivative import Sweep
from .joint_sweeps import Sides
from .tolerance import Budgeted


class Standing:
    """Budget sweeps over one graph at one precision, each on sides of its own and all on the sides ``always``."""

    def __init__(
        self, graph: Graph, budgets: Mapping[str, Budget], always: Mapping[Switch, int] = MappingProxyType({})
    ) -> None:
        self.domain = Budgeted(budgets, always)
        self._graph = graph
        self._always = always
        self._inputs = self.domain.inputs([each.value for each in graph.inputs])
        self._base = Sweep(graph, self.domain, self._inputs)

    def on(self, sides: Sides) -> Sweep:
        """Return the sweep on ``sides``, ready to be pulled back from before the next one is asked for."""
        self.domain.stand_on({**self._always, **sides})
        return Sweep(self._graph, self.domain, self._inputs, self._base, {switch.site for switch in sides})
