"""The tester on trial: every planted fault is found, named, and shrunk to something small."""

import pytest

from gradproof.verify import mutants
from gradproof.verify.campaign import Plan, first_of_each, run
from gradproof.verify.targets.engine import EngineTarget

MUTANTS = {
    "wrong factor": (lambda: mutants.wrong_factor("tanh"), "tanh", ("tanh", "multiply", "sum", "add")),
    "wrong factor in the second argument": (
        lambda: mutants.wrong_factor("divide", 1),
        "divide",
        ("divide", "exp", "mean", "subtract"),
    ),
    "wrong sign": (lambda: mutants.wrong_sign("subtract", 1), "subtract", ("subtract", "sin", "matmul")),
    "missing un-broadcast": (lambda: mutants.missing_sum("add"), "add", ("add", "reshape", "multiply", "sum")),
    "transposed factor": (lambda: mutants.transposed_factor(), "matmul", ("matmul", "tanh", "add")),
    "stale saved value": (lambda: mutants.stale_value("multiply"), "multiply", ("multiply", "cos", "sum")),
    "stale saved result": (lambda: mutants.stale_value("exp"), "exp", ("exp", "add", "where")),
    "NaN at one point": (lambda: mutants.nan_at("square", 1.0), "square", ("square", "add", "sin")),
    "overwritten accumulation": (mutants.OverwritingTarget, "accumulation", ("add", "multiply", "sin", "sum")),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_fault_is_found_named_and_shrunk(name):
    make, culprit, ops = MUTANTS[name]
    outcome = run(Plan(graphs=200, seed=7, ops=ops), make())
    assert outcome.failures
    assert {result.culprit for result in outcome.failures} == {culprit}
    assert not outcome.errors
    for result in first_of_each(outcome.failures):
        smallest = outcome.minimal[result.case.id]
        assert smallest.culprit == culprit
        assert not smallest.ok
        assert len(smallest.case.graph.nodes) <= 3


@pytest.mark.parametrize("name", ["wrong factor", "stale saved value"])
def test_a_fault_is_found_in_the_whole_vocabulary(name):
    make, culprit, _ = MUTANTS[name]
    outcome = run(Plan(graphs=800, seed=3), make())
    assert {result.culprit for result in outcome.failures} == {culprit}


def test_the_engine_without_a_fault_is_never_accused():
    outcome = run(Plan(graphs=300, seed=11), EngineTarget())
    assert outcome.failures == []
    assert outcome.errors == []
