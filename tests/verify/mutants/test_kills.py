"""The kill table: what is found and located, and what it says of a verifier that is blind."""

import json
import sys

import numpy as np

from gradproof import Case, trace
from gradproof.engine import ops
from gradproof.verify import EngineTarget, Verdict, examine
from gradproof.verify.mutants import kills
from gradproof.verify.mutants.kills import as_data, kill_table, locates, put_to_trial
from gradproof.verify.mutants.misconduct import MISCONDUCT
from gradproof.verify.mutants.mutants import named
from gradproof.verify.mutants.trial import try_out

X = np.array([1.0, 2.0, -3.0])


def trial_of(function, *arrays):
    return try_out(Case.of_ones(trace(function, *arrays)))


def test_a_part_in_float32_makes_small_factors_meaningless():
    trial = trial_of(lambda x: ops.astype(ops.astype(x, dtype="float32"), dtype="float64"), X)
    tally, _ = put_to_trial(named("astype.0:factor-1e-9"), "float64", [trial])
    assert trial.dtype == "float32"
    assert (tally.counted, tally.little, tally.survivors) == (0, 0, [])


def test_the_right_argument_must_be_named():
    case = Case.of_ones(trace(lambda a, b: a / b, X, X))
    result = examine(case, named("divide.1:sign").target())
    assert locates(named("divide.1:sign"), result)
    assert not locates(named("divide.0:sign"), result)
    assert not locates(named("multiply.1:sign"), result)


def test_a_blind_verifier_lets_every_mutant_survive(monkeypatch):
    """Examine the right engine whatever the mutant: nothing may be counted as found then."""
    monkeypatch.setattr(kills, "examine", lambda case, target, **how: examine(case, EngineTarget(), **how))
    table = kill_table(["tanh"], count=2, operators=["sign", "factor-1e-12"])
    assert table.counted > 0
    assert len(table.survivors) == table.counted
    assert set(table.missed()) == {"sign", "factor-1e-12"}
    assert {each.verdict for each in table.survivors} == {"VERIFIED"}


def test_a_verifier_that_does_not_look_at_conduct_lets_it_pass(monkeypatch):
    monkeypatch.setattr(sys.modules["gradproof.verify.examination"], "misdeeds", lambda *how: [])
    table = kill_table(["tanh"], count=2, operators=["needs-to-write"])
    assert table.counted == len(table.survivors) > 0


def test_misconduct_is_found_and_located():
    names = [operator.name for operator in MISCONDUCT if operator.sweep is None]
    table = kill_table(["divide"], count=6, operators=names)
    assert table.survivors == []
    reached = [tally for tally in table.tallies if tally.counted]
    assert {tally.mutant.operator.name for tally in reached} == set(names)
    assert all(tally.found == tally.located for tally in reached)


def test_digits_that_a_naive_formula_loses_are_told_where_the_right_engine_has_them():
    saturated, ordinary = (trial_of(ops.tanh, np.array(value)) for value in (20.0, 0.5))
    tally, _ = put_to_trial(named("tanh.0:zeroed"), "float64", [saturated, ordinary])
    assert (tally.counted, tally.found, tally.told, tally.survivors) == (2, 2, 1, [])


def test_a_finding_that_the_right_engine_gets_too_tells_nothing_of_the_mutant():
    overflowing = trial_of(lambda x: ops.log(ops.exp(x)), np.array(800.0))
    result = examine(overflowing.case, named("exp.0:doubled").target())
    assert result.verdict is Verdict.OVERFLOWS
    assert not kills._is_told(result, overflowing)


def test_a_mutant_that_raises_is_found_but_not_located():
    class Broken(EngineTarget):
        def play(self, case):
            raise ValueError("axes do not match")

    mutant = named("square.0:sign")
    object.__setattr__(mutant, "target", lambda: Broken())
    tally, results = put_to_trial(mutant, "float64", [trial_of(lambda x: x.square(), X)])
    assert (tally.counted, tally.found, tally.raised, tally.located, results) == (1, 1, 1, 0, [])


def test_all_mutants_of_a_few_ops_are_killed():
    table = kill_table(["divide", "exp"], count=2, shrink=1)
    assert table.survivors == []
    assert table.missed() == []
    assert table.counted > 200
    assert all(nodes <= 3 for nodes in table.shrunk.values())
    data = json.loads(json.dumps(as_data(table)))
    assert sum(each["counted"] for each in data["mutants"]) == table.counted
    assert data["rates"]["sign"] == 1.0
