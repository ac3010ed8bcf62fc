"""Hooks: functions that see the cotangents pass, and may replace them.

At a tensor: those of ``register_hook`` in their order, then what ``retain_grad`` keeps. At a node: ``register_prehook``
before the rules, ``register_hook`` after them. At a leaf also ``register_post_accumulate_grad_hook``, when ``grad`` has
been added to.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar

from gradproof.errors import DtypeError, ShapeError

if TYPE_CHECKING:
    from .variable import Variable

Hook = Callable[..., Any]

_ids = itertools.count()


class RemovableHandle:
    """Takes a hook away again: with ``remove()``, or at the end of a ``with`` block."""

    def __init__(self, hooks: dict[int, Hook], hook: Hook) -> None:
        self.id = next(_ids)
        self._hooks = hooks
        hooks[self.id] = hook

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


class Hooks:
    """The hooks of one node, or of one leaf. They are handed tensors of the class ``cls``, and must return such."""

    __slots__ = ("accumulated", "after", "before", "retain", "tensor")

    #: whether there ever were any: then somebody may see when a gradient is complete
    used: ClassVar[bool] = False

    def __init__(self) -> None:
        Hooks.used = True
        self.tensor: dict[int, Hook] = {}
        #: what keeps the cotangent of a result that is no leaf
        self.retain: Hook | None = None
        self.before: dict[int, Hook] = {}
        self.after: dict[int, Hook] = {}
        self.accumulated: dict[int, Hook] = {}

    def arrive(self, ct: Any, cls: type[Variable]) -> Any:
        """Return the complete cotangent of a tensor as its hooks leave it."""
        for hook in tuple(self.tensor.values()):
            ct = _replaced(hook, ct, hook(_shown(ct, cls)), cls)
        if self.retain is not None:
            self.retain(ct)
        return ct

    def enter(self, cts: Sequence[Any], cls: type[Variable]) -> Sequence[Any]:
        """Return the cotangents of its results that the rules of a node are called with."""
        for hook in tuple(self.before.values()):
            cts = _all_replaced(hook, cts, hook(_all_shown(cts, cls)), cls)
        return cts

    def leave(self, parts: Sequence[Any], cts: Sequence[Any], cls: type[Variable]) -> Sequence[Any]:
        """Return what a node passes on to its arguments."""
        for hook in tuple(self.after.values()):
            parts = _all_replaced(hook, parts, hook(_all_shown(parts, cls), _all_shown(cts, cls)), cls)
        return parts

    def accumulate(self, leaf: Variable) -> None:
        """Show a leaf whose gradient has been added to."""
        for hook in tuple(self.accumulated.values()):
            if (result := hook(leaf)) is not None:
                raise DtypeError(f"{_name(hook)} must return None, not {type(result).__name__}")


def _shown(ct: Any, cls: type[Variable]) -> Variable:
    return ct if isinstance(ct, cls) else cls.wrap(ct)


def _all_shown(cts: Sequence[Any], cls: type[Variable]) -> tuple[Variable | None, ...]:
    return tuple(None if ct is None else _shown(ct, cls) for ct in cts)


def _all_replaced(hook: Hook, cts: Sequence[Any], results: Any, cls: type[Variable]) -> Sequence[Any]:
    if results is None:
        return cts
    if isinstance(results, cls):
        results = (results,)
    if not isinstance(results, tuple | list):
        raise DtypeError(f"{_name(hook)} must return a tuple of tensors or None, not {type(results).__name__}")
    if len(results) != len(cts):
        raise ShapeError(f"{_name(hook)} must return {len(cts)} cotangents, not {len(results)}")
    return tuple(_replaced(hook, ct, result, cls) for ct, result in zip(cts, results, strict=True))


def _replaced(hook: Hook, ct: Any, result: Any, cls: type[Variable]) -> Any:
    """Return what a hook puts in place of ``ct``, which stays where it returns None, or where there was none."""
    if result is None or ct is None:
        return ct
    if not isinstance(result, cls):
        raise DtypeError(f"{_name(hook)} must return a tensor or None, not {type(result).__name__}")
    given = ct.array if isinstance(ct, cls) else ct
    if result.array.shape != given.shape:
        raise ShapeError(f"{_name(hook)} was handed shape {given.shape} and returned {result.array.shape}")
    if result.array.dtype != given.dtype:
        raise DtypeError(f"{_name(hook)} was handed {given.dtype.name} and returned {result.array.dtype.name}")
    return result if isinstance(ct, cls) else result.array


def _name(hook: Hook) -> str:
    return f"the hook {getattr(hook, '__name__', type(hook).__name__)!r}"
