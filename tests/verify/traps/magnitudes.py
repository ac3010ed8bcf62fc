"""Overflow and underflow: true values beyond the dtype, and those below it."""

from __future__ import annotations

import math

from gradproof.engine import ops
from gradproof.verify import Verdict

from .table import INF, NAN, Described, given, right, ruled, trap

VERIFIED, WRONG, OVERFLOWS = Verdict.VERIFIED, Verdict.WRONG, Verdict.OVERFLOWS
INACCURATE, INCONCLUSIVE = Verdict.INACCURATE, Verdict.INCONCLUSIVE


def written_softmax(x):
    e = ops.exp(x)
    return ops.getitem(e / ops.sum(e), index=(0,))


def two_parts(x, y):
    return ops.exp(x) + ops.sin(y)


# Laid out as a page.
# fmt: off
MAGNITUDES = [
    # --- beyond the dtype
    trap("exp(x)", lambda x: ops.exp(x), 800.0, Described("e^800 = 2.7e347"), "beyond the largest float64, 1.8e308",
        right(OVERFLOWS, INF, "v1 (exp)"), given(NAN, OVERFLOWS)),
    trap("exp(x)", lambda x: ops.exp(x), 709.79, Described("e^709.79 = 1.81e308"), "just beyond the largest float64",
        right(OVERFLOWS, INF, "v1 (exp)")),
    trap("exp(x)", lambda x: ops.exp(x), 709.7, math.exp(709.7), "still within",
        right(VERIFIED), given(INF, WRONG)),
    trap("exp(x)", lambda x: ops.exp(x), 100.0, Described("e^100 = 2.7e43"), "beyond the largest float32, 3.4e38",
        right(OVERFLOWS, INF, "v1 (exp)"), dtype="float32"),
    trap("log(exp(x))", lambda x: ops.log(ops.exp(x)), 800.0, 1, "it is x, by way of e^800",
        right(OVERFLOWS, 0, "v1 (exp)")),
    trap("log(exp(x))", lambda x: ops.log(ops.exp(x)), 700.0, 1, "within range",
        right(VERIFIED)),
    trap("1/(1 + exp(-x))", lambda x: 1 / (1 + ops.exp(-x)), -800.0, 0, "the logistic function by way of e^800",
        right(OVERFLOWS, 0, "(exp)")),
    trap("x*x/x", lambda x: x * x / x, 1e200, 1, "by way of 1e400",
        right(OVERFLOWS, -INF, "v1 (multiply)")),
    trap("square(x)", lambda x: ops.square(x), 1e200, 2e200, "the value is 1e400",
        right(OVERFLOWS, 2e200, "v1 (square)"), given(3e200, WRONG)),
    trap("square(x)", lambda x: ops.square(x), 1e30, 2e30, "the value is 1e60",
        right(OVERFLOWS, 2e30, "v1 (square)"), dtype="float32"),
    trap("sum(x)", lambda x: ops.sum(x), [1e308, 1e308], [1, 1], "the value is 2e308",
        right(OVERFLOWS, [1, 1], "v1 (sum)")),
    trap("1/x", lambda x: 1.0 / x, 1e-200, Described("-1e400"), "the value is 1e200, the slope beyond",
        right(OVERFLOWS, -INF, "(divide)")),
    trap("log(x)", lambda x: ops.log(x), 5e-324, Described("2e323"), "the reciprocal of a subnormal number",
        right(OVERFLOWS, INF, "(log)")),
    trap("sqrt(x*x + y*y)", lambda x, y: ops.sqrt(x * x + y * y), (1e200, 1e200), (math.sqrt(0.5), math.sqrt(0.5)),
        "by way of 1e400", right(OVERFLOWS, (0, 0), "v2 (multiply)")),
    trap("hypot(x, y)", lambda x, y: ops.hypot(x, y), (1e200, 1e200), (math.sqrt(0.5), math.sqrt(0.5)),
        "nothing on the way is beyond the dtype; x / sqrt(x*x + y*y) is x over infinity",
        right(VERIFIED), given((0, 0), INACCURATE), given((0.5, 0.5), INACCURATE), given((NAN, NAN), WRONG)),
    trap("vector_norm(x)", lambda x: ops.vector_norm(x), [3e300, -4e300, 12e300], [3 / 13, -4 / 13, 12 / 13],
        "nothing on the way is beyond the dtype", right(VERIFIED), given([NAN] * 3, WRONG)),
    trap("softplus(x)", lambda x: ops.softplus(x), 800.0, 1, "the linear tail",
        right(VERIFIED), given(NAN, WRONG)),
    trap("log(1 + exp(x))", lambda x: ops.log(1.0 + ops.exp(x)), 800.0, 1, "softplus by way of e^800",
        right(OVERFLOWS, 0, "(exp)")),
    trap("softmax(x)[0]", lambda x: ops.getitem(ops.softmax(x, axis=0), index=(0,)), [800.0, 800.0], [0.25, -0.25],
        "only differences matter", right(VERIFIED), given([NAN, NAN], WRONG)),
    trap("softmax(x)[0]", lambda x: ops.getitem(ops.softmax(x, axis=0), index=(0,)), [1e4, 0.0], [0, 0],
        "s0 (1 - s0) = e^-10000 is below the dtype", right(VERIFIED), given([NAN, NAN], WRONG)),
    trap("exp(x)[0]/sum(exp(x))", written_softmax, [800.0, 800.0], [0.25, -0.25], "softmax by way of e^800",
        right(OVERFLOWS, [NAN, NAN], "v1 (exp)")),
    trap("logsumexp(x)", lambda x: ops.logsumexp(x), [1000.0, 1000.0], [0.5, 0.5], "only differences matter",
        right(VERIFIED), given([NAN, NAN], WRONG)),
    trap("logsumexp(x)", lambda x: ops.logsumexp(x), [-1000.0, -1000.0], [0.5, 0.5], "only differences matter",
        right(VERIFIED), given([0, 0], WRONG), given([NAN, NAN], WRONG), dtype="float32"),
    trap("logsumexp(x)", lambda x: ops.logsumexp(x), [1000.0, -1000.0], [1, 0], "the second share is e^-2000",
        right(VERIFIED), given([1, 1e-300], WRONG)),
    trap("prod(x)", lambda x: ops.prod(x), [1e200, 1e200, 1e-300], Described("(1e-100, 1e-100, 1e400)"),
        "the third slope is beyond", right(OVERFLOWS, [1e-100, 1e-100, INF], "(prod)"),
        given([2e-100, 1e-100, INF], WRONG)),
    trap("exp(x) + sin(y)", two_parts, (800.0, 1.0), Described("(2.7e347, cos(1))"), "one part beyond, the other not",
        right(OVERFLOWS, (INF, math.cos(1)), "v2 (exp)"),
        ruled("a sine with the wrong sign", {"sin.0": lambda ct, y, x: -ct * ops.cos(x)}, None, WRONG, "sin")),
    # --- below the dtype
    trap("exp(x)", lambda x: ops.exp(x), -800.0, 0, "e^-800 = 3.7e-348 is below half the smallest float64",
        right(VERIFIED), given(5e-324, VERIFIED), given(1e-320, WRONG), given(NAN, WRONG)),
    trap("softplus(x)", lambda x: ops.softplus(x), -800.0, 0, "e^-800 is below the dtype",
        right(VERIFIED), given(1e-10, WRONG)),
    trap("square(x)", lambda x: ops.square(x), 1e-200, 2e-200,
        "the value 1e-400 is below the dtype, the slope is not",
        right(VERIFIED), given(0, WRONG), given(1e-160, WRONG)),
    trap("5e-324 * x", lambda x: 5e-324 * x, 1.0, 5e-324, "the smallest float64; it may be lost in one rounding",
        right(VERIFIED), given(0, VERIFIED), given(5e-323, WRONG)),
    trap("1e-310 * x", lambda x: 1e-310 * x, 1.0, 1e-310, "subnormal: a target that flushes to zero is wrong",
        right(VERIFIED), given(0, WRONG)),
    trap("1e-40 * x", lambda x: 1e-40 * x, 1.0, 1e-40, "subnormal in float32",
        right(VERIFIED), given(0, WRONG), dtype="float32"),
    trap("tanh(x)", lambda x: ops.tanh(x), 0.5, 1e-310 / math.cosh(0.5) ** 2,
        "a subnormal cotangent has fewer digits", right(VERIFIED), given(0, WRONG), ct=1e-310),
    trap("0.5 * x", lambda x: 0.5 * x, 1.0, 0, "half of the smallest float64: 0 or all of it",
        right(VERIFIED), given(5e-324, VERIFIED), given(2e-323, WRONG), ct=5e-324),
    trap("atan(x)", lambda x: ops.atan(x), 1e160, 1e-320, "1 + x^2 is beyond the dtype, the slope subnormal",
        right(VERIFIED), given(0, INACCURATE), given(1e-20, WRONG)),
    trap("log(sigmoid(x))", lambda x: ops.log(ops.sigmoid(x)), -800.0, 1,
        "sigmoid(x) = e^-800 rounds to 0, whose logarithm is no number: the formula loses it, and no op is to blame",
        right(INCONCLUSIVE, INF)),
]
# fmt: on
