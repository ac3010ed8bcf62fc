"""Functions with a derivative of their own in a trace: a node for each result, which carries the graph of the forward.

The forward runs on stand-ins of its arguments, so that its graph begins there, and no two arguments are one tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gradproof.errors import GraphFormatError, UnsupportedError
from gradproof.exact import Param, as_param
from gradproof.graph import Call

from ..mode import THREAD, Recorder, recording
from ..variable import Variable

if TYPE_CHECKING:
    from .function import FunctionNode


def traced(node: FunctionNode, args: Sequence[Any], recorder: Recorder, run: Callable[[Sequence[Any]], Any]) -> Any:
    """Return what ``run`` returns of ``args``, and have it recorded as an application of the function of ``node``.

    Raises ``UnsupportedError`` for an argument that a graph cannot hold, and for a result that is computed outside of
    the engine.
    """
    name = node.function.__name__
    recorder.functions[name] = node.function
    params = {str(slot): _param(name, slot, arg) for slot, arg in enumerate(args) if not isinstance(arg, Variable)}
    originals = [arg for arg in args if isinstance(arg, Variable)]
    stand_ins = [arg.wrap(arg.array, arg.own_version) for arg in originals]
    rest = iter(stand_ins)
    inner = recorder.forward_of(stand_ins)
    with recording(inner):
        returned = run([next(rest) if isinstance(arg, Variable) else arg for arg in args])
    results = [each for each in _tuple(returned) if isinstance(each, Variable)]
    context = node.context
    graph = inner.graph_of(results, constant=[any(each is one for one in context.constant) for each in results])
    _check(name, graph, len(originals), results)
    written = tuple(slot for slot, each in enumerate(stand_ins) if any(each is one for one in context.dirty))
    grad_enabled = THREAD.mode.grad_enabled

    def note(result: Variable, number: int) -> None:
        recorder.record_call(name, originals, params, Call(graph, number, written), result, grad_enabled=grad_enabled)

    def original(value: Any) -> Any:
        return next((arg for arg, each in zip(originals, stand_ins, strict=True) if each is value), value)

    context.replace(original)
    node.note = note
    return tuple(map(original, returned)) if isinstance(returned, tuple) else original(returned)


def _tuple(returned: Any) -> tuple[Any, ...]:
    return returned if isinstance(returned, tuple) else (returned,)


def _param(name: str, slot: int, value: Any) -> Param:
    try:
        return as_param(value)
    except GraphFormatError as error:
        raise UnsupportedError(f"argument {slot} of {name}.apply() cannot be traced: {error}") from error


def _check(name: str, graph: Any, count: int, results: Sequence[Variable]) -> None:
    """Refuse a result that does not come of the arguments: what NumPy computes would be taken for a constant."""
    floats = {slot for slot in range(count) if graph[slot].dtype.startswith("float")}
    for number, (output, result) in enumerate(zip(graph.outputs, results, strict=True)):
        if floats and graph[output].dtype.startswith("float") and not graph.ancestors(output) & set(range(count)):
            raise UnsupportedError(
                f"result {number} of {name}, of shape {result.array.shape}, does not come of its arguments by "
                "operations of the engine; what is computed outside of it cannot be traced"
            )
