from __future__ import annotations

import numpy as np
import pytest

from gradproof.errors import MirrorError
from gradproof.graph import Graph, Input, Node
from gradproof.symbolic import RULES
from gradproof.symbolic.derivative import pull_back, run
from gradproof.symbolic.domain import Domain
from gradproof.symbolic.program import Contract, Move, Program, Step, Term, contract, lower, move, select, total

DOMAIN = Domain()


def made(definition, *arrays):
    """Lower a definition of numbers and run it."""
    steps: list[Step] = []
    terms = [Term(steps, slot, array.shape, len(arrays)) for slot, array in enumerate(arrays)]
    result = definition(*terms)
    program = Program(len(arrays), tuple(steps), result.slot, result.shape)
    found = run(program, DOMAIN, [np.asarray(array, dtype=object) for array in arrays])[result.slot]
    assert found.shape == result.shape
    return program, found


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((3,), (3,)),
        ((2, 3), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3, 4)),
        ((5, 2, 3), (3, 1)),
        ((3,), (4, 3, 2)),
        ((2, 1, 2, 3), (4, 3, 2)),
    ],
    ids=str,
)
def test_contractions_broadcast_as_matmul_does(left, right, rng):
    a, b = rng.integers(-9, 9, size=left), rng.integers(-9, 9, size=right)
    program, found = made(contract, a, b)
    assert found.tolist() == np.matmul(a, b).tolist()
    assert any(isinstance(step, Contract) for step in program.steps)


@pytest.mark.parametrize("axis", [None, 0, -1, (0, 2), (-1, 0), ()], ids=str)
@pytest.mark.parametrize("keepdims", [False, True])
def test_totals_are_those_of_numpy(axis, keepdims, rng):
    a = rng.integers(-9, 9, size=(2, 3, 4))
    _, found = made(lambda x: total(x, axis, keepdims=keepdims), a)
    assert found.tolist() == np.sum(a, axis=axis, keepdims=keepdims).tolist()


def test_moves_count_how_often_an_entry_is_used():
    program, found = made(
        lambda x, y: move(lambda a, b: np.array([a[0], a[0], -1, b[1]]), x, y), np.array([5, 6]), np.array([7, 8])
    )
    (step,) = program.steps
    assert isinstance(step, Move)
    assert found.tolist() == [5, 5, 0, 8]
    assert step.fan_out.tolist() == [2, 0, 0, 1]
    assert not step.is_injective
    assert made(lambda x: move(np.flip, x), np.array([1, 2]))[0].steps[0].is_injective


def test_a_cotangent_goes_back_to_every_use_of_an_argument():
    program, _ = made(lambda x: move(lambda a, b: np.concatenate([a, b]), x, x), np.array([1, 2]))
    slots = run(program, DOMAIN, [np.array([1, 2], dtype=object)])
    (ct,) = pull_back(program, DOMAIN, slots, np.array([1, 10, 100, 1000], dtype=object), [True], {})
    assert ct.tolist() == [101, 1010]


def test_selection_broadcasts_its_condition():
    steps: list[Step] = []
    condition, a = Term(steps, 0, (3,), 2), Term(steps, 1, (2, 1), 2)
    assert select(condition, a, a).shape == (2, 3)


def graph_of(op, args, params, shape, *, computed=False):
    inputs = tuple(Input(np.asarray(each), requires_grad=np.asarray(each).dtype.kind == "f") for each in args)
    nodes = [Node(op, tuple(range(len(args))), params, shape, "float64")]
    if computed:
        nodes.insert(0, Node("clone", (1,), {}, inputs[1].shape, "int64"))
        nodes[1] = Node(op, (0, 2), params, shape, "float64")
    return Graph(inputs, tuple(nodes), (len(inputs) + len(nodes) - 1,))


def lowered(graph):
    return lower(graph, graph.nodes[-1], RULES)


def test_indices_are_part_of_the_program():
    first, second = (
        lowered(graph_of("take", [np.ones(3), np.array(index)], {"axis": 0}, (2,))) for index in ([0, 2], [1, 1])
    )
    assert first.steps[0].index.tolist() == [0, 2]
    assert second.steps[0].index.tolist() == [1, 1]


def test_programs_are_lowered_once():
    graphs = [graph_of("exp", [np.full(2, number)], {}, (2,)) for number in (1.0, 2.0)]
    assert lowered(graphs[0]) is lowered(graphs[1])
    assert lowered(graphs[0]) is not lowered(graph_of("exp", [np.ones(3)], {}, (3,)))


def test_computed_indices_are_an_error():
    with pytest.raises(MirrorError, match="indices as an input of integers, not computed"):
        lowered(graph_of("take", [np.ones(3), np.array([0])], {"axis": 0}, (1,), computed=True))


@pytest.mark.parametrize(
    ("op", "params"),
    [("reshape", {"shape": (7,)}), ("sum", {"axis": 5, "keepdims": False, "speed": 1}), ("exp", {"axis": 0})],
)
def test_parameters_that_do_not_fit_are_an_error_that_shows_the_call(op, params):
    with pytest.raises(MirrorError, match=rf"{op}\(\(2, 2\), .*does not fit its definition"):
        lowered(graph_of(op, [np.ones((2, 2))], params, (2, 2)))


def test_a_cast_to_integers_has_no_mirror():
    with pytest.raises(MirrorError, match="astype to int64"):
        lowered(graph_of("astype", [np.ones(2)], {"dtype": "int64"}, (2,)))
