from __future__ import annotations

import numpy as np
import pytest

from gradproof.symbolic.domain import Domain, as_objects
from gradproof.symbolic.program import Move

DOMAIN = Domain()


def ints(rng, shape):
    return rng.integers(-9, 9, size=shape).astype(object)


@pytest.mark.parametrize(
    ("index", "sizes", "shape"),
    [
        ([2, 0, 1], [(3,)], (3,)),
        ([0, 0, 2, -1], [(3,)], (2, 2)),
        ([4, 1, -1, -1, 4, 0], [(2,), (1, 3)], (6,)),
        ([0], [()], ()),
        ([], [(0,)], (0, 3)),
        ([0] * 6, [()], (2, 3)),
    ],
    ids=str,
)
def test_scattering_is_the_transpose_of_gathering(index, sizes, shape, rng):
    step = Move(tuple(range(len(sizes))), np.array(index, dtype=np.intp), tuple(sizes), shape)
    args, ct = [ints(rng, size) for size in sizes], ints(rng, shape)
    gathered, scattered = DOMAIN.gather(args, step), DOMAIN.scatter(ct, step)
    assert gathered.shape == shape
    assert [part.shape for part in scattered] == sizes
    assert np.sum(gathered * ct) == sum(np.sum(a * part) for a, part in zip(args, scattered, strict=True))


def test_a_missing_entry_is_zero():
    step = Move((0,), np.array([-1, 1]), ((2,),), (2,))
    assert DOMAIN.gather([np.array([5, 7], dtype=object)], step).tolist() == [0, 7]


@pytest.mark.parametrize(
    ("shape", "axes"), [((2, 3), (0,)), ((2, 3), (0, 1)), ((0, 3), (0,)), ((), ()), ((2,), ())], ids=str
)
def test_totals_keep_their_axes(shape, axes, rng):
    array = ints(rng, shape)
    found = DOMAIN.total(array, axes)
    expected = np.sum(array.astype(int), axis=axes, keepdims=True)
    assert found.shape == expected.shape
    assert found.tolist() == expected.tolist()


def test_a_contraction_over_nothing_is_zero():
    assert DOMAIN.contract(np.empty((2, 0), object), np.empty((0, 2), object)).tolist() == [[0, 0], [0, 0]]


def test_arrays_without_dimensions_stay_arrays():
    assert as_objects(3).shape == ()
    assert DOMAIN.add([as_objects(1), as_objects(2)]).shape == ()
    assert DOMAIN.product(as_objects(2), as_objects(3))[()] == 6
