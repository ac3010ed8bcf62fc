"""Which library a function is in: told from its arguments and from itself, without importing any."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gradproof.errors import ArgumentError, MissingLibraryError, nearest

from .subjects.subject import Subject

#: The libraries whose functions are checked, beside NumPy, the array API and our own engine: where their subjects are.
SUBJECTS = {
    "torch": ("gradproof.verify.subjects.torch", "TorchSubject"),
    "jax": ("gradproof.verify.subjects.jax", "JaxSubject"),
    "autograd": ("gradproof.verify.subjects.autograd", "AutogradSubject"),
}
PLAIN = "numpy"


def library_of(function: Callable[..., Any], args: Sequence[Any], asked: str | None = None) -> str:
    """Return the name of a library: the one that is asked for, or told from the types of arrays and of the function.

    Raises ``ArgumentError`` for a name that is not known.
    """
    if asked is not None:
        if asked != PLAIN and asked not in SUBJECTS:
            known = (PLAIN, *SUBJECTS)
            raise ArgumentError(f"library={asked!r} is none of {', '.join(known)}{nearest(asked, known)}")
        return asked
    homes = {_home(type(value)) for value in (function, *_values(args))}
    homes |= {_home(base) for base in type(function).__mro__}
    for name, packages in (("torch", {"torch"}), ("jax", {"jax", "jaxlib"})):
        if homes & packages:
            return name
    return "autograd" if _speaks_autograd(function) else PLAIN


def _home(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, tuple | list):
        for part in value:
            yield from _values(part)
    else:
        yield value


def _speaks_autograd(function: Callable[..., Any]) -> bool:
    """Tell whether a function is one of HIPS autograd's, or reads a name of its module that comes from there."""
    if getattr(function, "fun", None) is not None and _home(type(function)) == "autograd":
        return True
    code, names = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    used = (names.get(name) for name in getattr(code, "co_names", ()))
    return any(_path(each).startswith("autograd.") for each in used)


def _path(value: Any) -> str:
    """Return the dotted name of a module, or of the module that a value comes from."""
    return str(getattr(value, "__module__", None) or getattr(value, "__name__", ""))


def subject_in(library: str, function: Callable[..., Any], args: Sequence[Any], **how: Any) -> Subject:
    """Return a function of a library as a subject, with further arguments of its class.

    Raises ``MissingLibraryError`` where the library is not installed.
    """
    module, name = SUBJECTS[library]
    try:
        importlib.import_module(library)
    except ImportError as error:
        raise MissingLibraryError(
            f"{library} is not installed; install it with: pip install 'gradproof[{library}]'"
        ) from error
    made: Subject = getattr(importlib.import_module(module), name)(function, args, **how)
    return made
