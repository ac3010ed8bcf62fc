"""Finite differences of a case: every entry of every leaf moved in turn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from gradproof.case import Case
from gradproof.exact import Array
from gradproof.graph import Graph

from ..targets.target import Run, Target
from .finite_difference import Conditions, Difference, differentiate
from .response import Moves, Response

#: Beyond this many input entries they are not moved one by one: directional probes take their place.
MOST_ENTRIES = 128

#: Smaller entries are moved like zeros.
LEAST_SCALE = 2.0**-900


def are_few(graph: Graph) -> bool:
    """Tell whether the entries of all leaves are few enough to be moved one by one."""
    return sum(graph.inputs[leaf].size for leaf in graph.leaves) <= MOST_ENTRIES


def differences(case: Case, target: Target, run: Run) -> Mapping[tuple[int, int], Difference]:
    """Return the gradient of each weighted output by each leaf, under the output's number and the leaf's id."""
    found, random = {}, np.random.default_rng(int(case.id, 16))
    with np.errstate(all="ignore"):
        for leaf in case.graph.leaves:
            jacobian = _by_leaf(Response(case, target, run.values, [leaf], random), leaf, run.values[leaf])
            for number in range(len(case.graph.outputs)):
                found[number, leaf] = jacobian.of_output(number, run.values[leaf].shape)
    return found


def _by_leaf(response: Response, leaf: int, x: Array) -> Difference:
    known = Conditions(response.least, response.unit, goal=response.unit ** (1 / 3))
    return differentiate(mover(response, leaf, x), [scale_of(value) for value in x.ravel().tolist()], known)


def mover(response: Response, leaf: int, x: Array) -> Callable[[Sequence[int], Sequence[float]], Moves]:
    """Return the moves of single entries of a leaf with the value ``x``."""

    def move(entries: Sequence[int], steps: Sequence[float]) -> Moves:
        moved = np.repeat(x.reshape(1, x.size), len(entries), axis=0)
        moved[range(len(entries)), entries] += np.asarray(steps, x.dtype)
        return response.moves({leaf: moved.reshape(len(entries), *x.shape)})

    return move


def scale_of(value: float) -> float:
    """Return the natural magnitude of a move of an entry; a share of a smaller one would underflow."""
    return abs(value) if LEAST_SCALE <= abs(value) < math.inf else 1.0
