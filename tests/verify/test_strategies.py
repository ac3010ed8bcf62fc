"""Generated graphs: legal, exact, and reaching what they should."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from gradproof.case import Case
from gradproof.engine.domain import Domain
from gradproof.engine.op import OPS
from gradproof.graph import Graph
from gradproof.verify.strategies import STYLES, cases, fill, graphs
from gradproof.verify.targets.engine import EngineTarget


def sample(count, strategy, at=0):
    drawn = []

    @seed(at)
    @settings(
        max_examples=count,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        deadline=None,
    )
    @given(strategy)
    def collect(value):
        drawn.append(value)

    collect()
    return drawn


@given(cases())
def test_a_case_plays_and_has_the_shapes_it_says(case):
    run = EngineTarget().play(case)
    for value_id, value in enumerate(run.values):
        assert value.shape == case.graph[value_id].shape
        assert value.dtype.name == case.graph[value_id].dtype


@given(cases())
def test_a_case_comes_back_from_json_bit_for_bit(case):
    again = Case.from_json(case.to_json())
    assert again.id == case.id
    assert str(again.graph) == str(case.graph)


@given(graphs())
def test_arguments_lie_in_the_domain_and_results_are_finite(graph):
    values = [each.value for each in graph.inputs]
    with np.errstate(all="ignore"):
        played = graph.play(lambda node, args: OPS[node.op].forward(*args, **node.params), values)
    for site, node in graph.enumerate_nodes():
        args = [np.asarray(played[arg]) for arg in node.args]
        assert any(
            all(
                box[min(i, len(box) - 1)].kind != "real" or np.all(box[min(i, len(box) - 1)].contains(a))
                for i, a in enumerate(args)
            )
            for box in OPS[node.op].domain
        )
        assert np.all(np.isfinite(played[site]))


@given(graphs(ops=["exp", "add"], dtype="float32"))
def test_only_the_wanted_ops_and_dtype_are_drawn(graph):
    assert {node.op for node in graph.nodes} <= {"exp", "add"}
    assert {each.dtype for each in (*graph.inputs, *graph.nodes)} == {"float32"}


@given(graphs())
def test_nothing_is_in_a_graph_that_no_output_needs(graph):
    assert len(graph.cut()) == len(graph)


def ties(graph: Graph) -> bool:
    """Tell whether two different inputs that a maximum compares are equal throughout."""
    inputs = range(len(graph.inputs))
    pairs = [node.args for node in graph.nodes if node.op == "maximum" and set(node.args) <= set(inputs)]
    return any(a != b and np.array_equal(graph.inputs[a].value, graph.inputs[b].value) for a, b in pairs)


@pytest.fixture(scope="module")
def many() -> list[Graph]:
    return sample(1500, graphs())


def test_every_op_is_reached(many):
    reached = Counter(node.op for graph in many for node in graph.nodes)
    assert set(OPS) - set(reached) == set()


def test_variety_is_reached(many):
    shapes = {each.shape for graph in many for each in graph.inputs}
    assert () in shapes
    assert any(0 in shape for shape in shapes)
    assert any(len(shape) == 3 for shape in shapes)
    assert any(len(graph.outputs) > 1 for graph in many)
    assert any(ties(graph) for graph in many)
    assert any(graph.outputs.count(graph.outputs[0]) > 1 for graph in many)
    assert any(not each.contiguous for graph in many for each in graph.inputs)
    assert any(not node.grad_enabled for graph in many for node in graph.nodes)
    assert any(node.op == "detach" for graph in many for node in graph.nodes)
    assert {each.dtype for graph in many for each in graph.inputs} >= {"float32", "float64"}
    fan_out = max(Counter(arg for node in graph.nodes for arg in node.args).most_common(1)[0][1] for graph in many)
    assert fan_out >= 3
    assert max(graph.depth for graph in many) >= 5
    assert np.mean([graph.depth for graph in many]) >= 1.6


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "domain",
    sorted({str(d): d for op in OPS.values() for box in op.domain for d in box if d.kind == "real"}.items()),
    ids=lambda pair: pair[0],
)
def test_filled_values_lie_in_the_domain(style, domain):
    _, where = domain
    assert isinstance(where, Domain)
    for at in range(20):
        assert np.all(where.contains(fill(style, where, (0.0,), (3, 3) if where.invertible else (2, 3), at)))
