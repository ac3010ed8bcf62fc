"""Op: the record that declares an operation, and the dispatch that runs one.

An op called with arrays computes; called with at least one tensor it also records what the backward pass needs.
The rules of the VJPs are written with ops and operators, so the same rule runs on arrays in a plain
backward pass, and on tensors where a graph of the backward pass is wanted.
"""

from __future__ import annotations

import contextvars
import functools
import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from gradproof.budget import EXACT, Budget
from gradproof.errors import (
    ArgumentError,
    DtypeError,
    GradproofError,
    OutOfRangeError,
    ParameterError,
    ShapeError,
    nearest,
)

from . import anomaly
from .domain import Box, Domain
from .half import rounding_once
from .mode import MODE
from .promotion import result_dtype
from .shapes import Elementwise, ShapeRule
from .variable import Array, Node, Variable

#: ``rule(ct, y, *args, **params)`` returns the cotangent of one argument, of ``y``'s or of the argument's shape.
Rule = Callable[..., Any]

#: A node name of PyTorch, or a function of the arguments and parameters that returns it.
NodeName = str | Callable[..., str]


@dataclass(frozen=True)
class Variadic:
    """The rule of an op with any number of arguments; it takes the argument's position first."""

    rule: Rule


@dataclass(frozen=True, eq=False)
class Op:
    """What is known of an operation: facts of mathematics and of the algorithm, and nothing else.

    ``vjp``: one rule per argument, None where an argument carries no derivative.
    ``domain``: boxes; the op is defined and differentiable on their union, except at the kinks.
    ``kinks``: for each argument, the values at which the derivative jumps; more than two stand for all that differ
    from them by integers. ``ties`` says that it jumps where two arguments (or entries) are equal.
    ``linear``: the rules read shapes and dtypes of the arguments alone, never values.
    ``integers``: the op keeps integers, instead of turning them into floats.
    ``lapses``: where a pointwise op breaks its promise of 4 ulp in float64: for "forward" or "vjp", where and why.
    """

    name: str
    forward: Callable[..., Any]
    vjp: tuple[Rule | None, ...] | Variadic
    shape: ShapeRule
    domain: tuple[Box, ...]
    budget: Budget
    node: NodeName
    kinks: tuple[tuple[float, ...], ...] = ()
    ties: bool = False
    params: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    linear: bool = False
    integers: bool = True
    lapses: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The static parameters with their default values."""
        if isinstance(self.forward, np.ufunc):
            return {}
        parameters = inspect.signature(self.forward).parameters.values()
        return {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}

    @cached_property
    def real_slots(self) -> tuple[bool, ...]:
        """For each argument, whether it is a real number (and not a condition or an index)."""
        return tuple(domain.kind == "real" for domain in self.domain[0])

    @cached_property
    def is_real(self) -> bool:
        """Tell whether all arguments are real numbers."""
        return all(self.real_slots)

    @cached_property
    def is_pointwise(self) -> bool:
        """Tell whether this is a differentiable function of real numbers, entry by entry.

        Such an op promises that its forward and its VJP lie within 4 ulp of the exact value, but for its ``lapses``,
        where they are within the bound that a pointwise budget of 4 ulp admits.
        """
        return isinstance(self.shape, Elementwise) and self.is_real and isinstance(self.vjp, tuple) and any(self.vjp)

    def domain_of(self, slot: int) -> tuple[Domain, ...]:
        """Return the domain of one argument in each box; a variadic op has the same one for all."""
        return tuple(box[min(slot, len(box) - 1)] for box in self.domain)

    def rule(self, slot: int) -> Rule | None:
        """Return the VJP rule of one argument."""
        return self.rules(slot + 1)[slot]

    def rules(self, count: int) -> tuple[Rule | None, ...]:
        """Return the VJP rules of all arguments, of which a variadic op has ``count``."""
        if isinstance(self.vjp, tuple):
            return self.vjp
        return tuple(functools.partial(self.vjp.rule, slot) for slot in range(count))

    def __call__(self, *args: Any, **params: Any) -> Any:
        """Compute; with a tensor among the arguments also record."""
        for arg in args:
            if isinstance(arg, Variable):
                return _dispatch(self, args, params, type(arg))
        return self.forward(*args, **params)

    def __repr__(self) -> str:
        return f"<op {self.name}>"


_NUMBERS = frozenset({bool, int, float})

#: The vocabulary, by name.
OPS: dict[str, Op] = {}


def define(
    name: str,
    *,
    forward: Callable[..., Any],
    shape: ShapeRule,
    domain: Box | tuple[Box, ...],
    budget: Budget,
    node: NodeName,
    vjp: Rule | tuple[Rule | None, ...] | Variadic | None = None,
    **facts: Any,
) -> Op:
    """Add an op to the vocabulary and return it.

    A single rule stands for a one-tuple, None for an op without a derivative, and a single box for the union of one.
    A forward that computes is made to round once in float16, unless a parameter says what dtype comes out.
    """
    boxes = domain if isinstance(domain[0], tuple) else (domain,)
    if vjp is None:
        vjp = (None,) * len(boxes[0])
    elif callable(vjp):
        vjp = (vjp,)
    if budget != EXACT and "dtype" not in facts.get("params", ()):
        forward = rounding_once(forward)
    op = Op(name, forward, vjp, shape, boxes, budget, node, **facts)
    OPS[name] = op
    return op


def _dispatch(op: Op, args: tuple[Any, ...], params: dict[str, Any], cls: type[Variable]) -> Any:
    variables = _to_variables(op, args, cls)
    if params or op.defaults:
        params = _complete(op, params)
    result = _compute(op, variables, params, cls)
    mode = MODE
    if mode.recorder is not None:
        mode.recorder.record(op.name, variables, params, result, grad_enabled=mode.grad_enabled)
    if mode.grad_enabled and result.array.dtype.kind == "f":
        for variable in variables:
            if variable._requires_grad:
                if op.name != "detach":
                    node = node_class(op, variables, params).make(op, variables, params, result)
                    result.track(node)
                    if anomaly.STATE.enabled:
                        anomaly.remember(node)
                break
    return result


def _silent_context() -> contextvars.Context:
    """Return a context in which NumPy says nothing about overflow, division by zero and NaN."""
    context = contextvars.Context()
    context.run(np.seterr, all="ignore")
    return context


#: A copy of it is entered at a fifth of the cost of ``np.errstate``.
_SILENT = _silent_context()


def _compute(op: Op, variables: tuple[Variable, ...], params: dict[str, Any], cls: type[Variable]) -> Any:
    """Run the forward; a result that is a view shares the version of the argument whose memory it shows."""
    arrays = [variable.array for variable in variables]
    try:
        y = _SILENT.copy().run(op.forward, *arrays, **params)
    except (ValueError, IndexError, TypeError) as error:
        raise _explained(op, arrays, params, error) from error
    if type(y) is not np.ndarray:
        y = np.asarray(y)
    if y.base is not None and np.may_share_memory(y, arrays[0]):
        return cls.wrap(y, variables[0].version)
    return cls.wrap(y)


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
    evident = _evident_dtype(op, args)
    if evident is not None:
        for arg in args:
            if not isinstance(arg, Variable):
                return tuple(
                    [each if isinstance(each, Variable) else cls.wrap(_number(each, evident)) for each in args]
                )
        return args
    slots = op.real_slots
    if len(args) < len(slots) or (len(args) > len(slots) and not isinstance(op.vjp, Variadic)):
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
