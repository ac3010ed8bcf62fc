"""The words of the front page."""

from __future__ import annotations

import dataclasses

import pytest

from gradproof.reports import VERDICTS, CaseRecord, ErrorRecord, RunRecord
from gradproof.reports.summary import MEANINGS, SIGNS, summarise


@pytest.mark.parametrize(
    ("verdicts", "headline", "kind"),
    [
        ([], "Nothing was checked", "told"),
        (["WRONG"], "The case is wrong", "fail"),
        (["WRONG", "VERIFIED"], "1 of 2 cases is wrong", "fail"),
        (["WRONG", "FORWARD DIFFERS", "INCONCLUSIVE"], "2 of 3 cases are wrong", "fail"),
        (["INCONCLUSIVE", "VERIFIED"], "No gradient is wrong, but 1 of 2 cases is inconclusive", "told"),
        (
            ["OVERFLOWS", "OVERFLOWS"],
            "No gradient is wrong, but 2 of 2 cases are a finding about the formula",
            "finding",
        ),
        (["UNDEFINED", "VERIFIED"], "No gradient is wrong: 2 cases, 1 of them at a kink or an edge", "pass"),
        (["VERIFIED"] * 1200, "Every gradient is right: 1,200 cases", "pass"),
    ],
)
def test_headline_says_the_verdict(verdicts: list[str], headline: str, kind: str, sample: RunRecord) -> None:
    cases = [dataclasses.replace(sample.cases[0], verdict=verdict) for verdict in verdicts]
    summary = summarise(dataclasses.replace(sample, cases=cases))
    assert (summary.headline, summary.kind) == (headline, kind)


def error(id: str) -> ErrorRecord:
    return ErrorRecord(id, f"case {id}", "ZeroDivisionError: planted", f"gradproof replay {id}")


@pytest.mark.parametrize(
    ("verdicts", "errors", "headline"),
    [
        ([], ["a"], "Nothing was checked: 1 case could not be examined"),
        ([], ["a", "b", "a"], "Nothing was checked: 2 cases could not be examined"),
        (["WRONG"], ["a"], "The case is wrong, and 1 more could not be examined"),
        (["WRONG", "VERIFIED"], ["a", "b"], "1 of 2 cases is wrong, and 2 more could not be examined"),
        (["WRONG", "VERIFIED"], ["0"], "1 of 2 cases is wrong, and 1 broke off after its verdict"),
        (
            ["INCONCLUSIVE", "VERIFIED"],
            ["a"],
            "No gradient was found wrong, but 1 of 2 cases is inconclusive, and 1 more could not be examined",
        ),
        (
            ["OVERFLOWS", "VERIFIED"],
            ["a"],
            "No gradient was found wrong, but 1 of 2 cases is a finding about the formula, "
            "and 1 more could not be examined",
        ),
        (
            ["VERIFIED"] * 1200,
            ["a"] * 2,
            "No gradient was found wrong in 1,200 cases, but 1 more could not be examined",
        ),
        (["UNDEFINED", "VERIFIED"], ["a"], "No gradient was found wrong in 2 cases, but 1 more could not be examined"),
        (["WRONG"], ["a", "0"], "The case is wrong, 1 more could not be examined, and 1 broke off after its verdict"),
        (
            ["VERIFIED"],
            ["a", "0"],
            "No gradient was found wrong in 1 case, but 1 more could not be examined and 1 broke off after its verdict",
        ),
        (["VERIFIED"] * 2, ["0", "1"], "No gradient was found wrong in 2 cases, but 2 broke off after their verdicts"),
    ],
)
def test_headline_with_errors_never_says_that_all_is_right(
    verdicts: list[str], errors: list[str], headline: str, sample: RunRecord
) -> None:
    cases = [dataclasses.replace(sample.cases[0], id=str(i), verdict=each) for i, each in enumerate(verdicts)]
    summary = summarise(dataclasses.replace(sample, cases=cases, errors=[error(each) for each in errors]))
    assert (summary.headline, summary.kind) == (headline, "fail")
    assert "right" not in summary.headline


def test_a_run_of_second_order_speaks_of_second_derivatives(sample: RunRecord) -> None:
    cases = [dataclasses.replace(sample.cases[0], verdict="VERIFIED", sees=None)]
    summary = summarise(dataclasses.replace(sample, cases=cases, errors=[], order=2))
    assert summary.headline == "Every second derivative is right: 1 case"
    assert "a second derivative is zero" in summary.lead[-1]


def test_errors_do_not_count_as_failed_gradients(sample: RunRecord) -> None:
    assert not dataclasses.replace(sample, cases=sample.cases[:3], errors=[error("a")]).failed()
    assert dataclasses.replace(sample, errors=[]).failed()


def test_first_errors_are_listed_and_the_rest_counted(sample: RunRecord) -> None:
    errors = [error(sample.cases[0].id), *(error(f"bad{i}") for i in range(59))]
    summary = summarise(dataclasses.replace(sample, errors=errors))
    assert (len(summary.errors), summary.unlisted, summary.unexamined) == (50, 10, 59)
    assert [row.late for row in summary.errors[:2]] == [True, False]


def test_lead_counts_the_passes_that_can_name_no_error(sample: RunRecord) -> None:
    seen, silent = (dataclasses.replace(sample.cases[0], sees=sees) for sees in (1e-14, None))
    empty, undefined = dataclasses.replace(silent, entries=0), dataclasses.replace(silent, verdict="UNDEFINED")

    def power(*cases: CaseRecord) -> list[str]:
        return summarise(dataclasses.replace(sample, cases=list(cases))).lead[1:]

    assert power(seen, seen, silent, silent) == [
        "Half of 2 passes would have shown a relative error of 1e-14.",
        "For 2 passes no such error can be named: a gradient is zero, "
        "or the tolerance is too wide and they rest on the certificates of their nodes.",
    ]
    assert power(seen, silent) == [
        "One pass would have shown a relative error of 1e-14.",
        "For 1 pass no such error can be named: a gradient is zero, "
        "or the tolerance is too wide and it rests on the certificates of its nodes.",
    ]
    assert power(silent)[0].startswith("For 1 pass no smallest relative error that would have shown can be named: ")
    assert power(empty, undefined) == []
    assert power(seen) == ["Half of the passes would have shown a relative error of 1e-14."]


def test_lead_counts_entries_and_says_what_would_have_been_seen(sample: RunRecord) -> None:
    quiet, loud = (dataclasses.replace(sample.cases[0], sees=sees, entries=6) for sees in (1e-14, 4e-9))
    summary = summarise(dataclasses.replace(sample, cases=[quiet, quiet, loud]))
    assert "18 derivative entries over 10 ops" in summary.lead[0]
    assert summary.lead[1].startswith("Half of the passes would have shown a relative error of 1e-14")


def test_op_at_fault_comes_first_and_has_its_failing_cases_counted(sample: RunRecord) -> None:
    rows = summarise(sample).ops
    assert [(row.op.name, row.at_fault) for row in rows[:3]] == [("log", 1), ("tanh", 1), ("add", 0)]
    assert max(row.bar for row in rows) == 100.0


def test_phases_come_longest_first_with_shares_of_the_whole(sample: RunRecord) -> None:
    summary = summarise(sample)
    assert summary.phases[0].name == "exact sweep"
    assert sum(phase.share for phase in summary.phases) == pytest.approx(100, abs=0.3)
    assert summary.overlap


@pytest.mark.parametrize("verdict", VERDICTS, ids=str)
def test_verdict_has_a_meaning_and_a_sign(verdict: str) -> None:
    assert len(MEANINGS[verdict]) > 20
    assert len(SIGNS[VERDICTS[verdict]]) == 1


def test_coverage_has_a_column_for_each_region_and_none_where_it_cannot_be(sample: RunRecord) -> None:
    summary = summarise(sample)
    assert summary.regions == ["positive", "near an edge", "zero"]
    assert [row.counts for row in summary.coverage] == [[1234, 0, None], [0, None, 7]]
    assert [row.missing for row in summary.coverage] == [1, 1]
    assert sample.covered() == (2, 4)
