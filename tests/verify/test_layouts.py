"""Memory layouts: the same numbers in memory that a target is not used to."""

import numpy as np
import pytest

from gradproof.verify.layouts import LAYOUTS, unusual

CONSTANT = np.full((2, 3), 1.5)
VARIED = np.arange(6.0).reshape(2, 3).astype(np.float32)


@pytest.mark.parametrize("ct", [CONSTANT, VARIED, VARIED[:, :1], np.array(2.0), np.zeros((0, 2))], ids=np.shape)
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
def test_a_layout_changes_no_number(layout, ct):
    other = layout(ct)
    assert (other.shape, other.dtype) == (ct.shape, ct.dtype)
    np.testing.assert_array_equal(other, ct)
    assert not np.shares_memory(other, ct)


@pytest.mark.parametrize("ct", [CONSTANT, VARIED, VARIED[:, :1], np.array([1.0, 1.0])], ids=np.shape)
def test_the_unusual_layout_is_read_only_and_not_contiguous(ct):
    other = unusual(ct)
    assert not other.flags.writeable
    assert not other.flags.c_contiguous
    assert not other.flags.f_contiguous


def test_equal_entries_are_one_place_in_memory():
    assert unusual(CONSTANT).strides == (0, 0)
    assert 0 not in unusual(VARIED).strides


@pytest.mark.parametrize("ct", [CONSTANT, VARIED], ids=["constant", "varied"])
def test_who_reads_on_in_memory_reads_nan(ct):
    other = unusual(ct)
    steps = np.lib.stride_tricks.as_strided(other, ct.shape, ct.strides)
    assert np.isnan(steps).any()


def test_each_layout_alone_is_what_it_is_called():
    found = {name: layout(CONSTANT) for name, layout in LAYOUTS.items()}
    assert [each.flags.writeable for each in found.values()] == [False, True, False, False]
    assert [each.flags.c_contiguous for each in found.values()] == [True, False, False, False]
    assert [0 in each.strides for each in found.values()] == [False, False, True, True]
