"""The entries of derivatives: which each is, what came, and what is proven of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from gradproof.exact import Array
from gradproof.symbolic import COTANGENT, Proven

from ..examination import CaseResult, Pair, place_of
from ..subjects.subject import Leaf
from ..verdict import Verdict

#: Why there is no proven value.
_WITHOUT_VALUE = {
    Verdict.OVERFLOWS: "where the true value is larger than the dtype can hold",
    Verdict.UNDEFINED: "where no derivative exists",
}


@dataclass(frozen=True)
class Entry:
    """One entry of a derivative: by which argument and where, what came, and what is proven of it.

    ``got`` is None where what came has another shape, or nothing did: ``came`` says so. ``proven`` is None where there
    is no single value; ``interval`` then holds all generalised derivatives, where it is known. ``ulps`` is the distance
    in units in the last place of the proven value, None where it says nothing. ``output`` is the number of the output;
    ``along`` names the argument along whose direction its gradient is differentiated, of second order.
    """

    quantity: str
    place: str
    got: float | None
    came: str
    proven: float | None
    interval: tuple[float, float] | None
    tolerance: float
    ulps: float | None
    verdict: Verdict
    output: int
    along: str

    def __str__(self) -> str:
        if self.verdict is Verdict.SUBGRADIENT:
            return f"got {self.came}, {self._chosen()}"
        if self.interval is not None:
            return f"got {self.came}, proven to lie in {_interval_text(self.interval)}"
        if self.proven is None:
            return f"got {self.came}, {_WITHOUT_VALUE.get(self.verdict, 'and nothing is proven of it')}"
        off = "" if self.ulps is None else f": {self.ulps:.2g} ulp off"
        return f"got {self.came}, proven {self.proven!r} within {self.tolerance:.2g}{off}"

    @property
    def told(self) -> str:
        """What is proven, in short."""
        if self.interval is not None:
            return f"in {_interval_text(self.interval)}"
        return "–" if self.proven is None else repr(self.proven)

    def _chosen(self) -> str:
        """Say which of the generalised derivatives came: an end of their interval, its middle, or one of them."""
        if self.interval is None or self.got is None:
            return "one of the generalised derivatives"
        low, high = self.interval
        named = {"the lower end": low, "the upper end": high, "the middle": (low + high) / 2}
        chosen = next((name for name, value in named.items() if abs(self.got - value) <= self.tolerance), "one")
        return f"{chosen} of the generalised derivatives {_interval_text(self.interval)}"


def entries_of(result: CaseResult, function: str, leaves: Sequence[Leaf]) -> Iterator[Entry]:
    """Yield the entries of the derivatives of a case, of a ``function`` at ``leaves``."""
    for pair, (number, first, by) in zip(result.pairs, result.blocks, strict=True):
        yield from _entries(pair, _Derivative(result, function, leaves, number, first, by))


def row_of(cotangent: Array) -> tuple[int, ...] | None:
    """Return the place of the only entry of a unit vector of several: the row of a Jacobian or Hessian it asks for."""
    places = np.argwhere(cotangent)
    return tuple(places[0].tolist()) if len(places) == 1 < cotangent.size else None


def place_text(name: str, place: Sequence[int]) -> str:
    """Return how a user would write an entry of an array: ``x[0, 1]``."""
    return name + (f"[{', '.join(map(str, place))}]" if len(place) else "")


@dataclass(frozen=True)
class _Derivative:
    """What a pair is the derivative of: of an output ``by`` a leaf, at second order of the gradient by another one."""

    result: CaseResult
    function: str
    leaves: Sequence[Leaf]
    number: int
    first: int | None
    by: int

    @property
    def quantity(self) -> str:
        """Say which derivative it is: of which output, by which arguments."""
        asked = self.result.asked
        of = f"output {self.number} of {self.function}" if len(asked.graph.outputs) > 1 else self.function
        is_row, by = self._row is not None, self._name(self.by)
        if self.first is None:
            return f"the {'Jacobian' if is_row else 'gradient'} of {of} by {by}"
        return f"the Hessian of {of} by {by}" if is_row else f"the second derivative of {of} by {self.along} and {by}"

    @property
    def _row(self) -> tuple[int, ...] | None:
        """Which row of a Jacobian or Hessian it is; None where it is none."""
        asked = self.result.asked
        if self.first is None:
            return row_of(asked.cotangents[self.number])
        return row_of(asked.directions[asked.graph.leaves.index(self.first)])

    @property
    def along(self) -> str:
        """The argument along whose direction a gradient is differentiated."""
        return "" if self.first is None else self._name(self.first)

    def place(self, place: Sequence[int]) -> str:
        """Name an entry; of a row of a Jacobian or Hessian with the place of the row."""
        row, entry = self._row, place_text(self._name(self.by), place)
        if row is None:
            return entry
        return (
            f"{place_text('output', row)} by {entry}"
            if self.first is None
            else f"{place_text(self.along, row)}, {entry}"
        )

    def _name(self, leaf: int) -> str:
        return "the cotangent" if leaf == COTANGENT else self.leaves[leaf].name


def _entries(pair: Pair, derivative: _Derivative) -> Iterator[Entry]:
    shape = pair.verdicts.shape
    got = pair.got if pair.got is not None and pair.got.shape == shape else None
    came = "nothing" if pair.got is None else f"an array of {pair.got.dtype.name} {pair.got.shape}"
    distances = np.full(shape, np.nan) if got is None or pair.ulps is None else pair.ulps
    ends = _ends(derivative.result, pair)
    for place in np.ndindex(*shape):
        verdict, value = Verdict(pair.verdicts[place]), None if got is None else got[place].item()
        proven, interval = _proven(pair.proven, place)
        interval = ends.get(place, interval)
        yield Entry(
            derivative.quantity,
            derivative.place(place),
            value,
            came if value is None else repr(value),
            proven,
            interval,
            float(pair.proven.tolerances[place]),
            float(distances[place]) if np.isfinite(distances[place]) else None,
            verdict,
            derivative.number,
            derivative.along,
        )


def _ends(result: CaseResult, pair: Pair) -> dict[tuple[int, ...], tuple[float, float]]:
    """Return the ends of the generalised derivatives at a kink, by the entry, where all branches were tried."""
    start = place_of(result.proof, pair.output, pair.leaf) if pair.joint else None
    found: dict[tuple[int, ...], tuple[float, float]] = {}
    for joint in pair.joint if start is not None else ():
        if joint.cluster.members and not joint.cluster.sampled:
            branches = np.array([[float(ball.mid()) for ball in each.value] for each in joint.cluster.members])
            for number, column in zip(joint.cluster.places - start, branches.T, strict=True):
                if 0 <= number < pair.verdicts.size and np.all(np.isfinite(column)):
                    place = tuple(map(int, np.unravel_index(number, pair.verdicts.shape)))
                    found[place] = float(column.min()), float(column.max())
    return found


def _proven(proven: Proven, place: tuple[int, ...]) -> tuple[float | None, tuple[float, float] | None]:
    """Return the proven value, or where it is not known within the tolerance the interval that holds it."""
    middle, radius = float(proven.midpoints[place]), float(proven.radii[place])
    if not (math.isfinite(middle) and math.isfinite(radius)):
        return None, None
    return (middle, None) if radius <= proven.tolerances[place] else (None, (middle - radius, middle + radius))


def _interval_text(interval: tuple[float, float]) -> str:
    return f"[{', '.join(f'{end + 0.0:.6g}' for end in interval)}]"
