"""The targets that have a name on the command line: our own engine, and libraries that are optional."""

from __future__ import annotations

from importlib import import_module

from gradproof.case import Case

from ..installed import require
from .engine import EngineTarget
from .target import Target

OWN = "gradproof"

#: The library of each name, with the class that puts it on trial; each in a module of the name.
LIBRARIES = {"torch": "TorchTarget", "jax": "JaxTarget", "autograd": "AutogradTarget"}

NAMES = (OWN, *LIBRARIES)


def target_named(name: str) -> Target:
    """Return a target by its name. Raises ``MissingLibraryError`` where the library is not installed."""
    if name == OWN:
        return EngineTarget()
    require(name)
    return getattr(import_module(f".{name}", __package__), LIBRARIES[name])()


def replay_command(case: Case, target: Target) -> str:
    """Return the command that runs a kept case again on a target."""
    return f"gradproof replay {case.id}" + (f" --target {target.name}" if target.name in LIBRARIES else "")
