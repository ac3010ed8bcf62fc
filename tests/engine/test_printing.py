"""The text of tensors, letter by letter.

Each expected text is what PyTorch 2.13.0 prints for the same values, dtype and options: ``repr(tensor)`` of a plain
tensor, a leaf, or the result of the operation that ``grad_fn`` names. PyTorch indents by the length of what it prints
in front of the values; the texts for ``indent`` are those for a longer front.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from gradproof.engine.printing import set_printoptions, tensor_text
from gradproof.errors import ArgumentError, DtypeError

CASES: dict[str, tuple[Any, dict[str, Any], str]] = {
    "tutorial: gradient of w": (
        np.full((5, 1), 1, np.float32) * np.float32([0.1212, 0.1953, 0.3046]),
        {},
        """tensor([[0.1212, 0.1953, 0.3046],
        [0.1212, 0.1953, 0.3046],
        [0.1212, 0.1953, 0.3046],
        [0.1212, 0.1953, 0.3046],
        [0.1212, 0.1953, 0.3046]])""",
    ),
    "tutorial: gradient of b": (
        np.float32([0.1212, 0.1953, 0.3046]),
        {},
        "tensor([0.1212, 0.1953, 0.3046])",
    ),
    "tutorial: first call, and after zeroing": (
        2 * np.eye(5, dtype=np.float32) + 2,
        {},
        """tensor([[4., 2., 2., 2., 2.],
        [2., 4., 2., 2., 2.],
        [2., 2., 4., 2., 2.],
        [2., 2., 2., 4., 2.],
        [2., 2., 2., 2., 4.]])""",
    ),
    "tutorial: second call": (
        4 * np.eye(5, dtype=np.float32) + 4,
        {},
        """tensor([[8., 4., 4., 4., 4.],
        [4., 8., 4., 4., 4.],
        [4., 4., 8., 4., 4.],
        [4., 4., 4., 8., 4.],
        [4., 4., 4., 4., 8.]])""",
    ),
    "whole numbers end with a dot": (
        np.float32([[1, -20], [300, 0]]),
        {},
        """tensor([[  1., -20.],
        [300.,   0.]])""",
    ),
    "whole scalar": (
        np.float32(3),
        {},
        "tensor(3.)",
    ),
    "zero and negative zero": (
        np.float32([0, -0.0]),
        {},
        "tensor([0., -0.])",
    ),
    "inf and nan end without a dot": (
        np.float32([1, inf, nan]),
        {},
        "tensor([1., inf, nan])",
    ),
    "inf is wider than its column": (
        np.float32([[1, 2], [-inf, 3]]),
        {},
        """tensor([[1., 2.],
        [-inf, 3.]])""",
    ),
    "nothing finite": (
        np.float32([nan, inf, -inf]),
        {},
        "tensor([nan, inf, -inf])",
    ),
    "whole up to 1e8": (
        np.float32([1e8]),
        {},
        "tensor([100000000.])",
    ),
    "whole up to a ratio of 1000": (
        np.float32([1, 1000]),
        {},
        "tensor([   1., 1000.])",
    ),
    "four decimals in aligned columns": (
        np.float32([[0.5, -1.25], [12.345678, 0]]),
        {},
        """tensor([[ 0.5000, -1.2500],
        [12.3457,  0.0000]])""",
    ),
    "decimals beside negative zero, inf and nan": (
        np.float32([1.5, -0.0, inf, -inf, nan]),
        {},
        "tensor([1.5000, -0.0000,    inf,   -inf,    nan])",
    ),
    "last decimal as float32 has it": (
        np.float32([0.10015, 0.10045, 0.99995]),
        {},
        "tensor([0.1001, 0.1005, 0.9999])",
    ),
    "last decimal as float64 has it": (
        np.float64([0.10015, 0.10045, 0.99995]),
        {},
        "tensor([0.1002, 0.1004, 1.0000], dtype=torch.float64)",
    ),
    "last decimal as float16 has it": (
        np.float16([0.10015, 0.10045, 0.99995]),
        {},
        "tensor([0.1002, 0.1005, 1.0000], dtype=torch.float16)",
    ),
    "float16 at both ends of its range": (
        np.float16([65504, 6e-8]),
        {},
        "tensor([6.5504e+04, 5.9605e-08], dtype=torch.float16)",
    ),
    "float16 with a history": (
        np.float16([3, 3]),
        {"grad_fn": "MulBackward0"},
        "tensor([3., 3.], dtype=torch.float16, grad_fn=<MulBackward0>)",
    ),
    "halves go to the even decimal": (
        np.float32([0.03125, 0.09375]),
        {},
        "tensor([0.0312, 0.0938])",
    ),
    "scalar with decimals": (
        np.float32(-0.7),
        {},
        "tensor(-0.7000)",
    ),
    "decimals down to 1e-4": (
        np.float64([1e-4]),
        {},
        "tensor([0.0001], dtype=torch.float64)",
    ),
    "powers of ten above 1e8": (
        np.float32([100000008]),
        {},
        "tensor([1.0000e+08])",
    ),
    "powers of ten below 1e-4": (
        np.float32([9.9e-5]),
        {},
        "tensor([9.9000e-05])",
    ),
    "powers of ten for 1e-4, which float32 has below": (
        np.float32([1e-4]),
        {},
        "tensor([1.0000e-04])",
    ),
    "powers of ten above a ratio of 1000": (
        np.float32([0.1, 101]),
        {},
        "tensor([1.0000e-01, 1.0100e+02])",
    ),
    "powers of ten for whole numbers": (
        np.float32([1, -1001, 0]),
        {},
        "tensor([ 1.0000e+00, -1.0010e+03,  0.0000e+00])",
    ),
    "powers of ten beside inf, nan and negative zero": (
        np.float32([1e-10, -inf, nan, -0.0]),
        {},
        "tensor([1.0000e-10,       -inf,        nan, -0.0000e+00])",
    ),
    "powers of ten for a scalar": (
        np.float32(1e-30),
        {},
        "tensor(1.0000e-30)",
    ),
    "three digits in the exponent": (
        np.float64([1e-300, -5e200]),
        {},
        "tensor([ 1.0000e-300, -5.0000e+200], dtype=torch.float64)",
    ),
    "quotient that overflows": (
        np.float64([5e-324, 1.7976931348623157e308]),
        {},
        "tensor([4.9407e-324, 1.7977e+308], dtype=torch.float64)",
    ),
    "int64": (
        np.int64([[1, -2], [30, 4]]),
        {},
        """tensor([[ 1, -2],
        [30,  4]])""",
    ),
    "int64 extremes": (
        np.int64([-(2**63), 2**63 - 1]),
        {},
        "tensor([-9223372036854775808,  9223372036854775807])",
    ),
    "int32": (
        np.int32([1, 2]),
        {},
        "tensor([1, 2], dtype=torch.int32)",
    ),
    "int16 matrix": (
        np.int16([[1], [-200]]),
        {},
        """tensor([[   1],
        [-200]], dtype=torch.int16)""",
    ),
    "int8": (
        np.int8([-128, 127]),
        {},
        "tensor([-128,  127], dtype=torch.int8)",
    ),
    "uint8 scalar": (
        np.uint8(255),
        {},
        "tensor(255, dtype=torch.uint8)",
    ),
    "bool in aligned columns": (
        np.array([[True, False], [False, False]]),
        {},
        """tensor([[ True, False],
        [False, False]])""",
    ),
    "bool scalar": (
        np.array(True),
        {},
        "tensor(True)",
    ),
    "empty vector": (
        np.zeros(0, np.float32),
        {},
        "tensor([])",
    ),
    "empty matrix": (
        np.zeros((0, 3), np.float32),
        {},
        "tensor([], size=(0, 3))",
    ),
    "empty vector of float64": (
        np.zeros(0),
        {},
        "tensor([], dtype=torch.float64)",
    ),
    "empty matrix of int64": (
        np.zeros((2, 0), np.int64),
        {},
        "tensor([], size=(2, 0), dtype=torch.int64)",
    ),
    "empty vector of bool": (
        np.zeros(0, bool),
        {},
        "tensor([], dtype=torch.bool)",
    ),
    "empty leaf": (
        np.zeros((1, 0), np.float32),
        {"requires_grad": True},
        "tensor([], size=(1, 0), requires_grad=True)",
    ),
    "vector wraps at 80 columns": (
        np.arange(20, dtype=np.float32) / 8,
        {},
        """tensor([0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,
        1.1250, 1.2500, 1.3750, 1.5000, 1.6250, 1.7500, 1.8750, 2.0000, 2.1250,
        2.2500, 2.3750])""",
    ),
    "integers wrap at 80 columns": (
        np.arange(100, 130),
        {},
        """tensor([100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113,
        114, 115, 116, 117, 118, 119, 120, 121, 122, 123, 124, 125, 126, 127,
        128, 129])""",
    ),
    "rows of a matrix wrap": (
        np.arange(24, dtype=np.float32).reshape(2, 12) / 8,
        {},
        """tensor([[0.0000, 0.1250, 0.2500, 0.3750, 0.5000, 0.6250, 0.7500, 0.8750, 1.0000,
         1.1250, 1.2500, 1.3750],
        [1.5000, 1.6250, 1.7500, 1.8750, 2.0000, 2.1250, 2.2500, 2.3750, 2.5000,
         2.6250, 2.7500, 2.8750]])""",
    ),
    "zeros do not count for the width": (
        np.zeros((1, 20), np.float32),
        {},
        "tensor([[0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0., 0.]])",
    ),
    "blank line between matrices": (
        np.arange(8, dtype=np.float32).reshape(2, 2, 2),
        {},
        """tensor([[[0., 1.],
         [2., 3.]],

        [[4., 5.],
         [6., 7.]]])""",
    ),
    "two blank lines between blocks of matrices": (
        np.arange(8).reshape(2, 2, 1, 2),
        {},
        """tensor([[[[0, 1]],

         [[2, 3]]],


        [[[4, 5]],

         [[6, 7]]]])""",
    ),
    "rows in many brackets wrap earlier": (
        np.arange(1000, 1012).reshape(1, 1, 1, 12),
        {},
        """tensor([[[[1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010,
           1011]]]])""",
    ),
    "transposed": (
        np.arange(6, dtype=np.float32).reshape(2, 3).T,
        {},
        """tensor([[0., 3.],
        [1., 4.],
        [2., 5.]])""",
    ),
    "1001 entries": (
        np.arange(1001),
        {},
        "tensor([   0,    1,    2,  ...,  998,  999, 1000])",
    ),
    "long matrix": (
        np.arange(10000, dtype=np.float32).reshape(100, 100) / 64 + 100,
        {},
        """tensor([[100.0000, 100.0156, 100.0312,  ..., 101.5156, 101.5312, 101.5469],
        [101.5625, 101.5781, 101.5938,  ..., 103.0781, 103.0938, 103.1094],
        [103.1250, 103.1406, 103.1562,  ..., 104.6406, 104.6562, 104.6719],
        ...,
        [251.5625, 251.5781, 251.5938,  ..., 253.0781, 253.0938, 253.1094],
        [253.1250, 253.1406, 253.1562,  ..., 254.6406, 254.6562, 254.6719],
        [254.6875, 254.7031, 254.7188,  ..., 256.2031, 256.2188, 256.2344]])""",
    ),
    "long rows in a short matrix": (
        np.arange(1200, dtype=np.float32).reshape(2, 600),
        {},
        """tensor([[0.0000e+00, 1.0000e+00, 2.0000e+00,  ..., 5.9700e+02, 5.9800e+02,
         5.9900e+02],
        [6.0000e+02, 6.0100e+02, 6.0200e+02,  ..., 1.1970e+03, 1.1980e+03,
         1.1990e+03]])""",
    ),
    "long columns in a narrow matrix": (
        np.arange(1200, dtype=np.int32).reshape(600, 2),
        {},
        """tensor([[   0,    1],
        [   2,    3],
        [   4,    5],
        ...,
        [1194, 1195],
        [1196, 1197],
        [1198, 1199]], dtype=torch.int32)""",
    ),
    "long in the first and last of three axes": (
        np.arange(1080).reshape(9, 1, 120),
        {},
        """tensor([[[   0,    1,    2,  ...,  117,  118,  119]],

        [[ 120,  121,  122,  ...,  237,  238,  239]],

        [[ 240,  241,  242,  ...,  357,  358,  359]],

        ...,

        [[ 720,  721,  722,  ...,  837,  838,  839]],

        [[ 840,  841,  842,  ...,  957,  958,  959]],

        [[ 960,  961,  962,  ..., 1077, 1078, 1079]]])""",
    ),
    "hidden entries do not choose the style": (
        np.where(np.arange(2000) == 1000, 1e-9, 1).astype(np.float32),
        {},
        "tensor([1., 1., 1.,  ..., 1., 1., 1.])",
    ),
    "leaf": (
        np.float32([1.5, 2.5]),
        {"requires_grad": True},
        "tensor([1.5000, 2.5000], requires_grad=True)",
    ),
    "node": (
        np.float32(0.25),
        {"requires_grad": True, "grad_fn": "MeanBackward0"},
        "tensor(0.2500, grad_fn=<MeanBackward0>)",
    ),
    "dtype, then node": (
        np.float64([[1, 2], [3, 4]]),
        {"requires_grad": True, "grad_fn": "AddBackward0"},
        """tensor([[1., 2.],
        [3., 4.]], dtype=torch.float64, grad_fn=<AddBackward0>)""",
    ),
    "dtype, then leaf": (
        np.float64([0.5]),
        {"requires_grad": True},
        "tensor([0.5000], dtype=torch.float64, requires_grad=True)",
    ),
    "suffix that just fits": (
        np.full(6, 0.5, np.float32),
        {"grad_fn": "MvBackward0"},
        "tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000], grad_fn=<MvBackward0>)",
    ),
    "suffix that is one too long": (
        np.full(6, 0.5, np.float32),
        {"grad_fn": "AddBackward0"},
        """tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],
       grad_fn=<AddBackward0>)""",
    ),
    "second suffix breaks the line": (
        np.full(5, 0.5),
        {"grad_fn": "AddBackward0"},
        """tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000], dtype=torch.float64,
       grad_fn=<AddBackward0>)""",
    ),
    "both suffixes share a new line": (
        np.full(8, 0.5),
        {"grad_fn": "AddBackward0"},
        """tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],
       dtype=torch.float64, grad_fn=<AddBackward0>)""",
    ),
    "only the last row counts for the break": (
        np.float32([[0.5] * 6, [-0.5] * 6]),
        {"grad_fn": "MulBackward0"},
        """tensor([[ 0.5000,  0.5000,  0.5000,  0.5000,  0.5000,  0.5000],
        [-0.5000, -0.5000, -0.5000, -0.5000, -0.5000, -0.5000]],
       grad_fn=<MulBackward0>)""",
    ),
    "indent shifts later lines": (
        np.float32([[1, 2], [3, 4]]),
        {"requires_grad": True, "indent": 4},
        """tensor([[1., 2.],
            [3., 4.]], requires_grad=True)""",
    ),
    "indent wraps rows earlier": (
        np.arange(20) * 100,
        {"indent": 40},
        """tensor([   0,  100,  200,  300,  400,
                                                 500,  600,  700,  800,  900,
                                                1000, 1100, 1200, 1300, 1400,
                                                1500, 1600, 1700, 1800, 1900])""",
    ),
    "indent breaks between the suffixes": (
        np.full(5, 0.5),
        {"grad_fn": "AddBackward0", "indent": 31},
        """tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000],
                                      dtype=torch.float64,
                                      grad_fn=<AddBackward0>)""",
    ),
    "indent breaks before the suffix": (
        np.full(6, 0.5, np.float32),
        {"requires_grad": True, "indent": 4},
        """tensor([0.5000, 0.5000, 0.5000, 0.5000, 0.5000, 0.5000],
           requires_grad=True)""",
    ),
}

CASES_WITH_OPTIONS: dict[str, tuple[dict[str, Any], Any, str]] = {
    "precision": (
        {"precision": 2},
        np.float32([0.125, 1.5]),
        "tensor([0.12, 1.50])",
    ),
    "no decimals": (
        {"precision": 0},
        np.float32([0.5, 1.5, 2.5]),
        "tensor([0, 2, 2])",
    ),
    "precision of powers of ten": (
        {"precision": 8},
        np.float64([1 / 3 * 1e-9]),
        "tensor([3.33333333e-10], dtype=torch.float64)",
    ),
    "precision leaves whole numbers alone": (
        {"precision": 2},
        np.float32([1, 2]),
        "tensor([1., 2.])",
    ),
    "as many entries as the threshold": (
        {"threshold": 8},
        np.arange(8),
        "tensor([0, 1, 2, 3, 4, 5, 6, 7])",
    ),
    "one entry more than the threshold": (
        {"threshold": 7},
        np.arange(8),
        "tensor([0, 1, 2,  ..., 5, 6, 7])",
    ),
    "axes of at most twice edgeitems stay whole": (
        {"threshold": 7, "edgeitems": 2},
        np.arange(20).reshape(4, 5),
        """tensor([[ 0,  1,  ...,  3,  4],
        [ 5,  6,  ...,  8,  9],
        [10, 11,  ..., 13, 14],
        [15, 16,  ..., 18, 19]])""",
    ),
    "no edgeitems in a vector": (
        {"threshold": 1, "edgeitems": 0},
        np.float32([1, 2]),
        "tensor([...], size=(2,))",
    ),
    "no edgeitems in a matrix": (
        {"threshold": 1, "edgeitems": 0},
        np.int32([[1, 2]]),
        "tensor([...], size=(1, 2), dtype=torch.int32)",
    ),
    "no edgeitems below the threshold": (
        {"edgeitems": 0},
        np.float32([[1, 2]]),
        "tensor([[1., 2.]], size=(1, 2))",
    ),
    "linewidth": (
        {"linewidth": 20},
        np.arange(8),
        """tensor([0, 1, 2, 3,
        4, 5, 6, 7])""",
    ),
    "linewidth below one entry": (
        {"linewidth": 0},
        np.float32([0.5, 1.5]),
        """tensor([0.5000,
        1.5000])""",
    ),
    "linewidth breaks before the suffix": (
        {"linewidth": 20},
        np.float64([1]),
        """tensor([1.],
       dtype=torch.float64)""",
    ),
    "powers of ten forced": (
        {"sci_mode": True},
        np.float32([1, 20, 0]),
        "tensor([1.0000e+00, 2.0000e+01, 0.0000e+00])",
    ),
    "powers of ten forced on nothing but zeros": (
        {"sci_mode": True},
        np.float32([0, inf]),
        "tensor([0., inf])",
    ),
    "powers of ten forbidden": (
        {"sci_mode": False},
        np.float32([1e-6, 12345.678]),
        "tensor([    0.0000, 12345.6777])",
    ),
    "short": (
        {"profile": "short"},
        np.arange(1001, dtype=np.float32) / 8,
        "tensor([  0.00,   0.12,  ..., 124.88, 125.00])",
    ),
    "option over profile": (
        {"profile": "short", "precision": 3},
        np.float32([0.5]),
        "tensor([0.500])",
    ),
}


@pytest.fixture(autouse=True)
def default_options() -> Iterator[None]:
    set_printoptions(profile="default")
    yield
    set_printoptions(profile="default")


def _read_only(array: Any) -> Any:
    array = np.array(array)
    array.setflags(write=False)
    return array


@pytest.mark.parametrize(("array", "kwargs", "text"), CASES.values(), ids=CASES)
def test_text_is_that_of_pytorch(array: Any, kwargs: dict[str, Any], text: str) -> None:
    assert tensor_text(_read_only(array), **kwargs) == text


@pytest.mark.parametrize(("options", "array", "text"), CASES_WITH_OPTIONS.values(), ids=CASES_WITH_OPTIONS)
def test_text_follows_the_options_as_in_pytorch(options: dict[str, Any], array: Any, text: str) -> None:
    set_printoptions(**options)
    assert tensor_text(_read_only(array)) == text


def test_thousand_entries_are_all_shown() -> None:
    assert tensor_text(np.arange(1000)).count(",") == 999


def test_full_profile_shows_all_entries() -> None:
    set_printoptions(profile="full")
    assert tensor_text(np.arange(5000)).count(",") == 4999


def test_options_add_up_but_sci_mode_returns_to_automatic() -> None:
    set_printoptions(precision=1, sci_mode=True)
    assert tensor_text(np.float32([0.5])) == "tensor([5.0e-01])"
    set_printoptions(edgeitems=1)
    assert tensor_text(np.float32([0.5])) == "tensor([0.5])"


def test_byte_order_and_strides_leave_no_trace() -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert tensor_text(values[::-1, ::2].astype(">f4")) == tensor_text(np.ascontiguousarray(values[::-1, ::2]))


@pytest.mark.parametrize("dtype", ["complex64", "uint16", "object", "U3", "datetime64[s]"])
def test_dtype_without_a_tensor_is_refused(dtype: str) -> None:
    with pytest.raises(DtypeError, match=r"tensor_text: dtype is .*, but must be one of float32, int64, bool, float16"):
        tensor_text(np.zeros(2, dtype))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": -1}, "precision is -1, but must be an integer >= 0"),
        ({"precision": True}, "precision is True, but must be an integer >= 0"),
        ({"edgeitems": 2.5}, r"edgeitems is 2\.5, but must be an integer >= 0"),
        ({"linewidth": "80"}, "linewidth is '80', but must be an integer >= 0"),
        ({"threshold": nan}, "threshold is nan, but must be a number >= 0"),
        ({"threshold": "all"}, "threshold is 'all', but must be a number >= 0"),
        ({"sci_mode": "auto"}, "sci_mode is 'auto', but must be True, False or None"),
        ({"profile": "ful"}, "profile is 'ful', but must be one of 'default', 'short', 'full'; did you mean 'full'"),
    ],
    ids=str,
)
def test_bad_option_is_refused_and_changes_nothing(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=f"^set_printoptions: {message}"):
        set_printoptions(**{"precision": 1, "linewidth": 20, **options})
    assert tensor_text(np.float32([0.5, 1.5, 2.5])) == "tensor([0.5000, 1.5000, 2.5000])"


SHAPES = [
    (), (1,), (3,), (30,), (2, 3), (5, 4), (4, 25), (2, 3, 4), (1, 2, 1, 3), (2, 2, 2, 2), (1, 2, 1, 2, 1),
    (0,), (0, 3), (2, 0, 3), (1001,), (40, 30), (7, 8, 30), (5, 7, 6, 8), (1200, 1), (1, 1500),
]  # fmt: skip
OPTIONS: list[dict[str, Any]] = [
    {}, {}, {"precision": 2}, {"precision": 8}, {"precision": 0}, {"sci_mode": True}, {"sci_mode": False},
    {"linewidth": 40}, {"linewidth": 10}, {"profile": "short"}, {"threshold": 5, "edgeitems": 1},
    {"threshold": 2, "edgeitems": 0},
]  # fmt: skip
INTEGERS = ["int64", "int32", "int16", "int8", "uint8"]
HISTORIES: list[dict[str, Any]] = [{}, {"requires_grad": True}, {"requires_grad": True, "grad_fn": "CloneBackward0"}]
SPECIAL = [nan, inf, -inf, 0.0, -0.0]


def _drawn(rng: np.random.Generator, dtype: str, shape: tuple[int, ...]) -> Any:
    """Return numbers of one magnitude or of many, whole or not, some of them special."""
    if dtype == "bool":
        return np.asarray(rng.random(shape) < 0.5)
    if not dtype.startswith("float"):
        limits = np.iinfo(dtype)
        greatest = 2 ** int(rng.integers(1, limits.bits))
        return np.asarray(rng.integers(max(limits.min, -greatest), min(limits.max, greatest), shape, dtype=dtype))
    spread = shape if rng.random() < 0.3 else ()
    values = rng.standard_normal(shape) * 10.0 ** rng.integers(*[(0, 1), (-3, 5), (-12, 13)][rng.integers(3)], spread)
    values = [values, np.round(values), np.round(4 * values) / 4][rng.integers(3)]
    values = np.where(rng.random(shape) < rng.choice([0, 0, 0.3]), rng.choice(SPECIAL, shape), values)
    with np.errstate(over="ignore"):
        return values.astype(dtype)


@pytest.mark.parametrize("dtype", [*("float32", "float64", "float16"), *INTEGERS, "bool"])
def test_text_of_random_tensors_is_that_of_pytorch(dtype: str) -> None:
    peer = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradproof[peers]'")
    rng = np.random.default_rng(7)
    try:
        for options, shape in itertools.product(OPTIONS, SHAPES):
            peer.set_printoptions(profile="default")
            set_printoptions(profile="default")
            peer.set_printoptions(**options)
            set_printoptions(**options)
            array = _drawn(rng, dtype, shape)
            for kwargs in [{}] if array.dtype.kind != "f" else HISTORIES:
                tensor = peer.tensor(array).requires_grad_(bool(kwargs))
                expected = repr(tensor.clone() if "grad_fn" in kwargs else tensor)
                assert tensor_text(array, **kwargs) == expected, (options, array)
    finally:
        peer.set_printoptions(profile="default")
