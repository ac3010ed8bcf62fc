"""Pointwise functions under PyTorch's names: values and slopes against arithmetic of 40 digits, here and on PyTorch."""

import mpmath
import numpy as np
import pytest

import gradproof.engine as engine

mpmath.mp.dps = 40


def elu(x, alpha=1):
    return x if x > 0 else alpha * mpmath.expm1(x)


#: PyTorch's name, the textbook function, and points: numbers, or one tuple of arguments each.
FUNCTIONS = [
    ("tan", mpmath.tan, [0.5, -1.2, 40.0]),
    ("asin", mpmath.asin, [0.5, -0.99, 0.0]),
    ("acos", mpmath.acos, [0.5, -0.99, 0.0]),
    ("sinh", mpmath.sinh, [0.5, -3.0, 0.0]),
    ("cosh", mpmath.cosh, [0.5, -3.0]),
    ("tanh", mpmath.tanh, [0.5, -3.0]),
    ("asinh", mpmath.asinh, [0.5, -30.0]),
    ("acosh", mpmath.acosh, [1.5, 30.0]),
    ("atanh", mpmath.atanh, [0.5, -0.99]),
    ("exp2", lambda x: mpmath.power(2, x), [0.5, -3.0]),
    ("log2", lambda x: mpmath.log(x, 2), [0.5, 3.0]),
    ("log10", mpmath.log10, [0.5, 300.0]),
    ("reciprocal", lambda x: 1 / x, [0.5, -3.0]),
    ("rsqrt", lambda x: 1 / mpmath.sqrt(x), [0.5, 3.0]),
    ("trunc", lambda x: mpmath.sign(x) * mpmath.floor(abs(x)), [1.7, -1.7]),
    ("fix", lambda x: mpmath.sign(x) * mpmath.floor(abs(x)), [-2.5]),
    ("round", mpmath.nint, [1.7, -0.3, 2.4]),
    ("frac", lambda x: x - mpmath.sign(x) * mpmath.floor(abs(x)), [1.7, -1.7]),
    ("remainder", lambda a, b: a - b * mpmath.floor(a / b), [(5.0, 3.0), (-5.0, 3.0), (5.0, -3.0), (0.3, 7.0)]),
    (
        "fmod",
        lambda a, b: a - b * mpmath.floor(abs(a / b)) * mpmath.sign(a / b),
        [(5.0, 3.0), (-5.0, 3.0), (5.0, -3.0)],
    ),
    ("copysign", lambda a, b: abs(a) * mpmath.sign(b), [(2.0, -3.0), (-2.0, -3.0), (-2.0, 3.0)]),
    ("fmax", lambda a, b: max(a, b), [(2.0, -3.0), (-3.0, 2.0)]),
    ("fmin", lambda a, b: min(a, b), [(2.0, -3.0), (-3.0, 2.0)]),
    ("logaddexp", lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)), [(2.0, -3.0), (800.0, 801.0), (-0.5, -0.5)]),
    ("logaddexp2", lambda a, b: mpmath.log(mpmath.power(2, a) + mpmath.power(2, b), 2), [(2.0, -3.0), (8.0, 9.0)]),
    ("xlogy", lambda a, b: a * mpmath.log(b), [(2.0, 3.0), (-2.0, 0.5), (0.0, 2.0)]),
    ("special.xlog1py", lambda a, b: a * mpmath.log1p(b), [(2.0, 3.0), (-2.0, -0.5), (0.0, 2.0)]),
    ("special.entr", lambda x: -x * mpmath.log(x), [0.5, 3.0]),
    ("lerp", lambda a, b, w: a + w * (b - a), [(1.0, 3.0, 0.25), (1.0, 3.0, 0.75), (1.0, 3.0, -2.0)]),
    ("addcmul", lambda a, b, c: a + b * c, [(1.0, 3.0, 0.25)]),
    ("addcdiv", lambda a, b, c: a + b / c, [(1.0, 3.0, 0.25)]),
    ("float_power", lambda a, b: mpmath.power(a, b), [(3.0, 0.5)]),
    ("subtract", lambda a, b: a - b, [(3.0, 0.5)]),
    ("multiply", lambda a, b: a * b, [(3.0, 0.5)]),
    ("divide", lambda a, b: a / b, [(3.0, 0.5)]),
    ("true_divide", lambda a, b: a / b, [(3.0, 0.5)]),
    ("negative", lambda a: -a, [3.0]),
    ("absolute", abs, [-3.0]),
    ("nn.functional.elu", elu, [1.5, -0.5]),
    ("nn.functional.celu", elu, [1.5, -0.5]),
    ("selu", lambda x: mpmath.mpf("1.0507009873554805") * elu(x, mpmath.mpf("1.6732632423543772")), [1.5, -0.5]),
    ("nn.functional.leaky_relu", lambda x: x if x > 0 else mpmath.mpf("0.01") * x, [1.5, -0.5]),
    ("prelu", lambda x, w: x if x > 0 else w * x, [(1.5, 0.25), (-0.5, 0.25)]),
    ("nn.functional.relu6", lambda x: min(max(x, 0), 6), [1.5, -0.5, 7.0]),
    ("nn.functional.hardtanh", lambda x: min(max(x, -1), 1), [1.5, -0.5]),
    # between -3 and 3 PyTorch 2.14 returns a sixth in single precision
    ("nn.functional.hardsigmoid", lambda x: min(max(x + 3, 0), 6) / 6, [4.0, -4.0]),
    ("nn.functional.hardswish", lambda x: x * min(max(x + 3, 0), 6) / 6, [1.5, -1.0, 4.0, -4.0]),
    ("nn.functional.hardshrink", lambda x: x if abs(x) > 0.5 else mpmath.mpf(0), [1.5, -0.25]),
    ("nn.functional.softshrink", lambda x: mpmath.sign(x) * max(abs(x) - 0.5, 0), [1.5, -0.25, -2.0]),
    ("nn.functional.softsign", lambda x: x / (1 + abs(x)), [1.5, -0.25]),
    ("nn.functional.tanhshrink", lambda x: x - mpmath.tanh(x), [1.5, -2.25]),
    ("nn.functional.logsigmoid", lambda x: -mpmath.log1p(mpmath.exp(-x)), [1.5, -2.25, 18.0]),
    ("nn.functional.mish", lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))), [1.5, -2.25, 30.0, -30.0]),
    ("nn.functional.softplus", lambda x: mpmath.log1p(mpmath.exp(x)), [1.5, -2.25]),
    ("erfc", mpmath.erfc, [0.3, 1.5, -2.0, 5.0]),
    ("erfinv", mpmath.erfinv, [0.3, -0.75]),
    ("special.i0", lambda x: mpmath.besseli(0, x), [0.3, -3.0, 50.0]),
    ("special.i1", lambda x: mpmath.besseli(1, x), [0.3, -3.0, 50.0]),
    ("special.i0e", lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(0, x), [0.3, -3.0, 50.0]),
    ("special.i1e", lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x), [0.3, -3.0, 50.0]),
    ("special.erfcx", lambda x: mpmath.exp(x * x) * mpmath.erfc(x), [0.3, 1.5, -2.0, 50.0]),
    ("special.log_ndtr", lambda x: mpmath.log(mpmath.ncdf(x)), [0.3, 5.0, -2.0, -12.0]),
    ("special.ndtri", lambda x: mpmath.sqrt(2) * mpmath.erfinv(2 * x - 1), [0.3, 0.875]),
    ("logit", lambda x: mpmath.log(x / (1 - x)), [0.3, 0.75]),
    ("special.expit", lambda x: 1 / (1 + mpmath.exp(-x)), [0.3, -0.75]),
    ("deg2rad", mpmath.radians, [90.0, -1.0]),
    ("rad2deg", mpmath.degrees, [1.0, -0.1]),
]
#: Other names of the same functions.
ALIASES = {
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
}
#: Those that are no methods of a tensor: names with a dot, and these.
NO_METHODS = ("selu",)


def found(torch, path):
    for name in path.split("."):
        torch = getattr(torch, name)
    return torch


def derivatives(torch, function, point):
    """Return the value at a point, and the slopes by all arguments."""
    args = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in np.atleast_1d(point)]
    y = function(*args)
    return y.item(), [each.item() for each in torch.autograd.grad(y, args)]


def expected(function, point):
    at = [mpmath.mpf(float(x)) for x in np.atleast_1d(point)]
    orders = np.eye(len(at), dtype=int).tolist()
    slopes = [mpmath.diff(function, tuple(at), tuple(order)) for order in orders]
    return float(function(*at)), [float(slope) for slope in slopes]


CASES = [
    pytest.param(name, function, point, id=f"{name}-{point}")
    for name, function, points in FUNCTIONS
    for point in points
]


@pytest.mark.parametrize(("name", "reference", "point"), CASES)
def test_values_and_slopes_are_those_of_the_textbook(torch, name, reference, point):
    value, slopes = expected(reference, point)
    got, got_slopes = derivatives(torch, found(torch, name), point)
    assert got == pytest.approx(value, rel=1e-12, abs=1e-300)
    assert got_slopes == pytest.approx(slopes, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("name", [name for name, _, _ in FUNCTIONS if "." not in name and name not in NO_METHODS])
def test_a_tensor_has_the_function_as_a_method(torch, name):
    point = next(points[0] for other, _, points in FUNCTIONS if other == name)
    x, *others = [torch.tensor(each, dtype=torch.float64) for each in np.atleast_1d(point)]
    assert getattr(x, name)(*others).item() == getattr(torch, name)(x, *others).item()


@pytest.mark.parametrize("alias", ALIASES)
def test_other_names_mean_the_same(torch, alias):
    args = [torch.tensor(1.0)] * (2 if alias.endswith("2") else 1)
    for holder in (torch, torch.Tensor):
        assert getattr(holder, alias)(*args).item() == getattr(holder, ALIASES[alias])(*args).item()


@pytest.mark.parametrize("x", [-27.0, 2.0, 1e-300, -1e300, 5e-324])
def test_the_cube_root_is_real(x):
    exact = mpmath.cbrt(abs(mpmath.mpf(x)))
    value, (slope,) = derivatives(engine, engine.cbrt, x)
    assert value == pytest.approx(float(mpmath.sign(x) * exact), rel=4e-16)
    assert slope == pytest.approx(float(1 / (3 * exact**2)), rel=1e-15)


def test_roots_and_reciprocals_at_the_edges():
    assert engine.cbrt(engine.tensor([0.0, -0.0, np.inf, -np.inf])).tolist() == [0.0, 0.0, np.inf, -np.inf]
    assert engine.reciprocal(engine.tensor([0.0, np.inf])).tolist() == [np.inf, 0.0]
    assert engine.rsqrt(engine.tensor([0.0, np.inf])).tolist() == [np.inf, 0.0]


def test_integers_become_floats():
    for name in ("tan", "sinh", "exp2", "log2", "reciprocal", "rsqrt"):
        assert getattr(engine, name)(engine.tensor([1, 2])).dtype is engine.float32


# --- remainders, rounding and ties


@pytest.mark.parametrize("name", ["fmax", "fmin"])
def test_at_a_tie_each_argument_takes_a_half(recent_torch, name):
    torch = recent_torch
    a, b = (torch.tensor([1.0, -2.0], requires_grad=True) for _ in range(2))
    getattr(torch, name)(a, b).backward(torch.ones(2))
    assert a.grad.tolist() == b.grad.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("name", ["fmax", "fmin"])
def test_beside_nan_a_number_takes_all(name):
    a = engine.tensor([np.nan, 1.0], requires_grad=True)
    b = engine.tensor([2.0, np.nan], requires_grad=True)
    y = getattr(engine, name)(a, b)
    assert y.tolist() == [2.0, 1.0]
    y.backward(engine.ones(2))
    assert (a.grad.tolist(), b.grad.tolist()) == ([0.0, 1.0], [1.0, 0.0])


def test_copysign_sees_the_sign_of_a_zero_and_is_flat_at_one(torch):
    a = torch.tensor([3.0, 0.0, -2.0], requires_grad=True)
    b = torch.tensor([-0.0, -1.0, 0.0], requires_grad=True)
    y = torch.copysign(a, b)
    y.backward(torch.ones(3))
    assert y.tolist() == [-3.0, -0.0, 2.0]
    assert (a.grad.tolist(), b.grad.tolist()) == ([-1.0, 0.0, -1.0], [0.0] * 3)


def test_halves_are_rounded_to_even(torch):
    x = torch.tensor([0.5, 1.5, 2.5, -0.5, -1.5], requires_grad=True)
    assert torch.round(x).tolist() == [0.0, 2.0, 2.0, -0.0, -2.0]
    assert torch.round(torch.tensor([1.234, -5.678], dtype=torch.float64), decimals=2).tolist() == [1.23, -5.68]
    assert torch.round(torch.tensor([1234.0, 1250.0]), decimals=-2).tolist() == [1200.0, 1200.0]
    torch.round(x).sum().backward()
    assert x.grad.tolist() == [0.0] * 5


def test_remainders_by_the_operator(torch):
    x = torch.tensor([5.0, -5.0], requires_grad=True)
    assert (x % 3).tolist() == [2.0, 1.0]
    y = torch.tensor(7.0) % x
    assert y.tolist() == [2.0, -3.0]
    y.sum().backward()
    assert x.grad.tolist() == [-1.0, 2.0]


@pytest.mark.parametrize(("a", "b", "quotient"), [(3.0 - 2.0**-51, 1.0, 2), (1.7e308, -1e308, -2), (-1e-300, 1.0, -1)])
def test_the_slope_of_a_remainder_is_the_whole_quotient(a, b, quotient):
    _, (_, slope) = derivatives(engine, engine.remainder, (a, b))
    assert slope == -quotient


def test_xlogy_is_flat_where_both_vanish(torch):
    x, y = (torch.tensor([0.0, 0.0, 2.0], requires_grad=True), torch.tensor([0.0, -1.0, 0.0], requires_grad=True))
    z = torch.xlogy(x, y)
    z.sum().backward()
    assert z.tolist() == [0.0, 0.0, -np.inf]
    assert x.grad.tolist() == [0.0, 0.0, -np.inf]


def test_relative_entropy_has_slopes_of_both_arguments():
    for x, y in [(0.3, 0.7), (2.0, 2.0 - 2.0**-40), (1e-300, 1e200)]:
        value, slopes = derivatives(engine, engine.special.rel_entr, (x, y))
        exact = mpmath.log(mpmath.mpf(x) / mpmath.mpf(y))
        assert value == pytest.approx(float(mpmath.mpf(x) * exact), rel=1e-15)
        assert slopes == pytest.approx([float(exact + 1), -x / y], rel=1e-15)


# --- activations


@pytest.mark.parametrize(
    ("call", "at", "value", "slope"),
    [
        (lambda nn, x: nn.elu(x, alpha=0.5), 0.0, 0.0, 0.5),
        (lambda nn, x: nn.celu(x, alpha=2.0), -1.0, 2 * np.expm1(-0.5), np.exp(-0.5)),
        (lambda nn, x: nn.leaky_relu(x, 0.25), 0.0, 0.0, 0.25),
        (lambda nn, x: nn.hardtanh(x, -2.0, 0.5), 0.5, 0.5, 0.0),
        (lambda nn, x: nn.relu6(x), 6.0, 6.0, 0.0),
        (lambda nn, x: nn.hardsigmoid(x), 3.0, 1.0, 0.0),
        (lambda nn, x: nn.hardswish(x), 3.0, 3.0, 1.0),
        (lambda nn, x: nn.hardswish(x), -3.0, 0.0, 0.0),
        (lambda nn, x: nn.hardshrink(x, 1.0), 1.0, 0.0, 0.0),
        (lambda nn, x: nn.softshrink(x, 1.0), -1.0, 0.0, 0.0),
        (lambda nn, x: nn.threshold(x, 0.5, 20.0), 0.5, 20.0, 0.0),
        (lambda nn, x: nn.softplus(x, beta=2.0), 0.25, np.log1p(np.exp(0.5)) / 2, 1 / (1 + np.exp(-0.5))),
    ],
)
def test_where_pieces_meet_the_derivative_is_pytorchs(torch, call, at, value, slope):
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    y = call(torch.nn.functional, x)
    y.backward()
    assert (y.item(), x.grad.item()) == pytest.approx((value, slope), rel=1e-15)


@pytest.mark.parametrize("dim", [0, -1])
def test_a_gated_linear_unit_halves_a_dimension(torch, dim):
    values = np.arange(8.0).reshape(2, 4) - 3.0
    x = torch.tensor(values.tolist(), dtype=torch.float64, requires_grad=True)
    y = torch.nn.functional.glu(x, dim)
    a, b = np.split(values, 2, dim)
    gate = 1 / (1 + np.exp(-b))
    np.testing.assert_allclose(y.detach().numpy(), a * gate, rtol=1e-14)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.concatenate([gate, a * gate * (1 - gate)], dim), rtol=1e-14)


def test_softmin_prefers_small_entries(torch):
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    y = torch.nn.functional.softmin(x, dim=0)
    share = 1 / (1 + np.exp(-1.0))
    assert y.tolist() == pytest.approx([share, 1 - share], rel=1e-15)
    y[0].backward()
    assert x.grad.tolist() == pytest.approx([-share * (1 - share), share * (1 - share)], rel=1e-14)


def test_prelu_has_a_weight_for_each_channel(torch):
    x = torch.tensor([[[-1.0, 2.0], [-3.0, -4.0]]], requires_grad=True)
    w = torch.tensor([0.25, 0.5], requires_grad=True)
    y = torch.nn.functional.prelu(x, w)
    assert y.tolist() == [[[-0.25, 2.0], [-1.5, -2.0]]]
    y.sum().backward()
    assert w.grad.tolist() == [-1.0, -7.0]
    assert x.grad.tolist() == [[[0.25, 1.0], [0.5, 0.5]]]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda t, x: t.nn.functional.glu(x), RuntimeError),
        (lambda t, x: t.nn.functional.celu(x, alpha=0.0), RuntimeError),
        (lambda t, x: t.nn.functional.softshrink(x, -1.0), RuntimeError),
        (lambda t, x: t.nn.functional.prelu(x, t.ones(2)), RuntimeError),
    ],
)
def test_what_an_activation_cannot_do_is_refused(torch, refuses, call, error):
    refuses((error, ValueError), call, torch, torch.ones(3))


def test_the_slope_of_the_hard_sigmoid_is_a_sixth():
    assert derivatives(engine, engine.nn.functional.hardsigmoid, -1.5) == (0.25, [1 / 6])


# --- gamma and beta functions


@pytest.mark.parametrize(
    ("name", "reference", "point"),
    [
        ("gamma", mpmath.gamma, 0.3),
        ("gamma", mpmath.gamma, 4.5),
        # PyTorch 2.14 has it, but its slope is right to 10 digits only
        ("psi", mpmath.digamma, 0.3),
        ("beta", mpmath.beta, (0.3, 2.5)),
        ("betaln", lambda a, b: mpmath.log(mpmath.beta(a, b)), (0.3, 2.5)),
        ("rel_entr", lambda a, b: a * mpmath.log(a / b), (0.3, 2.5)),
    ],
)
def test_functions_that_scipy_has_and_pytorch_has_not(name, reference, point):
    value, slopes = expected(reference, point)
    got, got_slopes = derivatives(engine, getattr(engine.special, name), point)
    assert got == pytest.approx(value, rel=1e-14)
    assert got_slopes == pytest.approx(slopes, rel=1e-14)


@pytest.mark.parametrize("p", [1, 2, 3])
def test_the_multivariate_gamma_function(torch, p):
    def reference(x):
        terms = (mpmath.loggamma(x - mpmath.mpf(k) / 2) for k in range(p))
        return mpmath.mpf(p * (p - 1)) / 4 * mpmath.log(mpmath.pi) + sum(terms)

    value, slopes = expected(reference, 3.25)
    for function in (torch.mvlgamma, torch.special.multigammaln):
        got, got_slopes = derivatives(torch, lambda x, function=function: function(x, p), 3.25)
        assert (got, *got_slopes) == pytest.approx((value, *slopes), rel=1e-12)


def test_a_logit_may_be_kept_from_its_ends(torch):
    x = torch.tensor([0.0, 0.5, 1.0], dtype=torch.float64)
    assert torch.logit(x, eps=0.25).tolist() == pytest.approx([-np.log(3), 0.0, np.log(3)], rel=1e-15)


def test_numbers_take_the_place_of_nan_and_of_infinities(torch):
    x = torch.tensor([np.nan, np.inf, -np.inf, 2.0], requires_grad=True)
    largest = torch.finfo(torch.float32).max
    assert torch.nan_to_num(x).tolist() == [0.0, largest, -largest, 2.0]
    y = x.nan_to_num(1.0, posinf=3.0, neginf=-4.0)
    assert y.tolist() == [1.0, 3.0, -4.0, 2.0]
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0, 0.0, 1.0]
    assert type(y.grad_fn).__name__ == "NanToNumBackward0"
    assert torch.nan_to_num(torch.tensor([3])).tolist() == [3]


def test_one_bound_alone_and_the_sign_bit(torch):
    x = torch.tensor([-1.0, -0.0, 2.0], requires_grad=True)
    assert torch.clamp_min(x, 0.5).tolist() == [0.5, 0.5, 2.0]
    assert x.clamp_max(0.5).tolist() == [-1.0, 0.0, 0.5]
    assert torch.signbit(x).tolist() == x.signbit().tolist() == [True, True, False]
