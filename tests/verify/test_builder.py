"""Building: every text of bytes is a case, simpler bytes make a simpler one, and blocks do not disturb each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.engine.op import OPS
from gradproof.symbolic.rules.linear_algebra import LARGEST_MATRIX
from gradproof.verify.builder import BLOCK, DTYPES, HEADER, MOST_ENTRIES, build

NAMES = tuple(sorted(OPS))
BLOCKS = st.lists(st.binary(min_size=BLOCK, max_size=BLOCK), min_size=1, max_size=16)


@given(st.binary(min_size=HEADER, max_size=HEADER), BLOCKS)
def test_all_bytes_make_a_case_and_the_same_ones_the_same(header, blocks):
    case = build(NAMES, None, header, blocks)
    assert case.id == build(NAMES, None, header, blocks).id
    assert all(value.size <= MOST_ENTRIES for value in case.graph.nodes)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_no_bytes_make_the_simplest_case_of_each_op(name, dtype):
    case = build((name,), dtype, b"", [b""])
    assert [node.op for node in case.graph.nodes][:1] == [name]
    assert len(case.graph.nodes) <= 2
    first = case.graph.inputs[0].value
    counting = np.arange(1, first.size + 1).reshape(first.shape)
    domain = OPS[name].domain_of(0)[0]
    assert np.all((first == counting) | bool(domain.matrices and domain.contains(first).all()))
    assert all(np.all(ct == 1.0) for ct in case.cotangents)


@given(BLOCKS)
def test_a_block_that_only_adds_a_leaf_of_its_own_leaves_the_others_alone(blocks):
    alone = build(("sin", "multiply"), "float64", b"", blocks)
    followed = build(("sin", "multiply"), "float64", b"", [*blocks, bytes(BLOCK)])
    if alone.graph.depth > 1:
        assert str(followed.graph) == str(alone.graph)


@given(st.binary(min_size=HEADER, max_size=HEADER), BLOCKS)
def test_an_op_is_put_on_its_domain_or_left_for_the_simplest_leaf(header, blocks):
    case = build(("log", "exp", "sqrt", "negative"), None, header, blocks)
    assert all(np.all(np.isfinite(each.value)) for each in case.graph.inputs)
    assert case.graph.nodes


@given(st.binary(min_size=HEADER, max_size=HEADER), BLOCKS)
def test_no_matrix_is_larger_than_the_mirror_writes_out(header, blocks):
    case = build(("concat", "det", "inv", "solve"), "float64", header, blocks)
    matrices = [case.graph[node.args[0]].shape for node in case.graph.nodes if node.op != "concat"]
    assert all(shape[-1] <= LARGEST_MATRIX for shape in matrices)
