from __future__ import annotations

import json
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.errors import GraphFormatError
from gradproof.exact import as_param, canonical, decode_array, decode_param, digest, encode_array, encode_param


@given(st.binary(min_size=8, max_size=8))
def test_every_double_but_nan_survives_the_round_trip(raw):
    array = np.frombuffer(raw, dtype=np.float64)
    again = decode_array(json.loads(canonical(encode_array(array))))
    assert again.tobytes() == raw or (np.isnan(again).all() and np.isnan(array).all())


@given(st.floats(width=32, allow_nan=False))
def test_every_single_survives_the_round_trip(value):
    array = np.array(value, dtype=np.float32)
    again = decode_array(encode_array(array))
    assert again.dtype == np.float32
    assert again.tobytes() == struct.pack("=f", value)


def test_every_half_survives_the_round_trip():
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    again = decode_array(json.loads(canonical(encode_array(every))))
    known = ~np.isnan(every)
    assert again.dtype == np.float16
    assert again[known].tobytes() == every[known].tobytes()
    assert np.array_equal(np.isnan(again), ~known)


def test_what_float16_rounds_is_refused():
    with pytest.raises(GraphFormatError, match=r"0\.1 is no float16"):
        decode_array({"dtype": "float16", "shape": [], "data": [(0.1).hex()]})


PARAMS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.just(Ellipsis)
    | st.builds(slice, *[st.none() | st.integers()] * 3),
    lambda inner: st.lists(inner, max_size=3).map(tuple),
    max_leaves=6,
)  # fmt: skip


@given(PARAMS)
def test_every_parameter_survives_the_round_trip(value):
    again = decode_param(json.loads(canonical(encode_param(value))))
    assert again == value
    assert repr(again) == repr(value), "also the types, and the sign of zero"


def test_canonical_text_does_not_depend_on_the_order_of_insertion():
    assert canonical({"b": 1, "a": [1, 2]}) == canonical({"a": [1, 2], "b": 1}) == '{"a":[1,2],"b":1}'


def test_canonical_text_has_no_bare_nan():
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical(float("nan"))


def test_the_digest_is_that_of_blake2b():
    # python -c "import hashlib; print(hashlib.blake2b(b'[]', digest_size=8).hexdigest())"
    assert digest([]) == "71857576257465c7"


@pytest.mark.parametrize("value", [[1, 2.5], np.float64(0.1), np.array([1])[0], (np.True_, [slice(None)])], ids=repr)
def test_parameters_become_plain(value):
    assert decode_param(encode_param(as_param(value))) == as_param(value)


@pytest.mark.parametrize(
    "value", [np.ones(2), {"a": 1}, object(), 1j, np.dtype("float64")], ids=lambda v: type(v).__name__
)
def test_what_is_no_parameter_is_refused(value):
    with pytest.raises(GraphFormatError, match="a static parameter is"):
        as_param(value)
