"""Building: every text of bytes is a case, simpler bytes make a simpler one, and blocks do not disturb each other."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradproof.engine.vocabulary import OPS
from gradproof.symbolic.rules.linear_algebra import LARGEST_WRITTEN_OUT
from gradproof.verify.generation.builder import BLOCK, DTYPES, HEADER, LARGEST_FACTORED, MOST_ENTRIES, build

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
    for each in case.graph.inputs[:1]:
        counting, domain = np.arange(1.0, each.size + 1).reshape(each.shape), OPS[name].domain_of(0)[0]
        is_free = domain.kind != "real" or domain.contains(counting).all()
        assert np.all(each.value == counting if is_free else domain.contains(each.value))
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
def test_no_matrix_is_larger_than_its_factors_are_soon_enclosed(header, blocks):
    case = build(("concat", "cholesky", "svdvals", "sqrtm"), "float64", header, blocks)
    matrices = [case.graph[node.args[0]].shape for node in case.graph.nodes if node.op != "concat"]
    assert all(max(shape[-2:]) <= LARGEST_FACTORED for shape in matrices)


@pytest.mark.parametrize("name", ["det", "det_sign", "inv", "logabsdet", "solve"])
def test_larger_matrices_than_are_written_out_are_drawn_for_linear_systems(name):
    rng = np.random.default_rng(0)
    cases = [build((name,), "float64", rng.bytes(HEADER), [rng.bytes(BLOCK)]) for _ in range(60)]
    shapes = {case.graph[node.args[0]].shape for case in cases for node in case.graph.nodes if node.op == name}
    assert any(shape[-1] > LARGEST_WRITTEN_OUT for shape in shapes)
