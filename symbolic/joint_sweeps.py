"""Joint sweeps: what several switching points do to different entries, found by one sweep."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .approximate import Approximate
from .balls import Kind, Switch

#: The signs of the keys of some switching points that a sweep stands on.
Sides = Mapping[Switch, int]


@dataclass(frozen=True, eq=False)
class Question:
    """What the combinations of the sides of some switching points give.

    ``reach`` are the entries that may depend on any of them, ``ties`` says that all of them are ties.
    """

    switches: tuple[Switch, ...]
    reach: frozenset[int]
    ties: bool

    @classmethod
    def of(
        cls, switches: Sequence[Switch], kinds: Mapping[Switch, Kind], reach: Mapping[Switch, frozenset[int]]
    ) -> Question:
        """Return the question that some of the switching points of a case ask."""
        together = frozenset[int]().union(*(reach[switch] for switch in switches))
        return cls(tuple(switches), together, all(kinds[switch] is Kind.TIE for switch in switches))

    @property
    def combinations(self) -> int:
        """How many sweeps it takes."""
        return math.prod(len(switch.sides) for switch in self.switches)

    def choices(self) -> Iterator[Sides]:
        """Yield every combination."""
        for sides in itertools.product(*(switch.sides for switch in self.switches)):
            yield dict(zip(self.switches, sides, strict=True))

    def goes_with(self, other: Question) -> bool:
        """Whether one sweep can answer both: no entry depends on both, and a sweep of ties has none but ties."""
        return self.ties == other.ties and self.reach.isdisjoint(other.reach)


def answers(pull: Callable[[Sides], Approximate], questions: Sequence[Question]) -> list[list[Approximate]]:
    """Return what ``pull`` gives for each combination of each question, to be read within the reach of the question."""
    found: dict[Question, list[Approximate]] = {question: [] for question in questions}
    for together in _layers(questions):
        for chosen in itertools.zip_longest(*(question.choices() for question in together), fillvalue={}):
            result = pull({switch: side for sides in chosen for switch, side in sides.items()})
            for question, sides in zip(together, chosen, strict=True):
                if sides:
                    found[question].append(result)
    return list(found.values())


def _layers(questions: Sequence[Question]) -> list[list[Question]]:
    """Put together the questions that go with each other."""
    layers: list[list[Question]] = []
    for question in questions:
        fitting = (layer for layer in layers if all(map(question.goes_with, layer)))
        layer = next(fitting, None)
        if layer is None:
            layers.append([question])
        else:
            layer.append(question)
    return layers
