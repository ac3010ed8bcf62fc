"""Pieces: which moves leave the smooth part of a graph that a run is on."""

from functools import partial

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.engine.vocabulary import OPS
from gradproof.verify import EngineTarget
from gradproof.verify.finite_differences.pieces import SPECIAL, Pieces

ops = torch.ops


def crossings_of(graph, before, after):
    """Return what separates two values of the first input; other inputs are fixed."""
    fixed, target = [each.value for each in graph.inputs[1:]], EngineTarget()
    moving = graph.moved_by([0])
    with np.errstate(all="ignore"):
        values = target.forward(graph, [np.asarray(before), *fixed])
        held = {site: values[site] for site, _ in graph.enumerate_nodes() if site not in moving}
        both = target.forward(graph, [np.stack([before, after]), *fixed], held)
        found = Pieces(graph, values, moving).crossings(both)
    assert all(apart.tolist() == [False, True] for _, apart in found)
    return [crossing for crossing, _ in found]


def crossings(function, before, after):
    return [each.what for each in crossings_of(trace(function, np.asarray(before)), before, after)]


# Each row: the function, a point, one on the same piece, one on another, and what is between.
ROWS = {
    "relu": (ops.relu, 0.5, 3.0, -0.1, "a kink"),
    "abs at its kink": (ops.abs, 0.0, 0.0, 1e-300, "a kink"),
    "sign": (ops.sign, -2.0, -1e-300, 0.0, "a kink"),
    "floor": (ops.floor, 2.5, 2.9, 3.0, "a kink"),
    "floor far out": (ops.floor, 1e6 + 0.5, 1e6 + 0.6, 1e6 + 1.5, "a kink"),
    "ceil at a jump": (ops.ceil, 3.0, 3.0, 3.1, "a kink"),
    "round": (ops.round, 2.6, 3.4, 3.5, "a kink"),
    "trunc": (ops.trunc, -2.5, -2.1, -2.0, "a kink"),
    "remainder": (lambda x: ops.remainder(x, 3.0), 1.0, 2.9, -0.1, "a jump"),
    "remainder by x": (lambda x: ops.remainder(7.0, x), 3.0, 2.5, 3.6, "a jump"),
    "fmod at a multiple": (lambda x: ops.fmod(x, 3.0), 6.0, 6.0, 6.1, "a jump"),
    "copysign": (lambda x: ops.copysign(x, -2.0), 1.0, 0.1, -0.1, "a kink"),
    "hardtanh": (lambda x: ops.hardtanh(x, min=-1.0, max=6.0), 5.0, -0.9, 6.0, "a kink"),
    "hardshrink": (lambda x: ops.hardshrink(x, lambd=2.0), 1.0, -1.9, 2.0, "a kink"),
    "softshrink": (lambda x: ops.softshrink(x, lambd=2.0), -2.5, -2.1, -1.9, "a kink"),
    "threshold": (lambda x: ops.threshold(x, threshold=3.0, value=1.0), 2.0, -1.9, 3.5, "a kink"),
    "clip, by its own bounds": (lambda x: ops.clip(x, min=5.0, max=None), 4.0, -9.0, 5.0, "a kink"),
    "clip without a kink at 0.5": (lambda x: ops.clip(x, min=None, max=7.0), 0.4, 6.9, 7.1, "a kink"),
    "maximum": (lambda x: ops.maximum(x, 2.0), 1.0, 1.9, 2.0, "a tie"),
    "a maximum that is tied for good": (lambda x: ops.maximum(x, x) + ops.relu(x), 1.0, 2.0, -1.0, "a kink"),
    "max": (ops.max, [1.0, 3.0, 2.0], [2.5, 3.0, 2.0], [3.5, 3.0, 2.0], "a tie"),
    "max of others that are tied": (ops.max, [1.0, 3.0, 1.0], [1.5, 3.0, 1.0], [3.0, 3.0, 1.0], "a tie"),
    "min along an axis": (
        lambda x: ops.min(x, axis=0),
        [[1.0, 2.0], [3.0, 0.0]],
        [[2.9, 2.0], [3.0, 0.0]],
        [[3.1, 2.0], [3.0, 0.0]],
        "a tie",
    ),
    "sort": (ops.sort, [1.0, 3.0, 2.0], [1.9, 3.0, 2.0], [2.0, 3.0, 2.0], "a tie"),
    "std": (ops.std, [1.0, 1.0, 2.0], [2.0, 1.0, 2.0], [2.0, 2.0, 2.0], None),
    "std at equal entries": (ops.std, [1.0, 1.0], [2.0, 2.0], [1.0, 1.5], "a tie"),
    "the norm at the origin": (ops.vector_norm, [0.0, 0.0], [0.0, 0.0], [0.0, 1.0], "a kink"),
    "the norm beside an axis": (ops.vector_norm, [0.0, 1.0], [0.1, 1.0], [0.0, 0.0], "a kink"),
    "the sum of magnitudes": (lambda x: ops.vector_norm(x, ord=1), [1.0, 2.0], [0.1, 2.0], [0.0, 2.0], "a kink"),
    "the largest magnitude": (
        lambda x: ops.vector_norm(x, ord=np.inf),
        [1.0, -2.0],
        [-1.9, -2.0],
        [2.0, -2.0],
        "a kink",
    ),
    "log": (lambda x: ops.relu(ops.log(x) + 1e3), 1.0, 1e-9, 0.0, "an edge"),
    "sqrt at its edge": (ops.sqrt, 0.0, 0.0, 1e-9, "an edge"),
    "log1p": (ops.log1p, 0.0, -0.9, -1.0, "an edge"),
    "a reciprocal": (lambda x: 1.0 / x, 1.0, 1e-9, -1e-9, "an edge"),
    "gammaln": (ops.gammaln, 0.5, 1e-3, -0.5, "an edge"),
    "an integer power": (lambda x: x**3.0, 1.0, -1.0, None, None),
    "a negative integer power": (lambda x: x**-2.0, 1.0, 1e-9, -1.0, "an edge"),
    "a broken power": (lambda x: x**0.5, 1.0, 1e-9, -1.0, "an edge"),
    "an exponent of a positive base": (lambda p: 2.0**p, 2.0, 2.5, None, None),
    "an exponent of a negative base": (lambda p: (-2.0) ** p, 2.0, 2.0, 2.5, "an edge"),
    "hypot": (lambda x: ops.hypot(x, 1.0), -1.0, 1.0, None, None),
    "hypot through its tip": (lambda x: ops.hypot(x, 0.0), -1.0, -1e-9, 1.0, "an edge"),
    "the angle, across its cut": (lambda y: ops.atan2(y, -1.0), 1.0, 1e-9, -1e-9, "an edge"),
    "the angle, on the other side": (lambda y: ops.atan2(y, 1.0), 1.0, -1.0, None, None),
    "an inverse": (ops.inv, np.eye(2), np.diag([1.0, 2.0]), np.diag([1.0, -1.0]), "an edge"),
    "a probability": (
        lambda p: torch.ops.binary_cross_entropy_with_logits(np.array(0.3), p),
        0.5,
        0.9,
        1.1,
        "an edge",
    ),
    "a comparison": (lambda x: ops.where(ops.less(x, 1.0), x, x), 0.5, 0.9, 1.0, "a jump"),
    "a comparison at its tie": (lambda x: ops.where(ops.equal(x, 1.0), x, x), 1.0, 1.0, 1.1, "a jump"),
    "an integer": (lambda x: ops.astype(x, dtype="int64") * 1.0 + x, 1.5, 1.9, 2.0, "a jump"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_piece_ends_where_it_should(name):
    function, at, same, other, what = ROWS[name]
    assert crossings(function, at, same) == []
    if other is not None and what is not None:
        assert what in crossings(function, at, other)


def test_what_is_detached_does_not_move_and_is_not_looked_at():
    assert crossings(lambda x: ops.relu(x.detach()) * x, 1.0, -1.0) == []


def test_the_node_that_is_crossed_is_named():
    graph = trace(lambda x: ops.exp(ops.relu(x - 1.0)), np.array(2.0))
    (crossing,) = crossings_of(graph, 2.0, 0.5)
    assert graph[crossing.site].op == "relu"


WITH_KINKS = sorted(
    name for name, op in OPS.items() if any(op.kinks) and len(op.real_slots) == 1 and name not in SPECIAL
)


@pytest.mark.parametrize("name", WITH_KINKS)
def test_every_kink_of_a_record_ends_a_piece(name):
    for point in OPS[name].kinks[0]:
        assert crossings(OPS[name], point + 0.25, point + 0.125) == []
        assert crossings(OPS[name], point + 0.25, point - 0.25) == ["a kink"]
        assert crossings(OPS[name], point, point + 0.25) == ["a kink"]


WITH_EDGES = sorted(
    name for name, op in OPS.items() if len(op.domain) == len(op.domain[0]) == 1 and np.isfinite(op.domain[0][0].low)
)


@pytest.mark.parametrize("name", WITH_EDGES)
def test_every_edge_of_a_domain_ends_a_piece(name):
    op = OPS[name]
    low, params = op.domain[0][0].low, {key: values[0] for key, values in op.params.items()}
    assert crossings(partial(op, **params), low + 0.5, low + 0.25) == []
    assert "an edge" in crossings(partial(op, **params), low + 0.5, low)
    assert "an edge" in crossings(partial(op, **params), low + 0.5, low - 0.25)
