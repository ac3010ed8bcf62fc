"""The calls of ``torch.autograd.Function`` while a function is traced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._pytree import tree_flatten, tree_unflatten

from gradproof.lines import is_users, place_of

from ..applications import Application, label, note, noting, unnoted
from .arrays import floating

_Base = torch.autograd.function._SingleLevelFunction


@contextmanager
def calls_of_functions(value_of: Callable[[torch.Tensor], Any]) -> Iterator[None]:
    """Take note of what is applied meanwhile, with what tensors stand for.

    Functions of PyTorch itself are seen through: they call what they are handed.
    """
    if not noting():
        yield
        return

    def apply(cls: Any, *args: Any) -> Any:
        plain = super(_Base, cls).apply
        code = getattr(cls.backward, "__code__", None)
        if code is None or not is_users(code.co_filename):
            return plain(*args)
        tensors, again = refilled(cls.apply, (args, {}))
        operands = [value_of(each) for each in tensors]
        with unnoted():
            returned = plain(*args)
        name = label(cls.__name__, "torch.autograd.Function", place_of(code.co_filename, code.co_firstlineno))
        note(Application(name, again, operands, [value_of(each) for each in floating(returned)]))
        return returned

    _Base.apply = classmethod(apply)
    try:
        yield
    finally:
        del _Base.apply


def refilled(function: Callable[..., Any], given: tuple[Any, Any]) -> tuple[list[torch.Tensor], Callable[..., Any]]:
    """Return the tensors among the arguments and keywords of a call, and the call as a function of these."""
    entries, structure = tree_flatten(given)
    slots = [slot for slot, each in enumerate(entries) if isinstance(each, torch.Tensor)]

    def again(*tensors: torch.Tensor) -> Any:
        filled = list(entries)
        for slot, tensor in zip(slots, tensors, strict=True):
            filled[slot] = tensor.clone()  # which the function may write to
        args, kwargs = tree_unflatten(filled, structure)
        return function(*args, **kwargs)

    return [entries[slot] for slot in slots], again
