"""The record of a case: what the page shows is what was found."""

import dataclasses
import json

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.case import Case
from gradproof.verify import EngineTarget, examine
from gradproof.verify.mutants import mutants
from gradproof.verify.recording import record_case


def recorded(function, *inputs, target=None):
    target = target or EngineTarget()
    case = Case.of_ones(trace(function, *inputs))
    return record_case(examine(case, target), target)


def test_a_record_is_plain_data():
    record = recorded(lambda x: (x * x).sum(), np.array([1.0, 2.0]))
    assert json.loads(json.dumps(dataclasses.asdict(record)))["verdict"] == "VERIFIED"


def test_the_matrix_holds_the_three_witnesses():
    (matrix,) = recorded(lambda x: (x * x).sum(), np.array([1.5, -2.0])).detail.matrices
    assert matrix.columns == ["[0]", "[1]"]
    assert matrix.backward == [["3.0", "-4.0"]]
    assert [float(each) for each in matrix.proven[0]] == [3.0, -4.0]
    assert [float(each) for each in matrix.finite_difference[0]] == pytest.approx([3.0, -4.0], rel=1e-6)
    assert matrix.verdicts == [["VERIFIED", "VERIFIED"]]


def test_the_formulas_are_the_output_and_its_jacobian():
    titles = {formula.title: formula.text for formula in recorded(lambda x: x.exp(), 1.0).detail.formulas}
    assert titles == {"v1": "exp(x0)", "∂v1/∂x0": "exp(x0)"}


def test_large_graphs_have_no_closed_form():
    assert recorded(lambda x: x.sum(), np.ones(100)).detail.formulas == []


def test_the_faulty_node_is_marked_and_no_other():
    record = recorded(lambda x: torch.sin(torch.exp(x)), 0.3, target=mutants.wrong_factor("exp", size=1e-6))
    verdicts = {vertex.op: vertex.verdict for vertex in record.detail.vertices}
    assert verdicts == {"input": "VERIFIED", "exp": "WRONG", "sin": "VERIFIED"}
    assert record.culprit == "exp"


def test_untracked_values_say_that_no_derivative_flows():
    record = recorded(lambda x: x * x.detach(), 2.0)
    vertex = next(v for v in record.detail.vertices if v.op == "detach")
    assert not vertex.tracked


def test_the_replay_command_names_the_case():
    record = recorded(lambda x: x.exp(), 1.0)
    assert record.detail.replay == f"gradproof replay {record.id}"


@pytest.mark.parametrize("value", [np.array([np.inf, 1.0]), np.array([1e-320, -0.0])])
def test_reproducers_hold_every_float(value):
    case = Case.of_ones(trace(lambda x, y: (x * y).sum(), np.array([1.0, 2.0]), value))
    scope = {}
    exec(EngineTarget().script(case), scope)
    np.testing.assert_array_equal(scope["x0"].grad.numpy(), value)


def test_reproducers_keep_layout_and_grad_mode():
    def function(x):
        with torch.no_grad():
            frozen = x * 2
        return x * frozen

    graph = trace(function, np.array([1.0, 2.0]))
    moved = type(graph)(
        (dataclasses.replace(graph.inputs[0], contiguous=False), *graph.inputs[1:]), graph.nodes, graph.outputs
    )
    scope = {}
    exec(EngineTarget().script(Case.of_ones(moved)), scope)
    assert not scope["x0"].array.flags.c_contiguous
    assert scope["x0"].grad.tolist() == [2.0, 4.0]
