"""Finite differences of a target's own gradients, along the directions of a case of second order."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gradproof.case import Case
from gradproof.exact import Array
from gradproof.graph import Graph, Input
from gradproof.symbolic import COTANGENT

from ..player import REFUSALS
from ..targets.target import Run, Target
from .finite_difference import Conditions, Difference, Moved, differentiate

#: Output number, the leaf that is moved, and the leaf whose gradient is looked at, or ``COTANGENT`` for the output.
Block = tuple[int, int, int]

#: The noise of a gradient is taken to be so many roundings: its own, and that of an input as large as what is moved.
ROUNDINGS = 8

#: The step that shows roughly how steep the gradients are, relative to the scale.
FIRST = 2.0**-10

#: A leaf is moved relative to its smallest entry, but for those that are smaller than this.
LEAST_SCALE = 2.0**-10


def shape_by(case: Case, number: int, other: int) -> tuple[int, ...]:
    """Return the shape of a leaf, or of the cotangent of an output."""
    return case.graph[case.graph.outputs[number] if other == COTANGENT else other].shape


def differences_of_gradients(case: Case, target: Target, run: Run) -> Mapping[Block, Difference]:
    """Differentiate gradients and outputs along the direction of each leaf; what does not depend on it is zero.

    ``run`` is one of first order: what it holds of detached and untracked values stays as it is.
    """
    graph, numbers = _held(case.graph, run.values), range(len(case.graph.outputs))
    found = {
        (number, leaf, other): _nothing(shape_by(case, number, other))
        for number, leaf, other in itertools.product(numbers, graph.leaves, [COTANGENT, *graph.leaves])
    }
    with np.errstate(all="ignore"):
        for leaf, direction in zip(graph.leaves, case.directions, strict=True):
            for (number, other), each in _along(case, graph, target, run, leaf, direction).items():
                found[number, leaf, other] = each
    return found


def _held(graph: Graph, values: Sequence[Array]) -> Graph:
    """Return the graph with every value that no move of a leaf reaches as an input; the inputs keep their ids."""
    moved = graph.moved_by(graph.leaves)
    held = [site for site, _ in graph.enumerate_nodes() if site not in moved]
    kept = [site for site, _ in graph.enumerate_nodes() if site in moved]
    new_ids = {old: new for new, old in enumerate([*range(len(graph.inputs)), *held, *kept])}
    nodes = tuple(graph.nodes[site - len(graph.inputs)].renumbered(new_ids) for site in kept)
    inputs = (*graph.inputs, *(Input(np.asarray(values[site])) for site in held))
    return Graph(inputs, nodes, tuple(new_ids[output] for output in graph.outputs))


def _along(
    case: Case, graph: Graph, target: Target, run: Run, leaf: int, direction: Array
) -> dict[tuple[int, int], Difference]:
    """Return the differences along one direction, by output number and what is looked at."""
    start = graph.inputs[leaf]
    base = _looked_at(case.graph, run)
    flat = np.concatenate([each.ravel().astype(np.float64) for each in base.values()])

    def changes(step: float) -> Array:
        value = (start.value + step * direction).astype(start.dtype)
        inputs = (*graph.inputs[:leaf], replace(start, value=value), *graph.inputs[leaf + 1 :])
        moved = Graph(inputs, graph.nodes, graph.outputs)
        try:
            found = _looked_at(moved, target.play(Case(moved, case.cotangents)))
        except REFUSALS:
            return np.full(flat.size, np.nan)
        return np.concatenate([found[key].ravel().astype(np.float64) for key in base]) - flat

    scale = _scale(start.value)
    slopes = np.abs(np.nan_to_num(changes(FIRST * scale))) / (FIRST * scale)
    # a move is itself rounded: to the entries of the leaf, and not to the step
    moved_by = np.max(np.abs(start.value), initial=0.0, where=np.isfinite(start.value))
    known = _conditions(base)
    noise = (ROUNDINGS * known.unit * (np.abs(flat) + slopes * float(moved_by))).tolist()

    def move(_: Sequence[int], steps: Sequence[float]) -> tuple[list[float], list[Moved]]:
        return noise, [(changes(step).tolist(), []) for step in steps]

    difference = differentiate(move, [scale], known)
    stops = np.cumsum([each.size for each in base.values()]).tolist()
    starts = [0, *stops[:-1]]
    return {
        key: _part(difference, slice(first, last), each.shape)
        for (key, each), first, last in zip(base.items(), starts, stops, strict=True)
    }


def _looked_at(graph: Graph, run: Run) -> dict[tuple[int, int], Array]:
    """Return the outputs and the gradients of a run."""
    found = {}
    for number, (output, pullback) in enumerate(zip(graph.outputs, run.pullbacks, strict=True)):
        found[number, COTANGENT] = run.values[output]
        found.update({(number, leaf): gradient for leaf, gradient in sorted(pullback.gradients.items())})
    return found


def _conditions(base: Mapping[tuple[int, int], Array]) -> Conditions:
    limits = {key: np.finfo(each.dtype) for key, each in base.items()}
    unit = max(float(each.eps) / 2 for each in limits.values())
    least = [float(limits[key].smallest_normal) for key, each in base.items() for _ in range(each.size)]
    return Conditions(least, unit, goal=unit ** (1 / 3))


def _scale(x: Array) -> float:
    sizes = np.abs(x[np.isfinite(x) & (x != 0.0)])
    return float(np.clip(np.min(sizes, initial=1.0), LEAST_SCALE, 1.0))


def _part(difference: Difference, part: slice, shape: tuple[int, ...]) -> Difference:
    values, errors, noise = (
        each[0, part].reshape(shape) for each in (difference.values, difference.errors, difference.noise)
    )
    return Difference(values, errors, noise, _no_obstacles(shape))


def _no_obstacles(shape: tuple[int, ...]) -> Array:
    none = np.empty(shape, dtype=object)
    none.fill(())
    return none


def _nothing(shape: tuple[int, ...]) -> Difference:
    zeros = np.zeros(shape)
    return Difference(zeros, zeros, zeros, _no_obstacles(shape))
