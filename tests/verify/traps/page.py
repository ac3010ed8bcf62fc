"""The page that shows the table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from .table import Answer, Trap

COMMAND = "PYTHONPATH=tests/verify python -m traps"

HEAD = """# Traps

Points at which a checker of gradients is fooled, or fools its user: {rows} rows, each with the mathematical answer, the
reason for it, and the verdict that each of {answers} answers gets. The table was written by hand, from mathematics;
`tests/verify/test_traps.py` holds the verifier to every line of it. The verdicts are explained in
[the tolerance](tolerance.md).

"ours" is what Gradproof's engine returns. Other answers are planted: a number is a target that returns it, a formula or
a slope at 0 a VJP rule that people write, and "0 times infinity is NaN" a sweep that multiplies zeros as IEEE 754 does.
Gradients of several inputs stand in parentheses, those of an array in brackets. Where all numbers of a row in the first
three sections are float32 numbers, it is tested in float32 as well.

This page is made from the table in `tests/verify/traps`: `{command}`.
"""


def page(sections: Mapping[str, Sequence[Trap]]) -> str:
    """Return the page as Markdown."""
    rows = [row for each in sections.values() for row in each]
    head = HEAD.format(rows=len(rows), answers=sum(len(row.answers) for row in rows), command=COMMAND)
    return "\n".join([head, *(_section(title, each) for title, each in sections.items())])


def _section(title: str, rows: Sequence[Trap]) -> str:
    lines = [f"## {title}", "", "| function | at | true answer | because | verdicts |", "|---|---|---|---|---|"]
    for row in rows:
        words = [_plain(each) for each in (row.place, row.truth.text, row.reason, _verdicts(row.answers))]
        lines.append(f"| `{row.formula}` | {' | '.join(words)} |")
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """Return text in which Markdown finds nothing to set off."""
    return text.replace("*", "\\*")


def _verdicts(answers: Sequence[Answer]) -> str:
    """Return the verdicts with the answers that get each."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for answer in answers:
        found[str(answer.verdict)].append(answer.text)
    return "<br>".join(f"{verdict}: {'; '.join(texts)}" for verdict, texts in found.items())
