from __future__ import annotations

import itertools

import numpy as np
import pytest

from gradproof import trace
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.symbolic.approximate import Approximate
from gradproof.symbolic.balls import are_same, precision
from gradproof.symbolic.derivative import Sweep
from gradproof.symbolic.oracle import prove
from gradproof.symbolic.standing import Standing
from gradproof.symbolic.tolerance import Budgeted

FUNCTIONS = {
    "a kink between smooth ops": lambda x: ops.exp(ops.relu(ops.tanh(x) * x)),
    "two kinks in a row": lambda x: ops.abs(ops.sigmoid(ops.relu(x)) - 0.5),
    "a jump": lambda x: ops.tanh(x) * ops.where(ops.greater(x, 0.0), x, 1.0 + x),
    "a tie among fused ops": lambda x: ops.softmax(ops.max(ops.softmax(x, axis=0), axis=0, keepdims=True) + x, axis=1),
}
X = np.array([[0.0, 0.0], [0.0, -1.0]])


def case_of(name: str) -> Case:
    return Case.of_ones(trace(FUNCTIONS[name], X))


def pulled(case: Case, sweep: Sweep, domain: Budgeted) -> Approximate:
    (gradient,) = sweep.gradients(case.graph.outputs[0], domain.cotangent(case.cotangents[0])).values()
    return gradient


@pytest.mark.parametrize("name", FUNCTIONS)
def test_nothing_is_kept_that_a_side_changes(name, budgets):
    case = case_of(name)
    switches = prove(case, budgets).switches
    assert switches
    with precision(128):
        standing = Standing(case.graph, budgets)
        for pair in itertools.product(switches, repeat=2):
            for ends in [(0, 0), (0, -1), (-1, -1)]:
                sides = {switch: switch.sides[end] for switch, end in zip(pair, ends, strict=True)}
                kept = pulled(case, standing.on(sides), standing.domain)
                domain = Budgeted(budgets, sides)
                anew = Sweep(case.graph, domain, domain.inputs([each.value for each in case.graph.inputs]))
                fresh = pulled(case, anew, domain)
                assert are_same(kept.value, fresh.value)
                assert are_same(kept.error, fresh.error)


def test_ops_that_no_side_changes_are_run_once(budgets, monkeypatch):
    case = case_of("a kink between smooth ops")
    (kink,) = {switch.site for switch in prove(case, budgets).switches}
    entered, pulled_back = [], []
    enter, enter_pullback = Budgeted.enter, Budgeted.enter_pullback
    monkeypatch.setattr(
        Budgeted, "enter", lambda self, site, *a, **k: entered.append(site) or enter(self, site, *a, **k)
    )
    monkeypatch.setattr(
        Budgeted, "enter_pullback", lambda self, site, *a: pulled_back.append(site) or enter_pullback(self, site, *a)
    )
    switches = prove(case, budgets).switches
    with precision(128):
        standing = Standing(case.graph, budgets)
        pulled(case, standing.on({}), standing.domain)
        entered.clear()
        pulled_back.clear()
        pulled(case, standing.on({next(iter(switches)): 1}), standing.domain)
    assert entered == [kink]
    assert max(pulled_back) == kink
