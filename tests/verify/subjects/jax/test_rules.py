"""JAX's primitives: what each rule says it computes is what JAX computes, also at inputs that were not traced."""

import numpy as np
import pytest

pytest.importorskip("jax", reason="JAX is not installed")

import jax
import jax.numpy as jnp
from jax import lax
from jax.ad_checkpoint import checkpoint_name

from gradproof.engine.vocabulary import OPS
from gradproof.errors import TraceError
from gradproof.verify.subjects.jax import JaxSubject
from gradproof.verify.subjects.jax.rules import REFUSED, RULES, WHOLE


def unit(rng, shape=(2, 3)):
    """Numbers between 0 and 1, apart from both."""
    return rng.uniform(0.2, 0.8, shape)


def real(rng):
    return rng.normal(size=(2, 3))


def three(rng):
    return rng.normal(size=(3, 2, 2))


def vector(rng):
    return rng.normal(size=5)


def heavy(rng):
    """A symmetric matrix with a heavy diagonal, in which no rows are exchanged."""
    a = unit(rng, (3, 3))
    return a + a.T + 5 * np.eye(3)


def tall(rng):
    return rng.normal(size=(3, 2)) + 3 * np.eye(3, 2)


def number(rng):
    return rng.uniform(0.2, 0.8)


def floats(*bools):
    return [jnp.where(each, 1.5, -0.5) for each in bools]


def places(x, axis=1):
    """Small integers that depend on values."""
    return jnp.argmax(x, axis=axis)


HERE, ROWS = np.array([0, 2]), np.array([1, 0, 1])
SHARDING = jax.sharding.SingleDeviceSharding(jax.devices()[0])


def scattered(x, how):
    y = jnp.zeros_like(x).at[:, HERE]
    return getattr(x.at[0, HERE], how)(x[1, :2]) + getattr(y, how)(1.5)


def batched(x):
    """An addition to a place of each row, which is one scatter with a batch."""
    return jax.vmap(lambda row, place: row.at[place].add(row[0]))(x, np.array([2, 1]))


def windows(reduce, start):
    """Windows with padding, strides and holes."""
    return lambda x: lax.reduce_window(x, start, reduce, (1, 2), (1, 1), ((0, 0), (1, 2)), window_dilation=(1, 2))


#: By primitive: a function that reaches it, and what its arguments are drawn from.
EXAMPLES = {
    "abs": (jnp.abs, real),
    "acos": (lax.acos, unit),
    "acosh": (lambda x: lax.acosh(1 + x), unit),
    "add": (lambda x, y: x + y, real, real),
    "add_any": (lambda x: jax.grad(lambda y: jnp.sum(jnp.tanh(y) * y))(x), real),
    "and": (lambda x, y: floats((x > 0) & (y > 0), ~(x > 0) & True), real, real),
    "argmax": (
        lambda x: (
            jnp.argmax(x, 0) * 1.0,
            jnp.argmax(x[:1], 1) * 1.0,
            jnp.argmax(x[:, :1], 1) + 0.5,
            jnp.argmax(x > 0) * 1.0,
        ),
        real,
    ),
    "argmin": (lambda x: (jnp.argmin(x, 1) * 1.0, jnp.argmin(x > 0, 1) * 1.0), real),
    "asin": (lax.asin, unit),
    "asinh": (lax.asinh, real),
    "atan": (lax.atan, real),
    "atan2": (lax.atan2, real, real),
    "atanh": (lax.atanh, unit),
    "bessel_i0e": (lax.bessel_i0e, real),
    "bessel_i1e": (lax.bessel_i1e, real),
    "broadcast_in_dim": (lambda x: lax.broadcast_in_dim(x, (3, 2, 4, 3), (1, 3)), real),
    "cbrt": (lax.cbrt, real),
    "ceil": (lax.ceil, real),
    "cholesky": (jnp.linalg.cholesky, heavy),
    "clamp": (lambda x: lax.clamp(0.3, x, 0.6), unit),
    "concatenate": (lambda x, y: (jnp.concatenate([x, y, x], 1), jnp.concatenate([x, np.ones((1, 3))])), real, real),
    "conv_general_dilated": (
        lambda x, w: lax.conv_general_dilated(
            x, w, (1, 2), ((1, 2), (-1, 3)), (2, 1), (1, 2), ("NHWC", "HWIO", "NHWC"), feature_group_count=2
        ),
        lambda rng: rng.normal(size=(2, 4, 5, 2)),
        lambda rng: rng.normal(size=(3, 2, 1, 4)),
    ),
    "convert_element_type": (
        lambda x: (
            x.astype(jnp.float32) * 1.0,
            (4 * x).astype(int) * 0.5,
            (x > 0) * 2.0,
            floats((4 * x).astype(int).astype(bool), x.astype(bool)),
            (x > 0).astype(int) * 1.0,
        ),
        real,
    ),
    "copy": (lambda x: jnp.array(x, copy=True), real),
    "cos": (lax.cos, real),
    "cosh": (lax.cosh, real),
    "cumlogsumexp": (lambda x: lax.cumlogsumexp(x, 1, reverse=True), real),
    "cummax": (lambda x: lax.cummax(x, 1), real),
    "cummin": (lambda x: lax.cummin(x, 1, reverse=True), real),
    "cumprod": (lambda x: lax.cumprod(x, 1), real),
    "cumsum": (lambda x: lax.cumsum(x, 0, reverse=True), real),
    "device_put": (lambda x: jax.device_put(x, jax.devices()[0]) * 2, real),
    "digamma": (lax.digamma, unit),
    "div": (
        lambda x, y: (
            x / y,
            (places(x) - 1) // 2 * 1.0,
            lax.div(places(x) - 1, -2) * 1.0,
            lax.div(4, places(x) + 1) + 0.5,
        ),
        real,
        unit,
    ),
    "dot_general": (
        lambda x, y: (
            jnp.einsum("bij,bkj->kbi", x, y),
            jnp.einsum("bij,bij->b", x, y),
            jnp.tensordot(x, y, ([0, 2], [0, 1])),
            jnp.dot(x[0, 0], y[1, 1]),
            jnp.dot(x, 2.0),
        ),
        three,
        three,
    ),
    "dynamic_slice": (
        lambda x: (lax.dynamic_slice(x, (1, -7), (1, 2)), lax.dynamic_slice(x, (0, places(x)[0]), (1, 2))),
        real,
    ),
    "dynamic_update_slice": (lambda x: lax.dynamic_update_slice(x, x[:1, :2] * 2, (5, 1)), real),
    "eigh": (lambda a: [part * part for part in lax.linalg.eigh(a)], heavy),
    "eq": (lambda x: floats(places(x) == 2, x == x[0, 0], x == jnp.inf, x == x), real),
    "eq_to": (lambda x: floats(lax.eq_to_p.bind(x, x[:, ::-1])), real),
    "erf": (lax.erf, real),
    "erf_inv": (lax.erf_inv, unit),
    "erfc": (lax.erfc, real),
    "exp": (lax.exp, real),
    "exp2": (lax.exp2, real),
    "expm1": (lax.expm1, real),
    "floor": (lax.floor, real),
    "gather": (
        lambda x: (
            x[:, HERE],
            x[ROWS, 1:],
            x[np.array([[-1]]), HERE],
            jnp.take(x, np.array([1, 7]), axis=1),
            x.at[:, np.array([0, 9])].get(mode="clip"),
            jnp.take_along_axis(x, np.array([[2, 0], [1, 1]]), 1),
            jnp.take_along_axis(x, jnp.argsort(x, 1), 1),
            x[:, places(x)],
            x.T[places(x), 1:],
            jax.vmap(lambda row, place: row[place])(x, places(x)),
        ),
        real,
    ),
    "ge": (lambda x: floats(places(x) >= 1, x >= 0.1), real),
    "gt": (lambda x: floats(places(x) > 1, x > 0.1), real),
    "householder_product": (lambda a, t: lax.linalg.householder_product(a, t), tall, lambda rng: rng.normal(size=2)),
    "igamma": (lambda x: lax.igamma(2.5, x), unit),
    "igammac": (lambda x: lax.igammac(jnp.full_like(x, 2.5), x), unit),
    "integer_pow": (lambda x: (x**2, x**3, lax.integer_pow(x, -1), x**-3, x**0, places(x) ** 3 * 1.0), real),
    "is_finite": (lambda x: floats(jnp.isfinite(x)), real),
    "le": (lambda x: floats(places(x) <= 1, x <= 0.1), real),
    "le_to": (lambda x: floats(lax.le_to_p.bind(x, x[:, ::-1])), real),
    "lgamma": (lax.lgamma, unit),
    "log": (lax.log, unit),
    "log1p": (lax.log1p, unit),
    "logistic": (lax.logistic, real),
    "lt": (lambda x: floats(places(x) < 1, x < 0.1), real),
    "lt_to": (lambda x: floats(lax.lt_to_p.bind(x, x[:, ::-1])), real),
    "lu": (lambda a: (lax.linalg.lu(a)[0], jnp.linalg.det(jnp.kron(a, jnp.eye(2)))), heavy),
    "max": (lambda x, y: (jnp.maximum(x, y), jnp.maximum(-jnp.inf, x)), real, real),
    "min": (lambda x, y: (jnp.minimum(x, y), jnp.minimum(x, jnp.inf)), real, real),
    "mul": (lambda x, y: x * y, real, real),
    "name": (lambda x: checkpoint_name(x, "here") * 2, real),
    "ne": (lambda x: floats(places(x) != 2, x != x[0, 0], jnp.isnan(x)), real),
    "neg": (lax.neg, real),
    "not": (lambda x: floats(~(x > 0)), real),
    "optimization_barrier": (lambda x: lax.optimization_barrier((x, 2 * x)), real),
    "or": (lambda x, y: floats((x > 0) | (y > 0)), real, real),
    "pad": (
        lambda x: (
            lax.pad(x, 0.0, ((1, 2, 0), (0, 1, 0))),
            lax.pad(x, 2.0, ((1, 1, 1), (-1, 2, 2))),
            lax.pad(x, x[0, 0], ((0, 0, 3), (1, -2, 0))),
        ),
        real,
    ),
    "polygamma": (lambda x: (lax.polygamma(2.0, x), lax.polygamma(jnp.zeros_like(x), x)), unit),
    "pow": (lambda x, y: (x**y, lax.pow(x, 3)), unit, real),
    "qr": (lambda a: [part * part for part in jnp.linalg.qr(a)], tall),
    "reduce_and": (lambda x: floats(jnp.all(x > -1, 1), jnp.all(x > -1)), real),
    "reduce_max": (lambda x: (jnp.max(x, 1), jnp.max(x)), real),
    "reduce_min": (lambda x: jnp.min(x, 0), real),
    "reduce_or": (lambda x: floats(jnp.any(x > 0.5, 1)), real),
    "reduce_prod": (lambda x: (jnp.prod(x), jnp.prod(x, 1)), real),
    "reduce_sum": (lambda x: (jnp.sum(x), jnp.sum(x, (1, 0)), jnp.sum(x, ())), real),
    "reduce_window_max": (windows(lax.max, -jnp.inf), real),
    "reduce_window_min": (windows(lax.min, jnp.inf), real),
    "reduce_window_sum": (windows(lax.add, 0.0), real),
    "regularized_incomplete_beta": (lambda x: lax.betainc(2.0, 3.5, x), unit),
    "rem": (lambda x: (lax.rem(x, 0.3), jnp.mod(x, 0.3), places(x) % 2 * 1.0, lax.rem(places(x) - 1, 2) * 1.0), real),
    "reshape": (lambda x: jnp.reshape(x, (3, 2)), real),
    "rev": (lambda x: x[::-1, ::-1], real),
    "round": (lambda x: (jnp.round(4 * x), lax.round(4 * x), lax.round(x * 0 + np.array([0.5, -1.5, 2.5]))), real),
    "rsqrt": (lax.rsqrt, unit),
    "scatter": (lambda x: (scattered(x, "set"), x.at[0].set(x[1]), x.at[np.array([0, 9])].set(x * 2)), real),
    "scatter-add": (lambda x: (scattered(x, "add"), x.at[:, np.array([1, 1])].add(x[:, :2]), batched(x)), real),
    "scatter-max": (lambda x: scattered(x, "max"), real),
    "scatter-min": (lambda x: scattered(x, "min"), real),
    "scatter-mul": (lambda x: scattered(x, "multiply"), real),
    "scatter-sub": (lambda x: scattered(x, "subtract"), real),
    "select_n": (
        lambda x: (
            jnp.where(x > 0, x, 2 * x),
            jnp.where(np.array([True, False, True]), x, 0.0),
            lax.select_n(places(x, 0), x[0], x[1], x[1]),
            lax.select_n(np.array([1, 0, 2]), x[0], x[1], 2 * x[1]),
            floats(jnp.where(x > 0, x > 0.5, x < -0.5)),
        ),
        real,
    ),
    "sharding_constraint": (lambda x: lax.with_sharding_constraint(2 * x, SHARDING), real),
    "sign": (lambda x: (lax.sign(x), lax.sign(places(x) - 1) * 1.0), real),
    "sin": (lax.sin, real),
    "sinh": (lax.sinh, real),
    "slice": (lambda x: lax.slice(x, (0, 0), (1, 3), (1, 2)), real),
    "sort": (
        lambda x: (
            jnp.sort(x, 0),
            jnp.argsort(x, 1) * 1.0,
            lax.sort((x, 2 * x), dimension=1),
            lax.sort((np.array([2.0, 0.0, 1.0]), x[0]), num_keys=1),
            jnp.argsort(x[:, :1], 1) + 0.5,
        ),
        real,
    ),
    "split": (lambda x: jnp.split(x, (1,), axis=1), real),
    "sqrt": (lax.sqrt, unit),
    "square": (lax.square, real),
    "squeeze": (lambda x: jnp.squeeze(x[:, None]), real),
    "stop_gradient": (lambda x: lax.stop_gradient(x) * x, real),
    "sub": (lambda x, y: x - y, real, real),
    "svd": (
        lambda a: (jnp.linalg.svd(a, compute_uv=False), [p * p for p in jnp.linalg.svd(a, full_matrices=False)]),
        tall,
    ),
    "tan": (lax.tan, unit),
    "tanh": (lax.tanh, real),
    "top_k": (lambda x: [part * 1.0 for part in lax.top_k(x, 2)], vector),
    "transpose": (lambda x: jnp.transpose(x, (2, 0, 1)), three),
    "triangular_solve": (
        lambda a, b: [
            lax.linalg.triangular_solve(
                a, b if left else b.T, left_side=left, lower=lower, transpose_a=turned, unit_diagonal=one
            )
            for left in (False, True)
            for lower in (False, True)
            for turned in (False, True)
            for one in (False, True)
        ],
        heavy,
        tall,
    ),
    "xor": (lambda x, y: floats((x > 0) ^ (y > 0)), real, real),
    "zeta": (lambda x: lax.zeta(3.0, x), unit),
}


#: What JAX made of other primitives once.
NEWER = {"optimization_barrier", "scatter-sub", "split", "square"}


def test_every_rule_has_an_example():
    assert sorted(EXAMPLES) == sorted(RULES)
    assert len(RULES) >= 85
    assert not RULES.keys() & REFUSED.keys()
    assert not WHOLE.keys() - RULES.keys()


def played(graph, values):
    """Play a graph at other values of its first inputs."""
    inputs = [*values, *(each.value for each in graph.inputs[len(values) :])]
    with np.errstate(all="ignore"):
        found = graph.play(lambda node, args: np.asarray(OPS[node.op](*args, **node.params)), inputs)
    return [found[output] for output in graph.outputs]


@pytest.mark.parametrize(
    ("table", "name"), [*((RULES, name) for name in sorted(EXAMPLES)), *((WHOLE, name) for name in sorted(WHOLE))]
)
def test_a_rule_computes_what_the_primitive_does(table, name, monkeypatch):
    if name in NEWER and jax.__version_info__ < (0, 5):
        pytest.skip(f"JAX {jax.__version__} has no primitive {name}")
    function, *draws = EXAMPLES[name]
    used = []
    rule = table[name]

    def seen(*args, **params):
        used.append(name)
        return rule(*args, **params)

    monkeypatch.setitem(table, name, seen)
    rng = np.random.default_rng(len(name))
    first, second = ([np.asarray(draw(rng)) for draw in draws] for _ in range(2))
    subject = JaxSubject(function, first)
    graph = subject.graph()
    assert used, f"the example of {name} does not reach it"
    for values in (first, second):
        wanted = subject.forward(values)
        found = played(graph, values)
        assert [each.dtype for each in found] == [each.dtype for each in wanted]
        for ours, theirs in zip(found, wanted, strict=True):
            units = np.finfo(theirs.dtype).eps
            np.testing.assert_allclose(ours, theirs, rtol=200 * units, atol=20 * units)


REFUSALS = {
    "random_fold_in": (
        lambda x: jax.random.normal(jax.random.fold_in(jax.random.key(0), places(x)[0])) * x,
        "random numbers",
    ),
    "reduce_precision": (lambda x: lax.reduce_precision(x, 5, 10), "rounds to bits"),
    "a branch": (lambda x: lax.cond(x[0, 0] > 0, jnp.sin, jnp.cos, x), "jnp.where"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_refused_says_why_and_where(name):
    function, reason = REFUSALS[name]
    with pytest.raises(TraceError, match=rf"{reason}.*test_rules\.py:\d+"):
        JaxSubject(function, [np.ones((2, 3))]).graph()
