"""What the engine is meant to reach in the speed table, and whether the figures say that it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engines import BY_HAND, DEFAULT, ONE_THREAD, OURS

Figures = Mapping[str, float]


@dataclass(frozen=True)
class Goal:
    """Our figure is below ``ratio`` times the least of those of ``peers``."""

    what: str
    peers: tuple[str, ...]
    ratio: float
    of_memory: bool = False

    def row(self, workload: str, figures: Figures) -> str:
        """Return the row of a Markdown table: what was to be reached, what was, and whether that is enough."""
        measured = figures[OURS] / min(figures[peer] for peer in self.peers)
        return f"| {workload} | {self.what} | {measured:.2f}x | {'yes' if measured < self.ratio else '**no**'} |"


AHEAD = Goal("ahead of PyTorch, with any number of threads", (ONE_THREAD, DEFAULT), 1.0)


def _by_hand(ratio: float, of_memory: bool = False) -> Goal:
    return Goal(f"{'memory ' * of_memory}under {ratio}x hand-written", (BY_HAND,), ratio, of_memory)


#: By the function that makes the workload.
GOALS: Mapping[str, tuple[Goal, ...]] = {
    "chain": (AHEAD, _by_hand(3.5)),
    "wide": (AHEAD, _by_hand(4.0)),
    "diamonds": (AHEAD, _by_hand(4.0)),
    "network": (_by_hand(1.3),),
    "regression": (_by_hand(1.5),),
    "recurrent": (_by_hand(1.2), _by_hand(1.3, of_memory=True)),
    "rosenbrock": (AHEAD,),
}
