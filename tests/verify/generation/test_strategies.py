"""Generated graphs: legal, exact, and reaching what they should."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings

from gradproof.case import Case
from gradproof.engine.vocabulary import OPS
from gradproof.graph import Graph
from gradproof.verify.campaign import asks_something
from gradproof.verify.generation.builder import DTYPES
from gradproof.verify.generation.strategies import SEEDS, cases, expanded, graphs
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


@pytest.mark.parametrize("dtype", DTYPES)
def test_only_the_wanted_ops_and_dtype_are_drawn(dtype):
    for graph in sample(50, graphs(ops=["exp", "add"], dtype=dtype)):
        assert {node.op for node in graph.nodes} <= {"exp", "add"}
        assert {each.dtype for each in (*graph.inputs, *graph.nodes)} == {dtype}


@given(graphs())
def test_nothing_is_in_a_graph_that_no_output_needs(graph):
    assert len(graph.cut()) == len(graph)


def has_tie(graph: Graph) -> bool:
    """Tell whether two inputs that are compared agree in some entries and not in others."""
    pairs = [node.args for node in graph.nodes if len(node.args) == 2 and OPS[node.op].ties]
    equal = [
        graph.inputs[a].value == graph.inputs[b].value for a, b in pairs if a != b and max(a, b) < len(graph.inputs)
    ]
    return any(np.any(each) and not np.all(each) for each in equal)


@pytest.fixture(scope="module")
def drawn() -> list[Case]:
    return sample(3000, SEEDS.map(expanded))


@pytest.fixture(scope="module")
def many(drawn) -> list[Graph]:
    return [case.graph for case in drawn]


def test_what_a_seed_expands_to_is_new_and_asks_for_a_derivative(drawn):
    assert len({case.id for case in drawn}) >= 0.99 * len(drawn)
    assert sum(map(asks_something, drawn)) >= 0.97 * len(drawn)


def test_graphs_are_deep(many):
    depths, nodes = [graph.depth for graph in many], [len(graph.nodes) for graph in many]
    assert np.median(nodes) >= 4
    assert np.median(depths) >= 3
    assert np.mean(depths) >= 3.5
    assert np.mean(np.array(depths) >= 10) >= 0.01


def test_every_op_is_reached_about_as_often_as_any_other(many):
    reached = Counter(node.op for graph in many for node in graph.nodes)
    assert set(OPS) == set(reached)
    share = reached.total() / len(OPS)
    # these also bring values to where, and into the shape in which, another op can take them
    helpers = {"where", "reshape", "broadcast_to"}
    differentiable = [name for name, op in OPS.items() if any(op.rules(1)) and name not in helpers]
    # few values are square matrices of full rank, or positive definite
    least = {name: 6 if OPS[name].domain_of(0)[0].matrices else 3 for name in differentiable}
    assert [name for name in differentiable if not share / least[name] < reached[name] < 3 * share] == []


def rooms(graph: Graph) -> set[str]:
    """Return how two arguments of one op broadcast."""
    found = set()
    for node in graph.nodes:
        shapes = [graph[arg].shape for arg in node.args]
        if len(shapes) == 2 and node.op in {"add", "subtract", "multiply", "divide", "maximum", "minimum", "hypot"}:
            a, b = shapes
            found |= {"scalar"} if () in shapes and a != b else set()
            found |= {"fewer dimensions"} if () not in shapes and len(a) != len(b) else set()
            found |= {"ones"} if len(a) == len(b) and a != b else set()
            found |= {"both ways"} if a != node.shape and b != node.shape else set()
    return found


def joins(graph: Graph) -> bool:
    """Tell whether two paths leave one value and meet again in one op."""
    ancestors = [graph.ancestors(value_id) for value_id in range(len(graph))]
    return any(
        ancestors[a] & ancestors[b] and a != b
        for node in graph.nodes
        for a in node.args
        for b in node.args
        if a >= len(graph.inputs) and b >= len(graph.inputs)
    )


def test_variety_is_reached(many):
    shapes = {each.shape for graph in many for each in graph.inputs}
    assert () in shapes
    assert any(0 in shape for shape in shapes)
    assert any(1 in shape for shape in shapes)
    assert any(len(shape) == 3 for shape in shapes)
    assert set().union(*map(rooms, many)) == {"scalar", "fewer dimensions", "ones", "both ways"}
    assert any(map(has_tie, many))
    assert sum(map(joins, many)) >= 50
    assert any(not each.contiguous for graph in many for each in graph.inputs)
    assert any(not each.requires_grad and each.dtype.startswith("float") for graph in many for each in graph.inputs)
    assert any(not node.grad_enabled for graph in many for node in graph.nodes)
    assert any(node.op == "detach" for graph in many for node in graph.nodes)
    fan_out = max(Counter(arg for node in graph.nodes for arg in node.args).most_common(1)[0][1] for graph in many)
    assert fan_out >= 3


def test_several_outputs_are_reached(many):
    assert sum(len(graph.outputs) > 1 for graph in many) >= 100
    assert any(len(graph.outputs) == 3 for graph in many)
    assert any(len(set(graph.outputs)) < len(graph.outputs) for graph in many)


def test_dtypes_are_reached_and_mixed(many):
    dtypes = [{each.dtype for each in (*graph.inputs, *graph.nodes)} & set(DTYPES) for graph in many]
    assert all({each} in dtypes for each in DTYPES)
    assert {"float32", "float64"} in dtypes
    assert dtypes.count({"float16"}) < len(many) / 5


def test_cotangents_hold_ones_zeros_and_magnitudes(drawn):
    entries = np.abs(np.concatenate([ct.ravel() for case in drawn for ct in case.cotangents]).astype(np.float64))
    assert np.any(entries == 1.0)
    assert np.any(entries == 0.0)
    assert np.any((entries < 1e-6) & (entries > 0.0))
    assert np.any(entries > 100.0)


@pytest.mark.parametrize("name", ["tanh", "matmul", "sort", "take", "concat"])
def test_what_fails_at_one_op_shrinks_to_it(name):
    options = settings(max_examples=2000, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    found = find(cases(), lambda case: any(n.op == name for n in case.graph.nodes), settings=options)
    assert [node.op for node in found.graph.nodes] == [name]
    assert sum(each.size for each in found.graph.inputs) <= 3
