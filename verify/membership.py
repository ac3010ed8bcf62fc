"""Whether a vector is a convex combination of others, up to rounding errors: the joint test at a kink.

The nearest combination is found by Wolfe's algorithm (*Mathematical Programming* 11, 1976) in ball arithmetic, where
tolerances of a few units in the last place are told apart in entries of any scale.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import arb, arb_mat

from gradproof.exact import Array
from gradproof.symbolic.approximate import Approximate
from gradproof.symbolic.balls import precision

BITS = 1024

#: Relative to the largest entry of the members, so much is admitted where there is no tolerance.
LEAST = arb(2) ** -200

#: A step that brings a combination nearer by less than this share is none.
PROGRESS = arb(2) ** -64

Point = list[arb]


def is_combination(values: Array, members: Sequence[Approximate]) -> bool:
    """Tell whether finite ``values``, flat, may be a convex combination of ``members``, each within its tolerance.

    With n entries the weighted distance admitted is sqrt(n) tolerances: the largest that n errors, each within its
    tolerance, can amount to in the sense of least squares. A share of a subnormal cotangent is rounded as well.
    """
    least = arb(float(np.finfo(values.dtype).smallest_subnormal))
    with precision(BITS):
        points = [[ball.mid() for ball in each.value.tolist()] for each in members]
        scales = [max((abs(each) for each in entry), key=float) for entry in zip(*points, strict=True)]
        widths = [_width(members, place) + LEAST * scale + least for place, scale in enumerate(scales)]
        entries = list(zip(map(arb, values.tolist()), widths, strict=True))
        corners = [
            [(each - value) / width for each, (value, width) in zip(point, entries, strict=True)] for point in points
        ]
        return _reaches(corners, len(entries))


def _width(members: Sequence[Approximate], place: int) -> arb:
    """Return the tolerance and radius of the least certain member at one entry."""
    return max((each.value[place].rad() + each.error[place].abs_upper() for each in members), key=float)


def _reaches(corners: Sequence[Point], most: int) -> bool:
    """Tell whether some convex combination of ``corners`` is within the root of ``most`` of the origin.

    Corners come in that lie on the near side of the best combination so far, and go out as their weight vanishes.
    """
    sizes = [_dot(corner, corner) for corner in corners]
    first = min(range(len(corners)), key=lambda i: float(sizes[i]))
    chosen, weights, size = [first], [arb(1)], sizes[first]
    point = corners[first]
    while not size <= most:
        scores = [_dot(point, corner) for corner in corners]
        best = min(range(len(corners)), key=lambda i: float(scores[i] / size))
        if scores[best] >= size * (1 - PROGRESS):
            return False  # all of the polytope is beyond the plane through the point, across the line to the origin
        chosen, weights = _settled(corners, [*chosen, best], [*weights, arb(0)])
        point = _combined([corners[i] for i in chosen], weights)
        before, size = size, _dot(point, point)
        if not size < before:
            return False
    return True


def _settled(corners: Sequence[Point], chosen: list[int], weights: list[arb]) -> tuple[list[int], list[arb]]:
    """Return the corners that the nearest combination needs, and their weights, from some that include them."""
    while True:
        wanted = _nearest([corners[i] for i in chosen])
        leaving = [i for i, weight in enumerate(wanted) if not weight >= 0]
        if not leaving:
            return chosen, wanted
        shares = {i: weights[i] / (weights[i] - wanted[i]) for i in leaving}
        out = min(leaving, key=lambda i: float(shares[i]))
        weights = [(w + shares[out] * (v - w)).mid() for w, v in zip(weights, wanted, strict=True)]
        del chosen[out], weights[out]


def _nearest(corners: Sequence[Point]) -> list[arb]:
    """Return the weights of the affine combination that is nearest to the origin. No corner depends on the others."""
    first, *others = corners
    if not others:
        return [arb(1)]
    edges = arb_mat([[b - a for a, b in zip(first, other, strict=True)] for other in others])
    found = (edges * edges.transpose()).solve(edges * arb_mat([[-each] for each in first]))
    weights = [each.mid() for each in found.entries()]
    return [1 - sum(weights, start=arb(0)), *weights]


def _combined(corners: Sequence[Point], weights: Sequence[arb]) -> Point:
    return [_dot(entry, weights).mid() for entry in zip(*corners, strict=True)]


def _dot(a: Sequence[arb], b: Sequence[arb]) -> arb:
    return sum((x * y for x, y in zip(a, b, strict=True)), start=arb(0))
