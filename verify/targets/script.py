"""Reproducers: a case as a short program that uses one library alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from gradproof.case import Case
from gradproof.exact import Array
from gradproof.graph import Call, Graph, Input, Node


def engine_script(case: Case) -> str:
    """Return a program that runs ``case`` on the engine and prints the gradient of every leaf.

    Of second order it prints the gradients of the gradients, each along the direction of its leaf.
    """
    case = replace(case, graph=case.graph.unlabelled())
    graph = case.graph
    lines = ["import numpy as np", "", "import gradproof.engine as torch", "from gradproof.engine import ops", ""]
    functions = sorted({node.op for node in graph.nodes if node.call is not None})
    lines += [f"# add the class {name} that is on trial here" for name in functions]
    lines += [f"{graph.name(i)} = {_input(each)}" for i, each in enumerate(graph.inputs)]
    for value_id, node in graph.enumerate_nodes():
        made = _op_lines(graph, value_id) if node.call is None else _function_lines(graph, value_id, node, node.call)
        lines += made if node.grad_enabled or not made else ["with torch.no_grad():", *(f"    {line}" for line in made)]
    lines += _backward_again(case) if case.directions else _backward(case)
    return "\n".join(lines) + "\n"


def numbers_script(case: Case) -> str:
    """Return lines of Python with all arguments by their names, the cotangents, and the directions where there are."""
    graph = case.graph
    arguments = ", ".join(f"{graph.name(i)!r}: {array_text(each.value)}" for i, each in enumerate(graph.inputs))
    lines = ["import numpy as np", "", f"arguments = {{{arguments}}}", f"cotangents = [{_arrays(case.cotangents)}]"]
    lines += [f"directions = [{_arrays(case.directions)}]"] if case.directions else []
    return "\n".join(lines) + "\n"


def _arrays(values: Iterable[Array]) -> str:
    return ", ".join(map(array_text, values))


def _op_lines(graph: Graph, value_id: int) -> list[str]:
    return [_spelt_out(f"{graph.name(value_id)} = ops.{graph.call_text(value_id)}")]


def _function_lines(graph: Graph, value_id: int, node: Node, call: Call) -> list[str]:
    """Return the lines that apply a function of the user's own, once for all its results, on copies where it writes."""
    sites = next(sites for sites in graph.applications if value_id in sites)
    if value_id != sites[0]:
        return []
    names = [f"{graph.name(arg)}{'.clone()' if i in call.written else ''}" for i, arg in enumerate(node.args)]
    given = node.in_order(names, {place: repr(value) for place, value in node.params.items()})
    results = {graph.call_at(site).result: graph.name(site) for site in sites}
    count = len(call.graph.outputs)
    left = ", ".join(results.get(number, "_") for number in range(count))
    return [_spelt_out(f"{left} = {node.op}.apply({', '.join(given)})")]


def _backward(case: Case) -> list[str]:
    graph = case.graph
    lines = [
        f"{graph.name(output)}.backward({_tensor(ct)}, retain_graph=True)"
        for output, ct in zip(graph.outputs, case.cotangents, strict=True)
        if graph.tracked[output]
    ]
    return lines + [f'print("{graph.name(leaf)}.grad =", {graph.name(leaf)}.grad)' for leaf in graph.leaves]


def _backward_again(case: Case) -> list[str]:
    graph = case.graph
    names = ", ".join(map(graph.name, graph.leaves))
    lines = [f"leaves = [{names}]", f"directions = [{', '.join(map(_tensor, case.directions))}]"]
    for output, ct in zip(graph.outputs, case.cotangents, strict=True):
        if graph.tracked[output]:
            lines += [
                f"ct = {_tensor(ct)}.requires_grad_()",
                f"y = {graph.name(output)}",
                "gradients = torch.autograd.grad(y, leaves, ct, create_graph=True, allow_unused=True)",
                "for gradient, direction in zip(gradients, directions):",
                "    if gradient is not None and gradient.requires_grad:",
                "        by = [*leaves, ct]",
                "        print(torch.autograd.grad(gradient, by, direction, retain_graph=True, allow_unused=True))",
            ]
    return lines


def _tensor(value: Array) -> str:
    return f"torch.from_numpy({array_text(value)})"


def _input(each: Input) -> str:
    if each.contiguous or each.value.ndim == 0:
        source = array_text(each.value)
    else:
        source = f"np.repeat({array_text(each.value)}, 2, axis=-1)[..., ::2]"
    tensor = f"torch.from_numpy({source})"
    return f"{tensor}.requires_grad_()" if each.requires_grad else tensor


def array_text(value: Array) -> str:
    """Return an expression that makes this array bit for bit: ``repr`` of a float is exact."""
    if not value.size:
        return f"np.zeros({value.shape}, dtype=np.{value.dtype.name})"
    return _spelt_out(f"np.array({value.tolist()!r}, dtype=np.{value.dtype.name})")


def _spelt_out(text: str) -> str:
    """Return code in which the floats that ``repr`` does not write as Python are names of NumPy."""
    return re.sub(r"\b(inf|nan)\b", r"np.\1", text)


def graph_outline(graph: Graph) -> str:
    """Return the ops of a graph in order, as a title: ``matmul -> add -> tanh``."""
    names = [node.op for node in graph.nodes]
    shown = names if len(names) <= 6 else [*names[:3], "...", *names[-2:]]
    return " → ".join(shown) if shown else "no op"
