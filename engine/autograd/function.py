"""Functions with a derivative of their own: ``torch.autograd.Function``.

``forward`` and ``backward`` are handed a context, whose attributes the node of the graph shows too.
"""

# ruff: noqa: ARG004 - static methods take what users' own take
from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from gradproof.errors import AutogradError, DtypeError, ParameterError, ShapeError, UnsupportedError

from .. import anomaly
from ..backward import fit
from ..dispatch import refresh
from ..inplace import is_noted, tell_base
from ..mode import THREAD, no_grad
from ..shapes import expands_to
from ..variable import CustomNode, Output, Variable
from .passes import class_of
from .tracing import traced


class _Saved:
    """A tensor that was saved, and the number of the last write to it. A result of the node is kept without it."""

    def __init__(self, tensor: Variable, number: int | None) -> None:
        self._number = number
        self._is_tracked = tensor._requires_grad
        self._tensor = tensor if number is None else tensor.wrap(tensor.array, tensor.own_version)
        self._written = tensor.version[0]

    def unpacked(self, node: FunctionNode) -> Any:
        """Return the tensor. Raises ``AutogradError`` where it was written to since."""
        if self._tensor.version[0] != self._written:
            raise AutogradError(
                f"a tensor that {node.name()} saved was modified in place after it was saved; modify a clone instead"
            )
        if self._number is None:
            return self._tensor
        tensor = self._tensor.wrap(self._tensor.array, self._tensor.own_version)
        if self._is_tracked:
            tensor.track(node.output(self._number))
        return tensor


class FunctionCtx:
    """The context of one application: what ``forward`` leaves for ``backward``, in attributes and saved tensors."""

    def __init__(self, node: FunctionNode, needs_input_grad: tuple[bool, ...]) -> None:
        self._node = weakref.ref(node)
        self._to_save: tuple[Any, ...] = ()
        self._dirty: tuple[Any, ...] = ()
        self._constant: tuple[Any, ...] = ()
        self._materializes = True
        self.needs_input_grad = needs_input_grad

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors, or None, for ``saved_tensors``. Raises ``DtypeError`` for anything else."""
        for each in tensors:
            if not (each is None or isinstance(each, Variable)):
                raise DtypeError(f"save_for_backward() keeps tensors; set an attribute for {type(each).__name__}")
        self._to_save = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        """Say which arguments the forward has modified in place. They must be among what it returns."""
        self._dirty = _all_tensors("mark_dirty", tensors)

    def mark_non_differentiable(self, *tensors: Any) -> None:
        """Say which results carry no derivative."""
        self._constant = _all_tensors("mark_non_differentiable", tensors)

    @property
    def dirty(self) -> tuple[Any, ...]:
        """What was marked dirty."""
        return self._dirty

    @property
    def constant(self) -> tuple[Any, ...]:
        """What was marked as non-differentiable."""
        return self._constant

    def replace(self, other: Callable[[Any], Any]) -> None:
        """Put ``other(tensor)`` in place of each tensor that was named."""
        self._to_save, self._dirty, self._constant = (
            tuple(map(other, each)) for each in (self._to_save, self._dirty, self._constant)
        )

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether ``backward`` is handed zeros, or None, for results that no cotangent comes to."""
        self._materializes = value

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved. Raises ``AutogradError`` where it was freed, or modified in place."""
        node = self._node()
        return () if node is None else node.saved_tensors


def _all_tensors(name: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    wrong = [type(each).__name__ for each in values if not isinstance(each, Variable)]
    if wrong:
        raise DtypeError(f"{name}() takes tensors, not {wrong[0]}")
    return values


class FunctionNode(CustomNode):
    """The node of one application. It shows the attributes of its context."""

    function: ClassVar[type[Function]]

    def __init__(self, args: Sequence[Any]) -> None:
        self._arguments = len(args)
        self._slots = [slot for slot, arg in enumerate(args) if isinstance(arg, Variable)]
        self._tensors: list[Any] = [args[slot] for slot in self._slots]
        super().__init__(self._tensors)
        self._outlines = [(each.array.shape, each.array.dtype) for each in self._tensors]
        self._cls = class_of(self._tensors)
        needed = tuple(isinstance(arg, Variable) and arg._requires_grad for arg in args)
        self._context = FunctionCtx(self, needed)
        self._saved: list[_Saved | None] | None = []
        #: who takes note of each result that is a tensor, with its number among these, where the application is traced
        self.note: Callable[[Variable, int], None] | None = None

    @property
    def context(self) -> FunctionCtx:
        """What forward and backward are handed."""
        return self._context

    def __getattr__(self, name: str) -> Any:
        if "_context" not in vars(self):
            raise AttributeError(name)
        return getattr(self._context, name)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What was saved. Raises ``AutogradError`` where it was freed, or modified in place."""
        if self._saved is None:
            raise AutogradError(
                f"what {self.name()} saved was freed by an earlier backward pass through this graph; "
                "pass retain_graph=True to every backward but the last"
            )
        return tuple(None if each is None else each.unpacked(self) for each in self._saved)

    def release(self) -> None:
        """Free what it has saved, if it has saved anything; attributes stay."""
        if self._saved:
            self._saved = None

    def finish(self, results: Sequence[Any]) -> list[Any]:
        """Return what the forward returned, its tensors now results of this node where one of them is tracked."""
        context = self._context
        if not all(any(each is result for result in results) for each in context._dirty):
            raise AutogradError(f"{self.name()}: a tensor that is marked dirty must be returned")
        tracked = THREAD.mode.grad_enabled and any(context.needs_input_grad)
        self.count = len(results)
        self._results = [
            (each.array.shape, each.array.dtype) if isinstance(each, Variable) else None for each in results
        ]
        self._noted = 0
        finished = [
            self._result(each, number, tracked) if isinstance(each, Variable) else each
            for number, each in enumerate(results)
        ]
        if tracked:
            handed_on = {id(each) for each in self._tensors} - {id(each) for each in context._dirty}
            numbers = {id(each): number for number, each in enumerate(results) if id(each) not in handed_on}
            saved = [None if each is None else (each, numbers.get(id(each))) for each in context._to_save]
            self._saved = [
                each and _Saved(each[0] if each[1] is None else finished[each[1]], each[1]) for each in saved
            ]
            if anomaly.STATE.enabled:
                anomaly.remember(self)
        self._tensors, self.note = [], None
        context._to_save, context._dirty, context._constant = (), (), ()
        return finished

    def _result(self, tensor: Any, number: int, tracked: bool) -> Any:
        context = self._context
        is_constant = any(tensor is each for each in context._constant) or tensor.array.dtype.kind != "f"
        if any(tensor is each for each in context._dirty):
            return self._written(tensor, None if is_constant or not tracked else self.output(number))
        if any(tensor is each for each in self._tensors):
            tensor = tensor.wrap(tensor.array, tensor.own_version)
        self._take_note(tensor)
        if tracked and not is_constant:
            tensor.track(self.output(number))
        return tensor

    def _take_note(self, tensor: Any) -> None:
        if self.note is not None:
            self.note(tensor, self._noted)
            self._noted += 1

    def _written(self, tensor: Any, output: Output | None) -> Any:
        """Return a tensor that the forward has written to, as an output of this node."""
        if output is not None:
            is_noted(tensor, f"what {self.name()} marks as dirty")
        tensor.mark_written()
        self._take_note(tensor)
        if output is not None:
            tensor.track(output)
            tell_base(tensor)
        return tensor

    def pull_back(self, cts: Sequence[Any], create_graph: bool) -> tuple[Any, ...]:
        """Call the user's backward, and return a cotangent for each tensor argument."""
        handed = [self._handed(ct, number) for number, ct in enumerate(cts)]
        returned = self.function.backward(self._context, *handed)
        parts = list(returned) if isinstance(returned, tuple) else [returned]
        while len(parts) > self._arguments and parts[-1] is None:
            parts.pop()
        if len(parts) != self._arguments:
            raise ShapeError(
                f"the backward of {self.name()} returned {len(parts)} cotangents, but its forward took "
                f"{self._arguments} arguments"
            )
        stray = next((i for i, part in enumerate(parts) if part is not None and i not in self._slots), None)
        if stray is not None:
            raise AutogradError(
                f"the backward of {self.name()} returned a cotangent for argument {stray}, which is no tensor"
            )
        fitted = [
            self._fitted(parts[slot], slot, *outline) for slot, outline in zip(self._slots, self._outlines, strict=True)
        ]
        return tuple(part if create_graph or part is None else part.array for part in fitted)

    def _handed(self, ct: Any, number: int) -> Any:
        outline = self._results[number]
        if ct is None:
            is_wanted = self._context._materializes and outline is not None
            return self._cls.wrap(np.zeros(*outline)) if is_wanted else None  # type: ignore[misc]
        return ct if isinstance(ct, Variable) else self._cls.wrap(ct)

    def _fitted(self, part: Any, slot: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Any:
        if part is None or not self._context.needs_input_grad[slot]:
            return None
        if not isinstance(part, Variable):
            raise DtypeError(
                f"the backward of {self.name()} must return a tensor or None for argument {slot}, not "
                f"{type(part).__name__}"
            )
        if not expands_to(shape, part.array.shape):
            raise ShapeError(
                f"the backward of {self.name()} returned shape {part.array.shape} for argument {slot} of shape {shape}"
            )
        if part.array.shape == shape and part.array.dtype == dtype:
            return part
        fitting = fit(part, shape, dtype)
        return fitting if isinstance(fitting, Variable) else self._cls.wrap(fitting)


class Function:
    """A function of tensors with a derivative of its own: subclass it, and call ``apply``.

    ``forward(ctx, *args)`` runs untracked; or ``forward(*args)`` with ``setup_context(ctx, inputs, output)``.
    ``backward(ctx, *cotangents)`` returns a cotangent, or None, for each argument.
    """

    _node_class: ClassVar[type[FunctionNode]]

    @staticmethod
    def forward(*args: Any) -> Any:
        """Compute the results."""
        raise UnsupportedError("a Function needs a static forward")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Save what ``backward`` needs, where ``forward`` takes no context."""
        raise UnsupportedError("a Function whose forward takes no context needs a static setup_context")

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        """Pull cotangents back."""
        raise UnsupportedError("a Function needs a static backward to be differentiated")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Call the function. Arguments may be named, or left to their defaults, where there is a ``setup_context``."""
        has_setup = cls.setup_context is not Function.setup_context
        if has_setup:
            bound = inspect.signature(cls.forward).bind(*args, **kwargs)
            bound.apply_defaults()
            args = bound.args
        elif kwargs:
            raise ParameterError(f"{cls.__name__} has no setup_context; pass {', '.join(kwargs)} by position")
        for arg in args:
            if isinstance(arg, Variable):
                refresh(arg)
        node = _node_class(cls)(args)

        @no_grad
        def run(args: Sequence[Any]) -> Any:
            if not has_setup:
                return cls.forward(node.context, *args)
            returned = cls.forward(*args)
            cls.setup_context(node.context, tuple(args), returned)
            return returned

        recorder = THREAD.mode.recorder
        returned = run(args) if recorder is None else traced(node, args, recorder, run)
        if isinstance(returned, tuple):
            return tuple(node.finish(returned))
        return node.finish([returned])[0]


def _node_class(function: type[Function]) -> type[FunctionNode]:
    """Return the class of the nodes of a function, which is named after it."""
    if "_node_class" not in vars(function):
        facts = {"function": function, "__module__": getattr(function, "__module__", __name__)}
        function._node_class = type(f"{function.__name__}Backward", (FunctionNode,), facts)
    return function._node_class


class _Once(Function):
    """The results of a backward that has no derivative."""

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        """Hand on the arguments."""
        return args

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        """Refuse."""
        raise AutogradError("a backward that is marked once_differentiable was differentiated")


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Return a ``backward`` that is not tracked; what it returns refuses to be differentiated."""

    @functools.wraps(backward)
    def once(ctx: Any, *cotangents: Any) -> Any:
        with no_grad():
            returned = backward(ctx, *cotangents)
        if not (THREAD.mode.grad_enabled and any(each is not None and each._requires_grad for each in cotangents)):
            return returned
        parts = returned if isinstance(returned, tuple) else (returned,)
        marked = [each if each is None else _refusing(each) for each in parts]
        return tuple(marked) if isinstance(returned, tuple) else marked[0]

    return once


def _refusing(tensor: Any) -> Any:
    """Return a tensor that is tracked, and refuses to be differentiated."""
    leaf = type(tensor).wrap(tensor.array)
    leaf._requires_grad = True
    return _Once.apply(leaf)[0]
