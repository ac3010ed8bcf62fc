"""Factors of traced matrices are NumPy's, also in the signs that NumPy leaves to LAPACK."""

import numpy as np
import pytest

import gradproof
from gradproof.engine.numpy_api import TracedArray, trace_numpy
from gradproof.engine.tracing import trace
from gradproof.errors import TraceError
from gradproof.verify import EngineTarget, Verdict

FACTORS = {
    "eigh": lambda a: np.linalg.eigh(a),
    "eigh of the upper triangle": lambda a: np.linalg.eigh(a, UPLO="U"),
    "svd": lambda a: np.linalg.svd(a),
    "svd of a wide matrix": lambda a: np.linalg.svd(a[:2], full_matrices=False),
    "svd of a tall matrix": lambda a: np.linalg.svd(a[:, :2], full_matrices=False),
    "svd without vectors": lambda a: np.linalg.svd(a, compute_uv=False),
    "qr": lambda a: np.linalg.qr(a),
    "qr of a wide matrix": lambda a: np.linalg.qr(a[:2], mode="complete"),
    "qr of a tall matrix": lambda a: np.linalg.qr(a[:, :2]),
    "the upper factor": lambda a: np.linalg.qr(a, mode="r"),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", FACTORS)
def test_factors_are_those_of_numpy_at_the_point_and_near_it(name, dtype):
    for seed in range(5):
        random = np.random.default_rng(seed)
        a = random.normal(size=(3, 3)).astype(dtype)
        near = a + 1e-3 * random.normal(size=(3, 3)).astype(dtype)
        graph = trace(FACTORS[name], a, like=TracedArray)
        for value in (a, near):
            played = EngineTarget().forward(graph, [value, *(each.value for each in graph.inputs[1:])])
            expected = FACTORS[name](value)
            wanted = expected if isinstance(expected, tuple) else (expected,)
            for output, factor in zip(graph.outputs, wanted, strict=True):
                assert played[output].dtype == factor.dtype
                np.testing.assert_allclose(played[output], factor, rtol=0, atol=500 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", FACTORS)
def test_fields_have_the_names_of_numpy(name):
    a = np.random.default_rng(0).normal(size=(3, 3))
    named = []
    trace_numpy(lambda x: named.append(FACTORS[name](x)) or x, a)
    assert getattr(named[0], "_fields", None) == getattr(FACTORS[name](a), "_fields", None)


def test_a_derivative_by_hand_of_a_factor_is_proven():
    def function(a):
        return np.linalg.qr(a)[1][0, 0]

    def gradient(a):
        q, _ = np.linalg.qr(a)
        found = np.zeros_like(a)
        found[:, 0] = q[:, 0]
        return found

    a = np.random.default_rng(1).normal(size=(3, 3))
    assert gradproof.check(function, a, gradient=gradient).verdict is Verdict.VERIFIED
    assert gradproof.check(function, a, gradient=lambda a: -gradient(a)).verdict is Verdict.WRONG


@pytest.mark.parametrize(
    ("function", "instead"),
    [
        (lambda a: np.linalg.svd(a[:2])[2], "full_matrices=False"),
        (lambda a: np.linalg.qr(a[:, :2], mode="complete")[0], "mode='reduced'"),
        (lambda a: np.linalg.qr(a, mode="raw")[0], "mode='reduced'"),
    ],
)
def test_what_a_matrix_does_not_determine_is_refused(function, instead):
    with pytest.raises(TraceError, match=instead):
        trace_numpy(function, np.eye(3) + np.arange(9.0).reshape(3, 3))
