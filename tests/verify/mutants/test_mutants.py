"""The tester on trial: every planted fault is found, named, and shrunk to something small."""

import itertools
import re

import numpy as np
import pytest

from gradproof import Case, trace
from gradproof.engine.vocabulary import OPS
from gradproof.errors import ArgumentError, UnknownOpError
from gradproof.verify import EngineTarget, examine
from gradproof.verify.campaign import Plan, first_of_each, run
from gradproof.verify.mutants import misconduct
from gradproof.verify.mutants.mutants import all_mutants, mutate_vjp, named, slots, wrong_factor
from gradproof.verify.mutants.mutation import OPERATORS

CAMPAIGNS = {
    "tanh.0:factor-1e-9": ("tanh", "multiply", "sum", "add"),
    "divide.1:factor-1e-9": ("divide", "exp", "mean", "subtract"),
    "subtract.1:sign": ("subtract", "sin", "matmul"),
    "add.0:first-slice": ("add", "reshape", "multiply", "sum"),
    "matmul.0:transposed-factor": ("matmul", "tanh", "add"),
    "multiply.0:stale-argument": ("multiply", "cos", "sum"),
    "exp.0:stale-both": ("exp", "add", "where"),
    "square.0:nan-at-a-point": ("square", "add", "sin"),
    "sweep:overwritten": ("add", "multiply", "sin", "sum"),
    "multiply.0:in-place": ("multiply", "add", "sin"),
    "sin:spoils-in-forward": ("sin", "add", "mean"),
    "tanh.0:unrepeatable": ("tanh", "multiply", "sum"),
    "divide.1:ignores-strides": ("divide", "sin", "add"),
    "matmul.0:needs-to-write": ("matmul", "sin", "add"),
    "square:untracked": ("square", "multiply", "sum"),
    "sweep:grad-not-copied": ("add", "reshape", "sin"),
}


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_planted_fault_is_found_named_and_shrunk(monkeypatch, name):
    monkeypatch.setattr(misconduct, "_calls", itertools.count())
    mutant = named(name)
    outcome = run(Plan(graphs=60, seed=7, ops=CAMPAIGNS[name]), mutant.target())
    assert outcome.failures
    assert {result.culprit for result in outcome.failures} == {mutant.culprit}
    assert not outcome.errors
    misdeeds = {result.faults[0].misdeed for result in outcome.failures if result.faults}
    assert misdeeds == ({mutant.operator.misdeed} - {None})
    for result in first_of_each(outcome.failures):
        smallest = outcome.minimal[result.case.id]
        assert smallest.culprit == mutant.culprit
        assert not smallest.ok
        assert len(smallest.case.graph.nodes) <= 3


@pytest.mark.parametrize(
    "name", ["tanh.0:factor-1e-1", "multiply.1:sign", "sum.0:lost", "exp.0:nan-at-a-point", "add.0:first-slice"]
)
def test_a_fault_in_float16_is_found_named_and_shrunk(name):
    mutant = named(name)
    ops = tuple(dict.fromkeys((mutant.op, "multiply", "add", "sum")))
    outcome = run(Plan(graphs=40, seed=5, ops=ops, dtype="float16"), mutant.target())
    assert outcome.failures
    assert {result.culprit for result in outcome.failures} == {mutant.culprit}
    assert {result.case.dtype for result in outcome.failures} == {"float16"}
    smallest = [outcome.minimal[result.case.id] for result in first_of_each(outcome.failures)]
    assert all(not each.ok and len(each.case.graph.nodes) <= 3 for each in smallest)


@pytest.fixture(scope="module")
def whole_vocabulary():
    return run(Plan(graphs=800, seed=3), EngineTarget())


def test_the_engine_without_a_fault_is_never_accused(whole_vocabulary):
    assert whole_vocabulary.failures == []
    assert whole_vocabulary.errors == []


def test_the_engine_without_a_fault_is_never_accused_in_float16():
    outcome = run(Plan(graphs=300, seed=11, dtype="float16"), EngineTarget())
    assert outcome.failures == []
    assert outcome.errors == []


@pytest.mark.parametrize("name", ["tanh.0:factor-1e-9", "multiply.0:stale-argument"])
def test_a_fault_is_found_in_the_whole_vocabulary(whole_vocabulary, name):
    mutant = named(name)
    cases = [result.case for _, result in whole_vocabulary.results]
    # in the others the rule is not called, and the engine is the one without a fault
    reached = [case for case in cases if mutant.op in {node.op for node in case.graph.nodes}]
    results = [examine(case, mutant.target()) for case in reached]
    assert {result.culprit for result in results if not result.ok} == {mutant.culprit}


def test_every_argument_with_a_rule_has_mutants_of_at_least_twenty_operators():
    assert len(OPERATORS) >= 20
    operators = {}
    for mutant in all_mutants():
        operators.setdefault((mutant.op, mutant.slot), set()).add(mutant.operator.name)
    places = {(op.name, slot) for op in OPS.values() for slot in slots(op)}
    assert places == {(op, slot) for op, slot in operators if slot is not None}
    assert all(len(operators[place]) >= 20 for place in places)


def test_a_mutant_is_called_by_its_id():
    assert all(named(mutant.id) == mutant for mutant in all_mutants(["divide", "concat"]))
    assert named("tanh:untracked").slot is None
    assert named("sweep:second-lost").target().name.endswith("the first of several cotangents of a value is kept")


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("tanh", ArgumentError, "OP.ARGUMENT:OPERATOR"),
        ("tanh.x:sign", ArgumentError, "OP.ARGUMENT:OPERATOR"),
        ("tanh.0:sing", ArgumentError, "sign"),
        ("tanh:sign", ArgumentError, "does not apply"),
        ("tanh.0:untracked", ArgumentError, "does not apply"),
        ("tanhh.0:sign", UnknownOpError, "tanh"),
        ("tanh.1:sign", ArgumentError, "does not apply"),
        ("tanh.0:transposed-factor", ArgumentError, "does not apply"),
    ],
)
def test_an_id_that_names_no_mutant_is_refused(name, error, words):
    with pytest.raises(error, match=words):
        named(name)


def test_an_argument_without_a_rule_cannot_be_mutated():
    with pytest.raises(ArgumentError, match="no VJP rule of its own for argument 1"):
        mutate_vjp("take", 1, lambda rule: rule)


def gradients(mutant, function, *arrays):
    """Return what a mutant's backward pass leaves in ``grad``, with cotangents that are not all ones."""
    graph = trace(function, *arrays)
    cts = tuple(np.arange(1.0, graph[output].size + 1).reshape(graph[output].shape) for output in graph.outputs)
    return named(mutant).target().play(Case(graph, cts)).accumulated


X = np.array([-1.0, 2.0, 0.5])


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        # the right gradient of x*x is 2 x ct, with ct = 1, 2, 3: -2, 8, 3
        ("factor-1e-1", [-2.2, 8.8, 3.3]),
        ("sign", [2.0, -8.0, -3.0]),
        ("magnitude", [2.0, 8.0, 3.0]),
        ("zeroed", [0.0, 0.0, 0.0]),
        ("doubled", [-4.0, 16.0, 6.0]),
        ("clipped", [-1.0, 1.0, 1.0]),
        ("pass-through", [1.0, 2.0, 3.0]),
        ("ignores-cotangent", [-2.0, 4.0, 1.0]),
        ("dropped-term", [-2.0, 8.0, 0.0]),
        ("repeated-term", [-2.0, 8.0, 6.0]),
        ("result-for-argument", [2.0, 16.0, 1.5]),
        ("argument-for-result", [-2.0, 8.0, 3.0]),
        ("stale-argument", [-1.5, 6.0, 2.25]),
        ("rolled", [3.0, -2.0, 8.0]),
        ("one-entry-1e-3", [-2.0, 8.0, 3.003]),
        ("negative-side", [-2.002, 8.0, 3.0]),
        ("nan-at-a-point", [-2.0, 8.0, np.nan]),
        ("infinite-at-a-point", [-2.0, 8.0, np.inf]),
        ("offset", [-1.999, 8.001, 3.001]),
    ],
)
def test_an_operator_makes_the_mistake_that_it_names(operator, expected):
    found = gradients(f"square.0:{operator}", lambda x: x.square(), X)
    np.testing.assert_allclose(found[0], expected, rtol=1e-15)


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        # the right gradient of (2, 3) + (3,) by the second argument, with ct = 1 ... 6, is 5, 7, 9
        ("first-slice", [1.0, 2.0, 3.0]),
        ("mean-for-sum", [2.5, 3.5, 4.5]),
        ("dropped-term", [5.0, 7.0, 3.0]),
    ],
)
def test_an_operator_mistakes_the_sum_over_broadcast_axes(operator, expected):
    found = gradients(f"add.1:{operator}", lambda a, b: a + b, np.ones((2, 3)), np.ones(3))
    np.testing.assert_array_equal(found[1], expected)


def test_a_finite_difference_is_wrong_by_its_truncation():
    right = 2.0 * X * [1.0, 2.0, 3.0]
    forward = gradients("square.0:forward-difference", lambda x: x.square(), X)[0]
    assert 1e-10 < np.max(np.abs(forward - right)) < 1e-6
    central = gradients("square.0:central-difference", lambda x: x.square() * x, X)[0]
    assert np.max(np.abs(central - 3.0 * X * X * [1.0, 2.0, 3.0])) < 1e-7


def test_the_cotangents_of_two_arguments_are_exchanged():
    found = gradients("divide.1:swapped-cotangents", lambda a, b: a / b, X, np.array([2.0, 4.0, 8.0]))
    np.testing.assert_array_equal(found[1], [0.5, 0.5, 0.375])


def test_a_factor_is_not_transposed():
    a, b = np.eye(2), np.array([[1.0, 2.0], [3.0, 4.0]])
    found = gradients("matmul.0:transposed-factor", lambda x, y: x @ y, a, b)
    np.testing.assert_array_equal(found[0], np.array([[1.0, 2.0], [3.0, 4.0]]) @ b)


@pytest.mark.parametrize(("operator", "expected"), [("overwritten", [[7.0], [2.0]]), ("second-lost", [[2.0], [7.0]])])
def test_the_sweep_keeps_one_of_two_cotangents(operator, expected):
    found = gradients(f"sweep:{operator}", lambda x: 2.0 * x + 7.0 * x, np.ones(1))[0]
    assert found.tolist() in expected


def test_a_second_pass_replaces_grad():
    assert gradients("sweep:grad-replaced", lambda x: (2.0 * x, 7.0 * x), np.ones(1))[0].tolist() == [7.0]


@pytest.mark.parametrize(
    ("operator", "words"),
    [
        ("lost", "nothing arrived where a cotangent must"),
        ("wrong-dtype", "is float32"),
        ("wrong-shape", r"is float64 \(1, 3\)"),
    ],
)
def test_what_the_sweep_would_mend_is_passed_on_as_it_is(operator, words):
    case = Case.of_ones(trace(lambda x: x.sin().square(), X))
    result = examine(case, named(f"square.0:{operator}").target())
    assert result.verdict.fails
    assert result.culprit == "square"
    assert any(re.search(words, each.reason) for each in result.broken)


def test_a_factor_of_any_size_can_be_planted():
    case = Case.of_ones(trace(lambda x: x.square(), X))
    np.testing.assert_array_equal(wrong_factor("square", size=0.5).play(case).accumulated[0], 3.0 * X)
