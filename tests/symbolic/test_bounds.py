import numpy as np
import pytest
from flint import arb
from hypothesis import HealthCheck, given, settings

from gradproof import trace
from gradproof.budget import Form
from gradproof.case import Case
from gradproof.engine import ops
from gradproof.engine.vocabulary import OPS
from gradproof.symbolic import bounds, prove
from gradproof.symbolic.approximate import Approximate, floats_above, is_sharp, radii_of, tolerances_of
from gradproof.symbolic.balls import exact_balls
from gradproof.symbolic.bounds import BallBounds, FloatBounds
from gradproof.verify.examination import budgets as all_budgets
from gradproof.verify.generation.strategies import cases


def _balls(*values):
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def _proofs(case, monkeypatch):
    """Return what is proven with bounds as floats wherever they can be, and with bounds as balls."""
    found = []
    for few in (0.0, np.inf):
        monkeypatch.setattr(bounds, "FEW", few)
        found.append(prove(case, all_budgets()))
    return found


def _pairs(one, other):
    yield from ((one.values[i], other.values[i]) for i in one.values)
    for left, right in zip(one.gradients, other.gradients, strict=True):
        yield from ((left[leaf], right[leaf]) for leaf in left)


def _errors_are_small(case):
    """Tell whether rounding errors are small beside the scale on which slopes change.

    In float16 they are not, and near a singular matrix not in float32 either.
    """
    narrow = {case.graph[i].dtype for i in range(len(case.graph))} & {"float16", "float32"}
    has_matrix = any(OPS[node.op].budget.form is Form.NORMWISE for node in case.graph.nodes)
    return "float16" not in narrow and not (has_matrix and narrow)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases().filter(_errors_are_small))
def test_both_number_systems_give_the_same_enclosures_and_nearly_the_same_tolerances(case):
    with pytest.MonkeyPatch.context() as monkeypatch:
        floats, balls = _proofs(case, monkeypatch)
    assert floats.bits == balls.bits
    assert floats.switches == balls.switches
    second_order = max(np.finfo(each.dtype).eps ** 2 for each in case.graph.inputs if each.dtype.startswith("float"))
    for left, right in _pairs(floats, balls):
        assert np.array_equal(left.midpoints, right.midpoints, equal_nan=True)
        assert np.array_equal(np.isfinite(left.tolerances), np.isfinite(right.tolerances))
        # of the sine of 1e12 in float32 neither says anything; the second-order terms differ, and at a zero of the
        # slope there are no others
        scale = np.max(np.abs(right.midpoints), initial=0.0)
        known = (right.tolerances < scale) & (right.tolerances > second_order * scale)
        assert np.all(left.tolerances[known] >= 0.8 * right.tolerances[known])
        assert np.all(left.tolerances[known] <= 1.25 * right.tolerances[known])


def test_numbers_beyond_the_floats_are_left_to_balls(monkeypatch):
    monkeypatch.setattr(bounds, "FEW", 0.0)
    case = Case.of_ones(trace(lambda x: ops.softmax(x, axis=0), np.array([900.0, -900.0, 0.0])))
    proof = prove(case, all_budgets())
    assert proof.is_sharp
    assert np.all(np.isfinite(proof.gradients[0][0].tolerances))


@pytest.mark.parametrize(
    "value", [arb(10) ** 400, arb(10) ** -400, arb.nan(), arb.pos_inf(), arb(0, 1) * arb(10) ** 400]
)
def test_a_magnitude_that_is_no_float_is_refused(value):
    with pytest.raises(FloatingPointError):
        floats_above(_balls(arb(1), value))


@pytest.mark.parametrize(
    "value", [arb(0), arb(1) / 3, -arb(1) / 3, arb(1, 0.5), arb(0, 2), arb(7, 1e-30), arb(2) ** -1000]
)
def test_a_magnitude_is_rounded_up_and_not_far(value):
    (found,) = floats_above(_balls(value)).tolist()
    assert value.abs_upper() <= found
    assert found <= 1.1 * float(value.abs_upper())


def test_a_bound_rounds_up_and_zero_stays_zero():
    assert tolerances_of(_balls(arb(0), arb(1) / 3, arb.nan())).tolist()[0::2] == [0.0, np.inf]
    assert arb(float(tolerances_of(_balls(arb(1) / 3))[0])) >= arb(1) / 3
    assert radii_of(_balls(arb(1))).tolist() == [0.0]
    assert 0.0 < radii_of(_balls(arb(1, arb(10) ** -400)))[0] <= 5e-324


def test_a_product_of_matrices_that_may_leave_the_range_is_refused():
    tiny = np.full((2, 2), 1e-200)
    with pytest.raises(FloatingPointError):
        FloatBounds().contract(tiny, tiny)
    assert FloatBounds().contract(np.eye(2), np.eye(2)).tolist() == pytest.approx(np.eye(2))


@pytest.mark.parametrize("system", [BallBounds, FloatBounds])
def test_what_is_exactly_zero_has_no_error_and_anything_else_has_that_of_its_underflow(system):
    number = system()
    zero = Approximate(exact_balls(np.zeros(1)), number.zeros((1,)))
    one = Approximate(exact_balls(np.ones(1)), number.zeros((1,)))
    least = number.number(arb(2) ** -1074)
    assert tolerances_of(number.product(zero, one, least)).tolist() == [0.0]
    assert tolerances_of(number.product(one, one, least))[0] >= 2.0**-1074


def test_an_enclosure_is_sharp_where_it_is_exact_or_far_narrower_than_its_tolerance():
    balls = _balls(arb(1), arb(1, 1e-20), arb(1, 1e-10), arb.nan(), arb(3, 100), arb(1, 1e-20))
    assert is_sharp(balls, np.array([0.0, 1e-16, 1e-12, 1.0, 1e9, np.inf])).tolist() == [True, True, *[False] * 4]


@pytest.mark.parametrize(("x", "is_tame"), [(1.5, True), (1e-200, False), (1e200, False)])
def test_a_sweep_in_which_floats_overflow_or_underflow_is_run_on_balls(x, is_tame):
    case = Case.of_ones(trace(lambda x: ops.multiply(x, x), np.full(64, x)))
    assert (prove(case, all_budgets()).values[1].error.dtype == np.float64) == is_tame
