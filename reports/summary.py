"""What a run says in words and counts: the part of the report that needs no script."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from dataclasses import dataclass

from .chart import Chart, chart
from .record import VERDICTS, CoverageRecord, ErrorRecord, OpRecord, RunRecord

#: What each verdict says about a case, for a reader who has not read the manual.
MEANINGS: dict[str, str] = {
    "MISBEHAVES": "it changes its inputs or its cotangent, differs between equal runs, returns aliased gradients, "
    "breaks on strided or read-only cotangents, or drops an output from the graph",
    "FORWARD DIFFERS": "the value the target computes is not the one its formula gives",
    "WRONG": "the gradient lies outside what sound rounding could return",
    "INCONCLUSIVE": "the tolerance is too wide to tell, or precision ran out; this is not a pass",
    "OVERFLOWS": "an exact intermediate value does not fit the dtype: a finding about the formula",
    "INACCURATE": "a naive formula could return it: the right derivative, with digits lost",
    "UNDEFINED": "no derivative exists here: a pole, the edge of a domain, an infinite slope; the value is told",
    "SUBGRADIENT": "a kink or a tie: there is a set of derivatives, and the value is in it; the convention is told",
    "VERIFIED": "every entry lies within the computed tolerance of the proven derivative",
}

#: A sign for each class of verdict, so that colour is never the only mark.
SIGNS = {"fail": "✗", "finding": "!", "told": "?", "pass": "✓"}

#: So many errors are listed; the rest are counted.
LISTED = 50


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
class CoverageRow:
    """One line of the coverage table. ``counts`` are by region, None where the domain cannot contain it."""

    record: CoverageRecord
    missing: int
    counts: list[int | None]


@dataclass(frozen=True)
class PhaseRow:
    """One line of the time table. ``share`` is in percent of all phases."""

    name: str
    seconds: str
    share: float


@dataclass(frozen=True)
class ErrorRow:
    """One case on which something raised; ``late`` tells that it has a verdict all the same."""

    error: ErrorRecord
    late: bool


@dataclass(frozen=True)
class Summary:
    """A run in words and counts. ``overlap`` tells that the phases ran side by side.

    ``unexamined`` counts the cases without a verdict, and ``unlisted`` the errors beyond those in ``errors``.
    """

    headline: str
    kind: str
    lead: list[str]
    verdicts: list[VerdictCount]
    ops: list[OpRow]
    reached: int
    phases: list[PhaseRow]
    phases_total: str
    overlap: bool
    errors: list[ErrorRow]
    unlisted: int
    unexamined: int
    regions: list[str]
    coverage: list[CoverageRow]
    chart: Chart | None


def summarise(record: RunRecord) -> Summary:
    """Say in words and counts what ``record`` found."""
    counts = Counter(case.verdict for case in record.cases)
    judged = {case.id for case in record.cases}
    unexamined, _ = _raised(record)
    return Summary(
        headline=_headline(record, counts),
        kind=_kind(record, counts),
        lead=_lead(record),
        verdicts=_verdict_counts(counts),
        ops=_op_rows(record, [name for name in VERDICTS if counts[name]]),
        reached=sum(1 for op in record.ops if op.cases),
        phases=_phase_rows(record.phases),
        phases_total=duration(math.fsum(record.phases.values())),
        overlap=math.fsum(record.phases.values()) > record.seconds,
        errors=[ErrorRow(error, error.id in judged) for error in record.errors[:LISTED]],
        unlisted=len(record.errors[LISTED:]),
        unexamined=unexamined,
        regions=_regions(record),
        coverage=[_coverage_row(each, _regions(record)) for each in record.coverage],
        chart=chart(record.curves),
    )


def _regions(record: RunRecord) -> list[str]:
    return list(dict.fromkeys(region for each in record.coverage for region in each.regions))


def _coverage_row(record: CoverageRecord, regions: list[str]) -> CoverageRow:
    missing = sum(count == 0 for count in record.regions.values())
    return CoverageRow(record, missing, [record.regions.get(region) for region in regions])


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


def _kind(record: RunRecord, counts: Counter[str]) -> str:
    if record.errors:
        return "fail"
    return next((kind for kind in SIGNS if _of_kind(counts, kind)), "told")


def _headline(record: RunRecord, counts: Counter[str]) -> str:
    return _headline_with_errors(record, counts) if record.errors else _headline_of_cases(record, counts)


def _subject(record: RunRecord) -> str:
    return "gradient" if record.order == 1 else "second derivative"


def _headline_with_errors(record: RunRecord, counts: Counter[str]) -> str:
    """Say what was found and what could not be: never that all is right."""
    total = len(record.cases)
    if not total:
        return f"Nothing was checked: {plural(_raised(record)[0], 'case')} could not be examined"
    *others, last = _troubles(record)
    if _of_kind(counts, "pass") == total:
        return f"No {_subject(record)} was found wrong in {plural(total, 'case')}, but {' and '.join([*others, last])}"
    return f"{', '.join([_headline_of_cases(record, counts), *others])}, and {last}"


def _raised(record: RunRecord) -> tuple[int, int]:
    """Count the cases on which something raised: those that have no verdict, and those that have one."""
    raised, judged = {error.id for error in record.errors}, {case.id for case in record.cases}
    return len(raised - judged), len(raised & judged)


def _troubles(record: RunRecord) -> list[str]:
    missing, late = _raised(record)
    parts = [f"{missing:,} more could not be examined"] if missing else []
    parts += [f"{late:,} broke off after {'its verdict' if late == 1 else 'their verdicts'}"] if late else []
    return parts


def _headline_of_cases(record: RunRecord, counts: Counter[str]) -> str:
    total, failed = len(record.cases), _of_kind(counts, "fail")
    if not total:
        return "Nothing was checked"
    if failed:
        return _failed_headline(failed, total)
    for kind, words in (("told", "inconclusive"), ("finding", "a finding about the formula")):
        if count := _of_kind(counts, kind):
            is_wrong = "was found wrong" if record.errors else "is wrong"
            return f"No {_subject(record)} {is_wrong}, but {count:,} of {plural(total, 'case')} {_be(count)} {words}"
    if counts["VERIFIED"] == total:
        return f"Every {_subject(record)} is right: {plural(total, 'case')}"
    singular = total - counts["VERIFIED"]
    return f"No {_subject(record)} is wrong: {plural(total, 'case')}, {singular:,} of them at a kink or an edge"


def _failed_headline(failed: int, total: int) -> str:
    if total == 1:
        return "The case is wrong"
    return f"{failed:,} of {total:,} cases {_be(failed)} wrong"


def _be(count: int) -> str:
    return "is" if count == 1 else "are"


def _lead(record: RunRecord) -> list[str]:
    entries = sum(case.entries for case in record.cases)
    reached = sum(1 for op in record.ops if op.cases)
    compared = "was compared with its proven value" if entries == 1 else "were compared with their proven values"
    over = f" over {plural(reached, 'op')}" if reached else ""
    count = plural(entries, "derivative entry", "derivative entries")
    sentences = [f"{count}{over} {compared} in {duration(record.seconds)}."]
    return sentences + _power(record)


def _power(record: RunRecord) -> list[str]:
    """Say how small an error the passes would have shown, and for how many none can be named."""
    passes = [case for case in record.cases if VERDICTS[case.verdict] == "pass"]
    seen = [case.sees for case in passes if case.sees is not None]
    silent = sum(1 for case in passes if case.verdict == "VERIFIED" and case.entries and case.sees is None)
    sentences = [_smallest_shown(seen, len(passes))] if seen else []
    if silent:
        such = "such error" if seen else "smallest relative error that would have shown"
        they, their = ("they rest", "their") if silent > 1 else ("it rests", "its")
        sentences.append(
            f"For {plural(silent, 'pass', 'passes')} no {such} can be named: a {_subject(record)} is zero, "
            f"or the tolerance is too wide and {they} on the certificates of {their} nodes."
        )
    return sentences


def _smallest_shown(seen: list[float], passes: int) -> str:
    median, most = statistics.median(seen), sorted(seen)[int(0.95 * (len(seen) - 1))]
    half = "Half of the passes" if len(seen) == passes else f"Half of {len(seen):,} passes"
    if len(seen) == 1 < passes:
        half = "One pass"
    rest = f", and 95 % of them one of {number(most)}" if most > median else ""
    return f"{half} would have shown a relative error of {number(median)}{rest}."


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
