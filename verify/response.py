"""How the outputs of a case respond to a move of its inputs: the functions that finite differences are taken of."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gradproof.case import Case
from gradproof.exact import Array

from .pieces import Crossing, Pieces
from .player import Player
from .targets.target import Target

#: So many disturbed runs measure the rounding noise of a forward.
DISTURBED_RUNS = 2

#: So many entries may the largest value of a graph have at all points that are played at once, beyond a stencil.
MOST_AT_ONCE = 2**16

#: The points of a stencil.
STENCIL = 4


class Move(NamedTuple):
    """The change of every weighted output, NaN where the point is on another piece; and what is in its way."""

    changes: list[float]
    crossings: Sequence[Crossing]


class Response:
    """The outputs of ``case``, each weighted with its cotangent, as functions of the inputs ``moving`` (ids).

    ``values`` are those of a run at the inputs of the case, by id. What the inputs do not move is held. Moves overflow
    and leave domains: NumPy's warnings are the caller's to silence.
    """

    def __init__(self, case: Case, target: Target, values: Sequence[Array], moving: Collection[int]) -> None:
        graph = case.graph
        moved = graph.moved_by(moving)
        self._values, self._moving = values, moving
        held = {site: values[site] for site, _ in graph.enumerate_nodes() if site not in moved}
        self._player = Player(target, graph, values, held)
        self._pieces = Pieces(graph, values, moved)
        self._behind = [graph.ancestors(output) for output in graph.outputs]
        self._outputs = [
            (number, output, ct.ravel().astype(np.float64))
            for number, (output, ct) in enumerate(zip(graph.outputs, case.cotangents, strict=True))
            if output in moved
        ]
        self._most = max(STENCIL, MOST_AT_ONCE // max(1, *graph.sizes))
        floating = [site for site in sorted(moved) if values[site].dtype.kind == "f"]
        self._endless = [
            Crossing(site, "a value that is not finite") for site in floating if not np.all(np.isfinite(values[site]))
        ]
        limits = [np.finfo(values[site].dtype) for site in floating]
        #: The unit roundoff of the coarsest floating dtype on the way.
        self.unit = max(float(each.eps) / 2 for each in limits)
        #: The noise that underflow may add to every weighted output.
        self.least = self._weighted(lambda _: max(float(each.smallest_normal) for each in limits))
        self._rounding = self._weighted(lambda value: self.unit * np.abs(value.astype(np.float64)))

    def _weighted(self, bound: Callable[[Array], Array | float]) -> list[float]:
        """Return a bound on each output that weights it, given one on every entry; 0 for outputs that do not move."""
        bounds = [0.0] * len(self._behind)
        for number, output, ct in self._outputs:
            entries = np.broadcast_to(bound(self._values[output]), self._values[output].shape).ravel()
            bounds[number] = float(np.sum(np.abs(ct) * entries, where=ct != 0.0))
        return bounds

    def moves(self, moved: Mapping[int, Array]) -> list[Move]:
        """Return what changes at other values of the inputs with these ids: each has one for every point, in front."""
        points = len(next(iter(moved.values())))
        return [
            move
            for start in range(0, points, self._most)
            for move in self._moves({leaf: value[start : start + self._most] for leaf, value in moved.items()})
        ]

    def _moves(self, moved: Mapping[int, Array]) -> list[Move]:
        """Look at some points beside that of the run, which is one of the batch: so it is rounded like the others."""
        values, refusals = self._player.play(
            {leaf: np.concatenate([self._values[leaf][np.newaxis], value]) for leaf, value in moved.items()}
        )
        changes = self._changes(values, {output: values[output][0] for _, output, _ in self._outputs})
        crossings = [list(self._endless) for _ in changes]
        for crossing, apart in self._pieces.crossings(values):
            for point in np.flatnonzero(apart).tolist():
                crossings[point].append(crossing)
        for point, error in refusals.items():
            refusal = f"neighbours that the forward refuses ({type(error).__name__})"
            changes[point], crossings[point] = math.nan, [Crossing(min(moved), refusal)]
        for point, met in enumerate(crossings):
            for crossing in met:
                changes[point, [crossing.site in behind for behind in self._behind]] = math.nan
        return list(map(Move, changes[1:].tolist(), crossings[1:]))

    def noise(self, seed: int) -> list[float]:
        """Measure the rounding noise of every weighted output: what it changes by when all values move by roundings.

        Monte Carlo arithmetic (Parker, UCLA CSD-970002, 1997): every entry of every value on the way, the inputs
        included, is moved at random by a few units in the last place. Unlike a difference table it sees what is
        absorbed entirely: ``(1e17 + x) - 1e17`` does not change with x, and its noise is 16 or more. The noise is at
        least what the rounding of the outputs themselves makes.
        """
        random = np.random.default_rng(seed)

        def disturb(value: Array) -> Array:
            return _disturbed(value, random) if value.dtype.kind == "f" else value

        values, refusals = self._player.play(
            {leaf: disturb(np.stack([self._values[leaf]] * DISTURBED_RUNS)) for leaf in self._moving}, disturb
        )
        if refusals:
            # a rounding away from no value at all: nothing can be told
            return [math.inf] * len(self._behind)
        changes = np.fmax.reduce(np.abs(self._changes(values, self._values)))
        return np.fmax(self._rounding, changes).tolist()

    def _changes(self, values: Sequence[Array], start: Mapping[int, Array] | Sequence[Array]) -> Array:
        """Return how far each weighted output, in a column, is from the start at each point.

        Subtract before weighting: what does not change then adds no rounding.
        """
        changes = np.zeros((len(values[min(self._moving)]), len(self._behind)))
        for number, output, ct in self._outputs:
            apart = np.subtract(values[output], start[output], dtype=np.float64).reshape(len(changes), -1)
            changes[:, number] = apart @ ct
            lost = np.isnan(changes[:, number])
            if lost.any():
                # a weight of zero takes no part, whatever the output
                changes[lost, number] = apart[np.ix_(lost, ct != 0.0)] @ ct[ct != 0.0]
        return changes


def _disturbed(value: Array, random: np.random.Generator) -> Array:
    deviation = random.uniform(-3.0, 3.0, value.shape)
    deviation += np.copysign(1.0, deviation)
    return np.asarray(value * (1.0 + np.finfo(value.dtype).eps * deviation), dtype=value.dtype)
