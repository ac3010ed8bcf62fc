"""Functions of HIPS autograd as subjects: its reverse mode is on trial, with every ``defvjp`` of the user's own."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import autograd
import numpy as np
import scipy
from autograd.core import VJPNode
from autograd.differential_operators import make_vjp
from autograd.numpy.numpy_boxes import ArrayBox
from autograd.tracer import Box, Node, getval, isbox, notrace_primitives, trace_stack
from scipy import linalg, special, stats

from gradproof.engine.numpy_api import TracedArray, trace_numpy
from gradproof.errors import DtypeError, TraceError
from gradproof.exact import DTYPES, Array
from gradproof.graph import Graph

from .arguments import parameter_names
from .autograd_primitives import PRIMITIVES, traced
from .lines import line_of
from .rules import find_rule
from .subject import Blocks, Leaf

_HOMES = {"numpy": np, "numpy.linalg": np.linalg, "scipy.special": special, "scipy.linalg": linalg}


class AutogradSubject:
    """A function of HIPS autograd at its arguments: arrays and numbers, also in lists, tuples and dictionaries.

    Leaves are NumPy's arrays and scalars among them, and Python floats; those of a floating dtype require grad. All
    else is handed to the function as it is. Outputs are the floating arrays and numbers in what it returns.
    Raises ``DtypeError`` for a leaf of a dtype that cannot be proven.
    """

    library = "autograd"

    def __init__(self, function: Callable[..., Any], args: Sequence[Any]) -> None:
        self.name = getattr(function, "__name__", type(function).__name__).replace("<lambda>", "function")
        self._function = function
        self._args = tuple(args)
        plain = getattr(function, "fun", function)  # of a primitive its function, which has names
        names = parameter_names(plain, len(self._args))
        named = dict(zip(names, self._args, strict=True))
        entries = [(name, each) for name, each in _entries(named) if _is_leaf(each)]
        self._kinds = [each for _, each in entries]
        self.leaves = tuple(_leaf(name, each) for name, each in entries)

    def graph(self) -> Graph:
        """Return the forward as a graph, at the leaves. Leaves of integers and truth values are constants in it."""

        def forward(*leaves: Any) -> list[Any]:
            with _tracing() as level:
                handed = [
                    _Traced(value, level, _Shadow.new_root(twin)) if leaf.requires_grad else value
                    for value, leaf, twin in zip(self._handed(), self.leaves, leaves, strict=True)
                ]
                outputs = [each._node.twin if isbox(each) else traced(each) for each in self._outputs(handed)]
            if not outputs:
                raise TraceError(f"{self.name} returned no floating array: there is nothing to differentiate")
            return outputs

        return trace_numpy(forward, *(leaf.value for leaf in self.leaves))

    def forward(self, values: Sequence[Array]) -> list[Array]:
        """Return the outputs at other values of the leaves."""
        return [np.array(each) for each in self._outputs(self._handed(values))]

    def pull_back(self, values: Sequence[Array], number: int, ct: Array) -> list[Array | None]:
        """Return the gradient by each floating leaf of output ``number`` with the cotangent ``ct``; None for others."""
        arguments = self._handed(values)
        return [
            np.array(_pulled(self._output(number), place, arguments, ct[()])) if leaf.requires_grad else None
            for place, leaf in enumerate(self.leaves)
        ]

    def pull_back_twice(
        self, values: Sequence[Array], number: int, ct: Array, directions: Mapping[int, Array]
    ) -> Blocks:
        """Differentiate each gradient again, along the direction that is given for its leaf."""
        arguments = [*self._handed(values), ct[()]]
        others = [place for place, leaf in enumerate(self.leaves) if leaf.requires_grad]
        blocks: dict[tuple[int, int], Array | None] = {}
        for first, direction in directions.items():

            def gradient(*both: Any, first: int = first) -> Any:
                return _pulled(self._output(number), first, both[:-1], both[-1])

            for second in (*others, -1):
                block = _pulled(gradient, second % len(arguments), arguments, direction[()])
                blocks[first, second] = np.array(block)
        return blocks

    def _handed(self, values: Sequence[Array] | None = None) -> list[Any]:
        """Return values of the leaves, by default their own, as the function got them."""
        given = [leaf.value for leaf in self.leaves] if values is None else values
        return [_like(kind, value) for kind, value in zip(self._kinds, given, strict=True)]

    def _output(self, number: int) -> Callable[..., Any]:
        return lambda *leaves: self._outputs(leaves)[number]

    def _outputs(self, leaves: Sequence[Any]) -> list[Any]:
        rest = iter(leaves)
        args = _rebuilt(self._args, lambda each: next(rest) if _is_leaf(each) else each)
        returned = self._function(*args)
        return [each for _, each in _entries({"": returned}) if _is_floating(each)]


def _pulled(function: Callable[..., Any], place: int, arguments: Sequence[Any], ct: Any) -> Any:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Output seems independent of input", UserWarning)
        pull, _ = make_vjp(function, place)(*arguments)
        return pull(ct)


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

    def initialize_root(self, twin: Any) -> None:
        self.twin = twin


def _computed(fun: Any, operands: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """Return what a primitive computes: by its rule, else by the function of NumPy or the user's that it wraps."""
    name = name_of(fun)
    rule = find_rule(name, PRIMITIVES)
    try:
        return (fun.fun if rule is None else rule)(*operands, **kwargs)
    except Exception as error:
        advice = f"; or say what it computes: gradproof.rule({name!r}, lambda *args: ...)" if rule is None else ""
        line = "" if isinstance(error, TraceError) else _here()  # such an error has it
        raise TraceError(f"autograd's primitive {name!r}{line} is not traced: {error}{advice}") from error


def _checked(fun: Any, value: Any, found: Any) -> Any:
    """Return a result of a rule. Raises ``TraceError`` where it has not the shape or the dtype of the value."""
    if isinstance(value, list | tuple):
        return [_checked(fun, each, twin) for each, twin in zip(value, found, strict=True)]
    wanted = np.asarray(getval(value))
    is_same = isinstance(found, TracedArray) and (found.array.shape, found.array.dtype) == (wanted.shape, wanted.dtype)
    if not is_same:
        given = f"{found.array.dtype} {found.array.shape}" if isinstance(found, TracedArray) else type(found).__name__
        raise TraceError(
            f"what is known of {name_of(fun)!r} gives {given}, but autograd has {wanted.dtype} {wanted.shape}{_here()}"
        )
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


def _here() -> str:
    """Return the user's line, as the end of a message."""
    frames = [(frame.filename, frame.lineno or 0) for frame in reversed(traceback.extract_stack())]
    return line_of(frames, autograd, np, scipy)


def _entries(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield what lists, tuples and dictionaries hold, with its name; dictionaries at the top are of names."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _entries(each, f"{name}[{key!r}]" if name else str(key))
    elif isinstance(value, list | tuple):
        for place, each in enumerate(value):
            yield from _entries(each, f"{name}[{place}]")
    else:
        yield name, value


def _rebuilt(value: Any, change: Callable[[Any], Any]) -> Any:
    """Return lists, tuples and dictionaries with other entries in the places of their own."""
    if isinstance(value, dict):
        return type(value)((key, _rebuilt(each, change)) for key, each in value.items())
    if isinstance(value, list | tuple):
        entries = [_rebuilt(each, change) for each in value]
        return type(value)(*entries) if hasattr(value, "_fields") else type(value)(entries)
    return change(value)


def _is_leaf(entry: Any) -> bool:
    return type(entry) is float or (isinstance(entry, np.ndarray | np.generic) and entry.dtype.kind not in "OSUMm")


def _is_floating(value: Any) -> bool:
    plain = getval(value)
    return type(plain) is float or (isinstance(plain, np.ndarray | np.generic) and plain.dtype.kind == "f")


def _leaf(name: str, entry: Any) -> Leaf:
    """Return an entry as a leaf: integers are int64 in a graph."""
    value = np.array(entry)
    if value.dtype.kind in "iu":
        value = value.astype(np.int64)
    if value.dtype.name not in DTYPES:
        raise DtypeError(f"{name} has dtype {value.dtype.name}, but those that are proven are {', '.join(DTYPES)}")
    return Leaf(name, value, value.dtype.kind == "f")


def _like(kind: Any, value: Array) -> Any:
    """Return a value of a leaf as the function got it: a float, a scalar of NumPy, or an array of its dtype."""
    if isinstance(kind, np.ndarray):
        return value.astype(kind.dtype, copy=False)
    return float(value) if type(kind) is float else kind.dtype.type(value)
