"""Lines of the user's own code, among those of the libraries that it calls and that call it."""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType

#: Packages and modules whose lines are not the user's.
_LIBRARIES = (
    "array_api_compat",
    "autograd",
    "contextlib",
    "functools",
    "gradproof",
    "jax",
    "jaxlib",
    "numpy",
    "opt_einsum",
    "scipy",
    "sklearn",
    "torch",
)

#: What code is called that Python, NumPy and PyTorch make themselves, and that is in no file.
_GENERATED = ("<frozen ", "<__array_function__ internals>", "<eval_with_key>")


def line_of(error: BaseException) -> str:
    """Return `` in file:line, 'code'`` of the innermost line of the user's that an error came through, or nothing."""
    places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    return line_among(reversed(places))


def line_here(inside: CodeType | None = None) -> str:
    """Return the same of the line that is running: of all, or of those inside of the call of a code."""
    return line_among((frame.f_code.co_filename, frame.f_lineno) for frame in frames(inside))


def frames(inside: CodeType | None = None) -> Iterator[FrameType]:
    """Yield the frames that are running, the innermost first: all, or those inside of the call of a code."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not inside:
        yield frame
        frame = frame.f_back


def line_among(places: Iterable[tuple[str, int]]) -> str:
    """Return the first of some places, each a file and a line, that is the user's; nothing where none is."""
    for path, number in places:
        if is_users(path):
            source = linecache.getline(path, number).strip()
            return f" in {path}:{number}" + (f", {source!r}" if source else "")
    return ""


def is_users(path: str) -> bool:
    """Tell whether code is the user's, by the name of its file."""
    return not path.startswith((*_GENERATED, *_homes()))


def place_of(path: str, number: int) -> str:
    """Return ``file:line``, the file as seen from the working directory; nothing where there is no such file."""
    if not os.path.isfile(path):
        return ""
    seen = os.path.relpath(path)
    return f"{path if seen.startswith(os.pardir) else seen}:{number}"


def _homes() -> tuple[str, ...]:
    """Return where the libraries are that are loaded: folders of packages, and files of modules."""
    found: list[str] = []
    for name in _LIBRARIES:
        module = sys.modules.get(name)
        folders = [os.path.join(folder, "") for folder in getattr(module, "__path__", ())]
        found += folders or [path for path in [getattr(module, "__file__", None)] if path]
    return tuple(found)
