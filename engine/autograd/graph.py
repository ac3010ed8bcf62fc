"""What becomes of the values that nodes save: the module ``torch.autograd.graph``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from gradproof.errors import AutogradError, DtypeError

from ..mode import THREAD
from ..variable import INFERENCE, Node, Variable


class saved_tensors_hooks:  # noqa: N801 - PyTorch's name
    """Inside, every tensor that a node saves is replaced by what ``pack_hook(tensor)`` returns.

    The backward pass gets it back from ``unpack_hook``, which must return a tensor of the same shape and dtype. Of
    nested blocks the innermost counts. A ``Function`` keeps what it saves itself.
    """

    def __init__(self, pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]) -> None:
        self._hooks = pack_hook, unpack_hook
        self._outer: list[Any] = []

    def __enter__(self) -> None:
        self._outer.append(THREAD.mode.saved_hooks)
        THREAD.mode.saved_hooks = self._hooks
        THREAD.mode.is_watched = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        THREAD.mode.saved_hooks = self._outer.pop()


class save_on_cpu:  # noqa: N801 - PyTorch's name
    """Saved tensors are kept in the memory of the CPU. They are there already, so that this does nothing."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        """Take the arguments that PyTorch's takes; none of them changes anything."""

    def __enter__(self) -> None:
        """Leave everything as it is."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave everything as it is."""


def increment_version(tensor: Any) -> None:
    """Say that the memory of a tensor, or of each of several, was written to without the engine noticing."""
    if not isinstance(tensor, Iterable):
        raise DtypeError(f"increment_version() takes tensors, not {type(tensor).__name__}")
    for each in [tensor] if isinstance(tensor, Variable) else tensor:
        if not isinstance(each, Variable):
            raise DtypeError(f"increment_version() takes tensors, not {type(each).__name__}")
        if each.version is INFERENCE:
            raise AutogradError("writes to a tensor that was made in inference mode are not counted")
        each.mark_written()


__all__ = ["Node", "increment_version", "save_on_cpu", "saved_tensors_hooks"]
