"""How the outputs of a case respond to a move of its inputs: the functions that finite differences are taken of."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from gradproof.case import Case
from gradproof.exact import Array
from gradproof.graph import Graph
from gradproof.inlining import inline

from ..player import Player
from ..targets.target import Target
from .finite_difference import STENCIL
from .pieces import Crossing, Pieces

#: So many disturbed runs measure the rounding noise of a forward.
DISTURBED_RUNS = 2

#: So many entries may the largest value of a graph have at all the points that are played beside that of the run, but
#: for the points of one stencil.
MOST_AT_ONCE = 2**16


def _opened_values(asked: Graph, opened: Graph, target: Target, values: Sequence[Array]) -> Sequence[Array]:
    """Return the values of a graph with the graphs that its nodes carry in place of these, given those of a run."""
    if opened is asked:
        return values
    count = len(asked.inputs)
    with np.errstate(all="ignore"):
        return target.forward(opened, [*values[:count], *(each.value for each in opened.inputs[count:])])


class Move(NamedTuple):
    """The change of every weighted output, NaN where the point is on another piece; and what is in its way."""

    changes: list[float]
    crossings: Sequence[Crossing]


class Moves(NamedTuple):
    """The rounding noise of every weighted output, and what every move of the inputs leads to."""

    noise: list[float]
    moves: list[Move]


class Response:
    """The outputs of ``case``, each weighted with its cotangent, as functions of the inputs ``moving`` (ids).

    ``values`` are those of a run at the inputs of the case, by id. What the inputs do not move is held. Moves overflow
    and leave domains: NumPy's warnings are the caller's to silence.

    The noise is what an output changes by when all values move by roundings (Monte Carlo arithmetic, Parker, UCLA
    CSD-970002, 1997): every entry of every value on the way, the inputs included, is moved at ``random`` by a few units
    in the last place. Unlike a difference table it sees what is absorbed entirely: ``(1e17 + x) - 1e17`` does not
    change with x, and its noise is 16 or more. The noise is at least what the rounding of the outputs themselves makes.
    """

    def __init__(
        self,
        case: Case,
        target: Target,
        values: Sequence[Array],
        moving: Collection[int],
        random: np.random.Generator,
    ) -> None:
        opened = inline(case.graph)
        graph, values = opened.graph, _opened_values(case.graph, opened.graph, target, values)
        self._origins = opened.origins
        moved = graph.moved_by(moving)
        self._values, self._random, self._first = values, random, min(moving)
        held = {site: values[site] for site, _ in graph.enumerate_nodes() if site not in moved}
        self._player = Player(target, graph, values, held)
        self._pieces = Pieces(graph, values, moved)
        self._behind = [graph.ancestors(output) for output in graph.outputs]
        self._outputs = [
            (number, output, ct.ravel().astype(np.float64))
            for number, (output, ct) in enumerate(zip(graph.outputs, case.cotangents, strict=True))
            if output in moved
        ]
        self._most = max(len(STENCIL), MOST_AT_ONCE // max(1, *graph.sizes))
        floating = [site for site in sorted(moved) if values[site].dtype.kind == "f"]
        self._endless = [
            Crossing(site, "a value that is not finite") for site in floating if not np.isfinite(values[site]).all()
        ]
        limits = [np.finfo(dtype) for dtype in {values[site].dtype for site in floating}]
        #: The unit roundoff of the coarsest floating dtype on the way.
        self.unit = max(float(each.eps) / 2 for each in limits)
        #: The noise that underflow may add to every weighted output.
        self.least = self._weighted(lambda _: max(float(each.smallest_normal) for each in limits))
        self._rounding = self._weighted(lambda value: self.unit * np.abs(value.ravel().astype(np.float64)))
        #: The noise, once it has been measured.
        self._noise: list[float] = []

    def _weighted(self, bound: Callable[[Array], Array | float]) -> list[float]:
        """Return a bound on each output that weights it, given one on every entry; 0 for outputs that do not move."""
        bounds = [0.0] * len(self._behind)
        for number, output, ct in self._outputs:
            bounds[number] = float(np.sum(np.abs(ct) * bound(self._values[output]), where=ct != 0.0))
        return bounds

    def moves(self, moved: Mapping[int, Array]) -> Moves:
        """Return what changes at other values of the inputs with these ids: each has one for every point, in front."""
        points = len(next(iter(moved.values())))
        found = [
            move
            for start in range(0, points, self._most)
            for move in self._moves({leaf: value[start : start + self._most] for leaf, value in moved.items()})
        ]
        return Moves(self._noise, found)

    def _moves(self, moved: Mapping[int, Array]) -> list[Move]:
        """Look at some points, beside that of the run: played with them, it is rounded as they are.

        The first time, it is played disturbed as well.
        """
        disturbed = range(1, 1 if self._noise else 1 + DISTURBED_RUNS)
        inputs = {leaf: self._beside_the_run(leaf, value, disturbed) for leaf, value in moved.items()}
        values, refusals = self._player.play(inputs, self._disturb, disturbed)
        changes = self._changes(values, len(inputs[min(inputs)]))
        if disturbed:
            # where there is no value at all a rounding away, nothing can be told
            is_refused = any(point in refusals for point in disturbed)
            noise = math.inf if is_refused else np.fmax.reduce(np.abs(changes[disturbed]))
            self._noise = np.fmax(self._rounding, noise).tolist()
        crossings = self._crossings(values, refusals, len(changes))
        for point, met in enumerate(crossings):
            for crossing in met:
                changes[point, [crossing.site in behind for behind in self._behind]] = math.nan
        changes[list(refusals)] = math.nan
        told = [[replace(each, site=self._origins[each.site]) for each in met] for met in crossings[disturbed.stop :]]
        return list(map(Move, changes[disturbed.stop :].tolist(), told))

    def _beside_the_run(self, leaf: int, value: Array, disturbed: range) -> Array:
        start = np.repeat(self._values[leaf][np.newaxis], disturbed.stop, axis=0)
        start[disturbed] = self._disturb(start[disturbed])
        return np.concatenate([start, value])

    def _disturb(self, value: Array) -> Array:
        """Move every entry of a floating value by one to four units in the last place."""
        if value.dtype.kind != "f":
            return value
        deviation = self._random.uniform(-3.0, 3.0, value.shape)
        deviation += np.copysign(1.0, deviation)
        return np.asarray(value * (1.0 + np.finfo(value.dtype).eps * deviation), dtype=value.dtype)

    def _changes(self, values: Sequence[Array], points: int) -> Array:
        """Return how far each weighted output, in a column, is from the first point at each.

        Subtract before weighting: what does not change then adds no rounding.
        """
        changes = np.zeros((points, len(self._behind)))
        for number, output, ct in self._outputs:
            apart = np.subtract(values[output], values[output][0], dtype=np.float64).reshape(points, -1)
            changes[:, number] = apart @ ct
            lost = np.isnan(changes[:, number])
            if lost.any():
                # a weight of zero takes no part, whatever the output
                changes[lost, number] = apart[np.ix_(lost, ct != 0.0)] @ ct[ct != 0.0]
        return changes

    def _crossings(
        self, values: Sequence[Array], refusals: Mapping[int, Exception], points: int
    ) -> list[list[Crossing]]:
        """Return what is in the way of each point."""
        crossings = [list(self._endless) for _ in range(points)]
        for crossing, apart in self._pieces.crossings(values):
            for point in np.flatnonzero(apart).tolist():
                crossings[point].append(crossing)
        for point, error in refusals.items():
            what = f"neighbours that the forward refuses ({type(error).__name__})"
            crossings[point] = [Crossing(self._first, what)]
        return crossings
