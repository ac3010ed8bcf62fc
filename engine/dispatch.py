"""Dispatch: runs an op on variables and records it, for the graph of the backward pass and for whoever traces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import (
    ArgumentError,
    AutogradError,
    DtypeError,
    GradproofError,
    OutOfRangeError,
    ShapeError,
)

from . import anomaly
from .conversion import FLOATS, NUMBERS, WIDE, complete, number, to_variables
from .half import BYTES
from .kept import pack
from .mode import THREAD, Mode, set_grad_enabled
from .variable import INFERENCE, SMALL, Array, Node, Variable, View, class_named, sequence

if TYPE_CHECKING:
    from .op import Op, Routine


_new = object.__new__

#: What stands for an argument that was not given.
_ABSENT: Any = object()
#: What nodes without parameters, or guards, share.
_NONE: Mapping[Any, Any] = MappingProxyType({})


def function_of(op: Op) -> Callable[..., Any]:
    """Return the function that runs an op; where some argument is a variable, it records it and returns a variable.

    Every op of every graph comes through here. What is common, a tensor or two of one dtype, or a tensor and a number,
    goes straight through, but for float16; all else is left to :func:`_run_general`.
    """
    routine: Routine | None = None

    def run(first: Any, second: Any = _ABSENT, /, *others: Any, **params: Any) -> Any:
        nonlocal routine
        args: tuple[Any, ...] = (first,) if second is _ABSENT else (first, second, *others)
        if not isinstance(first, Variable):
            return op.forward(first, **params) if second is _ABSENT else _run_general(op, args, params)
        if first._view is not None:
            refresh(first)
        if routine is None:
            routine = op.routine
        mode, array = THREAD.mode, first.array
        dtype = array.dtype
        if len(args) != routine.arity or others or dtype not in WIDE or mode.recorder is not None:
            return _run_general(op, args, params)
        edge = None if not first._requires_grad else first if first.origin is None else first.origin
        is_tracked = edge is not None
        is_guarded = edge is None or edge.version is not first.version
        arrays: tuple[Any, ...] = (array,)
        edges: tuple[Any, ...] = (edge,)
        if second is not _ABSENT:
            other = None
            if isinstance(second, Variable):
                if second._view is not None:
                    refresh(second)
                operand = second.array
                if second._requires_grad:
                    is_tracked, other = True, second if second.origin is None else second.origin
                is_guarded = is_guarded or other is None or other.version is not second.version
            elif type(second) in NUMBERS:
                operand = number(second, dtype)
                args = (first, operand)
            else:
                operand = second
            if type(operand) is not np.ndarray or operand.dtype is not dtype:
                return _run_general(op, args, params)
            arrays, edges = (array, operand), (edge, other)
        if params or routine.has_params:
            params = complete(op, params)
        try:
            if params:
                y = mode.run_silent(routine.forward, *arrays, **params)
            elif second is _ABSENT:
                y = mode.run_silent(routine.forward, array)
            else:
                y = mode.run_silent(routine.forward, array, operand)
        except (ValueError, IndexError, TypeError) as error:
            raise _explained(op, arrays, params, error) from error
        result = _wrapped(op, y, first, array, params, mode)
        if is_tracked and mode.grad_enabled:
            _track(op, args, arrays, params, edges, is_guarded, result, mode)
        return result

    run.__name__ = run.__qualname__ = op.name
    return run


def _run_general(op: Op, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Run an op of any arguments, and record it where one is a variable."""
    cls = next((type(arg) for arg in args if isinstance(arg, Variable)), None)
    if cls is None:
        return op.forward(*args, **params)
    for arg in args:
        if isinstance(arg, Variable) and arg._view is not None:
            refresh(arg)
    variables = to_variables(op, args, cls)
    params = complete(op, params)
    mode = THREAD.mode
    arrays = tuple(variable.array for variable in variables)
    forward = op.forward if arrays[0].itemsize == BYTES else op.routine.forward
    try:
        y = mode.run_silent(forward, *arrays, **params)
    except (ValueError, IndexError, TypeError) as error:
        raise _explained(op, arrays, params, error) from error
    result = _wrapped(op, y, variables[0], arrays[0], params, mode)
    record(op, variables, params, result, mode)
    return result


def _wrapped(op: Op, y: Any, first: Variable, array: Array, params: Mapping[str, Any], mode: Mode) -> Any:
    """Return what an op computed as a variable, which may be a view of the first argument, of this array."""
    if type(y) is not np.ndarray:
        y = np.asarray(y)
    result = first.wrap(y)
    if y.base is not None and _shows(y, array):
        result.version = first.own_version
        result._view = View(op, params, first, mode.grad_enabled)
    elif mode.inference:
        result.version = INFERENCE
    return result


def record(op: Op, args: Sequence[Variable], params: Mapping[str, Any], result: Variable, mode: Mode) -> None:
    """Take note that an op of ``args`` gave ``result``: for who traces, and in the graph if one is tracked."""
    if mode.recorder is not None:
        mode.recorder.record(op.name, args, params, result, grad_enabled=mode.grad_enabled)
    edges = [arg.edge for arg in args]
    if mode.grad_enabled and any(edge is not None for edge in edges):
        _track(op, args, tuple(arg.array for arg in args), params, edges, True, result, mode)


def _guards(args: Sequence[Any], edges: Sequence[Any]) -> dict[int, Variable]:
    """Return by position the arguments that their edges do not tell everything of: untracked ones, and old values."""
    return {
        slot: arg
        for slot, arg in enumerate(args)
        if isinstance(arg, Variable) and (edges[slot] is None or edges[slot].version is not arg.version)
    }


def _track(
    op: Op,
    args: Sequence[Any],
    arrays: Sequence[Array],
    params: Mapping[str, Any],
    edges: Sequence[Any],
    is_guarded: bool,
    result: Variable,
    mode: Mode,
) -> None:
    """Make ``result`` the result of a node, where derivatives flow through the op.

    The arguments, of which constants may be arrays, have these ``arrays`` and ``edges``, of which one leads somewhere.
    """
    routine, y = op.routine, result.array
    if not routine.is_differentiable or y.dtype not in FLOATS:
        return
    # no other place makes nodes, and to call a constructor would take as long as all of it
    node = _new(Node)
    node.op = op
    node.values = arrays
    node.params = params or _NONE
    node.edges = edges
    node.guards = _guards(args, edges) if is_guarded else _NONE
    node.result = y if routine.keeps_result else None
    node.version = result.version
    node.sequence = next(sequence)
    node.hooks = None
    result.origin = node
    result._requires_grad = True
    if not routine.has_one_name:
        node.__class__ = class_named(op.node(*args, **params))  # type: ignore[operator]
    if not routine.keeps_args and (arrays[0].size > SMALL or arrays[-1].size > SMALL or len(arrays) > 2):
        node.forget_unread()
    if mode.is_watched or anomaly.STATE.enabled:
        _attend(node, args, result, mode)


def _attend(node: Node, args: Sequence[Any], result: Variable, mode: Mode) -> None:
    """Do what is rarely asked for where a node is recorded."""
    for arg, is_read in zip(args, node.op.reads.args_of(len(args)), strict=True):
        if is_read and isinstance(arg, Variable) and arg.version is INFERENCE:
            raise AutogradError(
                f"a tensor that was made in inference mode cannot be saved for the backward of {node.name()}; "
                "clone() it outside, or use no_grad() in place of inference_mode()"
            )
    if mode.saved_hooks is not None:
        pack(node, args, result, mode.saved_hooks)
    if anomaly.STATE.enabled:
        anomaly.remember(node)


def refresh(variable: Variable) -> None:
    """Record again what a view is of, where its memory has been written to since.

    Raises ``AutogradError`` for a view that was made under no_grad, of what is tracked now.
    """
    stale = []
    while variable._view is not None and variable._view.synced != variable.version[0]:
        stale.append(variable)
        variable = variable._view.source()
    for each in reversed(stale):
        _record_again(each)


def is_traced(*values: Any) -> bool:
    """Tell whether one of some values depends on the inputs of a trace that is being recorded."""
    recorder = THREAD.mode.recorder
    if recorder is None:
        return False
    variables = [value for value in values if isinstance(value, Variable)]
    for variable in variables:
        refresh(variable)
    return any(map(recorder.depends, variables))


def _record_again(variable: Variable) -> None:
    view = variable._view
    assert view is not None
    if view.parent._requires_grad and view.op.name != "detach" and not view.is_tracked:
        if not THREAD.mode.grad_enabled:
            return
        raise AutogradError(
            "a view that was made under no_grad() shows memory that is tracked and has been written to since; whether "
            "derivatives flow through it is not clear: make the view and write both inside no_grad(), or both outside"
        )
    view.synced = variable.version[0]
    if view.parent._requires_grad or THREAD.mode.recorder is not None:
        with set_grad_enabled(view.is_tracked):
            record(view.op, [view.parent], view.params, variable, THREAD.mode)


def _shows(y: Array, x: Array) -> bool:
    """Tell whether an array lies in the memory of another; an empty one does where it was made of it."""
    return y.base is x or y.base is x.base or np.may_share_memory(y, x)


def _explained(op: Op, arrays: Sequence[Array], params: Mapping[str, Any], error: Exception) -> GradproofError:
    """Return the error of a forward as one of ours: what does not fit, and the call."""
    kind: type[GradproofError] = ArgumentError
    if isinstance(error, GradproofError):
        kind = type(error)
    elif isinstance(error, TypeError):
        kind = DtypeError
    elif isinstance(error, IndexError) and not isinstance(error, ValueError):
        kind = OutOfRangeError
    reason: Exception = error
    try:
        op.shape.result(*[array.shape for array in arrays], **params)
    except ShapeError as unfit:
        kind, reason = type(unfit), unfit
    except (ValueError, IndexError, TypeError):
        pass  # NumPy's own words say it better
    return kind(f"{op.name}: {reason} [{_call_text(op, arrays, params)}]")


def _call_text(op: Op, arrays: Sequence[Array], params: Mapping[str, Any]) -> str:
    shapes = [str(array.shape) for array in arrays]
    return f"{op.name}({', '.join(shapes + [f'{name}={value!r}' for name, value in params.items()])})"
