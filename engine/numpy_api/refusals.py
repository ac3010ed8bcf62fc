"""What a trace of code that was written for NumPy cannot follow, refused at the line that asks for it."""

from __future__ import annotations

from typing import NoReturn

from gradproof.errors import TraceError
from gradproof.lines import line_here


def refuse(what: str, instead: str) -> NoReturn:
    """Raise ``TraceError``: what was asked of a traced array, at which line of the user's, what to write instead."""
    raise TraceError(f"{what} cannot be traced{line_here()}; {instead}")
