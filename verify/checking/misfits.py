"""Arguments that were meant as arrays and are none: lists of numbers, and whole numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from gradproof.errors import GradproofError, TraceError

from ..subjects.arguments import name_of, named_entries, parameter_names, parts_of

#: So many entries of the arguments are named.
MOST_NAMED = 4


@contextmanager
def lists_explained(function: Callable[..., Any], args: Sequence[Any]) -> Iterator[None]:
    """Have an error of a function tell that a list of numbers is no array to it, but so many arguments.

    Raises ``TraceError`` from a ``TypeError`` or ``AttributeError``, where there is such a list.
    """
    try:
        yield
    except (TypeError, AttributeError) as error:
        lists = [each for name, arg in _named(function, args) for each in _lists(name, arg)]
        if not lists or (isinstance(error, GradproofError) and not isinstance(error, TraceError)):
            raise
        called, (name, value) = name_of(function), lists[0]
        kind = type(value).__name__
        raised = str(error) if isinstance(error, TraceError) else f"{called} raised {type(error).__name__}: {error}"
        raise TraceError(
            f"{raised} ({called} got {name} as a {kind}, of which each number is an argument of its own; "
            f"where an array is meant, hand over numpy.array({name}))"
        ) from error


def given_without_floats(function: Callable[..., Any], args: Sequence[Any]) -> str:
    """Say what a function was given that has nothing to differentiate by, and what to write instead."""
    entries = (each for name, arg in _named(function, args) for each in named_entries(name, arg))
    found = list(itertools.islice(entries, MOST_NAMED + 1))
    kinds = [f"{name} of {getattr(value, 'dtype', type(value).__name__)}" for name, value in found[:MOST_NAMED]]
    text = ", ".join([*kinds, *(["..."] if len(found) > MOST_NAMED else [])]) or "none at all"
    meant = [name for name, arg in _named(function, args) if _is_numeric(arg) or _is_list_of_numbers(arg)]
    return text + (f"; where one is meant as an array, hand over numpy.array({meant[0]}, float)" if meant else "")


def _named(function: Callable[..., Any], args: Sequence[Any]) -> list[tuple[str, Any]]:
    return list(zip(parameter_names(function, len(args)), args, strict=True))


def _lists(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the lists of numbers in a value, with how a user would write them."""
    if _is_list_of_numbers(value):
        yield name, value
        return
    for key, part in parts_of(value):
        yield from _lists(f"{name}[{key!r}]", part)


def _is_list_of_numbers(value: Any) -> bool:
    is_list = isinstance(value, tuple | list) and len(value) > 0
    return is_list and all(_is_number(each) or _is_list_of_numbers(each) for each in value)


def _is_numeric(value: Any) -> bool:
    return _is_number(value) or (isinstance(value, np.ndarray) and value.dtype.kind in "iu")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
