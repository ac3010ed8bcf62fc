"""Functions of matrices: known values, the equations that define them, and gradients, here and on PyTorch."""

import math

import numpy as np
import pytest
import scipy.linalg

import gradproof.engine
from gradproof.errors import ArgumentError, ShapeError, UnsupportedError

A = np.array([[2.0, 1.0, 0.5], [0.3, -1.5, 0.7], [0.2, 0.4, 3.0]])
S = np.array([[2.0, 1.0, 0.5], [1.0, 3.0, -0.7], [0.5, -0.7, 4.0]])
TALL = np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 0.3]])
STEP = np.array([[0.3, -1.2, 0.8], [1.1, 0.4, -0.6], [-0.9, 0.7, 0.2]])


def flipped(x):
    return x.transpose(-1, -2)


# gauge-invariant functions of factors: whatever signs these have, the value is the same
INVARIANT = {
    "cholesky": (lambda t, x: t.linalg.cholesky(flipped(x) @ x + 0.5) ** 3, A),
    "cholesky upper": (lambda t, x: t.linalg.cholesky(flipped(x) @ x + x.sum() ** 2, upper=True).sin(), A),
    "eigvalsh": (lambda t, x: t.linalg.eigvalsh(x + flipped(x)) ** 2, A),
    "eigh": (lambda t, x: _weighted(t, *t.linalg.eigh(x + flipped(x))), A),
    "qr": (lambda t, x: (t.linalg.qr(x).Q ** 2 * 3).sin() + (t.linalg.qr(x).R ** 2).sum(), A),
    "qr tall": (lambda t, x: t.linalg.qr(x)[0] ** 2 + x, TALL),
    "qr wide": (lambda t, x: t.linalg.qr(flipped(x))[1] ** 2, TALL),
    "svdvals": (lambda t, x: t.linalg.svdvals(x), A),
    "svd": (lambda t, x: t.linalg.svd(x).U ** 2 + t.linalg.svd(x)[2] ** 4, A),
    "svd tall": (lambda t, x: t.linalg.svd(x, full_matrices=False)[0] ** 2, TALL),
    "svd wide": (lambda t, x: t.linalg.svd(flipped(x), full_matrices=False)[2] ** 2, TALL),
    "svd full tall": (lambda t, x: t.linalg.svd(x).U[:, :2] ** 2 @ t.linalg.svd(x).S.exp(), TALL),
    "svd full wide": (lambda t, x: t.linalg.svd(flipped(x))[2][:2] ** 2, TALL),
    "pinv": (lambda t, x: t.linalg.pinv(x), TALL),
    "pinv wide": (lambda t, x: t.linalg.pinv(flipped(x)), TALL),
    "pinv square": (lambda t, x: t.pinverse(x), A),
    "slogdet": (lambda t, x: t.linalg.slogdet(x)[1] * t.slogdet(x).sign, A),
    "logdet": (lambda t, x: t.logdet(-x), A),
    "matrix_power": (lambda t, x: t.linalg.matrix_power(x, 5) + x.matrix_power(-2) + x.matrix_power(1), A),
    "matmul": (lambda t, x: t.linalg.matmul(x, x.exp()), A),
    "solve_triangular": (lambda t, x: t.linalg.solve_triangular(x, x.exp(), upper=True), A),
    "solve_triangular right": (
        lambda t, x: t.linalg.solve_triangular(x, x.exp(), upper=False, left=False, unitriangular=True),
        A,
    ),
    "cholesky_solve": (lambda t, x: t.cholesky_solve(x.exp(), (x + 4) * t.tensor(np.tri(3))), A),
    "cholesky_solve upper": (lambda t, x: x.exp().cholesky_solve((x + 4) * t.tensor(np.tri(3).T), upper=True), A),
    "lstsq": (lambda t, x: t.linalg.lstsq(x, x.exp()).solution, TALL),
    "cond": (lambda t, x: t.linalg.cond(x) + t.linalg.cond(x, -2) + t.linalg.cond(flipped(x[:2])), A),
    "matrix_norm": (
        lambda t, x: sum(t.linalg.matrix_norm(x, p) for p in ("fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf)),
        TALL,
    ),
    "cholesky_inverse": (lambda t, x: t.cholesky_inverse((x + 4) * t.tensor(np.tri(3))), A),
    "cholesky_inverse upper": (lambda t, x: ((x + 4) * t.tensor(np.tri(3).T)).cholesky_inverse(upper=True), A),
    "lu": (lambda t, x: t.linalg.lu(x).P @ (t.linalg.lu(x).L.exp() @ t.linalg.lu(x).U.sin()), A[::-1].copy()),
    "lu tall": (lambda t, x: t.linalg.lu(x)[1] @ t.linalg.lu(x)[2].exp(), TALL),
    "lu wide": (lambda t, x: t.linalg.lu(flipped(x))[1].exp() @ t.linalg.lu(flipped(x))[2].exp(), TALL),
    "lu_factor": (lambda t, x: t.linalg.lu_factor(x).LU ** 2, A),
    "lu_factor of a stack": (lambda t, x: t.linalg.lu_factor(t.stack([x, flipped(x), -x.exp()]))[0] ** 2, A),
    "lu_solve": (lambda t, x: t.linalg.lu_solve(*t.linalg.lu_factor(flipped(x)), x.exp()), A),
    "lu_solve right": (lambda t, x: t.linalg.lu_solve(*t.linalg.lu_factor(x), x.exp(), left=False), A[::-1].copy()),
    "lu_solve adjoint": (lambda t, x: t.linalg.lu_solve(*t.linalg.lu_factor(x), x.exp(), adjoint=True), A),
    "tensorinv": (lambda t, x: t.linalg.tensorinv(x.reshape(3, 1, 3)) + t.linalg.tensorinv(x, ind=1), A),
    "tensorsolve": (lambda t, x: t.linalg.tensorsolve(x.reshape(1, 3, 3), x[:1].exp()), A),
    "tensorsolve dims": (lambda t, x: t.linalg.tensorsolve(x.reshape(1, 3, 3), x[:, :1].exp(), dims=(0, 1)), A),
    "householder_product": (lambda t, x: t.linalg.householder_product(x, x[2].cos()), TALL),
    "householder_product short": (lambda t, x: t.linalg.householder_product(x, x[2, :1].cos()), TALL),
    "matrix_exp": (lambda t, x: t.linalg.matrix_exp(x) + t.matrix_exp(9 * x) / 1e9 + (-x).matrix_exp(), A),
    "norm": (lambda t, x: t.linalg.norm(x, 2) + t.linalg.norm(x, "nuc", dim=(1, 0)), TALL),
}  # fmt: skip


def _weighted(t, values, vectors):
    """Return a function of a symmetric matrix: its eigenvalues, squared by hand, put back."""
    return (vectors * (values**2).sin()) @ flipped(vectors)


def gradient(torch, function, at):
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    result = function(torch, x)
    weights = torch.tensor(np.cos(np.arange(result.numel() if torch.__name__ == "torch" else result.array.size)))
    (result.reshape(-1) * weights).sum().backward()
    return x.grad.detach().numpy()


@pytest.mark.parametrize("name", INVARIANT)
def test_the_gradient_of_a_function_of_factors_is_that_of_a_central_difference(torch, name):
    function, at = INVARIANT[name]
    found = gradient(torch, function, at)

    def value(matrix):
        result = np.ravel(function(torch, torch.tensor(matrix)).numpy())
        return float(np.sum(result * np.cos(np.arange(result.size))))

    expected = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[place] = 1e-5
        expected[place] = (value(at + step) - value(at - step)) / 2e-5
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7 * max(1.0, np.max(np.abs(expected))))


def test_factors_satisfy_the_equations_that_define_them(torch):
    stack = torch.tensor(np.stack([S, S + A @ A.T]))
    lower = torch.linalg.cholesky(stack).numpy()
    np.testing.assert_allclose(lower @ np.swapaxes(lower, -1, -2), stack.numpy(), rtol=1e-14)
    assert not np.triu(lower, 1).any()
    values, vectors = (each.numpy() for each in torch.linalg.eigh(stack))
    np.testing.assert_allclose(stack.numpy() @ vectors, vectors * values[:, None, :], atol=1e-13)
    assert np.all(np.diff(values) > 0)
    for matrix in (A, TALL, TALL.T):
        q, r = (each.numpy() for each in torch.linalg.qr(torch.tensor(matrix)))
        np.testing.assert_allclose(q @ r, matrix, atol=1e-14)
        np.testing.assert_allclose(q.T @ q, np.eye(q.shape[1]), atol=1e-14)
        assert not np.tril(r, -1).any()
        u, s, vh = (each.numpy() for each in torch.linalg.svd(torch.tensor(matrix), full_matrices=False))
        np.testing.assert_allclose((u * s) @ vh, matrix, atol=1e-14)


def test_the_logarithm_of_a_determinant_is_infinitely_steep_at_a_singular_matrix(torch):
    matrices = torch.tensor([[[1.0, 2.0], [2.0, 4.0]], [[2.0, 0.0], [0.0, 4.0]]], requires_grad=True)
    matrices.slogdet().logabsdet.sum().backward()
    assert matrices.grad.abs().tolist() == [[[math.inf] * 2] * 2, [[0.5, 0.0], [0.0, 0.25]]]


def test_known_values(torch):
    diagonal = torch.tensor([[3.0, 0.0], [0.0, -4.0]])
    assert torch.linalg.eigvalsh(diagonal).tolist() == [-4.0, 3.0]
    assert torch.linalg.svdvals(diagonal).tolist() == [4.0, 3.0]
    sign, logarithm = torch.linalg.slogdet(diagonal)
    assert (sign.item(), logarithm.item()) == (-1.0, pytest.approx(math.log(12)))
    assert math.isnan(diagonal.logdet().item())
    singular = torch.tensor([[1.0, 2.0], [2.0, 4.0]])
    assert [each.item() for each in singular.slogdet()] == [0.0, -math.inf]
    assert singular.logdet().item() == -math.inf
    assert torch.linalg.solve(torch.zeros(2, 0, 0), torch.zeros(2, 0, 3)).shape == (2, 0, 3)
    assert torch.linalg.matrix_rank(singular).item() == 1
    assert torch.linalg.matrix_rank(diagonal, atol=3.5).item() == 1
    assert torch.linalg.matrix_power(diagonal, 3).tolist() == [[27.0, 0.0], [0.0, -64.0]]
    assert torch.linalg.matrix_power(diagonal, 0).tolist() == [[1.0, 0.0], [0.0, 1.0]]
    norms = [
        torch.linalg.matrix_norm(torch.tensor([[1.0, -2.0], [3.0, 4.0]]), p).item()
        for p in (1, -1, math.inf, -math.inf)
    ]
    assert norms == [6.0, 4.0, 7.0, 3.0]
    assert torch.linalg.matrix_norm(torch.ones(2, 3, 4), 1, dim=(0, 2), keepdim=True).shape == (1, 3, 1)
    assert torch.linalg.matrix_norm(torch.ones(2, 3, 4), "nuc", dim=(2, 0)).shape == (3,)


def test_results_have_pytorchs_names_and_nodes(torch):
    x = torch.tensor(S, requires_grad=True)
    found = {
        "cholesky": torch.linalg.cholesky(x),
        "eigh": torch.linalg.eigh(x).eigenvectors,
        "eigvalsh": torch.linalg.eigvalsh(x),
        "qr": torch.linalg.qr(x).Q,
        "svd": torch.linalg.svd(x).U,
        "pinv": torch.linalg.pinv(x),
        "slogdet": torch.linalg.slogdet(x).logabsdet,
        "logdet": torch.logdet(x),
    }
    assert {name: each.grad_fn.name() for name, each in found.items()} == {
        "cholesky": "LinalgCholeskyExBackward0",
        "eigh": "LinalgEighBackward0",
        "eigvalsh": "LinalgEighBackward0",
        "qr": "LinalgQrBackward0",
        "svd": "LinalgSvdBackward0",
        "pinv": "LinalgPinvBackward0",
        "slogdet": "LinalgSlogdetBackward0",
        "logdet": "WhereBackward0",
    }
    identity = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    assert repr(torch.linalg.slogdet(identity)).startswith("torch.return_types.linalg_slogdet(\nsign=tensor(1.),\nlog")
    assert repr(torch.linalg.eigh(identity)).startswith(
        "torch.return_types.linalg_eigh(\neigenvalues=tensor([1., 2.]),"
    )
    found = torch.linalg.lstsq(torch.ones(3, 1), torch.ones(3, 1))
    empty = [tuple(each.shape) for each in (found.residuals, found.singular_values)]
    assert (tuple(found.solution.shape), empty, found.rank.item()) == ((1, 1), [(0,), (0,)], 1)


@pytest.mark.parametrize("matrix", [A, A[::-1].copy(), TALL, TALL.T, np.ones((3, 3)), np.zeros((2, 3)), A[[2, 0, 1]]])
def test_triangular_factors_multiply_to_the_matrix(torch, matrix):
    x = torch.tensor(matrix)
    p, lower, upper = (each.numpy() for each in torch.linalg.lu(x))
    np.testing.assert_allclose(p @ lower @ upper, matrix, atol=1e-15)
    assert np.array_equal(np.tril(upper, -1), np.zeros_like(upper))
    assert np.array_equal(np.triu(lower), np.eye(*lower.shape))
    assert np.abs(lower).max() == 1.0
    assert sorted(p.ravel()) == [0.0] * (len(p) ** 2 - len(p)) + [1.0] * len(p)


@pytest.mark.parametrize("matrix", [TALL, TALL.T, np.stack([TALL, -TALL])])
def test_full_matrices_are_orthogonal(torch, matrix):
    x = torch.tensor(matrix)
    q, r = (each.numpy() for each in torch.linalg.qr(x, mode="complete"))
    u, s, vh = (each.numpy() for each in torch.linalg.svd(x))
    for each in (q, u, vh):
        np.testing.assert_allclose(
            each @ np.swapaxes(each, -1, -2), np.broadcast_to(np.eye(each.shape[-1]), each.shape), atol=1e-15
        )
    assert r.shape == matrix.shape
    assert not np.tril(r, -1).any()
    np.testing.assert_allclose(q @ r, matrix, atol=1e-14)
    np.testing.assert_allclose((u[..., :2] * s[..., np.newaxis, :]) @ vh[..., :2, :], matrix, atol=1e-14)


def test_what_full_matrices_do_not_determine_has_no_derivative(torch, refuses):
    x = torch.tensor(TALL, requires_grad=True)
    for factor in torch.linalg.qr(x, mode="complete"):
        refuses((RuntimeError, UnsupportedError), lambda factor=factor: factor.sum().backward(retain_graph=True))
    (torch.linalg.svd(x).U[:, 2] ** 2).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 0.0, atol=1e-14)


def test_factors_are_packed_as_lapack_does(torch):
    found = torch.linalg.lu_factor(torch.tensor(np.stack([A, A[::-1]])))
    factors, pivots = zip(*(scipy.linalg.lu_factor(each) for each in (A, A[::-1])), strict=True)
    np.testing.assert_allclose(found.LU.numpy(), np.stack(factors), rtol=1e-14)
    assert found.pivots.dtype == torch.int32
    assert found.pivots.tolist() == [(each + 1).tolist() for each in pivots]
    assert [each.numel() for each in torch.lu_unpack(*found, unpack_data=False)] == [18, 0, 0]
    assert [each.numel() for each in torch.lu_unpack(*found, unpack_pivots=False)] == [0, 18, 18]


def test_what_has_no_factor_is_refused(refuses, torch):
    factors = torch.linalg.lu_factor(torch.tensor(A))
    refuses((RuntimeError, ArgumentError), torch.linalg.lu_factor, torch.zeros(2, 2))
    refuses((RuntimeError, UnsupportedError), lambda: torch.linalg.lu(torch.ones(2, 2), pivot=False))
    refuses((RuntimeError, ShapeError), torch.linalg.lu, torch.ones(2))
    refuses((RuntimeError, ShapeError), torch.linalg.lu_solve, *factors, torch.ones(3))
    refuses((RuntimeError, ShapeError), torch.linalg.lu_solve, factors[0], factors[1][:2], torch.ones(3, 1))
    refuses((RuntimeError, TypeError), torch.linalg.lu_solve, factors[0], factors[1].long(), torch.ones(3, 1))
    refuses(RuntimeError if torch.__name__ == "torch" else ArgumentError, torch.linalg.cholesky, torch.zeros(2, 2))
    refuses((RuntimeError, ShapeError), torch.linalg.cholesky, torch.ones(2, 3))
    refuses((RuntimeError, ArgumentError), torch.linalg.qr, torch.ones(2, 2), "x")
    refuses((RuntimeError, UnsupportedError), torch.linalg.matrix_norm, torch.ones(2, 2), 3)
    refuses((RuntimeError, ArgumentError), torch.linalg.matrix_norm, torch.ones(2))
    refuses((RuntimeError, ArgumentError), torch.linalg.svd, torch.ones(2))
    refuses((RuntimeError, ArgumentError), torch.linalg.matrix_power, torch.zeros(2, 2), -1)
    refuses((RuntimeError, ArgumentError), torch.linalg.tensorinv, torch.ones(2, 3, 4))
    refuses((RuntimeError, ArgumentError), torch.linalg.tensorinv, torch.ones(2, 2), 0)
    refuses((RuntimeError, ArgumentError), torch.linalg.tensorsolve, torch.ones(2, 3), torch.ones(2))
    refuses((RuntimeError, ShapeError), torch.linalg.householder_product, torch.ones(2, 3), torch.ones(2))
    refuses((RuntimeError, ShapeError), torch.linalg.householder_product, torch.ones(3, 2), torch.ones(3))
    refuses((RuntimeError, ShapeError), torch.linalg.matrix_exp, torch.ones(3, 2))


# --- what is chosen here where PyTorch leaves it to LAPACK

ours = gradproof.engine


def test_the_diagonal_of_r_is_positive():
    for matrix in (A, -A, TALL, np.diag([-1.0, -2.0])):
        assert np.all(np.diagonal(ours.linalg.qr(ours.tensor(matrix)).R.numpy()) > 0)


@pytest.mark.parametrize("matrix", [A, -S, np.diag([2.0, 1.0, 3.0]), np.array([[1.0, 2.0], [2.0, 1.0]])], ids=str)
def test_vectors_are_turned_towards_the_logarithms_of_the_primes(matrix):
    logarithms = np.log([2.0, 3.0, 5.0])[: len(matrix)]
    x = ours.tensor(matrix)
    assert np.all(logarithms @ ours.linalg.eigh(x).eigenvectors.numpy() > 0)
    assert np.all(ours.linalg.svd(x).Vh.numpy() @ logarithms > 0)


@pytest.mark.parametrize("p", [1, math.inf, "fro", "nuc"])
def test_a_condition_number_is_the_norm_times_that_of_the_inverse(p):
    # PyTorch's own gradient of these raises: it changes the inverse in place
    x = ours.tensor(A, requires_grad=True)
    ours.linalg.cond(x, p).backward()
    assert ours.linalg.cond(x, p).item() == pytest.approx(np.linalg.cond(A, p), rel=1e-13)
    moved = np.linalg.cond(A + 1e-6 * STEP, p) - np.linalg.cond(A - 1e-6 * STEP, p)
    assert np.sum(x.grad.numpy() * STEP) == pytest.approx(moved / 2e-6, rel=1e-6)


def test_a_matrix_is_replaced_by_its_symmetric_part():
    symmetric = ours.tensor((A + A.T) / 2)
    assert ours.linalg.eigvalsh(ours.tensor(A)).tolist() == ours.linalg.eigvalsh(symmetric).tolist()
    assert ours.linalg.eigvalsh(ours.tensor(A), UPLO="U").tolist() == ours.linalg.eigvalsh(symmetric).tolist()
    assert ours.linalg.pinv(ours.tensor(A), hermitian=True).tolist() == ours.linalg.pinv(symmetric).tolist()


def test_what_is_not_finite_gives_nan_in_its_own_matrix_alone():
    stack = ours.tensor(np.stack([S, S * np.nan]))
    for function in (ours.linalg.cholesky, ours.linalg.eigvalsh, ours.linalg.svdvals, ours.linalg.pinv):
        found = function(stack).numpy()
        assert np.isfinite(found[0]).all()
        assert np.isnan(found[1]).all()


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: ours.linalg.pinv(ours.ones(3, 2), rtol=0.1), UnsupportedError),
        (lambda: ours.linalg.cholesky(ours.tensor([[1.0, 2.0], [2.0, 1.0]])), ArgumentError),
        (lambda: ours.linalg.matrix_rank(ours.ones(3)), ArgumentError),
    ],
)
def test_what_nothing_determines_is_refused(call, error):
    with pytest.raises(error):
        call()
