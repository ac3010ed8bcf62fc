"""The outcome of a case of second order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gradproof.case import Case
from gradproof.exact import Array
from gradproof.symbolic import COTANGENT, Proven

from .examination import CaseResult
from .targets.target import Recorded


@dataclass(frozen=True, eq=False, kw_only=True)
class SecondOrderResult(CaseResult):
    """The outcome of a case of second order. ``case``, ``run`` and the certificates are those of the recorded graph.

    Its outputs are gradients, and ``pairs`` hold what became of each of them, pulled back with its direction.
    """

    case_of_second_order: Case
    result_of_first_order: CaseResult
    recorded: Recorded

    quantity, derivative, trial = "second derivative", "second derivative", "backward of the backward"

    @property
    def asked(self) -> Case:
        """The case that was asked for."""
        return self.case_of_second_order

    @property
    def first(self) -> CaseResult:
        """The outcome at first order."""
        return self.result_of_first_order

    @property
    def blocks(self) -> list[tuple[int, int | None, int]]:
        """What each pair is the derivative of, by the ids of the case that was asked for."""
        named = {self.recorded.ids[leaf]: leaf for leaf in self.asked.graph.leaves}
        return [(*self.recorded.blocks[pair.output], named.get(pair.leaf, COTANGENT)) for pair in self.pairs]

    @cached_property
    def _made_by(self) -> dict[int, int]:
        return {made: step.site for steps in self.recorded.passes for step in steps for made in step.made}

    @property
    def notes(self) -> list[str]:
        """Say what the outputs of the recorded graph are."""
        graph, asked = self.case.graph, self.asked.graph
        return [
            f"{graph.name(site)} is the gradient of output {number} by {asked.name(leaf)}, with the cotangent "
            f"{graph.name(self.recorded.cotangents[number])}; it is pulled back along a direction."
            for site, (number, leaf) in zip(graph.outputs, self.recorded.blocks, strict=True)
        ]

    def place(self, site: int) -> str:
        """Return the name of a value and of the op that made it, and in whose VJP that was."""
        rule = self._made_by.get(site)
        return super().place(site) if rule is None else f"{super().place(site)}, in the VJP of {super().place(rule)}"


def or_zeros(got: Array | None, proven: Proven, dtype: str) -> Array:
    """Return what arrived: where no path leads it is nothing, which says that the derivative is zero."""
    return np.zeros(proven.enclosure.shape, dtype) if got is None else got
