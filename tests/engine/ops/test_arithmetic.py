"""Powers at the edges of their domain; accuracy is tested in test_accuracy.py."""

import math

import pytest

import gradproof.engine as torch


def derivatives(x, p):
    base, power = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (x, p))
    return [each.item() for each in torch.autograd.grad(base**power, [base, power])]


@pytest.mark.parametrize(
    ("x", "p", "by_base", "by_power"),
    [
        (0.0, 0.0, 0.0, 0.0),
        (0.0, 1.0, 1.0, 0.0),
        (0.0, 2.0, 0.0, 0.0),
        (0.0, 3.5, 0.0, 0.0),
        (0.0, 0.5, math.inf, 0.0),
        (1.0, 5.0, 5.0, 0.0),
        (2.0, 0.0, 0.0, math.log(2.0)),
        (2.0, 3.0, 12.0, 8 * math.log(2.0)),
        (4.0, -0.5, -0.0625, 0.5 * math.log(4.0)),
        (1e-310, 0.0, 0.0, math.log(1e-310)),
    ],
)
def test_the_derivatives_of_a_power_at_an_edge(x, p, by_base, by_power):
    assert derivatives(x, p) == pytest.approx([by_base, by_power], rel=1e-15)


@pytest.mark.parametrize("x", [-1e-310, -5e-324, -0.0])
def test_a_constant_power_of_a_vanishing_negative_base_has_slope_zero(x):
    assert derivatives(x, 0.0)[0] == 0.0


@pytest.mark.parametrize(("p", "slope"), [(2.0, -6.0), (3.0, 27.0), (-1.0, -1 / 9), (0.0, 0.0), (1.0, 1.0)])
def test_a_negative_base_has_a_derivative_at_whole_powers(p, slope):
    x = torch.tensor(-3.0, dtype=torch.float64, requires_grad=True)
    (x**p).backward()
    assert x.grad.item() == pytest.approx(slope, rel=1e-15)


def test_a_negative_base_has_none_at_others():
    x = torch.tensor(-3.0, requires_grad=True)
    (x**0.5).backward()
    assert math.isnan(x.grad.item())


def test_edges_in_one_entry_do_not_spoil_the_second_derivative_of_others():
    x = torch.tensor([0.0, 2.0, 1e-200], dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad((x**3.0).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert second.tolist() == pytest.approx([0.0, 12.0, 6e-200], rel=1e-14)


def test_the_mixed_second_derivative_of_a_power_at_exponent_zero():
    """For x^p, d2/dx dp is x^(p-1) (1 + p log x), which is 1/x at p = 0."""
    x, p = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (4.0, 0.0))
    (by_x,) = torch.autograd.grad(x**p, x, create_graph=True)
    assert torch.autograd.grad(by_x, p)[0].item() == pytest.approx(0.25, rel=1e-15)


def test_squares_of_small_whole_numbers_have_exact_derivatives():
    x = torch.arange(1, 30, dtype=torch.float64).requires_grad_()
    (x**2).sum().backward()
    assert x.grad.tolist() == [2.0 * k for k in range(1, 30)]


def test_a_quotient_has_its_derivatives():
    a, b = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (3.0, 4.0))
    (a / b).backward()
    assert (a.grad.item(), b.grad.item()) == (0.25, -3 / 16)
