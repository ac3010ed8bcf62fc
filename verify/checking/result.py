"""What ``check`` found: a verdict that prints, renders in a notebook, and becomes JSON or an HTML report."""

from __future__ import annotations

import dataclasses
import datetime
import html
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradproof.errors import GradientError
from gradproof.exact import Array

from ..conduct import Fault
from ..diagnosis import diagnose
from ..examination import CaseResult, Pair
from ..subjects.subject import Leaf
from ..targets.subject import SubjectTarget
from ..targets.target import Target
from ..verdict import Verdict, worst
from .replay import with_arguments

FORMAT, VERSION = "gradproof-check", 1

#: Why a point tells nothing where no error is raised: there a decomposition, say, has vectors of another sign.
ELSEWHERE = "the function is not what was traced"

#: So many entries of each derivative are printed.
MOST_SHOWN = 3

#: So many numbers of an argument are written out in full.
MOST_NUMBERS = 12


#: Of a function that is not seen inside, the entries tell all that a certificate does.
_TOLD_BY_ENTRIES = (Verdict.WRONG, Verdict.FORWARD_DIFFERS, Verdict.INACCURATE)


@dataclass(frozen=True)
class Entry:
    """One entry of a derivative: by which argument and where, what came, and what is proven of it.

    ``got`` is None where what came has another shape, or nothing did: ``came`` says so. ``ulps`` is the distance in
    units in the last place of the proven value.
    """

    quantity: str
    place: str
    got: float | None
    came: str
    proven: float
    tolerance: float
    ulps: float
    verdict: Verdict

    def __str__(self) -> str:
        off = f": {self.ulps:.2g} ulp off" if math.isfinite(self.ulps) else ""
        return f"got {self.came}, proven {self.proven!r} within {self.tolerance:.2g}{off}"


@dataclass(frozen=True, eq=False)
class CheckResult:
    """The outcome of a check. ``results`` are those of the cases that it put, of which the worst speaks for it.

    ``library`` says whose derivative was on trial, ``leaves`` where: at the arguments, or at the point that a search
    found. ``tried`` is the number of points, of which some tell nothing: ``refused`` says why. ``command`` is the one
    that puts the check again, but for the arguments; empty where the function has no name. ``blamed`` says who is at
    fault inside of a function of another library, as far as that is known.
    """

    name: str
    library: str
    leaves: tuple[Leaf, ...]
    results: tuple[CaseResult, ...]
    target: Target
    tried: int = 1
    refused: tuple[str, ...] = ()
    command: str = ""
    blamed: tuple[str, ...] = ()

    @cached_property
    def verdict(self) -> Verdict:
        """The worst verdict."""
        return worst(each.verdict for each in self.results)

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.verdict.fails

    @cached_property
    def worst(self) -> CaseResult:
        """The case with the worst verdict."""
        return max(self.results, key=lambda each: each.verdict)

    @property
    def culprit(self) -> str:
        """The op at fault, or functions with a derivative of their own; empty where there is none."""
        return ", ".join(self.blamed) or self.worst.culprit

    @cached_property
    def replay(self) -> str:
        """The command that puts the check again at this point; empty where the function cannot be imported."""
        return with_arguments(self.command, self.leaves)

    def raise_if_wrong(self) -> None:
        """Raise ``GradientError``, which is an ``AssertionError``, where something failed."""
        if not self.ok:
            raise GradientError(str(self))

    # --- the entries

    @cached_property
    def entries(self) -> list[Entry]:
        """All entries of all derivatives, the worst first."""
        found = [entry for result in self.results for entry in self._entries_of(result)]
        return sorted(found, key=lambda each: (-each.verdict.value, -_finite(each.ulps)))

    def _entries_of(self, result: CaseResult) -> list[Entry]:
        return [
            entry
            for pair, block in zip(result.pairs, result.blocks, strict=True)
            for entry in _entries(pair, self._quantity(result, *block), self._name(block[2]))
        ]

    def _quantity(self, result: CaseResult, number: int, leaf: int | None, by: int) -> str:
        """Say which derivative it is: of which output, by which arguments."""
        graph = result.asked.graph
        of = f"output {number} of {self.name}" if len(graph.outputs) > 1 else self.name
        if leaf is None:
            return f"the gradient of {of} by {self._name(by)}"
        direction = result.asked.directions[graph.leaves.index(leaf)]
        along = np.argwhere(direction)
        first = _place(self._name(leaf), along[0].tolist()) if len(along) == 1 else self._name(leaf)
        return f"the second derivative of {of} by {first} and {self._name(by)}"

    def _name(self, leaf: int) -> str:
        return self.leaves[leaf].name if leaf >= 0 else "the cotangent"

    # --- as text

    def __str__(self) -> str:
        lines = [self._headline(), *self._entry_lines(), "", self.diagnosis]
        lines += [f"at fault: {self._fault()}"] if self._fault() else []
        lines += [f"replay: {self.replay}"] if not self.ok and self.replay else []
        return "\n".join([*lines, *self._point_lines()])

    __repr__ = __str__

    @cached_property
    def diagnosis(self) -> str:
        """One or two sentences."""
        text, result = diagnose(self.worst), self.worst
        if isinstance(self.target, SubjectTarget) and not result.faults and result.verdict in _TOLD_BY_ENTRIES:
            text = f"{text.partition(':')[0].partition(' at ')[0]}."
        return text.replace(f"The {result.trial} is", f"The {result.quantity} is")

    def _headline(self) -> str:
        bad = [each for each in self.entries if each.verdict is self.verdict]
        if self.verdict is Verdict.VERIFIED or not bad:
            return f"{self.verdict}: {self._asked()} ({self.library})"
        first = bad[0].quantity
        mine = [each for each in self.entries if each.quantity == first]
        count = sum(each.verdict is self.verdict for each in mine)
        others = len({each.quantity for each in bad}) - 1
        more = f", and {others} more" if others else ""
        return f"{self.verdict}: {first}, in {count} of {len(mine)} entries{more} ({self.library})"

    def _asked(self) -> str:
        """Say of which function, and by what, derivatives were asked for."""
        order = max((each.asked.order for each in self.results), default=1)
        names = ", ".join(leaf.name for leaf in self.leaves if leaf.requires_grad)
        return f"{self.name}, its {'gradient' if order == 1 else 'first and second derivatives'} by {names}"

    def _entry_lines(self) -> list[str]:
        if self.verdict is Verdict.VERIFIED:
            return []
        shown = [each for each in self.entries if each.verdict is self.verdict][:MOST_SHOWN]
        width = max((len(each.place) for each in shown), default=0)
        return [f"  {each.place:{width}}   {each}" for each in shown]

    def _fault(self) -> str:
        """Say who is at fault where something fails, and where digits are lost inside of another library."""
        if self.blamed or self.ok:
            return ", ".join(self.blamed)
        cause = self.worst.cause
        if cause is None or (cause.part == "accumulation" and not isinstance(cause, Fault)):
            return self.culprit
        return "" if isinstance(self.target, SubjectTarget) else self.worst.place(cause.site)

    def _point_lines(self) -> list[str]:
        if self.tried == 1:
            return []
        lines = [f"{self.tried} points were tried" + (", and none is wrong" if self.ok else "; this one is wrong:")]
        if not self.ok:
            lines += [f"  {leaf.name} = {_written(leaf.value)}" for leaf in self.leaves]
        raised = [each for each in self.refused if each != ELSEWHERE]
        if raised:
            lines.append(f"at {len(raised)} of them the function has no value ({', '.join(sorted(set(raised)))})")
        if others := len(self.refused) - len(raised):
            lines.append(f"at {others} of them {ELSEWHERE}, and nothing is told")
        return lines

    # --- as data

    def to_data(self) -> dict[str, Any]:
        """Return the outcome as JSON data; what is no finite number is text."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "function": self.name,
            "library": self.library,
            "verdict": str(self.verdict),
            "ok": self.ok,
            "culprit": self.culprit,
            "diagnosis": self.diagnosis,
            "points": self.tried,
            "refused": list(self.refused),
            "point": {leaf.name: _data(leaf.value) for leaf in self.leaves},
            "entries": [
                {
                    **{key: _plain(value) for key, value in dataclasses.asdict(each).items()},
                    "verdict": str(each.verdict),
                }
                for each in self.entries
            ],
            "replay": self.replay,
            "cases": [result.asked.id for result in self.results],
        }

    def to_json(self) -> str:
        """Return the outcome as JSON."""
        return json.dumps(self.to_data(), indent=1)

    def to_html(self, path: str | os.PathLike[str]) -> None:
        """Write the report as one HTML file. Raises ``StoreError`` where the path cannot be written."""
        from gradproof.reports import write_html

        from .record import record_check

        write_html(record_check(self, datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")), path)

    def _repr_html_(self) -> str:
        rows = [
            "".join(
                f"<td>{html.escape(text)}</td>"
                for text in (
                    each.quantity,
                    each.place,
                    each.came,
                    repr(each.proven),
                    f"{each.tolerance:.2g}",
                    f"{each.ulps:.2g}",
                    str(each.verdict),
                )
            )
            for each in self.entries[: 4 * MOST_SHOWN]
        ]
        head = "".join(
            f"<th>{text}</th>" for text in ("derivative", "entry", "got", "proven", "tolerance", "ulp off", "verdict")
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        more = len(self.entries) - len(rows)
        fault = f"<br>at fault: {html.escape(self._fault())}" if self._fault() else ""
        return (
            f"<p><strong>{html.escape(self._headline())}</strong><br>{html.escape(self.diagnosis)}{fault}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            + (f"<p>and {more} entries more</p>" if more else "")
        )


def _entries(pair: Pair, quantity: str, name: str) -> list[Entry]:
    proven, got, shape = pair.proven, pair.got, pair.verdicts.shape
    fits = got is not None and got.shape == shape
    came = "nothing" if got is None else f"an array of {got.dtype.name} {got.shape}"
    distances = pair.ulps if fits and pair.ulps is not None else np.full(shape, np.inf)
    return [
        Entry(
            quantity,
            _place(name, place),
            got[place].item() if got is not None and fits else None,
            repr(got[place].item()) if got is not None and fits else came,
            float(proven.midpoints[place]),
            float(proven.tolerances[place]),
            float(distances[place]),
            Verdict(pair.verdicts[place]),
        )
        for place in np.ndindex(*shape)
    ]


def _place(name: str, place: Sequence[int]) -> str:
    return name + (f"[{', '.join(map(str, place))}]" if len(place) else "")


def _finite(value: float) -> float:
    return value if not math.isnan(value) else -1.0


def _plain(value: Any) -> Any:
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def _data(value: Array) -> Any:
    return [_data(each) for each in value] if value.ndim else _plain(value.item())


def _written(value: Array) -> str:
    if value.size > MOST_NUMBERS:
        return f"array of shape {value.shape}: {_short(value.ravel())}"
    return repr(value.tolist())


def _short(values: Array) -> str:
    return f"[{', '.join(repr(float(each)) for each in values[:MOST_NUMBERS])}, ...]"
