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
