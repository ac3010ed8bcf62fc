"""HIPS autograd as a target: one reverse pass over the whole function, which shows what flows through every node."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from autograd import make_vjp
from autograd.extend import defvjp, defvjp_argnum, primitive
from autograd.tracer import getval, isbox

from gradproof.case import Case
from gradproof.errors import UnsupportedError
from gradproof.exact import Array
from gradproof.graph import Graph, Node

from . import autograd_ops
from .library import LibraryTarget, accumulated, array_text, flowing
from .memory import aliases
from .spelling import Function, Spelling
from .target import Pullback, Run

_SPELLING = Spelling("autograd", autograd_ops, autograd_ops.OPS, autograd_ops.LACKS)


@primitive
def _shown(x: Any, show: Callable[[Any], Any]) -> Any:  # noqa: ARG001
    """Return ``x``; the cotangent that arrives is shown."""
    return x


defvjp(_shown, lambda ans, x, show: show, argnums=(0,))


@primitive
def _constant(result: Any, *args: Any) -> Any:  # noqa: ARG001
    """Return the ``result`` of a function that autograd takes for a constant: its derivative is zero."""
    return result


def _zeros(arg: int, ans: Any, args: Any, kwargs: Any) -> Any:  # noqa: ARG001
    return lambda ct: np.zeros_like(args[arg])


defvjp_argnum(_constant, _zeros)


class _Flow:
    """Copies of the cotangents that flow, by node, and by node and argument."""

    def __init__(self) -> None:
        self.entered: dict[int, Array] = {}
        self.left: dict[tuple[int, int], Array] = {}

    def enter(self, value: Any, site: int) -> Any:
        """Return the result of a node; keep the cotangent that arrives at it."""
        return _shown(value, lambda ct: self._kept(self.entered, site, ct))

    def leave(self, value: Any, site: int, slot: int) -> Any:
        """Return an argument of a node; keep the cotangent that is passed to it."""
        return _shown(value, lambda ct: self._kept(self.left, (site, slot), ct))

    def _kept(self, found: dict[Any, Array], key: Any, ct: Any) -> Any:
        found[key] = np.array(ct)
        return ct


class AutogradTarget(LibraryTarget):
    """HIPS autograd with its own VJPs.

    Every result, and every use of a value as an argument, goes through an identity, which shows what flows there. So
    what one op passes to an argument in several parts is added up before the parts of others: nothing else changes.
    """

    name = "autograd"

    def __init__(self, ops: Mapping[str, Function] | None = None) -> None:
        super().__init__(_SPELLING, ops)

    def play(self, case: Case, cotangents: Sequence[Array] | None = None) -> Run:
        """Run the case, and pull each cotangent back."""
        graph = case.graph
        self._spelling.check(graph)
        handed = [np.array(ct) for ct in case.cotangents] if cotangents is None else cotangents
        inputs = [each.materialise() for each in graph.inputs]
        copies = [np.array(each) for each in inputs]
        with _in_words():
            values = self._run(graph, inputs, _Flow(), copies.append)
            pullbacks = tuple(
                self._pull(graph, inputs, output, ct) for output, ct in zip(graph.outputs, handed, strict=True)
            )
        grads = accumulated(pullbacks)
        modified = tuple(i for i, copy in enumerate(copies) if np.asarray(values[i]).tobytes() != copy.tobytes())
        return Run(tuple(copies), pullbacks, grads, modified, aliases=aliases(grads, (), handed))

    def _run(
        self, graph: Graph, inputs: Sequence[Any], flow: _Flow, watch: Callable[[Array], None] = lambda value: None
    ) -> list[Any]:
        """Return all values by id; ``watch`` is handed a copy of each result when it is made."""
        values = list(inputs)
        for site, node in graph.enumerate_nodes():
            uses = [flow.leave(values[arg], site, slot) for slot, arg in enumerate(node.args)]
            result = self._spelling.apply(node, uses)
            watch(np.array(getval(result)))
            if graph.tracked[site] and not isbox(result):
                result = _constant(result, *uses)
            values.append(flow.enter(result, site) if node.grad_enabled else getval(result))
        return values

    def _pull(self, graph: Graph, inputs: Sequence[Any], output: int, ct: Array) -> Pullback:
        flow = _Flow()

        def function(leaves: Any) -> Any:
            values = list(inputs)
            for leaf, value in zip(graph.leaves, leaves, strict=True):
                values[leaf] = value
            return self._run(graph, values, flow)[output]

        pull, _ = make_vjp(function)(tuple(inputs[leaf] for leaf in graph.leaves))
        gradients = dict(zip(graph.leaves, map(np.array, pull(ct)), strict=True))
        return flowing(graph, output, gradients, flow.entered, flow.left)

    def _compute(self, node: Node, args: Sequence[Array], batches: Sequence[bool]) -> Array:
        if any(batches):
            raise UnsupportedError("autograd is played point by point")
        with _in_words():
            return np.array(self._spelling.apply(node, args))

    def _head(self) -> list[str]:
        return [
            "import autograd.numpy as np",
            "import autograd.scipy.special",
            "import autograd.scipy.stats",
            "from autograd import make_vjp",
            "from autograd.tracer import getval",
        ]

    def _body(self, case: Case) -> list[str]:
        graph = case.graph
        lines = [f"{graph.name(i)} = {_text(each.value)}" for i, each in enumerate(graph.inputs)]
        names = "".join(f"{graph.name(leaf)}, " for leaf in graph.leaves)
        lines += ["", "", "def function(leaves):", f"    {names}= leaves"]
        for site, node in graph.enumerate_nodes():
            text = self._call_text(graph, node)
            lines.append(f"    {graph.name(site)} = {text if node.grad_enabled else f'getval({text})'}")
        lines += [f"    return [{', '.join(map(graph.name, graph.outputs))}]", "", ""]
        for number, ct in enumerate(case.cotangents):
            lines += [
                f"pull, _ = make_vjp(lambda leaves: function(leaves)[{number}])(({names}))",
                f"for name, gradient in zip({[graph.name(leaf) for leaf in graph.leaves]}, pull({_text(ct)})):",
                "    print(name, gradient.tolist())",
            ]
        return lines


@contextmanager
def _in_words() -> Iterator[None]:
    """Raise ``UnsupportedError`` where autograd says that it has no derivative."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Output seems independent of input", UserWarning)
        try:
            yield
        except NotImplementedError as error:
            raise UnsupportedError(f"autograd: {error}") from error


def _text(value: Array) -> str:
    return array_text(value, "np.array", f"np.{'bool_' if value.dtype == np.bool_ else value.dtype.name}")
