"""Ordinary differential equations: SciPy's solutions, closed forms, and the order of the methods."""

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg

from gradproof import engine as torch
from gradproof import trace
from gradproof.case import Case
from gradproof.errors import ArgumentError, DtypeError, UnsupportedError
from gradproof.verify import EngineTarget, Verdict, examine

A = np.array([[-0.3, 1.2], [-1.1, -0.2]])
START = np.array([1.0, -0.5])
ORDERS = {"euler": 1, "midpoint": 2, "rk4": 4}


def linear(a):
    return lambda t, y: a @ y


def gradients(steps, method="rk4"):
    """Return the value at 1 of ``y' = A y``, and the gradients of the sum of its entries by A, y0 and the times."""
    a, y0 = torch.tensor(A, requires_grad=True), torch.tensor(START, requires_grad=True)
    t = torch.tensor([0.0, 1.0], dtype=torch.float64, requires_grad=True)
    found = torch.integrate.odeint(linear(a), y0, t, method=method, options={"step_size": 1 / steps})[1]
    found.sum().backward()
    return [found.detach().numpy(), a.grad.numpy(), y0.grad.numpy(), t.grad.numpy()]


def closed_forms():
    root = scipy.linalg.expm(A)
    by_matrix = scipy.linalg.expm_frechet(A.T, np.outer(np.ones(2), START), compute_expm=False)
    speed = np.sum(A @ root @ START)
    return [root @ START, by_matrix, root.T @ np.ones(2), np.array([-speed, speed])]


@pytest.mark.parametrize("method", ORDERS)
def test_values_and_gradients_converge_to_the_closed_forms_at_the_order_of_the_method(method):
    errors = [
        [np.max(np.abs(found - exact)) for found, exact in zip(gradients(steps, method), closed_forms(), strict=True)]
        for steps in (16, 32)
    ]
    assert np.log2(np.array(errors[0]) / errors[1]) == pytest.approx(ORDERS[method], abs=0.25)


def test_a_pendulum_swings_as_in_scipy():
    def pendulum(t, y, sine=np.sin, stack=np.stack):
        return stack([y[1], -2.0 * sine(y[0]) - 0.1 * t * y[1]])

    times = np.array([0.0, 0.5, 1.5, 4.0])
    exact = scipy.integrate.solve_ivp(pendulum, (0, 4), [1.0, 0.3], t_eval=times, rtol=1e-12, atol=1e-12).y.T
    y0 = torch.tensor([1.0, 0.3], dtype=torch.float64)
    found = torch.integrate.odeint(
        lambda t, y: pendulum(t, y, torch.sin, torch.stack), y0, torch.tensor(times), options={"step_size": 0.01}
    )
    np.testing.assert_allclose(found.numpy(), exact, atol=1e-8)
    back = torch.integrate.odeint(
        lambda t, y: pendulum(t, y, torch.sin, torch.stack),
        torch.tensor(exact[-1]),
        torch.tensor(times[::-1].copy()),
        options={"step_size": 0.01},
    )
    np.testing.assert_allclose(back.numpy(), exact[::-1], atol=1e-7)


def test_the_gradient_is_autograds_to_the_accuracy_of_the_method():
    autograd = pytest.importorskip("autograd", reason="autograd is not installed: pip install 'gradproof[peers]'")
    integrate = pytest.importorskip("autograd.scipy.integrate")
    at = np.array([0.0, 1.0])

    def theirs(a, y0):
        args = autograd.builtins.tuple((a,))
        found = integrate.odeint(lambda y, t, a: autograd.numpy.dot(a, y), y0, at, args, rtol=1e-11, atol=1e-11)
        return autograd.numpy.sum(found[1])

    _, by_matrix, by_start, _ = gradients(64)
    np.testing.assert_allclose(by_matrix, autograd.grad(theirs, 0)(A, START), atol=1e-7)
    np.testing.assert_allclose(by_start, autograd.grad(theirs, 1)(A, START), atol=1e-7)


@pytest.mark.parametrize("method", ORDERS)
def test_the_steps_are_verified_as_a_graph_of_ops(method):
    graph = trace(
        lambda a, y, t: torch.integrate.odeint(lambda t, y: (a @ y).sin() + t, y, t, method=method),
        *(A, START, np.array([0.0, 0.25, 0.75])),
    )
    assert examine(Case.of_ones(graph), EngineTarget()).verdict is Verdict.VERIFIED


@pytest.mark.parametrize(
    ("error", "changed"),
    [
        (UnsupportedError, {"method": "dopri5"}),
        (UnsupportedError, {"options": {"perturb": True}}),
        (ArgumentError, {"options": {"step_size": 0.0}}),
        (ArgumentError, {"options": {"step_size": math.nan}}),
        (ArgumentError, {"t": torch.tensor([0.0, 1.0, 0.5])}),
        (ArgumentError, {"t": torch.tensor(0.0)}),
        (ArgumentError, {"t": torch.tensor([])}),
        (DtypeError, {"t": torch.tensor([0, 1])}),
        (DtypeError, {"y0": 1.0}),
    ],
    ids=str,
)
def test_what_cannot_be_integrated_is_refused(error, changed):
    given = {"func": linear(torch.tensor(A)), "y0": torch.tensor(START), "t": torch.tensor([0.0, 1.0]), **changed}
    with pytest.raises(error):
        torch.integrate.odeint(**given)
