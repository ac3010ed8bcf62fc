"""Whether a vector is a convex combination of others, up to rounding errors: the joint test at a kink.

Which members carry weight is found in floating point, by non-negative least squares; how near the best combination
of these comes is then computed in ball arithmetic, where tolerances of a few units in the last place are told apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import arb, arb_mat
from scipy.optimize import nnls

from gradproof.exact import Array
from gradproof.symbolic.approximate import Approximate
from gradproof.symbolic.balls import precision

BITS = 1024

#: Relative to the largest entry of the members, so much is admitted where there is no tolerance.
LEAST = arb(2) ** -200

#: Below every positive number of every dtype.
UNDERFLOW = arb(2) ** -1100


def is_combination(values: Array, members: Sequence[Approximate]) -> bool:
    """Tell whether finite ``values``, flat, may be a convex combination of ``members``, each within its tolerance.

    With n entries the weighted distance admitted is sqrt(n) tolerances: the largest that n errors, each within its
    tolerance, can amount to in the sense of least squares. A share of a subnormal cotangent is rounded as well.
    """
    least = arb(float(np.finfo(values.dtype).smallest_subnormal))
    with precision(BITS):
        target = [arb(value) for value in values.tolist()]
        points = [[ball.mid() for ball in each.value.tolist()] for each in members]
        scales = [max((abs(each) for each in entry), key=float) for entry in zip(*points, strict=True)]
        widths = [_width(members, place) + LEAST * scale + least for place, scale in enumerate(scales)]
        support = _support(target, points, [scale + width for scale, width in zip(scales, widths, strict=True)])
        while support:
            weights, distance = _nearest(target, [points[i] for i in support], widths)
            if min(weights, key=float) >= 0:
                return bool(distance <= len(target))
            del support[min(range(len(support)), key=lambda i: float(weights[i]))]
        return False


def _width(members: Sequence[Approximate], place: int) -> arb:
    """Return the tolerance and radius of the least certain member at one entry."""
    return max((each.value[place].rad() + each.error[place].abs_upper() for each in members), key=float)


def _support(target: Sequence[arb], points: Sequence[Sequence[arb]], scales: Sequence[arb]) -> list[int]:
    """Return the members that carry weight in the best combination, found in floating point.

    What is smaller than its tolerance is small beside its scale, and does not count.
    """

    def scaled(point: Sequence[arb]) -> list[float]:
        return [float(each / (scale + UNDERFLOW)) for each, scale in zip(point, scales, strict=True)]

    system = np.array([[*scaled(point), 1.0] for point in points]).T
    weights, _ = nnls(system, np.array([*np.clip(scaled(target), -1e3, 1e3), 1.0]))
    return np.flatnonzero(weights > 0).tolist() or [int(np.argmax(weights))]


def _nearest(target: list[arb], points: list[list[arb]], widths: list[arb]) -> tuple[list[arb], arb]:
    """Return the weights of the nearest affine combination of points, and its squared distance in widths.

    Where the points depend on each other, the first gets a negative weight: it is not needed.
    """
    first, *others = points
    places = range(len(target))
    residual = arb_mat([[(target[i] - first[i]) / widths[i]] for i in places])
    if not others:
        return [arb(1)], _squared(residual)
    edges = arb_mat([[(each[i] - first[i]) / widths[i] for each in others] for i in places])
    try:
        found = (edges.transpose() * edges).solve(edges.transpose() * residual)
    except ZeroDivisionError:
        return [arb(-1)] + [arb(1)] * len(others), arb.pos_inf()
    weights = [each.mid() for each in found.entries()]
    rest = residual - edges * arb_mat([[weight] for weight in weights])
    return [1 - sum(weights, start=arb(0)), *weights], _squared(rest)


def _squared(column: arb_mat) -> arb:
    return sum((each * each for each in column.entries()), start=arb(0))
