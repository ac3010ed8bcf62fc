"""Who is named as being at fault inside of functions of other libraries."""

import json

import numpy as np
import pytest

import gradproof
from gradproof.verify import Verdict
from gradproof.verify.checking.record import record_check

X = np.array([1.0, 2.0, 3.0])


def fault_of(result):
    """What is named, as the text has it."""
    lines = [line for line in str(result).splitlines() if line.startswith("at fault: ")]
    return lines[0].removeprefix("at fault: ") if lines else ""


def line_with(text):
    """The line of this file that begins with a text."""
    with open(__file__) as file:
        return next(number for number, line in enumerate(file, start=1) if line.strip().startswith(text))


# --- PyTorch


@pytest.fixture(scope="module")
def functions():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: pip install 'gradproof[torch]'")

    class Square(torch.autograd.Function):
        """Wrong by one part in ten thousand."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, ct):
            return 2.0002 * ct * ctx.saved_tensors[0]

    class Scaled(torch.autograd.Function):
        """Right, of two results, by one of three arguments."""

        @staticmethod
        def forward(ctx, x, weight, power):
            ctx.save_for_backward(x, weight)
            return weight * x**power, x + 1.0

        @staticmethod
        def backward(ctx, ct, other):
            x, weight = ctx.saved_tensors
            return 3.0 * ct * weight * x**2 + other, None, None

    class Reversed(torch.autograd.Function):
        """The identity, with the sign of its derivative turned."""

        @staticmethod
        def forward(ctx, x):
            return x.view_as(x)

        @staticmethod
        def backward(ctx, ct):
            return -ct

    class Doubled(torch.autograd.Function):
        """In place, with the derivative of the identity."""

        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            return x.mul_(2.0)

        @staticmethod
        def backward(ctx, ct):
            return ct

    class Cube(torch.autograd.Function):
        """Its derivative is right, and holds its own derivative constant."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, ct):
            return 3.0 * ct * ctx.saved_tensors[0].detach() ** 2

    return {each.__name__: each.apply for each in (Square, Scaled, Reversed, Doubled, Cube)}


WEIGHT = np.array([0.5, 2.0, 1.5])


def test_of_two_functions_the_wrong_one_is_named_with_its_line(functions):
    torch = pytest.importorskip("torch")

    def function(x):
        scaled, moved = functions["Scaled"](torch.sin(x), torch.from_numpy(WEIGHT), 3)
        return functions["Square"](scaled) + moved

    result = gradproof.check(function, X, library="torch")
    line = line_with("return 2.0002") - 2
    assert result.verdict is Verdict.WRONG
    assert fault_of(result).startswith("Square (torch.autograd.Function, ")
    assert fault_of(result).endswith(f"test_blame.py:{line})")
    assert json.loads(result.to_json())["culprit"] == fault_of(result)
    assert "Square (torch.autograd.Function" in result._repr_html_()


def test_the_report_of_a_function_with_several_outputs_names_it(functions, tmp_path):
    result = gradproof.check(lambda x: (functions["Square"](x[:1]), x + 1.0), X[:2], library="torch")
    assert [each.culprit for each in record_check(result, "2000-01-01T00:00:00").cases] == [fault_of(result)]
    result.to_html(tmp_path / "check.html")
    assert (tmp_path / "check.html").stat().st_size > 0


@pytest.mark.parametrize("name", ["Reversed", "Doubled"])
def test_an_identity_and_what_writes_in_place_are_named_too(functions, name):
    torch = pytest.importorskip("torch")
    result = gradproof.check(lambda x: torch.exp(functions[name](torch.sin(x))) + x, X, library="torch")
    assert fault_of(result).startswith(f"{name} (torch.autograd.Function, ")


def test_all_that_are_wrong_are_named_once_each(functions):
    square, turned = functions["Square"], functions["Reversed"]
    result = gradproof.check(lambda x: turned(square(square(x))), X, library="torch")
    assert [each.partition(" ")[0] for each in result.blamed] == ["Square", "Reversed"]


def test_a_wrong_function_that_no_cotangent_reaches_is_not_named(functions):
    torch = pytest.importorskip("torch")
    square, turned = functions["Square"], functions["Reversed"]
    mask = torch.tensor([0.0, 0.0, 0.0], dtype=torch.float64)
    result = gradproof.check(lambda x: turned(x) + mask * square(x), X, library="torch")
    assert [each.partition(" ")[0] for each in result.blamed] == ["Reversed"]


def test_of_second_order_the_function_is_named_whose_derivative_has_a_wrong_one(functions):
    torch = pytest.importorskip("torch")
    result = gradproof.check(lambda x: torch.sin(x) * functions["Cube"](x), X, library="torch", order=2)
    assert "second derivative" in str(result)
    assert fault_of(result).startswith("Cube (torch.autograd.Function, ")


def test_a_right_function_names_nobody(functions):
    assert gradproof.check(lambda x: functions["Cube"](x), X, library="torch").blamed == ()


def test_a_custom_operator_of_pytorch_is_named():
    torch = pytest.importorskip("torch")

    @torch.library.custom_op("blame::cube", mutates_args=())
    def cube(x: torch.Tensor) -> torch.Tensor:
        return x**3

    def keep(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    cube.register_autograd(lambda ctx, ct: 3.1 * ct * ctx.saved_tensors[0] ** 2, setup_context=keep)
    gradproof.rule("blame::cube", lambda x: x**3)
    result = gradproof.check(lambda x: torch.exp(cube(x / 3.0)), X, library="torch")
    assert fault_of(result) == "blame::cube (torch.library)"


def test_an_operation_of_pytorch_that_loses_digits_is_named():
    torch = pytest.importorskip("torch")
    result = gradproof.check(lambda x: torch.log(torch.sigmoid(x) + 1.0), np.array([33.0, 0.1]), library="torch")
    assert (result.verdict, result.ok) == (Verdict.INACCURATE, True)
    assert fault_of(result) == "torch's own derivative of sigmoid"


def test_operations_inside_of_a_function_with_a_derivative_of_its_own_are_not_named():
    torch = pytest.importorskip("torch")

    class Stable(torch.autograd.Function):
        """A sigmoid whose derivative loses no digits."""

        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.sigmoid(x)

        @staticmethod
        def backward(ctx, ct):
            (x,) = ctx.saved_tensors
            return ct * torch.exp(-x) / (1.0 + torch.exp(-x)) ** 2

    result = gradproof.check(lambda x: (Stable.apply(x), torch.sinc(x)), np.array([33.0, 1e-5]), library="torch")
    assert result.verdict is Verdict.INACCURATE
    assert result.blamed == ("torch's own derivative of sinc",)


# --- JAX


@pytest.fixture(scope="module")
def jax():
    return pytest.importorskip("jax", reason="JAX is not installed: pip install 'gradproof[jax]'")


@pytest.fixture(scope="module")
def bits(jax):
    @jax.custom_vjp
    def bits(x):
        return x * x

    def backward(x, ct):
        return (ct * x,)

    bits.defvjp(lambda x: (bits(x), x), backward)
    return bits


@pytest.fixture(scope="module")
def cube(jax):
    """Right, by two arguments."""

    @jax.custom_jvp
    def cube(x, n):
        return n * x**3

    @cube.defjvp
    def tangent(primals, tangents):
        (x, n), (dx, dn) = primals, tangents
        return cube(x, n), 3.0 * n * x**2 * dx + x**3 * dn

    return cube


def test_a_custom_vjp_inside_of_jit_is_named_and_a_right_custom_jvp_is_not(jax, bits, cube):
    @jax.jit
    def inner(y):
        return bits(y) + jax.nn.relu(y)

    result = gradproof.check(lambda x: inner(jax.numpy.sin(x)) + cube(x, x + 1.0), X, library="jax")
    (label,) = result.blamed
    assert label.startswith("bits (jax.custom_vjp, ")
    assert label.endswith(f"test_blame.py:{line_with('def backward(x, ct)')})")
    assert fault_of(result) == label


def test_a_wrong_custom_jvp_is_named(jax):
    @jax.custom_jvp
    def square(x):
        return x * x

    square.defjvps(lambda tangent, result, x: 3.0 * x * tangent)
    result = gradproof.check(lambda x: square(jax.numpy.exp(x)), X, library="jax")
    assert fault_of(result).startswith("square (jax.custom_jvp, ")


def test_a_custom_vjp_in_a_loop_is_named_once(jax, bits):
    def function(x):
        return jax.lax.scan(lambda carry, _: (0.9 * bits(carry), None), x, None, length=2)[0]

    assert len(gradproof.check(function, np.array([1.1]), library="jax").blamed) == 1


# --- HIPS autograd


@pytest.fixture(scope="module")
def numpy():
    reason = "HIPS autograd is not installed: pip install 'gradproof[autograd]'"
    return pytest.importorskip("autograd.numpy", reason=reason)


def test_a_primitive_of_the_users_is_named(numpy):
    from autograd.extend import defvjp, primitive

    @primitive
    def softplus(x, scale):
        return np.log1p(scale * np.exp(x))

    defvjp(softplus, lambda ans, x, scale: lambda ct: ct / (1.001 + np.exp(-x)), argnums=[0])
    result = gradproof.check(lambda x: numpy.sum(softplus(numpy.sin(x), 1.0) * x), X, library="autograd")
    assert fault_of(result).startswith("softplus (primitive of autograd, ")


def test_a_rule_of_the_library_that_is_wrong_is_named(numpy, monkeypatch):
    from autograd.core import primitive_vjps
    from autograd.extend import defvjp

    monkeypatch.setitem(primitive_vjps, numpy.sinh, primitive_vjps[numpy.sinh])  # which is put back afterwards
    defvjp(numpy.sinh, lambda ans, x: lambda ct: 1.001 * ct * numpy.cosh(x))
    result = gradproof.check(lambda x: numpy.tanh(numpy.sinh(x) / x), X, library="autograd")
    assert result.verdict is Verdict.WRONG
    assert fault_of(result) == "autograd's own derivative of sinh"
