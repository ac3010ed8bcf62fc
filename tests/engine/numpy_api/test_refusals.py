"""What cannot be traced is refused at the line that does it, with what to write instead."""

import math

import numpy as np
import pytest

from gradproof.engine.numpy_api import trace_numpy
from gradproof.engine.vocabulary import OPS
from gradproof.errors import TraceError
from gradproof.verify import EngineTarget

X = np.array([[0.5, -1.0], [2.0, 0.25]])


def into_a_fresh_array(x):
    y = np.zeros(2)
    y[0] = x[0, 0]
    return y


def into_an_output(x):
    y = np.empty((2, 2))
    np.multiply(x, 2.0, out=y)
    return y


def branching(x):
    if x[0, 0] > 0.0:
        return x
    return -x


def looping(x):
    while x.sum() < 10.0:
        x = x * 2.0
    return x


REFUSED = {
    "an ordinary array": (lambda x: np.asarray(x), "numpy.stack"),
    "an array of values": (lambda x: np.array([x[0, 0], x[1, 1]]), "numpy.stack"),
    "float": (lambda x: float(x[0, 0]) * x, "keep it an array"),
    "item": (lambda x: x[0, 0].item() * x, "keep it an array"),
    "int": (lambda x: x[int(x[0, 0])], "keep it an array"),
    "math": (lambda x: math.sin(x[0, 0]) * x, "keep it an array"),
    "a fresh array": (into_a_fresh_array, "keep it an array"),
    "out": (into_an_output, "a name of its own"),
    "a branch": (branching, "numpy.where"),
    "a loop": (looping, "numpy.where"),
    "places": (lambda x: x[np.argmax(x[:, 0])], "numpy.where"),
    "a mask": (lambda x: x[x > 0.0], "numpy.where"),
    "a function without a counterpart": (lambda x: np.linalg.eig(x)[0], "write it with other functions"),
    "an option": (lambda x: np.sum(x, where=x > 0.0), "not traced as it is called here"),
    "a method of a universal function": (lambda x: np.add.at(x, [0], 1.0), "write it with other functions"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_does_not_leave_the_trace(name):
    function, instead = REFUSED[name]
    with pytest.raises(TraceError) as caught:
        trace_numpy(function, X)
    assert instead in str(caught.value)


@pytest.mark.parametrize(
    ("function", "line"), [(branching, "if x[0, 0] > 0.0:"), (into_a_fresh_array, "y[0] = x[0, 0]")]
)
def test_the_line_is_named(function, line):
    with pytest.raises(TraceError, match="test_refusals") as caught:
        trace_numpy(function, X)
    assert line in str(caught.value)


def test_whether_numbers_are_finite_may_be_asked():
    def function(x):
        if np.isnan(x).any() or not bool(np.isfinite(np.sum(x))) or np.max(x) == np.inf:
            raise ValueError("not finite")
        return x[np.isfinite(x)] ** 2

    graph = trace_numpy(function, X)
    values = EngineTarget().forward(graph, [3.0 * X, *(each.value for each in graph.inputs[1:])])
    np.testing.assert_array_equal(values[graph.outputs[0]], (3.0 * X.ravel()) ** 2)


def test_constants_are_ordinary_values():
    def function(x):
        scale = np.zeros_like(x) + 2.0
        return x * float(scale[0, 0]) if scale.sum() > 0.0 else x

    graph = trace_numpy(function, X)
    assert [node.op for node in graph.nodes][-1] == "multiply"


def test_an_error_of_the_function_is_its_own():
    def function(x):
        raise ValueError("of the function")

    with pytest.raises(ValueError, match="of the function"):
        trace_numpy(function, X)


OF_DATA = {
    "argmin": lambda x, i: x[i.argmin()],
    "argsort": lambda x, i: x[np.argsort(i)],
    "nonzero": lambda x, i: x[np.nonzero(i)],
    "searchsorted": lambda x, i: x[np.searchsorted(i, [1, 2], sorter=np.array([1, 0]))],
    "a function without a counterpart": lambda x, i: x[np.unique(i) - 1] * np.bincount(i)[2],
    "a sequence of them": lambda x, i: x[np.lexsort((i, i))],
}


@pytest.mark.parametrize("name", OF_DATA)
def test_places_are_told_of_integers_among_the_inputs(name):
    places = np.array([2, 1])
    graph = trace_numpy(OF_DATA[name], X, places)
    other = X + 1.0
    constants = [each.value for each in graph.inputs[1:]]
    found = graph.play(lambda node, args: OPS[node.op](*args, **node.params), [other, *constants])
    np.testing.assert_array_equal(found[graph.outputs[0]], OF_DATA[name](other, places))
