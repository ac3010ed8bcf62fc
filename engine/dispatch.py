"""Dispatch: runs an op on variables and records it, for the graph of the backward pass and for whoever traces."""

from __future__ import annotations

import contextvars
import inspect
import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradproof.errors import (
    ArgumentError,
    AutogradError,
    DtypeError,
    GradproofError,
    OutOfRangeError,
    ParameterError,
    ShapeError,
    nearest,
)

from . import anomaly
from .kept import pack
from .mode import MODE, set_grad_enabled
from .promotion import result_dtype
from .variable import INFERENCE, Array, Node, Variable, View
from .vocabulary import OPS

if TYPE_CHECKING:
    from .op import Op

_NUMBERS = frozenset({bool, int, float})


def dispatch(op: Op, args: tuple[Any, ...], params: dict[str, Any], cls: type[Variable]) -> Any:
    """Run an op, of which some argument is a variable, and record it. The result is of the class ``cls``."""
    variables = _to_variables(op, args, cls)
    if params or op.defaults:
        params = _complete(op, params)
    result = _compute(op, variables, params, cls)
    if MODE.inference and result._view is None:
        result.version = INFERENCE
    record(op, variables, params, result)
    return result


def record(op: Op, variables: tuple[Variable, ...], params: Mapping[str, Any], result: Variable) -> None:
    """Take note that an op of ``variables`` gave ``result``: for who traces, and in the graph if one is tracked."""
    mode = MODE
    if mode.recorder is not None:
        mode.recorder.record(op.name, variables, params, result, grad_enabled=mode.grad_enabled)
    if mode.grad_enabled and result.array.dtype.kind == "f":
        for variable in variables:
            if variable._requires_grad:
                if op.name != "detach":
                    node = node_class(op, variables, params).make(op, variables, params, result)
                    result.track(node)
                    _attend(node, variables, result)
                break


def _attend(node: Node, variables: tuple[Variable, ...], result: Variable) -> None:
    """Do what is rarely asked for where a node is recorded."""
    if any(variable.version is INFERENCE for variable in variables):
        _refuse_inference(node, variables)
    if MODE.saved_hooks is not None:
        pack(node, variables, result, MODE.saved_hooks)
    if anomaly.STATE.enabled:
        anomaly.remember(node)


def _refuse_inference(node: Node, variables: tuple[Variable, ...]) -> None:
    for variable, is_read in zip(variables, node.op.reads.args_of(len(variables)), strict=True):
        if is_read and variable.version is INFERENCE:
            raise AutogradError(
                f"a tensor that was made in inference mode cannot be saved for the backward of {node.name()}; "
                "clone() it outside, or use no_grad() in place of inference_mode()"
            )


def refresh(variable: Variable) -> None:
    """Record again what a view is of, where its memory has been written to since.

    Raises ``AutogradError`` for a view that was made under no_grad, of what is tracked now.
    """
    stale = []
    while variable._view is not None and variable._view.synced != variable.version[0]:
        stale.append(variable)
        variable = variable._view.parent
    for each in reversed(stale):
        _record_again(each)


def _record_again(variable: Variable) -> None:
    view = variable._view
    assert view is not None
    if view.parent._requires_grad and view.op.name != "detach" and not view.is_tracked:
        if not MODE.grad_enabled:
            return
        raise AutogradError(
            "a view that was made under no_grad() shows memory that is tracked and has been written to since; whether "
            "derivatives flow through it is not clear: make the view and write both inside no_grad(), or both outside"
        )
    view.synced = variable.version[0]
    if view.parent._requires_grad or MODE.recorder is not None:
        with set_grad_enabled(view.is_tracked):
            record(view.op, (view.parent,), view.params, variable)


def _silent_context() -> contextvars.Context:
    """Return a context in which NumPy says nothing about overflow, division by zero and NaN."""
    context = contextvars.Context()
    context.run(np.seterr, all="ignore")
    return context


#: A copy of it is entered at a fifth of the cost of ``np.errstate``.
_SILENT = _silent_context()


def _compute(op: Op, variables: tuple[Variable, ...], params: dict[str, Any], cls: type[Variable]) -> Any:
    """Run the forward; a result that shows the memory of an argument shares its version, and knows it."""
    arrays = [variable.array for variable in variables]
    try:
        y = _SILENT.copy().run(op.forward, *arrays, **params)
    except (ValueError, IndexError, TypeError) as error:
        raise _explained(op, arrays, params, error) from error
    if type(y) is not np.ndarray:
        y = np.asarray(y)
    if y.base is not None and _shows(y, arrays[0]):
        result = cls.wrap(y, variables[0].version)
        result._view = View(op, params, variables[0], MODE.grad_enabled)
        return result
    return cls.wrap(y)


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


def _number(value: Any, dtype: np.dtype[Any] | None) -> Array:
    """Return a number, or numbers, as an array; one beyond the dtype is infinite, in silence, as in PyTorch."""
    return _SILENT.copy().run(np.asarray, value, dtype)


def _to_variables(op: Op, args: tuple[Any, ...], cls: type[Variable]) -> tuple[Variable, ...]:
    """Return the arguments as variables, the real ones of one dtype."""
    for arg in args:
        if isinstance(arg, Variable) and arg._view is not None:
            refresh(arg)
    evident = _evident_dtype(op, args)
    if evident is not None:
        for arg in args:
            if not isinstance(arg, Variable):
                return tuple(
                    [each if isinstance(each, Variable) else cls.wrap(_number(each, evident)) for each in args]
                )
        return args
    slots = op.real_slots
    if len(args) < len(slots) or (len(args) > len(slots) and not op.is_variadic):
        raise ParameterError(f"{op.name} takes {len(slots)} arguments, but {len(args)} were given")
    is_real = [slots[min(slot, len(slots) - 1)] for slot in range(len(args))]
    values = [_untyped(arg) for arg in args]
    dtype = result_dtype(itertools.compress(values, is_real), floating=not op.integers)
    return tuple(
        [
            _to_variable(arg, value, dtype if real else None, cls)
            for arg, value, real in zip(args, values, is_real, strict=True)
        ]
    )


def _evident_dtype(op: Op, args: tuple[Any, ...]) -> np.dtype[Any] | None:
    """Return the floating dtype of all tensors, where they share one and all else is numbers: the common case."""
    if not op.is_real or len(args) != len(op.real_slots):
        return None
    dtype = None
    for arg in args:
        if isinstance(arg, Variable):
            if dtype is None:
                dtype = arg.array.dtype
            elif arg.array.dtype is not dtype:
                return None
        elif type(arg) not in _NUMBERS:
            return None
    return dtype if dtype is not None and dtype.kind == "f" else None


def _untyped(arg: Any) -> Any:
    """Return an argument as an array or a Python number; NumPy's scalars count as numbers, as in PyTorch."""
    if isinstance(arg, Variable):
        return arg.array
    if type(arg) in _NUMBERS:
        return arg
    if isinstance(arg, np.generic):
        arg = arg.item()
    array = np.asarray(arg)
    if array.dtype.kind not in "fiub":
        raise DtypeError(f"an op takes tensors, arrays and real numbers, not {type(arg).__name__}: {arg!r}")
    return arg if type(arg) in _NUMBERS else array


def _to_variable(arg: Any, value: Any, dtype: np.dtype[Any] | None, cls: type[Variable]) -> Any:
    if isinstance(arg, Variable):
        return arg if dtype is None or arg.array.dtype == dtype else OPS["astype"](arg, dtype=dtype.name)
    return cls.wrap(_number(value, dtype))


def _complete(op: Op, params: dict[str, Any]) -> dict[str, Any]:
    for name in params:
        if name not in op.defaults:
            known = f"it has {', '.join(op.defaults)}{nearest(name, op.defaults)}" if op.defaults else "it has none"
            raise ParameterError(f"{op.name} has no parameter {name!r}; {known}")
    complete = {**op.defaults, **params}
    for name, value in complete.items():
        if value is inspect.Parameter.empty:
            raise ParameterError(f"{op.name} needs the parameter {name!r}")
    return complete


def _call_text(op: Op, arrays: Sequence[Array], params: Mapping[str, Any]) -> str:
    shapes = [str(array.shape) for array in arrays]
    return f"{op.name}({', '.join(shapes + [f'{name}={value!r}' for name, value in params.items()])})"


_node_classes: dict[str, type[Node]] = {}


def node_class(op: Op, args: Sequence[Variable], params: Mapping[str, Any]) -> type[Node]:
    """Return the class of node that PyTorch would record for this call."""
    name = op.node if isinstance(op.node, str) else op.node(*args, **params)
    cls = _node_classes.get(name)
    if cls is None:
        cls = _node_classes[name] = type(name, (Node,), {"__slots__": (), "__module__": __name__})
    return cls
