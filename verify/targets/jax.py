"""JAX as a target: one reverse pass over the whole function, which shows what flows through every node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gradproof.budget import pointwise
from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.exact import Array
from gradproof.graph import Graph, Node

from . import jax_ops
from .library import LibraryTarget, accumulated, array_text, flowing
from .memory import aliases
from .spelling import Function, Spelling
from .target import Pullback, Run

_SPELLING = Spelling("jax", jax_ops, jax_ops.OPS, jax_ops.LACKS)

#: XLA has polynomials of its own, and on a CPU it takes subnormal numbers for zero.
_BUDGETS = {
    name: replace(budget, flushes=True)
    for name, budget in {
        **{name: op.budget for name, op in OPS.items()},
        "tanh": pointwise(4.25),  # 4.05 ulp at most, measured in float64
        "expm1": pointwise(4.5),  # 4.39 ulp
    }.items()
}

_Probes = Mapping[Any, Any]

_NONE: _Probes = MappingProxyType({})


@jax.custom_vjp
def _shown(x: Any, probe: Any) -> Any:  # noqa: ARG001
    """Return ``x``; the cotangent that arrives is that of the probe too."""
    return x


_shown.defvjp(lambda x, probe: (x, None), lambda _, ct: (ct, ct))


class JaxTarget(LibraryTarget):
    """JAX with its own VJPs, op by op and not compiled as a whole; in 64 bits, whatever the user's own setting.

    Every result, and every use of a value as an argument, goes through an identity with a second argument, the probe.
    The derivative by that is what flows there. What one op passes to an argument in several parts is therefore added up
    before the parts of others: nothing else changes.
    """

    name = "jax"
    budgets = _BUDGETS

    def __init__(self, ops: Mapping[str, Function] | None = None) -> None:
        super().__init__(_SPELLING, ops)

    def play(self, case: Case, cotangents: Sequence[Array] | None = None) -> Run:
        """Run the case, and pull each cotangent back."""
        graph = case.graph
        self._spelling.check(graph)
        handed = [np.array(ct) for ct in case.cotangents] if cotangents is None else cotangents
        with jax.enable_x64(True):
            inputs = [jnp.asarray(each.materialise()) for each in graph.inputs]
            values = self._run(graph, inputs)
            pullbacks = tuple(
                self._pull(graph, inputs, output, ct) for output, ct in zip(graph.outputs, handed, strict=True)
            )
            copies = tuple(map(np.array, values))
        grads = accumulated(pullbacks)
        modified = tuple(
            i for i, each in enumerate(graph.inputs) if np.asarray(values[i]).tobytes() != each.value.tobytes()
        )
        return Run(copies, pullbacks, grads, modified, aliases=aliases(grads, (), handed))

    def _run(
        self, graph: Graph, inputs: Sequence[Any], entering: _Probes = _NONE, leaving: _Probes = _NONE
    ) -> list[Any]:
        """Return all values by id. ``entering`` are probes of results by node, ``leaving`` of uses by node and slot."""
        values = list(inputs)
        for site, node in graph.enumerate_nodes():
            uses = [_seen(values[arg], leaving.get((site, slot))) for slot, arg in enumerate(node.args)]
            result = self._spelling.apply(node, uses)
            values.append(_seen(result if node.grad_enabled else jax.lax.stop_gradient(result), entering.get(site)))
        return values

    def _pull(self, graph: Graph, inputs: Sequence[Any], output: int, ct: Array) -> Pullback:
        """Differentiate one output by all leaves and all probes at once."""
        sites = {site: node for site, node in graph.enumerate_nodes() if graph.tracked[site]}
        uses = {
            (site, slot): arg
            for site, node in sites.items()
            for slot, arg in enumerate(node.args)
            if graph.tracked[arg]
        }

        def function(leaves: Any, entering: Any, leaving: Any) -> Any:
            given = [leaves.get(i, value) for i, value in enumerate(inputs)]
            return self._run(graph, given, entering, leaving)[output]

        _, pull = jax.vjp(
            function,
            {leaf: inputs[leaf] for leaf in graph.leaves},
            {site: jnp.zeros(node.shape, node.dtype) for site, node in sites.items()},
            {use: jnp.zeros(graph[arg].shape, graph[arg].dtype) for use, arg in uses.items()},
        )
        gradients, entered, left = ({key: np.array(ct) for key, ct in found.items()} for found in pull(jnp.asarray(ct)))
        return flowing(graph, output, gradients, entered, left)

    def _compute(self, node: Node, args: Sequence[Array], batches: Sequence[bool]) -> Array:
        with jax.enable_x64(True):
            if not any(batches):
                return np.array(self._spelling.apply(node, list(map(jnp.asarray, args))))
            at_points = jax.vmap(
                lambda *each: self._spelling.apply(node, each), [0 if batch else None for batch in batches]
            )
            return np.array(at_points(*map(jnp.asarray, args)))

    def _head(self) -> list[str]:
        return ["import jax", "import jax.numpy as jnp", "", 'jax.config.update("jax_enable_x64", True)']

    def _body(self, case: Case) -> list[str]:
        graph = case.graph
        lines = [
            f"{graph.name(i)} = {_text(each.value)}" for i, each in enumerate(graph.inputs) if not each.requires_grad
        ]
        names = ", ".join(map(graph.name, graph.leaves))
        lines += ["", "", f"def function({names}):"]
        for site, node in graph.enumerate_nodes():
            text = self._call_text(graph, node)
            lines.append(f"    {graph.name(site)} = {text if node.grad_enabled else f'jax.lax.stop_gradient({text})'}")
        lines += [f"    return [{', '.join(map(graph.name, graph.outputs))}]", "", ""]
        lines += [f"{graph.name(leaf)} = {_text(graph.inputs[leaf].value)}" for leaf in graph.leaves]
        for number, ct in enumerate(case.cotangents):
            lines += [
                f"_, pull = jax.vjp(lambda *leaves: function(*leaves)[{number}], {names})",
                f"for name, gradient in zip({[graph.name(leaf) for leaf in graph.leaves]}, pull({_text(ct)})):",
                "    print(name, gradient.tolist())",
            ]
        return lines


def _seen(value: Any, probe: Any) -> Any:
    return value if probe is None else _shown(value, probe)


def _text(value: Array) -> str:
    return array_text(value, "jnp.array", f"jnp.{'bool_' if value.dtype == np.bool_ else value.dtype.name}")
