"""Windows over dimensions, against loops."""

import itertools

import numpy as np
import pytest

from gradproof.engine.windows import Windows
from gradproof.errors import ShapeError

X = np.arange(1.0, 31.0).reshape(2, 5, 3)

CASES = [
    Windows((2, 2), (1, 1), ((0, 0), (0, 0)), (1, 1)),
    Windows((2, 1), (2, 1), ((1, 0), (0, 2)), (3, 1)),
    Windows((3,), (2,), ((2, 1),), (1,)),
]


def entry(x, place, windows):
    """Return the entry at a place of the padded dimensions, 0 in the padding."""
    at = [i - before for i, (before, _) in zip(place, windows.padding, strict=True)]
    inside = all(0 <= i < n for i, n in zip(at, x.shape[-windows.rank :], strict=True))
    return x[(..., *at)] if inside else np.zeros(x.shape[: -windows.rank])


@pytest.mark.parametrize("windows", CASES, ids=str)
def test_each_window_holds_its_entries(windows):
    view, counts = windows.view(X), windows.counts(X.shape[-windows.rank :])
    assert view.shape == (*X.shape[: -windows.rank], *counts, *windows.kernel_size)
    for where in itertools.product(*map(range, counts)):
        for which in itertools.product(*map(range, windows.kernel_size)):
            place = [w * s + k * d for w, s, k, d in zip(where, windows.stride, which, windows.dilation, strict=True)]
            np.testing.assert_array_equal(view[(..., *where, *which)], entry(X, place, windows))


@pytest.mark.parametrize("windows", CASES, ids=str)
def test_places_are_those_of_the_entries_one_after_another(windows):
    padded, counts = windows.pad(X, -1.0), windows.counts(X.shape[-windows.rank :])
    view = windows.view(X, -1.0).reshape(*X.shape[: -windows.rank], *counts, -1)
    places = list(windows.places(counts))
    assert len(places) == view.shape[-1]
    for i, place in enumerate(places):
        np.testing.assert_array_equal(padded[(..., *place)], view[..., i])


@pytest.mark.parametrize("windows", CASES, ids=str)
def test_padding_comes_off_again(windows):
    np.testing.assert_array_equal(windows.without_padding(windows.pad(X, 9.0)), X)


def test_a_window_that_does_not_fit_is_refused():
    with pytest.raises(ShapeError, match=r"a window of \(5,\) entries does not fit into \(4,\), padding included"):
        Windows((3,), (1,), ((1, 0),), (2,)).counts((3,))
