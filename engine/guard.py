"""The functions of the package are for tensors: called with anything else they say so, and don't compute on arrays."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from gradproof.errors import DtypeError

from .variable import Variable

_OF_TENSORS = ("input", "A")


def guard(namespace: dict[str, Any], package: str) -> None:
    """Have all functions of a package in a namespace, whose first argument is a tensor, refuse calls without one."""
    for name, value in list(namespace.items()):
        if inspect.isfunction(value) and value.__module__.startswith(package) and not name.startswith("_"):
            first = next(iter(inspect.signature(value).parameters), None)
            if first in _OF_TENSORS:
                namespace[name] = _guarded(value)


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if args and not isinstance(args[0], Variable) and not any(isinstance(each, Variable) for each in args):
            raise DtypeError(f"{function.__name__} takes a tensor, not {type(args[0]).__name__}; see torch.tensor()")
        return function(*args, **kwargs)

    return call
