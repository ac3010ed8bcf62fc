"""A subject on trial: its function is one node, and what its derivative returns is judged like any VJP."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof import Case, trace
from gradproof.verify import Verdict, examine
from gradproof.verify.subjects.subject import Leaf
from gradproof.verify.targets.subject import SubjectTarget, graph_of

X, W = np.array([[0.3, -1.2], [2.0, 0.7], [0.1, 0.4]]), np.array([[0.5, -0.25], [1.5, 0.75]])


class Layer:
    """``tanh(x w)`` and its sum, differentiated by hand; ``fault`` changes what is returned, or does something else."""

    name, library = "layer", "NumPy"

    def __init__(self, fault=lambda gradients: gradients):
        self.leaves = (Leaf("x", X, True), Leaf("w", W, True))
        self._fault = fault

    def graph(self):
        def forward(x, w):
            y = torch.tanh(x @ w)
            return y, y.sum()

        return trace(forward, X, W)

    def forward(self, values):
        y = np.tanh(values[0] @ values[1])
        return [y, y.sum()]

    def pull_back(self, values, number, ct):
        x, w = values
        inner = ct / np.cosh(x @ w) ** 2
        return self._fault([inner @ w.T, x.T @ inner])


def examined(subject, dtype=np.float64):
    graph = graph_of(subject)
    random = np.random.default_rng(0)
    cotangents = tuple(random.standard_normal(graph[output].shape) for output in graph.outputs)
    return examine(Case(graph, cotangents), SubjectTarget(subject))


def test_a_right_derivative_is_verified_for_every_output():
    result = examined(Layer())
    assert result.verdict is Verdict.VERIFIED
    assert {(pair.output, pair.leaf) for pair in result.pairs} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert 0 < result.sees < 1e-10


@pytest.mark.parametrize("size", [1e-1, 1e-4, 1e-8, 1e-11])
def test_a_wrong_derivative_is_found_however_small_the_error(size):
    result = examined(Layer(lambda found: [found[0] * (1 + size), found[1]]))
    assert result.verdict is Verdict.WRONG
    assert result.culprit == "layer"
    assert {pair.leaf for pair in result.pairs if pair.verdict.fails} == {0}


def test_a_derivative_that_is_missing_or_has_another_shape_or_dtype_is_wrong():
    for fault in (
        lambda found: [None, found[1]],
        lambda found: [found[0].T, found[1]],
        lambda found: [found[0].astype(np.float32), found[1]],
    ):
        assert examined(Layer(fault)).verdict is Verdict.WRONG


class WritesToItsInput(Layer):
    def forward(self, values):
        outputs = super().forward(values)
        values[0] *= 2.0
        return outputs


def test_a_function_that_changes_its_input_misbehaves():
    result = examined(WritesToItsInput())
    assert result.verdict is Verdict.MISBEHAVES
    assert "is changed in place" in str(result.cause)


class ForwardDiffers(Layer):
    def forward(self, values):
        return [each * (1 + 1e-9) for each in super().forward(values)]


def test_a_trace_of_another_function_is_found():
    assert examined(ForwardDiffers()).verdict is Verdict.FORWARD_DIFFERS


class Held(Layer):
    """The same, detached: no derivative flows."""

    def graph(self):
        def forward(x, w):
            y = torch.tanh(x @ w)
            return y.detach(), y.sum().detach()

        return trace(forward, X, W)


def test_an_output_that_is_held_has_no_derivative():
    assert examined(Held(lambda found: [None, None])).verdict is Verdict.VERIFIED
    assert examined(Held()).verdict is Verdict.WRONG


class Steps(Layer):
    """``sign(x w)``, by a comparison: no derivative flows through it, and the library returns zeros."""

    def graph(self):
        return trace(lambda x, w: torch.where(x @ w > 0, torch.ones(3, 2), -torch.ones(3, 2)).double(), X, W)

    def forward(self, values):
        return [np.where(values[0] @ values[1] > 0, 1.0, -1.0)]

    def pull_back(self, values, number, ct):
        return self._fault([np.zeros_like(each) for each in values])


def test_zeros_of_an_output_without_a_derivative_are_right_and_anything_else_is_wrong():
    assert examined(Steps()).verdict is Verdict.VERIFIED
    assert examined(Steps(lambda found: [found[0] + 1.0, found[1]])).verdict is Verdict.WRONG
