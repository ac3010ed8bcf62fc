from __future__ import annotations

import numpy as np
import pytest

from gradproof import trace
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.exact import Array
from gradproof.graph import Graph
from gradproof.symbolic.balls import precision
from gradproof.symbolic.dependence import FREE, NOTHING, Dependence, Marks, dependent_places
from gradproof.symbolic.derivative import Sweep
from gradproof.symbolic.oracle import prove
from gradproof.symbolic.tolerance import Budgeted

FUNCTIONS = {
    "max along an axis": (lambda x: ops.max(x, axis=1, keepdims=False), [[1.0, 1.0, 0.0], [2.0, 2.0, 2.0]]),
    "sort": (lambda x: ops.sort(x, axis=0, descending=False), [[1.0, 3.0], [1.0, 2.0], [0.0, 2.0]]),
    "relu of a matrix that is inverted": (lambda x: ops.inv(x + ops.relu(x)), [[0.0, 1.0], [2.0, 0.0]]),
    "abs that meets itself": (lambda x: ops.sum(ops.abs(x) * x[::-1], axis=0, keepdims=False), [0.0, 0.0, 1.0]),
    "where": (lambda x: ops.where(ops.greater(x, 0.0), x * x, ops.negative(x)), [0.0, 1.0, 0.0]),
}


def case_of(name: str) -> Case:
    function, x = FUNCTIONS[name]
    return Case.of_ones(trace(function, np.asarray(x)))


def marked(graph: Graph, output: int, ct: Array, switches, budgets):
    domain = Dependence(switches, budgets)
    sweep = Sweep(graph, domain, domain.inputs([each.value for each in graph.inputs]))
    return sweep.gradients(output, domain.cotangent(ct))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_entry_changes_with_a_switching_point_that_it_does_not_depend_on(name, budgets):
    case = case_of(name)
    graph, output, ct = case.graph, case.graph.outputs[0], case.cotangents[0]
    switches = prove(case, budgets).switches
    reach = dependent_places(marked(graph, output, ct, switches, budgets).values(), switches)

    def pull(sides):
        domain = Budgeted(budgets, sides)
        sweep = Sweep(graph, domain, domain.inputs([each.value for each in graph.inputs]))
        (found,) = sweep.gradients(output, domain.cotangent(ct)).values()
        return [*found.value.ravel().tolist(), *found.error.ravel().tolist()]

    assert switches
    with precision(128):
        base = pull({})
        for switch in switches:
            for side in switch.sides:
                moved = {i for i, (a, b) in enumerate(zip(base, pull({switch: side}), strict=True)) if not same(a, b)}
                assert {i % (len(base) // 2) for i in moved} <= reach[switch]


def same(a, b):
    return a.mid() == b.mid() and a.rad() == b.rad()


def test_lanes_do_not_depend_on_each_other(budgets):
    case = case_of("max along an axis")
    switches = prove(case, budgets).switches
    gradients = marked(case.graph, case.graph.outputs[0], case.cotangents[0], switches, budgets)
    lanes = {(min(places) // 3, max(places) // 3) for places in dependent_places(gradients.values(), switches).values()}
    assert lanes == {(0, 0), (1, 1)}


def test_rounding_errors_of_a_matrix_depend_on_all_of_it(budgets):
    case = case_of("relu of a matrix that is inverted")
    switches = prove(case, budgets).switches
    gradients = marked(case.graph, case.graph.outputs[0], case.cotangents[0], switches, budgets)
    assert set(dependent_places(gradients.values(), switches).values()) == {frozenset(range(4))}


def test_structural_zeros_depend_on_nothing():
    assert NOTHING * Marks(1) is NOTHING
    assert NOTHING + NOTHING is NOTHING
    assert (FREE * Marks(2) + Marks(1)).bits == 3
    zero, one = Dependence({}, {}).cotangent(np.array([0.0, 1.0]))
    assert zero is NOTHING
    assert one is FREE
