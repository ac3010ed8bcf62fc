"""Which library a function is in: told from its arguments and from what it uses, without importing any."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from gradproof.errors import ArgumentError, nearest

from ..installed import require
from ..subjects.subject import LibrarySubject

#: The libraries whose functions are checked, beside NumPy, the array API and our own engine: where their subjects are.
SUBJECTS = {
    "torch": ("gradproof.verify.subjects.torch", "TorchSubject"),
    "jax": ("gradproof.verify.subjects.jax", "JaxSubject"),
    "autograd": ("gradproof.verify.subjects.autograd", "AutogradSubject"),
}
PLAIN = "numpy"

#: The packages that arrays and functions of each come from.
_PACKAGES = {"torch": {"torch"}, "jax": {"jax", "jaxlib"}, "autograd": {"autograd"}}


def library_of(function: Callable[..., Any], args: Sequence[Any], asked: str | None = None) -> str:
    """Return the name of a library: the one that is asked for, or told from the types of arrays and of the function.

    Raises ``ArgumentError`` for a name that is not known.
    """
    if asked is not None:
        if asked != PLAIN and asked not in SUBJECTS:
            known = (PLAIN, *SUBJECTS)
            raise ArgumentError(f"library={asked!r} is none of {', '.join(known)}{nearest(asked, known)}")
        return asked
    homes = {home for value in (function, *_values(args)) for home in _homes(value)}
    homes |= {home for value in _used(function) for home in _homes(value)}
    return next((name for name, packages in _PACKAGES.items() if homes & packages), PLAIN)


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, tuple | list):
        for part in value:
            yield from _values(part)
    else:
        yield value


def _homes(value: Any) -> set[str]:
    """Return the packages that a value comes from: as a module, a class or an object, and by the bases of its class."""
    kinds = (value if isinstance(value, type) else type(value)).__mro__
    paths = [value.__name__] if isinstance(value, ModuleType) else [kind.__module__ for kind in kinds]
    paths += [value.__module__] if isinstance(getattr(value, "__module__", None), str) else []
    return {path.partition(".")[0] for path in paths}


def _used(function: Callable[..., Any]) -> Iterator[Any]:
    """Yield what a function reads of its module and of the functions around it, and what it is a method of."""
    code, names = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    yield from (names[name] for name in getattr(code, "co_names", ()) if name in names)
    for cell in getattr(function, "__closure__", None) or ():
        with contextlib.suppress(ValueError):  # an empty cell
            yield cell.cell_contents
    yield getattr(function, "__self__", None)


def subject_in(library: str, function: Callable[..., Any], args: Sequence[Any], **how: Any) -> LibrarySubject:
    """Return a function of a library as a subject, with further arguments of its class.

    Raises ``MissingLibraryError`` where the library is not installed.
    """
    module, name = SUBJECTS[library]
    require(library)
    made: LibrarySubject = getattr(importlib.import_module(module), name)(function, arrays_of(library, args), **how)
    return made


def arrays_of(library: str, args: Sequence[Any]) -> Sequence[Any]:
    """Return arguments as functions of a library take them: PyTorch's get tensors in place of NumPy's arrays."""
    return [_as_tensors(arg) for arg in args] if library == "torch" else args


def _as_tensors(value: Any) -> Any:
    """Return a value with PyTorch's tensors in place of NumPy's arrays, which it may be nested of."""
    import torch

    if isinstance(value, np.ndarray | np.generic):
        return torch.from_numpy(np.array(value))
    if isinstance(value, dict):
        return {key: _as_tensors(part) for key, part in value.items()}
    return type(value)(map(_as_tensors, value)) if type(value) in (tuple, list) else value
