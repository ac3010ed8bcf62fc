"""Applications of functions of the user's own: what makes the results of one, and where their cotangents arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradproof.engine.autograd.function import Function
from gradproof.engine.mode import THREAD, set_grad_enabled
from gradproof.engine.variable import CustomNode, Edge, Variable
from gradproof.errors import TraceError, UnknownOpError
from gradproof.graph import Call, Node


class Applications:
    """Applies functions in one run of a graph. The nodes that are results of one application share it."""

    def __init__(self, functions: Mapping[str, type[Function]]) -> None:
        self._functions = functions
        #: of each application: what is left of its results, by number
        self._left: dict[tuple[Any, ...], dict[int, Any]] = {}

    def result(self, node: Node, call: Call, args: Sequence[Any]) -> Any:
        """Return the result that a node stands for, given the tensors that it takes.

        Raises ``UnknownOpError`` for a function that is not known.
        """
        key = (node.op, node.args, node.params_key, node.grad_enabled)
        if call.result not in self._left.get(key, {}):
            self._left[key] = dict(enumerate(self._apply(node, call, args)))
        return self._left[key].pop(call.result)

    def _apply(self, node: Node, call: Call, args: Sequence[Any]) -> list[Any]:
        if node.op not in self._functions:
            raise UnknownOpError(f"{node.op!r} is no op, and no function that the target was given")
        handed = [_copied(arg) if slot in call.written else arg for slot, arg in enumerate(args)]
        with set_grad_enabled(node.grad_enabled):
            returned = self._functions[node.op].apply(*node.in_order(handed, node.params))
        results = [each for each in (returned if isinstance(returned, tuple) else (returned,)) if _is_tensor(each)]
        if len(results) != len(call.graph.outputs):
            raise TraceError(f"{node.op} returns {len(results)} tensors, but was traced with {len(call.graph.outputs)}")
        return results


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Variable)


def _copied(tensor: Any) -> Any:
    """Return a tensor with memory of its own at the same place of the graph, to be written to."""
    other = tensor.at(tensor.edge, np.array(tensor.array))
    if THREAD.mode.recorder is not None:
        THREAD.mode.recorder.alias(other, tensor)
    return other


def arrivals(node: Any, ct: Any) -> list[tuple[Edge, Any]]:
    """Return where the cotangent of a node arrives: at the node, or at each of several results that has one."""
    if not isinstance(node, CustomNode):
        return [(node, ct)]
    return [(output, part) for output, part in zip(node.outputs, ct, strict=True) if part is not None]
