"""Distributions: values are SciPy's, slopes are central differences of SciPy's."""

import numpy as np
import pytest
from scipy import stats

import gradproof.engine as torch

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
