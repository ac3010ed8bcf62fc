"""JAX on trial: its arguments as leaves, its forward as a graph, its gradients in both modes, and the verdicts."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("jax", reason="JAX is not installed")

import jax
import jax.numpy as jnp
from jax import lax

import gradproof
from gradproof.errors import ArgumentError, DtypeError, TraceError
from gradproof.verify import Verdict
from gradproof.verify.subjects.jax import JaxSubject
from gradproof.verify.targets.subject import SubjectTarget, graph_of

X = np.array([[0.3, -1.2, 0.7], [2.0, 0.9, -0.4]])
V = np.array([0.3, -1.2, 0.7])


def custom(derivative, rule="vjp"):
    """Return sine with a derivative of its own, by either kind of rule."""
    if rule == "vjp":
        f = jax.custom_vjp(lambda x: jnp.sin(x))
        f.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (ct * derivative(x),))
    else:
        f = jax.custom_jvp(lambda x: jnp.sin(x))
        f.defjvp(lambda primals, tangents: (f(*primals), tangents[0] * derivative(*primals)))
    f.__name__ = "f"
    return f


def examined(function, *args, mode="reverse"):
    subject = JaxSubject(function, args, mode=mode)
    graph = graph_of(subject)
    random = np.random.default_rng(0)
    cotangents = [random.standard_normal(graph[each].shape).astype(graph[each].dtype) for each in graph.outputs]
    return gradproof.verify.examine(gradproof.Case(graph, tuple(cotangents)), SubjectTarget(subject))


# --- arguments


def test_leaves_are_the_arrays_and_floats_named_as_a_user_writes_them():
    def f(params, xs, rate, *rest, flag=None):
        return params["w"] * rate

    args = ({"w": jnp.float32(V), "n": 3}, [X, None, "relu"], 0.5, np.float64(2.0), np.array([1, 2], np.int32))
    leaves = JaxSubject(f, args).leaves
    assert [each.name for each in leaves] == ["params['w']", "xs[0]", "rate", "rest[0]", "rest[1]"]
    assert [each.value.dtype.name for each in leaves] == ["float32", "float64", "float64", "float64", "int64"]
    assert [each.requires_grad for each in leaves] == [True, True, True, True, False]


def test_registered_nodes_are_pytrees():
    @jax.tree_util.register_pytree_node_class
    class Pair:
        def __init__(self, a, b):
            self.a, self.b = a, b

        def tree_flatten(self):
            return (self.a, self.b), None

        @classmethod
        def tree_unflatten(cls, _, children):
            return cls(*children)

    subject = JaxSubject(lambda pair: Pair(pair.a * pair.b, pair.a), (Pair(V, V + 1),))
    assert len(subject.leaves) == len(subject.graph().outputs) == 2


def test_what_is_no_array_is_handed_over_as_it_is():
    seen = []

    def f(x, n, name, key):
        seen.append((n, name))
        return x**n * jax.random.normal(key, x.shape)

    assert examined(f, V, 2, "cube", jax.random.key(0)).verdict is Verdict.VERIFIED
    assert set(seen) == {(2, "cube")}


@pytest.mark.parametrize("value", [jnp.bfloat16(1.0), np.array([1j])])
def test_a_dtype_that_cannot_be_proven_is_refused(value):
    with pytest.raises(DtypeError, match=f"x has dtype {value.dtype}, but those that are proven are"):
        JaxSubject(lambda x: x, [value])


def test_an_unknown_mode_is_refused():
    with pytest.raises(ArgumentError, match="not 'sideways'"):
        JaxSubject(jnp.sin, [V], mode="sideways")


# --- 64 bits


def test_64_bits_are_switched_on_for_float64_alone_and_only_while_the_function_runs():
    assert not jax.config.jax_enable_x64
    wide, narrow = JaxSubject(lambda x: x * jnp.ones(3), [V]), JaxSubject(lambda x: x * jnp.ones(3), [jnp.float32(V)])
    for subject, dtype in ((wide, "float64"), (narrow, "float32")):
        value = subject.leaves[0].value
        graph = subject.graph()
        assert graph[graph.outputs[0]].dtype == subject.forward([value])[0].dtype == dtype
        assert subject.pull_back([value], 0, np.ones(3, dtype))[0].dtype == dtype
        assert not jax.config.jax_enable_x64


def test_nothing_is_left_switched_on_after_an_error():
    with pytest.raises(ZeroDivisionError):
        JaxSubject(lambda x: 1 / 0, [V]).graph()
    assert not jax.config.jax_enable_x64


def test_a_float_decides_no_dtype():
    subject = JaxSubject(lambda x, rate: x * rate, (jnp.float32(V), 0.1))
    graph = subject.graph()
    assert [each.value.dtype.name for each in subject.leaves] == ["float32", "float32"]
    assert graph[graph.outputs[0]].dtype == "float32"
    assert examined(lambda x, rate: x * rate, jnp.float32(V), 0.1).verdict is Verdict.VERIFIED


# --- the graph


def test_the_first_inputs_are_the_leaves_also_those_that_are_not_used():
    graph = JaxSubject(lambda x, n, y: (2.0 * y, n), (X, np.array(3), V)).graph()
    assert [each.value.tolist() for each in graph.inputs[:3]] == [X.tolist(), 3, V.tolist()]
    assert [each.requires_grad for each in graph.inputs] == [True, False, True, *[False] * (len(graph.inputs) - 3)]
    assert len(graph.outputs) == 1


def test_a_derivative_of_the_users_own_is_not_looked_at_while_the_forward_is_traced():
    def derivative(x):
        raise AssertionError

    for rule in ("vjp", "jvp"):
        graph = JaxSubject(custom(derivative, rule), [V]).graph()
        assert [node.op for node in graph.nodes] == ["sin"]


def test_a_gradient_that_is_stopped_is_detached():
    graph = JaxSubject(lambda x: lax.stop_gradient(x) * x, [V]).graph()
    assert [node.op for node in graph.nodes] == ["detach", "multiply"]


@pytest.mark.parametrize(
    "wrap",
    [jax.jit, jax.checkpoint, lambda f: jax.jit(jax.checkpoint(jax.jit(f))), jax.named_call],
    ids=["jit", "checkpoint", "nested", "named_call"],
)
def test_calls_are_inlined(wrap):
    assert [node.op for node in JaxSubject(wrap(lambda x: jnp.sin(x) * x), [V]).graph().nodes] == ["sin", "multiply"]


def test_what_depends_on_no_leaf_is_computed_by_jax():
    def f(x):
        noise = jax.random.normal(jax.random.key(1), (3,))
        steps = lax.while_loop(lambda n: n < 5, lambda n: n + 2, 0)
        return x * noise * steps

    subject = JaxSubject(f, [V])
    assert {node.op for node in subject.graph().nodes} == {"multiply"}
    assert examined(f, V).verdict is Verdict.VERIFIED


def test_a_print_is_passed_over():
    assert [node.op for node in JaxSubject(lambda x: (jax.debug.print("{}", x), x * x)[1], [V]).graph().nodes] == [
        "multiply"
    ]


LOOPS = {
    "scan": lambda x: lax.scan(lambda h, v: (jnp.tanh(h + v), h * v), x[0], x),
    "scan in reverse": lambda x: lax.scan(lambda h, v: (h * v, h), x[0], x, reverse=True),
    "scan of nothing": lambda x: lax.scan(lambda h, v: (h * v, h), x[0], x[:0]),
    "fori_loop": lambda x: lax.fori_loop(0, 3, lambda i, c: c * x + i, x),
    "cond": lambda x: lax.cond(x.shape[0] > 1, jnp.sin, jnp.cos, x),
    "switch": lambda x: lax.switch(7, [jnp.sin, jnp.cos, jnp.exp], x),
    "map": lambda x: lax.map(lambda row: row * row[0], x),
    "solve": lambda x: jnp.linalg.solve(x @ x.T + jnp.eye(2), x),
    "conjugate gradients": lambda x: jax.scipy.sparse.linalg.cg(lambda u: (x @ x.T + jnp.eye(2)) @ u, x[:, 0])[0],
}


@pytest.mark.parametrize("name", LOOPS)
def test_loops_are_unrolled_branches_taken_and_linear_equations_solved(name):
    assert examined(LOOPS[name], X).verdict is Verdict.VERIFIED


def test_a_loop_whose_count_is_known_is_unrolled_and_what_jax_cannot_differentiate_is_jaxs_own_error():
    def f(x):
        return lax.while_loop(lambda c: c[0] < 3, lambda c: (c[0] + 1, jnp.sin(c[1])), (0, x))[1]

    assert [node.op for node in JaxSubject(f, [V]).graph().nodes] == ["sin"] * 3
    assert examined(f, V, mode="forward").verdict is Verdict.VERIFIED
    with pytest.raises(ValueError, match=r"Reverse-mode differentiation does not work for lax\.while_loop"):
        examined(f, V)


LEFT_TO_DATA = {
    "if": (lambda x: x if x[0] > 0 else -x, "asks for the values"),
    "float": (lambda x: x * float(x[0]), "asks for the values"),
    "numpy": (lambda x: x * np.asarray(x), "asks for the values"),
    "mask": (lambda x: x[x > 0.3], "asks for the values"),
    "while_loop": (lambda x: lax.while_loop(lambda c: c.sum() < 3, lambda c: c + 1, x), "fori_loop with a fixed count"),
    "cond": (lambda x: lax.cond(x[0] > 0, jnp.sin, jnp.cos, x), "write jnp.where"),
    "scan": (lambda x: lax.scan(lambda c, _: (c * x, None), x, None, length=2000)[0], "runs 2000 times; up to 1000"),
    "update": (lambda x: lax.dynamic_update_slice(x, x[:1], (jnp.argmax(x),)), "where it writes depends on"),
    "fft": (lambda x: jnp.abs(jnp.fft.fft(x)), "converts to complex"),
}


@pytest.mark.parametrize("name", LEFT_TO_DATA)
def test_what_cannot_be_traced_is_refused_with_the_line_and_what_to_write(name):
    function, reason = LEFT_TO_DATA[name]
    with pytest.raises(TraceError, match=reason) as raised:
        JaxSubject(function, [V]).graph()
    (line,) = re.findall(r"test_subject\.py:(\d+), ", str(raised.value))
    with open(__file__) as source:
        assert f'"{name}": (lambda' in source.readlines()[int(line) - 1]


def test_the_line_is_that_of_this_call_also_where_jax_remembers_another():
    jnp.fft.fft(V)
    for function in (
        lambda x: jnp.abs(jnp.fft.fft(x)),  # first
        jax.jit(lambda x: jnp.abs(jnp.fft.fft(x)) + 1),  # second
    ):
        with pytest.raises(TraceError, match="# second" if hasattr(function, "lower") else "# first"):
            JaxSubject(function, [V]).graph()


def test_a_primitive_without_a_rule_says_how_to_give_one(monkeypatch):
    def f(x):
        return jax.pure_callback(lambda v: v**3, jax.ShapeDtypeStruct(x.shape, x.dtype), x)

    with pytest.raises(TraceError, match=r"gradproof\.rule\('pure_callback', .*test_subject\.py"):
        JaxSubject(f, [V]).graph()
    monkeypatch.setattr("gradproof.verify.subjects.rules._GIVEN", {})
    gradproof.rule("pure_callback", lambda x, **_: x**3)
    assert [node.op for node in JaxSubject(f, [V]).graph().nodes] == ["pow"]
    gradproof.rule("pure_callback", lambda x, **_: x.sum())
    with pytest.raises(TraceError, match=r"returned float64 \(\), but JAX has float64 \(3,\)"):
        JaxSubject(f, [V]).graph()
    gradproof.rule("pure_callback", lambda x, **_: x.float())
    with pytest.raises(TraceError, match=r"returned float32 \(3,\), but JAX has float64 \(3,\)"):
        JaxSubject(f, [V]).graph()


def test_a_function_of_no_float_or_to_no_float_is_refused():
    with pytest.raises(TraceError, match="nothing to differentiate by"):
        JaxSubject(lambda n: n * 1.0, [np.array([1, 2])]).graph()
    with pytest.raises(TraceError, match=r"lambda at .* returned no floating array"):
        JaxSubject(lambda x: jnp.argmax(x), [V]).graph()


# --- the derivative


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_gradients_are_those_of_jax(mode):
    def f(x, n, y):
        return x * y, jnp.sum(x) * n

    subject = JaxSubject(f, (X, np.array(3), V), mode=mode)
    values = [each.value for each in subject.leaves]
    ct = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    by_x, by_n, by_y = subject.pull_back(values, 0, ct)
    np.testing.assert_allclose(by_x, ct * V, rtol=1e-15)
    np.testing.assert_allclose(by_y, (ct * X).sum(0), rtol=1e-15)
    assert by_n is None
    np.testing.assert_array_equal(subject.pull_back(values, 1, np.array(2.0))[0], np.full((2, 3), 6.0))


@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_second_derivatives_are_those_of_the_gradients_along_directions(mode):
    subject = JaxSubject(lambda x, y: x**3 * y, (V, V + 2), mode=mode)
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


@pytest.mark.parametrize("rule", ["vjp", "jvp"])
@pytest.mark.parametrize("size", [0.0, 1e-3, 1e-9])
def test_a_rule_of_the_users_own_is_verified_or_found_wrong(rule, size):
    f = custom(lambda x: jnp.cos(x) * (1 + size), rule)
    wanted = Verdict.WRONG if size else Verdict.VERIFIED
    assert examined(f, X).verdict is wanted
    assert examined(jax.jit(f), X).verdict is wanted
    assert examined(lambda x: jnp.exp(f(x) * x), X).verdict is wanted
    if rule == "jvp":
        assert examined(f, V, mode="forward").verdict is wanted


@pytest.mark.parametrize(("size", "verdict"), [(0.0, Verdict.VERIFIED), (1e-3, Verdict.WRONG)])
def test_float32_is_judged_in_float32(size, verdict):
    assert examined(custom(lambda x: jnp.cos(x) * (1 + size)), jnp.float32(X)).verdict is verdict


def test_a_network_and_its_gradient():
    def loss(params, x):
        hidden = jax.nn.gelu(x @ params["w"] + params["b"])
        return -jnp.mean(jax.nn.log_softmax(hidden)[jnp.arange(2), np.array([0, 1])])

    random = np.random.default_rng(0)
    params = {"w": random.normal(size=(3, 2)), "b": random.normal(size=2)}
    result = examined(loss, params, X)
    assert result.verdict is Verdict.VERIFIED
    assert examined(lambda params, x: jax.grad(loss)(params, x), params, X).verdict is Verdict.VERIFIED


def test_an_output_without_a_derivative_is_not_held_against_the_function():
    sign, logarithm = 0, 1
    result = examined(lambda x: jnp.linalg.slogdet(x.T @ x + jnp.eye(3)), X)
    assert result.verdict is Verdict.VERIFIED
    assert {pair.output for pair in result.pairs} == {sign, logarithm}


def test_wrong_second_derivatives_are_found():
    def of(residual):
        f = jax.custom_vjp(lambda x: jnp.sin(x))
        f.defvjp(lambda x: (jnp.sin(x), x), lambda x, ct: (ct * jnp.cos(residual(x)),))
        return f

    assert gradproof.check(of(lambda x: x), V, order=2, library="jax").verdict is Verdict.VERIFIED
    assert gradproof.check(of(lax.stop_gradient), V, order=2, library="jax").verdict is Verdict.WRONG


def test_the_library_is_told_by_its_arrays():
    assert gradproof.check(lambda x: x * x, jnp.float32(V)).library == "JAX"


def test_gradproof_does_not_import_jax():
    code = "import sys, gradproof, gradproof.verify.checking.check; assert 'jax' not in sys.modules"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each or os.getcwd() for each in sys.path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
