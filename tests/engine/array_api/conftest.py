"""The reference implementation of the standard, and what calls give in it and here."""

import warnings

import numpy as np
import pytest

import gradproof.engine as engine
from gradproof.errors import GradproofError

VERSION = "2024.12"
TOLERANCE = {np.dtype(np.float32): 2e-6, np.dtype(np.float64): 4e-15}


@pytest.fixture(scope="session")
def strict():
    """array-api-strict, which refuses whatever the standard leaves undefined."""
    module = pytest.importorskip("array_api_strict", reason="array-api-strict is missing: pip install 'gradproof[dev]'")
    module.set_array_api_strict_flags(api_version=VERSION)
    return module


@pytest.fixture(scope="session")
def xp():
    """The namespace that a tensor returns."""
    return engine.tensor([1.0]).__array_namespace__()


def to_numpy(value):
    """Return a result of either library as arrays, dtypes by name."""
    if isinstance(value, tuple | list):
        return tuple(to_numpy(each) for each in value)
    if isinstance(value, engine.Tensor):
        return value.detach().numpy()
    if hasattr(value, "__array_namespace__"):
        return np.asarray(value._array)
    return value


def outcome(call, xp, arrays):
    """Return what a call gives on arrays of a library, or "refused" where it raises as the standard allows."""
    made = [xp.asarray(array) if isinstance(array, np.ndarray) else array for array in arrays]
    is_reference = "array_api_strict" in xp.__name__
    refusals = (TypeError, ValueError, IndexError) if is_reference else GradproofError
    with np.errstate(all="ignore"), warnings.catch_warnings():
        if is_reference:
            warnings.simplefilter("ignore", RuntimeWarning)
        try:
            return to_numpy(call(xp, *made))
        except refusals:
            return "refused"


def assert_same(found, expected, scale=1.0):
    """Compare values, shapes and dtypes, or that both are refused; floats up to ``scale`` times some ulp."""
    if isinstance(expected, tuple):
        assert isinstance(found, tuple)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other, scale)
        return
    if not isinstance(expected, np.ndarray):
        assert isinstance(found, type(expected)), f"{found!r} where {expected!r} is expected"
        assert found == expected
        return
    assert isinstance(found, np.ndarray), f"{found!r} where an array is expected"
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    if expected.dtype.kind == "f":
        close = scale * TOLERANCE[expected.dtype]
        np.testing.assert_allclose(found, expected, rtol=close, atol=close)
    else:
        np.testing.assert_array_equal(found, expected)


def draw(dtype, shape, seed=0):
    """Return numbers of a dtype, most of them different, none of them 0."""
    rng = np.random.default_rng([seed, *shape])
    if dtype == "bool":
        return np.asarray(rng.random(shape) < 0.5)
    if np.dtype(dtype).kind == "f":
        return np.asarray(rng.uniform(0.1, 3.0, shape) * rng.choice([-1.0, 1.0], shape)).astype(dtype)
    low = 1 if np.dtype(dtype).kind == "u" else -6
    values = rng.integers(low, 6, shape)
    return np.where(values == 0, 7, values).astype(dtype)


@pytest.fixture(scope="session")
def random_array():
    """The function that draws arrays."""
    return draw


@pytest.fixture
def compare(xp, strict):
    """A function that makes a call on arrays of both libraries and compares the outcomes, of which it returns one.

    Without ``refusals`` it compares where the reference library gives a value: that refuses indices, too, which the
    standard leaves undefined. With ``as_int64`` that value is in uint64.
    """

    def check(call, *arrays, scale=1.0, as_int64=False, refusals=True):
        found, expected = (outcome(call, module, arrays) for module in (xp, strict))
        if isinstance(expected, str) and expected == "refused" and not refusals:
            return expected
        if as_int64:
            assert expected.dtype == np.uint64
            expected = expected.astype(np.int64)
        assert_same(found, expected, scale)
        return expected

    return check
