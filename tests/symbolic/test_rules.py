from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flint import arb

import gradproof.symbolic
from gradproof import trace
from gradproof.engine.op import Op
from gradproof.engine.vocabulary import OPS
from gradproof.errors import MirrorError
from gradproof.graph import Graph, Input, Node
from gradproof.symbolic import RULES, mirror
from gradproof.symbolic.balls import Balls, exact_balls, precision
from gradproof.symbolic.derivative import Sweep

FOLDER = Path(gradproof.symbolic.__file__).parent
SHAPES = ((2, 3), (2, 2), (3,), (2, 2, 2), (1, 1, 2, 2))


@pytest.mark.parametrize("name", OPS)
def test_every_op_of_the_engine_has_a_mirror(name):
    assert name in RULES, f'{name} has no mirror; add  "{name}": ...  to symbolic/rules/'


def test_an_op_without_a_mirror_names_the_line_to_add():
    x = Input(np.array(1.0), requires_grad=True)
    graph = Graph((x,), (Node("no_such_op", (0,), {}, (), "float64"),), (1,))
    with pytest.raises(MirrorError, match=r'no_such_op has no mirror; add  "no_such_op": \.\.\.  to'):
        mirror(graph)


def draw(op: Op, rng: np.random.Generator) -> tuple[list[Any], dict[str, Any]]:
    """Return arguments inside the declared domain, and parameters."""
    shape = next(each for each in SHAPES if op.shape.parameters(each))
    parameters = op.shape.parameters(shape)
    static = {key: options[rng.integers(len(options))] for key, options in op.params.items()}
    params = {**parameters[rng.integers(len(parameters))], **static}
    partners = op.shape.partners(0, shape, **params)
    shapes = partners[rng.integers(len(partners))]
    boxes = range(len(op.domain))
    box = int(rng.choice(boxes))
    return [entries(op, op.domain_of(slot)[box], slot, shapes, params, rng) for slot in range(len(shapes))], params


def entries(op: Op, domain: Any, slot: int, shapes: Any, params: dict[str, Any], rng: np.random.Generator) -> Any:
    shape = shapes[slot]
    if domain.kind == "boolean":
        return rng.random(shape) < 0.5
    if domain.kind == "index":
        return rng.integers(op.shape.places(slot, *shapes, **params), size=shape)
    if domain.matrices:
        values = rng.uniform(-3.0, 3.0, size=shape)
        return values if domain.contains(values).all() else values + 9.0 * np.diag(np.arange(1.0, shape[-1] + 1.0))
    low, high = max(domain.low, -3.0), min(domain.high, 3.0)
    values = rng.uniform(low, high, size=shape)
    return np.asarray(np.ceil(values) + (np.ceil(values) == 0) if domain.integer else values)


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize("seed", range(6))
def test_the_mirror_agrees_with_the_forward_of_the_engine(name, seed):
    op = OPS[name]
    args, params = draw(op, np.random.default_rng([seed, *name.encode()]))
    expected = op.forward(*args, **params)
    graph = trace(lambda *xs: op(*xs, **params), *args)
    with precision(128):
        values = Sweep(graph, Balls(), [exact_balls(x.value) for x in graph.inputs]).values[graph.outputs[0]]
    assert values.shape == np.shape(expected)
    if np.asarray(expected).dtype == np.bool_:
        np.testing.assert_array_equal(values.astype(bool), expected)
    else:
        # an enclosure that proves nothing would agree with everything
        assert all(arb(v).rad() < 1e-30 for v in values.flat)
        rtol = {"float32": 1e-6, "float16": 1e-3}.get(params.get("dtype"), 1e-12)
        np.testing.assert_allclose(values.astype(float), expected, rtol=rtol, atol=1e-14)


def calls_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    return {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }


def test_sympy_diff_is_called_and_nothing_else_differentiates():
    differentiating = {path.name for path in FOLDER.rglob("*.py") if "diff" in calls_of(path)}
    assert differentiating == {"mirror.py", "scalar.py"}


def test_only_the_table_of_definitions_is_keyed_by_ops():
    pointwise = {"exp", "log", "sin", "cos", "tanh", "sigmoid", "sqrt", "multiply", "divide", "pow", "softmax"}
    tables = []
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            keys = {key.value for key in getattr(node, "keys", []) if isinstance(key, ast.Constant)}
            tables += [path.parent.name] if len(keys & pointwise) > 1 else []
    assert set(tables) == {"rules"}
