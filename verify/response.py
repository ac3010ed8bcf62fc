"""How the outputs of a case respond to a move of its inputs: the functions that finite differences are taken of."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from gradproof.case import Case
from gradproof.exact import Array

from .pieces import Crossing, Pieces
from .targets.target import Target

#: What a forward that ran at a point raises at a neighbour of it: a singular matrix, say, or an overflow.
REFUSALS = (ArithmeticError, ValueError, RuntimeError)

#: So many disturbed runs measure the rounding noise of a forward.
DISTURBED_RUNS = 2


class Move(NamedTuple):
    """The change of every weighted output, NaN where the moved run is on another piece; and what is in its way."""

    changes: list[float]
    crossings: Sequence[Crossing]


class Response:
    """The outputs of ``case``, each weighted with its cotangent, as functions of the inputs ``moving`` (ids).

    ``values`` are those of a run at the inputs of the case, by id. What the inputs do not move is held. Moves overflow
    and leave domains: NumPy's warnings are the caller's to silence.
    """

    def __init__(self, case: Case, target: Target, values: Sequence[Array], moving: Collection[int]) -> None:
        graph = case.graph
        self._case, self._target, self._values = case, target, values
        self._inputs = list(values[: len(graph.inputs)])
        moved = graph.moved_by(moving)
        self._leaves = moving
        self._held = {site: values[site] for site, _ in graph.enumerate_nodes() if site not in moved}
        self._pieces = Pieces(graph, values, moved)
        self._behind = [graph.ancestors(output) for output in graph.outputs]
        self._outputs = [
            (number, output, ct.ravel().astype(np.float64))
            for number, (output, ct) in enumerate(zip(graph.outputs, case.cotangents, strict=True))
            if output in moved
        ]
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

    def move(self, moved: Mapping[int, Array]) -> Move:
        """Return what changes where the inputs with these ids have other values."""
        try:
            values = self._run(moved)
        except REFUSALS as error:
            refusal = Crossing(min(moved), f"neighbours that the forward refuses ({type(error).__name__})")
            return Move([math.nan] * len(self._behind), [refusal])
        crossings = [*self._endless, *self._pieces.crossings(values)]
        changes = self._changes(values)
        for crossing in crossings:
            for number, behind in enumerate(self._behind):
                if crossing.site in behind:
                    changes[number] = math.nan
        return Move(changes, crossings)

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

        noise = list(self._rounding)
        for _ in range(DISTURBED_RUNS):
            try:
                values = self._run({leaf: disturb(self._values[leaf]) for leaf in self._leaves}, disturb)
            except REFUSALS:
                # a rounding away from no value at all: nothing can be told
                return [math.inf] * len(self._behind)
            noise = [max(pair) for pair in zip(noise, map(abs, self._changes(values)), strict=True)]
        return noise

    def _run(self, moved: Mapping[int, Array], disturb: Callable[[Array], Array] | None = None) -> list[Array]:
        inputs = list(self._inputs)
        for leaf, value in moved.items():
            inputs[leaf] = value
        return self._target.forward(self._case.graph, inputs, self._held, disturb)

    def _changes(self, values: Sequence[Array]) -> list[float]:
        """Subtract before weighting: what does not change then adds no rounding."""
        changes = [0.0] * len(self._behind)
        for number, output, ct in self._outputs:
            apart = np.subtract(values[output], self._values[output], dtype=np.float64).ravel()
            change = float(ct @ apart)
            if math.isnan(change):
                # a weight of zero takes no part, whatever the output
                change = float(ct[ct != 0.0] @ apart[ct != 0.0])
            changes[number] = change
        return changes


def _disturbed(value: Array, random: np.random.Generator) -> Array:
    deviation = random.uniform(-3.0, 3.0, value.shape)
    deviation += np.copysign(1.0, deviation)
    return np.asarray(value * (1.0 + np.finfo(value.dtype).eps * deviation), dtype=value.dtype)
