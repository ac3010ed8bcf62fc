"""Every reduction, product, norm and matrix op keeps its budget form, forward and VJP, wherever the result is a float.

The truth comes from ball arithmetic. No intermediate result overflows or underflows: magnitudes are drawn over the
whole range of the dtype, so that the textbook formula often would.
"""

import math

import flint
import numpy as np
import pytest

import gradproof.engine as torch
from gradproof.engine.vocabulary import OPS

DTYPES = [np.float64, np.float32, np.float16]
BITS = 6000


@pytest.fixture(autouse=True)
def precise():
    with flint.ctx.workprec(BITS):
        yield


def balls(array):
    return [flint.arb(value) for value in np.ravel(array).tolist()]


def unit(dtype):
    return flint.arb(float(np.finfo(dtype).eps)) / 2


def least(dtype):
    return flint.arb(float(np.finfo(dtype).smallest_subnormal))


def gamma(count, dtype):
    return count * unit(dtype) / (1 - count * unit(dtype))


def pulled_back(name, x, ct, **params):
    """Return what the sweep makes of a cotangent, a number or an array, for an op of one argument."""
    variable = torch.from_numpy(x).requires_grad_()
    result = OPS[name](variable, **params)
    return torch.autograd.grad(result, variable, torch.from_numpy(np.asarray(ct, x.dtype)))[0].array


def assert_within(got, exact, bounds, dtype):
    """Compare entry by entry; infinity is right where the truth, or what the bound adds to it, is beyond the dtype."""
    assert got.dtype == dtype
    for value, truth, bound in zip(np.ravel(got).tolist(), exact, bounds, strict=True):
        if math.isinf(value):
            assert value * truth > 0
            assert abs(truth) + bound > float(np.finfo(dtype).max)
        else:
            assert abs(value - truth) <= bound, (value, truth, bound)


def magnitudes(rng, dtype, count):
    """Return numbers of any magnitude: the logarithm is drawn."""
    limits = np.finfo(dtype)
    exponents = rng.uniform(limits.minexp + 2, limits.maxexp - 2, count)
    return (rng.choice([-1.0, 1.0], count) * np.exp2(exponents)).astype(dtype)


def products(dtype):
    """Return factors whose product is often a float though that of some of them is none, with up to two zeros."""
    rng = np.random.default_rng(11)
    for count in (1, 2, 5, 8):
        for zeros in (0, 1, 2):
            for _ in range(6):
                x = magnitudes(rng, dtype, count)
                x[1::2] = (1 / x[: count // 2 * 2 : 2].astype(np.float64)).astype(dtype)
                x[rng.permutation(count)[:zeros]] = 0
                yield rng.permutation(x)


def others(x, without, until):
    result = flint.arb(1)
    for j, value in enumerate(balls(x[: until + 1])):
        result *= 1 if j == without else value
    return result


@pytest.mark.parametrize("dtype", DTYPES)
def test_products_and_their_vjps_are_within_the_product_bound(dtype):
    rng = np.random.default_rng(12)
    for x in products(dtype):
        n = len(x)
        with np.errstate(over="ignore"):
            y = OPS["prod"](x)
        truth = others(x, None, n - 1)
        assert_within(y, [truth], [gamma(n, dtype) * abs(truth) + n * least(dtype)], dtype)
        ct = magnitudes(rng, dtype, 1)[0]
        got = pulled_back("prod", x, ct)
        slopes = [flint.arb(float(ct)) * others(x, i, n - 1) for i in range(n)]
        bounds = [gamma(2 * n, dtype) * abs(slope) + 2 * n * least(dtype) for slope in slopes]
        assert_within(got, slopes, bounds, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_running_products_and_their_vjps_are_within_the_product_bound(dtype):
    rng = np.random.default_rng(13)
    for x in products(dtype):
        n = len(x)
        with np.errstate(all="ignore"):
            y = OPS["cumulative_prod"](x, axis=0)
        truths = [others(x, None, k) for k in range(n)]
        assert_within(y, truths, [gamma(n, dtype) * abs(each) + n * least(dtype) for each in truths], dtype)
        ct = np.where(rng.random(n) < 0.3, 0, magnitudes(rng, dtype, n)).astype(dtype)
        got = pulled_back("cumulative_prod", x, ct, axis=0)
        terms = [[c * others(x, i, k) for k, c in enumerate(balls(ct)) if k >= i] for i in range(n)]
        if any(abs(term) > float(np.finfo(dtype).max) for row in terms for term in row):
            continue  # a sum of what is no float
        bounds = [gamma(2 * n, dtype) * sum(map(abs, row)) + 2 * n * least(dtype) for row in terms]
        assert_within(got, list(map(sum, terms)), bounds, dtype)


def test_a_product_of_very_many_factors_neither_overflows_nor_vanishes():
    x = np.concatenate([np.full(3000, 8.0), np.full(3000, 0.125), [0.0]])
    assert OPS["prod"](x[:-1]) == 1.0
    assert OPS["prod"](x) == 0.0
    got = OPS["prod"].rule(0)(np.array(3.0), np.array(0.0), x, axis=None, keepdims=False)
    assert got[-1] == 3.0
    assert not got[:-1].any()


@pytest.mark.parametrize(("zeros", "expected"), [((1,), [0.0, 24.0, 0.0, 0.0]), ((1, 2), [0.0] * 4)])
def test_the_gradient_of_a_product_with_zeros_is_that_of_the_other_factors(zeros, expected):
    values = np.array([2.0, 5.0, 3.0, 4.0])
    values[list(zeros)] = 0.0
    x = torch.tensor(values, requires_grad=True)
    torch.prod(x).backward()
    assert x.grad.tolist() == expected


def test_the_second_derivative_of_a_product_with_two_zeros_is_the_product_of_the_others():
    x = torch.tensor([2.0, 0.0, 0.0, 5.0], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(torch.prod(x), x, create_graph=True)
    (second,) = torch.autograd.grad(slope[1], x)
    assert second.tolist() == [0.0, 0.0, 10.0, 0.0]


def samples(dtype):
    rng = np.random.default_rng(14)
    large = {np.float64: 1e8, np.float32: 1e4, np.float16: 1e2}[dtype]
    top = float(np.finfo(dtype).max)
    small = (2.0**-10,) if dtype is np.float16 else (2.0**-120, 1e-30)
    yield from ((large + rng.normal(size=n)).astype(dtype) for n in (2, 3, 10, 1000))
    yield from ((rng.uniform(-1, 1, 6) * scale).astype(dtype) for scale in (1.0, top / 4, *small))
    yield from (magnitudes(rng, dtype, 7) for _ in range(20))
    yield np.array([top, -top, top / 2], dtype=dtype)
    yield np.array([1.0, 1.0, 1.0 + np.finfo(dtype).eps], dtype=dtype)


@pytest.mark.parametrize("correction", [0, 1])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["var", "std"])
def test_variance_and_deviation_are_within_the_centred_bound(name, dtype, correction):
    op = OPS[name]
    for x in samples(dtype):
        a, n = balls(x), len(x)
        mean, average = sum(a) / n, sum(map(abs, a)) / n
        d = [each - mean for each in a]
        moved = [gamma(n, dtype) * (abs(each) + average) for each in a]
        variance = sum(each**2 for each in d) / (n - correction)
        change = sum(2 * abs(each) * e + e**2 for each, e in zip(d, moved, strict=True)) / (n - correction)
        with np.errstate(over="ignore"):
            got = op(x, correction=correction)
        if name == "var":
            exact, bound = variance, change
        else:
            exact = variance.sqrt()
            # sqrt(v + c) - sqrt(v) <= c / sqrt(v)
            bound = change / exact
        assert_within(got, [exact], [bound + 4 * (unit(dtype) * exact + least(dtype))], dtype)
        slopes = pulled_back(name, x, 1, correction=correction)
        if name == "var":
            exact = [2 * each / (n - correction) for each in d]
            bounds = [2 * (e + sum(moved) / n) / (n - correction) for e in moved]
        else:
            exact = [each / ((n - correction) * variance.sqrt()) for each in d]
            relative = change / variance
            bounds = [
                (e + sum(moved) / n) / ((n - correction) * variance.sqrt()) + abs(slope) * relative
                for e, slope in zip(moved, exact, strict=True)
            ]
        own = [8 * (unit(dtype) * abs(slope) + least(dtype)) for slope in exact]
        assert_within(slopes, exact, [a + b for a, b in zip(bounds, own, strict=True)], dtype)


@pytest.mark.parametrize(("dtype", "mean"), [(np.float64, 1e8), (np.float32, 1e4), (np.float16, 1e2)])
@pytest.mark.parametrize("name", ["var", "std"])
def test_a_large_mean_costs_no_digits(name, dtype, mean):
    """Far below the bound: the differences of the entries are exact."""
    x = (mean + np.random.default_rng(15).normal(size=50)).astype(dtype)
    d = [each - sum(balls(x)) / 50 for each in balls(x)]
    variance = sum(each**2 for each in d) / 50
    exact = variance if name == "var" else variance.sqrt()
    assert abs(float(OPS[name](x)) - exact) <= 8 * unit(dtype) * exact


@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_entries_have_a_variance_and_a_slope_of_exactly_zero(dtype):
    x = torch.tensor(np.full(7, 0.1, dtype=dtype), requires_grad=True)
    for function in (torch.var, torch.std):
        assert function(x).item() == 0.0
        assert torch.autograd.grad(function(x), x)[0].tolist() == [0.0] * 7


@pytest.mark.parametrize("dtype", DTYPES)
def test_logsumexp_is_within_the_mixed_bound(dtype):
    rng = np.random.default_rng(16)
    rows = [(rng.uniform(-1, 1, 5) * scale).astype(dtype) for scale in (1e-6, 1.0, 30.0, 300.0, 3000.0, 3e4)]
    rows += [np.array(each, dtype=dtype) for each in ([0.0, -40.0], [-1e-30, -70.0, -90.0], [-math.log(2)] * 2, [5.0])]
    for x in rows:
        a = balls(x)
        n, top = len(a), max(a)
        e = [(each - top).exp() for each in a]
        shares = [each / sum(e) for each in e]
        exact = top + sum(e).log()
        moved = sum(abs(each * share) for each, share in zip(a, shares, strict=True))
        y = OPS["logsumexp"](x)
        assert_within(y, [exact], [8 * unit(dtype) * (abs(exact) + moved) + gamma(n, dtype)], dtype)
        got = pulled_back("logsumexp", x, 1)
        bounds = [
            8 * unit(dtype) * (s + abs(v) * s * (1 - s) + s * (moved - abs(v * s))) + gamma(n, dtype) * s + least(dtype)
            for v, s in zip(a, shares, strict=True)
        ]
        assert_within(got, shares, bounds, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_running_logsumexps_are_within_the_mixed_bound(dtype):
    rng = np.random.default_rng(18)
    rows = [(rng.uniform(-1, 1, 5) * scale).astype(dtype) for scale in (1e-6, 1.0, 30.0, 300.0, 3000.0, 3e4)]
    for x in rows:
        y = OPS["logcumsumexp"](x, axis=0)
        for n in range(1, len(x) + 1):
            a = balls(x[:n])
            e = [(each - max(a)).exp() for each in a]
            shares = [each / sum(e) for each in e]
            exact = max(a) + sum(e).log()
            moved = sum(abs(each * share) for each, share in zip(a, shares, strict=True))
            assert_within(y[n - 1], [exact], [8 * unit(dtype) * (abs(exact) + moved) + gamma(n, dtype)], dtype)
            got = pulled_back("logcumsumexp", x, np.arange(len(x)) == n - 1, axis=0)
            bounds = [
                8 * unit(dtype) * (s + abs(v) * s * (1 - s) + s * (moved - abs(v * s)))
                + gamma(n, dtype) * s
                + least(dtype)
                for v, s in zip(a, shares, strict=True)
            ]
            assert_within(got[:n], shares, bounds, dtype)
            assert not got[n:].any()


def test_a_running_logsumexp_of_infinities_is_the_largest_and_keeps_its_digits_near_zero():
    infinite = np.array([-np.inf, -np.inf, 1.0, np.inf, 2.0])
    assert OPS["logcumsumexp"](torch.tensor(infinite), axis=0).tolist() == [-np.inf, -np.inf, 1.0, np.inf, np.inf]
    near = OPS["logcumsumexp"](np.array([0.0, -40.0]), axis=0)
    assert near[1] == pytest.approx(float(flint.arb(-40).exp().log1p()), rel=1e-15)


@pytest.mark.parametrize("ord", [3, 1.5, 0.5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_norms_of_any_order_and_their_slopes_are_within_the_mixed_bound(dtype, ord):
    rng = np.random.default_rng(19)
    p = flint.arb(ord)
    for x in [magnitudes(rng, dtype, 4) for _ in range(20)] + [rng.normal(size=6).astype(dtype) for _ in range(5)]:
        n = len(x)
        exact = sum(abs(each) ** p for each in balls(x)) ** (1 / p)
        with np.errstate(over="ignore"):
            y = OPS["p_norm"](x, ord=ord)
        # 4 ulp of the result and of the entries, whose relative moves it passes on, and the sum under the root
        assert_within(y, [exact], [(16 * unit(dtype) + gamma(n, dtype) / p) * exact + 8 * least(dtype)], dtype)
        if not np.isfinite(y):
            continue
        ct = magnitudes(rng, dtype, 1)
        got = pulled_back("p_norm", x, ct[0], ord=ord)
        slopes = [
            flint.arb(float(ct[0])) * (abs(each) / exact) ** (p - 1) * (1 if each > 0 else -1) for each in balls(x)
        ]
        relative = 8 * unit(dtype) + abs(p - 1) * (16 * unit(dtype) + gamma(n, dtype) / p)
        assert_within(got, slopes, [relative * abs(slope) + 8 * least(dtype) for slope in slopes], dtype)


def test_logsumexp_keeps_its_digits_near_zero():
    x = np.array([0.0, -40.0])
    assert OPS["logsumexp"](x) == pytest.approx(float(flint.arb(-40).exp().log1p()), rel=1e-15)
    y = np.array([-1e-17, -45.0])
    exact = flint.arb(-1e-17) + (flint.arb(-45) - flint.arb(-1e-17)).exp().log1p()
    assert OPS["logsumexp"](y) == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
def test_norms_and_their_slopes_are_right_at_every_magnitude(dtype):
    rng = np.random.default_rng(17)
    top, tiny = float(np.finfo(dtype).max), float(np.finfo(dtype).smallest_subnormal)
    rows = [magnitudes(rng, dtype, 4) for _ in range(20)]
    rows += [
        np.array(each, dtype=dtype)
        for each in ([tiny * 2.0**12, tiny * 2.0**13], [tiny, tiny], [tiny * 3, 0], [top / 2] * 2, [top, 1])
    ]
    for x in rows:
        n = len(x)
        exact = sum(each**2 for each in balls(x)).sqrt()
        with np.errstate(over="ignore"):
            y = OPS["vector_norm"](x)
        assert_within(y, [exact], [gamma(n + 2, dtype) * exact + least(dtype)], dtype)
        ct = magnitudes(rng, dtype, 1)
        got = pulled_back("vector_norm", x, ct[0])
        slopes = [flint.arb(float(ct[0])) * each / exact for each in balls(x)]
        bounds = [gamma(n + 4, dtype) * abs(slope) + 4 * least(dtype) for slope in slopes]
        assert_within(got, slopes, bounds, dtype)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_the_norm_of_tiny_and_of_huge_vectors_is_no_underflow_and_no_overflow(scale):
    x = torch.tensor(np.array([3.0, 4.0]) * scale, requires_grad=True)
    y = torch.linalg.vector_norm(x)
    y.backward()
    assert y.item() == pytest.approx(5 * scale, rel=1e-15, abs=0.0)
    np.testing.assert_allclose(x.grad.numpy(), [0.6, 0.8], rtol=1e-15)


@pytest.mark.parametrize("ord", [1, 2, math.inf])
def test_the_derivative_of_a_norm_at_zero_is_taken_as_zero(ord):
    x = torch.zeros(3, requires_grad=True)
    torch.linalg.vector_norm(x, ord).backward()
    assert x.grad.tolist() == [0.0] * 3


def matrices(dtype):
    rng = np.random.default_rng(18)
    reach, near, tiny = (1, 2, 2.0**-6) if dtype is np.float16 else (12, 4, 1e-30)
    for size in (1, 2, 3):
        for trial in range(25):
            a = rng.normal(size=(size, size))
            if size > 1 and trial % 2:
                a[-1] = a[0] + 10.0 ** -rng.uniform(1, near) * rng.normal(size=size)
            if trial % 3 == 0:
                a *= 10.0 ** rng.uniform(-reach, reach, (size, 1))
            if trial % 5 == 0:
                a *= tiny
            yield a.astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_determinants_inverses_and_solutions_are_within_the_normwise_bound(dtype):
    """To first order, with every entry moved by 3 n u max|A|, where that changes the inverse by less than half."""
    rng = np.random.default_rng(19)
    seen = 0
    for a in matrices(dtype):
        n = len(a)
        inverse = np.array(flint.arb_mat(n, n, balls(a)).inv().entries(), dtype=object).reshape(n, n)
        determinant, sizes = flint.arb_mat(n, n, balls(a)).det(), abs(inverse)
        moved = 3 * n * unit(dtype) * flint.arb(float(np.max(np.abs(a))))
        if not moved * np.sum(sizes) < 0.5:
            continue
        seen += 1
        slack = 2 * moved
        with np.errstate(all="ignore"):
            det = OPS["det"](a)
            inv = OPS["inv"](a)
        cofactors = pulled_back("det", a, 1)
        rows, columns = np.sum(sizes, axis=1), np.sum(sizes, axis=0)
        bound = abs(determinant) * (slack * np.sum(sizes) + 4 * unit(dtype)) + least(dtype)
        assert_within(det, [determinant], [bound], dtype)
        bounds = (slack * np.multiply.outer(rows, columns) + 4 * unit(dtype) * sizes).ravel() + 2 * least(dtype)
        assert_within(inv, inverse.ravel(), bounds, dtype)
        # the adjugate is det times the inverse, and both are moved
        bounds = abs(determinant) * (bounds + slack * np.sum(sizes) * sizes.ravel()) + 4 * least(dtype)
        assert_within(cofactors.T, (determinant * inverse).ravel(), bounds, dtype)
        b = rng.normal(size=n).astype(dtype)
        x = inverse @ np.array(balls(b), dtype=object)
        bounds = slack * rows * np.sum(abs(x)) + 4 * unit(dtype) * abs(x) + least(dtype)
        assert_within(OPS["solve"](a, b), x, bounds, dtype)
    assert seen > 40


def test_a_singular_matrix_has_no_inverse():
    for call in (lambda a: torch.linalg.inv(a), lambda a: torch.linalg.solve(a, torch.ones(2))):
        with pytest.raises(ValueError, match=r"Singular matrix \[(inv|solve)\(\(2, 2\)"):
            call(torch.ones(2, 2))


def test_the_slope_of_a_nearly_singular_determinant_is_as_accurate_as_the_matrix():
    a = np.array([[0.75, 0.9], [0.5, 0.6]]) + np.array([[0.0, 0.0], [0.0, 1e-11]])
    slope = OPS["det"].rule(0)(np.ones(()), None, a)
    np.testing.assert_allclose(slope, [[a[1, 1], -a[1, 0]], [-a[0, 1], a[0, 0]]], rtol=8 * 2.0**-53)


def test_the_determinant_of_no_numbers_is_none_and_that_of_nothing_is_one():
    with np.errstate(all="ignore"):
        assert np.isnan(OPS["det"](np.array([[np.nan, 1.0], [1.0, 1.0]])))
    assert OPS["det"](np.zeros((2, 0, 0))).tolist() == [1.0, 1.0]


def test_the_slope_of_a_determinant_are_the_cofactors_also_of_singular_matrices():
    singular = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [5.0, 7.0, 9.0]]
    stack = np.array([singular, [[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 5.0]], np.zeros((3, 3))])
    a = torch.tensor(stack, requires_grad=True)
    torch.linalg.det(a).sum().backward()
    expected = [[[3, -6, 3], [3, -6, 3], [-3, 6, -3]], np.diag([15, 10, 6]), np.zeros((3, 3))]
    np.testing.assert_allclose(a.grad.numpy(), expected, rtol=1e-14, atol=1e-14)


def test_the_second_derivative_of_a_determinant_exists_at_a_singular_matrix():
    a = torch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=torch.float64, requires_grad=True)
    (cofactors,) = torch.autograd.grad(torch.linalg.det(a), a, create_graph=True)
    (twice,) = torch.autograd.grad((cofactors * cofactors).sum(), a)
    # of a^2 + b^2 + c^2 + d^2
    assert twice.numpy().tolist() == [[2.0, 4.0], [4.0, 8.0]]


def test_a_determinant_keeps_its_slope_where_its_value_underflows():
    a = torch.tensor(np.diag([1e-200, 2e-200]), requires_grad=True)
    y = torch.linalg.det(a)
    y.backward()
    assert y.item() == 0.0
    np.testing.assert_allclose(a.grad.numpy(), np.diag([2e-200, 1e-200]), rtol=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
def test_an_unbroadcast_sum_over_a_million_entries_is_within_the_summation_bound(dtype):
    weights = np.random.default_rng(20).normal(size=10**6).astype(dtype)
    x = torch.tensor(np.array(1.5, dtype=dtype), requires_grad=True)
    (x * torch.from_numpy(weights)).sum().backward()
    # float16 is summed in float32 and rounded once
    u, once = (float(np.finfo(each).eps) / 2 for each in (np.float32 if dtype is np.float16 else dtype, dtype))
    exact, size = math.fsum(weights.astype(np.float64)), math.fsum(np.abs(weights.astype(np.float64)))
    assert abs(float(x.grad) - exact) <= 10**6 * u / (1 - 10**6 * u) * size + once * abs(exact)
