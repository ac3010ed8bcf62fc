from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx

from gradproof import trace
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.engine.vocabulary import OPS
from gradproof.errors import MirrorError
from gradproof.graph import Graph, Input, Node
from gradproof.symbolic import Proof, prove, prove_node, prove_sum
from gradproof.symbolic.balls import Kind
from gradproof.symbolic.limits import limits_beside
from gradproof.symbolic.oracle import DECISIVE_BITS, MOST_BITS, START_BITS


@pytest.fixture
def proof_of(budgets):
    def prove_function(function: Any, *inputs: Any) -> Proof:
        return prove(Case.of_ones(trace(function, *map(np.asarray, inputs))), budgets)

    return prove_function


def reasons(proof: Proof) -> dict[int, set[str]]:
    return {site: set(found) for site, found in proof.notes.items()}


def test_the_zero_gradient_of_sum_of_softmax_is_proven(proof_of):
    proof = proof_of(lambda x: ops.sum(ops.softmax(x, axis=0)), [0.3, -1.2, 2.5])
    gradient = proof.gradients[0][0]
    assert proof.is_sharp
    assert proof.bits == START_BITS
    assert not proof.notes
    assert all(ball.contains(0) for ball in gradient.enclosure)
    assert np.all((gradient.tolerances > 0) & (gradient.tolerances < 1e-13))
    assert np.all(gradient.admits(np.array([0.0, 1e-17, -1e-17])))
    assert not np.any(gradient.admits(np.full(3, 1e-12)))


@pytest.mark.parametrize(
    ("function", "inputs", "site", "low", "high"),
    [
        (lambda x: ops.relu(ops.negative(x)), [0.0], 2, -1, 0),
        (lambda x: ops.abs(x), [0.0], 1, -1, 1),
        (lambda x: ops.max(x, axis=None, keepdims=False), [[2.0, 2.0]], 1, 0, 1),
        (lambda x: ops.max(x, axis=0, keepdims=True), [[2.0, 2.0, 2.0]], 1, 0, 1),
        (lambda x: ops.maximum(x, 1.0), [1.0], 2, 0, 1),
        (lambda x: ops.where(ops.greater(x, 0.0), x, ops.negative(x)), [0.0], 4, -1, 1),
    ],
    ids=["relu", "abs", "max", "max of three", "maximum", "where"],
)
def test_a_kink_gives_the_hull_and_a_note_at_its_node(proof_of, function, inputs, site, low, high):
    proof = proof_of(function, *inputs)
    hull = proof.gradients[0][0].enclosure.flat[0]
    assert reasons(proof) == {site: {"kink"}}
    assert hull.contains(low)
    assert hull.contains(high)
    assert not proof.is_sharp
    assert proof.bits == 4 * START_BITS, "more precision does not help at a kink"


@pytest.mark.parametrize("name", ["sqrt", "log"])
def test_an_infinite_slope_has_no_finite_enclosure(proof_of, name):
    proof = proof_of(lambda x: getattr(ops, name)(x), 0.0)
    assert reasons(proof) == {1: {"singular"}}
    assert not proof.gradients[0][0].enclosure[()].is_finite()
    assert not np.any(proof.gradients[0][0].admits(np.array(1e300)))
    assert not proof.is_sharp


def test_a_function_is_singular_where_it_has_no_value_though_its_derivative_has_one(proof_of):
    assert reasons(proof_of(lambda x: ops.log(x), -1.0)) == {1: {"singular"}}


def test_a_branch_outside_its_domain_that_is_not_taken_does_no_harm(proof_of):
    proof = proof_of(lambda x: ops.where(ops.greater(x, 0.0), ops.log(x), 0.0), [2.0, -1.0])
    assert not proof.notes
    assert proof.gradients[0][0].midpoints.tolist() == [0.5, 0.0]


def test_ties_of_data_are_decided(proof_of):
    def function(x):
        data = np.array([1.0, 2.0, 3.0])
        return ops.sum(ops.where(ops.greater_equal(trace_constant(data), trace_constant(data)), x, ops.negative(x)))

    def trace_constant(array):
        return ops.detach(ops.clone(x_like(array)))

    def x_like(array):
        from gradproof.engine import as_tensor

        return as_tensor(array)

    proof = proof_of(function, [1.0, 2.0, 3.0])
    assert not proof.notes
    assert proof.gradients[0][0].midpoints.tolist() == [1.0, 1.0, 1.0]


def test_a_branch_that_no_precision_decides_gives_the_union_of_both(proof_of):
    # a third is no float, but three thirds are one
    def function(x):
        return ops.where(ops.less(ops.multiply(ops.divide(x, 3.0), 3.0), 1.0), x, ops.multiply(x, 2.0))

    proof = proof_of(function, 1.0)
    gradient = proof.gradients[0][0]
    assert "kink" in set().union(*proof.notes.values())
    assert gradient.enclosure[()].contains(1)
    assert gradient.enclosure[()].contains(2)


def test_rounding_errors_that_may_flip_a_branch_widen_the_tolerance_and_are_noted(proof_of):
    # exp(1) is a little more than math.e: an implementation may find it equal
    proof = proof_of(lambda x: ops.where(ops.greater(ops.exp(x), math.e), x, ops.multiply(x, 3.0)), 1.0)
    gradient, value = proof.gradients[0][0], proof.values[max(proof.values)]
    assert {"kink"} in reasons(proof).values()
    assert (gradient.midpoints, value.midpoints) == (1.0, 1.0), "the truth is known"
    assert gradient.admits(np.array(3.0))
    assert value.admits(np.array(3.0))
    assert not value.admits(np.array(3.1))


def test_a_kink_that_only_rounding_errors_can_reach_is_noted_and_admits_both_sides(proof_of):
    proof = proof_of(lambda x: ops.relu(ops.subtract(ops.exp(x), math.exp(1.0))), 1.0)
    gradient = proof.gradients[0][0]
    assert {"kink"} in reasons(proof).values()
    assert gradient.admits(np.array(0.0))
    assert gradient.admits(np.array(math.e))
    assert gradient.radii < 1e-30


def test_where_only_rounding_errors_reach_a_kink_the_derivative_is_that_of_all_points_beside(budgets):
    case = Case.of_ones(trace(lambda x: ops.relu(ops.exp(x) - ops.exp(x[::-1])), np.array([0.3, 0.3 + 2.0**-53])))
    proof = prove(case, budgets)
    (branching,) = proof.branchings
    assert set(proof.switches.values()) == {Kind.FLIP}
    assert branching is not None
    (derivative,) = branching.limits
    beside = list(limits_beside(case.graph, case.graph.outputs[0], case.cotangents[0]))
    assert len(beside) == 16
    for each in beside:
        assert all(abs(a - b) < arb(2) ** -100 for a, b in zip(derivative[0], each[0], strict=True))


@pytest.mark.parametrize("x", [-800.0, -300.0, -20.0, 20.0, 300.0, 800.0])
@pytest.mark.parametrize(
    ("function", "truth"),
    [
        (lambda x: ops.tanh(x), lambda x: x.sech() ** 2),
        (lambda x: ops.sigmoid(x), lambda x: (x / 2).sech() ** 2 / 4),
        (lambda x: ops.softplus(x), lambda x: ((x / 2).tanh() + 1) / 2),
        (
            lambda x: ops.binary_cross_entropy_with_logits(x, 0.25, reduction="mean"),
            lambda x: ((x / 2).tanh() + 1) / 2 - arb(0.25),
        ),
        (
            lambda x: ops.binary_cross_entropy_with_logits(x, 1.0, reduction="sum"),
            lambda x: ((x / 2).tanh() - 1) / 2,
        ),
    ],
    ids=["tanh", "sigmoid", "softplus", "cross entropy", "cross entropy of a certain label"],
)
def test_saturation_is_proven(proof_of, function, truth, x):
    proof = proof_of(function, x)
    enclosure = proof.gradients[0][0].enclosure[()]
    assert proof.is_sharp
    assert not proof.notes
    ctx.prec = 4096
    try:
        assert enclosure.overlaps(truth(arb(x)))
    finally:
        ctx.prec = 53
    assert proof.values[len(proof.values) - 1].is_sharp


@pytest.mark.parametrize("x", [0.0, -1.5, 2.0])
@pytest.mark.parametrize(
    ("power", "slope"), [(0.0, lambda x: 0), (1.0, lambda x: 1), (2.0, lambda x: 2 * x), (3.0, lambda x: 3 * x**2)]
)
def test_integer_powers_are_differentiated_at_every_base(proof_of, x, power, slope):
    proof = proof_of(lambda x: ops.pow(x, power), x)
    assert not proof.notes
    assert proof.gradients[0][0].midpoints == slope(x)


def test_powers_of_zero_do_not_depend_on_a_positive_exponent(proof_of):
    proof = proof_of(lambda x, p: ops.pow(x, p), 0.0, 2.5)
    assert [float(proof.gradients[0][leaf].enclosure[()]) for leaf in (0, 1)] == [0.0, 0.0]
    assert not proof.notes


def test_negative_bases_have_no_derivative_by_the_exponent(proof_of):
    assert reasons(proof_of(lambda x, p: ops.pow(x, p), -2.0, 3.0)) == {2: {"singular"}}


def test_two_values_of_the_same_large_magnitude_are_told_apart_by_more_precision(proof_of):
    proof = proof_of(lambda x: ops.relu(ops.subtract(1.0, ops.tanh(x))), 300.0)
    assert 800 < proof.bits < MOST_BITS
    assert not proof.undecided
    assert proof.gradients[0][0].radii < 1e-290
    assert float(proof.values[len(proof.values) - 1].enclosure[()]) == pytest.approx(2 * math.exp(-600), rel=1e-9)


def test_precision_is_not_chased_where_it_would_not_help(proof_of):
    assert proof_of(lambda x: ops.sqrt(x), 0.0).bits == DECISIVE_BITS


@pytest.mark.parametrize("bits", [53, 200])
def test_the_precision_of_the_process_is_left_as_it_was(proof_of, bits):
    ctx.prec = bits
    try:
        proof_of(lambda x: ops.tanh(x), 300.0)
        assert ctx.prec == bits
        with pytest.raises(MirrorError):
            prove(Case.of_ones(Graph((Input(np.array(1.0)),), (Node("no_op", (0,), {}, (), "float64"),), (1,))), {})
        assert ctx.prec == bits
    finally:
        ctx.prec = 53


def test_a_leaf_that_no_tracked_path_reaches_is_structurally_zero(proof_of):
    proof = proof_of(lambda x, y: ops.multiply(x, ops.detach(y)), [1.0, 2.0], [3.0, 4.0])
    assert proof.gradients[0][1].structural
    assert proof.gradients[0][1].admits(np.array([0.0, -0.0])).all()
    assert not proof.gradients[0][1].admits(np.array([5e-324, 1.0])).any()
    assert not proof.gradients[0][0].structural


def test_an_output_that_is_an_input_has_the_identity_as_its_jacobian(budgets):
    graph = Graph((Input(np.array([1.0, 2.0]), requires_grad=True),), (), (0,))
    gradient = prove(Case(graph, (np.array([3.0, -4.0]),)), budgets).gradients[0][0]
    assert gradient.midpoints.tolist() == [3.0, -4.0]
    assert gradient.tolerances.tolist() == [0.0, 0.0]


def test_an_output_listed_twice_is_pulled_back_twice(budgets):
    graph = trace(lambda x: ops.square(x), np.array(3.0))
    twice = Graph(graph.inputs, graph.nodes, graph.outputs * 2)
    proof = prove(Case(twice, (np.array(1.0), np.array(10.0))), budgets)
    assert [gradient[0].midpoints for gradient in proof.gradients] == [6.0, 60.0]


def test_an_untracked_output_gives_structural_zeros(proof_of):
    assert proof_of(lambda x: ops.detach(x), [1.0]).gradients[0][0].structural


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1, 1)])
def test_shapes_without_entries_or_dimensions_are_proven(proof_of, shape):
    proof = proof_of(lambda x: ops.sum(ops.multiply(ops.tanh(x), 2.0)), np.full(shape, 0.5))
    expected = np.full(shape, 2 / math.cosh(0.5) ** 2)
    np.testing.assert_allclose(proof.gradients[0][0].midpoints, expected, rtol=1e-15)
    assert proof.gradients[0][0].admits(expected).all()


def test_a_contraction_over_nothing_is_zero(proof_of):
    proof = proof_of(lambda a, b: ops.matmul(a, b), np.ones((2, 0)), np.ones((0, 3)))
    assert proof.values[2].midpoints.tolist() == [[0.0] * 3] * 2
    assert proof.gradients[0][0].enclosure.shape == (2, 0)


def test_a_chain_of_a_thousand_nodes_is_proven(proof_of):
    def chain(x):
        for _ in range(500):
            x = ops.multiply(ops.sin(x), 1.5)
        return x

    x, slope = 1.0, 1.0
    for _ in range(500):
        slope *= 1.5 * math.cos(x)
        x = 1.5 * math.sin(x)
    assert proof_of(chain, 1.0).gradients[0][0].midpoints == pytest.approx(slope, rel=1e-9)


def test_a_mask_used_as_a_number_counts_as_zero_and_one(proof_of):
    proof = proof_of(lambda x: ops.multiply(ops.greater(x, 0.0), x), [2.0, -3.0])
    assert proof.gradients[0][0].midpoints.tolist() == [1.0, 0.0]


def test_integers_used_as_numbers_are_exact(proof_of):
    proof = proof_of(lambda x, n: ops.multiply(x, n), [2.0, 0.5], np.array([3, -4]))
    assert proof.gradients[0][0].midpoints.tolist() == [3.0, -4.0]


def test_nan_and_infinity_are_never_admitted(proof_of):
    gradient = proof_of(lambda x: ops.square(x), 3.0).gradients[0][0]
    for value in (math.nan, math.inf, -math.inf):
        assert not gradient.admits(np.array(value))
        assert gradient.distances(np.array(value)) == math.inf
    assert gradient.distances(np.array(6.5)) == 0.5


def test_tolerances_and_radii_are_rounded_up(proof_of):
    proven = proof_of(lambda x: ops.exp(x), np.linspace(0.0, 1.0, 40)).gradients[0][0]
    budget, u = OPS["exp"].budget, 2.0**-53
    for x, shown in zip(np.linspace(0.0, 1.0, 40), proven.tolerances, strict=True):
        # the slope e^x at an argument moved by 8 u x, the cotangent by 8 u, and a product at most as large
        tolerance = arb(float(x)).exp() * (budget.vjp * u + budget.arguments[0] * u * arb(float(x)))
        assert tolerance <= arb(float(shown)) <= 1.001 * tolerance
    for shown, ball in zip(proven.radii, proven.enclosure, strict=True):
        assert arb(float(shown)) >= ball.rad()


def test_a_node_is_proven_alone_at_the_values_it_was_given(budgets):
    graph = trace(lambda x, y: ops.multiply(ops.exp(x), ops.detach(y)), np.array(1.0), np.array(2.0))
    site = len(graph) - 1
    proof = prove_node(graph, site, [np.array(5.0), np.array(7.0)], np.array(2.0), budgets)
    assert proof.value is not None
    assert proof.value.midpoints == 35.0
    first, second = proof.cotangents
    assert first is not None
    assert first.midpoints == 14.0
    assert second is None, "a detached argument has no cotangent"
    assert prove_node(graph, site, [np.array(5.0), np.array(7.0)], None, budgets).cotangents == (None, None)


def test_a_comparison_alone_gives_its_answers(budgets):
    graph = trace(lambda x: ops.where(ops.greater(x, 1.0), x, 0.0), np.array([0.0, 1.0, 2.0]))
    site, node = next((site, node) for site, node in graph.enumerate_nodes() if node.op == "greater")
    args = [np.array([0.0, 1.0, 2.0]), np.array(1.0)]
    proof = prove_node(graph, site, args, None, budgets)
    assert proof.value is None
    assert proof.answers is not None
    assert proof.answers.tolist() == [False, False, True]
    assert proof.shape == node.shape


def test_a_sum_of_cotangents_is_proven_in_any_order_of_addition():
    parts = [np.array([1.0, 0.1]), np.array([2.0**-60, 0.2]), np.array([-1.0, 0.3])]
    proven = prove_sum(parts)
    assert float(proven.enclosure[0]) == 2.0**-60
    # gamma_2 of the sum of magnitudes
    assert float(proven.tolerances[0]) == pytest.approx(2 * 2.0**-53 * 2.0, rel=1e-12)
    assert proven.admits(parts[0] + parts[1] + parts[2]).all()
    assert proven.admits(parts[0] + (parts[1] + parts[2])).all()
    assert prove_sum(parts[:1]).tolerances.tolist() == [0.0, 0.0]


def test_a_value_of_another_shape_than_recorded_is_an_error(budgets):
    x = Input(np.array([1.0, 2.0]), requires_grad=True)
    nodes = (
        Node("sum", (0,), {"axis": None, "keepdims": False}, (1,), "float64"),
        Node("exp", (1,), {}, (1,), "float64"),
    )
    with pytest.raises(MirrorError, match=r"v1 has shape \(\) in the mirror, but the graph records \(1,\)"):
        prove(Case.of_ones(Graph((x,), nodes, (2,))), budgets)
