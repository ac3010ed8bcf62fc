"""The state of the current thread: whether operations are tracked, and who records them.

The context managers serve as decorators too, as in PyTorch.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import inspect
import threading
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from gradproof.errors import DtypeError

if TYPE_CHECKING:
    from gradproof.graph import Call, Graph

    from .autograd.function import Function
    from .variable import Variable


class Recorder(Protocol):
    """Sees every operation before the grad mode decides whether it is tracked.

    ``functions`` are the functions of the user's own that were applied, by name.
    """

    functions: dict[str, type[Function]]

    def record(
        self, op: str, args: Sequence[Variable], params: Mapping[str, Any], result: Variable, *, grad_enabled: bool
    ) -> None:
        """Take note of one operation."""

    def depends(self, variable: Variable) -> bool:
        """Tell whether a value depends on the floating inputs of what is recorded."""

    def alias(self, variable: Variable, other: Variable) -> None:
        """Take note that a variable has the value of another from now on."""

    def forward_of(self, arguments: Sequence[Variable]) -> ForwardRecorder:
        """Return who records the forward of a function of the user's own."""

    def record_call(
        self,
        name: str,
        args: Sequence[Variable],
        params: Mapping[str, Any],
        call: Call,
        result: Variable,
        *,
        grad_enabled: bool,
    ) -> None:
        """Take note of one result of a function of the user's own."""


class ForwardRecorder(Recorder, Protocol):
    """Sees what a forward does."""

    def graph_of(self, results: Sequence[Variable], constant: Sequence[bool]) -> Graph:
        """Return the graph of the forward, whose first inputs are its arguments; some results carry no derivative."""


class Mode:
    """What holds in one thread."""

    __slots__ = ("grad_enabled", "inference", "is_careful", "is_watched", "recorder", "run_silent", "saved_hooks")

    def __init__(self) -> None:
        self.grad_enabled = True
        self.inference = False
        #: whether a rule that adds up products looks for those of zeros and infinities; if not, NaN is looked for later
        self.is_careful = True
        #: whether what nodes save has to be looked at: once inference mode or hooks of saved tensors were used
        self.is_watched = False
        self.recorder: Recorder | None = None
        #: what packs the values that nodes save, and what unpacks them
        self.saved_hooks: tuple[Callable[[Any], Any], Callable[[Any], Any]] | None = None
        #: calls a function, and NumPy says nothing of overflow, division by zero and NaN: faster than ``np.errstate``
        self.run_silent = contextvars.Context().run
        self.run_silent(np.seterr, all="ignore")


class _Thread(threading.local):
    def __init__(self) -> None:
        self.mode = Mode()


#: The current thread, which has a mode of its own.
THREAD = _Thread()


def flag(name: str, value: Any) -> bool:
    """Return a truth value. Raises ``DtypeError`` for anything else."""
    if not isinstance(value, bool):
        raise DtypeError(f"{name} is True or False, not {value!r}")
    return value


def is_grad_enabled() -> bool:
    """Tell whether operations are tracked in this thread."""
    return THREAD.mode.grad_enabled


Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class _Decorator(contextlib.ContextDecorator):
    """A context manager that decorates functions, and generator functions at each of their steps."""

    def _recreate_cm(self) -> Any:
        raise NotImplementedError

    def __call__(self, func: Decorated) -> Decorated:
        """Return ``func``, run under this mode."""
        return _stepwise(self._recreate_cm, func) if inspect.isgeneratorfunction(func) else super().__call__(func)


def _stepwise(mode: Callable[[], Any], func: Any) -> Any:
    """Return a generator function that is under a mode while it runs, and not while it is suspended."""

    @functools.wraps(func)
    def steps(*args: Any, **kwargs: Any) -> Any:
        generator = func(*args, **kwargs)
        advance = functools.partial(next, generator)
        while True:
            try:
                with mode():
                    value = advance()
            except StopIteration as stop:
                return stop.value
            try:
                advance = functools.partial(generator.send, (yield value))
            except GeneratorExit:
                with mode():
                    generator.close()
                raise
            except BaseException as error:
                advance = functools.partial(generator.throw, error)

    return steps


class set_grad_enabled(_Decorator):  # noqa: N801 - PyTorch's name
    """Switch tracking on or off: at once, and until the end of the ``with`` block or function.

    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        self._mode = flag("the grad mode", mode)
        self._outer = THREAD.mode.grad_enabled
        THREAD.mode.grad_enabled = self._mode

    def __call__(self, func: Decorated) -> Decorated:
        """Return ``func``, run under this mode at every call; it was a decorator, so nothing is switched now."""
        THREAD.mode.grad_enabled = self._outer
        return super().__call__(func)

    def _recreate_cm(self) -> set_grad_enabled:
        return type(self)(self._mode)

    def __enter__(self) -> None:
        THREAD.mode.grad_enabled = self._mode

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        THREAD.mode.grad_enabled = self._outer


class _Switch(_Decorator):
    """A grad mode that takes effect on entering, and nests."""

    mode: bool

    def __new__(cls, func: Callable[..., Any] | None = None) -> Any:
        switch = super().__new__(cls)
        switch._outer = []
        return switch if func is None else switch(func)

    def _recreate_cm(self) -> _Switch:
        return type(self)()

    _outer: list[bool]

    def __enter__(self) -> None:
        self._outer.append(THREAD.mode.grad_enabled)
        THREAD.mode.grad_enabled = self.mode

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        THREAD.mode.grad_enabled = self._outer.pop()


class no_grad(_Switch):  # noqa: N801 - PyTorch's name
    """Operations inside are not tracked. A context manager, and a decorator with or without parentheses.

    >>> @no_grad
    ... def tracked():
    ...     return is_grad_enabled()
    >>> tracked()
    False
    """

    mode = False


class enable_grad(_Switch):  # noqa: N801 - PyTorch's name
    """Operations inside are tracked, also within ``no_grad``."""

    mode = True


class inference_mode(_Decorator):  # noqa: N801 - PyTorch's name
    """Operations inside are not tracked, and what they make can never take part in a graph: it is not watched at all.

    A context manager, and a decorator with or without parentheses. ``inference_mode(False)`` is the normal mode again.
    """

    def __new__(cls, mode: Any = True) -> Any:
        """Make the context manager, or decorate a function with it."""
        self = super().__new__(cls)
        self._mode = True if callable(mode) else bool(mode)
        self._outer = []
        return self(mode) if callable(mode) else self

    _mode: bool
    _outer: list[tuple[bool, bool]]

    def _recreate_cm(self) -> inference_mode:
        return type(self)(self._mode)

    def __enter__(self) -> None:
        self._outer.append((THREAD.mode.inference, THREAD.mode.grad_enabled))
        THREAD.mode.is_watched = True
        THREAD.mode.inference, THREAD.mode.grad_enabled = self._mode, not self._mode

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        THREAD.mode.inference, THREAD.mode.grad_enabled = self._outer.pop()


def is_inference_mode_enabled() -> bool:
    """Tell whether what is made in this thread is not watched at all."""
    return THREAD.mode.inference


@contextlib.contextmanager
def careless() -> Any:
    """Have no rule look for products of zeros and infinities until the block ends."""
    mode = THREAD.mode
    outer, mode.is_careful = mode.is_careful, False
    try:
        yield
    finally:
        mode.is_careful = outer


@contextlib.contextmanager
def recording(recorder: Recorder | None) -> Any:
    """Hand every operation of this thread to ``recorder`` until the block ends; to nobody where it is None."""
    outer, THREAD.mode.recorder = THREAD.mode.recorder, recorder
    try:
        yield recorder
    finally:
        THREAD.mode.recorder = outer
