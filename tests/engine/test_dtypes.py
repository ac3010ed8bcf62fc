"""PyTorch's names for dtypes."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine.dtypes import as_numpy
from gradproof.errors import DtypeError


def test_dtypes_print_as_in_pytorch():
    assert [repr(d) for d in (torch.float16, torch.float32, torch.float64, torch.int64, torch.bool)] == [
        "torch.float16", "torch.float32", "torch.float64", "torch.int64", "torch.bool",
    ]  # fmt: skip


def test_short_names_are_the_same_dtypes():
    assert (torch.half, torch.float, torch.double) == (torch.float16, torch.float32, torch.float64)
    assert torch.long == torch.int64


@pytest.mark.parametrize("same", [torch.float64, np.float64, "float64", float, np.dtype("float64")], ids=repr)
def test_a_dtype_is_understood_in_every_spelling(same):
    assert as_numpy(same) == np.dtype("float64")
    assert torch.ones(1, dtype=same).dtype == torch.float64


@pytest.mark.parametrize("same", [torch.half, np.float16, "float16", "half", np.dtype("float16")], ids=repr)
def test_float16_is_understood_in_every_spelling(same):
    assert as_numpy(same) == np.dtype("float16")
    assert torch.ones(1, dtype=same).dtype == torch.float16


@pytest.mark.parametrize("other", ["uint16", complex, "U3"], ids=repr)
def test_a_dtype_that_tensors_cannot_have_is_refused_with_those_they_can(other):
    with pytest.raises(DtypeError, match="not supported; tensors have one of float16, float32, float64, int8, int16"):
        torch.ones(1, dtype=other)


def test_what_is_no_dtype_is_refused():
    with pytest.raises(DtypeError, match="'floaty' is no dtype of NumPy"):
        torch.ones(1, dtype="floaty")


def test_bfloat16_is_refused_since_numpy_has_none():
    with pytest.raises(DtypeError, match=r"bfloat16.*; tensors have one of float16, float32"):
        torch.ones(1, dtype="bfloat16")


def test_floating_dtypes_are_told_apart():
    assert [d.is_floating_point for d in (torch.float16, torch.float32, torch.float64, torch.int64, torch.bool)] == [
        True,
        True,
        True,
        False,
        False,
    ]
