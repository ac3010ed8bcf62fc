"""What a reader of an outcome is told: in its text, in a notebook, as data."""

import json

import numpy as np
import pytest

import gradproof
from gradproof.verify import Verdict

X = np.array([0.5, -1.5, 3.0])


def cube(x):
    return x**3


def cube_vjp(ct, x):
    return ct * 3.0 * x**2 * np.array([1.0, 1.0, 1.1])


def two(x, s):
    return {"a": np.exp(x) * s, "b": np.sum(x) * s}


def two_vjp(cts, x, s):
    by_x = cts[0] * np.exp(x) * s + cts[1] * s
    return by_x, np.sum(cts[0] * np.exp(x)) * 1.01 + cts[1] * np.sum(x)


def outer(x, y):
    return np.outer(x, y)


def outer_jacobian(x, y):
    by_x = np.einsum("ik,j->ijk", np.eye(len(x)), y)
    by_y = np.einsum("jk,i->ijk", np.eye(len(y)), x)
    by_y[1, 2, 2] += 1e-3
    return by_x, by_y


def quadratic(x):
    return x[0] ** 2 * x[1] + x[1] * x[2]


def quadratic_hessian(x):
    return np.array([[2.0 * x[1], 2.0 * x[0], 0.0], [2.0 * x[0], 0.0, 1.0], [0.0, 1.0, 0.0]])


# --- what was drawn


def test_a_user_can_pull_the_cotangent_back_and_get_the_numbers_of_the_rows():
    result = gradproof.check(cube, X, vjp=cube_vjp)
    (ct,) = result.cotangents
    numbers = {each.place: (each.got, each.proven) for each in result.entries}
    for i, (got, true) in enumerate(zip(cube_vjp(ct, X), ct * 3.0 * X**2, strict=True)):
        assert numbers[f"x[{i}]"][0] == got
        assert numbers[f"x[{i}]"][1] == pytest.approx(true, rel=1e-14)


def test_the_cotangent_is_shown_as_text_as_data_and_in_a_notebook():
    result = gradproof.check(cube, X, vjp=cube_vjp)
    (ct,) = result.cotangents
    assert f"with the drawn cotangent {ct.tolist()}: result.cotangents[0]" in str(result)
    assert f"with the drawn cotangent {ct.tolist()}" in result._repr_html_()
    assert result.to_data()["cotangents"] == [ct.tolist()]


def test_of_a_long_cotangent_the_beginning_is_shown():
    result = gradproof.check(cube, np.linspace(0.5, 1.0, 40), vjp=lambda ct, x: ct * x)
    first, second = result.cotangents[0][:2].tolist()
    assert f"with the drawn cotangent array of shape (40,): [{first!r}, {second!r}, ...]: result.cotangents" in str(
        result
    )


def test_of_several_outputs_the_cotangent_of_the_one_that_is_shown():
    result = gradproof.check(two, X, 2.0, vjp=two_vjp)
    assert result.entries[0].output == 0
    assert "output 0 with the drawn cotangent" in str(result)
    assert "result.cotangents[1]" not in str(result)
    assert result.cotangents[1] == 1.0


def test_of_one_number_nothing_is_drawn():
    result = gradproof.check(lambda x: np.sum(x**2), X, gradient=lambda x: x)
    assert "drawn" not in str(result)
    assert result.cotangents == (1.0,)


def test_of_second_order_the_direction_is_shown_and_gives_the_numbers():
    torch = pytest.importorskip("torch", reason="torch is not installed")

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, ct):
            (x,) = ctx.saved_tensors
            return 2.0 * ct * x.detach()

    result = gradproof.check(Square.apply, torch.tensor(X), order=2)
    direction = result.directions["x"]
    assert f"along the drawn direction {direction.tolist()}: result.directions['x']" in str(result)
    first = next(each for each in result.entries if each.place == "x[0]" and each.verdict.fails)
    assert first.proven == pytest.approx(2.0 * result.cotangents[0][0] * direction[0], rel=1e-14)


# --- rows of a Jacobian and of a Hessian


def test_an_entry_of_a_jacobian_has_the_place_of_the_output_and_of_the_argument():
    result = gradproof.check(outer, X[:2], X, jacobian=outer_jacobian)
    assert [each.place for each in result.entries if each.verdict.fails] == ["output[1, 2] by y[2]"]
    assert str(result).startswith("WRONG: the Jacobian of outer by y, in 1 of 18 entries (the derivative by hand)")
    assert result.entries[0].got == outer_jacobian(X[:2], X)[1][1, 2, 2]
    assert "drawn" not in str(result)


def test_all_wrong_entries_of_a_hessian_are_told_the_worst_first():
    def wrong(x):
        return quadratic_hessian(x) + np.array([[1e-3, 0.0, 0.0], [0.0, 0.0, 1e-6], [0.0, 1e-9, 0.0]])

    result = gradproof.check(quadratic, X, hessian=wrong)
    failing = [each.place for each in result.entries if each.verdict.fails]
    assert failing == ["x[0], x[0]", "x[1], x[2]", "x[2], x[1]"]
    assert str(result).startswith("WRONG: the Hessian of quadratic by x, in 3 of 9 entries")
    assert "The Hessian is wrong" in str(result)


def test_the_diagnosis_speaks_of_the_row_with_the_worst_entry():
    def wrong(x, y):
        by_x, by_y = outer_jacobian(x, y)
        by_x[0, 0, 0] += 1e-13  # less than a finite difference tells
        return by_x, by_y

    result = gradproof.check(outer, X[:2], X, jacobian=wrong)
    assert result.entries[0].place == "output[1, 2] by y[2]"
    assert "finite differences side with the proven value" in result.diagnosis


# --- where there is no single value


def relu(x):
    return np.sum(np.maximum(x, 0.0))


@pytest.mark.parametrize(
    ("slope", "which"), [(0.0, "the lower end"), (1.0, "the upper end"), (0.5, "the middle"), (0.25, "one")]
)
def test_at_a_kink_the_interval_is_told_and_no_single_value(slope, which):
    result = gradproof.check(relu, np.array([0.0, 1.0]), gradient=lambda x: np.where(x == 0.0, slope, 1.0))
    first = result.entries[0]
    assert (first.verdict, first.proven, first.ulps) == (Verdict.SUBGRADIENT, None, None)
    assert first.interval == (0.0, 1.0)
    assert f"x[0]   got {slope}, {which} of the generalised derivatives [0, 1]" in str(result)
    assert "in [0, 1]" in result._repr_html_()
    (entry,) = [each for each in result.to_data()["entries"] if each["place"] == "x[0]"]
    assert (entry["proven"], entry["interval"]) == (None, (0.0, 1.0))
    assert json.loads(result.to_json())["entries"][0]["interval"] == [0.0, 1.0]


def test_what_is_outside_the_interval_is_wrong_and_no_finite_difference_is_claimed():
    result = gradproof.check(lambda x: np.sum(np.abs(x)), np.array([0.0, 1.0]), gradient=lambda x: np.array([2.0, 1.0]))
    assert "x[0]   got 2.0, proven to lie in [-1, 1]\n" in str(result)
    assert "finite differences cannot tell here" in str(result)


def test_at_the_tip_of_a_norm_no_number_is_claimed():
    result = gradproof.check(np.linalg.norm, np.zeros(2))
    assert "x[0]   got 0.0, one of the generalised derivatives\n" in str(result)
    assert "nan" not in str(result)


def test_where_no_derivative_exists_and_where_a_value_overflows_nothing_is_proven():
    def root(x):
        return np.sqrt(np.sum(x * x))

    with np.errstate(all="ignore"):
        text = str(gradproof.check(root, np.zeros(2), gradient=lambda x: x / root(x)))
        large = str(gradproof.check(lambda x: np.sum(np.exp(x)), np.array([710.0]), gradient=np.exp))
    assert "got nan, where no derivative exists" in text
    assert "got inf, where the true value is larger than the dtype can hold" in large


def test_ulps_are_not_told_where_the_tolerance_is_too_wide():
    result = gradproof.check(lambda x: np.sum(np.sqrt(x**2 + 1.0) - x), np.array([1e8]), gradient=np.zeros_like)
    assert result.verdict is Verdict.INCONCLUSIVE
    assert "ulp" not in str(result)
    assert result.entries[0].ulps is None


def test_what_is_no_number_is_rejected_by_finite_differences():
    result = gradproof.check(quadratic, X, gradient=lambda x: np.full(3, np.nan))
    assert "finite differences side with the proven value" in result.diagnosis


# --- of a function that is not seen inside, no node is named


def test_no_node_is_named_of_a_function_that_is_not_seen_inside():
    def inside(x):
        x += 1.0
        return x

    assert gradproof.check(relu, X, gradient=inside).diagnosis.endswith("perhaps because of that.")
    assert "v1" not in gradproof.check(relu, X, gradient=inside).diagnosis
    vague = gradproof.check(lambda x: np.sum(np.sqrt(x**2 + 1.0) - x), np.array([1e8]), gradient=np.zeros_like)
    assert vague.diagnosis == "The tolerance is too wide to tell."
