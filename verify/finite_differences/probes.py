"""Directional probes: finite differences along a few random directions, where the entries are too many for one each.

A direction moves every entry of every leaf at once, by its own natural magnitude and with a random sign. The derivative
along it is compared with the inner product of the direction and the gradient, both the proven one and that of the
target. A wrong entry shows where it moves that product by more than the finite difference is unsure of: the smallest
error that does is stated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from gradproof.case import Case
from gradproof.exact import Array
from gradproof.symbolic import Proof, Proven

from ..targets.target import Run, Target
from .finite_difference import Conditions, Difference, differentiate
from .opinion import TELLING, TRUST
from .response import Moves, Response

#: So many directions are drawn.
DIRECTIONS = 4

#: No entry is moved by less than this share of the root mean square of its leaf.
LEAST_SHARE = 2.0**-4

Direction = Mapping[int, Array]


@dataclass(frozen=True, eq=False)
class Probes:
    """Derivatives of one weighted output along random directions; every array has one entry per direction.

    ``difference`` holds the finite differences, ``proven`` and ``got`` (None where no gradient of the right shape
    arrived) the inner products of the two gradients with the directions. ``unsure`` bounds what the proof, the target's
    tolerance and the products themselves leave open. ``expected`` is the magnitude that such a product has. ``least``
    maps a leaf to the least magnitude by which each entry is moved; ``largest`` is the largest entry of the proven
    gradient.
    ``seed`` gives the directions again: ``directions(case, seed)``.
    """

    output: int
    seed: int
    difference: Difference
    proven: Array
    got: Array | None
    unsure: Array
    expected: Array
    least: Direction
    largest: float

    @cached_property
    def telling(self) -> Array:
        """Which directions have an estimate that is small enough to say something."""
        return np.isfinite(self.proven) & (self.difference.errors <= TELLING * self.expected)

    @cached_property
    def agreement(self) -> bool | None:
        """The opinion of the proven gradient: None where no direction can tell."""
        if not np.any(self.telling):
            return None
        return not np.any(self.telling & (self._residual > TRUST * self.difference.errors + self.unsure))

    @cached_property
    def rejects(self) -> bool:
        """Whether the target's gradient is certainly not the derivative along some direction."""
        if self.got is None:
            return False
        apart = np.abs(self.difference.values - self.got) > self._doubt
        return bool(np.any(apart & np.isfinite(self._doubt)))

    def shown(self, leaf: int) -> Array:
        """Return for each entry the smallest error that, alone in the gradient, makes the probes reject it.

        With such an error the product is off by more than the residual of the right one and the doubt together.
        """
        bounds = self._residual + self.unsure + self._doubt
        bound = np.min(bounds, where=np.isfinite(bounds), initial=np.inf)
        return bound / self.least[leaf]

    @cached_property
    def sees(self) -> float | None:
        """The smallest error that the probes would have shown in any single entry, relative to the largest entry.

        None where they cannot tell.
        """
        worst = max((float(np.max(self.shown(leaf), initial=0.0)) for leaf in self.least), default=np.inf)
        return worst / self.largest if worst < np.inf and self.largest > 0.0 else None

    @cached_property
    def _residual(self) -> Array:
        return np.abs(self.difference.values - self.proven)

    @cached_property
    def _doubt(self) -> Array:
        return TRUST * self.difference.errors + self.unsure


def probe(case: Case, target: Target, run: Run, proof: Proof) -> tuple[Probes, ...]:
    """Probe every output of a case along the same directions, which are a function of the case's id."""
    seed = int(case.id, 16)
    response = Response(case, target, run.values, case.graph.leaves, np.random.default_rng(seed))
    drawn, least = directions(case, seed), magnitudes(case)
    with np.errstate(all="ignore"):
        known = Conditions(response.least, response.unit, goal=response.unit ** (1 / 2))
        found = differentiate(partial(_move, response, run, drawn), [1.0] * len(drawn), known)
        return tuple(
            _compared(number, seed, found.of_output(number, (len(drawn),)), drawn, least, proof, run)
            for number in range(len(case.graph.outputs))
        )


def magnitudes(case: Case) -> Direction:
    """Return by how much every entry is moved at the least: its own magnitude, or a share of that of its leaf."""
    found = {}
    for leaf in case.graph.leaves:
        sizes = np.abs(case.graph.inputs[leaf].value.astype(np.float64))
        scale = float(np.max(sizes, initial=0.0)) or 1.0
        share = LEAST_SHARE * scale * np.sqrt(np.mean(np.square(sizes / scale))) if sizes.size else 0.0
        found[leaf] = np.maximum(sizes, share or 1.0)
    return found


def directions(case: Case, seed: int) -> list[Direction]:
    """Draw the directions: magnitudes between one and two times the least, so that errors rarely cancel, with signs."""
    random = np.random.default_rng(seed)
    least = magnitudes(case)
    return [
        {leaf: size * random.uniform(1.0, 2.0, size.shape) * random.choice([-1.0, 1.0], size.shape)
         for leaf, size in least.items()}
        for _ in range(DIRECTIONS)
    ]  # fmt: skip


def _move(
    response: Response, run: Run, drawn: Sequence[Direction], numbers: Sequence[int], steps: Sequence[float]
) -> Moves:
    moved = {
        leaf: np.stack(
            [(run.values[leaf] + step * drawn[i][leaf]).astype(run.values[leaf].dtype)
             for i, step in zip(numbers, steps, strict=True)]
        )
        for leaf in drawn[0]
    }  # fmt: skip
    return response.moves(moved)


def _compared(
    number: int,
    seed: int,
    difference: Difference,
    drawn: Sequence[Direction],
    least: Direction,
    proof: Proof,
    run: Run,
) -> Probes:
    proven, arrived = proof.gradients[number], run.pullbacks[number].gradients
    gradient = {leaf: each.midpoints for leaf, each in proven.items()}
    got = {leaf: arrived.get(leaf, np.zeros(least[leaf].shape)) for leaf in least}
    is_whole = all(got[leaf].shape == each.shape for leaf, each in least.items())
    spread = {leaf: _spread(each) for leaf, each in proven.items()}
    return Probes(
        output=number,
        seed=seed,
        difference=difference,
        proven=np.array([_inner(gradient, each) for each in drawn]),
        got=np.array([_inner(got, each) for each in drawn]) if is_whole else None,
        unsure=np.array([_inner(spread, {leaf: np.abs(along) for leaf, along in each.items()}) for each in drawn]),
        expected=np.array([np.sqrt(_inner(_squares(gradient), _squares(each))) for each in drawn]),
        least=least,
        largest=max((float(np.max(np.abs(each), initial=0.0)) for each in gradient.values()), default=0.0),
    )


def _inner(a: Direction, b: Direction) -> float:
    return float(sum(np.vdot(a[leaf].astype(np.float64), b[leaf]) for leaf in b))


def _squares(direction: Direction) -> Direction:
    return {leaf: np.square(each) for leaf, each in direction.items()}


def _spread(proven: Proven) -> Array:
    """Return what is open of each entry: the proof's radius, the tolerance, and the rounding of a sum of so many."""
    return (
        proven.radii + proven.tolerances + proven.midpoints.size * np.finfo(np.float64).eps * np.abs(proven.midpoints)
    )
