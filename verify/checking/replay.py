"""The command that puts a check again: for functions that can be named from outside."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..subjects.subject import Leaf
from ..targets.script import array_text

#: So many numbers at most are written into a command.
MOST_NUMBERS = 32


def command_of(function: Callable[..., Any], by_hand: Mapping[str, Callable[..., Any]], order: int) -> str:
    """Return the command up to the arguments; nothing where a function has no name that can be imported."""
    places = {name: _place(each) for name, each in (("", function), *by_hand.items())}
    if not all(places.values()):
        return ""
    given = [f"--{name} {shlex.quote(place)}" for name, place in places.items() if name]
    return " ".join(["gradproof check", shlex.quote(places[""]), *given, *(["--order 2"] if order == 2 else [])])


def _place(function: Callable[..., Any]) -> str:
    """Return ``module:name``, or ``file.py:name`` of what was run as a program."""
    module, name = getattr(function, "__module__", None), getattr(function, "__qualname__", "<unnamed>")
    if not module or _found(module, name) is not function:
        return ""
    if module != "__main__":
        return f"{module}:{name}"
    file = getattr(sys.modules["__main__"], "__file__", None)
    return "" if file is None else f"{Path(file).name}:{name}"


def _found(module: str, name: str) -> Any:
    """Return what a loaded module has under a name, which may have dots; None where there is nothing."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def with_arguments(command: str, leaves: Sequence[Leaf]) -> str:
    """Return the whole command; nothing where the arguments are nested, or too many numbers."""
    nested = any("[" in leaf.name for leaf in leaves)
    if not command or nested or sum(leaf.value.size for leaf in leaves) > MOST_NUMBERS:
        return ""
    arrays = ", ".join(array_text(leaf.value) for leaf in leaves)
    return f"{command} --at {shlex.quote(f'({arrays})' if len(leaves) > 1 else arrays)}"
