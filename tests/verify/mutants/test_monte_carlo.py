import numpy as np
import pytest

from gradproof import Case, trace
from gradproof.engine import ops
from gradproof.verify import EngineTarget
from gradproof.verify.mutants.monte_carlo import monte_carlo

ULP = 2.0**-52


def gradients(function, *arrays, count=20):
    """Return the gradient of the first array, by the engine and in Monte Carlo arithmetic."""
    case = Case.of_ones(trace(function, *arrays))
    targets = [EngineTarget(), *map(monte_carlo, range(count))]
    return [target.play(case).accumulated[0] for target in targets]


def scatter(right, *others):
    """Return how far the others are from the first, relative to its largest entry."""
    return max(np.max(np.abs(other - right)) for other in others) / np.max(np.abs(right))


def test_a_seed_gives_the_same_run():
    case = Case.of_ones(trace(ops.tanh, np.array([0.3, -1.2])))
    first, again, other = (monte_carlo(seed).play(case).accumulated[0].tolist() for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_what_is_exact_is_not_moved():
    right, *others = gradients(lambda x: -ops.relu(x).reshape(2, 2), np.array([0.3, -1.2, 5.0, 0.7]))
    assert all(other.tolist() == right.tolist() for other in others)


@pytest.mark.parametrize("function", [ops.sin, ops.square, lambda x: ops.concat(ops.exp(x), x, axis=0)])
def test_a_well_conditioned_gradient_moves_by_a_few_ulp(function):
    assert 0 < scatter(*gradients(function, np.array([0.3, -1.2, 5.0]))) <= 8 * ULP


def test_cancellation_shows():
    assert scatter(*gradients(lambda x: ops.square((x * x + 1e8) - 1e8), np.array([0.3, -1.2]))) > 1e-9


def test_an_argument_moves_where_the_budget_says_so_and_no_other():
    far_out = np.array([1e8 + 0.5])
    assert scatter(*gradients(ops.sin, far_out)) > 1e-9
    assert scatter(*gradients(lambda x: x * 3.0, far_out)) <= 4 * ULP


def test_an_ill_conditioned_matrix_shows_by_its_condition():
    matrix = np.array([[1.0, 2.0], [3.0, 6.0 + 1e-6]])
    condition = np.linalg.cond(matrix)
    assert ULP * condition / 8 < scatter(*gradients(ops.inv, matrix)) < 64 * ULP * condition
