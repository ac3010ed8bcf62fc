"""Derivatives by hand of functions of each library: right, wrong, and not what a derivative may be."""

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import gradproof
import gradproof.engine
from gradproof.errors import ArgumentError, DtypeError, GradientError, ParameterError, ShapeError
from gradproof.verify import Verdict

#: Each library with the module that has its functions.
MODULES = {"torch": "torch", "jax": "jax.numpy", "autograd": "autograd.numpy"}

X, W = np.array([0.5, 1.5, -0.75]), np.array([1.25, -0.5, 2.0])


@dataclass(frozen=True)
class Library:
    """A library: its functions, and its arrays."""

    name: str
    functions: Any

    def array(self, value):
        if self.name == "torch":
            return self.functions.from_numpy(np.array(value))
        return np.array(value)

    @property
    def kind(self):
        """The type of an array that its functions return."""
        return type(self.functions.sin(self.array(X)))

    def check(self, function, *args, **options):
        return gradproof.check(function, *args, library=self.name, **options)


@pytest.fixture(params=MODULES, scope="module")
def library(request):
    name = request.param
    pytest.importorskip(name, reason=f"{name} is not installed: pip install 'gradproof[{name}]'")
    return Library(name, importlib.import_module(MODULES[name]))


@pytest.fixture
def sines(library):
    def sines(x):
        return library.functions.sum(library.functions.sin(x))

    return sines


@pytest.fixture
def x(library):
    return library.array(X)


@pytest.fixture
def cos(library):
    return library.functions.cos


# --- right and wrong


def test_a_right_gradient_is_verified(library, sines, x, cos):
    result = library.check(sines, x, gradient=cos)
    assert (result.verdict, result.library) == (Verdict.VERIFIED, "the derivative by hand")


@pytest.mark.parametrize("size", [1e-3, 1e-11])
def test_a_wrong_gradient_is_found_however_small_the_error(library, sines, x, cos, size):
    wrong = library.array(1.0 + size * np.array([0.0, 1.0, 0.0]))
    result = library.check(sines, x, gradient=lambda x: cos(x) * wrong)
    assert result.verdict is Verdict.WRONG
    assert [each.place for each in result.entries if each.verdict.fails] == ["x[1]"]


def test_a_derivative_may_return_arrays_of_numpy(library, sines, x):
    assert library.check(sines, x, gradient=lambda x: np.cos(np.asarray(x))).verdict is Verdict.VERIFIED
    assert library.check(sines, x, gradient=lambda x: np.sin(np.asarray(x))).verdict is Verdict.WRONG


def test_arguments_are_the_librarys_and_nested_as_they_were(library):
    seen = []

    def layer(params, x, power):
        return library.functions.tanh(x @ params["w"][0]) ** power

    def by_hand(ct, params, x, power):
        seen.append((ct, params, x, power))
        inner = ct * power * library.functions.tanh(x @ params["w"][0]) ** (power - 1)
        inner = inner / library.functions.cosh(x @ params["w"][0]) ** 2
        return {"w": [x * inner]}, params["w"][0] * inner, None

    args = {"w": [library.array(W)]}, library.array(X), 3
    assert library.check(layer, *args, vjp=by_hand).verdict is Verdict.VERIFIED
    for ct, params, x, power in seen:
        assert {type(params["w"][0]), type(x)} == {library.kind}
        assert (params.keys(), type(params["w"]), power, ct.shape) == ({"w"}, list, 3, ())
    without = library.check(layer, *args, vjp=lambda *given: (by_hand(*given)[0], None, None))
    assert {each.place.partition("[")[0] for each in without.entries if each.verdict.fails} == {"x"}


def test_a_vjp_of_several_results_takes_a_tuple_of_cotangents(library, x, cos):
    def both(x):
        return library.functions.sin(x), x**2

    assert library.check(both, x, vjp=lambda cts, x: cts[0] * cos(x) + cts[1] * 2.0 * x).verdict is Verdict.VERIFIED
    assert library.check(both, x, vjp=lambda cts, x: cts[0] * cos(x) + cts[1] * x).verdict is Verdict.WRONG


def test_a_jacobian_is_checked_row_by_row(library, x, cos):
    result = library.check(library.functions.sin, x, jacobian=lambda x: library.functions.diag(cos(x)))
    assert (result.verdict, len(result.results)) == (Verdict.VERIFIED, 3)
    assert library.check(library.functions.sin, x, jacobian=lambda x: np.eye(3)).verdict is Verdict.WRONG
    with pytest.raises(ArgumentError, match=r"jacobian of sin by .* has shape \(2, 3\), but must begin with .* \(3,\)"):
        library.check(library.functions.sin, x, jacobian=lambda x: np.ones((2, 3)))


def test_a_hessian_alone_and_besides_a_gradient(library, sines, x, cos):
    def hessian(x):
        return library.functions.diag(-library.functions.sin(x))

    assert library.check(sines, x, hessian=hessian).verdict is Verdict.VERIFIED
    assert library.check(sines, x, hessian=lambda x: -hessian(x)).verdict is Verdict.WRONG
    assert library.check(sines, x, gradient=cos, hessian=hessian, order=2).verdict is Verdict.VERIFIED
    wrong = library.check(sines, x, gradient=lambda x: 2.0 * cos(x), hessian=hessian)
    assert wrong.verdict is Verdict.WRONG
    assert wrong.entries[0].quantity == "the gradient of sines by x"


def test_a_search_finds_where_a_gradient_is_wrong(library, x):
    squares = library.check(lambda x: library.functions.sum(x * abs(x)), x[:2], gradient=lambda x: 2.0 * x, points=50)
    assert squares.verdict is Verdict.WRONG
    assert (squares.leaves[0].value < 0.0).any()


def test_the_dtype_is_that_of_the_argument(library, sines, cos):
    x = library.array(X.astype(np.float32))
    result = library.check(sines, x, gradient=cos)
    assert (result.verdict, result.leaves[0].value.dtype) == (Verdict.VERIFIED, np.float32)
    assert library.check(sines, x, gradient=lambda x: np.cos(np.asarray(x, float))).verdict is Verdict.VERIFIED
    assert library.check(sines, x, gradient=lambda x: cos(x) * np.float32(1.0001)).verdict is Verdict.WRONG


def test_the_fixture_of_pytest_takes_them(gradcheck, library, sines, x, cos):
    assert gradcheck(sines, x, gradient=cos, library=library.name).ok
    with pytest.raises(GradientError, match="the derivative by hand"):
        gradcheck(sines, x, gradient=lambda x: x, library=library.name)


# --- not what a derivative may be


def test_a_wrong_shape_and_nothing_are_told_with_the_argument(library, sines, x, cos):
    shaped = library.check(sines, x, gradient=lambda x: cos(x)[None])
    assert shaped.verdict is Verdict.WRONG
    assert "x[0]   got an array of float64 (1, 3), proven" in str(shaped)
    nothing = library.check(sines, x, gradient=lambda x: None)
    assert nothing.verdict is Verdict.WRONG
    assert "x[0]   got nothing, proven" in str(nothing)


UNFIT = {
    "a narrower dtype": ({"gradient": np.float32}, DtypeError, "gradient of sines by x has dtype float32.* float64"),
    "complex numbers": ({"gradient": lambda x: x * 1j}, DtypeError, "gradient of sines by x has dtype .*complex128"),
    "text": ({"gradient": lambda x: "text"}, DtypeError, "gradient of sines by x has dtype <U4"),
    "ragged rows": ({"gradient": lambda x: [[1.0], 2.0]}, ShapeError, "gradient of sines by x is no array"),
    "a hessian": ({"hessian": lambda x: np.ones(3)}, ArgumentError, r"hessian of sines by x has shape \(3,\)"),
    "no function": ({"gradient": 1.0}, ParameterError, "gradient= must be a function, not float"),
    "other parameters": ({"vjp": lambda x: x}, ParameterError, "vjp= cannot be called with 2 arguments"),
    "an order": ({"gradient": np.cos, "order": 2}, ArgumentError, "pass hessian="),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_is_no_derivative_is_refused(library, sines, x, name):
    options, kind, reason = UNFIT[name]
    with pytest.raises(kind, match=reason):
        library.check(sines, x, **options)


def test_another_nesting_is_refused(library, sines):
    args = {"a": library.array(X), "b": library.array(W)}
    with pytest.raises(DtypeError, match="a dict of 'a', 'b' there, a dict of 'a' here"):
        library.check(lambda p: sines(p["a"] * p["b"]), args, gradient=lambda p: {"a": p["a"]})


# --- what one library has alone


def test_of_a_module_a_dict_of_parameters_comes_first():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradproof[torch]'")
    module = torch.nn.Linear(3, 2).double()

    def adjoint(ct, params, x):
        return {"weight": ct[:, None] * x, "bias": ct}, params["weight"].T @ ct

    x = torch.from_numpy(X).requires_grad_()
    assert gradproof.check(module, x, vjp=adjoint).verdict is Verdict.VERIFIED
    wrong = gradproof.check(module, x, vjp=lambda *given: ({**adjoint(*given)[0], "bias": None}, adjoint(*given)[1]))
    assert {each.place for each in wrong.entries if each.verdict.fails} == {"bias[0]", "bias[1]"}
    soft = gradproof.check(torch.nn.Softplus(), x, vjp=lambda ct, x: ct * torch.sigmoid(x))
    assert soft.verdict is Verdict.VERIFIED


def test_jax_has_its_64_bits_in_a_derivative_and_no_forward_mode():
    jax = pytest.importorskip("jax", reason="JAX is not installed: pip install 'gradproof[jax]'")
    seen = []

    def gradient(x):
        seen.append(x.dtype)
        return jax.numpy.cos(x)

    result = gradproof.check(lambda x: jax.numpy.sum(jax.numpy.sin(x)), X, gradient=gradient)
    assert (result.verdict, {str(each) for each in seen}) == (Verdict.VERIFIED, {"float64"})
    with pytest.raises(ArgumentError, match="not one by hand"):
        gradproof.check(jax.numpy.sum, X, library="jax", gradient=gradient, mode="forward")


def test_a_cotangent_of_the_engine_is_a_tensor():
    engine = gradproof.engine
    seen = []

    def vjp(ct, x):
        seen.append(type(ct))
        return ct * engine.cos(x)

    assert gradproof.check(engine.sin, engine.tensor(X.tolist()), vjp=vjp).verdict is Verdict.VERIFIED
    assert set(seen) == {engine.Tensor}
