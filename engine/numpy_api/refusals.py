"""What a trace of code that was written for NumPy cannot follow, refused at the line that asks for it."""

from __future__ import annotations

import linecache
import sys
from typing import NoReturn

from gradproof.errors import TraceError

#: Packages whose lines are not the user's.
_OURS = ("gradproof", "numpy", "scipy", "sklearn", "autograd", "array_api_compat", "functools", "contextlib")


def refuse(what: str, instead: str) -> NoReturn:
    """Raise ``TraceError``: what was asked of a traced array, at which line of the user's, what to write instead."""
    raise TraceError(f"{what} cannot be traced{_line()}; {instead}")


def _line() -> str:
    """Return the line of the user's code that is running, in words; nothing where there is none."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in _OURS:
        frame = frame.f_back  # type: ignore[assignment]
    if frame is None:
        return ""
    name, number = frame.f_code.co_filename, frame.f_lineno
    source = linecache.getline(name, number).strip()
    return f' (File "{name}", line {number}{f": {source}" if source else ""})'
