"""Certificates stay sharp however deep a graph is; the end-to-end tolerance need not, and then the verdict says so."""

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.case import Case
from gradproof.verify.diagnosis import diagnose
from gradproof.verify.examination import examine
from gradproof.verify.mutants import mutants
from gradproof.verify.targets.engine import EngineTarget
from gradproof.verify.verdict import Verdict


def contracting(x):
    for _ in range(500):
        x = torch.sin(x) + 0.1
    return x


def chaotic(x):
    for _ in range(250):
        x = 3.9 * x * (1.0 - x)
    return x


def recurrent(weights, inputs):
    hidden = torch.tanh(inputs)
    for _ in range(200):
        hidden = torch.tanh(hidden @ weights + inputs)
    return hidden.sum()


def examined(function, *at, target=None):
    case = Case.of_ones(trace(function, *map(np.asarray, at)))
    return examine(case, target or EngineTarget(), finite_differences=False)


@pytest.fixture(scope="module")
def network():
    random = np.random.default_rng(0)
    return random.standard_normal((3, 3)), random.standard_normal((2, 3))


def test_a_chain_of_a_thousand_steps_is_verified_end_to_end():
    result = examined(contracting, 0.7)
    assert len(result.case.graph.nodes) == 1000
    assert result.verdict is Verdict.VERIFIED
    assert result.sees < 1e-9
    assert all(each.holds for each in result.certificates)


def test_a_recurrent_network_of_two_hundred_steps_is_verified_end_to_end(network):
    result = examined(recurrent, *network)
    assert result.verdict is Verdict.VERIFIED
    assert result.sees < 1e-6
    assert all(each.holds for each in result.certificates)


def test_in_a_chaotic_recurrence_the_verdict_rests_on_the_certificates_and_says_so():
    result = examined(chaotic, 0.3)
    assert result.verdict is Verdict.VERIFIED
    assert result.sees is None
    assert all(each.holds for each in result.certificates)
    assert "too wide" in diagnose(result)


def test_a_fault_deep_in_a_chaotic_recurrence_is_found_by_its_certificate():
    result = examined(chaotic, 0.3, target=mutants.wrong_factor("subtract", 1, size=1e-11))
    assert result.verdict is Verdict.WRONG
    assert result.culprit == "subtract"


def test_the_certificates_of_a_long_chain_are_as_sharp_as_those_of_a_short_one(network):
    for function, at, op in ((contracting, (0.7,), "sin"), (recurrent, network, "tanh")):
        result = examined(function, *at, target=mutants.wrong_factor(op, size=1e-13))
        assert result.verdict is Verdict.WRONG
        assert result.culprit == op
