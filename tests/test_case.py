from __future__ import annotations

import json

import numpy as np
import pytest

from gradproof.case import VERSION_WITH_DIRECTIONS, Case
from gradproof.errors import DtypeError, GraphFormatError, ShapeError
from gradproof.graph import Graph, Input, Node


def graph(dtype=np.float64):
    x = Input(np.array([1.0, 2.0], dtype=dtype), requires_grad=True)
    return Graph((x,), (Node("exp", (0,), {}, (2,), x.dtype),), (1, 0))


def case(*cotangents):
    return Case(graph(), tuple(np.asarray(ct) for ct in cotangents or ([0.5, -0.0], [1.0, np.nan])))


def test_a_case_comes_back_from_json_bit_for_bit():
    again = Case.from_json(case().to_json())
    assert again.to_json() == case().to_json()
    assert again.id == case().id
    assert [ct.tobytes() for ct in again.cotangents] == [ct.tobytes() for ct in case().cotangents]


def test_the_id_depends_on_graph_and_cotangents():
    ids = {case().id, case([0.5, 0.0], [1.0, 1.0]).id, Case.of_ones(graph()).id, Case.of_ones(graph(np.float32)).id}
    assert len(ids) == 4
    assert case().id != graph().id


def test_a_case_of_ones_has_the_dtypes_of_its_outputs():
    ones = Case.of_ones(graph(np.float32)).cotangents
    assert [(ct.tolist(), ct.dtype.name) for ct in ones] == [([1.0, 1.0], "float32")] * 2


def test_a_bare_graph_is_read_as_the_case_of_ones():
    assert Case.from_json(graph().to_json()).id == Case.of_ones(graph()).id


def test_the_dtype_is_the_widest():
    assert case().dtype == "float64"
    assert Case.of_ones(graph(np.float32)).dtype == "float32"
    assert Case.of_ones(graph(np.float16)).dtype == "float16"


@pytest.mark.parametrize(
    "cotangents", [([1.0, 2.0],), ([1.0, 2.0], 1.0), ([1.0, 2.0],) * 3], ids=["too few", "shape", "too many"]
)
def test_cotangents_that_do_not_fit_the_outputs_are_refused(cotangents):
    with pytest.raises(ShapeError, match=r"but the outputs \[\(2,\), \(2,\)\]; they must be equal"):
        case(*cotangents)


def test_cotangents_of_another_dtype_are_refused():
    with pytest.raises(DtypeError, match=r"\['float32', 'float64'\], but the outputs \['float64', 'float64'\]"):
        case(np.ones(2, dtype=np.float32), np.ones(2))


def damaged(**changes):
    return json.dumps({**json.loads(case().to_json()), **changes})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("3", "not a gradproof-case file|not a gradproof-graph file"),
        (damaged(version=VERSION_WITH_DIRECTIONS + 1), "a newer Gradproof may have written it"),
        (damaged(cotangents=[]), "damaged case: the cotangents have shapes"),
        (damaged(cotangents=None), "damaged case: TypeError"),
        (damaged(cotangents=[{}]), "damaged case: KeyError"),
        (damaged(graph=None), "not a gradproof-graph file"),
        (damaged(graph={"format": "gradproof-graph", "version": 1}), "damaged graph: KeyError"),
    ],
)
def test_a_damaged_or_newer_file_says_what_is_wrong(text, message):
    with pytest.raises(GraphFormatError, match=message):
        Case.from_json(text)


def with_directions():
    return Case.of_ones(graph()).of_second_order()


def test_directions_are_drawn_once_and_for_all():
    first, second = with_directions(), with_directions()
    assert (first.order, first.of_first_order().order) == (2, 1)
    assert first.id == second.id == first.of_second_order().id != first.of_first_order().id
    for leaf, direction in zip(first.graph.leaves, first.directions, strict=True):
        assert (direction.shape, direction.dtype.name) == (first.graph[leaf].shape, first.graph[leaf].dtype)
        assert np.all((np.abs(direction) >= 0.5) & (np.abs(direction) <= 2.0))


def test_directions_come_back_bit_for_bit():
    text = with_directions().to_json()
    assert json.loads(text)["version"] == VERSION_WITH_DIRECTIONS
    assert Case.from_json(text).to_json() == text


def test_a_case_without_directions_is_written_as_before():
    assert json.loads(case().to_json())["version"] == 1
    assert "directions" not in json.loads(case().to_json())


def test_directions_that_do_not_fit_the_leaves_are_refused():
    first = with_directions()
    with pytest.raises(ShapeError, match=r"the directions are .* but the leaves .* they must be equal"):
        Case(first.graph, first.cotangents, (np.ones(7),))
    data = {**json.loads(first.to_json()), "directions": []}
    assert Case.from_json(json.dumps(data)).order == 1
    with pytest.raises(GraphFormatError, match="damaged case: KeyError: 'directions'"):
        Case.from_json(json.dumps({name: each for name, each in data.items() if name != "directions"}))
