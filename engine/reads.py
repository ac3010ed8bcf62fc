"""What the VJP rules of an op read: which arguments, and whether the result, found in the code of the rules.

A rule that asks an argument for its shape, dtype or number of dimensions alone does not read it.
"""

from __future__ import annotations

import dis
import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_OUTLINE = frozenset({"shape", "ndim", "dtype"})


@dataclass(frozen=True)
class Reads:
    """Whether a rule reads the values of each argument, the last flag standing for all further ones, and the result."""

    args: tuple[bool, ...]
    result: bool

    @functools.cached_property
    def all_args(self) -> bool:
        """Whether every argument is read."""
        return all(self.args)

    def args_of(self, count: int) -> Sequence[bool]:
        """Return for each of ``count`` arguments whether it is read."""
        return self.args if count == len(self.args) else self.args[:count] + self.args[-1:] * (count - len(self.args))


def reads_of(rules: Sequence[Callable[..., Any] | None], count: int) -> Reads:
    """Return what the rules ``rule(ct, y, *args, **params)`` of an op of ``count`` arguments read.

    What is passed on, also as ``*args``, counts as read.
    """
    read = [_read_by(rule, count) for rule in rules if rule is not None]
    result, *args = [any(each) for each in zip(*read, strict=True)] or [False] * (count + 1)
    return Reads(tuple(args), result)


def _read_by(rule: Callable[..., Any], count: int) -> list[bool]:
    """Return for the result and each argument whether one rule reads it."""
    parameters = inspect.signature(rule, follow_wrapped=False).parameters.values()
    names = [each.name for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    spread = [each.name for each in parameters if each.kind is each.VAR_POSITIONAL]
    read = _names_read(rule)
    return [name in read for name in (names + spread * (count + 2))[1 : count + 2]]


def _names_read(rule: Callable[..., Any]) -> set[str]:
    """Return the local names of which more is loaded than the outline."""
    while isinstance(rule, functools.partial):
        rule = rule.func
    read: set[str] = set()
    steps = list(dis.get_instructions(rule))
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        if step.opname.startswith(("LOAD_FAST", "LOAD_DEREF", "LOAD_CLOSURE")):
            loaded = list(step.argval) if isinstance(step.argval, tuple) else [step.argval]
            read.update(loaded[:-1] if _asks_for_outline(following) else loaded)
    return read


def _asks_for_outline(step: dis.Instruction | None) -> bool:
    return step is not None and step.opname == "LOAD_ATTR" and step.argval in _OUTLINE
