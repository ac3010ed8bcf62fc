"""Reproducers: a case as a short program that uses one library alone."""

from __future__ import annotations

import re

from gradproof.case import Case
from gradproof.exact import Array
from gradproof.graph import Graph, Input


def engine_script(case: Case) -> str:
    """Return a program that runs ``case`` on the engine and prints the gradient of every leaf."""
    graph = case.graph
    lines = ["import numpy as np", "", "import gradproof.engine as torch", "from gradproof.engine import ops", ""]
    lines += [f"{graph.name(i)} = {_input(each)}" for i, each in enumerate(graph.inputs)]
    for value_id, node in graph.enumerate_nodes():
        line = _spelt_out(f"{graph.name(value_id)} = ops.{graph.call_text(value_id)}")
        lines += [line] if node.grad_enabled else ["with torch.no_grad():", f"    {line}"]
    for output, ct in zip(graph.outputs, case.cotangents, strict=True):
        if graph.tracked[output]:
            lines.append(f"{graph.name(output)}.backward(torch.from_numpy({_array(ct)}), retain_graph=True)")
    lines += [f'print("{graph.name(leaf)}.grad =", {graph.name(leaf)}.grad)' for leaf in graph.leaves]
    return "\n".join(lines) + "\n"


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
