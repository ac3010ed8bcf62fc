"""Generated graphs, played once as they are and once with every write in place that is allowed: the same comes out."""

import random

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine.inplace import in_place
from gradproof.engine.vocabulary import OPS
from gradproof.errors import AutogradError
from gradproof.verify.generation.strategies import expanded

SHUFFLED = random.Random(7)
SEEDS = [SHUFFLED.randbytes(12) for _ in range(400)]


def leaves(graph):
    return [torch.from_numpy(np.array(each.materialise())).requires_grad_(each.requires_grad) for each in graph.inputs]


def last_uses(graph):
    """For each value the last node that uses it; outputs are used for ever."""
    uses = dict.fromkeys(graph.outputs, len(graph))
    for value_id, node in graph.enumerate_nodes():
        for arg in node.args:
            uses[arg] = max(uses.get(arg, 0), value_id)
    return uses


def play(graph, in_place_where=lambda *_: False):
    """Run the graph; where it may, an op writes into its first argument. Returns values, and how many were written."""
    values, written = leaves(graph), 0
    for value_id, node in graph.enumerate_nodes():
        args = [values[arg] for arg in node.args]
        op = OPS[node.op]
        with torch.set_grad_enabled(node.grad_enabled):
            if in_place_where(value_id, node, values):
                write = in_place(lambda *args, op=op, node=node: op(*args, **node.params), node.op)
                values.append(write(*args))
                written += 1
            else:
                values.append(op(*args, **node.params))
    return values, written


def pulled_back(case, values):
    """The gradients, or None where the engine finds that something they need was written to."""
    graph = case.graph
    tracked = [values[leaf] for leaf in graph.leaves]
    found = []
    for output, ct in zip(graph.outputs, case.cotangents, strict=True):
        root = values[output]
        if tracked and root.requires_grad:
            ct = torch.from_numpy(np.array(ct))
            try:
                found += torch.autograd.grad(root, tracked, ct, retain_graph=True, allow_unused=True)
            except AutogradError:
                return None
    return [None if each is None else each.numpy() for each in found]


def may_be_written(graph):
    """Whether a node may write into its first argument: whatever shows that memory is not used any more."""
    uses = last_uses(graph)

    def decide(value_id, node, values):
        target = values[node.args[0]]
        memory, result = target.array, graph[value_id]
        showing = [i for i, value in enumerate(values) if np.shares_memory(value.array, memory)]
        return (
            node.grad_enabled
            and OPS[node.op].routine.is_differentiable
            and all(uses[i] <= value_id for i in showing)
            and node.args.count(node.args[0]) == 1
            and (memory.shape, memory.dtype) == (result.shape, np.dtype(result.dtype))
            and not any(values[i].is_leaf and values[i].requires_grad for i in showing)
            and memory.flags.writeable
            and 0 not in memory.strides
        )

    return decide


def test_what_is_written_in_place_is_what_is_computed_elsewhere():
    compared = refused = 0
    for seed in SEEDS:
        case = expanded(seed)
        plain, _ = play(case.graph)
        twin, written = play(case.graph, may_be_written(case.graph))
        if not written:
            continue
        for output in case.graph.outputs:
            assert twin[output].detach().numpy().tobytes() == plain[output].detach().numpy().tobytes()
        expected = pulled_back(case, plain)
        assert expected is not None
        found = pulled_back(case, twin)
        if found is None:
            refused += 1
            continue
        compared += 1
        for got, wanted in zip(found, expected, strict=True):
            assert (got is None) == (wanted is None)
            if got is not None:
                assert got == pytest.approx(wanted, rel=1e-12, nan_ok=True)
    assert compared > 50
    assert refused < compared
