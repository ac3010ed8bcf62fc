"""Directional probes: they agree with what is right, and show the errors that they say they show."""

import dataclasses
import functools

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.symbolic import prove
from gradproof.verify import EngineTarget, Verdict, diagnose, examine
from gradproof.verify.diagnosis import notes_of
from gradproof.verify.examination import budgets
from gradproof.verify.finite_differences.probes import directions, magnitudes, probe
from gradproof.verify.mutants import mutants

ops = torch.ops
RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.normal(size=(8, 30))
BATCH = RANDOM.normal(size=(20, 8))


def network(w, x=BATCH):
    return ops.sum(ops.tanh(x @ w))


def case_of(function, *inputs):
    return Case.of_ones(trace(function, *inputs))


class Planted(EngineTarget):
    """The engine, with an error in one entry of the gradient that arrives at the first leaf."""

    def __init__(self, place, error):
        super().__init__()
        self._place, self._error = place, error

    def play(self, case):
        run = super().play(case)
        pullbacks = []
        for each in run.pullbacks:
            wrong = np.array(each.gradients[0])
            wrong[self._place] += self._error
            pullbacks.append(dataclasses.replace(each, gradients={**each.gradients, 0: wrong}))
        return dataclasses.replace(run, pullbacks=tuple(pullbacks))


CASES = {
    "a network": case_of(network, WEIGHTS),
    "float32": case_of(lambda w: network(w, BATCH.astype(np.float32)), WEIGHTS.astype(np.float32)),
    "magnitudes that differ": case_of(lambda x: ops.sum(ops.square(x)), np.logspace(-8, 8, 200)),
    "two outputs": case_of(lambda w: (network(w), ops.sum(ops.sin(w))), WEIGHTS),
    "near an edge": case_of(lambda x: ops.sum(ops.log(x)), np.linspace(1e-5, 1.0, 200)),
    "zeros": case_of(lambda x: ops.sum(ops.exp(x)), np.zeros(200)),
}


@functools.cache
def proof_of(name):
    return prove(CASES[name], budgets())


def probed(name, target=None):
    """Return the probes of the first output."""
    target = target or EngineTarget()
    return probe(CASES[name], target, target.play(CASES[name]), proof_of(name))[0]


@pytest.mark.parametrize("name", CASES)
def test_the_right_gradient_agrees(name):
    probes = probed(name)
    assert probes.agreement is True
    assert not probes.rejects
    assert probes.sees is not None


def test_every_output_is_probed():
    result = examine(CASES["two outputs"], EngineTarget())
    assert result.verdict is Verdict.VERIFIED
    assert [each.output for each in result.probes] == [0, 1]


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_single_error_just_above_the_smallest_that_is_stated_is_shown(name, sign):
    shown = probed(name).shown(0)
    for place in [(0,) * shown.ndim, tuple(np.array(shown.shape) - 1), tuple(np.array(shown.shape) // 2)]:
        assert probed(name, Planted(place, sign * 1.01 * shown[place])).rejects


@pytest.mark.parametrize("name", CASES)
def test_the_statement_is_that_of_the_entry_that_is_seen_worst(name):
    probes = probed(name)
    assert np.max(probes.shown(0)) == pytest.approx(probes.sees * probes.largest)


def test_an_error_far_below_the_statement_is_not_shown():
    shown = probed("a network").shown(0)
    assert not probed("a network", Planted((0, 0), 1e-3 * shown[0, 0])).rejects


@pytest.mark.parametrize(("name", "most"), [("a network", 1e-5), ("zeros", 1e-6), ("float32", 0.5)])
def test_the_statement_is_sharp(name, most):
    assert probed(name).sees < most


def test_a_zeroed_gradient_is_seen():
    silent = dataclasses.replace(OPS["tanh"], vjp=(lambda ct, y, x: 0.0 * ct,))
    result = examine(CASES["a network"], EngineTarget({**OPS, "tanh": silent}))
    assert result.verdict is Verdict.WRONG
    assert result.probes[0].agreement
    assert result.probes[0].rejects
    assert "finite differences side with the proven value" in diagnose(result)


def test_a_gradient_of_the_wrong_shape_is_not_compared():
    result = examine(CASES["magnitudes that differ"], mutants.named("square.0:lost").target())
    assert not result.ok
    assert result.probes[0].rejects  # no gradient is a gradient of zeros


def test_directions_are_a_function_of_the_case_and_have_signs():
    case, probes = CASES["a network"], probed("a network")
    assert probes.seed == int(case.id, 16)
    drawn = [each[0] for each in directions(case, probes.seed)]
    for one, again in zip(drawn, directions(case, probes.seed), strict=True):
        np.testing.assert_array_equal(one, again[0])
    assert not np.array_equal(drawn[0], drawn[1])
    assert all(0.3 < np.mean(each > 0) < 0.7 for each in drawn)


def test_entries_are_moved_by_their_own_magnitude():
    sizes = magnitudes(CASES["magnitudes that differ"])[0]
    assert sizes[-1] == 1e8
    assert np.all(sizes >= np.logspace(-8, 8, 200))
    assert np.all(magnitudes(CASES["zeros"])[0] == 1.0)


def test_a_kink_in_every_stencil_is_told():
    case = case_of(lambda x: ops.sum(ops.relu(x)), np.zeros(200))
    result = examine(case, EngineTarget())
    assert result.probes[0].agreement is None
    assert result.probes[0].sees is None
    assert any("v1 (relu) has a kink in every stencil" in note for note in notes_of(result))


def test_the_notes_state_the_smallest_error():
    notes = " ".join(notes_of(examine(CASES["a network"], EngineTarget())))
    assert "along 4 random directions" in notes
    assert "in place of 240 entries" in notes
    assert "in any single entry, would have shown" in notes


def test_few_entries_are_moved_one_by_one():
    result = examine(case_of(network, WEIGHTS[:, :2]), EngineTarget())
    assert result.probes == ()
    assert result.pairs[0].difference is not None


def test_probes_never_judge():
    slight = mutants.wrong_factor("tanh", size=1e-13)
    result = examine(CASES["a network"], slight)
    assert result.verdict is Verdict.WRONG
    assert not result.probes[0].rejects
    assert "by less than finite differences could tell" in diagnose(result)
