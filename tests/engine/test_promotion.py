"""The dtype of a result. The tables were observed in PyTorch 2.14."""

import itertools

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine.promotion import result_dtype

VALUES = {
    "b": torch.tensor([True]),
    "i": torch.tensor([2]),
    "h": torch.tensor([1.0], dtype=torch.float16),
    "f": torch.tensor([1.0]),
    "d": torch.tensor([1.0], dtype=torch.float64),
    "b0": torch.tensor(True),
    "i0": torch.tensor(2),
    "h0": torch.tensor(1.0, dtype=torch.float16),
    "f0": torch.tensor(1.0),
    "d0": torch.tensor(1.0, dtype=torch.float64),
    "B": True,
    "I": 2,
    "F": 1.5,
}
NAMES = {"b": "bool", "i": "int64", "h": "float16", "f": "float32", "d": "float64"}
#: The dtype of a + b, one row for each a, one letter for each b, in the order of VALUES; dots where both are numbers.
SUM = """
bihfdbihfdbif
iihfdiihfdiif
hhhfdhhhhhhhh
ffffdffffffff
ddddddddddddd
bihfdbihfdbif
iihfdiihfdiif
hhhfdhhhfdhhh
ffhfdffffdfff
ddhfddddddddd
bihfdbihfd...
iihfdiihfd...
ffhfdffhfd...
"""


def pairs():
    return [(a, b) for a, b in itertools.product(VALUES, VALUES) if not (a in "BIF" and b in "BIF")]


def observed(a, b):
    keys = list(VALUES)
    return NAMES[SUM.split()[keys.index(a)][keys.index(b)]]


def named(function, a, b):
    return function(VALUES[a], VALUES[b]).array.dtype.name


@pytest.mark.parametrize(("a", "b"), pairs())
def test_a_sum_has_the_dtype_it_has_in_pytorch(a, b):
    assert named(lambda x, y: x + y, a, b) == observed(a, b)
    assert named(lambda x, y: torch.where(torch.tensor([True]), x, y), a, b) == observed(a, b)
    assert named(torch.maximum, a, b) == observed(a, b)


@pytest.mark.parametrize(("a", "b"), pairs())
def test_a_quotient_is_always_floating(a, b):
    expected = observed(a, b)
    assert named(lambda x, y: x / y, a, b) == (expected if expected.startswith("float") else "float32")


@pytest.mark.parametrize(("a", "b"), [(a, b) for a, b in pairs() if observed(a, b) != "bool"])
def test_a_power_has_the_dtype_of_a_sum(a, b):
    assert named(lambda x, y: x**y, a, b) == observed(a, b)


#: Operations on tensors of bool, int64, float16, float32 and float64.
UNARY = {
    "exp": "ffhfd",
    "sqrt": "ffhfd",
    "sin": "ffhfd",
    "tanh": "ffhfd",
    "sigmoid": "ffhfd",
    "sum": "iihfd",
    "max": "bihfd",
}


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("kind", "bihfd")
def test_an_operation_on_one_tensor_has_the_dtype_it_has_in_pytorch(name, kind):
    expected = UNARY[name]["bihfd".index(kind)]
    assert getattr(torch, name)(VALUES[kind]).array.dtype.name == NAMES[expected]


@pytest.mark.parametrize("scalar", [np.float64(2.0), np.float32(2.0), np.int64(2)], ids=lambda x: type(x).__name__)
def test_numpy_scalars_count_as_python_numbers(scalar):
    assert (torch.tensor(1.0) * scalar).dtype == torch.float32
    assert (scalar * torch.tensor(1.0)).dtype == torch.float32
    assert (torch.tensor(1.0, dtype=torch.float64) * scalar).dtype == torch.float64
    assert (torch.tensor([1]) * scalar).dtype == (torch.int64 if isinstance(scalar, np.integer) else torch.float32)


def test_arrays_count_as_tensors():
    assert (torch.ones(3) * np.ones(3)).dtype == torch.float64
    assert (torch.ones(3) * np.ones(())).dtype == torch.float32


def test_a_python_number_is_not_rounded_to_the_default_dtype_on_the_way():
    assert (torch.zeros(1, dtype=torch.float64) + 0.1).item() == 0.1


def test_floating_turns_integers_into_the_default_float():
    assert result_dtype([np.ones(2, np.int64), 3], floating=True) == np.float32


DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


@pytest.fixture
def peer():
    return pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradproof[peers]'")


def operands(t):
    """Return a tensor with and one without dimensions for each dtype, and the three kinds of numbers."""
    return [t.ones(shape, dtype=getattr(t, name)) for name in DTYPES for shape in ((1,), ())] + [True, 2, 1.5]


@pytest.mark.parametrize("default", ["float32", "float64"])
def test_all_pairs_of_dtypes_are_promoted_as_in_pytorch(default, peer):
    try:
        for t in (torch, peer):
            t.set_default_dtype(getattr(t, default))
        ours, theirs = operands(torch), operands(peer)
        for i, j in itertools.product(range(len(ours)), repeat=2):
            (a, b), (c, d) = (ours[i], ours[j]), (theirs[i], theirs[j])
            assert repr(torch.result_type(a, b)) == repr(peer.result_type(c, d)), (a, b)
            if isinstance(a, torch.Tensor) or isinstance(b, torch.Tensor):
                assert repr((a + b).dtype) == repr((c + d).dtype), (a, b)
                assert repr((a / b).dtype) == repr((c / d).dtype), (a, b)
    finally:
        for t in (torch, peer):
            t.set_default_dtype(t.float32)


def test_the_default_dtype_is_that_of_floats_and_of_sizes_alone():
    torch.set_default_dtype(torch.float64)
    try:
        made = [torch.tensor(1.5), torch.zeros(2), torch.rand(2), torch.arange(2.0), torch.tensor([1]) / 2]
        assert [each.dtype for each in made] == [torch.float64] * 5
        assert repr(torch.tensor([0.5])) == "tensor([0.5000])"
        assert repr(torch.tensor([0.5], dtype=torch.float32)) == "tensor([0.5000], dtype=torch.float32)"
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.tensor(1.5).dtype == torch.float32


#: The names of PyTorch's functions whose results on small integers have dtypes of their own.
@pytest.mark.parametrize("name", ["sum", "prod", "max", "mean", "exp", "sqrt", "abs", "neg", "sign", "floor", "relu"])
def test_an_operation_on_any_dtype_has_the_dtype_it_has_in_pytorch(name, peer):
    for dtype in DTYPES:
        ours, theirs = torch.ones(2, dtype=getattr(torch, dtype)), peer.ones(2, dtype=getattr(peer, dtype))
        try:
            expected = repr(getattr(peer, name)(theirs).dtype)
        except RuntimeError:
            continue
        assert repr(getattr(torch, name)(ours).dtype) == expected, dtype


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_running_sums_and_products_have_the_dtype_they_have_in_pytorch(name, dtype, peer):
    ours = getattr(torch.ones(2, dtype=getattr(torch, dtype)), name)(0)
    theirs = getattr(peer.ones(2, dtype=getattr(peer, dtype)), name)(0)
    assert (repr(ours.dtype), ours.tolist()) == (repr(theirs.dtype), theirs.tolist())
