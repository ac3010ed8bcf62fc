"""What is said of finite differences: the blame is theirs, with the reason."""

import dataclasses

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.case import Case
from gradproof.verify import EngineTarget, Verdict, diagnose, examine
from gradproof.verify.finite_differences.finite_difference import Difference
from gradproof.verify.finite_differences.notes import difference_notes
from gradproof.verify.finite_differences.opinion import agrees
from gradproof.verify.finite_differences.pieces import Crossing
from gradproof.verify.mutants import mutants

ops = torch.ops


def examined(function, *inputs, target=None):
    return examine(Case.of_ones(trace(function, *map(np.asarray, inputs))), target or EngineTarget())


def with_difference(result, value, error, noise, *obstacles):
    """Return a result whose finite difference was led astray."""
    (pair,) = result.pairs
    held = np.empty((), dtype=object)
    held[()] = obstacles
    found = Difference(np.array(value), np.array(error), np.array(noise), held)
    wrong = dataclasses.replace(pair, difference=found, agreement=agrees(found, pair.proven))
    return dataclasses.replace(result, pairs=(wrong,))


REASONS = {
    "v1 (sin) has a kink near by": (1e-6, 0.0, Crossing(1, "a kink")),
    "the rounding of the forward, over the step, makes 9.0e-07": (1e-6, 9e-7),
    "its quotients at two steps are 1.0e-06 apart (truncation)": (1e-6, 0.0),
}


@pytest.mark.parametrize("reason", REASONS)
def test_a_difference_that_disagrees_with_what_is_verified_is_blamed(reason):
    result = with_difference(examined(ops.sin, 1.0), 0.6, *REASONS[reason])
    assert result.verdict is Verdict.VERIFIED
    assert result.pairs[0].agreement is False
    (note, _) = difference_notes(result)
    assert note.startswith("The finite difference of v1 by x0 is 0.6 within 1.0e-06, but 0.5403023059 is proven")
    assert "the finite difference is at fault" in note
    assert reason in note
    assert "mirror" not in diagnose(result)


def test_a_difference_that_cannot_tell_says_why():
    silent = {
        "v1 (relu) has a kink in every stencil": examined(ops.relu, 0.0),
        "v1 (sqrt) has an edge in every stencil": examined(ops.sqrt, 0.0),
        "v2 (maximum) has a tie in every stencil": examined(lambda x: ops.maximum(x, 2.0), 2.0),
        "the rounding of the forward, over the step, makes": examined(lambda x: (1e17 + x) - 1e17, 0.5),
    }
    for reason, result in silent.items():
        assert result.pairs[0].agreement is None
        if np.any(result.pairs[0].proven.midpoints):
            assert any(reason in note for note in difference_notes(result)), reason


def test_the_error_beside_the_proven_value_is_told():
    (note,) = difference_notes(examined(ops.exp, 1.0))
    assert note.startswith("Finite differences are off by at most ")
    off, estimate = float(note.split("at most ")[1].split(" ")[0]), float(note.rstrip(".").split(": ")[1])
    assert off <= 10 * estimate <= 1e-7


def test_a_difference_that_sides_with_neither_accuses_nobody():
    result = with_difference(examined(ops.sin, 1.0, target=mutants.wrong_sign("sin")), 7.0, 1e-9, 0.0)
    assert result.pairs[0].agreement is False
    assert result.pairs[0].rejects
    assert diagnose(result).startswith("The backward is wrong")


def test_a_difference_that_sides_with_the_backward_accuses_the_mirror_or_the_forward():
    result = examined(ops.sin, 1.0, target=mutants.wrong_sign("sin"))
    crooked = with_difference(result, -np.cos(1.0), 1e-9, 0.0)
    assert "mirror or forward is at fault" in diagnose(crooked)


def test_many_opinions_are_counted():
    result = examined(lambda *xs: ops.sum(ops.concat(*[ops.abs(x) for x in xs], axis=0)), *[[0.0, 1.0]] * 5)
    assert all(pair.agreement for pair in result.pairs)
    result = examined(lambda *xs: ops.max(ops.concat(*xs, axis=0)), *[[1.0]] * 5)
    notes = difference_notes(result)
    assert len(notes) <= 4
    assert "of 5 they cannot tell" in notes[-1]
