from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest

from gradproof.errors import GraphFormatError
from gradproof.graph import VERSION, VERSION_WITH_CALLS, Graph, Input, Node, lay_out

VALUES = {
    "ordinary": np.array([1.0, -2.5, 0.1]),
    "not finite": np.array([np.nan, np.inf, -np.inf]),
    "signed zeros": np.array([0.0, -0.0]),
    "subnormal": np.array([5e-324, -2.225e-308]),
    "extreme": np.array([1.7976931348623157e308, 2.0**-1022]),
    "float32": np.array([0.1, 1e-45, -0.0, np.inf], dtype=np.float32),
    "bool": np.array([[True], [False]]),
    "int64": np.array([-(2**63), 2**63 - 1, 0]),
    "no dimensions": np.array(3.5),
    "no entries": np.empty((2, 0), dtype=np.float32),
    "not in C order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}
PARAMS = {
    "index": (slice(1, None, -2), Ellipsis, None, 3),
    "axis": (0, -1),
    "keepdims": True,
    "count": 1,
    "slope": 0.1,
    "nothing": None,
    "name": "mean",
    "nested": ((1, (2.5,)), ()),
}


def single(value=1.0, op="exp", params=None, **facts):
    x = Input(np.asarray(value), requires_grad=True)
    return Graph((x,), (Node(op, (0,), params or {}, x.shape, x.dtype, **facts),), (1,))


def bits(array):
    return array.dtype, array.shape, np.ascontiguousarray(array).tobytes()


@pytest.mark.parametrize("name", VALUES)
def test_values_come_back_from_json_bit_for_bit(name):
    again = Graph.from_json(single(VALUES[name]).to_json())
    assert bits(again.inputs[0].value) == bits(VALUES[name])


@pytest.mark.parametrize("name", PARAMS)
def test_parameters_come_back_from_json_with_their_types(name):
    again = Graph.from_json(single(params={name: PARAMS[name]}).to_json()).nodes[0].params[name]
    assert again == PARAMS[name]
    assert type(again) is type(PARAMS[name])


def test_a_graph_comes_back_whole():
    x = Input(np.array([1.0]), requires_grad=True, contiguous=False)
    y = Input(np.array([2.0], dtype=np.float32))
    nodes = (Node("add", (0, 1), {}, (1,), "float64"), Node("neg", (2,), {}, (1,), "float64", grad_enabled=False))
    graph = Graph((x, y), nodes, (3, 2, 3))
    again = Graph.from_json(graph.to_json())
    assert again.to_json() == graph.to_json()
    assert again.outputs == (3, 2, 3)
    assert [(i.requires_grad, i.contiguous, i.dtype) for i in again.inputs] == [
        (True, False, "float64"),
        (False, True, "float32"),
    ]
    assert [(n.op, n.args, n.grad_enabled) for n in again.nodes] == [("add", (0, 1), True), ("neg", (2,), False)]


def test_the_digest_does_not_change_between_releases():
    assert single().id == "9935383c454e94e3"


@pytest.mark.parametrize(
    "other",
    [
        single(2.0),
        single(np.float32(1.0)),
        single([1.0]),
        single(op="log"),
        single(params={"a": 1}),
        single(grad_enabled=False),
    ],
    ids=["value", "dtype", "shape", "op", "parameter", "grad mode"],
)
def test_the_digest_depends_on_every_part(other):
    assert other.id != single().id
    assert single().id == single().id


def test_minus_zero_and_zero_or_one_and_true_have_different_digests():
    assert single(0.0).id != single(-0.0).id
    assert single(params={"a": 1}).id != single(params={"a": True}).id
    assert single(params={"a": 1}).id != single(params={"a": 1.0}).id


def test_the_digest_ignores_the_memory_layout_of_the_value():
    assert single(np.asfortranarray(np.eye(2))).id == single(np.eye(2)).id


def test_parameters_are_stored_in_their_plain_form():
    node = single(
        params={"shape": [np.int64(2), 3], "flag": np.bool_(True), "index": (slice(np.int64(1), None),)}
    ).nodes[0]
    assert dict(node.params) == {"shape": (2, 3), "flag": True, "index": (slice(1, None, None),)}
    assert [type(n) for n in node.params["shape"]] == [int, int]


def test_parameters_of_other_kinds_are_refused():
    with pytest.raises(GraphFormatError, match="a static parameter is a number, text, slice or tuple, not dict"):
        single(params={"a": {}})


def test_parameters_cannot_be_changed():
    with pytest.raises(TypeError, match="assignment"):
        single(params={"a": 1}).nodes[0].params["a"] = 2  # type: ignore[index]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda g: pickle.loads(pickle.dumps(g))], ids=["deepcopy", "pickle"])
def test_a_graph_can_be_sent_to_another_process(copied):
    assert copied(single(params={"a": (1, Ellipsis)})).id == single(params={"a": (1, Ellipsis)}).id


def test_the_text_form_shows_values_calls_and_causes():
    x = Input(np.arange(8.0), requires_grad=True)
    y = Input(np.array(2.0, dtype=np.float32), contiguous=False)
    nodes = (
        Node("getitem", (0,), {"index": (slice(0, 2),)}, (2,), "float64"),
        Node("multiply", (2, 1), {}, (2,), "float64", grad_enabled=False),
    )
    assert str(Graph((x, y), nodes, (3, 2))).splitlines() == [
        "x0 = input([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, ...])  # float64 (8,), requires grad",
        "x1 = input(2.0)  # float32 (), not contiguous",
        "v2 = getitem(x0, index=(slice(0, 2, None),))  # float64 (2,)",
        "v3 = multiply(v2, x1)  # float64 (2,), under no_grad",
        "return v3, v2",
    ]


def branching():
    inputs = tuple(Input(np.array(float(i)), requires_grad=i != 1) for i in range(3))
    nodes = (
        Node("exp", (0,), {}, (), "float64"),  # 3
        Node("add", (3, 1), {}, (), "float64"),  # 4
        Node("detach", (4,), {}, (), "float64"),  # 5
        Node("greater", (4, 5), {}, (), "bool"),  # 6
        Node("multiply", (4, 5), {}, (), "float64", grad_enabled=False),  # 7
        Node("multiply", (4, 2), {}, (), "float64"),  # 8
    )
    return Graph(inputs, nodes, (8,))


def test_tracking_follows_from_the_recorded_causes():
    # leaf, constant, leaf, exp, add, detach, comparison, under no_grad, multiply
    assert branching().tracked == (True, False, True, True, True, False, False, False, True)
    assert branching().leaves == (0, 2)
    assert branching().depth == 4


def test_reaching_goes_along_tracked_paths():
    assert branching().reached_from(8) == {8, 4, 3, 0, 2}
    assert branching().reached_from(4) == {4, 3, 0}
    assert branching().reached_from(5) == frozenset()
    assert branching().reached_from(0) == {0}


def test_what_moves_with_an_input_goes_along_paths_that_a_derivative_can_take_and_on_to_conditions():
    # not the detached 5, nor 7, which was made under no_grad
    assert branching().moved_by([0]) == {0, 3, 4, 6, 8}
    assert branching().moved_by([1]) == {1, 4, 6, 8}
    assert branching().moved_by([2]) == {2, 8}
    assert branching().moved_by([]) == frozenset()


def test_what_is_held_is_not_played():
    played = []

    def interpret(node, args):
        played.append(node.op)
        return f"{node.op}({', '.join(args)})"

    values = branching().play(interpret, ["a", "b", "c"], held={3: "H", 5: "D", 6: "G", 7: "N"})
    assert played == ["add", "multiply"]
    assert values == ["a", "b", "c", "H", "add(H, b)", "D", "G", "N", "multiply(add(H, b), c)"]


def test_cutting_keeps_what_the_outputs_need_and_nothing_else():
    cut = branching().cut()
    assert [node.op for node in cut.nodes] == ["exp", "add", "multiply"]
    assert [node.args for node in cut.nodes] == [(0,), (3, 1), (4, 2)]
    assert cut.outputs == (5,)
    needless = Graph(branching().inputs, branching().nodes, (3,)).cut()
    assert [float(x.value) for x in needless.inputs] == [0.0]
    assert needless.outputs == (1,)
    assert cut.cut().id == cut.id


def test_playing_gives_each_node_its_meaning_and_shows_each_result():
    seen = []
    meanings = {"exp": lambda a: f"e({a})", "detach": lambda a: a}

    def interpret(node, args):
        return meanings.get(node.op, lambda *xs: f"{node.op}{xs}")(*args)

    values = branching().play(interpret, ["a", "b", "c"], lambda i, value: seen.append((i, value)))
    assert values[4] == "add('e(a)', 'b')"
    assert seen == list(enumerate(values))[3:]


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (0,)], ids=str)
@pytest.mark.parametrize("contiguous", [True, False])
def test_inputs_are_laid_out_as_recorded(shape, contiguous):
    value = np.arange(np.prod(shape, dtype=int)).reshape(shape) * 1.0
    made = Input(value, contiguous=contiguous).materialise()
    assert bits(made) == bits(value)
    assert not np.shares_memory(made, value)
    assert made.flags.writeable
    if value.size > 1:
        assert made.flags.c_contiguous is contiguous
    assert bits(lay_out(value, contiguous=True)) == bits(value)


def broken(**changes):
    data = json.loads(single().to_json())
    for path, value in changes.items():
        part = data
        *route, last = [int(key) if key.isdigit() else key for key in path.split("__")]
        for key in route:
            part = part[key]
        part[last] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        (single().to_json()[:-5], "not JSON"),
        ("[1, 2]", "not a gradproof-graph file: its format is 'list'"),
        ("{}", "its format is None"),
        ("[" * 100000, "nests too deeply"),
        (broken(format="other"), "its format is 'other'"),
        (broken(version=VERSION_WITH_CALLS + 1), f"reads version {VERSION}; a newer Gradproof"),
        (broken(version=VERSION_WITH_CALLS), "version 2 is not that of its nodes"),
        (broken(inputs=None), "damaged graph: TypeError"),
        (broken(nodes__0__op=7), "7 is no name of an op"),
        (broken(nodes__0__args=[1]), "v1 takes value 1, not an earlier one"),
        (broken(nodes__0__args=["0"]), "v1 takes value '0'"),
        (broken(nodes__0__args=[-1]), "takes value -1"),
        (broken(nodes__0__dtype="complex64"), "dtype 'complex64' is none of"),
        (broken(nodes__0__params={"a": {"set": [1]}}), "'set' is no kind of parameter"),
        (broken(nodes__0__params={"a": [1]}), r"\[1\] is no parameter value"),
        (broken(outputs=[2]), "output 2 is no value of it"),
        (broken(inputs__0__value__dtype="bfloat16"), "dtype 'bfloat16' is none of"),
        (broken(inputs__0__value__data=["0x1p+9999"]), "damaged graph: OverflowError"),
        (broken(inputs__0__value__data=["one"]), "damaged graph: ValueError"),
        (broken(inputs__0__value__data=[]), "damaged graph: ValueError"),
        (broken(inputs__0__value__shape=[-1]), "is no shape"),
        (broken(inputs__0__value={"dtype": "int64", "shape": [], "data": [2**63]}), "damaged graph: OverflowError"),
        (broken(inputs__0__value={"dtype": "int64", "shape": [], "data": [1.5]}), "1.5 is no int64"),
        (broken(inputs__0__value={"dtype": "bool", "shape": [], "data": [2]}), "2 is no bool"),
        (broken(inputs__0__value={"dtype": "float32", "shape": [], "data": [(0.1).hex()]}), "0.1 is no float32"),
    ],
)  # fmt: skip
def test_a_damaged_or_newer_file_says_what_is_wrong(text, message):
    with pytest.raises(GraphFormatError, match=message):
        Graph.from_json(text)


def test_a_graph_at_other_values_is_the_same_graph_in_the_same_dtypes():
    inputs = (Input(np.array([1.0, 2.0], np.float32), requires_grad=True), Input(np.array([3.0, 4.0])))
    graph = Graph(inputs, (Node("add", (0, 1), {}, (2,), "float64"),), (2,))
    other = graph.at({0: np.array([0.1, 5.0])})
    assert (other.inputs[0].value.dtype, other.inputs[0].requires_grad) == (np.float32, True)
    np.testing.assert_array_equal(other.inputs[0].value, np.array([0.1, 5.0], np.float32))
    assert other.inputs[1] is graph.inputs[1]
    assert (other.nodes, other.outputs) == (graph.nodes, graph.outputs)


def test_labels_are_for_reading_alone():
    graph = Graph((Input(np.ones(2), True), Input(np.ones(2))), (Node("add", (0, 1), {}, (2,), "float64"),), (2,))
    named = graph.labelled(["params['w']"])
    assert str(named).splitlines()[2].startswith("v2 = add(params['w'], x1)")
    assert named.id == graph.id
    assert named.at({0: np.zeros(2)}).name(0) == "params['w']"
    assert str(named.unlabelled()) == str(graph)


def test_a_label_never_names_two_values():
    graph = Graph((Input(np.ones(2), True), Input(np.ones(2))), (Node("add", (0, 1), {}, (2,), "float64"),), (2,))
    assert [graph.labelled(["x1"]).name(i) for i in range(3)] == ["x1", "x1'", "v2"]
    assert [graph.labelled(["v2", "b"]).name(i) for i in range(3)] == ["v2", "b", "v2'"]
