"""Dispatch: runs an op on variables and records it, for the graph of the backward pass and for whoever traces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from .conversion import FLOATS, NUMBERS, complete, number, to_variables
from .half import BYTES
from .kept import pack
from .mode import THREAD, Mode, set_grad_enabled
from .variable import INFERENCE, Array, Node, Variable, View, named

if TYPE_CHECKING:
    from .op import Op


def dispatch(op: Op, args: tuple[Any, ...], params: dict[str, Any], cls: type[Variable]) -> Any:
    """Run an op, of which some argument is a variable, and record it. The result is of the class ``cls``.

    Every op of every graph comes through here: what is rare is left to other functions.
    """
    routine = op.routine
    variables: list[Any] = []
    arrays = []
    dtype = None
    for arg in args:
        if isinstance(arg, Variable):
            if arg._view is not None:
                refresh(arg)
        elif dtype is not None and type(arg) in NUMBERS:
            arg = cls.wrap(number(arg, dtype))
        else:
            break
        array = arg.array
        if dtype is None:
            dtype = array.dtype
        elif array.dtype is not dtype:
            break
        variables.append(arg)
        arrays.append(array)
    if len(arrays) != routine.arity or len(args) != routine.arity or dtype not in FLOATS:
        for arg in args:
            if isinstance(arg, Variable) and arg._view is not None:
                refresh(arg)
        variables = to_variables(op, args, cls)
        arrays = [variable.array for variable in variables]
    if params or routine.has_params:
        params = complete(op, params)
    mode = THREAD.mode
    forward = op.forward if arrays[0].itemsize == BYTES else routine.forward
    try:
        y = mode.silent.run(forward, *arrays, **params) if params else mode.silent.run(forward, *arrays)
    except (ValueError, IndexError, TypeError) as error:
        raise _explained(op, arrays, params, error) from error
    if type(y) is not np.ndarray:
        y = np.asarray(y)
    if y.base is not None and _shows(y, arrays[0]):
        result = cls.wrap(y, variables[0].version)
        result._view = View(op, params, variables[0], mode.grad_enabled)
    else:
        result = cls.wrap(y, INFERENCE if mode.inference else None)
    record(op, variables, params, result, mode)
    return result


def record(op: Op, variables: Sequence[Variable], params: Mapping[str, Any], result: Variable, mode: Mode) -> None:
    """Take note that an op of ``variables`` gave ``result``: for who traces, and in the graph if one is tracked."""
    if mode.recorder is not None:
        mode.recorder.record(op.name, variables, params, result, grad_enabled=mode.grad_enabled)
    if not mode.grad_enabled:
        return
    edges: list[Any] = []
    is_tracked = False
    for variable in variables:
        if variable._requires_grad:
            edges.append(variable if variable.origin is None else variable.origin)
            is_tracked = True
        else:
            edges.append(None)
    routine = op.routine
    if is_tracked and routine.is_differentiable and result.array.dtype in FLOATS:
        node_class = routine.node_class or named(op.node(*variables, **params))  # type: ignore[operator]
        result.origin = node = node_class.make(op, variables, params, edges, result)
        result._requires_grad = True
        if mode.is_watched or anomaly.STATE.enabled:
            _attend(node, variables, result, mode)


def _attend(node: Node, variables: Sequence[Variable], result: Variable, mode: Mode) -> None:
    """Do what is rarely asked for where a node is recorded."""
    for variable, is_read in zip(variables, node.op.reads.args_of(len(variables)), strict=True):
        if is_read and variable.version is INFERENCE:
            raise AutogradError(
                f"a tensor that was made in inference mode cannot be saved for the backward of {node.name()}; "
                "clone() it outside, or use no_grad() in place of inference_mode()"
            )
    if mode.saved_hooks is not None:
        pack(node, variables, result, mode.saved_hooks)
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
