"""Kinks and ties: no derivative, but a set of generalised ones; and points that look like kinks and are none."""

from __future__ import annotations

import math

import numpy as np

from gradproof.engine import ops
from gradproof.verify import Verdict

from .table import INF, NAN, NONE, Described, Hull, given, right, ruled, trap

VERIFIED, SUBGRADIENT, UNDEFINED, WRONG = Verdict.VERIFIED, Verdict.SUBGRADIENT, Verdict.UNDEFINED, Verdict.WRONG
INACCURATE = Verdict.INACCURATE

ABOVE_ONE = 1 + 2.0**-52


def relu_slope(at_zero):
    """The rule of a ReLU with this slope at 0."""
    return {"relu.0": lambda ct, y, x: ops.where(x > 0.0, ct, ops.where(x < 0.0, 0.0, ct * at_zero))}


def abs_slope(at_zero):
    """The rule of an absolute value with this slope at 0."""
    return {"abs.0": lambda ct, y, x: ops.where(x > 0.0, ct, ops.where(x < 0.0, -ct, ct * at_zero))}


def shares(op, first, second):
    """The rules of ``maximum`` or ``minimum`` with these shares at a tie."""
    sign = 1.0 if op == "maximum" else -1.0

    def rule(share, this, other):
        return lambda ct, y, *args: ops.where(
            args[this] == args[other], ct * share, ops.where(sign * (args[this] - args[other]) > 0, ct, 0.0)
        )

    return {f"{op}.0": rule(first, 0, 1), f"{op}.1": rule(second, 1, 0)}


def ramps(count):
    return lambda x: ops.sum(ops.relu(ops.multiply(x, np.arange(1.0, count + 1))))


# Laid out as a page.
# fmt: off
KINKS = [
    trap("abs(x)", lambda x: ops.abs(x), 0.0, Hull(-1, 1),
        "the slopes -1 and 1 meet (Clarke's generalised derivative)",
        right(SUBGRADIENT, 0, "0 at abs(0), as PyTorch"), given(1, SUBGRADIENT, "1 at abs(0)"),
        given(-1, SUBGRADIENT), given(0.5, SUBGRADIENT), given(ABOVE_ONE, WRONG), given(NAN, WRONG),
        given(INF, WRONG)),
    trap("abs(x)", lambda x: ops.abs(x), -0.0, Hull(-1, 1), "-0 is the number 0",
        right(SUBGRADIENT, 0), given(-1, SUBGRADIENT), given(-ABOVE_ONE, WRONG)),
    trap("abs(x)", lambda x: ops.abs(x), 5e-324, 1, "smooth beside 0, however near; a central difference gives 0",
        right(VERIFIED), given(0, WRONG), given(-1, WRONG)),
    trap("relu(x)", lambda x: ops.relu(x), 0.0, Hull(0, 1), "the slopes 0 and 1 meet",
        right(SUBGRADIENT, 0, "0 at relu(0), as PyTorch"), given(1, SUBGRADIENT, "1 at relu(0)"),
        given(0.5, SUBGRADIENT), given(-(2.0**-53), WRONG), given(ABOVE_ONE, WRONG), given(NAN, WRONG)),
    trap("relu(x)", lambda x: ops.relu(x), 0.0, Hull(0, 1), "the slopes 0 and 1 meet",
        right(SUBGRADIENT, 0), given(1, SUBGRADIENT), given(1 + 2.0**-23, WRONG), given(-(2.0**-24), WRONG),
        dtype="float32"),
    trap("relu(x)", lambda x: ops.relu(x), 1e-7, 1, "smooth: differences with steps above 1e-7 are misled",
        right(VERIFIED), given(0.5, WRONG)),
    trap("maximum(x, y)", lambda x, y: ops.maximum(x, y), (2.0, 2.0), Hull((1, 0), (0, 1)),
        "the gradients of x and of y meet; their shares add up to 1",
        right(SUBGRADIENT, (0.5, 0.5), "(0.5, 0.5) at maximum(2, 2), as PyTorch"),
        given((1, 0), SUBGRADIENT, "(1, 0) at maximum(2, 2)"), given((0, 1), SUBGRADIENT),
        given((0.25, 0.75), SUBGRADIENT), given((1, 1), WRONG), given((0, 0), WRONG),
        given((0.5, 0.5 + 2.0**-53), WRONG), given((NAN, NAN), WRONG)),
    trap("maximum(x, y)", lambda x, y: ops.maximum(x, y), (0.0, -0.0), Hull((1, 0), (0, 1)),
        "0 and -0 are one number", right(SUBGRADIENT, (0.5, 0.5)), given((1, 0), SUBGRADIENT), given((1, 1), WRONG)),
    trap("minimum(x, y)", lambda x, y: ops.minimum(x, y), (3.0, 3.0), Hull((1, 0), (0, 1)),
        "the gradients of x and of y meet", right(SUBGRADIENT, (0.5, 0.5), "as PyTorch"),
        given((0.25, 0.75), SUBGRADIENT), given((0.25, 0.25), WRONG), dtype="float32"),
    trap("maximum(x, y)", lambda x, y: ops.maximum(x, y), (1.0, ABOVE_ONE), (0, 1), "one ulp apart is no tie",
        right(VERIFIED), given((0.5, 0.5), WRONG)),
    trap("maximum(x, x)", lambda x: ops.maximum(x, x), 1.5, 1, "it is x",
        right(VERIFIED), ruled("the first takes all", shares("maximum", 1, 0), 1, VERIFIED),
        ruled("each takes all", shares("maximum", 1, 1), 2, WRONG),
        ruled("nobody takes any", shares("maximum", 0, 0), 0, WRONG)),
    trap("maximum(x, 2x)", lambda x: ops.maximum(x, ops.multiply(x, 2.0)), 0.0, Hull(1, 2), "the slopes 1 and 2 meet",
        right(SUBGRADIENT, 1.5), ruled("the first takes all", shares("maximum", 1, 0), 1, SUBGRADIENT),
        ruled("the second takes all", shares("maximum", 0, 1), 2, SUBGRADIENT),
        ruled("each takes all", shares("maximum", 1, 1), 3, WRONG)),
    trap("maximum(x, 0.01x)", lambda x: ops.maximum(x, ops.multiply(x, 0.01)), 0.0, Hull(1, 0.01),
        "the two slopes of a leaky ReLU meet", right(SUBGRADIENT, 0.505),
        ruled("the first takes all", shares("maximum", 1, 0), 1, SUBGRADIENT)),
    trap("max(x)", lambda x: ops.max(x), [1.0, 3.0, 3.0], Hull([0, 1, 0], [0, 0, 1]), "the last two entries tie",
        right(SUBGRADIENT, [0, 0.5, 0.5], "shares of 0.5, 0.5 at a tie of max, as PyTorch"),
        given([0, 1, 0], SUBGRADIENT), given([0, 0.25, 0.75], SUBGRADIENT), given([0, 1, 1], WRONG),
        given([1, 0, 0], WRONG), given([0, 0, 0], WRONG)),
    trap("max(x, axis=0)", lambda x: ops.max(x, axis=0), [[3.0, 1.0], [3.0, 2.0]],
        Hull([[1, 0], [0, 1]], [[0, 0], [1, 1]]), "the first column ties, the second does not",
        right(SUBGRADIENT, [[1, 0], [0, 1]], "shares of 1, 0 at a tie of max, as PyTorch"),
        given([[0.5, 0], [0.5, 1]], SUBGRADIENT), given([[1, 0], [1, 1]], WRONG)),
    trap("min(x)", lambda x: ops.min(x), [2.0, 2.0, 2.0], Hull([1, 0, 0], [0, 1, 0], [0, 0, 1]), "three entries tie",
        right(SUBGRADIENT, [1 / 3] * 3), given([0, 0.5, 0.5], SUBGRADIENT), given([0.5, 0.5, 0.5], WRONG)),
    trap("sort(x) . (1, 2, 5)", lambda x: ops.sum(ops.sort(x, axis=0) * np.array([1.0, 2.0, 5.0])), [3.0, 1.0, 3.0],
        Hull([2, 1, 5], [5, 1, 2]), "the tied entries may stand in either order",
        right(SUBGRADIENT, [2, 1, 5]), given([5, 1, 2], SUBGRADIENT), given([3.5, 1, 3.5], SUBGRADIENT),
        given([2, 1, 2], WRONG), given([5, 1, 5], WRONG)),
    trap("sum(sort(x))", lambda x: ops.sum(ops.sort(x, axis=0)), [3.0, 1.0, 3.0], [1, 1, 1],
        "the sum does not depend on the order", right(VERIFIED), given([2, 1, 0], WRONG)),
    trap("clip(x, -1, 0.5)", lambda x: ops.clip(x, min=-1.0, max=0.5), 0.5, Hull(0, 1), "the slopes 1 and 0 meet",
        right(SUBGRADIENT, 0, "0 at clip(0.5)"), given(1, SUBGRADIENT), given(0.5, SUBGRADIENT), given(2, WRONG)),
    trap("clip(x, -1, 0.5)", lambda x: ops.clip(x, min=-1.0, max=0.5), -1.0, Hull(0, 1), "the slopes 0 and 1 meet",
        right(SUBGRADIENT, 0), given(1, SUBGRADIENT), given(-1, WRONG), dtype="float32"),
    trap("clip(x, 0.5, 0.5)", lambda x: ops.clip(x, min=0.5, max=0.5), 0.5, 0, "it is constant",
        right(VERIFIED), given(1, WRONG)),
    trap("clip(x, -1, 0.5)", lambda x: ops.clip(x, min=-1.0, max=0.5), 5.0, 0, "constant there",
        right(VERIFIED), given(1, WRONG)),
    trap("clip(x, -1, 0.1)", lambda x: ops.clip(x, min=-1.0, max=0.1), np.float32(0.1), 0,
        "the float32 number nearest to 0.1 is above it, so above the bound; where the bound is rounded too, they tie",
        right(VERIFIED), given(1, INACCURATE), given(2, WRONG), dtype="float32", point="float32(0.1)"),
    trap("vector_norm(x)", lambda x: ops.vector_norm(x), [0.0, 0.0], Described("the closed unit disk"),
        "the limits of x / norm(x) are the unit circle",
        right(SUBGRADIENT, [0, 0], "0 at the tip of vector_norm, as PyTorch"),
        given([1, 0], SUBGRADIENT), given([0.6, -0.8], SUBGRADIENT), given([0.1, 0.2], SUBGRADIENT),
        given([1, 1], WRONG), given([NAN, NAN], WRONG), given([INF, 0], WRONG)),
    trap("vector_norm(x)", lambda x: ops.vector_norm(x), [0.0], Described("[-1, 1]"), "it is abs(x)",
        right(SUBGRADIENT, [0]), given([1], SUBGRADIENT), given([2], WRONG), given([NAN], WRONG)),
    trap("vector_norm(x, ord=1)", lambda x: ops.vector_norm(x, ord=1), [0.0, 2.0], Hull([-1, 1], [1, 1]),
        "abs has a kink at the first entry alone", right(SUBGRADIENT, [0, 1]), given([1, 1], SUBGRADIENT),
        given([2, 1], WRONG), given([0, 0], WRONG)),
    trap("vector_norm(x, ord=inf)", lambda x: ops.vector_norm(x, ord=math.inf), [3.0, -3.0], Hull([1, 0], [0, -1]),
        "two magnitudes tie", right(SUBGRADIENT, [0.5, -0.5]), given([1, 0], SUBGRADIENT),
        given([0, -1], SUBGRADIENT), given([1, -1], WRONG), given([0.5, 0.5], WRONG)),
    trap("vector_norm(x, ord=inf)", lambda x: ops.vector_norm(x, ord=math.inf), [0.0, 0.0],
        Hull([1, 0], [-1, 0], [0, 1], [0, -1]), "tie and kink together: the unit ball of the dual norm",
        right(SUBGRADIENT, [0, 0]), given([1, 0], SUBGRADIENT), given([0.5, -0.5], SUBGRADIENT), given([1, 1], WRONG),
        dtype="float32"),
    trap("hypot(x, y)", lambda x, y: ops.hypot(x, y), (0.0, 0.0), Described("the closed unit disk"),
        "the tip of a cone; its gradients nearby are the unit circle",
        right(SUBGRADIENT, (0, 0), "hypot"), given((1, 0), SUBGRADIENT, "(1, 0) at the tip of hypot"),
        given((-0.6, 0.8), SUBGRADIENT),
        given((1, 1), WRONG), given((NAN, NAN), WRONG, "hypot")),
    trap("hypot(x, y)", lambda x, y: ops.hypot(x, y), (0.0, 2.0), (0, 1), "smooth away from the tip",
        right(VERIFIED), given((1, 1), WRONG), given((NAN, 1), WRONG)),
    trap("std(x)", lambda x: ops.std(x), [2.0, 2.0, 2.0], Described("a disk of radius 1/sqrt(3) with sum 0"),
        "the tip of a norm of the differences from the mean",
        right(SUBGRADIENT, [0, 0, 0]), given([0.25, -0.25, 0], SUBGRADIENT), given([NAN] * 3, WRONG),
        given([1, 1, 1], WRONG)),
    trap("sqrt(x*x)", lambda x: ops.sqrt(x * x), 0.0, NONE,
        "it is abs(x); by the chain rule 0 times an infinite slope, which is no number",
        right(UNDEFINED, NAN, "sqrt", "nan"),
        ruled("0 at sqrt(0)", {"sqrt.0": lambda ct, y, x: 0.0 * x}, 0, UNDEFINED)),
    trap("relu(x) - relu(-x)", lambda x: ops.relu(x) - ops.relu(-x), 0.0, 1,
        "it is x; relu'(0) = c in both terms gives 2c (Bolte and Pauwels 2021)",
        right(SUBGRADIENT, 0, "conservative field", "0 at relu(0), as PyTorch",
            "the function itself has the derivative 1"),
        ruled("relu'(0) = 1/2", relu_slope(0.5), 1, VERIFIED),
        ruled("relu'(0) = 1", relu_slope(1.0), 2, SUBGRADIENT, "conservative field"),
        ruled("relu'(0) = 2", relu_slope(2.0), 4, WRONG, "relu")),
    trap("relu(x) + relu(-x)", lambda x: ops.relu(x) + ops.relu(-x), 0.0, Hull(-1, 1), "it is abs(x)",
        right(SUBGRADIENT, 0), ruled("relu'(0) = 1", relu_slope(1.0), 0, SUBGRADIENT),
        ruled("relu'(0) = 2", relu_slope(2.0), 0, WRONG)),
    trap("abs(x)**3", lambda x: ops.pow(ops.abs(x), 3.0), 0.0, 0, "smooth: the slope 3 x abs(x) is 0 on both sides",
        right(VERIFIED), ruled("abs'(0) = 1", abs_slope(1.0), 0, VERIFIED)),
    trap("x * abs(x)", lambda x: x * ops.abs(x), 0.0, 0, "the slope 2 abs(x) is continuous",
        right(VERIFIED), ruled("abs'(0) = 1", abs_slope(1.0), 0, VERIFIED)),
    trap("relu(x*x)", lambda x: ops.relu(x * x), 0.0, 0, "it is x*x",
        right(VERIFIED), ruled("relu'(0) = 1", relu_slope(1.0), 0, VERIFIED),
        ruled("NaN at relu(0)", relu_slope(NAN), NAN, WRONG)),
    trap("relu(x)**2", lambda x: ops.square(ops.relu(x)), 0.0, 0, "the slope 2 relu(x) is continuous",
        right(VERIFIED), ruled("relu'(0) = 1", relu_slope(1.0), 0, VERIFIED), dtype="float32"),
    trap("relu(x - x)", lambda x: ops.relu(x - x), 2.0, 0, "it is 0 everywhere",
        right(VERIFIED), ruled("relu'(0) = 1", relu_slope(1.0), 0, VERIFIED)),
    trap("0 * relu(x)", lambda x: ops.relu(x) * 0.0, 0.0, 0, "it is 0 everywhere",
        right(VERIFIED), ruled("relu'(0) = 1", relu_slope(1.0), 0, VERIFIED)),
    trap("maximum(x, y) + minimum(x, y)", lambda x, y: ops.maximum(x, y) + ops.minimum(x, y), (1.0, 1.0), (1, 1),
        "it is x + y", right(VERIFIED),
        ruled("the first takes all", shares("maximum", 1, 0) | shares("minimum", 1, 0), (2, 0), SUBGRADIENT,
            "conservative field"),
        ruled("(1, 1) of maximum and (0, 0) of minimum, whose errors cancel",
            shares("maximum", 1, 1) | shares("minimum", 0, 0), (1, 1), WRONG)),
    trap("maximum(x, y) - minimum(x, y)", lambda x, y: ops.maximum(x, y) - ops.minimum(x, y), (1.0, 1.0),
        Hull((1, -1), (-1, 1)), "it is abs(x - y)", right(SUBGRADIENT, (0, 0)),
        ruled("maximum from the first, minimum from the second",
            shares("maximum", 1, 0) | shares("minimum", 0, 1), (1, -1), SUBGRADIENT)),
    trap("abs(x) + abs(x - y)", lambda x, y: ops.abs(x) + ops.abs(x - y), (0.0, 0.0),
        Hull((2, -1), (0, 1), (0, -1), (-2, 1)), "two kinks move x, one of them y: four linear pieces meet",
        right(SUBGRADIENT, (0, 0)), ruled("abs'(0) = 1", abs_slope(1.0), (2, -1), SUBGRADIENT),
        ruled("abs'(0) = 2", abs_slope(2.0), (4, -2), WRONG)),
    trap("abs(x*y)", lambda x, y: ops.abs(x * y), (0.0, 2.0), Hull((2, 0), (-2, 0)), "it is 2 abs(x) along x",
        right(SUBGRADIENT, (0, 0)), ruled("abs'(0) = 1", abs_slope(1.0), (2, 0), SUBGRADIENT)),
    trap("abs(x*y)", lambda x, y: ops.abs(x * y), (0.0, 0.0), (0, 0),
        "below the square of the distance: differentiable", right(VERIFIED),
        ruled("abs'(0) = 1", abs_slope(1.0), (0, 0), VERIFIED)),
    trap("sum(relu(x))", lambda x: ops.sum(ops.relu(x)), [0.0] * 10, Described("[0, 1] in each of 10 entries"),
        "independent kinks: any combination", right(SUBGRADIENT, [0] * 10), given([1] * 10, SUBGRADIENT),
        given([0, 1, 0.5, 0.25, 1, 0, 0, 1, 1, 0.125], SUBGRADIENT), given([0] * 9 + [1.5], WRONG),
        point="ten zeros"),
    trap("relu(x) + relu(2x) + ... + relu(10x)", ramps(10), 0.0, Hull(0, 55),
        "ten kinks in one entry: 2^10 combinations", right(SUBGRADIENT, 0),
        ruled("relu'(0) = 1", relu_slope(1.0), 55, SUBGRADIENT),
        ruled("relu'(0) = 1.5", relu_slope(1.5), 82.5, WRONG)),
    trap("relu(x) + relu(2x) + ... + relu(11x)", ramps(11), 0.0, Hull(0, 66),
        "2^11 combinations: only the interval is asked",
        right(SUBGRADIENT, 0, "too many to try all branches: each entry is inside its interval"),
        ruled("relu'(0) = 1", relu_slope(1.0), 66, SUBGRADIENT, "each entry is inside its interval"),
        ruled("relu'(0) = 1.5", relu_slope(1.5), 99, WRONG)),
    trap("sum(relu(x))", lambda x: ops.sum(ops.relu(x)), [0.0] * 100, Described("[0, 1] in each of 100 entries"),
        "more than 64 switching points: only intervals are asked",
        right(SUBGRADIENT, [0] * 100, "each entry is inside its interval"), given([1] * 100, SUBGRADIENT),
        given([0] * 99 + [1.5], WRONG), point="a hundred zeros"),
    trap("sum(maximum(x, y))", lambda x, y: ops.sum(ops.maximum(x, y)), ([1.0] * 65, [1.0] * 65),
        Described("shares that add up to 1, for each of 65 ties"),
        "more than 64 switching points: intervals admit (1, 1) too, which is no generalised derivative, and say so",
        right(SUBGRADIENT, ([0.5] * 65, [0.5] * 65), "each entry is inside its interval"),
        given(([1] * 65, [1] * 65), SUBGRADIENT, "each entry is inside its interval"),
        given(([1.5] * 65, [0] * 65), WRONG), point="65 pairs of ones"),
    trap("x * (x > 0)", lambda x: x * ops.greater(x, 0.0), 0.0, Hull(0, 1), "a ReLU written with a mask",
        right(SUBGRADIENT, 0)),
    trap("huber(x)", lambda x: ops.where(ops.abs(x) <= 1.0, 0.5 * x * x, ops.abs(x) - 0.5), -1.0, -1,
        "the pieces meet with equal slopes", right(VERIFIED)),
]
# fmt: on
