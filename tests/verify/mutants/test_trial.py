"""What counts: whether the gradient of a mutant really differs, measured without the verifier's tolerance."""

import numpy as np
import pytest

from gradproof import Case, trace
from gradproof.verify.mutants.mutants import named
from gradproof.verify.mutants.trial import Weight, trials, try_out, weigh, weigh_conduct

X = np.array([1.0, 2.0, -3.0])


def trial_of(function, *arrays):
    return try_out(Case.of_ones(trace(function, *arrays)))


def weight_of(mutant, trial, size):
    return weigh(trial, named(mutant).target().play(trial.case), size)


def test_a_case_counts_from_half_of_the_size_on():
    trial = trial_of(lambda x: x.square(), X)
    assert weight_of("square.0:factor-1e-9", trial, 1e-9) is Weight.FULL
    assert weight_of("square.0:factor-1e-9", trial, 1.9e-9) is Weight.FULL
    assert weight_of("square.0:factor-1e-9", trial, 2.1e-9) is Weight.LITTLE


def test_a_rule_that_is_never_called_changes_nothing():
    assert weight_of("sin.0:sign", trial_of(lambda x: x.square(), X), 1e-11) is Weight.NOTHING


def test_an_error_is_measured_against_the_largest_entry():
    # 1e-3 of the last entry, which is 1e6 times smaller than the first
    trial = trial_of(lambda x: x.square(), np.array([1e6, 1.0]))
    assert weight_of("square.0:one-entry-1e-3", trial, 1e-9) is Weight.FULL
    assert weight_of("square.0:one-entry-1e-3", trial, 1e-8) is Weight.LITTLE


def test_a_gradient_that_is_zero_is_measured_by_the_cotangent():
    trial = trial_of(lambda x: (x - x).square(), X)
    assert weight_of("square.0:offset", trial, 1e-3) is Weight.NOTHING  # the two paths cancel
    trial = trial_of(lambda x, y: (x - y).square(), X, X)
    assert weight_of("square.0:offset", trial, 1e-3) is Weight.FULL
    assert weight_of("square.0:offset", trial, 1e-2) is Weight.LITTLE


def test_a_gradient_that_rounding_has_spoilt_does_not_count():
    # the true gradient is 0, and what the engine leaves of it is rounding alone
    trial = trial_of(lambda x: x.softmax(0).sum(), np.array([0.1, 0.2, 0.4]))
    assert np.any(trial.run.accumulated[0])
    assert weight_of("softmax.0:doubled", trial, 1e-11) is Weight.LITTLE


def test_a_kink_is_tallied_apart():
    trial = trial_of(lambda x: x.relu(), np.array([0.0]))
    assert weight_of("relu.0:offset", trial, 1e-11) is Weight.KINK
    assert weight_of("relu.0:offset", trial_of(lambda x: x.relu(), np.array([0.0, 1.0])), 1e-11) is Weight.FULL


@pytest.mark.parametrize("operator", ["nan-at-a-point", "infinite-at-a-point", "lost", "wrong-dtype", "wrong-shape"])
def test_what_is_no_number_or_does_not_fit_always_counts(operator):
    assert weight_of(f"square.0:{operator}", trial_of(lambda x: x.square(), X), 1e9) is Weight.FULL


def conduct_of(mutant, function, *arrays, ct=None):
    graph = trace(function, *arrays)
    trial = try_out(Case.of_ones(graph) if ct is None else Case(graph, (np.asarray(ct),)))
    return weigh_conduct(trial, named(mutant).target(), named(mutant).operator)


@pytest.mark.parametrize(
    "operator", ["in-place", "spoils-argument", "unrepeatable", "ignores-strides", "needs-to-write"]
)
def test_misconduct_counts_where_it_is_done_and_shows(operator):
    ct = [1.0, 2.0, 3.0]
    assert conduct_of(f"sin.0:{operator}", lambda x: x.sin(), X, ct=ct) is Weight.FULL
    assert conduct_of(f"cos.0:{operator}", lambda x: x.sin(), X, ct=ct) is Weight.NOTHING


@pytest.mark.parametrize("operator", ["spoils-in-forward", "noisy-forward", "untracked"])
def test_misconduct_of_a_forward_counts_where_it_is_done_and_shows(operator):
    assert conduct_of(f"sin:{operator}", lambda x: x.sin(), X) is Weight.FULL
    assert conduct_of(f"cos:{operator}", lambda x: x.sin(), X) is Weight.NOTHING


@pytest.mark.parametrize(
    ("mutant", "function", "at", "ct"),
    [
        ("sin.0:in-place", lambda x: x.sin(), X, np.zeros(3)),
        ("sin.0:spoils-argument", lambda x: x.sin(), np.zeros(2), np.ones(2)),
        ("sin.0:unrepeatable", lambda x: x.sin() * 0.0, X, np.ones(3)),
        ("sin.0:ignores-strides", lambda x: x.sin(), np.array(1.0), np.array(1.0)),
        ("sweep:grad-not-copied", lambda x: x.sin() + x, X, np.ones(3)),
    ],
)
def test_misconduct_without_effect_does_not_count(mutant, function, at, ct):
    assert conduct_of(mutant, function, at, ct=ct) is Weight.NOTHING


def test_two_gradients_in_one_array_count():
    assert conduct_of("sweep:grad-not-copied", lambda x, y: x + y, X, X) is Weight.FULL


def test_cases_are_the_same_for_the_same_seed_and_reach_the_argument():
    first, again, other = (trials("divide", "float64", 3, root) for root in (0, 0, 1))
    ids = [[[each.case.id for each in tried] for tried in found.values()] for found in (first, again, other)]
    assert ids[0] == ids[1] != ids[2]
    assert first.keys() == {0, 1}
    for slot, tried in first.items():
        assert len(tried) == 3
        for each in tried:
            graph = each.case.graph
            assert any(node.op == "divide" and graph.tracked[node.args[slot]] for node in graph.nodes)
