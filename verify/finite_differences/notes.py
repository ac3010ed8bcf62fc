"""What finite differences say of a case, in words: how near they are, and why those that disagree or are silent do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gradproof.graph import Graph

from ..examination import CaseResult, Pair
from .opinion import TRUST, distances, reason, tells
from .probes import Probes

#: So many finite differences are spoken of one by one.
MOST_SPOKEN_OF = 3


def difference_notes(result: CaseResult) -> Sequence[str]:
    """Say what finite differences know, and why those that disagree or cannot tell do so."""
    taken = [pair for pair in result.pairs if pair.difference is not None]
    against = [_against(result, pair) for pair in taken if pair.agreement is False]
    silent = [_silent(result, pair) for pair in taken if pair.agreement is None and np.any(pair.proven.midpoints)]
    notes = against[:MOST_SPOKEN_OF] + silent[:MOST_SPOKEN_OF]
    if len(against) + len(silent) > len(notes):
        notes.append(
            f"Finite differences disagree with {len(against)} gradients, and of {len(silent)} they cannot tell."
        )
    accuracy = [each for pair in taken if (each := _accuracy(pair)) is not None]
    if accuracy:
        off, estimate = max(accuracy)
        notes.append(
            f"Finite differences are off by at most {off:.1e} of a gradient's largest entry, where they can tell; "
            f"estimated: {estimate:.1e}."
        )
    return notes + [note for each in result.probes for note in _probed(result, each)]


def _against(result: CaseResult, pair: Pair) -> str:
    """Blame a finite difference for its disagreement with a proven entry, and say what misleads it."""
    assert pair.difference is not None
    found, graph = pair.difference, result.case.graph
    excess = np.where(tells(found, pair.proven), distances(found, pair.proven) / (TRUST * found.errors), 0.0)
    place = np.unravel_index(int(np.argmax(excess)), found.values.shape)
    text = (
        f"The finite difference of {_entry(result, pair, place)} is {found.values[place]:.10g} within "
        f"{found.errors[place]:.1e}, but {pair.proven.midpoints[place]:.10g} is proven"
    )
    if not result.ok:
        return text + "."
    return (
        f"{text}: the finite difference is at fault; "
        f"{reason(graph, found.errors[place], found.noise[place], found.obstacles[place])}."
    )


def _silent(result: CaseResult, pair: Pair) -> str:
    """Say why a finite difference cannot tell."""
    assert pair.difference is not None
    found = pair.difference
    place = np.unravel_index(int(np.argmin(found.errors)), found.errors.shape)
    why = reason(result.case.graph, found.errors[place], found.noise[place], found.obstacles[place])
    return f"Finite differences cannot tell of {_entry(result, pair, place)}: {why}."


def _entry(result: CaseResult, pair: Pair, place: tuple[np.intp, ...]) -> str:
    graph = result.case.graph
    indices = "".join(f"[{i}]" for i in place)
    return f"{graph.name(graph.outputs[pair.output])} by {graph.name(pair.leaf)}{indices}"


def _accuracy(pair: Pair) -> tuple[float, float] | None:
    """Return the largest true error and the largest estimate, relative to the largest entry, where it can tell."""
    assert pair.difference is not None
    telling = tells(pair.difference, pair.proven)
    largest = np.max(np.abs(pair.proven.midpoints), initial=0.0, where=telling)
    if largest == 0.0:
        return None
    off = np.max(distances(pair.difference, pair.proven), initial=0.0, where=telling)
    return float(off / largest), float(np.max(pair.difference.errors, initial=0.0, where=telling) / largest)


def _probed(result: CaseResult, probes: Probes) -> list[str]:
    """Say what the directional probes of one output know."""
    graph, found = result.case.graph, probes.difference
    output = graph.name(graph.outputs[probes.output])
    count = f"{found.values.size} random directions (seed {probes.seed:#x})"
    if probes.agreement is None:
        place = int(np.argmin(found.errors))
        why = reason(graph, found.errors[place], found.noise[place], found.obstacles[place])
        return [f"{output} was differenced along {count}, which cannot tell: {why}."]
    if not probes.agreement:
        return [f"{output} was differenced along {count}, which disagree with the proven gradient."]
    smallest = "" if probes.sees is None else (
        f" An error of {probes.sees:.1e} of the largest entry, in any single entry, would have shown."
    )  # fmt: skip
    return [f"{output} was differenced along {count}, in place of {_entries(graph)} entries.{smallest}"]


def _entries(graph: Graph) -> int:
    return sum(graph.inputs[leaf].size for leaf in graph.leaves)
