"""What a function applies that has a derivative of its own: noted by a tracer, and placed in the graph of the trace.

Of nested ones the outermost is noted, since the derivatives of what is inside it are not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from gradproof.graph import Graph

from .subject import Subject


@dataclass(frozen=True, eq=False)
class Application:
    """One call of a function with a derivative of its own.

    ``label`` says which function, of what kind and where: ``Square (torch.autograd.Function, model.py:12)``.
    ``function`` calls it with other operands, as arrays of its library. ``operands`` and ``results`` are ids of the
    graph of the trace; while that is made, they are the values themselves.
    """

    label: str
    function: Callable[..., Any]
    operands: Sequence[Any]
    results: Sequence[Any]


_NOTES: ContextVar[list[Application] | None] = ContextVar("_NOTES", default=None)


def label(name: str, kind: str, place: str) -> str:
    """Return what a user knows a function by."""
    return f"{name} ({kind}, {place})" if place else f"{name} ({kind})"


def noting() -> bool:
    """Tell whether somebody asked for what is applied."""
    return _NOTES.get() is not None


def note(application: Application) -> None:
    """Take note of an application, where somebody asked for them."""
    if (notes := _NOTES.get()) is not None:
        notes.append(application)


@contextmanager
def _noted_in(notes: list[Application] | None) -> Iterator[None]:
    """Have notes taken in a list meanwhile, or none."""
    token = _NOTES.set(notes)
    try:
        yield
    finally:
        _NOTES.reset(token)


def unnoted() -> AbstractContextManager[None]:
    """Take no note of what is applied meanwhile."""
    return _noted_in(None)


def noted() -> list[Any]:
    """Return the values that notes were taken of: further outputs of the graph of the trace, so that they are found."""
    return [value for each in _NOTES.get() or () for value in (*each.operands, *each.results)]


def applications_in(subject: Subject) -> tuple[Graph, list[Application]]:
    """Return the graph of a subject, and the applications in it. Raises ``TraceError`` where there is no graph."""
    notes: list[Application] = []
    with _noted_in(notes):
        graph = subject.graph()
    count = len(graph.outputs) - sum(len(each.operands) + len(each.results) for each in notes)
    ids = iter(graph.outputs[count:])
    placed = [
        replace(each, operands=[next(ids) for _ in each.operands], results=[next(ids) for _ in each.results])
        for each in notes
    ]
    return replace(graph, outputs=graph.outputs[:count]), placed
