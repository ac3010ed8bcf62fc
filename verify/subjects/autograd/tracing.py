"""The forward of a function of HIPS autograd as a graph: its primitives, one by one, on traced arrays.

autograd makes a node for each call of a primitive. Here a node computes beside it what the primitive computes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from autograd.core import VJPNode
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.tracer import Box, Node, getval, isbox, notrace_primitives, trace_stack
from autograd.util import subvals
from scipy import linalg, special, stats

from gradproof.engine.numpy_api import TracedArray, trace_numpy
from gradproof.errors import TraceError
from gradproof.graph import Graph
from gradproof.lines import is_users, line_here, place_of

from ..applications import Application, label, note, noted
from ..rules import find_rule
from ..subject import Leaf
from .rules import RULES, operand

_HOMES = {"numpy": np, "numpy.linalg": np.linalg, "scipy.special": special, "scipy.linalg": linalg}


def traced(function: Callable[..., Any], name: str, values: Sequence[Any], leaves: Sequence[Leaf]) -> Graph:
    """Return the graph of a function of a list that returns a list of arrays, at the leaves.

    ``values`` are those of the leaves, as autograd is handed them. Leaves that do not require grad are constants.
    Raises ``TraceError`` where a primitive is not known, or values of an array are asked for.
    """

    def forward(*twins: Any) -> list[Any]:
        with _tracing() as level:
            handed = [
                _Traced(value, level, _Shadow.new_root(twin)) if leaf.requires_grad else value
                for value, leaf, twin in zip(values, leaves, twins, strict=True)
            ]
            outputs = [each._node.twin if isbox(each) else operand(each) for each in function(handed)]
            outputs += noted() if outputs else []
        if not outputs:
            raise TraceError(f"{name} returned no floating array: there is nothing to differentiate")
        return outputs

    return trace_numpy(forward, *(leaf.value for leaf in leaves))


class _Traced(ArrayBox):  # type: ignore[misc]  # autograd has no types
    """A value that is traced. Its truth is that of its twin, which refuses to tell what depends on the leaves."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return bool(self._node.twin)


class _Shadow(Node):  # type: ignore[misc]
    """What autograd makes for each call of a primitive: here it calls the rule on the tensors of the operands."""

    __slots__ = ("twin",)
    twin: Any

    def __init__(
        self,
        value: Any,
        fun: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        parent_argnums: Sequence[int],
        parents: Sequence[_Shadow],
    ) -> None:
        operands = list(args)
        for place, parent in zip(parent_argnums, parents, strict=True):
            operands[place] = parent.twin
        self.twin = _checked(fun, value, _computed(fun, operands, kwargs))
        _note(fun, args, kwargs, parent_argnums, parents, self.twin)

    def initialize_root(self, twin: Any) -> None:
        self.twin = twin


def _computed(fun: Any, operands: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return what a primitive computes: by its rule, else by the function of NumPy or the user's that it wraps."""
    name = name_of(fun)
    rule = find_rule(name, RULES)
    try:
        return (fun.fun if rule is None else rule)(*operands, **kwargs)
    except Exception as error:
        advice = f"; or say what it computes: gradproof.rule({name!r}, lambda *args: ...)" if rule is None else ""
        line = "" if isinstance(error, TraceError) else line_here()  # such an error has it
        raise TraceError(f"autograd's primitive {name!r}{line} is not traced: {error}{advice}") from error


def _note(
    fun: Any, args: Sequence[Any], kwargs: Mapping[str, Any], places: Sequence[int], parents: Sequence[Any], twin: Any
) -> None:
    """Take note of a primitive of the user's own."""
    code = getattr(getattr(fun, "fun", fun), "__code__", None)
    if code is None or not is_users(code.co_filename):
        return

    def again(*operands: Any) -> Any:
        return fun(*subvals(args, zip(places, operands, strict=True)), **kwargs)

    name = label(name_of(fun), "primitive of autograd", place_of(code.co_filename, code.co_firstlineno))
    results = twin if isinstance(twin, list) else [twin]
    note(Application(name, again, [parent.twin for parent in parents], results))


def _checked(fun: Any, value: Any, found: Any) -> Any:
    """Return a result of a rule. Raises ``TraceError`` where it has not the shape or the dtype of the value."""
    if isinstance(value, list | tuple):
        return [_checked(fun, each, twin) for each, twin in zip(value, found, strict=True)]
    wanted = np.asarray(getval(value))
    is_same = isinstance(found, TracedArray) and (found.array.shape, found.array.dtype) == (wanted.shape, wanted.dtype)
    if not is_same:
        given = f"{found.array.dtype} {found.array.shape}" if isinstance(found, TracedArray) else type(found).__name__
        due = f"{wanted.dtype} {wanted.shape}"
        raise TraceError(f"what is known of {name_of(fun)!r} gives {given}, but autograd has {due}{line_here()}")
    return found


def name_of(fun: Any) -> str:
    """Return the full name of a primitive of NumPy, SciPy or autograd, and the mere name of any other."""
    function = getattr(fun, "fun", fun)
    name = str(getattr(function, "__name__", fun.__name__))
    for home, module in _HOMES.items():
        if getattr(module, name, None) is function:
            return f"{home}.{name}"
    owner = getattr(function, "__self__", None)
    if isinstance(owner, stats.rv_continuous | stats.rv_discrete):
        return f"scipy.stats.{owner.name}.{name}"
    module = str(getattr(function, "__module__", ""))
    library = module.partition(".")[0]
    if library == "autograd":
        return f"autograd.{name}"
    return f"{module}.{name}" if library in ("numpy", "scipy") else name


_OF_SHAPES = {
    *("empty_like", "full_like", "iscomplex", "iscomplexobj", "isreal", "isscalar", "ndim", "ones_like", "result_type"),
    *("shape", "size", "zeros_like"),
}
#: What autograd does not differentiate is traced too, but for what depends on shapes and dtypes alone.
notrace_primitives[_Shadow] = {fun for fun in notrace_primitives[VJPNode] if fun.__name__ in _OF_SHAPES}


@contextmanager
def _tracing() -> Iterator[int]:
    """Have autograd make boxes that are traced, also of truth values; afterwards all is as it was."""
    before, top = dict(Box.type_mappings), trace_stack.top
    kinds = [kind for kind, box in before.items() if box is ArrayBox and kind is not ArrayBox]
    Box.types.add(_Traced)
    Box.type_mappings.update(dict.fromkeys([*kinds, _Traced, np.bool_, np.int64], _Traced))
    try:
        with trace_stack.new_trace() as level:
            yield level
    finally:
        trace_stack.top = top
        Box.types.discard(_Traced)
        Box.type_mappings.clear()
        Box.type_mappings.update(before)
