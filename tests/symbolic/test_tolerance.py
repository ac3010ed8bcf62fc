from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from flint import arb

from gradproof import trace
from gradproof.budget import EXACT, Budget, Form, centred, correctly_rounded, normwise, pointwise, product, summation
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.engine.backward import fit
from gradproof.engine.shapes import Elementwise, Expansion
from gradproof.engine.vocabulary import OPS
from gradproof.exact import Array
from gradproof.graph import Graph, Input, Node
from gradproof.symbolic import Proven, prove

UNIT = 2.0**-24


@dataclass
class Adversary:
    """An implementation that commits, at every op, errors as large as the budget allows.

    The graph is one of float32; the errors are put on float64 arithmetic, whose own are far below them.
    """

    graph: Graph
    budgets: Mapping[str, Budget]
    sign: Callable[[tuple[int, ...]], Array]

    def move(self, a: Array, size: float) -> Array:
        return a if a.dtype != np.float64 or not size else a * (1 + size * UNIT * self.sign(a.shape))

    def gamma(self, count: float) -> float:
        return count / (1 - count * UNIT)

    def summed(self, node: Node, args: list[Array]) -> list[Array]:
        """Move the terms of the sums that an op forms by what the additions may commit."""
        if node.op in {"sum", "mean"}:
            return [self.move(args[0], self.gamma(args[0].size / max(np.prod(node.shape), 1) - 1))]
        if node.op == "cumulative_sum":
            return [self.move(args[0], self.gamma(args[0].shape[node.params["axis"]] - 1))]
        if node.op == "matmul":
            return [self.move(args[0], self.gamma(args[0].shape[-1])), args[1]]
        return args

    def factors(self, node: Node, args: list[Array]) -> float:
        """Return how many entries of the first argument a product, a mean or a matrix combines."""
        if self.budgets[node.op].form is Form.NORMWISE:
            return max(args[0].shape[-2:])
        axis = node.params["axis"]
        return args[0].size if axis is None else args[0].shape[axis]

    def perturbed(self, node: Node, args: list[Array]) -> list[Array]:
        """Commit the backward error: relative to every argument, or to the norm of its matrix."""
        budget = self.budgets[node.op]
        sizes = [budget.arguments[min(i, len(budget.arguments) - 1)] for i in range(len(args))]
        if budget.form is Form.CENTRED:
            sizes = [self.gamma(size * self.factors(node, args)) for size in sizes]
        if budget.form is not Form.NORMWISE:
            return list(map(self.move, args, sizes))
        norms = [np.abs(arg).max(axis=(-2, -1), keepdims=True) if arg.ndim > 1 else 0 for arg in args]
        sizes = [size * self.factors(node, args) for size in sizes]
        return [a + size * UNIT * norm * self.sign(a.shape) for a, size, norm in zip(args, sizes, norms, strict=True)]

    def compounded(self, node: Node, args: list[Array], size: float) -> float:
        is_product = self.budgets[node.op].form is Form.PRODUCT
        return self.gamma(size * self.factors(node, args)) if is_product else size

    def sent_back(self, node: Node, args: list[Array], slot: int) -> float:
        """Return how many roundings the sums that send a cotangent back to one entry commit."""
        if node.op == "matmul":
            return 1 if 1 in {arg.ndim for arg in args} else node.shape[-2 if slot else -1]
        broadcasts = isinstance(OPS[node.op].shape, Elementwise | Expansion)
        return (
            np.prod(node.shape, dtype=int) // max(args[slot].size, 1) - 1 if broadcasts and np.prod(node.shape) else 0
        )

    def forward(self, node: Node, args: list[Array]) -> Array:
        budget = self.budgets[node.op]
        y = np.asarray(OPS[node.op].forward(*self.summed(node, self.perturbed(node, args)), **node.params))
        if budget.whole:
            largest = np.max(np.abs(y), axis=(-2, -1), keepdims=True, initial=0.0)
            y = y + budget.whole * self.factors(node, args) * UNIT * largest * self.sign(y.shape)
        return self.move(y, self.compounded(node, args, budget.forward))

    def pull(self, node: Node, args: list[Array], ct: Array, slot: int) -> Array:
        budget = self.budgets[node.op]
        rule = OPS[node.op].rule(slot)
        assert rule is not None
        moved = self.perturbed(node, args)
        y = np.asarray(OPS[node.op].forward(*moved, **node.params))
        ct = self.move(
            self.move(ct, self.compounded(node, args, budget.vjp)), self.gamma(self.sent_back(node, args, slot))
        )
        return np.asarray(fit(rule(ct, y, *moved, **node.params), args[slot].shape, np.dtype("float64")))

    def gradients(self, ct: Array) -> dict[int, Array]:
        values = [np.asarray(x.value, dtype=np.float64 if x.dtype == "float32" else x.dtype) for x in self.graph.inputs]
        for node in self.graph.nodes:
            values.append(self.forward(node, [values[arg] for arg in node.args]))
        arrived: defaultdict[int, list[Array]] = defaultdict(list)
        arrived[self.graph.outputs[0]].append(ct)
        for site in range(len(self.graph) - 1, len(self.graph.inputs) - 1, -1):
            if site in arrived:
                node = self.graph[site]
                assert isinstance(node, Node)
                for slot, arg in enumerate(node.args):
                    if self.graph.tracked[arg]:
                        args = [values[each] for each in node.args]
                        joined = self.join(arrived[site])
                        arrived[arg].append(self.pull(node, args, joined, slot))
        return {leaf: self.join(arrived[leaf]) for leaf in self.graph.leaves}

    def join(self, parts: list[Array]) -> Array:
        return np.asarray(sum(self.move(part, self.gamma(len(parts) - 1)) for part in parts))


def signs(rng: np.random.Generator, trial: int) -> Callable[[tuple[int, ...]], Array]:
    """Return errors that are all up, all down, equal within an op, or independent."""
    if trial < 2:
        return lambda shape: np.full(shape, 1.0 - 2 * trial)
    if trial % 2:
        return lambda shape: np.full(shape, rng.choice([-1.0, 1.0]))
    return lambda shape: rng.choice([-1.0, 1.0], size=shape)


def shared(x: Any) -> Any:
    y = ops.exp(x)
    return ops.sum(ops.add(ops.multiply(y, y), ops.multiply(y, x)))


GRAPHS: dict[str, tuple[Callable[..., Any], list[tuple[int, ...]]]] = {
    "product and sum": (lambda x, y: ops.sum(ops.multiply(x, y)), [(3, 4), (3, 4)]),
    "broadcast": (lambda x, y: ops.sum(ops.tanh(ops.multiply(x, y))), [(4, 5), (5,)]),
    "broadcast that cancels": (lambda x, y: ops.sum(ops.multiply(ops.sin(ops.multiply(x, 9.0)), y)), [(64, 2), ()]),
    "quotient": (lambda x, y: ops.sum(ops.divide(x, ops.add(ops.square(y), 1.0))), [(5,), (2, 5)]),
    "deep": (lambda x: ops.sin(ops.exp(ops.sin(ops.exp(ops.sin(x))))), [(6,)]),
    "fan-out": (shared, [(7,)]),
    "softmax": (lambda x: ops.sum(ops.square(ops.softmax(x, axis=-1))), [(3, 4)]),
    "log_softmax": (lambda x, w: ops.sum(ops.multiply(ops.log_softmax(x, axis=0), w)), [(4, 2), (4, 2)]),
    "network": (
        lambda x, a, b, c: ops.binary_cross_entropy_with_logits(
            ops.add(ops.matmul(ops.tanh(ops.matmul(x, a)), b), c), np.full((5, 2), np.float32(0.25)), reduction="mean"
        ),
        [(5, 4), (4, 6), (6, 2), (2,)],
    ),
    "means": (lambda x: ops.mean(ops.square(ops.subtract(x, ops.mean(x, axis=0, keepdims=True)))), [(6, 2)]),
    "root of a sum": (lambda x: ops.sqrt(ops.sum(ops.square(x))), [(9,)]),
    "powers": (lambda x, p: ops.sum(ops.pow(ops.add(ops.square(x), 0.5), p)), [(5,), ()]),
    "selection": (lambda x, y: ops.sum(ops.multiply(ops.maximum(ops.exp(x), y), ops.relu(x))), [(6,), (6,)]),
    "gather": (lambda x: ops.sum(ops.multiply(ops.take(x, np.array([0, 2, 2, 2]), axis=0), ops.exp(1.5))), [(3, 2)]),
    "product": (lambda x: ops.multiply(ops.prod(x), ops.sum(ops.prod(x, axis=1))), [(3, 4)]),
    "running product": (lambda x, w: ops.sum(ops.multiply(ops.cumulative_prod(x, axis=0), w)), [(6, 2), (6, 2)]),
    "running sum": (lambda x: ops.sum(ops.square(ops.cumulative_sum(ops.exp(x), axis=-1))), [(2, 5)]),
    "variance": (lambda x, y: ops.sum(ops.var(ops.multiply(ops.add(x, 30.0), y), axis=0)), [(7, 3), (7, 3)]),
    "deviation": (lambda x: ops.sum(ops.std(ops.exp(x), axis=-1, correction=1)), [(3, 5)]),
    "norm": (lambda x: ops.sum(ops.exp(ops.negative(ops.vector_norm(x, axis=0)))), [(5, 3)]),
    "determinant": (lambda a: ops.sum(ops.det(ops.matmul(a, a))), [(2, 3, 3)]),
    "inverse": (
        lambda a, b: ops.sum(ops.multiply(ops.inv(ops.add(a, 3.0 * np.eye(3, dtype=np.float32))), b)),
        [(3, 3), (3, 3)],
    ),
    "spectrum": (lambda a: ops.exp(ops.eigvalsh(ops.square(a))), [(2, 3, 3)]),
    "eigenvectors": (lambda a: ops.exp(ops.eigenvectors(a)), [(3, 3)]),
    "singular vectors": (lambda a: ops.exp(ops.left_singular_vectors(a)), [(3, 2)]),
    "orthogonal factor": (lambda a: ops.exp(ops.orthogonal_factor(a)), [(3, 3)]),
    "cholesky": (lambda a: ops.sum(ops.cholesky(ops.matmul(ops.permute_dims(a, axes=(1, 0)), a))), [(3, 2)]),
    "system": (lambda a, b: ops.sum(ops.square(ops.solve(a, ops.exp(b)))), [(2, 2), (2,)]),
    "logsumexp": (lambda x: ops.sum(ops.square(ops.logsumexp(ops.exp(x), axis=1))), [(3, 4)]),
    "sorted": (lambda x, w: ops.sum(ops.multiply(ops.sort(ops.exp(x), axis=0), w)), [(7, 2), (7, 2)]),
    "logarithms": (lambda x: ops.sum(ops.log1p(ops.expm1(ops.log(ops.add(ops.square(x), 1.5))))), [(6,)]),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_errors_within_the_budgets_stay_within_the_tolerance_and_come_near_it(name, rng, budgets):
    function, shapes = GRAPHS[name]
    inputs = [rng.normal(size=shape).astype(np.float32) for shape in shapes]
    graph = trace(lambda *xs: function(*xs), *inputs)
    ct = np.asarray(rng.normal(size=graph[graph.outputs[0]].shape), dtype=np.float32)
    proof = prove(Case(graph, (ct,)), budgets)
    assert not proof.notes
    nearest = 0.0
    for trial in range(60):
        found = Adversary(graph, budgets, signs(rng, trial)).gradients(np.asarray(ct, dtype=np.float64))
        for leaf, gradient in found.items():
            proven = proof.gradients[0][leaf]
            distances, tolerances = proven.distances(gradient), proven.tolerances
            # what float64 itself does to the adversary
            assert np.all(distances <= 1.000001 * tolerances), f"{distances / tolerances}"
            moving = tolerances > 0
            nearest = max(nearest, float(np.max(distances[moving] / tolerances[moving], initial=0.0)))
    assert nearest > 0.05, "the tolerance is far wider than any error within the budgets"


@pytest.mark.parametrize("name", GRAPHS)
def test_a_relative_error_of_a_billionth_in_float64_is_outside(name, rng, budgets):
    function, shapes = GRAPHS[name]
    graph = trace(lambda *xs: function(*xs), *(rng.normal(size=shape) for shape in shapes))
    gradient = prove(Case.of_ones(graph), budgets).gradients[0]
    assert any(np.any(proven.midpoints) for proven in gradient.values())
    for proven in gradient.values():
        large = np.abs(proven.midpoints) > 1e-3
        assert not proven.admits(proven.midpoints * (1 + 1e-9))[large].any()
        assert proven.admits(proven.midpoints).all()


def gradient_of(function: Any, budgets: Mapping[str, Budget], *inputs: Any) -> Proven:
    return prove(Case.of_ones(trace(function, *map(np.asarray, inputs))), budgets).gradients[0][0]


def value_of(op: str, budget: Budget, *inputs: Any, **params: Any) -> Proven:
    graph = trace(lambda *xs: OPS[op](*xs, **params), *map(np.asarray, inputs))
    return prove(Case.of_ones(graph), {op: budget}).values[graph.outputs[0]]


@pytest.mark.parametrize(
    ("dtype", "unit", "least"),
    [("float64", 2.0**-53, 2.0**-1074), ("float32", 2.0**-24, 2.0**-149), ("float16", 2.0**-11, 2.0**-24)],
)
def test_the_forms_are_as_documented(dtype, unit, least):
    first_order = max(1e-5, 40 * unit)
    x = np.array(3.0, dtype=dtype)
    assert value_of("negative", EXACT, x).tolerances == 0
    assert value_of("square", correctly_rounded(vjp=0), x).tolerances == pytest.approx(9 * unit + least, rel=1e-12)
    # 4 ulp of abs(f) + abs(x f'), f = exp
    assert value_of("exp", pointwise(4), x).tolerances == pytest.approx(8 * unit * np.exp(3.0) * 4, rel=first_order)
    assert value_of("exp", pointwise(4, moved=(False,)), x).tolerances == pytest.approx(
        8 * (unit * np.exp(3.0) + least), rel=1e-6
    )
    terms = np.array([3.0, -1.0, -2.0], dtype=dtype)
    assert value_of("sum", summation(), terms, axis=None, keepdims=False).tolerances == pytest.approx(
        12 * unit, rel=first_order
    )
    factors = np.array([2.0, -3.0, 0.5, 4.0], dtype=dtype)
    gamma = 4 * unit / (1 - 4 * unit)
    assert value_of("prod", product(), factors, axis=None).tolerances == pytest.approx(
        12 * gamma + 4 * least, rel=1e-10
    )
    running = value_of("cumulative_prod", product(), factors, axis=0).tolerances
    np.testing.assert_allclose(running, np.array([2, 6, 3, 12]) * gamma + 4 * least, rtol=1e-10)
    # the slopes 2 (x - mean) / n, times what moves each difference: gamma_n (abs(x) + mean abs(x)), and what the sum of
    # the mean, gamma_(n-1) mean abs(x), and that of the squares commit
    x = np.array([4.0, 6.0, 8.0], dtype=dtype)
    difference = 3 * (x + 6) + 2 * 6
    expected = np.sum(np.abs(x - 6) * 2 / 3 * difference) + 2 * 8 / 3
    assert value_of("var", centred(forward=0, vjp=0), x).tolerances == pytest.approx(expected * unit, rel=first_order)
    # the largest entry is 4, and the cofactors sum to 10
    a = np.array([[1.0, -2.0], [3.0, 4.0]], dtype=dtype)
    moved = 4 * 2 * unit * 4 * 10
    assert value_of("det", normwise(4, forward=0, vjp=0), a).tolerances == pytest.approx(
        moved, rel=max(1e-4, 40 * unit)
    )
    # to first order, what moves a solution are the rows of the inverse times the sum of the solution
    inverse, x = np.linalg.inv(a.astype(np.float64)), np.linalg.solve(a.astype(np.float64), [5.0, 6.0])
    moved = 4 * 2 * unit * 4 * np.sum(np.abs(inverse), axis=1) * np.sum(np.abs(x))
    b = np.array([5.0, 6.0], dtype=dtype)
    solved = value_of("solve", normwise(4, forward=0, vjp=0, moved=(True, False)), a, b)
    np.testing.assert_allclose(solved.tolerances, moved, rtol=max(1e-4, 200 * unit))
    # (2 + 5) x = 14, both numbers moved by 4 of the larger one's units
    joint = normwise(4, forward=0, vjp=0, moved=(True, True, False), jointly=2)
    numbers = (np.array([[value]], dtype=dtype) for value in (2.0, 5.0, 14.0))
    moved = 2 * 4 * unit * 5 * 14 / 7**2
    assert value_of("solve_sylvester", joint, *numbers).tolerances == pytest.approx(moved, rel=max(1e-4, 40 * unit))
    tiny = np.array(2.0 ** {"float64": -600, "float32": -80, "float16": -14}[dtype], dtype=dtype)
    assert value_of("square", correctly_rounded(vjp=0), tiny).tolerances == pytest.approx(least, rel=1e-2)


def test_a_softmax_may_lose_what_its_standard_derivative_loses(budgets):
    """The share of 73 beside 14 is 1 but for 4e-26, and ``p (ct - sum(ct p))`` is exactly 0 there."""
    x, ct = np.array([72.9, 14.5], dtype=np.float32), np.array([1.0, 0.0], dtype=np.float32)
    proof = prove(Case(trace(lambda a: ops.softmax(a, axis=0), x), (ct,)), budgets)
    shares = np.exp(x - x[0]) / np.sum(np.exp(x - x[0]))
    standard = shares * (ct - np.sum(ct * shares))
    assert standard[0] == 0 < proof.gradients[0][0].midpoints[0]
    assert proof.gradients[0][0].admits(standard).all()


def test_a_log_sum_exp_may_take_its_shares_from_the_rounded_result(budgets):
    x = np.array([119.3, 117.1, 118.9], dtype=np.float32)
    graph = trace(lambda a: ops.logsumexp(a, axis=0, keepdims=False), x)
    proof = prove(Case.of_ones(graph), budgets)
    y = np.float32(np.log(np.sum(np.exp(x.astype(np.float64)))))
    assert proof.gradients[0][0].admits(np.exp(x - y)).all()


def test_an_argument_is_moved_from_where_the_implementation_has_it():
    # a quarter of 1, and a quarter of 1.25 on top
    budgets = {
        "multiply": Budget(Form.CORRECTLY_ROUNDED, forward=2.0**51),
        "negative": Budget(Form.POINTWISE, arguments=(2.0**51,)),
    }
    graph = trace(lambda x: ops.negative(ops.multiply(x, 1.0)), np.array(1.0))
    assert prove(Case.of_ones(graph), budgets).values[graph.outputs[0]].tolerances == pytest.approx(0.5625)


def test_an_exact_zero_is_required_to_be_zero():
    zero = value_of("multiply", correctly_rounded(vjp=1), 0.0, 3.0)
    assert zero.tolerances == 0
    assert not zero.structural


def test_a_single_term_is_summed_without_error():
    assert value_of("sum", summation(), np.ones((3, 1)), axis=1, keepdims=False).tolerances.tolist() == [0.0] * 3


def test_an_unbroadcast_sum_is_bounded_by_the_magnitudes_of_its_terms(budgets):
    def function(x):
        return ops.sum(ops.multiply(ops.broadcast_to(x, shape=(3,)), np.array([2.0**60, -(2.0**60), 1.0])))

    proven = gradient_of(function, budgets, 1.5)
    assert float(proven.enclosure[()]) == 1.0
    # gamma_2 for the two additions, and one rounding of each product
    assert proven.tolerances == pytest.approx(3 * 2.0**-53 * 2.0**61, rel=1e-9)


def test_a_product_with_many_terms_may_round_every_one_of_them(budgets):
    # the errors of the products do not cancel as the products do
    proven = gradient_of(lambda x: ops.sum(ops.multiply(x, np.array([1.0, -1.0] * 8))), budgets, 0.1)
    assert proven.tolerances == pytest.approx(16 * 16 * 2.0**-53, rel=1e-6)


def test_products_that_underflow_may_each_lose_a_smallest_number(budgets):
    tiny = np.full(10, 2.0**-1074)
    proven = gradient_of(lambda x: ops.sum(ops.multiply(ops.multiply(x, tiny), 0.5)), budgets, 1.0)
    assert proven.admits(np.array(10 * 2.0**-1074))
    assert proven.admits(np.array(0.0))


def test_a_cotangent_is_rounded_to_the_dtype_that_it_returns_to(budgets):
    x = np.array(1.0, dtype=np.float32)
    proven = gradient_of(lambda x: ops.multiply(ops.astype(x, dtype="float64"), 1 / 3), budgets, x)
    assert 2.0**-24 / 3 <= float(proven.tolerances) <= 3 * 2.0**-24 / 3
    assert proven.admits(np.array(1 / 3, dtype=np.float32))


def test_what_an_op_is_not_moved_in_does_not_count_however_steep(budgets):
    # the slope of x^p by p does not exist for negative x
    proven = gradient_of(lambda x: ops.pow(ops.negative(ops.exp(x)), 3.0), budgets, 0.5)
    assert np.isfinite(proven.tolerances)
    assert proven.tolerances < 1e-12


def test_an_operand_that_may_touch_a_pole_makes_the_tolerance_vacuous_and_the_proof_not_sharp(budgets):
    third = ops.divide(1.0, 3.0)
    case = Case.of_ones(trace(lambda x: ops.divide(1.0, ops.subtract(ops.divide(x, 3.0), third)), np.array(1.0)))
    proof = prove(case, budgets)
    assert not proof.is_sharp
    assert not np.isfinite(proof.gradients[0][0].tolerances)


def test_the_budget_of_a_variadic_op_repeats_its_last_argument():
    budget = Budget(Form.POINTWISE, arguments=(0.0, 4.0))
    moved = value_of("concat", budget, [1.0], [1.0], [1.0], axis=0).tolerances
    assert moved.tolist() == pytest.approx([0.0, 4 * 2.0**-53, 4 * 2.0**-53], rel=1e-12, abs=0.0)


def test_a_sum_of_more_terms_than_the_unit_bears_has_no_bound():
    from gradproof.symbolic.tolerance import EXACTLY, ROUNDINGS, Budgeted

    domain = Budgeted({})
    domain._rounding = ROUNDINGS["float32"]
    assert domain._gamma(2**24) == arb.pos_inf()
    assert domain._gamma(2**23) == 1
    domain._rounding = EXACTLY
    assert domain._gamma(2**30) == 0


def test_inputs_are_held_without_error():
    graph = Graph((Input(np.array([0.1]), requires_grad=True),), (), (0,))
    assert prove(Case.of_ones(graph), {}).values[0].tolerances.tolist() == [0.0]
