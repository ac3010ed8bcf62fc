"""Coverage: what was reached is counted, what was not is listed, and what cannot be is not missing."""

import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.engine import ops
from gradproof.engine.vocabulary import OPS
from gradproof.verify import EngineTarget
from gradproof.verify.campaign import Plan, run
from gradproof.verify.coverage import coverage, regions_of


def covered(function, *arrays, names):
    """Return the counts of one run: by op, parameters and argument, by region."""
    graph = trace(function, *arrays)
    values = graph.play(lambda node, args: OPS[node.op].forward(*args, **node.params), [x.value for x in graph.inputs])
    return {(each.op, each.parameters, each.argument): each.regions for each in coverage([(graph, values)], names)}


def reached(regions):
    return {region for region, count in regions.items() if count}


@pytest.mark.parametrize(
    ("name", "argument", "value", "expected"),
    [
        ("relu", 0, 0.0, {"zero", "at a kink"}),
        ("relu", 0, -5e-4, {"negative", "near a kink"}),
        ("relu", 0, 1e-7, {"positive", "tiny", "near a kink"}),
        ("relu", 0, 3.0, {"positive", "integer"}),
        ("sin", 0, -1e3, {"negative", "integer", "huge", "saturated"}),
        ("square", 0, 1000.5, {"positive", "huge"}),
        ("log1p", 0, -0.9995, {"negative", "near an edge"}),
        ("sqrt", 0, 0.0, {"zero", "at an edge"}),
        ("binary_cross_entropy_with_logits", 1, 1.0, {"positive", "integer", "at an edge"}),
        ("divide", 1, 1e-9, {"positive", "tiny", "near an edge"}),
    ],
)
def test_a_value_lies_in_its_regions(name, argument, value, expected):
    assert regions_of(OPS[name], argument, np.array([value])) == expected


def test_an_empty_array_reaches_nothing():
    assert regions_of(OPS["relu"], 0, np.zeros((2, 0))) == set()


@pytest.mark.parametrize(
    ("name", "argument", "impossible"),
    [
        ("log", 0, {"zero", "negative", "at an edge", "at a kink", "tie"}),
        ("sqrt", 0, {"negative"}),
        ("divide", 1, {"zero", "at an edge"}),
        ("binary_cross_entropy_with_logits", 1, {"negative", "huge", "saturated"}),
        ("exp", 0, {"at an edge", "near an edge", "at a kink", "tie"}),
    ],
)
def test_what_a_domain_cannot_contain_is_not_missing(name, argument, impossible):
    for each in coverage([], [name]):
        if each.argument == argument:
            assert not impossible & each.regions.keys()
            assert {"positive", "integer", "tiny"} <= each.regions.keys()
            assert set(each.regions.values()) == {0}


def test_every_argument_is_counted_by_itself():
    found = covered(lambda a, b: a / b, np.array([0.0, -2.0]), np.array([0.25, 4.5]), names=["divide"])
    assert reached(found["divide", "", 0]) == {"zero", "negative", "integer"}
    assert reached(found["divide", "", 1]) == {"positive"}


def test_a_value_that_an_op_has_computed_counts_for_the_next():
    found = covered(lambda x: torch.exp(x).log(), np.array([7.5]), names=["exp", "log"])
    assert reached(found["log", "", 0]) == {"positive", "huge", "saturated"}


@pytest.mark.parametrize(("b", "expected"), [([1.0, 3.0], True), ([2.0, 3.0], False)])
def test_a_tie_is_two_equal_entries(b, expected):
    found = covered(lambda x, y: ops.maximum(x, y), np.array([1.0, 2.0]), np.array(b), names=["maximum"])
    assert ("tie" in reached(found["maximum", "", 0])) is expected
    alone = covered(lambda x: ops.max(x, axis=0), np.array([*b, 1.0]), names=["max"])
    assert ("tie" in reached(alone["max", "axis not negative, keepdims False", 0])) is expected


def test_parameters_are_taken_by_kind():
    found = covered(lambda x: ops.sum(x, axis=-1), np.ones((2, 3)), names=["sum"])
    assert [place[1] for place, regions in found.items() if reached(regions)] == ["axis negative, keepdims False"]
    assert {"axis None, keepdims True", "axis of 2, keepdims False"} <= {parameters for _, parameters, _ in found}
    found = covered(lambda x: x[::-1, None], np.ones(3), names=["getitem"])
    assert [place[1] for place, regions in found.items() if reached(regions)] == ["index backwards new axis"]


def test_a_condition_or_an_index_has_no_regions():
    assert {each.argument for each in coverage([], ["where"])} == {1, 2}
    assert {each.argument for each in coverage([], ["take"])} == {0}


def test_a_campaign_over_an_op_reaches_its_kink_and_lists_what_it_did_not():
    outcome = run(Plan(graphs=60, ops=("relu", "log"), dtype="float64"), EngineTarget())
    runs = [(result.case.graph, result.run.values) for _, result in outcome.results]
    relu, exp = coverage(runs, ["relu", "exp"])
    with_relu = sum(any(node.op == "relu" for node in graph.nodes) for graph, _ in runs)
    assert 0 < relu.regions["at a kink"] <= relu.regions["zero"] <= with_relu
    assert set(exp.regions.values()) == {0}
