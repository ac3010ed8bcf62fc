"""Certificates: each part of each node, and the links between nodes."""

import dataclasses

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.case import Case
from gradproof.verify.certificate import broken, certify
from gradproof.verify.examination import budgets
from gradproof.verify.targets.engine import EngineTarget
from gradproof.verify.targets.target import Pullback

KNOWN = budgets()


@pytest.fixture
def case():
    def function(x, w):
        h = torch.tanh(x @ w)
        return (h * h).sum()

    return Case.of_ones(trace(function, np.array([0.3, -0.7]), np.array([[1.1, 0.2], [-0.4, 0.9]])))


@pytest.fixture
def run(case):
    return EngineTarget().play(case)


def parts(certificates):
    return {(each.site, each.part, each.slot) for each in certificates}


def spoil(mapping, key, change):
    return {**mapping, key: change(np.array(mapping[key]))}


def nudge(array):
    array.flat[0] *= 1 + 1e-12
    return array


def test_every_node_has_a_forward_and_a_vjp_certificate_per_argument(case, run):
    found = certify(case, run, KNOWN)
    assert all(each.holds for each in found)
    assert {(2, "forward", None), (2, "vjp", 0), (2, "vjp", 1), (3, "vjp", 0), (4, "vjp", 1), (5, "vjp", 0)} <= parts(
        found
    )


def test_every_tracked_value_has_an_accumulation_certificate(case, run):
    found = certify(case, run, KNOWN)
    assert {each.site for each in found if each.part == "accumulation"} == set(range(len(case.graph)))


def test_a_changed_value_breaks_the_forward_certificate_of_its_node(case, run):
    values = list(run.values)
    values[3] = nudge(np.array(values[3]))
    failed = broken(certify(case, dataclasses.replace(run, values=tuple(values)), KNOWN))
    assert (3, "forward") in {(each.site, each.part) for each in failed}


def test_a_changed_cotangent_breaks_the_link(case, run):
    (pullback,) = run.pullbacks
    spoiled = Pullback(spoil(pullback.entered, 3, nudge), pullback.left, pullback.gradients)
    failed = broken(certify(case, dataclasses.replace(run, pullbacks=(spoiled,)), KNOWN))
    assert (3, "accumulation") in {(each.site, each.part) for each in failed}


def test_a_missing_cotangent_is_found(case, run):
    (pullback,) = run.pullbacks
    gradients = {leaf: value for leaf, value in pullback.gradients.items() if leaf != 1}
    spoiled = Pullback(pullback.entered, pullback.left, gradients)
    failed = broken(certify(case, dataclasses.replace(run, pullbacks=(spoiled,)), KNOWN))
    assert [(each.site, each.part) for each in failed] == [(1, "accumulation")]
    assert "nothing arrived" in failed[0].reason


def test_grad_must_be_the_sum_over_all_backward_passes(case, run):
    accumulated = spoil(run.accumulated, 0, nudge)
    failed = broken(certify(case, dataclasses.replace(run, accumulated=accumulated), KNOWN))
    assert [(each.site, each.part) for each in failed] == [(0, "accumulation")]


def test_a_certificate_of_the_wrong_shape_does_not_hold(case, run):
    (pullback,) = run.pullbacks
    left = {**pullback.left, 3: (np.zeros(5),)}
    spoiled = Pullback(pullback.entered, left, pullback.gradients)
    failed = broken(certify(case, dataclasses.replace(run, pullbacks=(spoiled,)), KNOWN))
    assert (3, "vjp") in {(each.site, each.part) for each in failed}


def test_another_dtype_is_no_loss_of_digits():
    """The numbers may even be the same: those of an op that moves them are exact in float32."""
    moved = Case.of_ones(trace(lambda x: x.reshape(3, 1), np.ones(3)))
    run = EngineTarget().play(moved)
    (pullback,) = run.pullbacks
    spoiled = dataclasses.replace(pullback, left={1: (np.ones(3, dtype=np.float32),)})
    failed = broken(certify(moved, dataclasses.replace(run, pullbacks=(spoiled,)), KNOWN))
    assert (1, "vjp", 0) in parts(failed)


def in_double(array):
    return array.astype(np.float64) if array.dtype == np.float32 else array


@pytest.fixture
def chain():
    return Case.of_ones(trace(lambda x: torch.exp(torch.tanh(x)) * 3, np.array([0.3, -0.7], np.float32)))


def test_only_the_op_that_makes_another_dtype_is_blamed_for_its_value(chain):
    run = EngineTarget().play(chain)
    made, first = list(run.values), len(chain.graph.inputs)
    made[first:] = map(in_double, made[first:])
    failed = broken(certify(chain, dataclasses.replace(run, values=tuple(made)), KNOWN))
    assert [(each.site, each.part) for each in failed] == [(first, "forward")]


def test_only_the_op_that_makes_another_dtype_is_blamed_for_its_cotangent(chain):
    run = EngineTarget().play(chain)
    (pullback,) = run.pullbacks
    product = max(pullback.left)
    entered = {site: ct if site == product else in_double(ct) for site, ct in pullback.entered.items()}
    left = {site: tuple(part if part is None else in_double(part) for part in pullback.left[site]) for site in entered}
    spoiled = Pullback(entered, left, pullback.gradients)
    failed = broken(certify(chain, dataclasses.replace(run, pullbacks=(spoiled,)), KNOWN))
    assert [(each.site, each.part) for each in failed] == [(product, "vjp")]


def test_at_a_kink_the_certificate_holds_and_names_the_convention():
    kinked = Case.of_ones(trace(lambda x: x.relu(), np.array([0.0, 1.0])))
    found = certify(kinked, EngineTarget().play(kinked), KNOWN)
    assert all(each.holds for each in found)
    assert [each.convention for each in found if each.convention] == ["0 at relu(0), as PyTorch"]


def test_at_a_kink_the_only_argument_is_named():
    kinked = Case.of_ones(trace(lambda x: x.relu(), np.array([0.0, 1.0])))
    run = EngineTarget().play(kinked)
    (pullback,) = run.pullbacks
    spoiled = dataclasses.replace(pullback, left={1: (np.array([1.5, 1.0]),)})
    failed = broken(certify(kinked, dataclasses.replace(run, pullbacks=(spoiled,)), KNOWN))
    assert {(each.site, each.part, each.slot) for each in failed if each.part == "vjp"} == {(1, "vjp", 0)}


@pytest.mark.parametrize(
    ("returned", "holds"),
    [((1.0, 0.0), True), ((0.0, 1.0), True), ((0.25, 0.75), True), ((1.0, 1.0), False), ((0.0, 0.0), False)],
)
def test_at_a_tie_the_cotangents_of_all_arguments_are_tested_jointly(returned, holds):
    tied = Case.of_ones(trace(torch.maximum, np.array(2.0), np.array(2.0)))
    run = EngineTarget().play(tied)
    (pullback,) = run.pullbacks
    (site,) = pullback.left
    left = {site: tuple(np.array(each) for each in returned)}
    gradients = dict(enumerate(left[site]))
    changed = dataclasses.replace(pullback, left=left, gradients=gradients)
    accumulated = dict(gradients)
    found = certify(tied, dataclasses.replace(run, pullbacks=(changed,), accumulated=accumulated), KNOWN)
    assert all(each.holds for each in found) is holds
    assert {each.part for each in broken(found)} <= {"vjp"}


def test_a_wrong_comparison_is_found():
    masked = Case.of_ones(trace(lambda x: torch.where(x > 1.0, x, 2 * x), np.array([0.5, 3.0])))
    run = EngineTarget().play(masked)
    values = list(run.values)
    (site,) = [i for i, node in masked.graph.enumerate_nodes() if node.op == "greater"]
    values[site] = ~values[site]
    failed = broken(certify(masked, dataclasses.replace(run, values=tuple(values)), KNOWN))
    assert (site, "forward") in {(each.site, each.part) for each in failed}
