"""autograd's primitives: what is traced of each is what NumPy or SciPy computes, also at other inputs."""

import numpy as np
import pytest

pytest.importorskip("autograd", reason="HIPS autograd is not installed")

import autograd.numpy as anp
import autograd.numpy.linalg as anpl
from autograd.scipy import linalg, special
from autograd.scipy.stats import norm

from gradproof.engine.vocabulary import OPS
from gradproof.verify.subjects.autograd import AutogradSubject
from gradproof.verify.subjects.autograd.rules import RULES
from gradproof.verify.subjects.rules import find_rule


def unit(rng, shape=(2, 3)):
    """Numbers between 0 and 1, apart from both."""
    return rng.uniform(0.2, 0.8, shape)


def real(rng):
    return rng.normal(size=(2, 3))


def heavy(rng):
    """A symmetric matrix with a heavy diagonal."""
    a = unit(rng, (3, 3))
    return a + a.T + 5 * np.eye(3)


def three(rng):
    return rng.normal(size=(2, 3))


def floats(truth):
    return anp.where(truth, 1.5, -0.5)


def both(a, b):
    return [a, b]


def squares(parts):
    return [each * each for each in parts]


_UNIT = (
    *("absolute", "arccos", "arccosh", "arcsin", "arctanh", "cbrt", "exp2", "expm1", "fabs", "log", "log10", "log1p"),
    *("log2", "reciprocal", "sqrt", "tan"),
)
_REAL = (
    *("arcsinh", "arctan", "ceil", "conjugate", "cos", "cosh", "deg2rad", "degrees", "diag", "diagonal", "exp", "fix"),
    *("fliplr", "flipud", "floor", "nan_to_num", "negative", "rad2deg", "radians", "ravel", "real", "rint", "sign"),
    *("sin", "sinc", "sinh", "square", "squeeze", "tanh", "trace", "transpose", "tril", "triu", "trunc"),
)
_PAIRS = (
    *("add", "arctan2", "divide", "fmax", "fmin", "hypot", "inner", "kron", "logaddexp", "logaddexp2", "maximum"),
    *("minimum", "multiply", "outer", "remainder", "subtract"),
)
_SPECIAL = (
    *("erf", "erfc", "erfcinv", "erfinv", "expit", "gamma", "gammaln", "i0", "i1", "j0", "j1", "logit", "logsumexp"),
    *("psi", "rgamma", "y0", "y1"),
)
_REDUCTIONS = ["amax", "amin", "max", "mean", "min", "prod", "sum"]


def reduction(name):
    reduce = getattr(anp, name)
    return lambda x: [reduce(x), reduce(x, axis=0), reduce(x, axis=1, keepdims=True), reduce(x, (0, 1))]


def in_parts(split):
    def function(x):
        first, second = split(x, [1], 1)
        return [first, second * 2.0]

    return function


#: By primitive: a function that reaches it, and what its arguments are drawn from.
EXAMPLES = {
    **{f"numpy.{name}": (getattr(anp, name), unit) for name in _UNIT},
    **{f"numpy.{name}": (getattr(anp, name), real) for name in _REAL},
    **{f"numpy.{name}": (getattr(anp, name), real, unit) for name in _PAIRS},
    **{f"numpy.{name}": (reduction(name), real) for name in _REDUCTIONS},
    **{f"scipy.special.{name}": (getattr(special, name), unit) for name in _SPECIAL},
    **{
        f"scipy.stats.norm.{name}": (
            lambda x, m, s, name=name: [getattr(norm, name)(x), getattr(norm, name)(x, m, s)],
            real,
            real,
            unit,
        )
        for name in ("cdf", "logcdf", "logpdf", "logsf", "pdf", "sf")
    },
    "numpy.all": (lambda x: [floats(anp.all(x > -1, axis=1)), floats(anp.all(x > -1))], real),
    "numpy.any": (lambda x: [floats(anp.any(x > 1, axis=1, keepdims=True)), floats(anp.any(x > 1))], real),
    "numpy.arccosh": (lambda x: anp.arccosh(1 + x), unit),
    "numpy.array_split": (in_parts(anp.array_split), real),
    "numpy.atleast_1d": (lambda x: anp.atleast_1d(anp.sum(x)), real),
    "numpy.atleast_2d": (lambda x: anp.atleast_2d(x[0]), real),
    "numpy.broadcast_to": (lambda x: anp.broadcast_to(x, (4, 2, 3)), real),
    "numpy.clip": (lambda x: [anp.clip(x, -0.5, 0.5), anp.clip(x, None, 0.1)], real),
    "numpy.cross": (anp.cross, real, real),
    "numpy.cumsum": (lambda x: [anp.cumsum(x), anp.cumsum(x, 1)], real),
    "numpy.diff": (lambda x: [anp.diff(x), anp.diff(x, 1, 0)], real),
    "numpy.dot": (
        lambda x, y: [anp.dot(x, y.T), anp.dot(x, y[0]), anp.dot(x[0], y[1]), anp.dot(x, 2.0), anp.dot(np.eye(2), x)],
        real,
        real,
    ),
    "numpy.einsum": (lambda x, y: anp.einsum("ij,kj->ki", x, y), real, real),
    "numpy.equal": (lambda x: floats(x == x[0, 0]), real),
    "numpy.expand_dims": (lambda x: anp.expand_dims(x, 1), real),
    "numpy.flip": (lambda x: anp.flip(x, 1), real),
    "numpy.full": (lambda x: anp.full((2, 2), x[0, 0]), real),
    "numpy.greater": (lambda x: floats(x > 0.1), real),
    "numpy.greater_equal": (lambda x: floats(x >= 0.1), real),
    "numpy.less": (lambda x: floats(x < 0.1), real),
    "numpy.less_equal": (lambda x: floats(x <= 0.1), real),
    "numpy.logical_and": (lambda x: floats(anp.logical_and(x > -0.5, x < 0.5)), real),
    "numpy.logical_not": (lambda x: floats(anp.logical_not(x > 0)), real),
    "numpy.logical_or": (lambda x: floats(anp.logical_or(x < -0.5, x > 0.5)), real),
    "numpy.logical_xor": (lambda x: floats(anp.logical_xor(x < 0.5, x > -0.5)), real),
    "numpy.matmul": (lambda x, y: both(x @ y.T, anp.matmul(x, y[0])), real, real),
    "numpy.moveaxis": (lambda x: anp.moveaxis(x, 0, 1), real),
    "numpy.not_equal": (lambda x: floats(x != x[0, 0]), real),
    "numpy.pad": (lambda x: [anp.pad(x, ((1, 0), (2, 1)), "constant"), anp.pad(x, 1, "constant")], real),
    "numpy.power": (lambda x, y: [x**y, x**2, x**3, 2.0**y], unit, real),
    "numpy.repeat": (lambda x: [anp.repeat(x, 2), anp.repeat(x, 2, axis=1)], real),
    "numpy.reshape": (lambda x: [anp.reshape(x, (3, 2)), x.reshape(-1), anp.reshape(x, 6)], real),
    "numpy.roll": (lambda x: [anp.roll(x, 1), anp.roll(x, 2, axis=1)], real),
    "numpy.rot90": (anp.rot90, real),
    "numpy.round": (lambda x: anp.round(4 * x), real),
    "numpy.sort": (lambda x: anp.sort(x.ravel()), real),
    "numpy.split": (in_parts(anp.split), real),
    "numpy.std": (lambda x: [anp.std(x), anp.std(x, axis=1, ddof=1)], real),
    "numpy.var": (lambda x: [anp.var(x), anp.var(x, axis=0, keepdims=True, ddof=1)], real),
    "numpy.swapaxes": (lambda x: anp.swapaxes(x, 0, 1), real),
    "numpy.tensordot": (lambda x, y: [anp.tensordot(x, y), anp.tensordot(x, y, ([1], [1]))], real, real),
    "numpy.tile": (lambda x: [anp.tile(x, 2), anp.tile(x, (2, 1))], real),
    "numpy.where": (lambda x: [anp.where(x > 0, x, -2 * x), anp.where(np.eye(2, 3) > 0, x, 0.0)], real),
    "numpy.linalg.cholesky": (anpl.cholesky, heavy),
    "numpy.linalg.det": (anpl.det, heavy),
    "numpy.linalg.eigh": (lambda a: squares(anpl.eigh(a)), heavy),
    "numpy.linalg.inv": (anpl.inv, heavy),
    "numpy.linalg.norm": (lambda x: [anpl.norm(x), anpl.norm(x, axis=1), anpl.norm(x, "nuc")], real),
    "numpy.linalg.pinv": (anpl.pinv, heavy),
    "numpy.linalg.slogdet": (lambda a: list(anpl.slogdet(a)), heavy),
    "numpy.linalg.solve": (lambda a, b: [anpl.solve(a, b.T), anpl.solve(a, b[0])], heavy, real),
    "numpy.linalg.svd": (
        lambda x: [*squares(anpl.svd(x, full_matrices=False)), anpl.svd(x, compute_uv=False)],
        real,
    ),
    "scipy.linalg.solve_triangular": (
        lambda a, b: (
            [linalg.solve_triangular(a, b.T, trans=trans, lower=lower) for trans in (0, 1) for lower in (False, True)]
            + [linalg.solve_triangular(a, b[0])]
        ),
        heavy,
        real,
    ),
    "scipy.linalg.sqrtm": (linalg.sqrtm, heavy),
    "scipy.special.beta": (special.beta, unit, unit),
    "scipy.special.betainc": (lambda x: special.betainc(2.0, 3.5, x), unit),
    "scipy.special.betaln": (special.betaln, unit, unit),
    "scipy.special.gammainc": (lambda x: special.gammainc(2.5, x), unit),
    "scipy.special.gammaincc": (lambda x: special.gammaincc(2.5, x), unit),
    "scipy.special.iv": (lambda x: special.iv(2, x), unit),
    "scipy.special.ive": (lambda x: special.ive(2, x), unit),
    "scipy.special.jv": (lambda x: special.jn(2, x), unit),
    "scipy.special.logsumexp": (lambda x: [special.logsumexp(x), special.logsumexp(x, axis=1, keepdims=True)], real),
    "scipy.special.multigammaln": (lambda x: special.multigammaln(2 + x, 2), unit),
    "scipy.special.polygamma": (lambda x: [special.polygamma(2, x), special.polygamma(0, x)], unit),
    "scipy.special.yn": (lambda x: special.yn(2, x), unit),
    "autograd.__getitem__": (
        lambda x: [x[0], x[..., 1:], x[:, None, [0, 2]], x[np.array([[1]]), [0, 1]], x[np.eye(2, 3) > 0]],
        real,
    ),
    "autograd._array_from_scalar_or_array": (lambda x: [anp.array(x), anp.array(x[0], ndmin=2)], real),
    "autograd.array_from_args": (lambda x: anp.array([x[0], 2 * x[1], np.ones(3)]), real),
    "autograd.concatenate_args": (
        lambda x: [anp.concatenate([x, np.ones((1, 3))]), anp.stack([x, x]), anp.hstack([x, x]), anp.append(x, x)],
        real,
    ),
    "autograd.container_take": (in_parts(anp.split), real),
}


def test_every_rule_has_an_example():
    assert not RULES.keys() - EXAMPLES.keys()
    assert len(EXAMPLES) >= 60


def played(graph, values):
    """Play a graph at other values of its first inputs."""
    inputs = [*values, *(each.value for each in graph.inputs[len(values) :])]
    with np.errstate(all="ignore"):
        found = graph.play(lambda node, args: np.asarray(OPS[node.op](*args, **node.params)), inputs)
    return [found[output] for output in graph.outputs]


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_what_is_traced_of_a_primitive_computes_the_same(name, monkeypatch):
    function, *draws = EXAMPLES[name]
    met = []

    def found(each, known):
        met.append(each)
        return find_rule(each, known)

    monkeypatch.setattr("gradproof.verify.subjects.autograd.tracing.find_rule", found)
    rng = np.random.default_rng(len(name))
    first, second = ([np.asarray(draw(rng)) for draw in draws] for _ in range(2))
    subject = AutogradSubject(function, first)
    graph = subject.graph()
    assert name in met, f"the example of {name} does not reach it"
    for values in (first, second):
        wanted = subject.forward(values)
        found = played(graph, values)
        assert [each.dtype for each in found] == [each.dtype for each in wanted]
        for ours, theirs in zip(found, wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=200 * np.finfo(theirs.dtype).eps, atol=1e-14)
