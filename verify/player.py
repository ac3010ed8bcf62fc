"""The values of a graph at a batch of points: in one pass where the target can do that, else point by point."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gradproof.exact import Array
from gradproof.graph import Graph

from .targets.target import Target

#: What a forward that ran at a point raises at a neighbour of it: a singular matrix, say, or an overflow.
REFUSALS = (ArithmeticError, ValueError, RuntimeError)

Disturb = Callable[[Array], Array]


class Batch(NamedTuple):
    """Values by id, with the points in front of those that move, and what was raised, by the number of the point.

    At such a point the values are those of the run.
    """

    values: Sequence[Array]
    refusals: Mapping[int, Exception]


@dataclass(frozen=True)
class Player:
    """Plays a graph of which the ``values`` of a run are known, by id, and those ``held`` stay as they are."""

    target: Target
    graph: Graph
    values: Sequence[Array]
    held: Mapping[int, Array]

    def play(self, moved: Mapping[int, Array], disturb: Disturb, disturbed: range) -> Batch:
        """Play at inputs of which some are ``moved``, by id: a value for each point, along the first axis.

        At points that are ``disturbed`` every result is, before it is used. A refusal at one point leaves the others
        alone.
        """
        moving = [*moved, *(site for site, _ in self.graph.enumerate_nodes() if site not in self.held)]

        def disturb_some(results: Array) -> Array:
            results = np.array(results)
            results[disturbed] = disturb(results[disturbed])
            return results

        try:
            values = self._forward(moved, disturb_some if disturbed else None)
        except Exception:  # what is not the fault of the batch is raised again at a point
            return self._point_by_point(moved, moving, disturb, disturbed)
        points = len(next(iter(moved.values())))
        if any(np.shape(values[site]) != (points, *self.values[site].shape) for site in moving):
            return self._point_by_point(moved, moving, disturb, disturbed)
        return Batch(values, {})

    def _point_by_point(
        self, moved: Mapping[int, Array], moving: Sequence[int], disturb: Disturb, disturbed: range
    ) -> Batch:
        played, refusals = [], {}
        for point in range(len(next(iter(moved.values())))):
            inputs = {leaf: value[point, ...] for leaf, value in moved.items()}
            try:
                played.append(self._forward(inputs, disturb if point in disturbed else None))
            except REFUSALS as error:
                played.append(self.values)
                refusals[point] = error
        values = list(self.values)
        for site in moving:
            values[site] = np.stack([each[site] for each in played])
        return Batch(values, refusals)

    def _forward(self, moved: Mapping[int, Array], disturb: Disturb | None) -> Sequence[Array]:
        inputs = [moved.get(i, value) for i, value in enumerate(self.values[: len(self.graph.inputs)])]
        return self.target.forward(self.graph, inputs, self.held, disturb)
