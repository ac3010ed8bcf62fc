"""Arguments for every op, drawn from nothing but its record: shape rule, domain and static parameters."""

import importlib
import itertools

import numpy as np
import pytest

from gradproof.errors import GradproofError


@pytest.fixture(params=["gradproof.engine", "torch"])
def torch(request):
    """This engine and, where it is installed, PyTorch: what holds of the one must hold of the other."""
    if request.param == "torch":
        return pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradproof[peers]'")
    return importlib.import_module(request.param)


@pytest.fixture
def recent_torch(torch):
    """The same, where PyTorch is of the release that is followed: earlier ones differ in what the test is about."""
    version = getattr(torch, "__version__", "")
    if torch.__name__ == "torch" and tuple(map(int, version.split(".")[:2])) < (2, 14):
        pytest.skip(f"PyTorch {version} is older than 2.14, from which on this holds")
    return torch


@pytest.fixture
def refuses(torch):
    """A function that asks for what PyTorch refuses: the error must be of one kind, and here one of our own."""

    def check(kind, ask, *args):
        with pytest.raises(kind) as caught:
            ask(*args)
        assert torch.__name__ == "torch" or isinstance(caught.value, GradproofError)

    return check


SHAPES = [(), (3,), (2, 3), (1, 2), (0,), (2, 0), (2, 1, 3), (1,), (2, 2), (1, 1, 2, 3)]


def static_params(op):
    """Return all combinations of the parameters that do not depend on a shape."""
    return [dict(zip(op.params, values, strict=True)) for values in itertools.product(*op.params.values())]


def proposals(op, shapes=SHAPES):
    """Yield (shapes of all arguments, parameters) for all that the shape rule proposes."""
    for shape in shapes:
        for shaped, static in itertools.product(op.shape.parameters(shape), static_params(op)):
            params = {**shaped, **static}
            slots = range(len(op.real_slots)) if op.is_real else [0]
            for slot in slots:
                for partners in op.shape.partners(slot, shape, **params):
                    yield partners, params


def draw(op, shapes, params, dtype=np.float64, seed=0):
    """Return read-only arguments from the first box of the op's domain, away from its edges."""
    rng = np.random.default_rng(seed)
    values = [_draw(op, slot, shape, shapes, params, dtype, rng) for slot, shape in enumerate(shapes)]
    for value in values:
        value.flags.writeable = False
    return values


def _draw(op, slot, shape, shapes, params, dtype, rng):
    domain = op.domain_of(slot)[0]
    if domain.kind == "boolean":
        return np.asarray(rng.random(shape) < 0.5)
    if domain.kind == "index":
        return np.asarray(rng.integers(0, op.shape.places(slot, *shapes, **params), shape))
    if domain.matrices:
        return _matrices(domain, np.asarray(rng.uniform(-1.8, 1.8, shape)), dtype)
    low, high = max(domain.low, -2.0), min(domain.high, 2.0)
    margin = 0.05 * (high - low)
    return np.asarray(rng.uniform(low + margin, high - margin, shape).astype(dtype))


def _matrices(domain, values, dtype):
    """Return matrices of the domain's kind: where these are none, they get a larger diagonal."""
    diagonal = np.eye(*values.shape[-2:]) * np.arange(1.0, values.shape[-1] + 1.0)
    while values.size and not domain.contains(values.astype(dtype)).all():
        values = values + diagonal
    return values.astype(dtype)


@pytest.fixture
def calls():
    """A function that gives (arguments, parameters) for all that an op proposes."""
    return lambda op, **how: [(draw(op, shapes, params, **how), params) for shapes, params in proposals(op)]
