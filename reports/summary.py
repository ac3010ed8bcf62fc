"""What a run says in words and counts: the part of the report that needs no script."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from dataclasses import dataclass

from .record import VERDICTS, OpRecord, RunRecord

#: What each verdict says about a case, for a reader who has not read the manual.
MEANINGS: dict[str, str] = {
    "FORWARD DIFFERS": "the value the target computes is not the one its formula gives",
    "WRONG": "the gradient lies outside what sound rounding could return",
    "INCONCLUSIVE": "precision ran out before anything could be proven; this is not a pass",
    "OVERFLOWS": "an exact intermediate value does not fit the dtype: a finding about the formula",
    "UNDEFINED": "no derivative exists at this point; what the target returned is told",
    "VERIFIED": "every entry lies within the computed tolerance of the proven derivative",
}

#: A sign for each class of verdict, so that colour is never the only mark.
SIGNS = {"fail": "✗", "finding": "!", "told": "?", "pass": "✓"}


@dataclass(frozen=True)
class VerdictCount:
    """How many cases have one verdict."""

    name: str
    kind: str
    sign: str
    count: int
    meaning: str


@dataclass(frozen=True)
class OpRow:
    """One line of the op table. ``bar`` is the length of the error bar, 0 to 100, on a logarithmic scale."""

    op: OpRecord
    counts: list[VerdictCount]
    at_fault: int
    ulps: str
    bar: float


@dataclass(frozen=True)
class PhaseRow:
    """One line of the time table. ``share`` is in percent of all phases."""

    name: str
    seconds: str
    share: float


@dataclass(frozen=True)
class Summary:
    """A run in words and counts. ``overlap`` tells that the phases ran side by side."""

    headline: str
    kind: str
    lead: list[str]
    verdicts: list[VerdictCount]
    ops: list[OpRow]
    reached: int
    phases: list[PhaseRow]
    phases_total: str
    overlap: bool


def summarise(record: RunRecord) -> Summary:
    """Say in words and counts what ``record`` found."""
    counts = Counter(case.verdict for case in record.cases)
    return Summary(
        headline=_headline(record, counts),
        kind=_kind(counts),
        lead=_lead(record),
        verdicts=_verdict_counts(counts),
        ops=_op_rows(record, [name for name in VERDICTS if counts[name]]),
        reached=sum(1 for op in record.ops if op.cases),
        phases=_phase_rows(record.phases),
        phases_total=duration(math.fsum(record.phases.values())),
        overlap=math.fsum(record.phases.values()) > record.seconds,
    )


def plural(count: int, one: str, many: str = "") -> str:
    """Return the count with its noun.

    >>> plural(1, "case"), plural(1200, "case"), plural(2, "entry", "entries")
    ('1 case', '1,200 cases', '2 entries')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Return a time as a person says it.

    >>> duration(0.0004), duration(0.25), duration(3.2), duration(125)
    ('0.4 ms', '250 ms', '3.2 s', '2 min 5 s')
    """
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def number(value: float | None) -> str:
    """Return a number to three digits, or a dash where there is none.

    >>> number(0.5), number(123456.0)
    ('0.5', '1.23e+5')
    """
    return "\N{EN DASH}" if value is None else re.sub(r"e([+-])0+", r"e\1", format(value, ".3g"))


def _of_kind(counts: Counter[str], kind: str) -> int:
    return sum(count for name, count in counts.items() if VERDICTS[name] == kind)


def _kind(counts: Counter[str]) -> str:
    return next((kind for kind in SIGNS if _of_kind(counts, kind)), "told")


def _headline(record: RunRecord, counts: Counter[str]) -> str:
    total, failed = len(record.cases), _of_kind(counts, "fail")
    if not total:
        return "Nothing was checked"
    if failed:
        return _failed_headline(failed, total)
    for kind, words in (("told", "inconclusive"), ("finding", "a finding about the formula")):
        if count := _of_kind(counts, kind):
            return f"No gradient is wrong, but {count:,} of {plural(total, 'case')} {_be(count)} {words}"
    if counts["VERIFIED"] == total:
        return f"Every gradient is right: {plural(total, 'case')}"
    return f"Every gradient that exists is right: {plural(total, 'case')}"


def _failed_headline(failed: int, total: int) -> str:
    if total == 1:
        return "The case is wrong"
    return f"{failed:,} of {total:,} cases {_be(failed)} wrong"


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _lead(record: RunRecord) -> list[str]:
    entries = sum(case.entries for case in record.cases)
    reached = sum(1 for op in record.ops if op.cases)
    sentences = [
        f"{plural(entries, 'derivative entry', 'derivative entries')} over {plural(reached, 'op')} were compared "
        f"with their proven values in {duration(record.seconds)}."
    ]
    seen = [case.sees for case in record.cases if case.sees is not None and VERDICTS[case.verdict] == "pass"]
    if seen:
        sentences.append(_power(seen))
    return sentences


def _power(seen: list[float]) -> str:
    """Say how small an error the passes would have shown. The few that rest on certificates alone would tell little."""
    median, most = statistics.median(seen), sorted(seen)[int(0.95 * (len(seen) - 1))]
    rest = f", and 95 % of them one of {number(most)}" if most > median else ""
    return f"Half of the passes would have shown a relative error of {number(median)}{rest}."


def _verdict_counts(counts: Counter[str]) -> list[VerdictCount]:
    return [_verdict_count(name, counts[name]) for name in VERDICTS]


def _verdict_count(name: str, count: int) -> VerdictCount:
    kind = VERDICTS[name]
    return VerdictCount(name, kind, SIGNS[kind], count, MEANINGS.get(name, ""))


def _op_rows(record: RunRecord, columns: list[str]) -> list[OpRow]:
    blamed = Counter(case.culprit for case in record.cases if VERDICTS[case.verdict] == "fail")
    longest = max((_magnitude(op.worst_ulps) for op in record.ops), default=0.0)
    rows = [_op_row(op, columns, blamed[op.name], longest) for op in record.ops if op.cases]
    return sorted(rows, key=lambda row: (-row.at_fault, row.op.name))


def _op_row(op: OpRecord, columns: list[str], at_fault: int, longest: float) -> OpRow:
    counts = [_verdict_count(name, op.verdicts.get(name, 0)) for name in columns]
    bar = 100 * _magnitude(op.worst_ulps) / longest if longest else 0.0
    return OpRow(op, counts, at_fault, number(op.worst_ulps), round(bar, 1))


def _magnitude(ulps: float | None) -> float:
    return math.log10(1 + abs(ulps)) if ulps is not None else 0.0


def _phase_rows(phases: dict[str, float]) -> list[PhaseRow]:
    total = math.fsum(phases.values()) or 1.0
    longest_first = sorted(phases.items(), key=lambda item: -item[1])
    return [PhaseRow(name, duration(seconds), round(100 * seconds / total, 1)) for name, seconds in longest_first]
