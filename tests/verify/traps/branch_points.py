"""Branch points: comparisons at and near their ties, branches that are not taken, steps at and beside their jumps."""

from __future__ import annotations

import numpy as np

from gradproof.engine import ops, tensor
from gradproof.verify import Verdict

from .table import INF, NAN, NONE, Described, Hull, given, right, trap, weak

VERIFIED, SUBGRADIENT, UNDEFINED, WRONG = Verdict.VERIFIED, Verdict.SUBGRADIENT, Verdict.UNDEFINED, Verdict.WRONG
INCONCLUSIVE = Verdict.INCONCLUSIVE

BELOW_ONE, ABOVE_ONE = 1 - 2.0**-53, 1 + 2.0**-52


def guarded_root(x):
    return ops.where(x > 0, ops.sqrt(x), 0.0)


def guarded_log(x):
    return ops.where(x > 0, ops.log(x), x)


def masked(x):
    data = tensor([0.0, 1.0], dtype="float64")
    return ops.where(data > 0, x, 2 * x)


# Laid out as a page.
# fmt: off
BRANCH_POINTS = [
    trap("where(x > 0, sqrt(x), 0)", guarded_root, -1.0, 0, "constant there; the root is not taken",
        right(VERIFIED), weak(NAN, WRONG)),
    trap("where(x > 0, sqrt(x), 0)", guarded_root, 0.0, NONE,
        "slope 0 from the left, infinite from the right; NaN is the limit of neither",
        right(SUBGRADIENT, 0), weak(NAN, WRONG)),
    trap("where(x >= 0, sqrt(x), 0)", lambda x: ops.where(x >= 0, ops.sqrt(x), 0.0), 0.0, NONE,
        "the same function, the root taken", right(UNDEFINED, INF, "returned inf")),
    trap("where(x > 0, sqrt(x), 0)", guarded_root, 1.0, 0.5, "smooth there",
        right(VERIFIED), weak(0.5, VERIFIED)),
    trap("where(x > 0, sqrt(x), 0)", guarded_root, -1.0, 0, "constant there; the root is not taken",
        right(VERIFIED), weak(NAN, WRONG), dtype="float32"),
    trap("where(x > 0, log(x), x)", guarded_log, -1.0, 1, "the logarithm is not taken",
        right(VERIFIED), weak(1, VERIFIED)),
    trap("where(x > 0, log(x), x)", guarded_log, 0.0, NONE,
        "it falls to minus infinity on the right; NaN is the slope of neither branch",
        right(UNDEFINED, 1), weak(NAN, WRONG)),
    trap("where(x > 0, log(x), x)", guarded_log, 2.0, 0.5, "smooth there",
        right(VERIFIED)),
    trap("where(x > 0, x + 1, x)", lambda x: ops.where(x > 0, x + 1, x), 0.0, NONE,
        "a jump, though both slopes are 1", right(UNDEFINED, 1, "jump")),
    trap("where(x > 0, x, 2x)", lambda x: ops.where(x > 0, x, 2 * x), 0.0, Hull(1, 2), "the slopes 2 and 1 meet",
        right(SUBGRADIENT, 2, "where")),
    trap("where(x >= 0, x, 2x)", lambda x: ops.where(x >= 0, x, 2 * x), 0.0, Hull(1, 2), "the slopes 2 and 1 meet",
        right(SUBGRADIENT, 1), dtype="float32"),
    trap("where(x > 0, x, x)", lambda x: ops.where(x > 0, x, x), 0.0, 1, "both branches are x",
        right(VERIFIED)),
    trap("where(data > 0, x, 2x)", masked, [1.0, 2.0], [2, 1], "the condition is data, and its tie no kink",
        right(VERIFIED)),
    trap("where(x >= x, x, 2x)", lambda x: ops.where(x >= x, x, 2 * x), 1.0, 1,
        "a number is at least itself: always x", right(VERIFIED)),
    trap("where(x > x, x, 3x)", lambda x: ops.where(x > x, x, 3 * x), 1.0, 3, "no number exceeds itself: always 3x",
        right(VERIFIED)),
    trap("where(x + y == y + x, x, y)", lambda x, y: ops.where(ops.equal(x + y, y + x), x, y), (1.0, 2.0), (1, 0),
        "always x", right(VERIFIED)),
    trap("where(x == 0, 0, x)", lambda x: ops.where(ops.equal(x, 0.0), 0.0, x), 0.0, 1,
        "it is x; the branch taken at the point alone has the slope 0",
        right(SUBGRADIENT, 0, "conservative field", "the function itself has the derivative 1")),
    trap("where(x == y, x, y)", lambda x, y: ops.where(ops.equal(x, y), x, y), (1.0, 1.0), (0, 1), "it is y",
        right(SUBGRADIENT, (1, 0), "conservative field")),
    trap("where(x == 0, 1, sin(x)/x)", lambda x: ops.where(ops.equal(x, 0.0), 1.0, ops.sin(x) / x), 0.0,
        Described("0"), "the removable singularity of an even function; the quotient is not taken",
        right(VERIFIED, 0), weak(NAN, WRONG)),
    trap("where(x/3*3 < 1, x, 2x - 1)", lambda x: ops.where(x / 3.0 * 3.0 < 1, x, 2 * x - 1), 1.0, Hull(1, 2),
        "x/3*3 is x: a tie, of a condition on what is computed",
        right(SUBGRADIENT, 2)),
    trap("where(0.7x < 7, x, 2x - 10)", lambda x: ops.where(0.7 * x < 7, x, 2 * x - 10), 10.0, 1,
        "0.7 in binary is 4.4e-17 too small, so the product is below 7, and its rounding is 7: either may be taken",
        right(SUBGRADIENT, 2)),
    trap("where(x > 0, x, 0)", lambda x: ops.where(x > 0, x, 0.0), 5e-324, 1, "beside the tie, however near",
        right(VERIFIED), given(0, WRONG)),
    trap("sign(x)", lambda x: ops.sign(x), 0.0, NONE, "a jump",
        right(UNDEFINED, 0, "jump", "returned 0.0"), given(NAN, UNDEFINED, "returned nan"), given(1, UNDEFINED)),
    trap("sign(x)", lambda x: ops.sign(x), 1e-300, 0, "constant there",
        right(VERIFIED), given(1e-10, WRONG), given(NAN, WRONG)),
    trap("floor(x)", lambda x: ops.floor(x), 1.0, NONE, "a jump",
        right(UNDEFINED, 0, "floor"), given(1, UNDEFINED)),
    trap("floor(x)", lambda x: ops.floor(x), BELOW_ONE, 0, "constant up to the jump",
        right(VERIFIED), given(1, WRONG)),
    trap("floor(x)", lambda x: ops.floor(x), ABOVE_ONE, 0, "constant from the jump on",
        right(VERIFIED), given(1, WRONG)),
    trap("ceil(x)", lambda x: ops.ceil(x), 2.0, NONE, "a jump",
        right(UNDEFINED, 0), dtype="float32"),
    trap("ceil(x)", lambda x: ops.ceil(x), np.float32(2) + np.float32(2.0**-22), 0, "constant beside the jump",
        right(VERIFIED), given(1, WRONG), dtype="float32", point="2 + 2^-22"),
    trap("floor(0.1x)", lambda x: ops.floor(0.1 * x), 10.0, 0,
        "0.1 in binary is 5.6e-18 too large: the product is above 1, but its rounding is 1, where floor jumps",
        right(INCONCLUSIVE, 0)),
    trap("floor(0.7x)", lambda x: ops.floor(0.7 * x), 10.0, 0,
        "0.7 in binary is 4.4e-17 too small: the product is below 7, but its rounding is 7, where floor jumps",
        right(INCONCLUSIVE, 0)),
    trap("x - floor(x)", lambda x: x - ops.floor(x), 2.5, 1, "the sawtooth between its jumps",
        right(VERIFIED)),
    trap("x - floor(x)", lambda x: x - ops.floor(x), 2.0, NONE, "the sawtooth at a jump",
        right(UNDEFINED, 1)),
]
# fmt: on
