"""Equations in matrices, beside SciPy: values, and slopes along a direction."""

import numpy as np
import pytest
import scipy.linalg

from gradproof import engine as torch
from gradproof.errors import GradproofError

A = np.array([[2.0, 1.0, 0.5], [0.3, 1.5, 0.7], [0.2, 0.4, 3.0]])
B = np.array([[1.0, 2.0], [-2.0, 3.0]])
Q = np.array([[1.0, -2.0], [0.5, 3.0], [0.0, 4.0]])
BANDS = np.array([[9.0, 1.0, 2.0], [4.0, -5.0, 6.0], [1.0, 2.0, 9.0]])
LOWER = np.array([[4.0, -5.0, 6.0], [1.0, 2.0, 9.0], [3.0, 9.0, 9.0]])

CALLS = {
    "sqrtm": (torch.linalg.sqrtm, scipy.linalg.sqrtm, [A]),
    "solve_sylvester": (torch.linalg.solve_sylvester, scipy.linalg.solve_sylvester, [A, B, Q]),
    "solve_banded": (
        lambda ab, b: torch.linalg.solve_banded((1, 1), ab, b),
        lambda ab, b: scipy.linalg.solve_banded((1, 1), ab, b),
        [BANDS, Q],
    ),
    "solve_banded lower": (
        lambda ab, b: torch.linalg.solve_banded((2, 0), ab, b),
        lambda ab, b: scipy.linalg.solve_banded((2, 0), ab, b),
        [LOWER, Q[:, 0]],
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_values_and_slopes_are_scipys(name):
    ours, scipys, args = CALLS[name]
    rng = np.random.default_rng(0)
    steps = [rng.normal(size=arg.shape) for arg in args]
    tensors = [torch.tensor(arg, requires_grad=True) for arg in args]
    found = ours(*tensors)
    np.testing.assert_allclose(found.detach().numpy(), scipys(*args), rtol=1e-13)
    weights = rng.normal(size=found.shape)
    (found * torch.tensor(weights)).sum().backward()
    moved = [
        np.sum(weights * scipys(*(a + side * 1e-6 * d for a, d in zip(args, steps, strict=True)))) for side in (1, -1)
    ]
    slope = sum(np.sum(each.grad.numpy() * step) for each, step in zip(tensors, steps, strict=True))
    assert slope == pytest.approx((moved[0] - moved[1]) / 2e-6, rel=1e-7, abs=1e-8)


def test_corners_outside_of_the_bands_are_not_read():
    bands = np.where(BANDS == 9.0, np.nan, BANDS)
    ab = torch.tensor(bands, requires_grad=True)
    found = torch.linalg.solve_banded((1, 1), ab, torch.tensor(Q))
    np.testing.assert_allclose(found.detach().numpy(), scipy.linalg.solve_banded((1, 1), BANDS, Q), rtol=1e-13)
    found.sum().backward()
    assert ab.grad.numpy()[np.isnan(bands)].tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: torch.linalg.sqrtm(torch.tensor([[-1.0, 0.0], [0.0, 1.0]])), "negative eigenvalue"),
        (lambda: torch.linalg.sqrtm(torch.ones(2, 3)), "must be equal"),
        (lambda: torch.linalg.solve_sylvester(torch.eye(2), -torch.eye(2), torch.eye(2)), "no one solution"),
        (lambda: torch.linalg.solve_sylvester(torch.eye(2), torch.eye(3), torch.eye(2)), r"\(2, 3\)"),
        (lambda: torch.linalg.solve_banded((1, 1), torch.ones(2, 3), torch.ones(3)), "1 diagonals below and 1 above"),
        (lambda: torch.linalg.solve_banded((0, 0), torch.zeros(1, 3), torch.ones(3)), "Singular"),
    ],
)
def test_what_has_no_solution_is_refused(call, words):
    with pytest.raises(GradproofError, match=words):
        call()
