"""Which line of a user's program is at fault."""

from __future__ import annotations

import linecache
import sys
import traceback
from collections.abc import Callable, Container, Iterable, Iterator
from types import CodeType, FrameType
from typing import Any

#: Packages whose lines are not the user's.
_LIBRARIES = frozenset({"contextlib", "functools", "gradproof", "numpy", "torch"})


def line_of(error: BaseException) -> str:
    """Return `` in file:line, "source"`` for the last line of the user's that an error came through, or nothing."""
    return _last(traceback.walk_tb(error.__traceback__))


def here(root: Callable[..., Any]) -> str:
    """Return the same for the line that is running, inside of the method ``root``; nothing where none is."""
    return _last(reversed([(frame, frame.f_lineno) for frame in _frames(root)]))


def is_running(codes: Container[CodeType], root: Callable[..., Any]) -> bool:
    """Tell whether one of these codes is running inside of the method ``root``."""
    return any(frame.f_code in codes for frame in _frames(root))


def _frames(root: Callable[..., Any]) -> Iterator[FrameType]:
    """Yield the frames that are running inside of a method, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not root.__code__:
        yield frame
        frame = frame.f_back


def _last(frames: Iterable[tuple[FrameType, int]]) -> str:
    found = ""
    for frame, line in frames:
        if frame.f_globals.get("__name__", "").split(".")[0] not in _LIBRARIES:
            source = linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip()
            found = f" in {frame.f_code.co_filename}:{line}" + (f", {source!r}" if source else "")
    return found
