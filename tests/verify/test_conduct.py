"""Conduct: what a target does beside returning numbers. The right engine is never accused."""

import dataclasses

import numpy as np
import pytest

from gradproof import trace
from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.graph import NOTHING_HELD
from gradproof.verify import EngineTarget, Verdict, diagnose, examine
from gradproof.verify.conduct import Misdeed
from gradproof.verify.diagnosis import notes_of
from gradproof.verify.mutants.kills import locates
from gradproof.verify.mutants.misconduct import MISCONDUCT
from gradproof.verify.mutants.mutants import mutate_vjp, named
from gradproof.verify.recording import record_case
from gradproof.verify.targets.target import Pullback, Run

X, W = np.array([0.5, -1.0, 2.0]), np.array([3.0, 0.25, -0.5])


def case_of(function, *arrays, ct=None):
    graph = trace(function, *arrays)
    return Case.of_ones(graph) if ct is None else Case(graph, (np.asarray(ct),))


#: A product whose second factor is used twice, pulled back with numbers that differ.
CASE = case_of(lambda x, w: (x * w).sin() + w, X, W, ct=[1.0, -2.0, 0.75])

#: Where each operator can be put in it.
PLACES = {
    "in-place": "multiply.0",
    "spoils-argument": "sin.0",
    "unrepeatable": "multiply.1",
    "ignores-strides": "add.0",
    "needs-to-write": "add.1",
    "spoils-in-forward": "sin",
    "noisy-forward": "multiply",
    "untracked": "multiply",
    "grad-not-copied": "sweep",
}


def found_in(case, target):
    result = examine(case, target, finite_differences=False)
    return [fault.misdeed for fault in result.faults]


def test_the_right_engine_behaves():
    result = examine(CASE, EngineTarget())
    assert result.verdict is Verdict.VERIFIED
    assert result.faults == ()


def test_every_misdeed_can_be_planted():
    assert {operator.misdeed for operator in MISCONDUCT} == set(Misdeed)
    assert {operator.name for operator in MISCONDUCT} == PLACES.keys()


@pytest.mark.parametrize("operator", MISCONDUCT, ids=lambda operator: operator.name)
def test_a_misdeed_is_found_named_and_told(operator):
    mutant = named(f"{PLACES[operator.name]}:{operator.name}")
    case = case_of(lambda x, w: x + w, X, W) if operator.misdeed is Misdeed.SHARES_MEMORY else CASE
    result = examine(case, mutant.target())
    assert result.verdict is Verdict.MISBEHAVES
    assert [fault.misdeed for fault in result.faults] == [operator.misdeed]
    assert locates(mutant, result)
    assert diagnose(result).startswith("The target misbehaves: ")
    assert result.faults[0].text in diagnose(result)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("multiply.0:in-place", "argument 0 of the VJP: the cotangent of v2 is changed in place"),
        ("sin.0:spoils-argument", "argument 0 of the VJP: v2, a computed value, is changed in place"),
        ("multiply:spoils-in-forward", "v2 (multiply), forward: x0, an input, is changed in place"),
        ("sin.0:unrepeatable", "v3 (sin), argument 0 of the VJP: two equal runs give different gradients of x0"),
        ("sin:noisy-forward", "v3 (sin), forward: two equal runs give different values of v3"),
        ("add.0:ignores-strides", "v4 (add), argument 0 of the VJP: with a cotangent that is not contiguous: got nan"),
        ("add.1:needs-to-write", "argument 1 of the VJP: a read-only cotangent makes it raise ValueError"),
        ("multiply:untracked", "v2 (multiply), forward: v2 is dropped from the graph, although x0 leads to it"),
    ],
)
def test_the_diagnosis_says_what_was_done_to_which_value(name, words):
    assert words in diagnose(examine(CASE, named(name).target()))


def test_a_note_says_how_the_reproducer_shows_it():
    notes = notes_of(examine(CASE, named("add.0:ignores-strides").target()))
    assert (
        "The reproducer hands over contiguous cotangents: give it the layout that is named to see the fault." in notes
    )
    assert "Finite differences were not taken: the target misbehaves." in notes


def test_what_became_wrong_is_told_after_the_misdeed():
    text = diagnose(examine(CASE, named("multiply:spoils-in-forward").target()))
    assert "What it returned is wrong too, perhaps because of that: v2 (multiply), argument 1 of the VJP: got" in text


def test_a_rule_that_doubles_its_cotangent_is_judged_by_what_it_was_handed():
    result = examine(CASE, named("sin.0:in-place").target())
    assert result.verdict is Verdict.MISBEHAVES
    assert not [each for each in result.broken if each.part == "vjp"]


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (lambda x, w: x + w, "the gradient of x0 shares memory with that of x1"),
        (lambda x, w: x.clone(), "the gradient of x0 shares memory with the cotangent that was handed over for v2"),
    ],
    ids=["two leaves", "the cotangent"],
)
def test_an_alias_is_told_with_both_that_share_it(output, words):
    result = examine(case_of(output, X, W), named("sweep:grad-not-copied").target())
    assert result.verdict is Verdict.MISBEHAVES
    assert words in diagnose(result)


def test_a_gradient_that_is_the_cotangent_explains_that_a_second_pass_changes_it():
    result = examine(case_of(lambda x, w: (x + w, x * w), X, W), named("sweep:grad-not-copied").target())
    assert [fault.misdeed for fault in result.faults] == [Misdeed.SHARES_MEMORY, Misdeed.CHANGES_COTANGENT]
    assert result.culprit == "accumulation"


def test_rounding_may_depend_on_the_layout_but_a_wrong_number_may_not():
    def moved(size):
        def strided(rule):
            return lambda ct, *how: rule(ct, *how) * (1.0 if ct.flags.c_contiguous else 1.0 + size)

        return mutate_vjp("exp", 0, strided)

    case = case_of(lambda x: x.exp(), X)
    assert found_in(case, moved(2.0**-52)) == []
    assert found_in(case, moved(1e-9)) == [Misdeed.NEEDS_LAYOUT]


def test_a_rule_that_fails_on_strides_of_zero_alone_is_found_where_a_cotangent_is_constant():
    def divided(rule):
        return lambda ct, *how: rule(ct, *how) / (1.0 if all(ct.strides) else 2.0)

    result = examine(case_of(lambda x: x.exp(), X), mutate_vjp("exp", 0, divided))
    assert "with a cotangent with strides of zero" in diagnose(result)
    assert found_in(case_of(lambda x: x.exp(), X, ct=[1.0, 2.0, 3.0]), mutate_vjp("exp", 0, divided)) == []


def test_a_target_that_raises_now_and_then_is_not_repeatable():
    class Moody(EngineTarget):
        calls = 0

        def play(self, case, cotangents=None):
            self.calls += 1
            if self.calls % 2 == 0:
                raise OSError("no entropy left")
            return super().play(case, cotangents)

    result = examine(CASE, Moody())
    assert [fault.misdeed for fault in result.faults] == [Misdeed.UNREPEATABLE]
    assert "one of two equal runs raises OSError: no entropy left" in diagnose(result)


def test_a_value_that_is_dropped_on_one_of_two_paths_is_found():
    case = case_of(lambda x: x.square() + x.sin(), X)
    result = examine(case, named("square:untracked").target())
    assert result.verdict is Verdict.MISBEHAVES
    assert result.culprit == "square"


def test_a_misdeed_without_effect_is_none():
    case = case_of(lambda x: x * 2.0, np.zeros(2), ct=[0.0, 0.0])
    assert found_in(case, named("multiply.0:in-place").target()) == []
    assert found_in(case, named("multiply.0:spoils-argument").target()) == []


def test_a_target_that_changes_its_inputs_does_not_change_the_case():
    def clobber(x):
        y = np.exp(x)
        x[...] = 0.0
        return y

    case = case_of(lambda x: x.exp(), X)
    before = case.to_json()
    target = EngineTarget({**OPS, "exp": dataclasses.replace(OPS["exp"], forward=clobber)})
    assert examine(case, target).verdict is Verdict.MISBEHAVES
    assert case.to_json() == before


def test_the_report_marks_the_node_at_fault():
    target = named("sin.0:in-place").target()
    record = record_case(examine(CASE, target), target)
    verdicts = {vertex.op: vertex.verdict for vertex in record.detail.vertices if vertex.op != "input"}
    assert verdicts["sin"] == record.verdict == "MISBEHAVES"
    assert verdicts["multiply"] == "VERIFIED"
    assert record.culprit == "sin"


class HandWritten:
    """A gradient written by hand: it shows values and gradients, and knows nothing of nodes inside."""

    name = "hand-written"

    def __init__(self, pull):
        self._pull = pull

    def play(self, case, cotangents=None):
        x = case.graph.inputs[0].value.copy()
        (ct,) = [np.array(each) for each in case.cotangents] if cotangents is None else cotangents
        y, entered = 2.0 * x, np.array(ct)
        gradient = self._pull(ct)
        number = np.array(2.0)
        left = (np.array(gradient), None)
        seen = Pullback({2: entered}, {2: left}, {0: np.array(gradient)})
        return Run((x, number, y), (seen,), {0: np.array(gradient)}, modified=())

    def forward(self, graph, inputs, held=NOTHING_HELD, disturb=None):
        return [*inputs, (disturb or np.asarray)(2.0 * inputs[0])]

    def script(self, case):
        return ""


def in_place(ct):
    ct *= 2.0
    return ct


def test_a_target_that_is_no_engine_is_looked_at_too():
    case = case_of(lambda x: x * 2.0, X, ct=[1.0, 2.0, 3.0])
    assert examine(case, HandWritten(lambda ct: 2.0 * ct)).verdict is Verdict.VERIFIED
    result = examine(case, HandWritten(in_place))
    assert result.verdict is Verdict.MISBEHAVES
    assert "the cotangent that was handed over for v2 is changed in place" in diagnose(result)
