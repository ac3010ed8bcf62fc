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

from gradproof.errors import GradientError
from gradproof.exact import Array

from ..conduct import Fault
from ..diagnosis import diagnose
from ..examination import CaseResult
from ..subjects.subject import Leaf
from ..targets.subject import SubjectTarget
from ..targets.target import Target
from ..verdict import Verdict, worst
from .entries import Entry, entries_of, row_of
from .replay import with_arguments

FORMAT, VERSION = "gradproof-check", 1

#: Why a point tells nothing where no error is raised: there a decomposition, say, has vectors of another sign.
ELSEWHERE = "the function is not what was traced"

#: So many entries of each derivative are printed.
MOST_SHOWN = 3

#: So many numbers of an argument, and of what was drawn, are written out in full.
MOST_NUMBERS, MOST_DRAWN = 12, 6


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
        """The case with the worst verdict; among several the one with the worst entry."""
        result, _ = max(self._by_case, key=lambda each: _severity(*each))
        return result

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
        return sorted((entry for _, found in self._by_case for entry in found), key=_rank)

    @cached_property
    def _by_case(self) -> list[tuple[CaseResult, list[Entry]]]:
        return [(result, list(entries_of(result, self.name, self.leaves))) for result in self.results]

    @property
    def cotangents(self) -> tuple[Array, ...]:
        """What each output was pulled back with: gradients are those of its inner product with the output.

        It is 1 for one number. Of a Jacobian by hand it is a unit vector for each row: here that of the worst one.
        """
        return self.worst.asked.cotangents

    @property
    def directions(self) -> dict[str, Array]:
        """Of second order, by the name of an argument: what its gradient is multiplied by, to be differentiated."""
        asked = self.worst.asked
        leaves = asked.graph.leaves if asked.directions else ()
        return {self.leaves[leaf].name: each for leaf, each in zip(leaves, asked.directions, strict=True)}

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
        return self.diagnosis_of(self.worst)

    def diagnosis_of(self, result: CaseResult) -> str:
        """Return what is said of one of the cases: of the derivative, and not of the backward that gave it."""
        text, quantity = diagnose(result), self._rows or result.quantity
        for named in (result.trial, result.quantity):
            text = text.replace(f"The {named} is", f"The {quantity} is")
        return text

    @property
    def _rows(self) -> str:
        """The matrix by hand that was judged row by row; empty where there is none."""
        asked = [each.asked for each in self.results]
        if any(row_of(direction) is not None for each in asked for direction in each.directions):
            return "Hessian"
        return "Jacobian" if any(row_of(ct) is not None for each in asked for ct in each.cotangents) else ""

    def _headline(self) -> str:
        bad = [each for each in self.entries if each.verdict is self.verdict]
        if self.verdict is Verdict.VERIFIED or not bad:
            return f"{self.verdict}: {self._asked()} ({self.library})"
        first = bad[0].quantity
        mine = [each for each in self.entries if each.quantity == first]
        count = sum(each.verdict is self.verdict for each in mine)
        where = f", in {count} of {len(mine)} entries" if len(mine) > 1 else ""
        others = len({each.quantity for each in bad}) - 1
        more = f", and {others} more derivative{'s' if others > 1 else ''}" if others else ""
        return f"{self.verdict}: {first}{where}{more} ({self.library})"

    def _asked(self) -> str:
        """Say of which function, and by what, derivatives were asked for."""
        order = max((each.asked.order for each in self.results), default=1)
        names = ", ".join(leaf.name for leaf in self.leaves if leaf.requires_grad)
        what = self._rows or ("gradient" if order == 1 else "first and second derivatives")
        return f"{self.name}, its {what} by {names}"

    def _entry_lines(self) -> list[str]:
        if self.verdict is Verdict.VERIFIED:
            return []
        shown = [each for each in self.entries if each.verdict is self.verdict][:MOST_SHOWN]
        width = max((len(each.place) for each in shown), default=0)
        return [*(f"  {each.place:{width}}   {each}" for each in shown), *self._drawn_lines(shown)]

    def _drawn_lines(self, shown: Sequence[Entry]) -> list[str]:
        """Say what was drawn that numbers depend on: cotangents of outputs, and directions of arguments."""
        several = len(self.cotangents) > 1
        lines = [
            f"  {f'output {i} ' if several else ''}with the drawn cotangent {_drawn(ct)}: result.cotangents[{i}]"
            for i, ct in enumerate(self.cotangents)
            if ct.size > 1 and row_of(ct) is None and any(each.output == i for each in shown)
        ]
        return lines + [
            f"  along the drawn direction {_drawn(direction)}: result.directions[{name!r}]"
            for name, direction in self.directions.items()
            if row_of(direction) is None and any(each.along == name for each in shown)
        ]

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
            "cotangents": [_data(each) for each in self.cotangents],
            "directions": {name: _data(each) for name, each in self.directions.items()},
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
        shown = self.entries[: 4 * MOST_SHOWN]
        rows = ["".join(f"<td>{html.escape(text)}</td>" for text in _cells(each)) for each in shown]
        head = "".join(
            f"<th>{text}</th>" for text in ("derivative", "entry", "got", "proven", "tolerance", "ulp off", "verdict")
        )
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        more = len(self.entries) - len(rows)
        fault = f"<br>at fault: {html.escape(self._fault())}" if self._fault() else ""
        below = [*self._drawn_lines(shown), *([f"and {more} entries more"] if more else [])]
        return (
            f"<p><strong>{html.escape(self._headline())}</strong><br>{html.escape(self.diagnosis)}{fault}</p>"
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            + "".join(f"<p>{html.escape(line.strip())}</p>" for line in below)
        )


def _rank(entry: Entry) -> tuple[int, float]:
    """Sort the worst first: what is wrong and cannot be measured before what is off by ulps."""
    unknown = math.inf if entry.verdict.fails else -1.0
    return -entry.verdict.value, -(unknown if entry.ulps is None else entry.ulps)


def _severity(result: CaseResult, entries: Sequence[Entry]) -> tuple[Verdict, tuple[float, float]]:
    """Return a key for the worst of several cases: by its worst entry, or where all is right by what was seen least."""
    verdict, ulps = min(map(_rank, entries), default=(0, 0.0))
    seen = -1.0 if result.sees is None else result.sees
    return result.verdict, (0.0, seen) if result.verdict is Verdict.VERIFIED else (-verdict, -ulps)


def _cells(entry: Entry) -> list[str]:
    """Return what a row of a table says of an entry."""
    ulps = "–" if entry.ulps is None else f"{entry.ulps:.2g}"
    known = [entry.came, entry.told, f"{entry.tolerance:.2g}", ulps]
    return [entry.quantity, entry.place, *known, str(entry.verdict)]


def _plain(value: Any) -> Any:
    return repr(value) if isinstance(value, float) and not math.isfinite(value) else value


def _data(value: Array) -> Any:
    return [_data(each) for each in value] if value.ndim else _plain(value.item())


def _written(value: Array, most: int = MOST_NUMBERS, first: int = MOST_NUMBERS) -> str:
    """Write an array: in full where its numbers are few, else its shape and the first of them."""
    if value.size <= most:
        return repr(value.tolist())
    numbers = ", ".join(repr(float(each)) for each in value.ravel()[:first])
    return f"array of shape {value.shape}: [{numbers}, ...]"


def _drawn(value: Array) -> str:
    return _written(value, MOST_DRAWN, first=2)
