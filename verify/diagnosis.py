"""What the witnesses say together, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .certificate import Certificate
from .conduct import Fault, Misdeed
from .examination import CaseResult, Pair
from .finite_differences.notes import difference_notes
from .finite_differences.opinion import tells
from .finite_differences.probes import Probes
from .kinks import Joint
from .verdict import Verdict

#: So many entries are spelled out.
MOST_SHOWN = 4

#: Below any relative error that a float64 can have.
TINIEST = 2.0**-60


#: Why there may be no derivative.
_REASONS = "a jump, a pole, the edge of a domain or an infinite slope"


def diagnose(result: CaseResult) -> str:
    """Return the diagnosis of a case: one or two sentences."""
    if result.verdict.fails:
        return _failure(result)
    if result.verdict is Verdict.VERIFIED:
        return _success(result)
    where = f" at {result.culprit}" if result.culprit and not result.is_whole else ""
    if result.verdict is Verdict.UNDEFINED and _has_no_number(result):
        return f"An input is not a finite number, so no derivative exists. {_returned(result)}"
    if result.verdict is Verdict.SUBGRADIENT:
        return _kink(result, where)
    return {
        Verdict.UNDEFINED: f"No {result.derivative} exists{where}: {_REASONS}. {_returned(result)}",
        Verdict.INACCURATE: f"The formula may be right, but digits are lost{where}{_lost(result)}.",
        Verdict.OVERFLOWS: f"A true value is larger than the dtype can hold{_overflowing(result)}: a finding about "
        "the formula.",
        Verdict.INCONCLUSIVE: f"The tolerance is too wide to tell{_missing(result)}.",
    }[result.verdict]


def _kink(result: CaseResult, where: str) -> str:
    """Name the convention, and whether the function itself has the derivative that was returned."""
    chosen = "; ".join(result.conventions[:3]) or "the branch that a comparison takes at its tie"
    which = "" if result.is_whole else f": {chosen}"
    text = f"There is a kink or a tie{where}, and the gradient is one of its generalised derivatives{which}."
    joint = [each for pair in result.pairs for each in pair.joint]
    if any(each.verdict is None for each in joint):
        text += " The ties are too many to try all branches: each entry is inside its interval."
    stray = next((each for each in joint if each.own is False), None)
    if stray is not None:
        text += (
            " It belongs to the product of the nodes' own sets (a conservative field), and not to the derivatives that "
            f"the function itself has nearby: {_own(stray)}."
        )
    return text


def _own(joint: Joint) -> str:
    """Say which derivatives the function itself has, entry by entry."""
    numbers = np.array([[float(ball.mid()) for ball in limit] for limit in joint.limits])
    low, high = np.min(numbers, axis=0), np.max(numbers, axis=0)
    shown = [f"{a:.6g}" if a == b else f"[{a:.6g}, {b:.6g}]" for a, b in zip(low, high, strict=True)]
    entries = ", ".join(shown[:MOST_SHOWN]) + (", ..." if len(shown) > MOST_SHOWN else "")
    have = "the function itself has the derivative" if np.array_equal(low, high) else "there it has derivatives in"
    return f"{have} {entries if len(shown) == 1 else f'({entries})'}"


def _has_no_number(result: CaseResult) -> bool:
    return not all(np.all(np.isfinite(each.value)) for each in result.case.graph.inputs)


def _missing(result: CaseResult) -> str:
    """Name the first node whose certificate is open."""
    if result.is_whole:
        return ""
    found = next((each for each in result.certificates if each.holds is None), None)
    if found is None:
        return ", and a certificate is missing"
    reason = found.reason or "undefined, or itself within too wide a tolerance"
    return f", and a certificate is missing: {result.place(found.site)}, {found.where}: {reason}"


def _overflowing(result: CaseResult) -> str:
    """Name the first node that has a value or a cotangent beyond the dtype."""
    found = [each for each in result.certificates if each.overflows]
    if not found or result.is_whole:
        return ""
    first = min(found, key=lambda each: (each.part != "forward", each.site if each.part == "forward" else -each.site))
    part = "result" if first.part == "forward" else first.where
    return f" at {result.case.graph.name(first.site)} ({result.op_at(first.site)}), in its {part.removeprefix('the ')}"


def _lost(result: CaseResult) -> str:
    """Say how many digits are lost, and where."""
    if not result.lossy:
        return ": outside the tolerance, and inside that of naive formulas"
    most = max(result.lossy, key=lambda each: each.ulps)
    return "" if result.is_whole else f": {result.case.graph.name(most.site)}, {most}"


def _returned(result: CaseResult) -> str:
    """Say what the target returned where there is no derivative."""
    for pair in result.pairs:
        for place in np.argwhere(pair.verdicts == Verdict.UNDEFINED):
            entry = "".join(f"[{i}]" for i in place)
            value = "nothing" if pair.got is None else repr(pair.got[tuple(place)].item())
            return f"The target returned {value} for {result.case.graph.name(pair.leaf)}{entry}."
    return ""


def _success(result: CaseResult) -> str:
    if result.sees is None and all(not np.any(pair.proven.midpoints) for pair in result.pairs):
        return f"The {result.quantity} is zero, and so it must be."
    if result.sees is None or result.sees > 1:
        return (
            "Every node is certified: each op did its part within its budget. The end-to-end tolerance is too wide "
            "to say more."
        )
    if result.sees < TINIEST:
        return f"The {result.quantity} is exact, as it must be: any error would have been seen."
    size = f"{result.sees:.1e}"
    return f"The {result.quantity} is right; an error of {size} of its largest entry would have been seen in any entry."


def _failure(result: CaseResult) -> str:
    blame = "" if result.is_whole else f": {_blame(result, result.broken[:2]) or 'the end-to-end comparison fails'}"
    if result.faults:
        text = f"The target misbehaves: {_blame(result, result.faults[:2])}."
        return f"{text} What it returned is wrong too, perhaps because of that{blame}." if result.broken else text
    if result.verdict is Verdict.FORWARD_DIFFERS:
        return f"The forward value is not the mirror's{blame}."
    opinions = _failing_opinions(result)
    if opinions and all(each.agreement is False and not each.rejects for each in opinions):
        return f"The finite difference sides with the backward: mirror or forward is at fault{blame}."
    return f"The {result.trial} is wrong{_second_opinion(opinions)}{blame}."


def _failing_opinions(result: CaseResult) -> list[Pair | Probes]:
    """Return what finite differences say of the gradients that fail."""
    failing = [pair for pair in result.pairs if pair.verdict.fails]
    outputs = {pair.output for pair in failing}
    pairs: list[Pair | Probes] = [pair for pair in failing if pair.difference is not None]
    return pairs + [each for each in result.probes if each.output in outputs]


def _blame(result: CaseResult, found: Sequence[Certificate | Fault]) -> str:
    if result.is_whole:
        return "; ".join(each.text if isinstance(each, Fault) else str(each) for each in found)
    return "; ".join(f"{result.place(each.site)}, {each}" for each in found)


def _second_opinion(opinions: Sequence[Pair | Probes]) -> str:
    against = [each for each in opinions if each.rejects and each.agreement is not False]
    if any(each.agreement for each in against):
        return ", and finite differences side with the proven value"
    if against:
        return ", and finite differences reject it too"
    if opinions and not any(map(_tells, opinions)):
        return "; finite differences cannot tell here"
    return " by less than finite differences could tell" if opinions else ""


def _tells(opinion: Pair | Probes) -> bool:
    """Tell whether finite differences say something of what fails: of a pair, of an entry that does."""
    if isinstance(opinion, Probes) or opinion.difference is None:
        return opinion.agreement is not None
    failing = (opinion.verdicts >= Verdict.WRONG).astype(bool)
    return bool(np.any(tells(opinion.difference, opinion.proven) & failing))


def notes_of(result: CaseResult) -> list[str]:
    """Return what a reader of the numbers should know."""
    graph, proof = result.case.graph, result.proof
    notes = [f"The proven values were computed with {proof.bits} bits."]
    notes += [
        f"{graph.name(site)} ({result.op_at(site)}): {', '.join(sorted(reasons))} met by the oracle."
        for site, reasons in sorted(proof.notes.items())
    ]
    notes += result.notes
    notes += (
        ["Finite differences were not taken: the target misbehaves."] if result.faults else difference_notes(result)
    )
    notes += [HINTS[fault.misdeed] for fault in result.faults if fault.misdeed in HINTS]
    return notes


#: What the reproducer does not show by itself.
HINTS = {
    Misdeed.UNREPEATABLE: "The reproducer runs once: run it again and compare.",
    Misdeed.NEEDS_LAYOUT: "The reproducer hands over contiguous cotangents: give it the layout that is named to see "
    "the fault.",
    Misdeed.SHARES_MEMORY: "The reproducer prints numbers: write to one of the arrays to see the other one change.",
}
