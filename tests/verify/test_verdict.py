"""Verdicts of entries, and the order in which they win."""

import numpy as np
import pytest
from flint import arb

from gradproof.reports import VERDICTS
from gradproof.symbolic import Proven
from gradproof.verify.verdict import Circumstances, Verdict, judge, seen_error, ulps, worst


def proven(truth, tolerance, radius=0.0, *, structural=False):
    box = np.empty(len(truth), dtype=object)
    box[:] = [arb(t, radius) for t in truth]
    widths = np.empty(len(truth), dtype=object)
    widths[:] = [arb(w) for w in tolerance]
    return Proven(box, widths, structural)


def judged(got, truth, tolerance, *, radius=0.0, structural=False, **known):
    values = None if got is None else np.array(got, dtype=np.float64)
    reference = proven(truth, tolerance, radius, structural=structural)
    return [str(each) for each in judge(values, reference, Circumstances(**known))]


def test_inside_the_tolerance_is_verified_and_outside_is_wrong():
    assert judged([1.0, 1.1], [1.0, 1.0], [1e-15, 1e-15]) == ["VERIFIED", "WRONG"]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_non_finite_value_is_wrong_where_the_truth_is_finite(bad):
    assert judged([bad], [1.0], [1e-15]) == ["WRONG"]


def test_nan_never_equals_nan():
    assert judged([np.nan], [float("nan")], [1e-15], noted=True) == ["UNDEFINED"]


def test_a_missing_gradient_is_wrong_unless_no_path_leads_there():
    assert judged(None, [1.0], [0.0]) == ["WRONG"]
    assert judged(None, [0.0], [0.0], structural=True) == ["VERIFIED"]


def test_a_structural_zero_must_be_exactly_zero():
    assert judged([0.0, 5e-324], [0.0, 0.0], [0.0, 0.0], structural=True) == ["VERIFIED", "WRONG"]


def test_a_wide_enclosure_is_undefined_at_a_kink_and_else_inconclusive():
    assert judged([0.5], [0.5], [1e-15], radius=0.5, noted=True) == ["UNDEFINED"]
    assert judged([0.5], [0.5], [1e-15], radius=0.5) == ["INCONCLUSIVE"]


def test_outside_the_hull_of_a_kink_is_wrong():
    assert judged([1.5], [0.5], [1e-15], radius=0.5, noted=True) == ["WRONG"]


def test_a_vacuous_tolerance_rests_on_the_certificates():
    assert judged([1.0], [1.0], [0.5], certified=True) == ["VERIFIED"]
    assert judged([1.0], [1.0], [0.5], certified=False) == ["INCONCLUSIVE"]
    assert judged([1.0], [1.0], [np.nan], certified=True) == ["VERIFIED"]
    assert judged([1.0], [1.0], [np.nan], certified=False) == ["INCONCLUSIVE"]


def test_a_truth_beyond_the_dtype_overflows():
    assert judged([np.inf], [1e308], [1e295], radius=0.0) == ["WRONG"]
    big = Proven(np.array([arb(10) ** 400], dtype=object), np.array([arb(1)], dtype=object))
    assert str(judge(np.array([np.inf]), big, Circumstances())[0]) == "OVERFLOWS"


def test_what_may_have_been_rounded_to_infinity_overflows_in_float16():
    near = proven([65500.0, 65500.0, 65500.0, 60000.0], [64.0, 64.0, 0.0, 64.0])
    got = np.array([np.inf, -np.inf, np.inf, np.inf], dtype=np.float16)
    assert [str(each) for each in judge(got, near, Circumstances())] == ["OVERFLOWS", "WRONG", "WRONG", "WRONG"]


@pytest.mark.parametrize(("dtype", "share"), [(np.float64, 1e-3), (np.float32, 1e-3), (np.float16, 2.0**-5)])
def test_a_tolerance_tells_something_up_to_a_share_that_the_dtype_can_resolve(dtype, share):
    for tolerance, verdict in ((0.9 * share, "VERIFIED"), (1.1 * share, "INCONCLUSIVE")):
        got = judge(np.ones(1, dtype), proven([1.0], [tolerance]), Circumstances(certified=False))
        assert str(got[0]) == verdict


def test_after_an_overflow_on_the_way_nothing_is_called_wrong():
    assert judged([np.nan], [1.0], [1e-15], overflowed=True) == ["OVERFLOWS"]
    assert judged([1.0], [1.0], [1e-15], overflowed=True) == ["VERIFIED"]


def test_a_gradient_of_the_wrong_shape_is_wrong_in_every_entry():
    assert judged([1.0, 1.0, 1.0], [1.0, 1.0], [1e-15, 1e-15]) == ["WRONG", "WRONG"]


def test_the_worst_verdict_wins():
    assert worst([Verdict.VERIFIED, Verdict.WRONG, Verdict.UNDEFINED]) is Verdict.WRONG
    assert worst([]) is Verdict.VERIFIED


def test_the_record_knows_every_verdict_and_what_it_counts_as():
    assert set(VERDICTS) == {str(each) for each in Verdict}
    for each in Verdict:
        assert (VERDICTS[str(each)] == "fail") == each.fails


def test_ulps_are_those_of_the_dtype():
    truth = proven([1.0], [1e-3])
    assert ulps(np.array([1 + 2**-52]), truth)[0] == 1.0
    assert ulps(np.array([1 + 2**-23], dtype=np.float32), truth)[0] == 1.0


def test_the_seen_error_is_twice_the_widest_tolerance_relative_to_the_largest_entry():
    assert seen_error(proven([2.0, -4.0], [1e-8, 1e-10])) == pytest.approx(0.5e-8)


def test_a_gradient_no_larger_than_its_tolerance_shows_no_error():
    assert seen_error(proven([0.0], [0.0])) is None
    assert seen_error(proven([1e-20], [1e-16])) is None


def test_without_a_finite_tolerance_no_error_can_be_named():
    assert seen_error(proven([1.0, 2.0], [1e-16, float("inf")])) is None
