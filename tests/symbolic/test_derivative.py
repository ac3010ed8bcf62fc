from __future__ import annotations

import math

import numpy as np
import pytest

from gradproof.case import Case
from gradproof.engine import ops, trace
from gradproof.graph import Graph, Input, Node
from gradproof.symbolic import prove
from gradproof.symbolic.balls import Balls, exact_balls, precision
from gradproof.symbolic.derivative import Sweep, one_hot


def rows(graph):
    """Return the Jacobian of the output by the first input, swept row by row in balls."""
    shape = graph[graph.outputs[0]].shape
    with precision(128):
        sweep = Sweep(graph, Balls(), [exact_balls(x.value) for x in graph.inputs])
        one, zero = exact_balls(np.array(1.0))[()], exact_balls(np.array(0.0))[()]
        found = [sweep.gradients(graph.outputs[0], one_hot(shape, i, zero, one))[0] for i in range(math.prod(shape))]
    assert all(ball.rad() < 1e-25 for row in found for ball in row.flat)
    return np.array([row.astype(float).ravel() for row in found])


def softmax(x):
    return np.exp(x) / np.exp(x).sum()


X = np.array([0.3, -1.2, 2.5])
LABELS = np.array([1.0, 0.0, 0.25])
LEFT, RIGHT = np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([[7.0, -11.0, 2.0], [0.5, 13.0, 17.0]])

KNOWN = {
    "softmax": (lambda x: ops.softmax(x, axis=0), X, np.diag(softmax(X)) - np.outer(softmax(X), softmax(X))),
    "log_softmax": (lambda x: ops.log_softmax(x, axis=0), X, np.eye(3) - softmax(X)),
    "cross entropy": (
        lambda x: ops.binary_cross_entropy_with_logits(x, LABELS, reduction="mean"),
        X,
        ((1 / (1 + np.exp(-X)) - LABELS) / 3)[None],
    ),
    "squared error": (lambda x: ops.mse_loss(x, LABELS, reduction="mean"), X, (2 * (X - LABELS) / 3)[None]),
    "matrix product by the left": (lambda a: ops.matmul(a, RIGHT), LEFT, np.kron(np.eye(2), RIGHT.T)),
    "matrix product by the right": (lambda b: ops.matmul(LEFT, b), RIGHT, np.kron(LEFT, np.eye(3))),
    "norm": (lambda x: ops.sqrt(ops.sum(ops.square(x))), X, (X / np.sqrt(X @ X))[None]),
    "maximum": (lambda x: ops.max(x, axis=0, keepdims=False), X, np.array([[0.0, 0.0, 1.0]])),
    "broadcast": (lambda x: ops.broadcast_to(x, shape=(2, 3)), X, np.concatenate([np.eye(3)] * 2)),
    "scatter": (
        lambda x: ops.index_add(x, np.array([1, 1, 0]), axis=0, size=2),
        X,
        np.array([[0.0, 0.0, 1.0], [1.0, 1.0, 0.0]]),
    ),
    "embedding": (
        lambda x: ops.embed(x, index=(slice(1, 4),), shape=(5,)),
        X,
        np.eye(5, 3, k=-1),
    ),
    "quotient by itself": (lambda x: ops.divide(x, x), X, np.zeros((3, 3))),
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_jacobian_is_the_known_one(name):
    function, x, expected = KNOWN[name]
    np.testing.assert_allclose(rows(trace(function, x)), expected, rtol=1e-13, atol=1e-15)


def test_a_value_used_twice_collects_both_cotangents():
    assert rows(trace(lambda x: ops.multiply(ops.multiply(x, x), x), np.array(3.0))).tolist() == [[27.0]]


def test_untracked_paths_carry_nothing():
    graph = trace(lambda x: ops.multiply(ops.detach(ops.square(x)), x), np.array(3.0))
    assert rows(graph).tolist() == [[9.0]]


def test_nodes_that_do_not_lead_to_the_output_are_not_pulled_through():
    graph = trace(lambda x: (ops.square(x), ops.log(ops.negative(x))), np.array(3.0))
    proof = prove(Case.of_ones(Graph(graph.inputs, graph.nodes, graph.outputs[:1])), {})
    assert not proof.notes
    assert proof.gradients[0][0].midpoints == 6.0


def test_no_depth_is_too_great():
    x = Input(np.array(1.0), requires_grad=True)
    nodes = tuple(Node("negative", (i,), {}, (), "float64") for i in range(5000))
    assert prove(Case.of_ones(Graph((x,), nodes, (5000,))), {}).gradients[0][0].midpoints == 1.0
