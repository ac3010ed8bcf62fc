"""Tracing: run a Python function on the engine and keep the graph of what it did."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.errors import TraceError
from gradproof.exact import name_of
from gradproof.graph import DETACHING, Call, Graph, Input, Node, lay_out

from .autograd.function import Function
from .creation import as_tensor
from .dispatch import refresh
from .mode import recording
from .tensor import Tensor
from .variable import Variable


class GraphRecorder:
    """Builds a graph from the operations it sees. A tensor it has not seen becomes an input: a captured constant."""

    def __init__(self, functions: dict[str, type[Function]] | None = None) -> None:
        #: the functions of the user's own that were applied, by name
        self.functions = {} if functions is None else functions
        self._values: list[Input | Node] = []
        self._ids: dict[int, int] = {}
        self._held: list[Variable] = []
        self._aliases: list[Variable] = []
        #: the ids of the values that depend on what the trace is a function of
        self._dependent: set[int] = set()

    def name_input(self, variable: Variable) -> None:
        """Record one of the inputs that the trace is a function of. Integers and truth values are data."""
        self._name(variable, self.add_input(variable))

    def _name(self, variable: Variable, number: int) -> None:
        if variable.array.dtype.kind == "f":
            self._dependent.add(number)

    def add_input(self, variable: Variable) -> int:
        """Record a tensor as an input, with a copy of its value now."""
        array = np.array(variable.array, order="C")
        return self._add(variable, Input(array, variable._requires_grad, variable.array.flags.c_contiguous))

    def _add(self, variable: Variable, value: Input | Node) -> int:
        number = len(self._values)
        self._held.append(variable)
        self._values.append(value)
        self._ids[id(variable)] = number
        if isinstance(value, Node) and not self._dependent.isdisjoint(value.args) and not self._asks_if_finite(value):
            self._dependent.add(number)
        return number

    def _asks_if_finite(self, node: Node) -> bool:
        """Tell whether a truth value is the same wherever all numbers are finite: of a comparison with infinity."""
        if node.dtype != "bool":
            return False
        others = (self._values[arg] for arg in node.args if arg not in self._dependent)
        return len(set(node.args)) == 1 or any(
            isinstance(each, Input) and np.isinf(each.value).all() for each in others
        )

    def id_of(self, variable: Variable) -> int:
        """Return the id of a tensor, recording it as an input where it is new."""
        known = self._ids.get(id(variable))
        return self.add_input(variable) if known is None else known

    def depends(self, variable: Variable) -> bool:
        """Tell whether a value depends on the floating inputs that were named when the trace began.

        Not whether numbers are finite: code that looks at its arguments so first goes one way at all that are.
        """
        return self._ids.get(id(variable)) in self._dependent

    def alias(self, variable: Variable, other: Variable) -> None:
        """Have ``variable`` stand for the value of ``other`` from now on."""
        self._ids[id(variable)] = self.id_of(other)
        self._aliases.append(variable)

    def record(
        self, op: str, args: Sequence[Variable], params: Mapping[str, Any], result: Variable, *, grad_enabled: bool
    ) -> None:
        """Record one operation."""
        ids = tuple(self.id_of(arg) for arg in args)
        array = result.array
        self._add(result, Node(op, ids, params, array.shape, name_of(array.dtype), grad_enabled))

    def forward_of(self, arguments: Sequence[Variable]) -> ForwardRecorder:
        """Return a recorder of the forward of a function of the user's own."""
        return ForwardRecorder(arguments, self.functions)

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
        """Record one result of a function of the user's own."""
        ids = tuple(self.id_of(arg) for arg in args)
        array = result.array
        self._add(result, Node(name, ids, params, array.shape, name_of(array.dtype), grad_enabled, call))

    def graph(self, outputs: Sequence[Variable]) -> Graph:
        """Return what was recorded, inputs first, without what the outputs do not need but with every named input."""
        output_ids = [self.id_of(output) for output in outputs]
        return Graph.assemble(self._values, output_ids)


class ForwardRecorder(GraphRecorder):
    """Builds the graph of the forward of a function of the user's own.

    It is differentiated as a whole, by all its floating arguments. That it runs untracked means nothing, nor does
    ``detach()`` inside.
    """

    def __init__(self, arguments: Sequence[Variable], functions: dict[str, type[Function]]) -> None:
        super().__init__(functions)
        self._count = len(arguments)
        for each in arguments:
            array = each.array
            value = Input(np.array(array, order="C"), array.dtype.kind == "f", array.flags.c_contiguous)
            self._name(each, self._add(each, value))

    def add_input(self, variable: Variable) -> int:
        """Record a tensor that the forward found elsewhere, as a constant."""
        return self._add(variable, Input(np.array(variable.array, order="C")))

    def record(
        self,
        op: str,
        args: Sequence[Variable],
        params: Mapping[str, Any],
        result: Variable,
        *,
        grad_enabled: bool,  # noqa: ARG002
    ) -> None:
        """Record one operation, as one that derivatives flow through."""
        if op in DETACHING:
            self.alias(result, args[0])
        else:
            super().record(op, args, params, result, grad_enabled=True)

    def record_call(
        self,
        name: str,
        args: Sequence[Variable],
        params: Mapping[str, Any],
        call: Call,
        result: Variable,
        *,
        grad_enabled: bool,  # noqa: ARG002
    ) -> None:
        """Record one result of a function that the forward applies, as one that derivatives flow through."""
        super().record_call(name, args, params, call, result, grad_enabled=True)

    def graph_of(self, results: Sequence[Variable], constant: Sequence[bool]) -> Graph:
        """Return what was recorded and the results need, and all arguments. ``constant`` results are detached."""
        ids = [self.id_of(each) for each in results]
        for number, (each, is_constant) in enumerate(zip(results, constant, strict=True)):
            if is_constant:
                array = each.array
                held = Node("detach", (ids[number],), {}, array.shape, name_of(array.dtype))
                ids[number] = self._add(each.wrap(array), held)
        return Graph.assemble(self._values, ids).cut(keep=self._count)


def trace(
    function: Callable[..., Any],
    *inputs: Any,
    like: type[Tensor] = Tensor,
    functions: dict[str, type[Function]] | None = None,
) -> Graph:
    """Return the graph of ``function`` at ``inputs``: numbers, arrays or tensors.

    Inputs with a floating dtype require grad, unless they are tensors that do not. Python floats become float64
    here, where exactness is the point. The function returns a tensor, or a tuple or list of tensors. Arrays and numbers
    are handed to it as tensors of the class ``like``. Functions with a derivative of their own that it applies are put
    into ``functions``, by name. What is no op is taken as a constant, as it is at ``inputs``: places and counts
    (``argmax``, ``argsort``, ``nonzero``, ``searchsorted``, ``unique``), integers computed from integers, and what
    Python is told of a value (``item()``, a branch).
    Raises ``TraceError`` where it returns something else.

    >>> print(trace(lambda x: (x * x).sum(), np.array([1.0, 2.0])))
    x0 = input([1.0, 2.0])  # float64 (2,), requires grad
    v1 = multiply(x0, x0)  # float64 (2,)
    v2 = sum(v1, axis=None, keepdims=False)  # float64 ()
    return v2
    """
    arguments = _arguments(inputs, like)
    recorder = GraphRecorder({} if functions is None else functions)
    for argument in arguments:
        recorder.name_input(argument)
    with recording(recorder):
        outputs = _outputs(function, function(*arguments))
        for output in outputs:
            refresh(output)
    return recorder.graph(outputs)


def _arguments(inputs: Sequence[Any], like: type[Tensor]) -> list[Tensor]:
    """Return the inputs as tensors, no two the same: each is an input of its own."""
    arguments: list[Tensor] = []
    for value in inputs:
        argument = _argument(value, like)
        if any(argument is other for other in arguments):
            argument = argument.wrap(argument.array, argument.own_version).requires_grad_(argument.requires_grad)
        arguments.append(argument)
    return arguments


def _argument(value: Any, like: type[Tensor]) -> Tensor:
    if isinstance(value, Tensor):
        return value
    array = np.asarray(value)
    fresh: Tensor = like.wrap(as_tensor(lay_out(array, contiguous=array.flags.c_contiguous)).array)
    return fresh.requires_grad_() if array.dtype.kind == "f" else fresh


def _outputs(function: Callable[..., Any], returned: Any) -> list[Tensor]:
    outputs = list(returned) if isinstance(returned, tuple | list) else [returned]
    for output in outputs:
        if not isinstance(output, Tensor):
            name = getattr(function, "__qualname__", repr(function))
            raise TraceError(f"{name} returned {type(output).__name__}, but a traced function returns tensors")
    if not outputs:
        raise TraceError("the traced function returned no tensor")
    return outputs
