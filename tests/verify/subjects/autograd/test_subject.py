"""HIPS autograd on trial: its arguments as leaves, its forward as a graph, its gradients, and the verdicts."""

import contextlib
import re
from collections import namedtuple

import numpy as np
import pytest

pytest.importorskip("autograd", reason="HIPS autograd is not installed")

import autograd
import autograd.numpy as anp
from autograd.extend import defvjp, primitive
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.tracer import Box, trace_stack

import gradproof
from gradproof.errors import DtypeError, TraceError
from gradproof.verify import Verdict
from gradproof.verify.subjects.autograd import AutogradSubject
from gradproof.verify.targets.subject import SubjectTarget, graph_of

X = np.array([[0.3, -1.2, 0.7], [2.0, 0.9, -0.4]])
V = np.array([0.3, -1.2, 0.7])

Pair = namedtuple("Pair", "a b")


def custom(size=0.0, forward=np.sin):
    """Return sine as a primitive, with a derivative that is too large by a share."""

    @primitive
    def f(x):
        return forward(x)

    defvjp(f, lambda ans, x: lambda g: g * anp.cos(x) * (1 + size))
    return f


def examined(function, *args):
    subject = AutogradSubject(function, args)
    graph = graph_of(subject)
    random = np.random.default_rng(0)
    cotangents = [random.standard_normal(graph[each].shape).astype(graph[each].dtype) for each in graph.outputs]
    return gradproof.verify.examine(gradproof.Case(graph, tuple(cotangents)), SubjectTarget(subject))


def test_leaves_are_the_arrays_and_floats_named_as_a_user_writes_them():
    def f(params, pair, rate, *rest):
        return params[0]["w"] * rate

    args = ([{"w": np.float32(V)}, 3], Pair(X, "relu"), 0.5, np.float64(2.0), np.array([1, 2], np.int32))
    leaves = AutogradSubject(f, args).leaves
    assert [each.name for each in leaves] == ["params[0]['w']", "pair[0]", "rate", "rest[0]", "rest[1]"]
    assert [each.value.dtype.name for each in leaves] == ["float32", "float64", "float64", "float64", "int64"]
    assert [each.requires_grad for each in leaves] == [True, True, True, True, False]


def test_the_function_gets_its_arguments_as_they_were():
    seen = []

    def f(pair, rate, n, places):
        seen.append((type(pair), type(rate), n, places.dtype))
        return pair.a * rate * n

    subject = AutogradSubject(f, (Pair(V, "b"), 0.5, 3, np.array([1], np.int32)))
    subject.forward([each.value for each in subject.leaves])
    assert seen == [(Pair, float, 3, np.int32)]


def test_a_complex_argument_is_refused():
    with pytest.raises(DtypeError, match="x has dtype complex128"):
        AutogradSubject(lambda x: x, [np.array([1j])])


def test_the_first_inputs_are_the_leaves_also_those_that_are_not_used():
    graph = AutogradSubject(lambda x, n, y: (2.0 * y, {"n": n}), (X, np.array(3), V)).graph()
    assert [each.value.tolist() for each in graph.inputs[:3]] == [X.tolist(), 3, V.tolist()]
    assert [each.requires_grad for each in graph.inputs[:3]] == [True, False, True]
    assert len(graph.outputs) == 1


def test_a_primitive_of_the_users_own_is_followed_inside_and_its_derivative_never_looked_at():
    @primitive
    def f(x):
        return np.exp(x) * np.sum(x)

    def never(ans, x):
        raise AssertionError

    defvjp(f, never)
    assert [node.op for node in AutogradSubject(f, [V]).graph().nodes] == ["exp", "sum", "multiply"]
    assert [each.name for each in AutogradSubject(f, [V]).leaves] == ["x"]


def test_a_primitive_that_cannot_be_followed_says_how_to_give_a_rule(monkeypatch):
    @primitive
    def cubed(x):
        return np.array([each**3 for each in x.tolist()])

    with pytest.raises(TraceError, match=r"tolist.*test_subject\.py.*gradproof\.rule\('cubed', "):
        AutogradSubject(cubed, [V]).graph()
    monkeypatch.setattr("gradproof.verify.subjects.rules._GIVEN", {})
    gradproof.rule("cubed", lambda x: x**3)
    assert [node.op for node in AutogradSubject(cubed, [V]).graph().nodes] == ["pow"]
    gradproof.rule("cubed", lambda x: x.sum())
    with pytest.raises(TraceError, match=r"'cubed' gives float64 \(\), but autograd has float64 \(3,\)"):
        AutogradSubject(cubed, [V]).graph()


LEFT_TO_DATA = {
    "if": lambda x: x if x[0] > 0 else -x,
    "place": lambda x: x[anp.argmax(x)],
    "fft": lambda x: anp.real(anp.fft.fft(x)),
    "values": lambda x: x * anp.array(x, dtype=float),
}


@pytest.mark.parametrize("name", LEFT_TO_DATA)
def test_what_cannot_be_traced_is_refused_with_the_line(name):
    with pytest.raises(TraceError) as raised:
        AutogradSubject(LEFT_TO_DATA[name], [V]).graph()
    (line,) = set(re.findall(r"test_subject\.py\D+(\d+)", str(raised.value)))
    with open(__file__) as source:
        assert f'"{name}": lambda' in source.readlines()[int(line) - 1]


def test_a_function_that_returns_no_float_is_refused():
    with pytest.raises(TraceError, match=r"lambda at .* returned no floating array"):
        AutogradSubject(lambda x: anp.shape(x), [V]).graph()


@pytest.mark.parametrize("function", [lambda x: x * x, LEFT_TO_DATA["if"]])
def test_tracing_leaves_autograd_as_it_was(function):
    before, top = dict(Box.type_mappings), trace_stack.top
    with contextlib.suppress(TraceError):
        AutogradSubject(function, [V]).graph()
    assert (Box.type_mappings, trace_stack.top) == (before, top)
    assert {each for each in Box.types if issubclass(each, ArrayBox)} == {ArrayBox}


def test_gradients_are_those_of_autograd():
    subject = AutogradSubject(lambda x, n, y: (x * y, anp.sum(x) * n, 1.5), (X, np.array(3), V))
    values = [each.value for each in subject.leaves]
    ct = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    by_x, by_n, by_y = subject.pull_back(values, 0, ct)
    np.testing.assert_allclose(by_x, ct * V, rtol=1e-15)
    np.testing.assert_allclose(by_y, (ct * X).sum(0), rtol=1e-15)
    assert by_n is None
    np.testing.assert_array_equal(subject.pull_back(values, 1, np.array(2.0))[0], np.full((2, 3), 6.0))


def test_second_derivatives_are_those_of_the_gradients_along_directions():
    subject = AutogradSubject(lambda x, y: x**3 * y, (V, V + 2))
    x, y = (each.value for each in subject.leaves)
    ct, d, e = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.1, 2.0]), np.array([1.0, 1.5, -1.0])
    blocks = subject.pull_back_twice([x, y], 0, ct, {0: d, 1: e})
    wanted = {
        (0, 0): 6 * x * y * ct * d,
        (0, 1): 3 * x**2 * ct * d,
        (0, -1): 3 * x**2 * y * d,
        (1, 0): 3 * x**2 * ct * e,
        (1, 1): np.zeros(3),
        (1, -1): x**3 * e,
    }
    assert blocks.keys() == wanted.keys()
    for block, value in wanted.items():
        np.testing.assert_allclose(blocks[block], value, rtol=1e-14)


@pytest.mark.parametrize("size", [0.0, 1e-3, 1e-9])
def test_a_derivative_of_the_users_own_is_verified_or_found_wrong(size):
    f, wanted = custom(size), Verdict.WRONG if size else Verdict.VERIFIED
    assert examined(f, X).verdict is wanted
    assert examined(lambda x: anp.exp(f(x) * x), X).verdict is wanted
    if size != 1e-9:
        assert examined(f, np.float32(X)).verdict is wanted


def test_a_network_and_its_gradient():
    def loss(params, x):
        for w, b in params:
            x = anp.tanh(anp.dot(x, w) + b)
        return anp.mean(x**2)

    random = np.random.default_rng(0)
    params = [(random.normal(size=shape), random.normal(size=shape[1])) for shape in ((3, 4), (4, 2))]
    assert examined(loss, params, X).verdict is Verdict.VERIFIED
    assert examined(autograd.elementwise_grad(anp.tanh), X).verdict is Verdict.VERIFIED


def test_a_kink_is_seen():
    assert examined(lambda x: anp.maximum(x, 0.0), np.array([0.0, 1.0])).verdict is Verdict.SUBGRADIENT


def test_second_order_through_the_front_door():
    assert gradproof.check(custom(), V, order=2, library="autograd").verdict is Verdict.VERIFIED
    assert gradproof.check(custom(1e-6), V, order=2, library="autograd").verdict is Verdict.WRONG
