"""Lines of the user's own code, among those of a library that called it or that it called."""

from __future__ import annotations

import linecache
import os
import traceback
from collections.abc import Iterable
from types import ModuleType

import gradproof

_HERE = os.path.dirname(gradproof.__file__)


def line_of(frames: Iterable[tuple[str, int]], *libraries: ModuleType) -> str:
    """Return the first of the places, file and line, that is in none of the libraries: `` in file:line, 'code'``.

    Nothing where all are.
    """
    inside = (_HERE, "<", *(os.path.dirname(each.__file__ or "<") for each in libraries))
    for path, number in frames:
        if not path.startswith(inside):
            return f" in {path}:{number}, {linecache.getline(path, number).strip()!r}"
    return ""


def line_of_error(error: BaseException, *libraries: ModuleType) -> str:
    """Return the user's line that an error was raised in, or in what that called."""
    frames = [(frame.filename, frame.lineno or 0) for frame in traceback.extract_tb(error.__traceback__)]
    return line_of(reversed(frames), *libraries)
