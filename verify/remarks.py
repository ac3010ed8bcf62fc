"""Remarks under a reproducer: what is proven of the numbers that it prints, and how far off these are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gradproof.exact import Array
from gradproof.symbolic import Proven

from .examination import CaseResult
from .verdict import Verdict, farthest, ulps

#: Digits of proven values: enough to see an error of any size that a float64 shows.
DIGITS = 20


def remarks(result: CaseResult) -> str:
    """Return comments, one for each output and each gradient that is not verified: its worst entry."""
    return "".join(f"# {line}\n" for line in _lines(result))


def _lines(result: CaseResult) -> Iterator[str]:
    graph = result.case.graph if result.is_whole else result.case.graph.unlabelled()  # as the reproducer has names
    for output in dict.fromkeys(graph.outputs):
        proven = result.proof.values.get(output)
        got = result.run.values[output]
        if proven is not None and got.shape == proven.enclosure.shape and not np.all(proven.admits(got)):
            yield _line(graph.name(output), got, proven)
    for pair in result.pairs:
        if pair.verdict.fails or pair.verdict is Verdict.INACCURATE:
            name = f"the gradient of {graph.name(graph.outputs[pair.output])} by {graph.name(pair.leaf)}"
            if pair.got is None or pair.got.shape != pair.proven.enclosure.shape:
                yield f"{name} has shape {None if pair.got is None else pair.got.shape}"
            else:
                yield _line(name, pair.got, pair.proven)


def _line(name: str, got: Array, proven: Proven) -> str:
    """Say what is proven of the worst entry."""
    off = np.nan_to_num(ulps(got, proven), nan=np.inf)
    place = farthest(off)
    entry = "".join(f"[{i}]" for i in place)
    digits = proven.digits(DIGITS)[int(np.ravel_multi_index(place, got.shape)) if got.ndim else 0]
    return f"{name}{entry} is {got[place].item()!r}, but {digits} is proven: {off[place]:.3g} ulp off"
