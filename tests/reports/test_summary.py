"""The words of the front page."""

from __future__ import annotations

import dataclasses

import pytest

from gradproof.reports import VERDICTS, RunRecord
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
        (["UNDEFINED", "VERIFIED"], "Every gradient that exists is right: 2 cases", "pass"),
        (["VERIFIED"] * 1200, "Every gradient is right: 1,200 cases", "pass"),
    ],
)
def test_headline_says_the_verdict(verdicts: list[str], headline: str, kind: str, sample: RunRecord) -> None:
    cases = [dataclasses.replace(sample.cases[0], verdict=verdict) for verdict in verdicts]
    summary = summarise(dataclasses.replace(sample, cases=cases))
    assert (summary.headline, summary.kind) == (headline, kind)


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
