"""The V-curve of plain central differences."""

import numpy as np
import pytest

import gradproof.engine as torch
from gradproof import Case, trace
from gradproof.verify import EngineTarget, examine
from gradproof.verify.finite_differences.step_curve import EXPONENTS, step_curves


def results(function, *points):
    return [examine(Case.of_ones(trace(function, point)), EngineTarget()) for point in points]


def curve(function, *points):
    (found,) = step_curves(results(function, *points), EngineTarget())
    return found


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_curve_is_a_v_whose_tip_is_near_the_cube_root_of_the_unit_roundoff(dtype):
    sine = curve(torch.sin, *np.array([0.7, 1.1, 1.9, 2.3], dtype))
    assert (sine.dtype, sine.entries) == (np.dtype(dtype).name, 4)
    best = int(np.argmin(sine.median))
    unit = float(np.finfo(dtype).eps) / 2
    assert unit ** (1 / 3) / 16 < sine.steps[best] < 16 * unit ** (1 / 3)
    assert sine.median[best] < 100 * unit ** (2 / 3)
    assert sine.median[0] > 1e-3  # rounding
    assert sine.median[-1] > 1e-3  # truncation


def test_truncation_falls_with_the_square_of_the_step():
    cube = curve(lambda x: x * x * x, np.array(1.0))
    by_step = dict(zip(cube.steps, cube.median, strict=True))
    for step in (2.0**-3, 2.0**-6, 2.0**-9):
        # ((1 + h)^3 - (1 - h)^3) / 2h = 3 + h^2
        assert by_step[step] == pytest.approx(step**2 / 3, rel=1e-6)


def test_a_step_across_a_kink_tells_nothing():
    ramp = curve(lambda x: torch.relu(x - 0.9), np.array(1.0))
    told = [step for step, error in zip(ramp.steps, ramp.median, strict=True) if error is not None]
    assert max(told) == 2.0**-4


def test_what_is_not_verified_or_has_no_gradient_takes_no_part():
    kink, flat = results(torch.relu, np.array(0.0)), results(lambda x: x * 0.0, np.array(1.0))
    assert step_curves([*kink, *flat], EngineTarget()) == []


def test_each_dtype_has_its_own_curve():
    mixed = results(torch.exp, *(np.array(1.0, dtype) for dtype in EXPONENTS))
    assert [found.dtype for found in step_curves(mixed, EngineTarget())] == list(EXPONENTS)
