"""Reproducers: a case as a short program that uses one library alone."""

from __future__ import annotations

import re

from gradproof.case import Case
from gradproof.exact import Array
from gradproof.graph import Graph, Input


def engine_script(case: Case) -> str:
    """Return a program that runs ``case`` on the engine and prints the gradient of every leaf.

    Of second order it prints the gradients of the gradients, each along the direction of its leaf.
    """
    graph = case.graph
    lines = ["import numpy as np", "", "import gradproof.engine as torch", "from gradproof.engine import ops", ""]
    lines += [f"{graph.name(i)} = {_input(each)}" for i, each in enumerate(graph.inputs)]
    for value_id, node in graph.enumerate_nodes():
        line = _spelt_out(f"{graph.name(value_id)} = ops.{graph.call_text(value_id)}")
        lines += [line] if node.grad_enabled else ["with torch.no_grad():", f"    {line}"]
    lines += _backward_again(case) if case.directions else _backward(case)
    return "\n".join(lines) + "\n"


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
    return f"torch.from_numpy({_array(value)})"


def _input(each: Input) -> str:
    if each.contiguous or each.value.ndim == 0:
        source = _array(each.value)
    else:
        source = f"np.repeat({_array(each.value)}, 2, axis=-1)[..., ::2]"
    tensor = f"torch.from_numpy({source})"
    return f"{tensor}.requires_grad_()" if each.requires_grad else tensor


def _array(value: Array) -> str:
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
