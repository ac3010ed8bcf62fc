"""Lost digits: saturation, where naive formulas lose them, and cancellation, where nobody has any."""

from __future__ import annotations

import math

import numpy as np

from gradproof.engine import ops
from gradproof.verify import Verdict

from .table import ANYTHING, NAN, Described, given, right, ruled, trap

VERIFIED, WRONG, UNDEFINED = Verdict.VERIFIED, Verdict.WRONG, Verdict.UNDEFINED
INACCURATE, INCONCLUSIVE = Verdict.INACCURATE, Verdict.INCONCLUSIVE

ONE_LESS_SQUARE = {"tanh.0": lambda ct, y, x: ct * (1 - y * y)}
Y_TIMES_REST = {"sigmoid.0": lambda ct, y, x: ct * (y * (1 - y))}


def sech2(x):
    return 4 * math.exp(-2 * x) / (1 + math.exp(-2 * x)) ** 2


def logistic_slope(x):
    return math.exp(-abs(x)) / (1 + math.exp(-abs(x))) ** 2


def large_mean(dtype, mean, spread):
    return (mean + spread * np.random.default_rng(3).normal(size=20)).astype(dtype)


def slope_of_variance(x):
    exact = [int(each * 2**40) for each in x.astype(float).tolist()]
    mean = sum(exact) / len(exact)
    return [2 * (each - mean) / 2**40 / len(exact) for each in exact]


AROUND_1E8 = np.round(large_mean(np.float64, 1e8, 1.0), 3)


def slope_by_a_rounded_mean(ct, y, x, **_):
    return ct * 2.0 * (x - np.float64(np.float32(x.mean()))) / x.size


def many(x):
    total = ops.multiply(x, 0.0)
    for i in range(1000):
        total = ops.add(total, ops.multiply(x, 1.0 / (i + 1)))
    return total


# Laid out as a page.
# fmt: off
DIGITS = [
    # --- saturation
    trap("tanh(x)", lambda x: ops.tanh(x), 11.0, sech2(11), "sech(x)^2 = 1.1e-9; 1 - y*y has lost 9 digits",
        right(VERIFIED), ruled("1 - y*y", ONE_LESS_SQUARE, None, INACCURATE, "digits are lost at tanh"),
        given(0, WRONG), given(sech2(11) * (1 + 1e-4), WRONG)),
    trap("tanh(x)", lambda x: ops.tanh(x), 20.0, sech2(20), "sech(x)^2 = 1.7e-17; 1 - y*y has lost all digits",
        right(VERIFIED), ruled("1 - y*y", ONE_LESS_SQUARE, 0, INACCURATE, "tanh", "ulp off"), given(1e-13, WRONG),
        given(NAN, WRONG), given(1, WRONG)),
    trap("tanh(x)", lambda x: ops.tanh(x), 300.0, sech2(300), "sech(x)^2 = 1.1e-260",
        right(VERIFIED), ruled("1 - y*y", ONE_LESS_SQUARE, 0, INACCURATE)),
    trap("tanh(x)", lambda x: ops.tanh(x), -10.0, sech2(10), "sech(x)^2 = 8.2e-9; in float32 y is -1",
        right(VERIFIED), ruled("1 - y*y", ONE_LESS_SQUARE, 0, INACCURATE), given(1e-4, WRONG), dtype="float32"),
    trap("tanh(x)", lambda x: ops.tanh(x), 0.5, sech2(0.5), "not saturated: 1 - y*y is as good",
        right(VERIFIED), ruled("1 - y*y", ONE_LESS_SQUARE, sech2(0.5), VERIFIED),
        given(sech2(0.5) * (1 + 1e-12), WRONG)),
    trap("sigmoid(x)", lambda x: ops.sigmoid(x), 40.0, logistic_slope(40), "e^-40; y is 1",
        right(VERIFIED), ruled("y (1 - y)", Y_TIMES_REST, 0, INACCURATE, "sigmoid"), given(1e-10, WRONG)),
    trap("sigmoid(x)", lambda x: ops.sigmoid(x), -40.0, logistic_slope(40), "e^-40; y keeps its digits on this side",
        right(VERIFIED), ruled("y (1 - y)", Y_TIMES_REST, logistic_slope(40), VERIFIED), given(0, WRONG)),
    trap("softplus(x)", lambda x: ops.softplus(x), -45.0, math.exp(-45) / (1 + math.exp(-45)), "e^-45",
        right(VERIFIED),
        ruled("1 - exp(-y)", {"softplus.0": lambda ct, y, x: ct * (1 - ops.exp(-y))}, 0, INACCURATE)),
    trap("expm1(x)", lambda x: ops.expm1(x), -40.0, math.exp(-40), "e^-40; y + 1 is 0",
        right(VERIFIED), ruled("y + 1", {"expm1.0": lambda ct, y, x: ct * (y + 1)}, 0, INACCURATE)),
    trap("expm1(x)", lambda x: ops.expm1(x), 1e-20, 1, "y + 1 is right here",
        right(VERIFIED), ruled("y + 1", {"expm1.0": lambda ct, y, x: ct * (y + 1)}, 1, VERIFIED)),
    trap("log(1 + x)", lambda x: ops.log(1.0 + x), 1e-20, 1,
        "the value is lost, to less than the rounding of 1; the slope is not",
        right(VERIFIED)),
    trap("1 - tanh(x)**2", lambda x: 1.0 - ops.square(ops.tanh(x)), 20.0, -2 * math.tanh(20.0) * sech2(20),
        "the value is lost, to less than the rounding of 1; the slope is not",
        right(VERIFIED)),
    trap("sinc(x)", lambda x: ops.sinc(x), 1e-8, -(math.pi**2) / 3 * 1e-8,
        "two terms of 1e8 cancel: the series begins with -pi^2 x/3",
        right(VERIFIED), given(0, INACCURATE), given(-1e-6, WRONG)),
    # --- cancellation
    trap("sum(softmax(x))", lambda x: ops.sum(ops.softmax(x, axis=0)), [0.3, -1.2, 2.5], [0, 0, 0],
        "the sum is 1: 0 by cancellation", right(VERIFIED, atol=1e-15), given([0, 0, 0], VERIFIED),
        given([1e-17, -1e-17, 0], VERIFIED), given([1e-12, 0, 0], WRONG)),
    trap("sum(softmax(x))", lambda x: ops.sum(ops.softmax(x, axis=0)), [0.3, -1.2, 2.5], [0, 0, 0],
        "the sum is 1: 0 by cancellation", right(VERIFIED, atol=1e-6), given([1e-4, 0, 0], WRONG), dtype="float32"),
    trap("softmax(x)[1]", lambda x: ops.getitem(ops.softmax(x, axis=0), index=(1,)), [0.1, -300.3, -500.7],
        [-math.exp(-300.4), math.exp(-300.4), 0],
        "s1 (1 - s1) with s1 = e^-300.4, moved by rounding by some hundred ulp",
        right(VERIFIED, ANYTHING), given([-math.exp(-300.4), math.exp(-300.4) * (1 + 1e-10), 0], WRONG)),
    trap("gelu(x)", lambda x: ops.gelu(x), -0.7517915246935645, 0, "its minimum: the two terms 0.226 cancel",
        right(VERIFIED, atol=1e-15), given(0, VERIFIED), given(1e-13, WRONG), slack=1e-15),
    trap("gelu(x)", lambda x: ops.gelu(x), np.float32(-0.7517915), 0, "its minimum",
        right(VERIFIED, atol=1e-7), given(1e-5, WRONG), dtype="float32", point="-0.7517915",
        slack=1e-7),
    trap("silu(x)", lambda x: ops.silu(x), -1.2784645427610738, 0, "its minimum: two terms cancel",
        right(VERIFIED, atol=1e-15), given(0, VERIFIED), given(1e-13, WRONG), slack=1e-15),
    trap("sinc(x)", lambda x: ops.sinc(x), 1.4302966531242027, 0, "its minimum: two terms cancel",
        right(VERIFIED, atol=1e-14), given(1e-13, WRONG), slack=1e-15),
    trap("digamma(x)", lambda x: ops.digamma(x), 1.4616321449683622, 0.967672245447621,
        "the value is near its root, the slope is trigamma", right(VERIFIED)),
    trap("gammaln(x)", lambda x: ops.gammaln(x), 1 + 2.0**-40, -0.5772156649015329 + math.pi**2 / 6 * 2.0**-40,
        "the value is near its root at 1, the slope is digamma",
        right(VERIFIED), given(-0.577215, WRONG)),
    trap("gammaln(x)", lambda x: ops.gammaln(x), 2.0, 0.42278433509846713,
        "the value is 0, the slope is 1 less Euler's constant",
        right(VERIFIED), given(0, WRONG), dtype="float32"),
    trap("var(x)", lambda x: ops.var(x), AROUND_1E8.tolist(), Described("2 (x - mean)/20"),
        "the mean is 1e8, the spread 1", right(VERIFIED, slope_of_variance(AROUND_1E8), atol=1e-9),
        ruled("a mean of float32", {"var.0": slope_by_a_rounded_mean}, None, WRONG, "var"),
        point="20 numbers about 1e8"),
    trap("std(x)", lambda x: ops.std(x), AROUND_1E8.tolist(), Described("(x - mean)/(20 std)"),
        "the mean is 1e8, the spread 1", right(VERIFIED, ANYTHING), point="20 numbers about 1e8"),
    trap("var(x)", lambda x: ops.var(x), large_mean(np.float32, 1e4, 1e3).tolist(), Described("2 (x - mean)/20"),
        "the mean is ten times the spread", right(VERIFIED, ANYTHING), point="20 numbers about 1e4", dtype="float32"),
    trap("std(x)", lambda x: ops.std(x), large_mean(np.float32, 1e4, 1e3).tolist(), Described("(x - mean)/(20 std)"),
        "the mean is ten times the spread", right(VERIFIED, ANYTHING), point="20 numbers about 1e4", dtype="float32"),
    trap("var(x)", lambda x: ops.var(x), large_mean(np.float32, 1e4, 1.0).tolist(), Described("2 (x - mean)/20"),
        "a mean of float32 may be off by gamma_20 1e4 = 0.01; the spread is 1",
        right(INCONCLUSIVE, ANYTHING), point="20 numbers 1e4 + 1", dtype="float32"),
    trap("x - x", lambda x: x - x, 3.0, 0, "it is 0", right(VERIFIED)),
    trap("x/x", lambda x: x / x, 3.0, 0, "it is 1: 1/x - x/x^2",
        right(VERIFIED, atol=1e-16)),
    trap("exp(x) * exp(-x)", lambda x: ops.exp(x) * ops.exp(-x), 30.0, 0, "it is 1: two terms of 1 cancel",
        right(VERIFIED, atol=1e-15)),
    trap("(1e8 + x) - 1e8", lambda x: (1e8 + x) - 1e8, 1 / 3, 1, "the value loses digits, the slope none",
        right(VERIFIED), given(0, WRONG), given(1 + 1e-9, WRONG)),
    trap("(1e8 + x) - 1e8", lambda x: (np.float32(1e8) + x) - np.float32(1e8), np.float32(0.5), 1,
        "in float32 the value is lost whole, the slope not", right(VERIFIED), given(0, WRONG), dtype="float32",
        point="0.5"),
    trap("sin(x)", lambda x: ops.sin(x), math.pi, -1, "the float beside pi; the value is 1.2e-16",
        right(VERIFIED), given(-1 + 1e-12, WRONG)),
    trap("sin(x)", lambda x: ops.sin(x), 1e8, math.cos(1e8), "rounding of x, by 4 ulp, moves the slope by 1e-7",
        right(VERIFIED), given(math.cos(1e8) + 1e-5, WRONG)),
    trap("sin(x)", lambda x: ops.sin(x), 1e22, 0.5232147853951389,
        "rounding of x moves it by many periods: nothing can be told",
        right(INCONCLUSIVE, ANYTHING), given(-0.5232147853951389, INCONCLUSIVE)),
    trap("cos(x)", lambda x: ops.cos(x), math.pi / 2, -1, "the value is 6.1e-17",
        right(VERIFIED)),
    trap("sqrt(1 - x*x)", lambda x: ops.sqrt(1.0 - x * x), 1 - 2.0**-53, Described("-6.7e7"),
        "rounding of x*x moves the difference, 2.2e-16, by a quarter: the certificates decide",
        right(VERIFIED, ANYTHING, "end-to-end tolerance is too wide")),
    trap("log(x)", lambda x: ops.log(x), 1e-5, 1e5,
        "steep: a central difference with a step of 1e-6 is a percent off",
        right(VERIFIED), given(1e5 * (1 + 1e-12), WRONG)),
    trap("x**2", lambda x: ops.pow(x, 2.0), 1e8, 2e8, "large: a difference with a step of 1e-6 sees rounding",
        right(VERIFIED), given(2e8 * (1 + 1e-12), WRONG)),
    trap("sin(100x)", lambda x: ops.sin(x * 100.0), 1.0, 100 * math.cos(100), "oscillates",
        right(VERIFIED)),
    # --- long sums
    trap("x + x/2 + ... + x/1000", many, 1.5, math.fsum(1 / (i + 1) for i in range(1000)), "a fan-out of 1,001",
        right(VERIFIED)),
    trap("sum(broadcast_to(x))", lambda x: ops.sum(ops.broadcast_to(x, shape=(10**6,))), 2.0, 1e5,
        "an un-broadcast sum over a million entries", right(VERIFIED), ct=0.1),
    trap("sum(x * (0.1, 0.1, ...))", lambda x: ops.sum(x * np.full(10_000, 0.1, np.float32)), 2.0,
        10_000 * float(np.float32(0.1)), "ten thousand entries: a sum in any order is off by no more than n u = 6e-4",
        right(VERIFIED), given(1010, WRONG), dtype="float32"),
    trap("sum(x * (1, 1, ...))", lambda x: ops.sum(x * np.ones(100_000, np.float32)), 2.0, 100_000,
        "n u = 0.6 %: the order of addition may matter that much, and no comparison tells a thousandth",
        right(INCONCLUSIVE), dtype="float32"),
]
# fmt: on
