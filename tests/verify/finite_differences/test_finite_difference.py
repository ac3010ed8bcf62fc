"""Finite differences: values that are right, and error estimates that can be trusted, at the traps where they fail."""

import math

import mpmath
import numpy as np
import pytest

from gradproof import engine as torch
from gradproof import trace
from gradproof.case import Case
from gradproof.verify import EngineTarget
from gradproof.verify.finite_differences.differences import differences
from gradproof.verify.finite_differences.finite_difference import Conditions, differentiate
from gradproof.verify.finite_differences.opinion import TELLING, TRUST

ops = torch.ops
DOUBLE = 2.0**-53


def differenced(function, at):
    case = Case.of_ones(trace(function, np.asarray(at)))
    target = EngineTarget()
    return differences(case, target, target.play(case))[0, 0]


# Each row: the function, the point, its derivative there from mathematics, and whether a finite difference can tell it.
TRAPS = {
    "a wave": (lambda x: ops.sin(1000.0 * x), 0.7, 1000 * mpmath.cos(700), True),
    "a wave that every large step aliases": (lambda x: ops.sin(2.0**20 * x), 0.5, 2**20 * mpmath.cos(2**19), True),
    "a slow wave": (lambda x: ops.sin(100.0 * x), 0.7, 100 * mpmath.cos(mpmath.mpf(0.7) * 100), True),
    "a ripple on a slope": (
        lambda x: x + 1e-6 * ops.sin(1e6 * x),
        0.7,
        1 + mpmath.mpf(1e-6) * mpmath.mpf(1e6) * mpmath.cos(mpmath.mpf(0.7) * 1e6),
        True,
    ),
    "an offset": (lambda x: 1e8 + x, 0.5, 1, True),
    "an offset that cancels": (lambda x: (1e8 + x) - 1e8, 0.5, 1, True),
    "a larger offset that cancels": (lambda x: (1e12 + x) - 1e12, 0.5, 1, True),
    "an offset that absorbs": (lambda x: (1e17 + x) - 1e17, 0.5, 1, False),
    "a sum that cancels": (lambda x: ops.sum(ops.concat(x + 1e9, x - 1e9, axis=0)), [0.25], 2, True),
    "a square far out": (ops.square, 1e8, 2e8, True),
    "a logarithm near its pole": (ops.log, 1e-5, mpmath.mpf(1) / mpmath.mpf(1e-5), True),
    "a logarithm nearer to it": (ops.log, 1e-270, mpmath.mpf(1) / mpmath.mpf(1e-270), True),
    "a logarithm far out": (ops.log, 1e300, mpmath.mpf(1) / mpmath.mpf(1e300), True),
    "a root near its edge": (ops.sqrt, 1e-12, 0.5 / mpmath.sqrt(mpmath.mpf(1e-12)), True),
    "a root at its edge": (ops.sqrt, 0.0, mpmath.inf, False),
    "an arc near its edge": (
        lambda x: ops.sqrt(1.0 - x * x),
        1 - 2.0**-30,
        -(1 - mpmath.mpf(2) ** -30) / mpmath.sqrt(1 - (1 - mpmath.mpf(2) ** -30) ** 2),
        True,
    ),
    "a power near its edge": (lambda x: x**0.25, 1e-10, mpmath.mpf(1e-10) ** -0.75 / 4, True),
    "a power across zero": (lambda x: x**3.0, 0.0, 0, None),
    "an odd root at zero": (lambda x: x**0.5, 0.0, mpmath.inf, False),
    "a reciprocal near its pole": (lambda x: 1.0 / x, -3e-3, -1 / mpmath.mpf(-3e-3) ** 2, True),
    "a pole that is stepped over": (ops.gammaln, 1e-4, mpmath.digamma(mpmath.mpf(1e-4)), True),
    "a step that overflows": (ops.exp, 709.78, mpmath.exp(mpmath.mpf(709.78)), True),
    "a square that overflows": (ops.square, 1.34e154, 2 * mpmath.mpf(1.34e154), True),
    "a square that underflows": (ops.square, 1e-200, 2 * mpmath.mpf(1e-200), False),
    "an exponential of a tiny number": (ops.exp, 1e-300, 1, True),
    "a sine at zero": (ops.sin, 0.0, 1, True),
    "a square at zero": (ops.square, 0.0, 0, None),
    "a cube": (lambda x: x * x * x, 0.0, 0, None),
    "saturation": (ops.tanh, 20.0, mpmath.sech(20) ** 2, False),
    "relu beside its kink": (ops.relu, 1e-7, 1, True),
    "relu at its kink": (ops.relu, 0.0, 0.5, False),
    "abs at its kink": (ops.abs, 0.0, 0, False),
    "a kink that is nearer than a step": (lambda x: ops.relu(x - (1 - 1e-6)), 1.0, 1, True),
    "a kink that is much nearer": (lambda x: ops.abs(x - (1 + 1e-9)), 1.0, -1, True),
    "two kinks": (lambda x: ops.abs(x - 1.0) + ops.abs(x - (1 + 2.0**-16)), 1 + 2.0**-17, 0, None),
    "a tie": (lambda x: ops.maximum(x, 2.0), 2.0, 0.5, False),
    "a tie nearby": (lambda x: ops.maximum(x, 2.0 - 1e-8), 2.0, 1, True),
    "a bound": (lambda x: ops.clip(x, min=-1.0, max=0.5), 0.5, 1, False),
    "a bound nearby": (lambda x: ops.clip(x, min=-1.0, max=0.5), 0.5 - 1e-8, 1, True),
    "a step": (ops.floor, 3.0, 0, None),
    "a step nearby": (lambda x: ops.floor(x) + x, 3.0 + 1e-9, 1, True),
    "a sign": (lambda x: ops.sign(x) * x, 1e-9, 1, True),
    "a branch nearby": (lambda x: ops.where(x > 1.0, x * x, -x), 1.0 + 1e-9, 2 + 2 * (mpmath.mpf(1 + 1e-9) - 1), True),
    "the other dtype on the way": (lambda x: ops.sin(ops.astype(x, dtype="float32")), 0.75, mpmath.cos(0.75), True),
    "an integer on the way": (lambda x: ops.astype(ops.astype(x, dtype="int64"), dtype="float64") + x, 2.0, 1, False),
    "float32": (ops.exp, np.float32(1.25), mpmath.exp(1.25), True),
    "an offset in float32": (lambda x: (1000.0 + x) - 1000.0, np.float32(0.5), 1, True),
    "float32 near an edge": (ops.log, np.float32(2.0**-20), 2**20, True),
    "float32 far out": (ops.square, np.float32(2.0**40), 2.0**41, True),
    "float32 that overflows": (ops.exp, np.float32(88.5), mpmath.exp(88.5), True),
    "float32 that underflows": (ops.square, np.float32(2.0**-90), 2.0**-89, False),
    "a float32 kink nearby": (lambda x: ops.relu(x - 1.0), np.float32(1 + 2.0**-10), 1, True),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_survived(name):
    function, at, truth, tells = TRAPS[name]
    found = differenced(function, at)
    value, error = found.values.item(), found.errors.item()
    if math.isfinite(error):
        assert abs(mpmath.mpf(value) - truth) <= TRUST * error
    if tells is None:
        # a derivative of 0 has no relative error: the estimate itself must be small
        assert error <= 1e-5 or error == math.inf
    else:
        assert (error <= TELLING * abs(truth) and mpmath.isfinite(truth)) == tells


# --- functions of which nothing is known


def each_alone(*moves, noise):
    """Return a move that takes every step along its direction alone."""
    return lambda directions, steps: (noise, [moves[i](step) for i, step in zip(directions, steps, strict=True)])


def move_of(function, at):
    base = function(at)
    return lambda step: ([function(at + step) - base], ())


def black_box(function, at, scale=None):
    """Differentiate a function whose domain, kinks and noise nobody states."""
    move = each_alone(move_of(function, at), noise=[DOUBLE * abs(function(at))])
    found = differentiate(move, [scale or abs(at) or 1.0], Conditions([0.0], DOUBLE, goal=5e-6))
    return found.values[0, 0], found.errors[0, 0]


def outside(function, domain):
    return lambda x: function(x) if domain(x) else math.nan


# Each row: the function, the point, and its derivative; two where it has one on each side alone, none where it jumps.
BOXES = {
    "exp": (math.exp, 1.3, mpmath.exp(mpmath.mpf(1.3))),
    "relu at its kink": (lambda x: max(x, 0.0), 0.0, (0, 1)),
    "a kink at the point": (lambda x: abs(x - 1.0) + x, 1.0, (0, 2)),
    "a weak kink on a curve": (lambda x: x * x + 1e-3 * max(x - 1.0, 0.0), 1.0, (2, mpmath.mpf("2.001"))),
    "a kink beside the point": (lambda x: abs(x - (1.0 + 2.0**-18)), 1.0, -1),
    "a jump at the point": (lambda x: float(x > 1.0), 1.0, ()),
    "a jump beside the point": (lambda x: float(x > 1.0 + 2.0**-18) + x, 1.0, 1),
    "a wave": (lambda x: math.sin(1e5 * x), 0.7, 10**5 * mpmath.cos(mpmath.mpf(0.7) * 10**5)),
    "a fast wave": (lambda x: math.sin(3e6 * x), 0.7, 3 * 10**6 * mpmath.cos(mpmath.mpf(0.7) * 3 * 10**6)),
    "noise that the value does not show": (lambda x: (1e8 + x) - 1e8, 0.7, 1),
    "more noise": (lambda x: (1e11 + x) - 1e11, 0.7, 1),
    "an edge": (outside(lambda x: math.sqrt(x - 1), lambda x: x >= 1), 1 + 2.0**-20, mpmath.mpf(2) ** 9),
    "nothing": (lambda x: math.nan, 1.0, ()),
}


@pytest.mark.parametrize("name", BOXES)
def test_an_unknown_function_never_makes_the_estimate_wrong(name):
    function, at, truth = BOXES[name]
    value, error = black_box(function, at)
    slopes = truth if isinstance(truth, tuple) else (truth,)
    if not slopes:
        assert error == math.inf
    if math.isfinite(error):
        assert all(abs(mpmath.mpf(value) - slope) <= TRUST * error for slope in slopes)


def test_a_smooth_function_takes_four_evaluations_and_has_an_estimate_near_its_error():
    calls = []
    move = move_of(math.exp, 1.3)

    def counted(step):
        calls.append(step)
        return move(step)

    noise = [DOUBLE * math.exp(1.3)]
    found = differentiate(each_alone(counted, noise=noise), [1.3], Conditions([0.0], DOUBLE, goal=5e-6))
    assert len(calls) == 4
    assert found.errors[0, 0] <= 1e-8 * math.exp(1.3)


def test_steps_that_are_blocked_are_given_up():
    calls = []

    def blocked(step):
        calls.append(step)
        return [math.nan], ["a wall"]

    found = differentiate(each_alone(blocked, noise=[0.0]), [1.0], Conditions([0.0], DOUBLE, goal=5e-6))
    assert found.errors[0, 0] == math.inf
    assert found.obstacles[0] == ("a wall",)
    assert len(calls) == 3 * 4


def test_an_output_beyond_a_wall_does_not_hide_the_others():
    def move(step):
        return [math.nan, 3.0 * step], ["a wall"]

    found = differentiate(each_alone(move, noise=[0.0, 1e-16]), [1.0], Conditions([0.0, 0.0], DOUBLE, goal=5e-6))
    assert found.errors[0, 0] == math.inf
    assert found.values[0, 1] == 3.0
    assert found.errors[0, 1] <= 1e-8


def test_outputs_are_columns_and_moves_are_rows():
    a = np.array([[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]])
    moves = [lambda step, row=row: (list(a[row] * step), ()) for row in range(2)]
    found = differentiate(each_alone(*moves, noise=[1e-16] * 3), [1.0, 1.0], Conditions([0.0] * 3, DOUBLE, goal=5e-6))
    np.testing.assert_allclose(found.values, a, rtol=1e-9)


def test_an_input_without_entries_has_no_derivatives():
    case = Case.of_ones(trace(lambda x: x * 2.0, np.zeros((2, 0))))
    target = EngineTarget()
    assert differences(case, target, target.play(case))[0, 0].values.shape == (2, 0)


def test_a_kink_that_another_entry_stands_on_is_not_in_the_way():
    found = differenced(lambda x: ops.sum(ops.relu(x)), [0.0, 2.0])
    assert found.errors[0] == math.inf
    assert found.values[1] == pytest.approx(1.0, abs=1e-8)


def test_a_neighbour_that_the_forward_refuses_is_stepped_around():
    found = differenced(ops.inv, [[1.0, 2.0], [3.0, 6.0 + 2.0**-15]])
    # the entries of the inverse sum to (d - 4) / (d - 6) for the last entry d: singular one step below
    assert abs(found.values[1, 1] - -2 * 2.0**30) <= TRUST * found.errors[1, 1] <= 1e-2 * 2.0**31
    assert "neighbours that the forward refuses (LinAlgError)" in [each.what for each in found.obstacles[1, 1]]


def test_a_difference_does_not_move_what_is_detached():
    found = differenced(lambda x: x * x.detach(), 2.0)
    assert found.values.item() == pytest.approx(2.0, rel=1e-9)
