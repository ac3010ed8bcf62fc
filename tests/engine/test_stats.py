"""Distributions: values are SciPy's, slopes are central differences of SciPy's."""

import numpy as np
import pytest
from scipy import stats

import gradproof.engine as torch
from gradproof.errors import ArgumentError

CASES = [
    ("norm", ("logpdf", "pdf", "cdf", "sf"), (0.7, 0.2, 1.5)),
    ("norm", ("logpdf", "pdf", "cdf", "sf", "logcdf", "logsf"), (-6.0, 0.2, 1.5)),
    ("norm", ("logcdf", "logsf"), (7.0, 0.2, 1.5)),
    ("norm", ("ppf",), (0.3, 0.2, 1.5)),
    ("t", ("logpdf", "pdf"), (0.7, 3.5, 0.2, 1.5)),
    ("gamma", ("logpdf", "pdf"), (0.7, 2.5, 0.2, 1.5)),
    ("chi2", ("logpdf", "pdf"), (2.7, 3.5, 0.2, 1.5)),
    ("beta", ("logpdf", "pdf"), (0.7, 2.5, 3.5, 0.2, 1.5)),
]
CALLS = [
    pytest.param(name, method, at, id=f"{name}.{method}-{at[0]}") for name, methods, at in CASES for method in methods
]


def slopes_of(function, at):
    steps = [np.eye(len(at))[i] * 1e-5 for i in range(len(at))]
    return [(function(*(at + step)) - function(*(at - step))) / 2e-5 for step in steps]


@pytest.mark.parametrize(("name", "method", "at"), CALLS)
def test_a_density_and_its_slopes_by_all_arguments(name, method, at):
    args = [torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in at]
    value = getattr(getattr(torch.stats, name), method)(*args)
    reference = getattr(getattr(stats, name), method)
    assert value.item() == pytest.approx(reference(*at), rel=1e-13)
    slopes = [each.item() for each in torch.autograd.grad(value, args)]
    assert slopes == pytest.approx(slopes_of(reference, np.array(at)), rel=1e-6)


def test_numbers_may_stand_for_the_parameters():
    x = torch.tensor([0.5, 1.0], dtype=torch.float64)
    for name, at in [("norm", ()), ("t", (3.0,)), ("gamma", (2.0,)), ("chi2", (2.0,)), ("beta", (2.0, 3.0))]:
        got = getattr(torch.stats, name).pdf(x - 0.1, *at)
        np.testing.assert_allclose(got.numpy(), getattr(stats, name).pdf(x.numpy() - 0.1, *at), rtol=1e-13)


def test_a_probability_of_counts_and_its_slope_by_the_mean():
    k, mu = torch.tensor([0.0, 3.0], dtype=torch.float64), torch.tensor([1.5, 2.5], dtype=torch.float64)
    mu.requires_grad_()
    value = torch.stats.poisson.logpmf(k, mu)
    np.testing.assert_allclose(value.detach().numpy(), stats.poisson.logpmf([0, 3], [1.5, 2.5]), rtol=1e-14)
    np.testing.assert_allclose(
        torch.stats.poisson.pmf(k, mu.detach(), 0.0).numpy(), stats.poisson.pmf([0, 3], [1.5, 2.5]), rtol=1e-14
    )
    value.sum().backward()
    # k / mu - 1
    assert mu.grad.tolist() == pytest.approx([-1.0, 3.0 / 2.5 - 1.0], rel=1e-15)


def test_numbers_alone_give_a_tensor_and_float32_stays():
    assert torch.stats.norm.cdf(0.0).item() == 0.5
    assert torch.stats.t.pdf(torch.ones(2), 3.0, scale=2.0).dtype is torch.float32


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("gamma", (2.5,)), ("chi2", (3.5,)), ("beta", (2.5, 3.5)), ("t", (3.5,))],
    ids=["gamma", "chi2", "beta", "t"],
)
def test_a_distribution_function_of_fixed_shape_and_its_slopes(name, parameters):
    args = [torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in (0.7, 0.2, 1.5)]
    value = getattr(torch.stats, name).cdf(args[0], *parameters, *args[1:])
    reference = lambda x, loc, scale: getattr(stats, name).cdf(x, *parameters, loc, scale)  # noqa: E731
    assert value.item() == pytest.approx(reference(0.7, 0.2, 1.5), rel=1e-13)
    slopes = [each.item() for each in torch.autograd.grad(value, args)]
    assert slopes == pytest.approx(slopes_of(reference, np.array((0.7, 0.2, 1.5))), rel=1e-6)


@pytest.mark.parametrize("df", [0.5, 3.0, 40.0])
def test_the_distribution_function_of_student_on_both_sides_and_far_out(df):
    at = [-1e6, -30.0, -0.5, 0.0, 0.5, 30.0]
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    value, logarithm = torch.stats.t.cdf(x, df), torch.stats.t.logcdf(x, df)
    np.testing.assert_allclose(value.detach().numpy(), stats.t.cdf(at, df), rtol=1e-12)
    np.testing.assert_allclose(logarithm.detach().numpy(), stats.t.logcdf(at, df), rtol=1e-12)
    (slopes,) = torch.autograd.grad(value.sum(), x)
    np.testing.assert_allclose(slopes.numpy(), stats.t.pdf(at, df), rtol=1e-12)
    (slopes,) = torch.autograd.grad(logarithm.sum(), x)
    np.testing.assert_allclose(slopes.numpy(), stats.t.pdf(at, df) / stats.t.cdf(at, df), rtol=1e-12)


def test_degrees_of_freedom_that_ask_for_a_derivative_are_refused():
    df = torch.tensor(3.0, requires_grad=True)
    with pytest.raises(ArgumentError, match="carry no derivative"):
        torch.stats.t.cdf(torch.tensor(1.0), df)


def test_the_distribution_function_of_counts_and_its_slope_by_the_mean():
    mu = torch.tensor([1.5, 2.5], dtype=torch.float64, requires_grad=True)
    value = torch.stats.poisson.cdf(torch.tensor([0.0, 3.0], dtype=torch.float64), mu)
    np.testing.assert_allclose(value.detach().numpy(), stats.poisson.cdf([0, 3], [1.5, 2.5]), rtol=1e-14)
    value.sum().backward()
    np.testing.assert_allclose(mu.grad.numpy(), -stats.poisson.pmf([0, 3], [1.5, 2.5]), rtol=1e-14)


def test_dirichlet_densities_and_their_slopes():
    x, alpha = np.array([0.2, 0.5, 0.3]), np.array([1.5, 2.5, 0.75])
    args = [torch.tensor(each, requires_grad=True) for each in (x, alpha)]
    value = torch.stats.dirichlet.logpdf(*args)
    assert value.item() == pytest.approx(stats.dirichlet.logpdf(x, alpha), rel=1e-13)
    assert torch.stats.dirichlet.pdf(*args).item() == pytest.approx(stats.dirichlet.pdf(x, alpha), rel=1e-13)
    by_x, by_alpha = torch.autograd.grad(value, args)
    np.testing.assert_allclose(by_x.numpy(), (alpha - 1) / x, rtol=1e-14)
    slopes = slopes_of(lambda *a: stats.dirichlet.logpdf(x, np.array(a)), alpha)
    np.testing.assert_allclose(by_alpha.numpy(), slopes, rtol=1e-6)


@pytest.mark.parametrize("shape", [(3,), (4, 3)], ids=str)
def test_densities_of_vectors_and_their_slopes(shape):
    rng = np.random.default_rng(1)
    x, mean, cov = rng.normal(size=shape), rng.normal(size=3), np.eye(3) + 0.25 * np.ones((3, 3))
    args = [torch.tensor(each, requires_grad=True) for each in (x, mean, cov)]
    value = torch.stats.multivariate_normal.logpdf(*args)
    np.testing.assert_allclose(value.detach().numpy(), stats.multivariate_normal.logpdf(x, mean, cov), rtol=1e-13)
    density = torch.stats.multivariate_normal.pdf(*args).detach().numpy()
    np.testing.assert_allclose(density, stats.multivariate_normal.pdf(x, mean, cov), rtol=1e-13)
    by_x, by_mean, by_cov = (each.numpy() for each in torch.autograd.grad(value.sum(), args))
    solved = (x - mean) @ np.linalg.inv(cov)
    np.testing.assert_allclose(by_x, -solved, rtol=1e-12)
    np.testing.assert_allclose(by_mean, np.atleast_2d(solved).sum(0), rtol=1e-12)
    rows = np.atleast_2d(solved)
    np.testing.assert_allclose(by_cov, 0.5 * (rows.T @ rows - len(rows) * np.linalg.inv(cov)), rtol=1e-12, atol=1e-15)


def test_the_entropy_of_a_normal_distribution_of_vectors():
    cov = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64, requires_grad=True)
    value = torch.stats.multivariate_normal.entropy(torch.zeros(2, dtype=torch.float64), cov)
    assert value.item() == pytest.approx(stats.multivariate_normal.entropy([0, 0], cov.detach().numpy()), rel=1e-14)
    value.backward()
    np.testing.assert_allclose(cov.grad.numpy(), 0.5 * np.linalg.inv(cov.detach().numpy()), rtol=1e-14)
