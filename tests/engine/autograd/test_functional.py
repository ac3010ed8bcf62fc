"""Functions of functions: the same calls on this engine and, where it is installed, on PyTorch."""

import functools
import math

import pytest

from gradproof.engine import square, tensor
from gradproof.engine.autograd.functional import jacobian


@pytest.fixture
def functional(torch):
    return torch.autograd.functional


@pytest.fixture
def x(torch):
    return torch.tensor([1.0, 2.0])


@pytest.fixture
def z(torch):
    return torch.tensor([3.0, 4.0])


def plain(value):
    return tuple(map(plain, value)) if isinstance(value, tuple | list) else value.tolist()


def both(a, b):
    return a * b, a + b


def cubes(a):
    return (a**3).sum()


def mixed(a, b):
    return (a * a * b).sum()


def test_a_vector_times_the_jacobian(functional, torch, x, z):
    assert plain(functional.vjp(torch.square, x, z)) == ([1, 4], [6, 16])
    assert plain(functional.vjp(both, (x, z), (x, z))) == (([3, 8], [4, 6]), ([6, 12], [4, 8]))
    assert plain(functional.vjp(lambda a: (a * a).sum(), x)) == (5, [2, 4])


def test_the_jacobian_times_a_vector(functional, torch, x, z):
    assert plain(functional.jvp(torch.square, x, z)) == ([1, 4], [6, 16])
    assert plain(functional.jvp(both, (x, z), (x, z))) == (([3, 8], [4, 6]), ([6, 16], [4, 6]))
    assert plain(functional.jvp(torch.square, torch.tensor(2.0))) == (4, 4)


def test_jacobians_have_the_form_of_outputs_and_inputs(functional, torch, x, z):
    assert plain(functional.jacobian(torch.square, x)) == [[2, 0], [0, 4]]
    assert plain(functional.jacobian(torch.square, (x,))) == ([[2, 0], [0, 4]],)
    assert plain(functional.jacobian(lambda a: (a * a,), x)) == ([[2, 0], [0, 4]],)
    assert plain(functional.jacobian(lambda a, b: (a * b, a.sum()), (x, z))) == (
        ([[3, 0], [0, 4]], [[1, 0], [0, 2]]),
        ([1, 1], [0, 0]),
    )
    grid = torch.ones(2, 3)
    assert functional.jacobian(lambda a: a.reshape(3, 2), grid).shape == (3, 2, 2, 3)
    assert functional.jacobian(lambda a: a.sum(), torch.tensor(1.0)).shape == ()


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated")
@pytest.mark.parametrize("how", [{"vectorize": True}, {"vectorize": True, "strategy": "forward-mode"}])
def test_the_strategy_does_not_change_a_jacobian(how, functional, x, z):
    assert plain(functional.jacobian(both, (x, z), **how)) == plain(functional.jacobian(both, (x, z)))


def test_hessians(functional, x, z):
    assert plain(functional.hessian(cubes, x)) == [[6, 0], [0, 12]]
    assert plain(functional.hessian(lambda a: cubes(a).reshape(1), x)) == [[6, 0], [0, 12]]
    assert plain(functional.hessian(lambda a, b: (a * b).sum(), (x, z))) == (
        ([[0, 0], [0, 0]], [[1, 0], [0, 1]]),
        ([[1, 0], [0, 1]], [[0, 0], [0, 0]]),
    )


@pytest.mark.parametrize("name", ["vhp", "hvp"])
def test_products_with_a_hessian(name, functional, x, z):
    product = getattr(functional, name)
    assert plain(product(cubes, x, z)) == (9, [18, 48])
    assert plain(product(mixed, (x, z), (z, x))) == (19, ([20, 40], [6, 16]))
    assert plain(product(lambda a: a.sum(), x, z)) == (3, [0, 0])


def test_any_order_of_derivative(functional, torch):
    function = torch.sin
    for order in range(1, 6):
        function = functools.partial(functional.jacobian, function, create_graph=True)
        value = function(torch.tensor(0.5, requires_grad=True)).item()
        assert value == pytest.approx(math.sin(0.5 + order * math.pi / 2), rel=1e-5)


def test_what_an_output_does_not_depend_on_has_the_derivative_zero(functional, torch, x, z):
    constant = lambda _: torch.ones(2)  # noqa: E731 - handed over as it is
    assert plain(functional.vjp(constant, x, z)) == ([1, 1], [0, 0])
    assert plain(functional.jvp(constant, x, z)) == ([1, 1], [0, 0])
    assert plain(functional.jacobian(constant, x)) == [[0, 0], [0, 0]]
    assert plain(functional.jacobian(lambda a, _: a, (x, z))) == ([[1, 0], [0, 1]], [[0, 0], [0, 0]])


def test_results_are_tracked_where_a_graph_is_asked_for(functional, torch, x):
    leaf = x.clone().requires_grad_()
    assert not functional.jacobian(torch.square, leaf).requires_grad
    tracked = functional.jacobian(lambda a: a**3, leaf, create_graph=True)
    (second,) = torch.autograd.grad(tracked.sum(), leaf)
    assert (tracked.tolist(), second.tolist()) == ([[3, 0], [0, 12]], [6, 12])
    output, product = functional.vjp(torch.square, leaf, torch.ones(2))
    assert (output.requires_grad, product.requires_grad) == (False, False)
    assert leaf.grad is None


def test_inputs_are_left_as_they_are(functional, torch, x):
    with torch.no_grad():
        functional.hessian(cubes, x)
    assert (x.requires_grad, x.grad) == (False, None)


REFUSED = {
    "integers": (RuntimeError, lambda f, t, x, z: f.jacobian(t.square, t.tensor([1, 2]))),
    "no vector for several outputs": (RuntimeError, lambda f, t, x, z: f.vjp(t.square, x)),
    "no vector for several inputs": (RuntimeError, lambda f, t, x, z: f.jvp(t.square, x)),
    "a vector of another shape": (RuntimeError, lambda f, t, x, z: f.vjp(t.square, x, t.ones(3))),
    "too few vectors": (RuntimeError, lambda f, t, x, z: f.vjp(both, (x, z), x)),
    "a number for an input": (TypeError, lambda f, t, x, z: f.vjp(t.square, 3.0, x)),
    "a list of inputs": (TypeError, lambda f, t, x, z: f.vjp(t.square, [x], x)),
    "a number for an output": (TypeError, lambda f, t, x, z: f.vjp(lambda _: 3, x, x)),
    "strict, and a constant": (RuntimeError, lambda f, t, x, z: f.jacobian(lambda _: t.ones(2), x, strict=True)),
    "strict, and an unused input": (RuntimeError, lambda f, t, x, z: f.jacobian(lambda a, _: a, (x, z), strict=True)),
    "strict, and a slope that is constant": (
        RuntimeError,
        lambda f, t, x, z: f.hessian(lambda a: a.sum(), x, strict=True),
    ),
    "strict, and a product with such": (RuntimeError, lambda f, t, x, z: f.hvp(lambda a: a.sum(), x, z, strict=True)),
    "strict, and vectorized": (RuntimeError, lambda f, t, x, z: f.jacobian(t.square, x, strict=True, vectorize=True)),
    "forward mode, row by row": (
        NotImplementedError,
        lambda f, t, x, z: f.jacobian(t.square, x, strategy="forward-mode"),
    ),
    "a Hessian of several entries": (RuntimeError, lambda f, t, x, z: f.hessian(t.square, x)),
    "a Hessian of a tuple": (RuntimeError, lambda f, t, x, z: f.hessian(lambda a: (cubes(a),), x)),
    "a product with such": (RuntimeError, lambda f, t, x, z: f.vhp(t.square, x, z)),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_pytorch_refuses_is_refused_with_the_same_kind_of_error(what, refuses, functional, torch, x, z):
    refuses(*REFUSED[what], functional, torch, x, z)


def test_an_unknown_strategy_is_named():
    with pytest.raises(ValueError, match="'sideways'"):
        jacobian(square, tensor(1.0), strategy="sideways")
