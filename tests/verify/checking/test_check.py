"""The front door: right and wrong derivatives of functions of NumPy arrays and of the engine's tensors."""

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import rosen_der, rosen_hess
from scipy.special import expit

import gradproof
import gradproof.engine as torch
from gradproof.errors import ArgumentError, DtypeError, GradientError, ShapeError, TraceError
from gradproof.verify import Verdict

RANDOM = np.random.default_rng(0)
X = np.array([1.3, 0.7, 0.8, 1.9, 1.2])


def rosen(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def layer(params, x):
    return np.tanh(x @ params["w"] + params["b"])


def layer_vjp(ct, params, x):
    inner = ct / np.cosh(x @ params["w"] + params["b"]) ** 2
    return {"b": inner.sum(0), "w": x.T @ inner}, inner @ params["w"].T


LAYER = ({"w": RANDOM.standard_normal((3, 2)), "b": RANDOM.standard_normal(2)}, RANDOM.standard_normal((4, 3)))


# --- by hand


def test_a_right_gradient_is_verified_and_says_what_it_would_have_seen():
    result = gradproof.check(rosen, X, gradient=rosen_der)
    assert (result.verdict, result.ok) == (Verdict.VERIFIED, True)
    assert str(result).startswith("VERIFIED: rosen, its gradient by x (the derivative by hand)")
    assert "would have been seen" in str(result)
    result.raise_if_wrong()


@pytest.mark.parametrize("size", [1e-1, 1e-3, 1e-6, 1e-9, 1e-11])
def test_a_wrong_gradient_is_found_however_small_the_error(size):
    result = gradproof.check(rosen, X, gradient=lambda x: rosen_der(x) * (1.0 + size * (np.arange(5) == 3)))
    assert result.verdict is Verdict.WRONG
    wrong = [each for each in result.entries if each.verdict is Verdict.WRONG]
    assert [each.place for each in wrong] == ["x[3]"]
    assert wrong[0].got == pytest.approx(wrong[0].proven * (1.0 + size), rel=1e-13)
    with pytest.raises(GradientError, match=r"x\[3\]"):
        result.raise_if_wrong()


def test_the_worst_entry_comes_first():
    result = gradproof.check(rosen, X, gradient=lambda x: rosen_der(x) * (1.0 + np.array([0, 1e-6, 0, 1e-3, 0])))
    assert [each.place for each in result.entries[:2]] == ["x[3]", "x[1]"]


def test_a_vjp_of_nested_arguments():
    assert gradproof.check(layer, *LAYER, vjp=layer_vjp).verdict is Verdict.VERIFIED


def test_a_vjp_that_forgets_to_sum_over_the_batch():
    def wrong(ct, params, x):
        found, by_x = layer_vjp(ct, params, x)
        return {**found, "b": found["b"] / len(x)}, by_x

    result = gradproof.check(layer, *LAYER, vjp=wrong)
    assert {each.place for each in result.entries if each.verdict.fails} == {"params['b'][0]", "params['b'][1]"}


def test_a_gradient_of_another_shape_and_one_that_is_missing():
    def transposed(ct, params, x):
        found, by_x = layer_vjp(ct, params, x)
        return {**found, "w": found["w"].T}, by_x

    assert "got an array of float64 (2, 3)" in str(gradproof.check(layer, *LAYER, vjp=transposed))
    missing = gradproof.check(layer, *LAYER, vjp=lambda ct, params, x: (layer_vjp(ct, params, x)[0], None))
    assert "got nothing" in str(missing)


def outer(x):
    return np.outer(x, x)


def outer_jacobian(x):
    eye = np.eye(len(x))
    return np.einsum("ik,j->ijk", eye, x) + np.einsum("jk,i->ijk", eye, x)


def test_a_jacobian_is_checked_row_by_row():
    assert len(gradproof.check(outer, X[:3], jacobian=outer_jacobian).results) == 9
    result = gradproof.check(outer, X[:3], jacobian=lambda x: outer_jacobian(x).swapaxes(0, 2))
    assert result.verdict is Verdict.WRONG


def test_a_hessian():
    assert gradproof.check(rosen, X, hessian=rosen_hess).verdict is Verdict.VERIFIED
    result = gradproof.check(rosen, X, hessian=lambda x: rosen_hess(x) + 1e-9 * np.eye(5))
    assert result.verdict is Verdict.WRONG
    assert {each.place for each in result.entries if each.verdict.fails} == {f"x[{i}], x[{i}]" for i in range(5)}


def test_a_gradient_in_float32_has_the_tolerance_of_float32():
    result = gradproof.check(rosen, X, gradient=rosen_der, dtype="float32")
    assert result.verdict is Verdict.VERIFIED
    assert result.leaves[0].value.dtype == np.float32
    wrong = gradproof.check(rosen, X, gradient=lambda x: rosen_der(x) * np.float32(1.0 + 1e-4), dtype="float32")
    assert wrong.verdict is Verdict.WRONG


def test_a_gradient_that_changes_its_argument_misbehaves():
    def gradient(x):
        found = rosen_der(x)
        x += 1.0
        return found

    result = gradproof.check(rosen, X, gradient=gradient)
    assert result.verdict is Verdict.MISBEHAVES
    assert "changed in place" in str(result)


def test_at_a_kink_any_generalised_derivative_passes_and_is_told():
    def relu(x):
        return np.sum(np.maximum(x, 0.0))

    for slope in (0.0, 0.5, 1.0):
        result = gradproof.check(relu, np.array([0.0]), gradient=lambda x, slope=slope: np.array([slope]))
        assert result.verdict is Verdict.SUBGRADIENT
    assert gradproof.check(relu, np.array([0.0]), gradient=lambda x: np.array([1.5])).verdict is Verdict.WRONG


def root_of_squares(x):
    return np.sqrt(np.sum(x * x))


def test_no_number_where_a_slope_inside_is_infinite_is_undefined():
    with np.errstate(all="ignore"):
        result = gradproof.check(root_of_squares, np.zeros(2), gradient=lambda x: x / np.sqrt(np.sum(x * x)))
    assert result.verdict is Verdict.UNDEFINED


def test_a_gradient_in_a_wider_dtype_is_rounded():
    result = gradproof.check(lambda x: np.sum(x**2), np.ones(2, np.float32), gradient=lambda x: 2.0 * x.astype(float))
    assert result.verdict is Verdict.VERIFIED


def test_a_tolerance_that_is_wider_than_the_truth_tells_nothing():
    result = gradproof.check(lambda x: np.sum(np.sqrt(x**2 + 1.0) - x), np.array([1e8]), gradient=lambda x: 0.0 * x)
    assert result.verdict is Verdict.INCONCLUSIVE
    softmax_sum = gradproof.check(
        lambda x: np.sum(np.exp(x) / np.sum(np.exp(x))), np.array([1.0, 2.0]), gradient=np.zeros_like
    )
    assert softmax_sum.verdict is Verdict.VERIFIED


# --- digits that are lost


def logistic(x):
    return np.sum(1.0 / (1.0 + np.exp(-x)))


def logistic_slope(x):
    y = 1.0 / (1.0 + np.exp(-x))
    return y * (1.0 - y)


def log_loss(x):
    return np.sum(np.log1p(np.exp(-x)))


def log_loss_slope(x):
    return 1.0 / (1.0 + np.exp(-x)) - 1.0


@pytest.mark.parametrize("x", [6.0, 8.0, 12.0, 20.0, 33.0, 58.0])
@pytest.mark.parametrize(("function", "gradient"), [(logistic, logistic_slope), (log_loss, log_loss_slope)])
def test_a_right_formula_that_loses_digits_is_inaccurate(function, gradient, x):
    result = gradproof.check(function, np.array([x, 0.5]), gradient=gradient)
    assert result.verdict is Verdict.INACCURATE, result
    assert [each.place for each in result.entries if each.verdict is Verdict.INACCURATE] == ["x[0]"]


@pytest.mark.parametrize("x", [0.5, 6.0, 20.0])
@pytest.mark.parametrize("size", [1e-5, 1e-9, 1e-12])
def test_a_mistake_has_a_sign_and_is_wrong(x, size):
    def slope(x):
        return (1.0 + size) * np.exp(-x) / (1.0 + np.exp(-x)) ** 2

    assert gradproof.check(logistic, np.array([x]), gradient=slope).verdict is Verdict.WRONG


def test_a_mistake_among_lost_digits_is_wrong():
    result = gradproof.check(logistic, np.array([8.0, 0.5]), gradient=lambda x: logistic_slope(x) * np.array([1, 1.1]))
    assert result.verdict is Verdict.WRONG


def test_a_gradient_that_is_zero_far_out_by_mistake_is_wrong():
    result = gradproof.check(
        log_loss, np.array([-20.0]), gradient=lambda x: np.where(x < -15.0, 0.0, log_loss_slope(x))
    )
    assert result.verdict is Verdict.WRONG


# --- the search


def test_a_search_finds_where_a_gradient_is_wrong_and_shrinks_to_it():
    def relu(x):
        return np.sum(np.maximum(x, 0.0))

    result = gradproof.check(relu, np.array([1.5, 2.5, 3.5]), gradient=np.ones_like, points=200)
    assert result.verdict is Verdict.WRONG
    (leaf,) = result.leaves
    assert np.sum(leaf.value < 0.0) == 1
    assert "this one is wrong" in str(result)
    assert gradproof.check(relu, leaf.value, gradient=np.ones_like).verdict is Verdict.WRONG


def test_a_search_that_finds_nothing_says_how_many_points_it_tried():
    result = gradproof.check(rosen, X, gradient=rosen_der, points=50)
    assert result.ok
    assert result.tried > 50
    assert "points were tried, and none is wrong" in str(result)


def test_a_search_counts_points_that_the_function_refuses():
    def log_root(x):
        return np.sum(np.log(np.diag(np.linalg.cholesky(x))))

    def gradient(x):
        # of the lower triangle, which is all that is read
        inverse = np.linalg.inv(np.tril(x) + np.tril(x, -1).T)
        return np.tril(inverse, -1) + 0.5 * np.diag(np.diag(inverse))

    a = np.array([[4.0, 1.0], [1.0, 3.0]])
    result = gradproof.check(log_root, a, gradient=gradient, points=60)
    assert result.verdict is not Verdict.WRONG, result
    assert set(result.refused) == {"LinAlgError"}
    assert "the function has no value (LinAlgError)" in str(result)


def test_where_a_matrix_has_no_root_nobody_is_accused():
    result = gradproof.check(lambda x: np.sum(np.linalg.cholesky(x)), np.array([[4.0, 1.0], [1.0, -3.0]]))
    assert result.verdict is Verdict.UNDEFINED


# --- the engine's own


def cross_entropy(x):
    e = np.exp(x)
    return -np.sum(np.log(e / np.sum(e, axis=1)[:, None])[:, 0])


def cross_entropy_slope(x):
    e = np.exp(x)
    return e / np.sum(e, axis=1)[:, None] - np.eye(x.shape[1])[0]


@pytest.mark.parametrize("other", [[0.5, 0.2], [-800.0, 0.2]], ids=["nothing", "underflow"])
def test_what_follows_from_an_overflow_inside_is_not_wrong_whatever_else_happens(other):
    x = np.array([[0.4, 717.0], other])
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        assert np.isnan(cross_entropy_slope(x)[0, 1])
        result = gradproof.check(cross_entropy, x, gradient=cross_entropy_slope)
    assert result.verdict is Verdict.OVERFLOWS, result


def test_functions_of_numpy_and_of_the_engine_are_differentiated_by_the_engine():
    assert gradproof.check(rosen, X).verdict is Verdict.VERIFIED
    assert gradproof.check(lambda x: torch.logsumexp(x, 0), torch.tensor(X.tolist())).verdict is Verdict.VERIFIED
    assert gradproof.check(lambda x: expit(x) * np.where(x > 1.0, x, 0.5), X, order=2).verdict is Verdict.VERIFIED


def test_a_function_of_the_array_api():
    def softmax(x):
        xp = x.__array_namespace__()
        e = xp.exp(x - xp.max(x))
        return e / xp.sum(e)

    assert gradproof.check(softmax, X).verdict is Verdict.VERIFIED


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved_tensors
        return ct * 2.0 * x * (1.0 + 1e-9)


def test_a_function_with_a_backward_of_its_own_is_on_trial_and_named():
    result = gradproof.check(lambda x: Square.apply(torch.sin(x)).sum(), X)
    assert result.verdict is Verdict.WRONG
    assert "at fault: v6 (Square)" in str(result) or "(Square)" in str(result).splitlines()[-1]


def test_several_outputs_nested_as_one_likes():
    result = gradproof.check(lambda x: {"a": np.exp(x), "b": [np.sum(x), (x[0] * 2.0,)]}, X)
    assert result.verdict is Verdict.VERIFIED
    assert {pair.output for pair in result.worst.pairs} == {0, 1, 2}


def test_integers_are_arguments_that_are_not_differentiated_by():
    result = gradproof.check(lambda x, i, scale: x[i] * scale, X, 2, 3.0)
    assert result.ok
    assert {each.place.partition("[")[0] for each in result.entries} == {"x", "scale"}


# --- what it gives


def test_an_outcome_is_json_and_html_and_a_notebook_cell(tmp_path):
    result = gradproof.check(rosen, X, gradient=lambda x: rosen_der(x) * np.array([1.0, 2.0, 1.0, 1.0, np.nan]))
    data = json.loads(result.to_json())
    assert (data["format"], data["ok"], data["verdict"]) == ("gradproof-check", False, "WRONG")
    assert {"nan"} == {each["got"] for each in data["entries"] if each["place"] == "x[4]"}
    assert data["point"] == {"x": X.tolist()}
    result.to_html(tmp_path / "check.html")
    assert "rosen" in (tmp_path / "check.html").read_text()
    cell = result._repr_html_()
    assert cell.count("<tr>") == 6
    assert "WRONG" in cell


def test_names_are_escaped_in_a_notebook():
    result = gradproof.check(lambda p: p["<script>"] * 2.0, {"<script>": X}, vjp=lambda ct, p: {"<script>": ct})
    assert "<script>" not in result._repr_html_()


# --- bad input


def test_bad_input_is_refused_with_what_to_do():
    with pytest.raises(ArgumentError, match="order=3"):
        gradproof.check(rosen, X, order=3)
    with pytest.raises(ArgumentError, match="mode='backward'"):
        gradproof.check(rosen, X, mode="backward")
    with pytest.raises(ArgumentError, match="for functions of JAX"):
        gradproof.check(rosen, X, mode="forward")
    with pytest.raises(ArgumentError, match="points=0"):
        gradproof.check(rosen, X, points=0)
    with pytest.raises(ArgumentError, match="did you mean 'torch'"):
        gradproof.check(rosen, X, library="touch")
    with pytest.raises(ArgumentError, match="gradient and vjp"):
        gradproof.check(rosen, X, gradient=rosen_der, vjp=rosen_der)
    with pytest.raises(DtypeError, match="no argument to differentiate by"):
        gradproof.check(lambda x: x, np.arange(3))
    with pytest.raises(DtypeError, match="complex"):
        gradproof.check(rosen, X * 1j)
    with pytest.raises(ShapeError, match="use jacobian= or vjp="):
        gradproof.check(outer, X, gradient=rosen_der)
    with pytest.raises(TraceError, match="returns NoneType"):
        gradproof.check(lambda x: None, X)
    with pytest.raises(TraceError, match="does not come of its arguments"):
        gradproof.check(lambda x: np.ones(3), X)
    with pytest.raises(DtypeError, match="nested as the arguments are"):
        gradproof.check(layer, *LAYER, vjp=lambda ct, params, x: ({"w": x}, x))
    with pytest.raises(DtypeError, match="2 values, one for each argument"):
        gradproof.check(layer, *LAYER, vjp=lambda ct, params, x: x)


def test_an_exception_of_the_function_is_its_own():
    def function(x):
        raise KeyError("of the function")

    with pytest.raises(KeyError, match="of the function"):
        gradproof.check(function, X)


def test_a_trace_that_is_not_the_function_is_refused():
    calls = []

    def function(x):
        calls.append(x)
        return np.sum(x * x) * (1.0 if len(calls) == 1 else 1.001)

    with pytest.raises(TraceError, match="at another input"):
        gradproof.check(function, X, gradient=lambda x: 2.0 * x)


def test_a_library_that_is_not_installed_says_how_to_install_it():
    names = ["torch", "jax", "autograd"]
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({names}))\n"
        "import numpy as np, gradproof\n"
        f"for name in {names}:\n"
        "    try:\n        gradproof.check(lambda x: x, np.ones(2), library=name)\n"
        "    except ImportError as error:\n        print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    shown = done.stdout.splitlines()
    assert len(shown) == len(names), done.stdout
    for name, line in zip(names, shown, strict=True):
        assert f"pip install 'gradproof[{name}]'" in line


# --- integers and truth values among the arguments

PLACES, MASK = np.array([0, 2]), np.array([True, False, True])
OF_DATA = {
    "places": (lambda x, i: x[i] ** 2, PLACES),
    "places of 32 bits": (lambda x, i: x[i] ** 2, PLACES.astype(np.int32)),
    "a slice": (lambda x, i: x[i[0] : i[1]] ** 2, PLACES),
    "a mask": (lambda x, m: x[m] ** 2, MASK),
    "a contrary": (lambda x, m: np.where(~m, x, x**2), MASK),
    "a factor": (lambda x, i: x * i[1] + np.sum(i), PLACES),
    "a branch": (lambda x, i: x**2 if i[0] == 0 else x, PLACES),
    "a count": (lambda x, n: sum(x**k for k in range(int(n))), np.array(3)),
}


@pytest.mark.parametrize("name", OF_DATA)
def test_integers_and_truth_values_are_data(name):
    function, data = OF_DATA[name]
    x = np.array([1.5, -2.0, 3.0])
    result = gradproof.check(function, x, data, points=5)
    assert result.verdict is Verdict.VERIFIED
    assert [leaf.requires_grad for leaf in result.leaves] == [True, False]
    np.testing.assert_array_equal(result.leaves[1].value, data)


def test_data_stays_as_it_is_in_a_search_and_beside_the_point():
    seen = []

    def function(x, i):
        seen.append(np.array(i))
        return np.sum(x[i] ** 3)

    def gradient(x, i):
        found = np.zeros_like(x)
        found[i] = 3 * x[i] * np.abs(x[i])
        return found, None

    result = gradproof.check(function, np.array([1.5, 2.0, 3.0]), PLACES, gradient=gradient, points=50)
    assert result.verdict is Verdict.WRONG
    assert result.tried > 1
    assert all(np.array_equal(each, PLACES) for each in seen if each.ndim)


# --- what cannot be checked

UNFIT = {
    "a hessian by two arguments": (lambda x, y: np.sum(x * y), (X, X), {"hessian": np.outer}, ArgumentError, "by x, y"),
    "a hessian of a vector": (lambda x: x**2, (X,), {"hessian": np.diag}, ShapeError, "that of one number"),
    "a hessian of text": (np.sum, (X,), {"hessian": lambda x: "text"}, DtypeError, "must be of real numbers"),
    "a dtype of integers": (np.sum, (X,), {"dtype": "int64"}, DtypeError, "none of those that are proven"),
    "an unknown dtype": (np.sum, (X,), {"dtype": "single precision"}, DtypeError, "is no dtype of NumPy"),
    "objects": (np.sum, (X.astype(object),), {}, DtypeError, "has dtype object"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_cannot_be_checked_says_why(name):
    function, args, options, kind, reason = UNFIT[name]
    with pytest.raises(kind, match=reason):
        gradproof.check(function, *args, **options)
