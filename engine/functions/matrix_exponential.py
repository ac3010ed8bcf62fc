"""The exponential of a matrix, by scaling, a rational approximation, and squaring.

It is made of matrix products and one solution, and so is its derivative, which is what Al-Mohy and Higham compute
(*SIAM Journal on Matrix Analysis and Applications* 30(4), 2009).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..shapes import Square
from ..variable import Array, array_of

if TYPE_CHECKING:
    from ..tensor import Tensor

_DEGREE = 13

#: Coefficients of the numerator of Pade's approximation, the first one 1.
_COEFFICIENTS = [
    math.comb(_DEGREE, k) * math.factorial(2 * _DEGREE - k) / math.factorial(2 * _DEGREE) for k in range(_DEGREE + 1)
]

#: Up to this 1-norm its backward error is below 2^-53 (Higham, *SIAM J. Matrix Anal. Appl.* 26(4), 2005, table 2.3).
_LARGEST_NORM = 5.371920351148152


def _halvings(a: Array) -> Array:
    """Return how often each matrix is halved, so that its 1-norm is small enough; never where that is not finite."""
    norms = np.max(np.sum(np.abs(a), axis=-2), axis=-1, initial=0.0)[..., np.newaxis, np.newaxis]
    safe = np.where(np.isfinite(norms) & (norms > _LARGEST_NORM), norms, _LARGEST_NORM)
    return np.asarray(np.ceil(np.log2(safe / _LARGEST_NORM)), np.int64)


def _rational(a: Any) -> Any:
    """Return Pade's approximation: odd powers are ``a`` times even ones, of which the sixth power is a factor."""
    second = ops.matmul(a, a)
    fourth = ops.matmul(second, second)
    sixth = ops.matmul(second, fourth)
    unit = np.eye(a.array.shape[-1], dtype=a.array.dtype)

    def series(first: int) -> Any:
        c = _COEFFICIENTS[first::2]
        high = ops.matmul(sixth, second * c[4] + fourth * c[5] + sixth * c[6])
        return high + second * c[1] + fourth * c[2] + sixth * c[3] + unit * c[0]

    odd, even = ops.matmul(a, series(1)), series(0)
    return ops.solve(even - odd, even + odd)


def matrix_exp(A: Any) -> Tensor:  # noqa: N803 - PyTorch's name
    """Return the exponential of each square matrix of a stack."""
    Square().result(A.array.shape)
    halvings = _halvings(array_of(A))
    found = _rational(A * np.ldexp(np.ones((), A.array.dtype), -halvings) if halvings.any() else A)
    for count in range(int(halvings.max(initial=0))):
        squared = ops.matmul(found, found)
        found = squared if (halvings > count).all() else ops.where(halvings > count, squared, found)
    return found


__all__ = ["matrix_exp"]
